/* check_pool.c - Pool: making one, apply, and what travels */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/support/children.h"
#include "tests/support/pool_tasks.h"

static struct mp_pool *pool;

static void begin(void)
{
	children_begin();
	pool = NULL;
}

static void end(void)
{
	mp_pool_destroy(pool);
	ck_assert_uint_eq(mp_active_children(NULL, 0), 0);
	children_end();
}

/* ---- making ---- */

START_TEST(a_pool_has_as_many_workers_as_asked_for)
{
	struct mp_process *workers[8];

	pool = mp_Pool(3);
	ck_assert_int_eq(mp_pool_processes(pool), 3);
	ck_assert_uint_eq(mp_active_children(workers, 8), 3);
	for (int i = 0; i < 3; i++) {
		char name[32];
		snprintf(name, sizeof(name), "ForkPoolWorker-%d", i + 1);
		ck_assert_str_eq(mp_process_name(workers[i]), name);
		ck_assert(mp_process_daemon(workers[i]));
	}
}
END_TEST

START_TEST(by_default_there_is_one_for_each_usable_processor)
{
	cpu_set_t set;

	ck_assert_int_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	pool = mp_Pool();
	ck_assert_int_eq(mp_pool_processes(pool), CPU_COUNT(&set));
}
END_TEST

START_TEST(numbers_below_one_are_refused)
{
	static const char *const processes =
		"Number of processes must be at least 1";
	static const char *const tasks =
		"maxtasksperchild must be a positive int or None";

	assert_no_value(mp_Pool(0), MP_EVALUE, processes);
	assert_no_value(mp_Pool(.processes = 0), MP_EVALUE, processes);
	assert_no_value(mp_Pool(-1), MP_EVALUE, processes);
	assert_no_value(mp_Pool(1, .maxtasksperchild = 0), MP_EVALUE, tasks);
	assert_no_value(mp_Pool(1, .maxtasksperchild = -2), MP_EVALUE, tasks);
}
END_TEST

static int make_a_pool(struct mp_call *call)
{
	(void)call;
	if (mp_Pool(1) || mp_error_code() != MP_EOWNER)
		return mp_raise_error(MP_EUSER, "it could");
	return strcmp(mp_error_message(), "daemonic processes are not allowed "
					  "to have children") ? MP_EUSER : 0;
}

START_TEST(a_daemon_cannot_have_one)
{
	ck_assert_int_eq(code_of(mp_Process(.target = make_a_pool,
					    .daemon = true)), 0);
}
END_TEST

static int note_start(struct mp_call *call)
{
	long a, b;

	if (mp_bind(call, "a b", &a, &b) < 0)
		return mp_raise();
	gate_tell(&answer, 10 * a + b);
	return 0;
}

START_TEST(the_initializer_runs_first_in_each_worker)
{
	pool = mp_Pool(2, .initializer = note_start, .initargs = mp_tuple(4, 2),
		       .maxtasksperchild = 1);
	ck_assert_int_eq(gate_hear(&answer), 42);
	ck_assert_int_eq(gate_hear(&answer), 42);
	/* And in the one that replaces one. */
	ck_assert_int_eq(long_of(mp_pool_apply(pool, task_square,
					       mp_tuple(3))), 9);
	ck_assert_int_eq(gate_hear(&answer), 42);
}
END_TEST

/* ---- apply ---- */

static struct mp_value *weigh(struct mp_call *call)
{
	long a, b, c;

	if (mp_bind(call, "a b c", &a, &b, &c) < 0)
		return NULL;
	return mp_int(100 * a + 10 * b + c);
}

START_TEST(apply_gives_what_the_function_returns)
{
	pool = mp_Pool(2);
	assert_value(mp_pool_apply(pool, task_square, mp_tuple(5)), "25");
	assert_value(mp_pool_apply(pool, weigh, mp_tuple(1),
				   .kwds = mp_dict("c", 3, "b", 2)), "123");
	assert_value(mp_pool_apply(pool, task_same,
				   mp_tuple(mp_list("a", mp_none(), 2.5))),
		     "['a', None, 2.5]");
	assert_value(mp_pool_apply(pool, .function = task_same,
				   .args = mp_list(mp_dict())), "{}");
}
END_TEST

START_TEST(an_error_comes_back_as_what_it_was)
{
	pool = mp_Pool(1);
	assert_no_value(mp_pool_apply(pool, task_fail, mp_tuple(7)), MP_EVALUE,
			"no 7");
	ck_assert_ptr_nonnull(strstr(mp_error_traceback(),
				     "ForkPoolWorker-1"));
	ck_assert_ptr_nonnull(strstr(mp_error_traceback(), "pool_tasks.c"));
	ck_assert_ptr_nonnull(strstr(mp_error_traceback(),
				     "ValueError: no 7"));
	/* Arguments that do not fit are the function's error. */
	assert_no_value(mp_pool_apply(pool, task_square), MP_ETYPE,
			"task_square() missing 1 required positional argument: "
			"'x'");
	assert_value(mp_pool_apply(pool, task_square, mp_tuple(2)), "4");
}
END_TEST

