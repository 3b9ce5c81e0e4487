/* tests/check_shared.c - Value, Array, and their raw forms
 *
 * What ctypes does with numbers and texts, the lock around each access, and that all
 * processes see the same memory. */
#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena/arena.h"
#include "mp.h"
#include "sharedctypes/shared.h"

/* repr() of a new value, which is given up; "-" for NULL. */
static const char *told(struct mp_value *value)
{
	static char text[512];
	char *repr = value ? mp_value_repr(value) : NULL;

	snprintf(text, sizeof(text), "%s", repr ? repr : "-");
	free(repr);
	mp_value_unref(value);
	return text;
}

#define assert_told(value, text) ck_assert_str_eq(told(value), text)

#define assert_fails(expression, code, message) \
	do { \
		ck_assert(expression); \
		ck_assert_int_eq(mp_error_code(), code); \
		ck_assert_str_eq(mp_error_message(), message); \
	} while (0)

/* ---- numbers ---- */

static const struct wrap {
	char code;
	int64_t number;
	const char *repr;
} wraps[] = {
	{ 'b', 200, "-56" }, { 'B', -1, "255" }, { 'h', 40000, "-25536" },
	{ 'H', -1, "65535" }, { 'i', INT64_C(1) << 40, "0" },
	{ 'i', -5, "-5" }, { 'I', -1, "4294967295" },
	{ 'l', INT64_MIN, "-9223372036854775808" },
	{ 'L', -1, "18446744073709551615" },
	{ 'q', -1, "-1" }, { 'Q', -1, "18446744073709551615" },
	{ 'f', 3, "3.0" }, { 'd', -7, "-7.0" },
};

START_TEST(an_integer_out_of_range_wraps)
{
	const struct wrap *row = &wraps[_i];
	struct mp_shared *value = mp_Value(row->code, row->number);

	assert_told(mp_shared_item(value, 0), row->repr);
	mp_set(value, 1);
	ck_assert_int_eq(mp_get(value), 1);
	ck_assert_int_eq(mp_shared_set_int(value, 0, row->number), 0);
	assert_told(mp_shared_item(value, -1), row->repr);
	mp_shared_destroy(value);
}
END_TEST

START_TEST(a_float_keeps_what_its_type_holds)
{
	struct mp_shared *single = mp_Value('f', 0.1), *both = mp_Value('d', 0.1);

	assert_told(mp_shared_item(single, 0), "0.10000000149011612");
	assert_told(mp_shared_item(both, 0), "0.1");
	ck_assert_int_eq(mp_set(both, 2.5), 0);
	ck_assert(fabs(mp_get_float(both) - 2.5) < 1e-9);
	ck_assert_int_eq(mp_get(both), 2);
}
END_TEST

START_TEST(the_wrong_type_is_a_type_error)
{
	struct mp_shared *value = mp_Value('i', 5), *real = mp_Value('d', 1);

	assert_fails(mp_set(value, 1.5) < 0, MP_ETYPE,
		     "'float' object cannot be interpreted as an integer");
	assert_fails(mp_shared_set_item(value, 0, mp_text("x")) < 0, MP_ETYPE,
		     "'str' object cannot be interpreted as an integer");
	assert_fails(mp_shared_set_item(real, 0, mp_text("x")) < 0, MP_ETYPE,
		     "must be real number, not str");
	assert_fails(!mp_Value('i', 1.5), MP_ETYPE,
		     "'float' object cannot be interpreted as an integer");
	assert_fails(!mp_Value('u', mp_bytes("a", 1)), MP_ETYPE,
		     "unicode string expected instead of bytes instance");
	assert_fails(!mp_Value('u', "ab"), MP_ETYPE,
		     "one character unicode string expected");
	assert_fails(!mp_Value('c', "a"), MP_ETYPE,
		     "one character bytes, bytearray or integer expected");
	ck_assert_ptr_null(mp_Value('z', 1));
	ck_assert_int_eq(mp_error_code(), MP_ETYPE);
	ck_assert_int_eq(mp_get(value), 5);
	ck_assert_ptr_null(mp_Value('i', 1, .lock = mp_Semaphore(1)));
	ck_assert_int_eq(mp_error_code(), MP_EATTRIBUTE);
}
END_TEST

/* ---- arrays ---- */

START_TEST(an_array_is_zeroed_or_copied)
{
	struct mp_shared *zeros = mp_Array('i', 3);
	struct mp_shared *copied = mp_Array('d', mp_tuple(1, 2.5));

	ck_assert_uint_eq(mp_shared_length(zeros), 3);
	assert_told(mp_shared_slice(zeros, PTRDIFF_MIN, PTRDIFF_MIN, 1),
		    "[0, 0, 0]");
	assert_told(mp_shared_slice(copied, PTRDIFF_MIN, PTRDIFF_MIN, 1),
		    "[1.0, 2.5]");
	assert_fails(!mp_Array('i', -1), MP_EVALUE,
		     "Array length must be >= 0, not -1");
	assert_fails(!mp_Array('i', 1.5), MP_ETYPE,
		     "object of type 'float' has no len()");
	ck_assert_ptr_null(mp_Array('i', mp_list(1, "x")));
	ck_assert_int_eq(mp_error_code(), MP_ETYPE);
	ck_assert_ptr_null(mp_Array('d', INT64_C(1) << 40));
	ck_assert_int_eq(mp_error_code(), MP_EMEMORY);
}
END_TEST

