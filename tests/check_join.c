/* tests/check_join.c - waiting for a process, ending it, and giving it up
 *
 * Claims of the document are named by their numbers in document-claims: D13 ...
 * Children report through gates or by exit code; only the test asserts. */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <forkscope/mp.h>

#include "tests/support/children.h"
#include "tests/support/gate.h"

/* ---- run, join, is_alive ---- */

START_TEST(run_makes_no_process)
{
	struct mp_process *p = mp_Process(.target = tell_pid);

	ck_assert_int_eq(mp_process_run(p), 0);
	ck_assert_int_eq(gate_hear(&answer), getpid());
	ck_assert_int_eq(mp_process_pid(p), MP_NONE);
	mp_process_destroy(p);
}
END_TEST

START_TEST(join_with_timeout_does_not_end_it)	/* D22 */
{
	struct mp_process *p = mp_Process(.target = wait_at_gate);

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(mp_process_join(p, mp_after(0.02)), 0);
	ck_assert_int_eq(mp_process_join(p, MP_NOW), 0);
	ck_assert_int_eq(mp_process_join(p, mp_after(-1)), 0);
	ck_assert_int_eq(mp_process_is_alive(p), 1);	/* D21 */
	ck_assert_int_eq(mp_process_exitcode(p), MP_NONE);
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, mp_after(20)), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	ck_assert_int_eq(mp_process_is_alive(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
}
END_TEST

static int join_self(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, mp_process_join(mp_current_process(), MP_FOREVER));
	gate_tell(&answer, mp_process_is_alive(mp_current_process()));
	return 0;
}

START_TEST(a_process_cannot_join_itself)
{
	ck_assert_int_eq(mp_process_join(mp_current_process(), MP_FOREVER),
			 MP_EOWNER);
	ck_assert_int_eq(mp_process_is_alive(mp_current_process()), 1);
	ck_assert_int_eq(code_of(mp_Process(.target = join_self)), 0);
	ck_assert_int_eq(gate_hear(&answer), MP_EOWNER);
	ck_assert_int_eq(gate_hear(&answer), 1);
}
END_TEST

START_TEST(what_is_not_started_cannot_be_joined_or_ended)
{
	struct mp_process *p = mp_Process();

	assert_fails(MP_ESTATE, mp_process_join(p, MP_FOREVER),
		     "can only join a started process");
	ck_assert_int_eq(mp_process_terminate(p), MP_EATTRIBUTE);
	ck_assert_int_eq(mp_process_kill(p), MP_EATTRIBUTE);
	ck_assert_int_eq(mp_process_sentinel(p), MP_EVALUE);
	mp_process_destroy(p);
}
END_TEST

static volatile sig_atomic_t signals_seen;

static void count_signal(int number)
{
	(void)number;
	signals_seen++;
}

static int signal_parent(struct mp_call *call)
{
	(void)call;
	for (int i = 0; i < 50; i++)
		kill(getppid(), SIGUSR1);
	gate_wait(&gate);
	return 0;
}

START_TEST(signals_do_not_shorten_a_join)	/* G3 */
{
	struct sigaction action = { .sa_handler = count_signal };
	struct mp_process *p = mp_Process(.target = signal_parent);

	sigaction(SIGUSR1, &action, NULL);
	ck_assert_int_eq(mp_process_start(p), 0);
	double before = mp_monotonic();
	ck_assert_int_eq(mp_process_join(p, mp_after(0.2)), 0);
	ck_assert(mp_monotonic() - before >= 0.2);
	ck_assert_int_gt(signals_seen, 0);
	mp_set_interrupt(true);
	kill(mp_process_pid(p), 0);
	mp_set_interrupt(false);
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	mp_process_destroy(p);
}
END_TEST

static int signal_parent_when_it_waits(struct mp_call *call)
{
	(void)call;
	/* Again and again: the first ones may come before it waits. */
	while (!gate_is_deserted(&gate))
		;
	return 0;
}

