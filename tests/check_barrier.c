/* tests/check_barrier.c - Barrier: all or nobody
 *
 * Filling, draining, reset, abort, time-outs and actions, as CPython's. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "arena/arena.h"
#include "mp.h"
#include "tests/support/gate.h"
#include "tests/support/waiting.h"

#define PARTIES 4

static struct gate answer;
static int *calls;		/* of the action, in shared memory */

#define assert_hears(number) ck_assert_int_eq(gate_hear(&answer), number)

static int meet(struct mp_call *call)
{
	struct mp_barrier *barrier;
	long rounds;

	if (mp_bind(call, "barrier rounds=1", &barrier, &rounds) < 0)
		return mp_raise();
	for (long i = 0; i < rounds; i++) {
		long got = mp_barrier_wait(barrier, MP_FOREVER);
		if (rounds == 1)
			gate_tell(&answer, got);
		else if (got < 0)
			return mp_raise();
	}
	return 0;
}

static struct mp_process *start(struct mp_barrier *barrier, long rounds)
{
	struct mp_process *p = mp_Process(.target = meet,
					  .args = mp_tuple(barrier, rounds));

	mp_process_start(p);
	return p;
}

static struct mp_process *start_waiting(struct mp_barrier *barrier)
{
	struct mp_process *p = start(barrier, 1);

	waiting_in(p, MP__OP_BARRIER_WAIT);
	return p;
}

static void finish(struct mp_process *p)
{
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
}

static int count_call(void *unused)
{
	(void)unused;
	__atomic_add_fetch(calls, 1, __ATOMIC_RELAXED);
	return 0;
}

static int refuse(void *unused)
{
	(void)unused;
	return mp_raise_error(MP_EVALUE, "the action does not want to");
}

START_TEST(all_go_on_when_the_last_has_come)
{
	struct mp_barrier *barrier = mp_Barrier(3);
	struct mp_process *p = start_waiting(barrier);
	struct mp_process *q = start_waiting(barrier);

	ck_assert_int_eq(mp_barrier_parties(barrier), 3);
	ck_assert_int_eq(mp_barrier_n_waiting(barrier), 2);
	ck_assert_int_eq(mp_barrier_wait(barrier, MP_FOREVER), 2);
	long one = gate_hear(&answer), other = gate_hear(&answer);
	ck_assert_int_eq(one + other, 1);	/* 0 and 1 */
	finish(p);
	finish(q);
	ck_assert_int_eq(mp_barrier_n_waiting(barrier), 0);
	ck_assert(!mp_barrier_broken(barrier));
}
END_TEST

/* Nobody gets a round ahead: the action counts the rounds. */
START_TEST(rounds_do_not_mix)
{
	struct mp_process *p[PARTIES];

	calls = mp__at(mp__arena_alloc(sizeof(*calls)));
	struct mp_barrier *barrier = mp_Barrier(PARTIES, .action = count_call);
	for (int i = 0; i < PARTIES; i++)
		p[i] = start(barrier, 500);
	for (int i = 0; i < PARTIES; i++)
		finish(p[i]);
	ck_assert_int_eq(*calls, 500);
	ck_assert_int_eq(mp_barrier_n_waiting(barrier), 0);
}
END_TEST

START_TEST(late_is_broken_for_all)
{
	struct mp_barrier *barrier = mp_Barrier(3);
	struct mp_process *p = start_waiting(barrier);

	ck_assert_int_eq(mp_barrier_wait(barrier, mp_after(0.02)), MP_EBROKEN);
	assert_hears(MP_EBROKEN);
	finish(p);
	ck_assert(mp_barrier_broken(barrier));
	ck_assert_int_eq(mp_barrier_wait(barrier, MP_FOREVER), MP_EBROKEN);
	mp_barrier_reset(barrier);
	ck_assert(!mp_barrier_broken(barrier));
	p = start_waiting(barrier);
	struct mp_process *q = start_waiting(barrier);
	ck_assert_int_eq(mp_barrier_wait(barrier, MP_FOREVER), 2);
	finish(p);
	finish(q);
}
END_TEST

