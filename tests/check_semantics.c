/* tests/check_semantics.c - what holds for all that synchronises and shares
 *
 * Rows of CPython's behaviour that go across the components, or that the suites of
 * the components have no place for. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "mp.h"
#include "queues/queue.h"
#include "tests/support/children.h"

/* ---- timeouts ---- */

static const double over[] = { 0, -1, -1e12 };

/* Negative is zero, and zero is not for ever. */
START_TEST(a_negative_timeout_is_none)
{
	struct mp_lock *lock = mp_Lock(), *permits = mp_Semaphore(0);
	struct mp_condition *condition = mp_Condition();
	struct mp_event *event = mp_Event();
	struct mp_queue *queue = mp_Queue(1);
	struct mp_connection *a, *b;
	mp_deadline until = mp_after(over[_i]);

	ck_assert_int_eq(mp_lock_acquire(lock, until), 1);
	ck_assert_int_eq(mp_lock_acquire(lock, until), 0);
	ck_assert_int_eq(mp_lock_acquire(permits, until), 0);
	MP_WITH(condition)
		ck_assert_int_eq(mp_condition_wait(condition, until), 0);
	ck_assert_int_eq(mp_event_wait(event, until), 0);
	ck_assert_ptr_null(mp_queue_get(queue, until));
	ck_assert_int_eq(mp_error_code(), MP_EEMPTY);
	ck_assert_int_eq(mp_queue_put(queue, mp_value(1), until), 0);
	ck_assert_int_eq(mp_queue_put(queue, mp_value(2), until), MP_EFULL);
	mp_value_unref(mp_queue_get(queue, MP_FOREVER));
	ck_assert_int_eq(mp_Pipe(&a, &b), 0);
	ck_assert_int_eq(mp_connection_poll(a, until), 0);
	ck_assert_int_eq(mp_wait(&(struct mp_waitable){ .connection = a }, 1,
				 until), 0);
	ck_assert_int_eq(mp_barrier_wait(mp_Barrier(2), until), MP_EBROKEN);
	mp_connection_destroy(a);
	mp_connection_destroy(b);
}
END_TEST

static void handle(int signal)
{
	(void)signal;
}

static int wait_in(int which, mp_deadline until)
{
	struct mp_connection *a, *b;
	struct mp_condition *condition = mp_Condition();

	switch (which) {
	case 0:
		return mp_lock_acquire(mp_Semaphore(0), until);
	case 1:
		return mp_event_wait(mp_Event(), until);
	case 2:
		return mp_queue_get(mp_Queue(), until) ? 1 : 0;
	case 3:
		mp_Pipe(&a, &b);
		return mp_connection_poll(a, until);
	}
	mp_lock_acquire(mp_condition_lock(condition), MP_FOREVER);
	return mp_condition_wait(condition, until);
}

/* The call goes on with the time that is left: it neither ends nor begins anew. */
START_TEST(a_signal_does_not_change_a_wait)
{
	const struct itimerval often = { { 0, 3000 }, { 0, 3000 } };

	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = handle }, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	int64_t before = mp__now();
	int result = wait_in(_i, mp_after(0.1));
	int64_t took = mp__now() - before;
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	ck_assert_int_eq(result, 0);
	ck_assert_int_ge(took, 100 * 1000000);
	ck_assert_int_lt(took, INT64_C(20000000000));
}
END_TEST

/* ---- conditions ---- */

START_TEST(a_notification_is_not_remembered)
{
	struct mp_condition *condition = mp_Condition();

	MP_WITH(condition) {
		ck_assert_int_eq(mp_condition_notify(condition, 1), 0);
		ck_assert_int_eq(mp_condition_notify_all(condition), 0);
		ck_assert_int_eq(mp_condition_wait(condition, mp_after(0.01)),
				 0);
	}
}
END_TEST

/* ---- queues ---- */

START_TEST(a_queue_without_a_limit_takes_any_number)
{
	static const long none[] = { 0, -1, -5 };
	struct mp_queue *queue = mp_Queue(none[_i]);

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(mp_queue_put_nowait(queue, mp_value(i)), 0);
	ck_assert_int_eq(mp_queue_full(queue), 0);
	ck_assert_int_eq(mp_queue_qsize(queue), 1000);
	for (int i = 0; i < 1000; i++)
		mp_value_unref(mp_queue_get(queue, MP_FOREVER));
	ck_assert_int_eq(mp_queue_qsize(queue), 0);
}
END_TEST

