/* check_exit.c - how processes leave: who waits for whom, who dies first
 *
 * Claims of the document are named by their numbers in document-claims: D39 ...
 * Order is read from the trace. */
#include <check.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena/arena.h"
#include "operation/operation.h"
#include "probe/probe.h"
#include "process/process.h"
#include "tests/support/leaving.h"
#include "traces/wait.h"

/* ---- targets ---- */

/* Main may find a child dead before it has to wait for it. Who is to be waited
 * for stays until main does, or until there is no main. */
static struct mp__agent_shm *main_agent;

static bool main_joins(void)
{
	return atomic_load(&main_agent->state) == MP__AGENT_WAITING
	       && atomic_load(&main_agent->pending.operation)
			  == MP__OP_EXIT_JOIN;
}

static void wait_until_main_joins(void)
{
	while (!main_joins() && getppid() == main_agent->pid)
		sched_yield();
}

static int be_waited_for(struct mp_call *call)
{
	(void)call;
	wait_until_main_joins();
	say("child ");
	return 0;
}

/* ---- main waits ---- */

static int program_main_waits(const char *argument)
{
	main_agent = mp__agent();
	start_child(be_waited_for, MP_DAEMON_NO);
	say("main ");
	if (strcmp(argument, "exit") == 0)
		exit(6);
	if (strcmp(argument, "mp_exit") == 0)
		mp_exit(6);
	return 6;
}

/* ---- daemons first ---- */

static int wait_for_the_daemons_death(struct mp_call *call)
{
	(void)call;
	/* Of those who had the writing end only the daemon is left. */
	say(gate_is_deserted(&third) ? "deserted " : "not deserted ");
	wait_until_main_joins();
	return 0;
}

static int program_daemon_first(const char *argument)
{
	(void)argument;
	main_agent = mp__agent();
	start_child(sleep_long, MP_DAEMON_YES);
	gate_wait(&answer);
	close(third.fds[1]);
	third.fds[1] = -1;
	start_child(wait_for_the_daemons_death, MP_DAEMON_NO);
	return 0;
}

static int egon(struct mp_call *call)
{
	(void)call;
	mp_print("egon is here");
	gate_open(&answer);
	mp_sleep(1000);
	mp_print("egon is gone");
	return 0;
}

static int program_egon(const char *argument)
{
	(void)argument;
	start_child(egon, MP_DAEMON_YES);
	gate_wait(&answer);
	mp_print("主......");
	return 0;
}

/* ---- no order at all ---- */

static int live_on(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, getpid());
	gate_wait(&gate);
	gate_tell(&answer, mp_process_is_alive(mp_parent_process()));
	return 0;
}

static int program_disorderly(const char *argument)
{
	start_child(live_on, MP_DAEMON_YES);
	start_child(live_on, MP_DAEMON_NO);
	gate_hear(&answer);
	gate_hear(&answer);
	mp__finalize(0, say_it, "finalizer ");
	if (strcmp(argument, "_exit") == 0)
		_exit(0);
	raise(strcmp(argument, "kill") == 0 ? SIGKILL : SIGTERM);
	return 1;
}

static const struct rerun_program programs[] = {
	{ "main_waits", program_main_waits },
	{ "daemon_first", program_daemon_first },
	{ "egon", program_egon },
	{ "disorderly", program_disorderly },
	{ NULL, NULL }
};

/* ---- the tests ---- */

START_TEST(main_waits_for_its_children)	/* D39, D53 */
{
	static const char *const how[] = { "return", "exit", "mp_exit" };

	rerun(&run, "main_waits", how[_i]);
	ck_assert_str_eq(run.out, "main child ");
	ck_assert_int_eq(WEXITSTATUS(run.status), 6);
	assert_before(SEQ("M", "exit.begin", "%"),
		      SEQ("M.1", "run.end", "%"));
	assert_before(SEQ("M.1", "run.end", "%"),
		      SEQ("M", "exit.join_child.end", "Process-1"));
	assert_answer("SELECT path, ended_by FROM process ORDER BY path",
		      _i == 2 ? "M|exit\nM.1|return" : "M|return\nM.1|return");
}
END_TEST

