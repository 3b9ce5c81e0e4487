/* check_value.c - values: making and looking */
#include "config.h"

#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"

/* Takes over value. */
static void ck_repr(struct mp_value *value, const char *expected)
{
	char *text = mp_value_repr(value);

	ck_assert_msg(text != NULL, "%s", mp_error_message());
	ck_assert_str_eq(text, expected);
	free(text);
	mp_value_unref(value);
}

static void ck_failed(struct mp_value *value, int code, const char *message)
{
	ck_assert_ptr_null(value);
	ck_assert_int_eq(mp_error_code(), code);
	ck_assert_ptr_nonnull(strstr(mp_error_message(), message));
}

/* ---- making --------------------------------------------------------------- */

START_TEST(c_types_become_values)
{
	signed char sc = -1;
	unsigned char uc = 255;
	short s = -300;
	unsigned short us = 65535;
	unsigned u = 4000000000u;
	long l = -5000000000;
	unsigned long ul = 18446744073709551615u;
	long long ll = INT64_MIN;
	unsigned long long ull = 9223372036854775808u;
	_Bool b = true;
	float f = 1.5f;
	char array[] = "array";
	const char *missing = NULL;
	const int constant = 7;

	ck_repr(mp_list(sc, uc, s, us, -7, u, l, ul, ll, ull, constant),
		"[-1, 255, -300, 65535, -7, 4000000000, -5000000000, "
		"18446744073709551615, -9223372036854775808, "
		"9223372036854775808, 7]");
	ck_repr(mp_list(b, mp_bool(false), f, 2.5, array, "literal", missing,
			mp_none(), 'a'),
		"[True, False, 1.5, 2.5, 'array', 'literal', None, None, 97]");
}
END_TEST

START_TEST(macros_take_no_to_forty_arguments)
{
	ck_repr(mp_tuple(), "()");
	ck_repr(mp_list(), "[]");
	ck_repr(mp_dict(), "{}");
	struct mp_value *tuple =
		mp_tuple(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
			 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
			 33, 34, 35, 36, 37, 38, 39, 40);
	ck_assert_int_eq(mp_value_length(tuple), 40);
	for (int i = 0; i < 40; i++) {
		long number = 0;
		ck_assert_int_eq(mp_value_as_long(mp_value_item(tuple, i), &number),
				 0);
		ck_assert_int_eq(number, i + 1);
	}
	mp_value_unref(tuple);
}
END_TEST

START_TEST(containers_nest)
{
	ck_repr(mp_dict("b", mp_tuple(5, mp_list(mp_dict(1, mp_tuple()))), "c", 6),
		"{'b': (5, [{1: ()}]), 'c': 6}");
}
END_TEST

START_TEST(a_container_given_null_is_null)
{
	struct mp_value *kept = mp_str("kept by two", 11);

	ck_failed(mp_tuple(mp_value_ref(kept), mp_str("\xff", 1), 2), MP_EVALUE,
		  "0xff at position 0");
	ck_failed(mp_dict("a", mp_list(mp_text("\xc0\x80"))), MP_EVALUE, "UTF-8");
	ck_repr(kept, "'kept by two'");
}
END_TEST

START_TEST(only_utf8_is_a_str)
{
	static const char *const wrong[] = {
		"\x80", "abc\xff", "\xc3", "\xc3(", "\xe2\x82", "\xc0\xaf",
		"\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "12345678\xfe",
		"\xf0\x9f\x98", "\xe4\xbd\xa0\xe5"
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_failed(mp_text(wrong[i]), MP_EVALUE, "UTF-8");
	ck_repr(mp_text("\xf4\x8f\xbf\xbf"), "'\\U0010ffff'");
	ck_repr(mp_text("你好 \xf0\x9f\x98\x80"), "'你好 \xf0\x9f\x98\x80'");
}
END_TEST

START_TEST(a_dict_keeps_order_and_the_last_value)
{
	ck_repr(mp_dict("a", 1, "b", 2, "a", 3), "{'a': 3, 'b': 2}");
	ck_repr(mp_dict(1, "int", 1.0, "float", mp_bool(true), "bool"),
		"{1: 'bool'}");
	ck_failed(mp_dict("a", 1, "b"), MP_ETYPE, "no value");
	ck_failed(mp_dict(mp_list(), 1, "b", 2), MP_ETYPE, "unhashable type: 'list'");
	ck_failed(mp_dict(mp_tuple(1, mp_dict()), 1), MP_ETYPE,
		  "unhashable type: 'dict'");
}
END_TEST

START_TEST(a_tuple_is_made_of_anything_that_iterates)
{
	struct mp_value *sources[] = {
		mp_text("aé你"), mp_bytes("\x01\xff", 2), mp_list(1, 2),
		mp_tuple(3), mp_dict("k", 1, "l", 2), mp_text("")
	};
	static const char *const expected[] = {
		"('a', 'é', '你')", "(1, 255)", "(1, 2)", "(3,)", "('k', 'l')", "()"
	};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		ck_repr(mp_value_tuple_of(sources[i]), expected[i]);
		mp_value_unref(sources[i]);
	}
	ck_failed(mp_value_tuple_of(mp_none()), MP_ETYPE,
		  "'NoneType' object is not iterable");
	ck_failed(mp_value_tuple_of(NULL), MP_ETYPE, "not iterable");
}
END_TEST

