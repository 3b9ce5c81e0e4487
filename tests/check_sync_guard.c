/* tests/check_sync_guard.c - the guards of locks, conditions, events, barriers
 *
 * In every state of every operation what a process that only maps the arena says
 * must be what `try` then does. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "arena/arena.h"
#include "mp.h"
#include "synchronize/condition.h"
#include "tests/support/gate.h"
#include "tests/support/observer.h"
#include "tests/support/waiting.h"

#define FIRST MP__OP_LOCK_ACQUIRE
#define LAST MP__OP_BARRIER_ABORT

static struct mp__op op_on(enum mp__operation code, void *object)
{
	const struct mp__object_shm *head = object;

	return (struct mp__op){ .code = code, .object = head->id,
				.ref = mp__object_ref(object), .self = object,
				.until = MP_FOREVER };
}

/* ---- locks ---- */

static void takes(enum mp__operation code)
{
	struct mp_lock *lock = code == MP__OP_SEM_ACQUIRE ? mp_Semaphore(2)
							  : mp_Lock();
	struct mp__op op = op_on(code, lock);

	for (long left = mp_lock_value(lock); left > 0; left--)
		assert_agree(&op, true);
	assert_agree(&op, false);
	mp_lock_release(lock);
	assert_agree(&op, true);
	assert_agree(&op, false);
}

static void tries(enum mp__operation code)
{
	struct mp_lock *lock = code == MP__OP_SEM_TRY ? mp_Semaphore(1)
						      : mp_Lock();
	struct mp__op op = op_on(code, lock);

	assert_agree(&op, true);
	ck_assert_int_eq(op.b, 1);
	assert_agree(&op, true);
	ck_assert_int_eq(op.b, 0);
}

static void gives(enum mp__operation code)
{
	struct mp_lock *lock = code == MP__OP_SEM_RELEASE ? mp_Semaphore(0)
							  : mp_Lock();
	struct mp__op op = op_on(code, lock);

	assert_agree(&op, true);	/* a free lock: an error, at once */
	assert_agree(&op, true);
}

/* ---- conditions ---- */

static int sleep_in(struct mp_call *call)
{
	struct mp_condition *condition;

	if (mp_bind(call, "condition", &condition) < 0)
		return mp_raise();
	MP_WITH(condition)
		mp_condition_wait(condition, MP_FOREVER);
	return 0;
}

/* Each sleeper has a word of its own; here is one that belongs to nobody. */
static void sleeps_in_condition(enum mp__operation code)
{
	struct mp__op op = op_on(code, mp_Condition());

	op.ref = mp__arena_alloc(sizeof(struct mp__sleeper_shm));
	struct mp__sleeper_shm *sleeper = mp__at(op.ref);
	assert_agree(&op, false);
	sleeper->state = MP__SLEEPER_SLEEPS;
	assert_agree(&op, false);
	sleeper->state = MP__SLEEPER_NOTIFIED;
	assert_agree(&op, true);
	sleeper->state = MP__SLEEPER_GONE;
	assert_agree(&op, true);
}

static void notifies(enum mp__operation code)
{
	struct mp_condition *condition = mp_Condition();
	struct mp__op op = op_on(code, condition);

	mp_acquire(condition, MP_FOREVER);
	assert_agree(&op, true);
	op.argument = -1;
	assert_agree(&op, true);
}

/* ---- events ---- */

static void always(enum mp__operation code)
{
	struct mp__op op = op_on(code, mp_Event());

	assert_agree(&op, true);
	assert_agree(&op, true);
}

static void waits_for_event(enum mp__operation code)
{
	struct mp_event *event = mp_Event();
	struct mp__op op = op_on(code, event);

	assert_agree(&op, false);
	mp_event_set(event);
	assert_agree(&op, true);
	mp_event_clear(event);
	assert_agree(&op, true);	/* it was set since the wait began */
	op.argument = 2;		/* a wait that begins now */
	assert_agree(&op, false);
}

/* ---- barriers ---- */