START_TEST(an_index_must_exist)
{
	struct mp_shared *array = mp_Array('i', mp_list(1, 2, 3));

	ck_assert_int_eq(mp_get_at(array, -1), 3);
	ck_assert_int_eq(mp_set_at(array, -3, 10), 0);
	ck_assert_int_eq(mp_get_at(array, 0), 10);
	ck_assert_int_eq(mp_set_at(array, 3, 1), MP_EINDEX);
	ck_assert_int_eq(mp_set_at(array, -4, 1), MP_EINDEX);
	ck_assert_str_eq(mp_error_message(), "invalid index: -4 of 3 items");
	ck_assert_int_eq(mp_get_at(array, 5), 0);
	ck_assert_int_eq(mp_error_code(), MP_EINDEX);
	ck_assert_ptr_null(mp_shared_item(array, 3));
}
END_TEST

static const struct slice {
	ssize_t start, stop, step;
	const char *repr;
} slices[] = {		/* of [0, 1, 2, 3, 4] */
	{ PTRDIFF_MIN, PTRDIFF_MIN, -1, "[4, 3, 2, 1, 0]" },
	{ 1, 4, 2, "[1, 3]" }, { -2, PTRDIFF_MIN, 1, "[3, 4]" },
	{ 3, 1, 1, "[]" }, { 3, 1, -1, "[3, 2]" }, { -100, 100, 3, "[0, 3]" },
	{ 4, -100, -2, "[4, 2, 0]" }, { 10, PTRDIFF_MIN, -4, "[4, 0]" },
	{ 1, 2, PTRDIFF_MAX, "[1]" }, { 4, PTRDIFF_MIN, PTRDIFF_MIN, "[4]" },
	{ 5, 6, 1, "[]" },
};

START_TEST(a_slice_is_as_in_python)
{
	const struct slice *row = &slices[_i];
	struct mp_shared *array = mp_Array('i', mp_list(0, 1, 2, 3, 4));

	assert_told(mp_shared_slice(array, row->start, row->stop, row->step),
		    row->repr);
}
END_TEST

START_TEST(a_slice_is_set_as_a_whole)
{
	struct mp_shared *array = mp_Array('i', mp_list(0, 1, 2, 3));

	ck_assert_int_eq(mp_shared_set_slice(array, 0, 4, 2, mp_tuple(7, 8)),
			 0);
	assert_told(mp_shared_slice(array, PTRDIFF_MIN, PTRDIFF_MIN, 1),
		    "[7, 1, 8, 3]");
	assert_fails(mp_shared_set_slice(array, 0, 2, 1, mp_list(1)) < 0,
		     MP_EVALUE, "Can only assign sequence of same size");
	assert_fails(!mp_shared_slice(array, 0, 1, 0), MP_EVALUE,
		     "slice step cannot be zero");
	ck_assert_int_eq(mp_shared_set_slice(array, 0, 1, 1, NULL),
			 mp_error_code());
}
END_TEST

START_TEST(characters_are_bytes_or_text)
{
	struct mp_shared *c = mp_Array('c', 5), *u = mp_Array('u', "aé€");

	ck_assert_int_eq(mp_shared_set_text(c, "abcd", 4), 0);
	ck_assert_int_eq(mp_shared_set_text(c, "xy", 2), 0);
	assert_told(mp_shared_text(c), "b'xy'");
	assert_told(mp_shared_slice(c, PTRDIFF_MIN, PTRDIFF_MIN, 1),
		    "b'xy\\x00d\\x00'");	/* the rest stays */
	assert_told(mp_shared_item(c, 0), "b'x'");
	assert_fails(mp_shared_set_text(c, "abcdefg", 7) < 0, MP_EVALUE,
		     "byte string too long: 7 bytes, and there is room for 5");
	assert_told(mp_shared_slice(u, PTRDIFF_MIN, PTRDIFF_MIN, 1), "'aé€'");
	assert_told(mp_shared_item(u, 1), "'é'");
	ck_assert_ptr_null(mp_shared_text(u));
	ck_assert_int_eq(mp_error_code(), MP_EATTRIBUTE);
	*(wchar_t *)mp_shared_memory(u) = (wchar_t)0xd800;
	assert_told(mp_shared_item(u, 0), "'\uFFFD'");
}
END_TEST

/* ---- between processes ---- */

#define INCREMENTS 20000

