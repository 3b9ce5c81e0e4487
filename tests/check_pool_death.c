/* check_pool_death.c - workers that die, are replaced, or never come to life */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "pool/pool.h"
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

START_TEST(a_task_fails_with_its_worker)
{
	pool = mp_Pool(2);
	ck_assert_ptr_null(mp_pool_apply(pool, task_crash));
	ck_assert_int_eq(mp_error_code(), MP_EWORKER);
	ck_assert_ptr_nonnull(strstr(mp_error_message(), "SIGSEGV"));
	ck_assert_ptr_nonnull(strstr(mp_error_message(), "task_crash()"));
	ck_assert_ptr_null(mp_pool_apply(pool, task_exit, mp_tuple(3)));
	ck_assert_int_eq(mp_error_code(), MP_EWORKER);
	ck_assert_ptr_nonnull(strstr(mp_error_message(), "exit code 3"));
	/* Both places have somebody again. */
	assert_value(mp_pool_map(pool, task_square, mp_list(1, 2, 3)),
		     "[1, 4, 9]");
}
END_TEST

START_TEST(of_a_map_the_other_chunks_are_done)
{
	pool = mp_Pool(2);
	struct mp_async_result *result =
		mp_pool_map_async(pool, task_forever, mp_list(1), .chunksize = 1);
	kill((pid_t)gate_hear(&answer), SIGKILL);
	ck_assert_ptr_null(mp_async_result_get(result, MP_FOREVER));
	ck_assert_int_eq(mp_error_code(), MP_EWORKER);
	ck_assert_ptr_nonnull(strstr(mp_error_message(), "SIGKILL"));
	struct mp_pool_iterator *iterator =
		mp_pool_imap(pool, task_exit, mp_list(1, 2));
	for (int i = 0; i < 2; i++) {
		ck_assert_ptr_null(mp_pool_iterator_next(iterator, MP_FOREVER));
		ck_assert_int_eq(mp_error_code(), MP_EWORKER);
	}
}
END_TEST

START_TEST(an_idle_worker_that_is_killed_is_replaced)
{
	struct mp_process *workers[2];

	pool = mp_Pool(2);
	for (int i = 0; i < 20; i++) {
		size_t count = mp_active_children(workers, 2);
		if (count > 0)
			kill(mp_process_pid(workers[count - 1]), SIGKILL);
		/* Not even a task that it had taken is lost unseen. */
		struct mp_value *value =
			mp_pool_apply(pool, task_square, mp_tuple(i));
		ck_assert(value || mp_error_code() == MP_EWORKER);
		mp_value_unref(value);
	}
	mp_pool_close(pool);
	ck_assert_int_eq(mp_pool_join(pool), 0);
}
END_TEST

START_TEST(workers_retire_after_so_many_tasks)
{
	pid_t pids[12];
	int distinct = 0;

	pool = mp_Pool(3, .maxtasksperchild = 2);
	struct mp_value *all = mp_pool_map(pool, task_pid, numbers(12),
					   .chunksize = 1);
	for (int i = 0; i < 12; i++) {
		long pid = 0;
		int k = 0;
		mp_value_as_long(mp_value_item(all, i), &pid);
		pids[i] = (pid_t)pid;
		while (pids[k] != pids[i])
			k++;
		distinct += k == i;
	}
	/* In the end two may have had one each. */
	ck_assert_int_ge(distinct, 6);
	for (int i = 0; i < 12; i++) {
		int tasks = 0;
		for (int k = 0; k < 12; k++)
			tasks += pids[k] == pids[i];
		ck_assert_int_le(tasks, 2);
	}
	mp_value_unref(all);
}
END_TEST

/* Also after close: new processes come for old tasks. */
START_TEST(a_closed_pool_still_replaces)
{
	struct mp_async_result *results[6];

	pool = mp_Pool(2, .maxtasksperchild = 1);
	for (int i = 0; i < 6; i++)
		results[i] = mp_pool_apply_async(pool, task_square, mp_tuple(i));
	mp_pool_close(pool);
	ck_assert_int_eq(mp_pool_join(pool), 0);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(long_of(mp_async_result_get(results[i],
							     MP_NOW)), i * i);
}
END_TEST

START_TEST(the_same_workers_do_many_tasks)
{
	struct mp_process *before[2], *after[2];

	pool = mp_Pool(2);
	mp_active_children(before, 2);
	mp_value_unref(mp_pool_map(pool, task_square, numbers(100),
				   .chunksize = 1));
	ck_assert_uint_eq(mp_active_children(after, 2), 2);
	ck_assert(memcmp(before, after, sizeof(before)) == 0);
}
END_TEST