/* ---- looking ---------------------------------------------------------------- */

START_TEST(numbers_come_out_as_c_numbers)
{
	struct mp_value *wide = mp_uint(UINT64_MAX), *real = mp_float(1.5);
	struct mp_value *negative = mp_int(-1), *text = mp_text("x");
	int64_t signed_number = 42;
	uint64_t number = 42;
	double result = 0;
	long number_long = 42;

	ck_assert_int_eq(mp_value_as_uint64(wide, &number), 0);
	ck_assert_uint_eq(number, UINT64_MAX);
	ck_assert_int_eq(mp_value_as_int64(wide, &signed_number), MP_EOVERFLOW);
	ck_assert_int_eq(mp_value_as_uint64(negative, &number), MP_EOVERFLOW);
	ck_assert_int_eq(mp_value_as_long(real, &number_long), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "'float' object cannot be interpreted as an integer");
	ck_assert_int_eq(signed_number, 42);
	ck_assert_int_eq(number_long, 42);
	ck_assert_int_eq(mp_value_as_long(mp_bool(true), &number_long), 0);
	ck_assert_int_eq(number_long, 1);
	ck_assert_int_eq(mp_value_as_double(wide, &result), 0);
	ck_assert(result == 0x1p64);
	ck_assert_int_eq(mp_value_as_double(text, &result), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(), "must be real number, not str");
	ck_assert_int_eq(mp_value_as_double(NULL, &result), MP_ETYPE);
	mp_value_unref(wide);
	mp_value_unref(real);
	mp_value_unref(negative);
	mp_value_unref(text);
}
END_TEST

START_TEST(text_and_bytes_are_counted)
{
	struct mp_value *text = mp_str("a\0é", 4), *bytes = mp_bytes("\0\xff", 2);
	const char *c;
	const void *raw;
	size_t len;

	ck_assert_int_eq(mp_value_as_str(text, &c, &len), 0);
	ck_assert_uint_eq(len, 4);
	ck_assert_int_eq(mp_value_length(text), 3);
	ck_assert_int_eq(mp_value_as_bytes(bytes, &raw, &len), 0);
	ck_assert_uint_eq(len, 2);
	ck_assert_mem_eq(raw, "\0\xff", 3);
	ck_assert_int_eq(mp_value_as_str(bytes, &c, NULL), MP_ETYPE);
	ck_assert_int_eq(mp_value_as_bytes(text, &raw, NULL), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "a bytes-like object is required, not 'str'");
	ck_assert_int_eq(mp_value_length(mp_none()), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "object of type 'NoneType' has no len()");
	mp_value_unref(text);
	mp_value_unref(bytes);
}
END_TEST

START_TEST(items_are_found_by_index_and_key)
{
	struct mp_value *list = mp_list("a", "b"), *dict = mp_dict("k", 1, 2, "v");
	struct mp_value *key = mp_float(2.0), *other = mp_text("other");

	ck_assert_ptr_eq(mp_value_item(list, -2), mp_value_item(list, 0));
	ck_failed(mp_value_item(list, 2), MP_EINDEX, "list index out of range");
	ck_failed(mp_value_item(list, -3), MP_EINDEX, "list index out of range");
	ck_failed(mp_value_item(dict, 0), MP_ETYPE, "'dict' object");
	ck_repr(mp_value_ref(mp_value_lookup(dict, key)), "'v'");
	ck_repr(mp_value_ref(mp_value_lookup_text(dict, "k")), "1");
	ck_failed(mp_value_lookup(dict, other), MP_EKEY, "'other'");
	ck_failed(mp_value_lookup_text(dict, "q"), MP_EKEY, "'q'");
	ck_failed(mp_value_lookup(list, key), MP_ETYPE, "'list' object");
	ck_failed(mp_value_lookup(dict, list), MP_ETYPE, "unhashable type: 'list'");
	ck_assert_int_eq(mp_value_contains(dict, key), 1);
	ck_assert_int_eq(mp_value_contains(list, key), 0);
	ck_assert_int_eq(mp_value_contains(key, key), MP_ETYPE);
	mp_value_unref(list);
	mp_value_unref(dict);
	mp_value_unref(key);
	mp_value_unref(other);
}
END_TEST

START_TEST(truth_is_pythons)
{
	struct mp_value *is_true[] = { mp_int(-1), mp_float(NAN), mp_text("0"),
				       mp_tuple(0), mp_bool(true),
				       mp_uint(1ull << 63), mp_dict(0, 0) };
	struct mp_value *is_false[] = { mp_int(0), mp_float(-0.0), mp_text(""),
					mp_tuple(), mp_bool(false), mp_none(),
					mp_dict(), mp_list(), mp_bytes("", 0) };

	for (size_t i = 0; i < sizeof(is_true) / sizeof(is_true[0]); i++) {
		ck_assert(mp_value_truth(is_true[i]));
		mp_value_unref(is_true[i]);
	}
	for (size_t i = 0; i < sizeof(is_false) / sizeof(is_false[0]); i++) {
		ck_assert(!mp_value_truth(is_false[i]));
		mp_value_unref(is_false[i]);
	}
}
END_TEST