START_TEST(daemons_are_terminated_before_others_are_joined)	/* D54, D60 */
{
	rerun_begin(&run);
	rerun_start(&run, run.trace, "daemon_first", "");
	close(third.fds[1]);
	third.fds[1] = -1;
	ck_assert_int_eq(rerun_finish(&run), TRACE_WAIT_CLOSED);
	ck_assert_str_eq(run.out, "deserted ");
	assert_before(SEQ("M", "exit.kill_daemon", "Process-1"),
		      SEQ("M", "exit.join_child.begin", "%"));
	assert_answer("SELECT path, exitcode, ended_by FROM process"
		      " WHERE path <> 'M' ORDER BY path",
		      "M.1|-15|daemon\nM.2|0|return");
	assert_answer("SELECT count(*) FROM story WHERE agent = 'M.1'"
		      " AND event = 'run.end'", "0");
}
END_TEST

START_TEST(a_daemon_ends_after_mains_last_line_when_main_leaves)
{	/* D64, D65, D69 */
	rerun(&run, "egon", "");
	ck_assert_str_eq(run.out, "egon is here\n主......\n");
	assert_answer("SELECT exitcode, ended_by FROM process"
		      " WHERE path = 'M.1'", "-15|daemon");
	assert_before("(SELECT seq FROM output WHERE line LIKE '主%')",
		      SEQ("M", "exit.begin", "%"));
	assert_before(SEQ("M", "exit.begin", "%"),
		      SEQ("M", "exit.kill_daemon", "%"));
	assert_answer("SELECT count(*) FROM arrow WHERE kind = 'daemon'", "1");
}
END_TEST

START_TEST(children_of_a_main_that_dies_live_on)	/* D53, D54 */
{
	static const char *const how[] = { "_exit", "kill", "terminate" };

	rerun_begin(&run);
	rerun_start(&run, run.trace, "disorderly", how[_i]);
	rerun_wait(&run);
	/* Both answer after their parent is dead, and the recorder has seen
	 * that: it had no last word. */
	ck_assert(rerun_see(&run, "SELECT count(exited_ns) FROM process"
				  " WHERE path = 'M'", "1"));
	gate_open(&gate);
	gate_open(&gate);
	ck_assert_int_eq(gate_hear(&answer), 0);
	ck_assert_int_eq(gate_hear(&answer), 0);
	ck_assert_int_eq(rerun_finish(&run), TRACE_WAIT_CLOSED);
	ck_assert_str_eq(run.out, "");
	assert_answer("SELECT path, ended_by, reaped_ns FROM process"
		      " WHERE path <> 'M' ORDER BY path",
		      "M.1|return|-\nM.2|return|-");
	assert_answer("SELECT exitcode FROM process WHERE path = 'M'",
		      _i == 0 ? "0" : _i == 1 ? "-9" : "-15");
	assert_answer("SELECT count(*) FROM process AS c JOIN process AS p"
		      " ON p.id = c.parent_id"
		      " WHERE c.exited_ns > p.exited_ns", "2");
}
END_TEST

static Suite *exit_suite(void)
{
	Suite *suite = suite_create("exit");
	TCase *tc = tcase_create("exit");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, leaving_begin, leaving_end);
	tcase_add_loop_test(tc, main_waits_for_its_children, 0, 3);
	tcase_add_test(tc, daemons_are_terminated_before_others_are_joined);
	tcase_add_test(tc, a_daemon_ends_after_mains_last_line_when_main_leaves);
	tcase_add_loop_test(tc, children_of_a_main_that_dies_live_on, 0, 3);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	return rerun_main(argc, argv, programs, exit_suite);
}