static int fail_to_start(struct mp_call *call)
{
	(void)call;
	fclose(stderr);
	return mp_raise_error(MP_EKEY, "no key");
}

/* CPython starts others for ever. */
START_TEST(an_initializer_that_fails_fails_the_tasks)
{
	pool = mp_Pool(2, .initializer = fail_to_start);
	ck_assert_ptr_null(mp_pool_apply(pool, task_square, mp_tuple(1)));
	ck_assert_int_eq(mp_error_code(), MP_EWORKER);
	ck_assert_ptr_nonnull(strstr(mp_error_message(), "KeyError: no key"));
	/* And those that come later, and those there is no room for. */
	ck_assert_ptr_null(mp_pool_map(pool, task_square, numbers(20000),
				       .chunksize = 1));
	ck_assert_int_eq(mp_error_code(), MP_EWORKER);
	mp_pool_close(pool);
	ck_assert_int_eq(mp_pool_join(pool), 0);
}
END_TEST

/* ---- what the dead leave ---- */

/* As a worker that was killed between writing down its task and taking it. */
static struct mp_value *hold_task_lock(struct mp_call *call)
{
	const struct mp__pool_shm *shm = NULL;
	long ref, which;

	if (mp_bind(call, "ref which", &ref, &which) < 0)
		return NULL;
	shm = mp__at((mp__ref)ref);
	struct mp__mutex_shm *lock = which ? (void *)&shm->result_lock
					   : (void *)&shm->task_lock;
	while (!mp__mutex_take(lock, false))
		;
	for (uint32_t i = 0; !which && i < shm->size; i++) {
		struct mp__worker_shm *slot = mp__pool_worker(shm, i);
		struct mp__ring_shm *ring = mp__at(shm->tasks);
		struct mp__task_frame frame;
		if (slot->agent != mp__self.id)
			continue;
		gate_open(&answer);
		gate_wait(&gate);
		mp__ring_get(ring, ring->read, &frame, sizeof(frame));
		atomic_store(&slot->task, frame.id);
	}
	raise(SIGKILL);
	return NULL;
}

START_TEST(locks_of_the_dead_are_given_back)
{
	pool = mp_Pool(1);
	long ref = mp__object_ref(pool->shm);

	ck_assert_ptr_null(mp_pool_apply(pool, hold_task_lock,
					 mp_tuple(ref, 1)));
	assert_value(mp_pool_apply(pool, task_square, mp_tuple(3)), "9");
}
END_TEST

/* The one it was about to take is not lost: it is still there. The one it was doing
 * cannot be told from one it had done: its own note says it went on. */
START_TEST(a_task_that_was_not_quite_taken_is_not_lost)
{
	pool = mp_Pool(1);
	long ref = mp__object_ref(pool->shm);
	mp_pool_apply_async(pool, hold_task_lock, mp_tuple(ref, 0));
	ck_assert(gate_wait(&answer));
	struct mp_async_result *result =
		mp_pool_apply_async(pool, task_square, mp_tuple(5));
	gate_open(&gate);
	assert_value(mp_async_result_get(result, MP_FOREVER), "25");
}
END_TEST

/* ---- the parent dies ---- */

static int die_with_a_pool(struct mp_call *call)
{
	struct mp_pool *own = mp_Pool(3);

	(void)call;
	mp_value_unref(mp_pool_map(own, task_square, numbers(50)));
	gate_tell(&third, 1);
	raise(SIGKILL);
	return 0;
}

START_TEST(idle_workers_do_not_outlive_their_parent)
{
	struct mp_process *p = mp_Process(.target = die_with_a_pool);

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(gate_hear(&third), 1);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), -SIGKILL);
	ck_assert(gate_is_deserted(&answer));
	mp_process_destroy(p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool_death");
	TCase *tcase = tcase_create("death");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_task_fails_with_its_worker);
	tcase_add_test(tcase, of_a_map_the_other_chunks_are_done);
	tcase_add_test(tcase, an_idle_worker_that_is_killed_is_replaced);
	tcase_add_test(tcase, workers_retire_after_so_many_tasks);
	tcase_add_test(tcase, a_closed_pool_still_replaces);
	tcase_add_test(tcase, the_same_workers_do_many_tasks);
	tcase_add_test(tcase, an_initializer_that_fails_fails_the_tasks);
	tcase_add_test(tcase, locks_of_the_dead_are_given_back);
	tcase_add_test(tcase, a_task_that_was_not_quite_taken_is_not_lost);
	tcase_add_test(tcase, idle_workers_do_not_outlive_their_parent);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
