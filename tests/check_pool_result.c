/* check_pool_result.c - Pool: results that are waited for, and callbacks */
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

/* ---- results ---- */

START_TEST(a_result_is_waited_for)
{
	pool = mp_Pool(1);
	struct mp_async_result *result =
		mp_pool_apply_async(pool, task_wait, mp_tuple(8));
	ck_assert(!mp_async_result_ready(result));
	assert_fails(MP_EVALUE, mp_async_result_successful(result),
		     "the result is not ready");
	ck_assert_ptr_null(mp_async_result_get(result, MP_NOW));
	ck_assert_int_eq(mp_error_code(), MP_ETIMEOUT);
	ck_assert_ptr_null(mp_async_result_get(result, mp_after(0.01)));
	ck_assert_int_eq(mp_error_code(), MP_ETIMEOUT);
	ck_assert_int_eq(mp_async_result_wait(result, mp_after(0.01)), 0);
	gate_open(&gate);
	assert_value(mp_async_result_get(result, MP_FOREVER), "8");
	ck_assert(mp_async_result_ready(result));
	ck_assert_int_eq(mp_async_result_successful(result), 1);
	/* As often as one likes. */
	assert_value(mp_async_result_get(result, MP_NOW), "8");
	ck_assert_ptr_null(mp_async_result_traceback(result));
}
END_TEST

START_TEST(tasks_are_begun_in_order)
{
	struct mp_async_result *results[10];

	pool = mp_Pool(1);
	for (long i = 0; i < 10; i++)
		results[i] = mp_pool_apply_async(pool, task_wait, mp_tuple(i));
	for (long i = 0; i < 10; i++) {
		ck_assert(!mp_async_result_ready(results[i]));
		gate_open(&gate);
		ck_assert_int_eq(long_of(mp_async_result_get(results[i],
							     MP_FOREVER)), i);
	}
}
END_TEST

/* Two that wait for each other can only be done by two. */
static struct mp_value *meet(struct mp_call *call)
{
	long which;

	if (mp_bind(call, "which", &which) < 0)
		return NULL;
	gate_open(which ? &gate : &third);
	if (!gate_wait(which ? &third : &gate))
		return NULL;
	return mp_int(getpid());
}

START_TEST(several_calls_use_several_workers)
{
	pool = mp_Pool(2);
	struct mp_async_result *a = mp_pool_apply_async(pool, meet, mp_tuple(0));
	struct mp_async_result *b = mp_pool_apply_async(pool, meet, mp_tuple(1));
	long first = long_of(mp_async_result_get(a, MP_FOREVER));
	long second = long_of(mp_async_result_get(b, MP_FOREVER));

	ck_assert_int_gt(first, 0);
	ck_assert_int_gt(second, 0);
	ck_assert_int_ne(first, second);
}
END_TEST

/* ---- callbacks ---- */

static struct {
	struct mp_async_result *result;
	long value;
	int calls, errors, code;
	bool was_ready;
	pid_t pid;
	pthread_t thread;
	char message[100];
} called;

static void got_value(void *user, struct mp_value *value)
{
	ck_assert_ptr_eq(user, &called);
	mp_value_as_long(value, &called.value);
	called.calls++;
	called.pid = getpid();
	called.thread = pthread_self();
	called.was_ready = called.result
			   && mp_async_result_ready(called.result);
}

static void got_error(void *user, int code, const char *message)
{
	ck_assert_ptr_eq(user, &called);
	called.errors++;
	called.code = code;
	snprintf(called.message, sizeof(called.message), "%s", message);
}

START_TEST(a_callback_runs_here_before_the_result_is_ready)
{
	pool = mp_Pool(1);
	memset(&called, 0, sizeof(called));
	called.result = mp_pool_apply_async(pool, task_wait, mp_tuple(6),
					    .callback = got_value,
					    .error_callback = got_error,
					    .user = &called);
	gate_open(&gate);
	assert_value(mp_async_result_get(called.result, MP_FOREVER), "6");
	ck_assert_int_eq(called.calls, 1);
	ck_assert_int_eq(called.errors, 0);
	ck_assert_int_eq(called.value, 6);
	ck_assert_int_eq(called.pid, getpid());
	ck_assert(!pthread_equal(called.thread, pthread_self()));
	ck_assert(!called.was_ready);
}
END_TEST

START_TEST(an_error_callback_gets_the_error)
{
	pool = mp_Pool(1);
	memset(&called, 0, sizeof(called));
	struct mp_async_result *result = mp_pool_apply_async(
		pool, task_fail, mp_tuple(6), .callback = got_value,
		.error_callback = got_error, .user = &called);
	mp_async_result_wait(result, MP_FOREVER);
	ck_assert_int_eq(mp_async_result_successful(result), 0);
	ck_assert_int_eq(called.calls, 0);
	ck_assert_int_eq(called.errors, 1);
	ck_assert_int_eq(called.code, MP_EVALUE);
	ck_assert_str_eq(called.message, "no 6");
	ck_assert_ptr_nonnull(mp_async_result_traceback(result));
}
END_TEST

/* Nobody collects it, or it is given up at once. */
START_TEST(a_result_may_be_ignored)
{
	pool = mp_Pool(2);
	for (int i = 0; i < 300; i++) {
		struct mp_async_result *result =
			mp_pool_apply_async(pool, task_square, mp_tuple(i));
		if (i % 2)
			mp_async_result_destroy(result);
	}
	mp_async_result_destroy(NULL);
	ck_assert_int_eq(mp_pool_close(pool), 0);
	ck_assert_int_eq(mp_pool_join(pool), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool_result");
	TCase *tcase = tcase_create("pool_result");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_result_is_waited_for);
	tcase_add_test(tcase, tasks_are_begun_in_order);
	tcase_add_test(tcase, several_calls_use_several_workers);
	tcase_add_test(tcase, a_callback_runs_here_before_the_result_is_ready);
	tcase_add_test(tcase, an_error_callback_gets_the_error);
	tcase_add_test(tcase, a_result_may_be_ignored);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
