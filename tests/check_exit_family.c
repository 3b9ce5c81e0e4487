/* check_exit_family.c - how they leave who have children of their own, and joined some
 *
 * Claims of the document are named by their numbers in document-claims: D56 ...
 * Order is read from the trace. */
#include <check.h>
#include <stdlib.h>

#include "process/process.h"
#include "tests/support/leaving.h"

/* ---- nested ---- */

static int grandchild(struct mp_call *call)
{
	(void)call;
	gate_wait(&gate);
	say("grandchild ");
	return 0;
}

static int start_and_return(struct mp_call *call)
{
	(void)call;
	mp__finalize(0, open_gate, NULL);
	mp__finalize(-1, say_it, "child-end ");
	start_child(grandchild, MP_DAEMON_NO);
	return 0;
}

static int program_nested(const char *argument)
{
	(void)argument;
	mp__finalize(-1, say_it, "main-end ");
	start_child(start_and_return, MP_DAEMON_NO);
	return 0;
}

static int start_daemon_and_return(struct mp_call *call)
{
	(void)call;
	start_child(sleep_long, MP_DAEMON_YES);
	gate_wait(&answer);
	return 0;
}

static int program_nested_daemon(const char *argument)
{
	(void)argument;
	start_child(start_daemon_and_return, MP_DAEMON_NO);
	return 0;
}

/* ---- join ---- */

static int wait_for(struct gate *one, struct gate *other)
{
	if (other)
		gate_open(other);
	return one && !gate_wait(one) ? mp_raise_error(MP_EUSER, "no gate") : 0;
}

static int first(struct mp_call *call)
{
	(void)call;
	return wait_for(&gate, NULL);
}

static int second(struct mp_call *call)
{
	(void)call;
	return wait_for(&third, &gate);
}

static int last(struct mp_call *call)
{
	(void)call;
	return wait_for(NULL, &third);
}

/* The first ends when the second runs, the second when the last does. */
static int program_joins_first(const char *argument)
{
	struct mp_process *p = start_child(first, MP_DAEMON_NO);

	(void)argument;
	start_child(second, MP_DAEMON_NO);
	mp_process_join(p, MP_FOREVER);
	mp_mark("joined");
	start_child(last, MP_DAEMON_NO);
	return 0;
}

static int program_joins_daemon(const char *argument)
{
	struct mp_process *p = start_child(wait_at_gate, MP_DAEMON_YES);

	(void)argument;
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	say("main ");
	return mp_process_exitcode(p);
}

static const struct rerun_program programs[] = {
	{ "nested", program_nested },
	{ "nested_daemon", program_nested_daemon },
	{ "joins_first", program_joins_first },
	{ "joins_daemon", program_joins_daemon },
	{ NULL, NULL }
};

/* ---- the tests ---- */

START_TEST(a_child_waits_for_its_own_children)
{
	rerun(&run, "nested", "");
	ck_assert_str_eq(run.out, "grandchild child-end main-end ");
	assert_answer("SELECT path, ended_by FROM process ORDER BY path",
		      "M|return\nM.1|return\nM.1.1|return");
}
END_TEST

START_TEST(a_childs_daemon_ends_with_the_child)
{
	rerun(&run, "nested_daemon", "");
	ck_assert_str_eq(run.out, "");
	assert_answer("SELECT path, exitcode, ended_by FROM process"
		      " ORDER BY path",
		      "M|0|return\nM.1|0|return\nM.1.1|-15|daemon");
	assert_before(SEQ("M.1", "exit.kill_daemon", "%"),
		      SEQ("M.1", "proc.exit", "%"));
}
END_TEST

START_TEST(others_run_while_main_joins_one)	/* D57, D58, D59 */
{
	rerun(&run, "joins_first", "");
	assert_answer("SELECT exitcode FROM process", "0\n0\n0\n0");
	assert_before(SEQ("M.1", "run.end", "%"), SEQ("M", "mark", "%"));
	assert_before(SEQ("M", "mark", "%"),
		      SEQ("M", "proc.start", "Process-3"));
	assert_before(SEQ("M", "proc.start", "Process-3"),
		      SEQ("M.2", "run.end", "%"));
}
END_TEST

START_TEST(main_goes_on_after_a_daemon_it_joins)	/* D56 */
{
	rerun(&run, "joins_daemon", "");
	ck_assert_str_eq(run.out, "child main ");
	ck_assert_int_eq(run.status, 0);
	assert_answer("SELECT ended_by FROM process WHERE path = 'M.1'",
		      "return");
	assert_answer("SELECT count(*) FROM story"
		      " WHERE event = 'exit.kill_daemon'", "0");
}
END_TEST

static Suite *exit_family_suite(void)
{
	Suite *suite = suite_create("exit family");
	TCase *tc = tcase_create("exit");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, leaving_begin, leaving_end);
	tcase_add_test(tc, a_child_waits_for_its_own_children);
	tcase_add_test(tc, a_childs_daemon_ends_with_the_child);
	tcase_add_test(tc, others_run_while_main_joins_one);
	tcase_add_test(tc, main_goes_on_after_a_daemon_it_joins);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	return rerun_main(argc, argv, programs, exit_family_suite);
}
