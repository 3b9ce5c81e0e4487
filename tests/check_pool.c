/* check_pool.c - Pool: apply, results, callbacks, and the life of a pool */
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

/* ---- its end ---- */

START_TEST(a_closed_pool_does_what_it_has_and_takes_no_more)
{
	struct mp_async_result *results[6];
	char text[100];

	pool = mp_Pool(2);
	mp_pool_repr(pool, text, sizeof(text));
	ck_assert_str_eq(text, "<multiprocessing.pool.Pool state=RUN "
			       "pool_size=2>");
	assert_fails(MP_EVALUE, mp_pool_join(pool), "Pool is still running");
	for (long i = 0; i < 6; i++)
		results[i] = mp_pool_apply_async(pool, task_wait, mp_tuple(i));
	ck_assert_int_eq(mp_pool_close(pool), 0);
	ck_assert_int_eq(mp_pool_close(pool), 0);
	mp_pool_repr(pool, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "state=CLOSE"));
	assert_no_value(mp_pool_apply(pool, task_square, mp_tuple(1)),
			MP_EVALUE, "Pool not running");
	assert_no_value(mp_pool_apply_async(pool, task_square, mp_tuple(1)),
			MP_EVALUE, "Pool not running");
	assert_no_value(mp_pool_map(pool, task_square, mp_list(1)), MP_EVALUE,
			"Pool not running");
	assert_no_value(mp_pool_imap(pool, task_square, mp_list(1)), MP_EVALUE,
			"Pool not running");
	for (int i = 0; i < 6; i++)
		gate_open(&gate);
	ck_assert_int_eq(mp_pool_join(pool), 0);
	ck_assert_int_eq(mp_pool_join(pool), 0);
	for (long i = 0; i < 6; i++)
		ck_assert_int_eq(long_of(mp_async_result_get(results[i],
							     MP_NOW)), i);
}
END_TEST

START_TEST(terminate_cuts_what_runs)
{
	pool = mp_Pool(1);
	struct mp_async_result *cut =
		mp_pool_apply_async(pool, task_forever, NULL);
	struct mp_async_result *waiting =
		mp_pool_apply_async(pool, task_square, mp_tuple(1));
	ck_assert_int_gt(gate_hear(&answer), 0);
	ck_assert_int_eq(mp_pool_terminate(pool), 0);
	ck_assert_int_eq(mp_pool_terminate(pool), 0);
	ck_assert_int_eq(mp_pool_join(pool), 0);
	ck_assert(!mp_async_result_ready(cut));
	ck_assert(!mp_async_result_ready(waiting));
	/* For a time one may wait, as in Python; for ever, nobody does. */
	ck_assert_ptr_null(mp_async_result_get(cut, mp_after(0.01)));
	ck_assert_int_eq(mp_error_code(), MP_ETIMEOUT);
	ck_assert_ptr_null(mp_async_result_get(waiting, MP_FOREVER));
	ck_assert_int_eq(mp_error_code(), MP_ERUNTIME);
}
END_TEST

static void *terminate_soon(void *unused)
{
	(void)unused;
	gate_hear(&answer);
	mp_pool_terminate(pool);
	return NULL;
}

START_TEST(who_waits_for_a_result_is_told_of_the_end)
{
	pthread_t thread;

	pool = mp_Pool(1);
	ck_assert_int_eq(pthread_create(&thread, NULL, terminate_soon, NULL),
			 0);
	ck_assert_ptr_null(mp_pool_apply(pool, task_forever));
	ck_assert_int_eq(mp_error_code(), MP_ERUNTIME);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(a_block_ends_with_terminate)
{
	struct mp_async_result *result = NULL;
	int times = 0;

	pool = mp_Pool(1);
	MP_WITH_POOL(pool) {
		result = mp_pool_apply_async(pool, task_forever, NULL);
		times++;
	}
	ck_assert_int_eq(times, 1);
	ck_assert(!mp_async_result_ready(result));
	ck_assert_int_eq(mp_pool_join(pool), 0);
	MP_WITH_POOL(pool)
		times++;
	ck_assert_int_eq(times, 1);
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
}
END_TEST

static void terminate_from_callback(void *user, struct mp_value *value)
{
	(void)value;
	mp_pool_terminate(user);
}

START_TEST(a_callback_may_terminate)
{
	pool = mp_Pool(2);
	mp_pool_apply_async(pool, task_square, mp_tuple(1),
			    .callback = terminate_from_callback, .user = pool);
	while (mp_pool_join(pool) == MP_EVALUE)
		mp_sleep(0.001);
}
END_TEST

static int leave_with_a_pool(struct mp_call *call)
{
	(void)call;
	mp_pool_apply_async(mp_Pool(2), task_forever, NULL);
	gate_hear(&third);
	return 0;
}

/* The exit code stays 0, and no worker is left. */
START_TEST(the_end_of_main_ends_the_workers)
{
	struct mp_process *p = mp_Process(.target = leave_with_a_pool);

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_gt(gate_hear(&answer), 0);
	gate_tell(&third, 1);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	ck_assert(gate_is_deserted(&answer));
	mp_process_destroy(p);
}
END_TEST

static int use_it(struct mp_call *call)
{
	(void)call;
	return mp_pool_close(pool) == MP_EOWNER
		       && !mp_pool_apply(pool, task_square, mp_tuple(1))
		       && mp_error_code() == MP_EOWNER ? 0 : MP_EUSER;
}

START_TEST(only_its_maker_can_use_it)
{
	pool = mp_Pool(1);
	ck_assert_int_eq(code_of(mp_Process(.target = use_it)), 0);
	assert_value(mp_pool_apply(pool, task_square, mp_tuple(2)), "4");
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
	tcase_add_test(tcase, a_result_is_waited_for);
	tcase_add_test(tcase, tasks_are_begun_in_order);
	tcase_add_test(tcase, several_calls_use_several_workers);
	tcase_add_test(tcase, a_callback_runs_here_before_the_result_is_ready);
	tcase_add_test(tcase, an_error_callback_gets_the_error);
	tcase_add_test(tcase, a_result_may_be_ignored);
	tcase_add_test(tcase, a_closed_pool_does_what_it_has_and_takes_no_more);
	tcase_add_test(tcase, terminate_cuts_what_runs);
	tcase_add_test(tcase, who_waits_for_a_result_is_told_of_the_end);
	tcase_add_test(tcase, a_block_ends_with_terminate);
	tcase_add_test(tcase, a_callback_may_terminate);
	tcase_add_test(tcase, the_end_of_main_ends_the_workers);
	tcase_add_test(tcase, only_its_maker_can_use_it);
	tcase_add_test(tcase, bytes_are_made_of_bytes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