START_TEST(a_closed_simple_queue_is_closed)
{
	struct mp_queue *queue = mp_SimpleQueue();

	ck_assert_int_eq(mp_queue_close(queue), 0);
	ck_assert_int_eq(mp_queue_close(queue), 0);
	ck_assert_ptr_null(mp_queue_get(queue, MP_FOREVER));
	ck_assert_int_eq(mp_error_code(), MP_EOS);
	ck_assert_int_eq(mp_queue_empty(queue), MP_EOS);
}
END_TEST

static int read_and_wait(struct mp_call *call)
{
	struct mp_queue *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	mp__mutex_take(&queue->read_lock, false);
	gate_open(&answer);
	gate_wait(&gate);
	return 0;
}

/* Items are there, but another process is at the door: alive, or dead. */
START_TEST(who_cannot_read_finds_nothing_and_is_told_why)
{
	struct mp_queue *queue = mp_SimpleQueue();
	struct mp_process *p = mp_Process(.target = read_and_wait,
					  .args = mp_tuple(queue));

	mp_queue_put(queue, mp_value(1), MP_FOREVER);
	mp_process_start(p);
	ck_assert(gate_wait(&answer));
	ck_assert_ptr_null(mp_queue_get(queue, MP_NOW));
	ck_assert_int_eq(mp_error_code(), MP_EEMPTY);
	ck_assert_str_eq(mp_error_message(),
			 "another process is reading from the queue");
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
	ck_assert_ptr_null(mp_queue_get(queue, mp_after(0.01)));
	ck_assert_int_eq(mp_error_code(), MP_EEMPTY);
	ck_assert_str_eq(mp_error_message(),
			 "the process that was reading from the queue is dead: "
			 "nobody else can");
	mp_process_destroy(p);
}
END_TEST

/* ---- shared memory ---- */

START_TEST(memory_lives_on_without_its_name)
{
	char name[40];
	snprintf(name, sizeof(name), "fs_check_%d", getpid());
	struct mp_memory *memory = mp_SharedMemory(.name = name, .create = true,
						   .size = 10);
	struct mp_memory *same = mp_SharedMemory(.name = name, .size = 99);

	ck_assert_ptr_nonnull(memory);
	ck_assert_ptr_nonnull(same);
	ck_assert_uint_eq(mp_memory_size(same), 10);	/* what it is */
	ck_assert_int_eq(mp_memory_unlink(memory), 0);
	ck_assert_int_eq(mp_memory_unlink(memory), MP_ENOTFOUND);
	*(char *)mp_memory_buf(memory) = 'x';
	ck_assert_int_eq(*(char *)mp_memory_buf(same), 'x');
	mp_memory_destroy(same);
	mp_memory_destroy(memory);
}
END_TEST

/* Its lock is no RLock: who has it and uses the value waits for himself. */
static int use_under_its_lock(struct mp_call *call)
{
	struct mp_lock *lock = mp_Lock();
	struct mp_shared *value = mp_Value('i', 1, .lock = lock);

	(void)call;
	mp_lock_acquire(lock, MP_FOREVER);
	gate_open(&answer);
	mp_get(value);
	return 0;
}

START_TEST(a_value_with_a_plain_lock_is_not_used_under_it)
{
	struct mp_process *p = mp_Process(.target = use_under_its_lock);

	mp_process_start(p);
	ck_assert(gate_wait(&answer));
	ck_assert_int_eq(mp_process_join(p, mp_after(0.1)), 0);
	ck_assert(mp_process_is_alive(p));
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
	mp_process_destroy(p);
}
END_TEST

/* ---- the suite ---- */

static Suite *semantics_suite(void)
{
	Suite *suite = suite_create("semantics");
	TCase *tc = tcase_create("semantics");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_loop_test(tc, a_negative_timeout_is_none, 0, 3);
	tcase_add_loop_test(tc, a_signal_does_not_change_a_wait, 0, 5);
	tcase_add_test(tc, a_notification_is_not_remembered);
	tcase_add_loop_test(tc, a_queue_without_a_limit_takes_any_number, 0, 3);
	tcase_add_test(tc, a_closed_simple_queue_is_closed);
	tcase_add_test(tc, who_cannot_read_finds_nothing_and_is_told_why);
	tcase_add_test(tc, memory_lives_on_without_its_name);
	tcase_add_test(tc, a_value_with_a_plain_lock_is_not_used_under_it);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(semantics_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