START_TEST(its_own_timeout_counts_where_none_is_given)
{
	struct mp_barrier *barrier = mp_Barrier(2, .timeout = 0.02);

	ck_assert_int_eq(mp_barrier_wait(barrier, MP_FOREVER), MP_EBROKEN);
}
END_TEST

START_TEST(reset_sends_away_who_waits)
{
	struct mp_barrier *barrier = mp_Barrier(2);
	struct mp_process *p = start_waiting(barrier);

	mp_barrier_reset(barrier);
	assert_hears(MP_EBROKEN);
	finish(p);
	ck_assert(!mp_barrier_broken(barrier));
	p = start_waiting(barrier);
	ck_assert_int_eq(mp_barrier_wait(barrier, MP_FOREVER), 1);
	assert_hears(0);
	finish(p);
}
END_TEST

START_TEST(who_comes_after_a_reset_waits_until_all_have_left)
{
	struct mp_barrier *barrier = mp_Barrier(2);
	struct mp_process *p = start_waiting(barrier);
	pid_t pid = mp_process_pid(p);

	kill(pid, SIGSTOP);
	ck_assert_int_eq(waitpid(pid, NULL, WUNTRACED), pid);
	mp_barrier_reset(barrier);
	struct mp_process *q = start(barrier, 1);
	waiting_in(q, MP__OP_BARRIER_ARRIVE);
	kill(pid, SIGCONT);
	assert_hears(MP_EBROKEN);
	finish(p);
	ck_assert_int_eq(mp_barrier_wait(barrier, MP_FOREVER)
			 + gate_hear(&answer), 1);
	finish(q);
}
END_TEST

START_TEST(abort_breaks_it_until_reset)
{
	struct mp_barrier *barrier = mp_Barrier(2);
	struct mp_process *p = start_waiting(barrier);

	mp_barrier_abort(barrier);
	assert_hears(MP_EBROKEN);
	finish(p);
	ck_assert(mp_barrier_broken(barrier));
	ck_assert_int_eq(mp_barrier_wait(barrier, MP_FOREVER), MP_EBROKEN);
	mp_barrier_reset(barrier);
	ck_assert(!mp_barrier_broken(barrier));
}
END_TEST

START_TEST(an_action_that_fails_breaks_it)
{
	struct mp_barrier *barrier = mp_Barrier(2, .action = refuse);
	struct mp_process *p = start_waiting(barrier);

	ck_assert_int_eq(mp_barrier_wait(barrier, MP_FOREVER), MP_EVALUE);
	assert_hears(MP_EBROKEN);
	finish(p);
	ck_assert(mp_barrier_broken(barrier));
}
END_TEST

START_TEST(without_parties_it_never_opens)
{
	struct mp_barrier *barrier = mp_Barrier(0);

	ck_assert_int_eq(mp_barrier_wait(barrier, mp_after(0.02)), MP_EBROKEN);
	uint64_t blocks = mp__arena->blocks;
	mp_barrier_destroy(mp_Barrier(2));
	ck_assert_uint_eq(mp__arena->blocks, blocks);
}
END_TEST

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	gate_make(&answer);
}

static void tear_down(void)
{
	gate_close(&answer);
}

static Suite *barrier_suite(void)
{
	Suite *suite = suite_create("barrier");
	TCase *tc = tcase_create("barrier");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, all_go_on_when_the_last_has_come);
	tcase_add_test(tc, rounds_do_not_mix);
	tcase_add_test(tc, late_is_broken_for_all);
	tcase_add_test(tc, its_own_timeout_counts_where_none_is_given);
	tcase_add_test(tc, reset_sends_away_who_waits);
	tcase_add_test(tc, who_comes_after_a_reset_waits_until_all_have_left);
	tcase_add_test(tc, abort_breaks_it_until_reset);
	tcase_add_test(tc, an_action_that_fails_breaks_it);
	tcase_add_test(tc, without_parties_it_never_opens);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(barrier_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
