/* tests/check_condition.c - Condition and Event
 *
 * Who is woken, by what, and who is not (multiprocessing.synchronize). */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "arena/arena.h"
#include "mp.h"
#include "synchronize/condition.h"
#include "tests/support/gate.h"
#include "tests/support/waiting.h"

static struct gate gate, answer;

#define assert_hears(number) ck_assert_int_eq(gate_hear(&answer), number)

static int sleep_in(struct mp_call *call)
{
	struct mp_condition *condition;
	double seconds;

	if (mp_bind(call, "condition seconds", &condition, &seconds) < 0)
		return mp_raise();
	MP_WITH(condition) {
		int woken = mp_condition_wait(condition, seconds < 0
							 ? MP_FOREVER
							 : mp_after(seconds));
		bool is_mine = mp_lock_release(mp_condition_lock(condition))
			       == 0;
		mp_acquire(condition, MP_FOREVER);
		gate_tell(&answer, is_mine ? woken : -1);
	}
	return 0;
}

static struct mp_process *start_sleeper(struct mp_condition *condition,
					double seconds)
{
	struct mp_process *p = mp_Process(.target = sleep_in,
					  .args = mp_tuple(condition, seconds));

	mp_process_start(p);
	waiting_in(p, MP__OP_CONDITION_WAIT);
	return p;
}

static void finish(struct mp_process *p)
{
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
}

/* ---- Condition ---- */

START_TEST(notify_wakes_as_many_as_it_says)
{
	struct mp_condition *condition = mp_Condition();
	struct mp_process *p[3];

	for (int i = 0; i < 3; i++)
		p[i] = start_sleeper(condition, -1);
	ck_assert_uint_eq(mp_condition_sleepers(condition), 3);
	MP_WITH(condition)
		ck_assert_int_eq(mp_condition_notify(condition, 2), 2);
	assert_hears(1);
	assert_hears(1);
	ck_assert_uint_eq(mp_condition_sleepers(condition), 1);
	MP_WITH(condition) {
		ck_assert_int_eq(mp_condition_notify(condition, 5), 1);
		ck_assert_int_eq(mp_condition_notify(condition, 5), 0);
	}
	assert_hears(1);
	for (int i = 0; i < 3; i++)
		finish(p[i]);
}
END_TEST

START_TEST(notify_all_wakes_all_of_now)
{
	struct mp_condition *condition = mp_Condition(.lock = mp_Lock());
	struct mp_process *p[3];

	MP_WITH(condition)	/* nobody sleeps: not remembered */
		ck_assert_int_eq(mp_condition_notify_all(condition), 0);
	for (int i = 0; i < 3; i++)
		p[i] = start_sleeper(condition, -1);
	MP_WITH(condition)
		ck_assert_int_eq(mp_condition_notify_all(condition), 3);
	for (int i = 0; i < 3; i++)
		assert_hears(1);
	for (int i = 0; i < 3; i++)
		finish(p[i]);
}
END_TEST

START_TEST(a_wait_ends_when_its_time_is_up)
{
	struct mp_condition *condition = mp_Condition();
	struct mp_process *p = start_sleeper(condition, 0.05);

	assert_hears(0);
	finish(p);
	ck_assert_uint_eq(mp_condition_sleepers(condition), 0);
	MP_WITH(condition)
		ck_assert_int_eq(mp_condition_notify(condition, 1), 0);
}
END_TEST

/* One that gives up between two others leaves the list whole. */
START_TEST(one_that_gives_up_takes_no_wake_up)
{
	struct mp_condition *condition = mp_Condition();
	struct mp_process *first = start_sleeper(condition, -1);
	struct mp_process *second = start_sleeper(condition, 0.05);
	struct mp_process *third = start_sleeper(condition, -1);

	assert_hears(0);
	finish(second);
	MP_WITH(condition)
		ck_assert_int_eq(mp_condition_notify(condition, 2), 2);
	assert_hears(1);
	assert_hears(1);
	finish(first);
	finish(third);
}
END_TEST

START_TEST(one_killed_in_its_sleep_takes_no_wake_up)
{
	struct mp_condition *condition = mp_Condition();
	struct mp_process *first = start_sleeper(condition, -1);
	struct mp_process *second = start_sleeper(condition, -1);
	uint64_t blocks = mp__arena->blocks;

	mp_process_kill(first);
	mp_process_join(first, MP_FOREVER);
	MP_WITH(condition)
		ck_assert_int_eq(mp_condition_notify(condition, 1), 1);
	assert_hears(1);
	finish(second);
	ck_assert_uint_eq(mp__arena->blocks, blocks - 2);
}
END_TEST

START_TEST(wait_gives_an_rlock_up_at_all_levels)
{
	struct mp_condition *condition = mp_Condition();
	struct mp_process *p = start_sleeper(condition, -1);
	char text[80];

	for (int i = 0; i < 3; i++)
		mp_acquire(condition, MP_FOREVER);
	ck_assert_int_eq(mp_condition_notify_all(condition), 1);
	ck_assert_int_eq(mp_condition_wait(condition, mp_after(0.05)), 0);
	mp_condition_repr(condition, text, sizeof(text));
	ck_assert_str_eq(text, "<Condition(<RLock(MainProcess, 3)>, 0)>");
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(mp_release(condition), 0);
	ck_assert_int_eq(mp_release(condition), MP_EOWNER);
	assert_hears(1);
	finish(p);
}
END_TEST

static int is_five(void *number)
{
	return *(int *)number == 5 ? 5 : 0;
}

