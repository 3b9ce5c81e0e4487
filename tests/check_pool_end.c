/* check_pool_end.c - Pool: close, terminate, join, and the end of its maker */
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

/* What is there is given; what never comes is waited for by nobody. */
START_TEST(an_iterator_ends_with_its_pool)
{
	pool = mp_Pool(1);
	struct mp_pool_iterator *iterator =
		mp_pool_imap(pool, task_wait, mp_list(7, 8));

	gate_open(&gate);
	while (!mp_async_result_ready((struct mp_async_result *)iterator))
		usleep(1000);
	ck_assert_int_eq(mp_pool_terminate(pool), 0);
	ck_assert_int_eq(long_of(mp_pool_iterator_next(iterator, MP_FOREVER)),
			 7);
	assert_no_value(mp_pool_iterator_next(iterator, MP_FOREVER),
			MP_ERUNTIME, "the pool was terminated before this was "
				     "done: it never will be");
	mp_pool_iterator_destroy(iterator);
}
END_TEST

static void *terminate_pool(void *unused)
{
	(void)unused;
	mp_pool_terminate(pool);
	return NULL;
}

/* `next` is called while a map is being made: the pool ends in between. */
static int end_it(void *user, struct mp_value **item)
{
	pthread_t thread;

	(void)user;
	(void)item;
	ck_assert_int_eq(pthread_create(&thread, NULL, terminate_pool, NULL), 0);
	pthread_join(thread, NULL);
	return 0;
}

START_TEST(a_task_that_comes_too_late_is_waited_for_by_nobody)
{
	pool = mp_Pool(1);
	assert_no_value(mp_pool_map(pool, task_square, .next = end_it),
			MP_EVALUE, "Pool not running");
}
END_TEST

static void destroy_it(void *user, struct mp_value *result)
{
	(void)result;
	mp_pool_destroy(pool);
	*(int *)user = mp_error_code();
}

START_TEST(a_callback_cannot_give_up_its_own_pool)
{
	int code = 0;

	pool = mp_Pool(1);
	struct mp_async_result *result =
		mp_pool_apply_async(pool, task_same, mp_tuple(1),
				    .callback = destroy_it, .user = &code);
	ck_assert_int_eq(long_of(mp_async_result_get(result, MP_FOREVER)), 1);
	ck_assert_int_eq(code, MP_ERUNTIME);
	ck_assert_int_eq(mp_pool_join(pool), 0);
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

static struct mp_value *finish_later(struct mp_call *call)
{
	(void)call;
	gate_tell(&third, getpid());
	gate_wait(&gate);
	gate_tell(&third, 2);
	return mp_none();
}

static int be_killed_with_a_pool(struct mp_call *call)
{
	struct mp_pool *own = mp_Pool(2);

	(void)call;
	mp_pool_apply_async(own, finish_later);
	for (;;)
		pause();
	return 0;
}

/* Nobody is there to end it: it finishes what it does. */
START_TEST(a_busy_worker_outlives_a_killed_main_by_its_task)
{
	struct mp_process *p = mp_Process(.target = be_killed_with_a_pool);

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_gt(gate_hear(&third), 2);
	ck_assert_int_eq(mp_process_kill(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	gate_open(&gate);
	ck_assert_int_eq(gate_hear(&third), 2);
	ck_assert(gate_is_deserted(&answer));
	mp_process_destroy(p);
}
END_TEST

/* Each of them, and in any order. */
START_TEST(an_end_may_be_asked_for_twice)
{
	pool = mp_Pool(1);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(mp_pool_close(pool), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(mp_pool_terminate(pool), 0);
	ck_assert_int_eq(mp_pool_close(pool), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(mp_pool_join(pool), 0);
	ck_assert_int_eq(mp_pool_terminate(pool), 0);
}
END_TEST

START_TEST(join_waits_for_workers_only)
{
	struct mp_process *other = mp_Process(.target = wait_at_gate);

	ck_assert_int_eq(mp_process_start(other), 0);
	pool = mp_Pool(2);
	mp_pool_close(pool);
	ck_assert_int_eq(mp_pool_join(pool), 0);
	ck_assert(mp_process_is_alive(other));
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(other, MP_FOREVER), 0);
	mp_process_destroy(other);
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

int main(void)
{
	Suite *suite = suite_create("pool_end");
	TCase *tcase = tcase_create("pool_end");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_closed_pool_does_what_it_has_and_takes_no_more);
	tcase_add_test(tcase, an_iterator_ends_with_its_pool);
	tcase_add_test(tcase, a_task_that_comes_too_late_is_waited_for_by_nobody);
	tcase_add_test(tcase, a_callback_cannot_give_up_its_own_pool);
	tcase_add_test(tcase, terminate_cuts_what_runs);
	tcase_add_test(tcase, who_waits_for_a_result_is_told_of_the_end);
	tcase_add_test(tcase, a_block_ends_with_terminate);
	tcase_add_test(tcase, a_callback_may_terminate);
	tcase_add_test(tcase, the_end_of_main_ends_the_workers);
	tcase_add_test(tcase, a_busy_worker_outlives_a_killed_main_by_its_task);
	tcase_add_test(tcase, an_end_may_be_asked_for_twice);
	tcase_add_test(tcase, join_waits_for_workers_only);
	tcase_add_test(tcase, only_its_maker_can_use_it);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