static struct mp_value *nothing(struct mp_call *call)
{
	(void)call;
	return NULL;
}

static struct mp_value *pointer(struct mp_call *call)
{
	return mp_object(MP_OBJECT_POINTER, call);
}

START_TEST(what_cannot_travel_fails_alone)
{
	pool = mp_Pool(1);
	assert_no_value(mp_pool_apply(pool, nothing), MP_EUSER,
			"nothing() returned NULL, and no error was raised");
	ck_assert_ptr_null(mp_pool_apply(pool, pointer));
	ck_assert_int_eq(mp_error_code(), MP_EENCODING);
	ck_assert_ptr_nonnull(strstr(mp_error_message(),
				     "Error sending result of pointer()"));
	struct mp_async_result *result = mp_pool_apply_async(
		pool, task_same, mp_tuple(mp_object(MP_OBJECT_POINTER, &pool)));
	ck_assert_ptr_nonnull(result);
	ck_assert_ptr_null(mp_async_result_get(result, MP_FOREVER));
	ck_assert_int_eq(mp_error_code(), MP_ERUNTIME);
	assert_value(mp_pool_apply(pool, task_square, mp_tuple(2)), "4");
}
END_TEST

START_TEST(large_tasks_and_results_travel)
{
	size_t size = (size_t)20 << 20;
	char *text = malloc(size);
	const void *bytes;
	size_t length;

	memset(text, 'x', size);
	pool = mp_Pool(2);
	for (size_t n = 1; n <= size; n = n * 21 + 1000) {
		struct mp_value *value = mp_pool_apply(
			pool, task_same, mp_tuple(mp_bytes(text, n)));
		ck_assert_msg(value, "%s", mp_error_message());
		ck_assert_int_eq(mp_value_as_bytes(value, &bytes, &length), 0);
		ck_assert_uint_eq(length, n);
		ck_assert(memcmp(bytes, text, n) == 0);
		mp_value_unref(value);
	}
	free(text);
}
END_TEST

START_TEST(more_than_fits_is_done_all_the_same)
{
	enum { COUNT = 200, SIZE = 300000 };
	struct mp_async_result *results[COUNT];
	char *text = calloc(1, SIZE);

	pool = mp_Pool(3);
	for (int i = 0; i < COUNT; i++)
		results[i] = mp_pool_apply_async(
			pool, task_same, mp_tuple(mp_bytes(text, SIZE)));
	for (int i = 0; i < COUNT; i++) {
		struct mp_value *value =
			mp_async_result_get(results[i], MP_FOREVER);
		ck_assert_int_eq(mp_value_length(value), SIZE);
		mp_value_unref(value);
		mp_async_result_destroy(results[i]);
	}
	free(text);
}
END_TEST

/* ---- bytes ---- */

static int turn_round(void *user, const void *bytes, size_t size, void **result,
		      size_t *result_size)
{
	char *turned = malloc(size ? size : 1);

	if (size == 4 && memcmp(bytes, "fail", 4) == 0) {
		free(turned);
		return mp_raise_error(MP_EKEY, "%s", (const char *)user);
	}
	for (size_t i = 0; i < size; i++)
		turned[i] = ((const char *)bytes)[size - 1 - i];
	*result = turned;
	*result_size = size;
	return 0;
}

START_TEST(bytes_are_made_of_bytes)
{
	void *result;
	size_t size;

	pool = mp_Pool(2, .worker = turn_round, .user = "told so");
	ck_assert_int_eq(mp_pool_apply_bytes(pool, "abc", 3, &result, &size),
			 0);
	ck_assert_uint_eq(size, 3);
	ck_assert(memcmp(result, "cba", 3) == 0);
	free(result);
	assert_fails(MP_EKEY, mp_pool_apply_bytes(pool, "fail", 4, &result,
						  &size), "told so");
	assert_value(mp_async_result_get(
			     mp_pool_apply_bytes_async(pool, "", 0, NULL),
			     MP_FOREVER), "b''");
	mp_pool_destroy(pool);
	pool = mp_Pool(1);
	ck_assert_int_eq(mp_pool_apply_bytes(pool, "abc", 3, &result, &size),
			 MP_ESTATE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool");
	TCase *tcase = tcase_create("pool");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_pool_has_as_many_workers_as_asked_for);
	tcase_add_test(tcase, by_default_there_is_one_for_each_usable_processor);
	tcase_add_test(tcase, numbers_below_one_are_refused);
	tcase_add_test(tcase, a_daemon_cannot_have_one);
	tcase_add_test(tcase, the_initializer_runs_first_in_each_worker);
	tcase_add_test(tcase, apply_gives_what_the_function_returns);
	tcase_add_test(tcase, an_error_comes_back_as_what_it_was);
	tcase_add_test(tcase, what_cannot_travel_fails_alone);
	tcase_add_test(tcase, large_tasks_and_results_travel);
	tcase_add_test(tcase, more_than_fits_is_done_all_the_same);
	tcase_add_test(tcase, bytes_are_made_of_bytes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
