/* tests/check_sync_death.c - processes killed in locks, events, barriers
 *
 * After any step: those who live get what there is to be had, without being
 * called again; what the dead had stays taken, and the program may give it back.
 * Conditions have a suite of their own. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "arena/arena.h"
#include "base/clock.h"
#include "mp.h"
#include "synchronize/lock.h"
#include "tests/support/children.h"
#include "tests/support/steps.h"
#include "tests/support/waiting.h"

static struct mp_lock *lock;
static struct mp_event *event;
static struct mp_barrier *barrier;

static struct mp_process *start(mp_target target, long step)
{
	struct mp_process *p = mp_Process(.target = target,
					  .args = mp_tuple(step));

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

static unsigned step_of(struct mp_call *call)
{
	long step = 0;

	mp_bind(call, "step", &step);
	return (unsigned)step;
}

static void finish_with(struct mp_process *p, int code)
{
	mp_process_join(p, mp_after(10));
	ck_assert_int_eq(mp_process_exitcode(p), code);
	mp_process_destroy(p);
}

static void finish(struct mp_process *p)
{
	finish_with(p, 0);
}

/* Waiting, or dead already. */
static void let_wait(struct mp_process *p, enum mp__operation operation)
{
	while (mp_process_exitcode(p) == MP_NONE && !is_waiting_in(p, operation))
		mp_sleep(0.0001);
}

static void kill_at_each_step(bool (*round)(long step))
{
	bool is_killed = steps_are_possible();
	long step = 0;

	for (; is_killed && step < 1000; step++) {
		uint64_t blocks = mp__arena->blocks;
		is_killed = round(step + 1);
		ck_assert(steps_arena_is_sound());
		ck_assert_uint_eq(mp__arena->blocks, blocks);
	}
	ck_assert(!is_killed);
	ck_assert(step > 1 || !steps_are_possible());
}

/* ---- locks and semaphores ---- */

static enum mp__operation acquiring(void)
{
	return lock->kind == MP_LOCK ? MP__OP_LOCK_ACQUIRE : MP__OP_SEM_ACQUIRE;
}

static int takes_it(struct mp_call *call)
{
	(void)call;
	if (mp_lock_acquire(lock, MP_FOREVER) != 1)
		return mp_raise();
	mp_lock_release(lock);	/* unless that has been done for us */
	return 0;
}

static int dies_acquiring(struct mp_call *call)
{
	steps_begin(step_of(call));
	mp_lock_acquire(lock, MP_FOREVER);
	steps_end();
	return 0;
}

static int dies_releasing(struct mp_call *call)
{
	mp_lock_acquire(lock, MP_FOREVER);
	gate_open(&answer);
	gate_wait(&gate);
	steps_begin(step_of(call));
	mp_lock_release(lock);
	steps_end();
	return 0;
}

static void give_back(void)
{
	if (mp_lock_locked(lock))
		mp_lock_release(lock);
}

/* The dead may have taken it with them. If it is free, p gets it by itself. */
static void finish_taker(struct mp_process *p)
{
	mp_deadline end = mp_after(20);

	while (mp_process_exitcode(p) == MP_NONE) {
		ck_assert_msg(mp__now() < end, "it sleeps while it is free");
		if (is_waiting_in(p, acquiring()))
			give_back();
		mp_process_join(p, mp_after(0.01));
	}
	finish(p);
	give_back();
}

static bool kill_taker(long step)
{
	bool is_killed = steps_was_killed(start(dies_acquiring, step));

	finish_taker(start(takes_it, 0));
	return is_killed;
}

/* Somebody sleeps while it is given back. */
static bool kill_releaser(long step)
{
	struct mp_process *dying = start(dies_releasing, step);
	ck_assert(gate_wait(&answer));
	struct mp_process *p = start(takes_it, 0);
	waiting_in(p, acquiring());
	gate_open(&gate);
	bool is_killed = steps_was_killed(dying);
	finish_taker(p);
	return is_killed;
}

/* One that is asleep for it beside another is killed when it lies down, or when it
 * is its turn, and takes the wake-up with it. */
static bool kill_sleeper(long step)
{
	mp_lock_acquire(lock, MP_FOREVER);
	struct mp_process *dying = start(dies_acquiring, step);
	let_wait(dying, acquiring());
	struct mp_process *p = start(takes_it, 0);
	waiting_in(p, acquiring());
	mp_lock_release(lock);
	bool is_killed = steps_was_killed(dying);
	finish_taker(p);
	return is_killed;
}

static bool (*const lock_rounds[])(long step) = { kill_taker, kill_releaser,
						   kill_sleeper };
#define LOCK_ROUNDS ((int)(sizeof(lock_rounds) / sizeof(lock_rounds[0])))

