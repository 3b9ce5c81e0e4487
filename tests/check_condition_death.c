/* tests/check_condition_death.c - processes killed in a condition
 *
 * After any step that waiting or notifying takes: nobody who lives is lost, no
 * wake-up goes to the dead, and no memory is lost but the one block that was just
 * being moved. A Lock's holder is dead then, and the program gives it back. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "arena/arena.h"
#include "mp.h"
#include "synchronize/condition.h"
#include "tests/support/children.h"
#include "tests/support/steps.h"
#include "tests/support/waiting.h"

static struct mp_condition *condition;

static struct mp_process *start(mp_target target, long number)
{
	struct mp_process *p = mp_Process(.target = target,
					  .args = mp_tuple(number));

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

static long number_of(struct mp_call *call)
{
	long number = 0;

	mp_bind(call, "number", &number);
	return number;
}

/* ---- those who live ---- */

static int sleep_well(struct mp_call *call)
{
	(void)call;
	mp_acquire(condition, MP_FOREVER);
	int woken = mp_condition_wait(condition, mp_after(20));
	mp_release(condition);
	return woken == 1 ? 0 : mp_raise_error(MP_EUSER, "nobody woke me");
}

static struct mp_process *start_sleeper(void)
{
	struct mp_process *p = start(sleep_well, 0);

	waiting_in(p, MP__OP_CONDITION_WAIT);
	return p;
}

static void finish(struct mp_process *p)
{
	mp_process_join(p, mp_after(20));
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
}

/* What a program has to do that sees the holder die. */
static void give_back(void)
{
	struct mp_lock *lock = mp_condition_lock(condition);

	if (mp_lock_locked(lock))
		ck_assert_int_eq(mp_lock_release(lock), 0);
}

static int notify(unsigned count)
{
	int woken = 0;

	ck_assert_int_eq(mp_acquire(condition, mp_after(20)), 1);
	woken = mp_condition_notify(condition, count);
	mp_release(condition);
	return woken;
}

/* ---- those who die ---- */

static int dies_notifying(struct mp_call *call)
{
	mp_acquire(condition, MP_FOREVER);
	steps_begin((unsigned)number_of(call));
	mp_condition_notify_all(condition);
	steps_end();
	mp_release(condition);
	return 0;
}

static int dies_waiting(struct mp_call *call)
{
	mp_acquire(condition, MP_FOREVER);
	steps_begin((unsigned)number_of(call));
	mp_condition_wait(condition, MP_FOREVER);
	steps_end();
	mp_release(condition);
	return 0;
}

static int dies_giving_up(struct mp_call *call)
{
	mp_acquire(condition, MP_FOREVER);
	steps_begin((unsigned)number_of(call));
	mp_condition_wait(condition, MP_NOW);
	steps_end();
	mp_release(condition);
	return 0;
}

/* ---- a round: returns whether one was killed ---- */

static bool kill_notifier(long step)
{
	struct mp_process *first = start_sleeper(), *dead = start_sleeper(),
			  *last = start_sleeper();

	mp_process_kill(dead);
	mp_process_join(dead, MP_FOREVER);
	mp_process_destroy(dead);
	bool is_killed = steps_was_killed(start(dies_notifying, step));
	give_back();
	ck_assert_int_le(notify(9), 2);
	finish(first);
	finish(last);
	return is_killed;
}

static bool is_over(struct mp_process *p)
{
	return mp_process_exitcode(p) != MP_NONE;
}

/* The three are in the list in this order. The one in the middle dies before it
 * sleeps, in its sleep, or when it has been woken. */
static bool kill_sleeper(long step)
{
	struct mp_process *first = start_sleeper(),
			  *middle = start(dies_waiting, step);
	while (!is_over(middle)
	       && !is_waiting_in(middle, MP__OP_CONDITION_WAIT))
		mp_sleep(0.0001);
	if (is_over(middle))
		give_back();
	struct mp_process *last = start_sleeper();
	bool is_dead = is_over(middle);
	int woken = notify(is_dead ? 2 : 3);
	ck_assert(woken == 2 || (woken == 3 && !is_dead));
	bool is_killed = steps_was_killed(middle);
	give_back();
	finish(first);
	finish(last);
	return is_killed;
}

static bool kill_quitter(long step)
{
	struct mp_process *first = start_sleeper();
	bool is_killed = steps_was_killed(start(dies_giving_up, step));

	give_back();
	struct mp_process *last = start_sleeper();
	ck_assert_int_eq(notify(1), 1);
	ck_assert_int_eq(notify(1), 1);
	ck_assert_int_eq(notify(1), 0);
	finish(first);
	finish(last);
	return is_killed;
}

/* A thousand steps are more than there are. */
static void kill_at_each_step(bool (*round)(long step))
{
	long step = 0;
	bool is_killed = steps_are_possible();

	for (; is_killed && step < 1000; step++) {
		condition = mp_Condition(.lock = mp_Lock());
		uint64_t blocks = mp__arena->blocks;
		is_killed = round(step + 1);
		/* Once more, with what the dead has left. */
		ck_assert(!round(1000));
		struct mp_lock *lock = mp_condition_lock(condition);
		mp_condition_destroy(condition);
		ck_assert(steps_arena_is_sound());
		ck_assert_int_le(llabs((long long)(mp__arena->blocks
						   - (blocks - 1))), is_killed);
		mp_lock_destroy(lock);
	}
	ck_assert(!is_killed);
	ck_assert(step > 3 || !steps_are_possible());
}

START_TEST(a_notifier_may_be_killed_at_any_step)
{
	kill_at_each_step(kill_notifier);
}
END_TEST

START_TEST(a_sleeper_may_be_killed_at_any_step)
{
	kill_at_each_step(kill_sleeper);
}
END_TEST

START_TEST(one_that_gives_up_may_be_killed_at_any_step)
{
	kill_at_each_step(kill_quitter);
}
END_TEST

/* ---- the suite ---- */

static Suite *condition_death_suite(void)
{
	Suite *suite = suite_create("condition_death");
	TCase *tc = tcase_create("condition_death");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_test(tc, a_notifier_may_be_killed_at_any_step);
	tcase_add_test(tc, a_sleeper_may_be_killed_at_any_step);
	tcase_add_test(tc, one_that_gives_up_may_be_killed_at_any_step);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(condition_death_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