static int increment(struct mp_call *call)
{
	struct mp_shared *counter, *array;

	if (mp_bind(call, "counter array", &counter, &array) < 0)
		return mp_raise();
	for (int i = 0; i < INCREMENTS; i++)
		MP_WITH(counter)
			mp_set(counter, mp_get(counter) + 1);
	mp_set_at(array, mp_process_pid(mp_current_process()) % 2, 7);
	return 0;
}

START_TEST(with_its_lock_nothing_is_lost)
{
	struct mp_shared *counter = mp_Value('i', 0);
	struct mp_shared *array = mp_Array('i', 2);
	struct mp_process *p[4];

	for (int i = 0; i < 4; i++) {
		p[i] = mp_Process(.target = increment,
				  .args = mp_tuple(counter, array));
		mp_process_start(p[i]);
	}
	for (int i = 0; i < 4; i++) {
		mp_process_join(p[i], MP_FOREVER);
		ck_assert_int_eq(mp_process_exitcode(p[i]), 0);
	}
	ck_assert_int_eq(mp_get(counter), 4 * INCREMENTS);
	ck_assert(mp_get_at(array, 0) == 7 || mp_get_at(array, 1) == 7);
}
END_TEST

/* ---- the lock ---- */

START_TEST(each_access_takes_the_lock)
{
	struct mp_lock *lock = mp_Lock();
	struct mp_shared *value = mp_Value('i', 1, .lock = lock);

	ck_assert_ptr_eq(mp_shared_lock(value), lock);
	ck_assert_int_eq(mp_get(value), 1);
	ck_assert(!mp_lock_locked(lock));
	mp_shared_destroy(value);
	ck_assert_int_eq(mp_lock_acquire(lock, MP_NOW), 1);	/* lives on */
	struct mp_shared *raw = mp_RawValue('i', 3);
	ck_assert_ptr_null(mp_shared_lock(raw));
	ck_assert_int_eq(mp_error_code(), MP_EATTRIBUTE);
	ck_assert_int_eq(mp_get(raw), 3);
}
END_TEST

START_TEST(a_raw_object_can_be_wrapped_once)
{
	struct mp_shared *raw = mp_RawArray('i', mp_list(1, 2));
	struct mp_shared *wrapped = mp_shared_synchronized(raw, NULL);
	struct mp_shared *copy = mp_shared_copy(wrapped);

	mp_set_at(wrapped, 1, 5);
	ck_assert_int_eq(mp_get_at(raw, 1), 5);
	ck_assert_int_eq(mp_get_at(copy, 1), 2);
	assert_fails(!mp_shared_synchronized(wrapped, NULL), MP_ESTATE,
		     "object already synchronized");
	mp_shared_destroy(wrapped);
	ck_assert_int_eq(mp_get_at(raw, 1), 5);
}
END_TEST

START_TEST(nothing_is_left_behind)
{
	uint64_t blocks = mp__arena->blocks;

	for (int i = 0; i < 100000; i++)
		mp_shared_destroy(mp_Value('i', i));
	for (int i = 0; i < 1000; i++)
		mp_shared_destroy(mp_Array('d', i));
	ck_assert_uint_eq(mp__arena->blocks, blocks);
}
END_TEST

START_TEST(it_prints_as_in_python)
{
	char text[160];

	mp_shared_repr(mp_Value('i', 5), text, sizeof(text));
	ck_assert_str_eq(text, "<Synchronized wrapper for c_int(5)>");
	mp_shared_repr(mp_Value('q', 1), text, sizeof(text));
	ck_assert_str_eq(text, "<Synchronized wrapper for c_long(1)>");
	mp_shared_repr(mp_RawValue('c', mp_bytes("a", 1)), text, sizeof(text));
	ck_assert_str_eq(text, "c_char(b'a')");
	mp_shared_repr(mp_Array('c', 3), text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "<SynchronizedString wrapper for "
					   "<multiprocessing.sharedctypes."
					   "c_char_Array_3 object at "));
}
END_TEST

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

static Suite *shared_suite(void)
{
	Suite *suite = suite_create("shared");
	TCase *tc = tcase_create("shared");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_loop_test(tc, an_integer_out_of_range_wraps, 0,
			    sizeof(wraps) / sizeof(wraps[0]));
	tcase_add_test(tc, a_float_keeps_what_its_type_holds);
	tcase_add_test(tc, the_wrong_type_is_a_type_error);
	tcase_add_test(tc, an_array_is_zeroed_or_copied);
	tcase_add_test(tc, an_index_must_exist);
	tcase_add_loop_test(tc, a_slice_is_as_in_python, 0,
			    sizeof(slices) / sizeof(slices[0]));
	tcase_add_test(tc, a_slice_is_set_as_a_whole);
	tcase_add_test(tc, characters_are_bytes_or_text);
	tcase_add_test(tc, with_its_lock_nothing_is_lost);
	tcase_add_test(tc, each_access_takes_the_lock);
	tcase_add_test(tc, a_raw_object_can_be_wrapped_once);
	tcase_add_test(tc, nothing_is_left_behind);
	tcase_add_test(tc, it_prints_as_in_python);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(shared_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