START_TEST(a_lock_may_be_in_the_hands_of_one_killed_at_any_step)
{
	lock = mp_Lock();
	kill_at_each_step(lock_rounds[_i]);
	mp_lock_destroy(lock);
}
END_TEST

START_TEST(a_semaphore_may_be_in_the_hands_of_one_killed_at_any_step)
{
	lock = mp_BoundedSemaphore(1);
	kill_at_each_step(lock_rounds[_i]);
	mp_lock_destroy(lock);
}
END_TEST

/* ---- Event ---- */

static int waits_for_event(struct mp_call *call)
{
	(void)call;
	return mp_event_wait(event, MP_FOREVER) == 1
		       ? 0
		       : mp_raise_error(MP_EUSER, "it was never set");
}

static int dies_setting(struct mp_call *call)
{
	steps_begin(step_of(call));
	mp_event_set(event);
	steps_end();
	return 0;
}

static int dies_waiting(struct mp_call *call)
{
	steps_begin(step_of(call));
	mp_event_wait(event, MP_FOREVER);
	steps_end();
	return 0;
}

/* Once it is set nobody sleeps on. */
static bool kill_setter(long step)
{
	mp_event_clear(event);
	struct mp_process *p = start(waits_for_event, 0);
	waiting_in(p, MP__OP_EVENT_WAIT);
	bool is_killed = steps_was_killed(start(dies_setting, step));
	if (!mp_event_is_set(event))
		mp_event_set(event);
	finish(p);
	return is_killed;
}

static bool kill_event_waiter(long step)
{
	mp_event_clear(event);
	struct mp_process *dying = start(dies_waiting, step);
	let_wait(dying, MP__OP_EVENT_WAIT);
	struct mp_process *p = start(waits_for_event, 0);
	waiting_in(p, MP__OP_EVENT_WAIT);
	mp_event_set(event);
	finish(p);
	return steps_was_killed(dying);
}

START_TEST(an_event_may_be_set_by_one_killed_at_any_step)
{
	event = mp_Event();
	kill_at_each_step(_i ? kill_event_waiter : kill_setter);
	mp_event_destroy(event);
}
END_TEST

/* ---- Barrier ---- */

static int meets(struct mp_call *call)
{
	(void)call;
	mp_exit(mp_barrier_wait(barrier, MP_FOREVER) < 0 ? 7 : 0);
}

static int dies_meeting(struct mp_call *call)
{
	steps_begin(step_of(call));
	mp_barrier_wait(barrier, MP_FOREVER);
	steps_end();
	return 0;
}

/* The last to come has it in its hands to open the barrier. If it died before, be it
 * counted or not, the others can be freed; if after, they go on by themselves. */
static bool kill_last(long step)
{
	barrier = mp_Barrier(3);
	struct mp_process *p = start(meets, 0), *q = start(meets, 0);
	waiting_in(p, MP__OP_BARRIER_WAIT);
	waiting_in(q, MP__OP_BARRIER_WAIT);
	bool is_killed = steps_was_killed(start(dies_meeting, step));
	bool is_shut = mp_barrier_n_waiting(barrier) > 0;
	if (is_shut)
		mp_barrier_abort(barrier);
	finish_with(p, is_shut ? 7 : 0);
	finish_with(q, is_shut ? 7 : 0);
	mp_barrier_destroy(barrier);
	return is_killed;
}

/* Once counted it stays so, as in CPython: the other may go on. If it died before,
 * the other needs a third. */
static bool kill_first(long step)
{
	barrier = mp_Barrier(2);
	struct mp_process *dying = start(dies_meeting, step);
	let_wait(dying, MP__OP_BARRIER_WAIT);
	bool was_counted = mp_barrier_n_waiting(barrier) == 1;
	struct mp_process *p = start(meets, 0);
	if (!was_counted)
		finish(start(meets, 0));
	finish(p);
	bool is_killed = steps_was_killed(dying);
	mp_barrier_destroy(barrier);
	return is_killed;
}

START_TEST(a_barrier_may_be_in_the_hands_of_one_killed_at_any_step)
{
	kill_at_each_step(_i ? kill_first : kill_last);
}
END_TEST

/* ---- the suite ---- */

static Suite *sync_death_suite(void)
{
	Suite *suite = suite_create("sync_death");
	TCase *tc = tcase_create("sync_death");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_loop_test(tc,
			    a_lock_may_be_in_the_hands_of_one_killed_at_any_step,
			    0, LOCK_ROUNDS);
	tcase_add_loop_test(tc,
			    a_semaphore_may_be_in_the_hands_of_one_killed_at_any_step,
			    0, LOCK_ROUNDS);
	tcase_add_loop_test(tc, an_event_may_be_set_by_one_killed_at_any_step, 0,
			    2);
	tcase_add_loop_test(tc,
			    a_barrier_may_be_in_the_hands_of_one_killed_at_any_step,
			    0, 2);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(sync_death_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