START_TEST(lists_and_dicts_change)
{
	struct mp_value *list = mp_list(), *dict = mp_dict(), *index = mp_int(-1);

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(mp_value_append(list, mp_value(i)), 0);
	ck_assert_int_eq(mp_value_put(list, mp_value(-1), mp_value("last")), 0);
	ck_repr(mp_value_ref(mp_value_item(list, 99)), "'last'");
	ck_assert_int_eq(mp_value_delete(list, index), 0);
	ck_assert_int_eq(mp_value_length(list), 99);
	ck_assert_int_eq(mp_value_put(list, mp_value(99), mp_value(1)), MP_EINDEX);
	ck_assert_int_eq(mp_value_put(list, mp_value("a"), mp_value(1)), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "list indices must be integers or slices, not str");
	ck_assert_int_eq(mp_value_append(dict, mp_value(1)), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "'dict' object has no attribute 'append'");
	ck_assert_int_lt(mp_value_append(list, NULL), 0);
	ck_assert_int_lt(mp_value_put(dict, mp_value("k"), NULL), 0);
	ck_assert_int_eq(mp_value_delete(dict, index), MP_EKEY);
	ck_assert_str_eq(mp_error_message(), "-1");
	mp_value_unref(list);
	mp_value_unref(dict);
	mp_value_unref(index);
}
END_TEST

START_TEST(a_dict_of_many_keys_finds_each)
{
	struct mp_value *dict = mp_dict();
	char name[32];

	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "key %d", i % 4000);
		ck_assert_int_eq(mp_value_put(dict, mp_value(name), mp_value(i)), 0);
	}
	ck_assert_int_eq(mp_value_length(dict), 4000);
	for (int i = 0; i < 4000; i += 100) {
		snprintf(name, sizeof(name), "key %d", i);
		struct mp_value *key = mp_value(name);
		ck_assert_int_eq(mp_value_delete(dict, key), 0);
		ck_assert_int_eq(mp_value_contains(dict, key), 0);
		mp_value_unref(key);
	}
	size_t at = 0;
	struct mp_value *key, *item;
	for (int i = 0; i < 4000; i++) {
		long number;
		if (i % 100 == 0)
			continue;
		ck_assert(mp_value_next(dict, &at, &key, &item));
		ck_assert_int_eq(mp_value_as_long(item, &number), 0);
		ck_assert_int_eq(number, i < 1000 ? i + 4000 : i);
		ck_assert_ptr_eq(mp_value_lookup(dict, key), item);
	}
	ck_assert(!mp_value_next(dict, &at, &key, &item));
	mp_value_unref(dict);
}
END_TEST

/* ---- counting -------------------------------------------------------------------- */

static void *count_up_and_down(void *value)
{
	for (int i = 0; i < 100000; i++)
		mp_value_unref(mp_value_ref(value));
	return NULL;
}

START_TEST(references_are_counted_across_threads)
{
	struct mp_value *value = mp_tuple("shared", 1000);
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						count_up_and_down, value), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ck_repr(value, "('shared', 1000)");
}
END_TEST

START_TEST(null_is_borne_where_nothing_is_asked)
{
	mp_value_unref(NULL);
	ck_assert_ptr_null(mp_value_ref(NULL));
	ck_assert_int_eq(mp_value_type(NULL), MP_TYPE_NULL);
	ck_assert_str_eq(mp_value_type_name(NULL), "NULL");
	ck_assert(!mp_value_truth(NULL));
	ck_assert_int_eq(mp_value_equal(NULL, mp_none()), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("value");
	TCase *tcase = tcase_create("value");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, c_types_become_values);
	tcase_add_test(tcase, macros_take_no_to_forty_arguments);
	tcase_add_test(tcase, containers_nest);
	tcase_add_test(tcase, a_container_given_null_is_null);
	tcase_add_test(tcase, only_utf8_is_a_str);
	tcase_add_test(tcase, a_dict_keeps_order_and_the_last_value);
	tcase_add_test(tcase, a_tuple_is_made_of_anything_that_iterates);
	tcase_add_test(tcase, numbers_come_out_as_c_numbers);
	tcase_add_test(tcase, text_and_bytes_are_counted);
	tcase_add_test(tcase, items_are_found_by_index_and_key);
	tcase_add_test(tcase, truth_is_pythons);
	tcase_add_test(tcase, lists_and_dicts_change);
	tcase_add_test(tcase, a_dict_of_many_keys_finds_each);
	tcase_add_test(tcase, references_are_counted_across_threads);
	tcase_add_test(tcase, null_is_borne_where_nothing_is_asked);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