START_TEST(a_binding_can_have_join_interrupted)
{
	struct sigaction action = { .sa_handler = count_signal };
	struct mp_process *p = mp_Process(.target = signal_parent_when_it_waits);
	struct itimerval again = { { 0, 2000 }, { 0, 2000 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };

	sigaction(SIGALRM, &action, NULL);
	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert(!mp_set_interrupt(true));
	setitimer(ITIMER_REAL, &again, NULL);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), MP_EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
	ck_assert(mp_set_interrupt(false));
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), -SIGKILL);
	mp_process_destroy(p);
}
END_TEST

/* ---- terminate, kill, interrupt ---- */

START_TEST(terminate_kill_and_interrupt_send_their_signal)	/* D23 */
{
	struct {
		int (*send)(struct mp_process *);
		int signal;
	} ways[] = { { mp_process_terminate, SIGTERM },
		     { mp_process_kill, SIGKILL },
		     { mp_process_interrupt, SIGINT } };

	for (size_t i = 0; i < 3; i++) {
		struct mp_process *p = mp_Process(.target = wait_at_gate);
		ck_assert_int_eq(mp_process_start(p), 0);
		ck_assert_int_eq(ways[i].send(p), 0);
		ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
		ck_assert_int_eq(mp_process_exitcode(p), -ways[i].signal);
		ck_assert_int_eq(ways[i].send(p), 0);	/* too late: no error */
		mp_process_destroy(p);
	}
}
END_TEST

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents & POLLIN;
}

START_TEST(a_sentinel_may_be_asked_for_at_any_time)
{
	struct mp_process *early = mp_Process(.target = wait_at_gate);
	struct mp_process *late = mp_Process();
	struct mp_process *reaped_by_us = mp_Process();

	ck_assert_int_eq(mp_process_start(early), 0);
	int fd = mp_process_sentinel(early);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mp_process_sentinel(early), fd);
	ck_assert(!is_readable(fd));
	gate_open(&gate);
	mp_process_join(early, MP_FOREVER);
	ck_assert(is_readable(fd));

	ck_assert_int_eq(mp_process_start(late), 0);
	mp_process_join(late, MP_FOREVER);
	errno = EINTR;	/* of whatever came before */
	fd = mp_process_sentinel(late);
	ck_assert(is_readable(fd));
	ck_assert_int_eq(mp_process_sentinel(late), fd);
	ck_assert_int_eq(mp_process_kill(late), 0);

	ck_assert_int_eq(mp_process_start(reaped_by_us), 0);
	waitpid(mp_process_pid(reaped_by_us), NULL, 0);
	ck_assert(is_readable(mp_process_sentinel(reaped_by_us)));
	ck_assert_int_eq(mp_process_kill(reaped_by_us), 0);
	ck_assert_int_eq(mp_process_join(reaped_by_us, MP_FOREVER), 0);
	mp_process_destroy(early);
	mp_process_destroy(late);
	mp_process_destroy(reaped_by_us);
}
END_TEST

START_TEST(join_comes_back_when_the_system_reaps)
{
	struct mp_process *p = mp_Process(.target = wait_at_gate);
	struct sigaction before, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGCHLD, &ignore, &before);
	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(mp_process_join(p, mp_after(0.01)), 0);
	ck_assert_int_eq(mp_process_is_alive(p), 1);
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_is_alive(p), 0);
	sigaction(SIGCHLD, &before, NULL);
	mp_process_destroy(p);
}
END_TEST

/* A sibling has a copy of the object, made when the victim lived. */
static struct mp_process *victim;
static struct gate late_gate;

static int kill_victim(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, mp_process_kill(victim));
	gate_wait(&late_gate);
	gate_tell(&answer, mp_process_kill(victim));
	return 0;
}