START_TEST(the_lock_must_be_held)
{
	struct mp_condition *condition = mp_Condition();
	int number = 4;

	ck_assert_int_eq(mp_condition_wait(condition, MP_NOW), MP_EOWNER);
	ck_assert_str_eq(mp_error_message(),
			 "must acquire() condition before using wait()");
	ck_assert_int_eq(mp_condition_notify(condition, 1), MP_EOWNER);
	ck_assert_str_eq(mp_error_message(), "lock is not owned");
	ck_assert_int_eq(mp_condition_notify_all(condition), MP_EOWNER);
	ck_assert_int_eq(mp_condition_wait_for(condition, is_five, &number,
					       MP_FOREVER), MP_EOWNER);
	number = 5;	/* true at once: the lock is not needed */
	ck_assert_int_eq(mp_condition_wait_for(condition, is_five, &number,
					       MP_FOREVER), 5);
}
END_TEST

START_TEST(wait_for_gives_what_the_predicate_gave)
{
	struct mp_condition *condition = mp_Condition();
	int number = 4;

	MP_WITH(condition) {
		ck_assert_int_eq(mp_condition_wait_for(condition, is_five,
						       &number,
						       mp_after(0.02)), 0);
		number = 5;
		ck_assert_int_eq(mp_condition_wait_for(condition, is_five,
						       &number, MP_NOW), 5);
	}
}
END_TEST

START_TEST(a_condition_needs_a_lock)
{
	ck_assert_ptr_null(mp_Condition(.lock = mp_Semaphore(1)));
	ck_assert_int_eq(mp_error_code(), MP_EATTRIBUTE);
	struct mp_lock *lock = mp_Lock();
	uint64_t blocks = mp__arena->blocks;
	struct mp_condition *condition = mp_Condition(.lock = lock);
	ck_assert_ptr_eq(mp_condition_lock(condition), lock);
	mp_condition_destroy(condition);
	ck_assert_int_eq(mp_lock_acquire(lock, MP_NOW), 1); /* still there */
	mp_condition_destroy(mp_Condition());
	ck_assert_uint_eq(mp__arena->blocks, blocks);
}
END_TEST

/* ---- Event ---- */

static int wait_for_event(struct mp_call *call)
{
	struct mp_event *event;
	double seconds;

	if (mp_bind(call, "event seconds=-1", &event, &seconds) < 0)
		return mp_raise();
	gate_tell(&answer, mp_event_wait(event, seconds < 0
							? MP_FOREVER
							: mp_after(seconds)));
	return 0;
}

static struct mp_process *start_waiter(struct mp_event *event)
{
	struct mp_process *p = mp_Process(.target = wait_for_event,
					  .args = mp_tuple(event));

	mp_process_start(p);
	waiting_in(p, MP__OP_EVENT_WAIT);
	return p;
}

START_TEST(set_wakes_all_who_wait)
{
	struct mp_event *event = mp_Event();
	struct mp_process *p[3];

	for (int i = 0; i < 3; i++)
		p[i] = start_waiter(event);
	mp_event_set(event);
	for (int i = 0; i < 3; i++)
		assert_hears(1);
	for (int i = 0; i < 3; i++)
		finish(p[i]);
	ck_assert_int_eq(mp_event_wait(event, MP_FOREVER), 1);
}
END_TEST

START_TEST(a_flag_stays_until_it_is_cleared)
{
	struct mp_event *event = mp_Event();
	char text[64];

	ck_assert(!mp_event_is_set(event));
	mp_event_set(event);
	mp_event_set(event);
	ck_assert(mp_event_is_set(event));
	mp_event_repr(event, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, " set>"));
	mp_event_clear(event);
	mp_event_clear(event);
	ck_assert(!mp_event_is_set(event));
	ck_assert_int_eq(mp_event_wait(event, MP_NOW), 0);
	ck_assert_int_eq(mp_event_wait(event, mp_after(0.01)), 0);
}
END_TEST

/* As in CPython: who waits is woken, and tells what the flag is by then. */
START_TEST(set_and_clear_at_once_still_wake)
{
	struct mp_event *event = mp_Event();
	struct mp_process *p = start_waiter(event);

	mp_event_set(event);
	mp_event_clear(event);
	long flag = gate_hear(&answer);
	ck_assert(flag == 0 || flag == 1);
	finish(p);
}
END_TEST

START_TEST(one_killed_while_it_waits_hinders_nobody)
{
	struct mp_event *event = mp_Event();
	struct mp_process *p = start_waiter(event), *q = start_waiter(event);

	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
	mp_event_set(event);
	assert_hears(1);
	finish(q);
	mp_event_destroy(event);
}
END_TEST

/* ---- the suite ---- */

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	gate_make(&gate);
	gate_make(&answer);
}

static void tear_down(void)
{
	gate_close(&gate);
	gate_close(&answer);
}

static Suite *condition_suite(void)
{
	Suite *suite = suite_create("condition");
	TCase *tc = tcase_create("condition");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, notify_wakes_as_many_as_it_says);
	tcase_add_test(tc, notify_all_wakes_all_of_now);
	tcase_add_test(tc, a_wait_ends_when_its_time_is_up);
	tcase_add_test(tc, one_that_gives_up_takes_no_wake_up);
	tcase_add_test(tc, one_killed_in_its_sleep_takes_no_wake_up);
	tcase_add_test(tc, wait_gives_an_rlock_up_at_all_levels);
	tcase_add_test(tc, the_lock_must_be_held);
	tcase_add_test(tc, wait_for_gives_what_the_predicate_gave);
	tcase_add_test(tc, a_condition_needs_a_lock);
	tcase_add_test(tc, set_wakes_all_who_wait);
	tcase_add_test(tc, a_flag_stays_until_it_is_cleared);
	tcase_add_test(tc, set_and_clear_at_once_still_wake);
	tcase_add_test(tc, one_killed_while_it_waits_hinders_nobody);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(condition_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