static int meet(struct mp_call *call)
{
	struct mp_barrier *barrier;

	if (mp_bind(call, "barrier", &barrier) < 0)
		return mp_raise();
	mp_barrier_wait(barrier, MP_FOREVER);
	return 0;
}

static struct mp_process *start_waiting(struct mp_barrier *barrier)
{
	struct mp_process *p = mp_Process(.target = meet,
					  .args = mp_tuple(barrier));

	mp_process_start(p);
	waiting_in(p, MP__OP_BARRIER_WAIT);
	return p;
}

static void arrives(enum mp__operation code)
{
	struct mp_barrier *barrier = mp_Barrier(2);
	struct mp__op op = op_on(code, barrier);

	assert_agree(&op, true);	/* counts as the first */
	assert_agree(&op, true);	/* as the second: it is complete */
	assert_agree(&op, false);	/* held until these have left */
	mp_barrier_abort(barrier);
	assert_agree(&op, true);	/* broken: an error, at once */
}

static void waits_at_barrier(enum mp__operation code)
{
	struct mp_barrier *barrier = mp_Barrier(2);
	struct mp_process *p = start_waiting(barrier);
	struct mp__op op = op_on(code, barrier);

	assert_agree(&op, false);
	mp_barrier_reset(barrier);
	assert_agree(&op, true);
	mp_process_join(p, MP_FOREVER);
	assert_agree(&op, true);
}

static void resets(enum mp__operation code)
{
	struct mp_barrier *barrier = mp_Barrier(2);
	struct mp_process *p = start_waiting(barrier);
	struct mp__op op = op_on(code, barrier);

	assert_agree(&op, true);
	mp_process_join(p, MP_FOREVER);
	assert_agree(&op, true);
}

static void (*const scenarios[LAST + 1])(enum mp__operation) = {
	[MP__OP_LOCK_ACQUIRE] = takes,
	[MP__OP_LOCK_TRY] = tries,
	[MP__OP_LOCK_RELEASE] = gives,
	[MP__OP_SEM_ACQUIRE] = takes,
	[MP__OP_SEM_TRY] = tries,
	[MP__OP_SEM_RELEASE] = gives,
	[MP__OP_CONDITION_WAIT] = sleeps_in_condition,
	[MP__OP_CONDITION_NOTIFY] = notifies,
	[MP__OP_EVENT_IS_SET] = always,
	[MP__OP_EVENT_SET] = always,
	[MP__OP_EVENT_CLEAR] = always,
	[MP__OP_EVENT_WAIT] = waits_for_event,
	[MP__OP_BARRIER_ARRIVE] = arrives,
	[MP__OP_BARRIER_WAIT] = waits_at_barrier,
	[MP__OP_BARRIER_RESET] = resets,
	[MP__OP_BARRIER_ABORT] = resets,
};

START_TEST(guard_and_try_agree_in_every_state)
{
	enum mp__operation code = (enum mp__operation)_i;

	if (!mp__op_row(code))
		return;
	ck_assert_msg(scenarios[code] != NULL, "no scenario for %s",
		      mp__op_row(code)->python);
	scenarios[code](code);
}
END_TEST

/* What a process waits for is announced, with the place it waits at. */
START_TEST(a_wait_is_seen_from_outside)
{
	struct mp_condition *condition = mp_Condition();
	struct mp_process *p = mp_Process(.target = sleep_in,
					  .args = mp_tuple(condition));

	mp_acquire(condition, MP_FOREVER);
	mp_process_start(p);
	waiting_in(p, MP__OP_LOCK_ACQUIRE);
	mp_release(condition);
	waiting_in(p, MP__OP_CONDITION_WAIT);
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
}
END_TEST

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	observer_start();
}

static void tear_down(void)
{
	observer_stop();
}

static Suite *guard_suite(void)
{
	Suite *suite = suite_create("sync_guard");
	TCase *tc = tcase_create("guard");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, guard_and_try_agree_in_every_state, FIRST,
			    LAST + 1);
	tcase_add_test(tc, a_wait_is_seen_from_outside);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(guard_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