START_TEST(a_sibling_may_kill_and_may_come_too_late)
{
	struct mp_process *sibling = mp_Process(.target = kill_victim);

	gate_make(&late_gate);
	victim = mp_Process(.target = wait_at_gate);
	ck_assert_int_eq(mp_process_start(victim), 0);
	ck_assert_int_eq(mp_process_start(sibling), 0);
	ck_assert_int_eq(gate_hear(&answer), 0);
	ck_assert_int_eq(mp_process_join(victim, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(victim), -SIGKILL);
	gate_open(&late_gate);
	ck_assert_int_eq(gate_hear(&answer), 0);
	ck_assert_int_eq(mp_process_join(sibling, MP_FOREVER), 0);
	gate_close(&late_gate);
	mp_process_destroy(victim);
	mp_process_destroy(sibling);
}
END_TEST

static void on_term(int number)
{
	(void)number;
	gate_tell(&answer, 15);
}

static int survive_term(struct mp_call *call)
{
	struct sigaction action = { .sa_handler = on_term };

	(void)call;
	sigaction(SIGTERM, &action, NULL);
	gate_tell(&answer, 1);
	return gate_wait(&gate) ? 0 : 1;
}

START_TEST(a_handler_survives_terminate)	/* D23 */
{
	struct mp_process *p = mp_Process(.target = survive_term);

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(mp_process_terminate(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 15);
	ck_assert_int_eq(mp_process_is_alive(p), 1);
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
}
END_TEST

/* ---- close ---- */

START_TEST(a_running_process_cannot_be_closed)
{
	struct mp_process *p = mp_Process(.target = wait_at_gate);

	ck_assert_int_eq(mp_process_start(p), 0);
	assert_fails(MP_EVALUE, mp_process_close(p),
		     "Cannot close a process while it is still running. You "
		     "should first call join() or terminate().");
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_close(p), 0);
	mp_process_destroy(p);
}
END_TEST

START_TEST(a_closed_process_answers_name_and_daemon_only)
{
	struct mp_process *p = mp_Process();
	char text[128];

	ck_assert_int_eq(mp_process_close(p), 0);
	ck_assert_int_eq(mp_process_close(p), 0);
	assert_fails(MP_ECLOSED, mp_process_start(p),
		     "process object is closed");
	ck_assert_int_eq(mp_process_join(p, MP_NOW), MP_ECLOSED);
	ck_assert_int_eq(mp_process_is_alive(p), MP_ECLOSED);
	ck_assert_int_eq(mp_process_terminate(p), MP_ECLOSED);
	ck_assert_int_eq(mp_process_kill(p), MP_ECLOSED);
	ck_assert_int_eq(mp_process_exitcode(p), MP_ECLOSED);
	ck_assert_int_eq(mp_process_pid(p), MP_ECLOSED);
	ck_assert_int_eq(mp_process_sentinel(p), MP_ECLOSED);
	ck_assert_str_eq(mp_process_name(p), "Process-1");
	ck_assert(!mp_process_daemon(p));
	mp_process_repr(p, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, " closed>"));
	mp_process_destroy(p);
}
END_TEST

static Suite *join_suite(void)
{
	Suite *suite = suite_create("join");
	TCase *tc = tcase_create("join");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_test(tc, run_makes_no_process);
	tcase_add_test(tc, join_with_timeout_does_not_end_it);
	tcase_add_test(tc, a_process_cannot_join_itself);
	tcase_add_test(tc, what_is_not_started_cannot_be_joined_or_ended);
	tcase_add_test(tc, signals_do_not_shorten_a_join);
	tcase_add_test(tc, a_binding_can_have_join_interrupted);
	tcase_add_test(tc, terminate_kill_and_interrupt_send_their_signal);
	tcase_add_test(tc, a_sentinel_may_be_asked_for_at_any_time);
	tcase_add_test(tc, join_comes_back_when_the_system_reaps);
	tcase_add_test(tc, a_sibling_may_kill_and_may_come_too_late);
	tcase_add_test(tc, a_handler_survives_terminate);
	tcase_add_test(tc, a_running_process_cannot_be_closed);
	tcase_add_test(tc, a_closed_process_answers_name_and_daemon_only);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(join_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
