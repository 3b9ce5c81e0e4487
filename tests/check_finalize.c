/* tests/check_finalize.c - what runs at the end of a process, and what it has
 * printed by then */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mp.h"
#include "process/process.h"
#include "tests/support/leaving.h"

/* ---- finalizers ---- */

static int say_child_with_finalizer(struct mp_call *call)
{
	(void)call;
	mp__finalize(1, say_it, "its-own ");
	return wait_at_gate(call);
}

static int program_finalizers(const char *argument)
{
	(void)argument;
	mp__finalize(-100, say_it, "-100 ");
	mp__finalize(5, say_it, "5-first ");
	mp__finalize(0, open_gate, NULL);
	mp__finalize(10, say_it, "10 ");
	mp__finalize(5, say_it, "5-second ");
	mp__finalize(-5, say_it, "-5 ");
	start_child(say_child_with_finalizer, MP_DAEMON_NO);
	return 0;
}

static void add_another(void *unused)
{
	(void)unused;
	say("adds ");
	mp__finalize(3, say_it, "added ");
}

static int program_finalizer_adds(const char *argument)
{
	(void)argument;
	mp__finalize(4, add_another, NULL);
	mp__finalize(2, say_it, "last ");
	return 0;
}

/* ---- output ---- */

static int leave_somehow(struct mp_call *call)
{
	const char *how;

	if (mp_bind(call, "how", &how) < 0)
		return mp_raise();
	printf("child:%s ", how);
	if (strcmp(how, "mp_exit") == 0)
		mp_exit(1);
	if (strcmp(how, "exit") == 0)
		exit(1);
	if (strcmp(how, "_exit") == 0)
		_exit(1);
	return 0;
}

static void at_exit(void)
{
	say("atexit ");
}

static int program_prints_once(const char *argument)
{
	struct mp_process *p = mp_Process(.target = leave_somehow,
					  .args = mp_tuple(argument));

	/* Whole blocks: nothing leaves before it is flushed. */
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	atexit(at_exit);
	printf("main:before ");
	mp_process_start(p);
	mp_process_join(p, MP_FOREVER);
	printf("main:after ");
	fflush(stdout);
	mp_exit(0);
}

static const struct rerun_program programs[] = {
	{ "finalizers", program_finalizers },
	{ "finalizer_adds", program_finalizer_adds },
	{ "prints_once", program_prints_once },
	{ NULL, NULL }
};

/* ---- the tests ---- */

START_TEST(finalizers_run_in_two_halves_by_priority)
{
	rerun(&run, "finalizers", "");
	ck_assert_str_eq(run.out, "10 5-second 5-first child its-own -5 -100 ");
	assert_answer("SELECT group_concat(a, ' ') FROM story"
		      " WHERE agent = 'M' AND event = 'exit.finalizer'",
		      "10 5 5 0 -5 -100");
}
END_TEST

START_TEST(a_finalizer_may_add_another)
{
	rerun(&run, "finalizer_adds", "");
	ck_assert_str_eq(run.out, "adds added last ");
}
END_TEST

START_TEST(what_is_printed_is_printed_once)
{
	static const char *const how[] = { "return", "mp_exit", "exit" };
	char expected[128];

	rerun(&run, "prints_once", how[_i]);
	snprintf(expected, sizeof(expected),
		 "main:before child:%s main:after atexit ", how[_i]);
	ck_assert_str_eq(run.out, expected);
	rerun_end(&run);
	rerun_begin(&run);
	rerun_start(&run, NULL, "prints_once", how[_i]);
	rerun_finish(&run);
	ck_assert_str_eq(run.out, expected);
}
END_TEST

START_TEST(what_is_left_in_the_buffer_is_lost_with__exit)
{
#ifdef __SANITIZE_THREAD__
	return;		/* its _exit flushes what was printed */
#endif
	rerun(&run, "prints_once", "_exit");
	ck_assert_str_eq(run.out, "main:before main:after atexit ");
	assert_answer("SELECT count(*) FROM output WHERE line LIKE 'child%'",
		      "0");
}
END_TEST

/* ---- the suite ---- */

static Suite *finalize_suite(void)
{
	Suite *suite = suite_create("finalize");
	TCase *tc = tcase_create("finalize");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, leaving_begin, leaving_end);
	tcase_add_test(tc, finalizers_run_in_two_halves_by_priority);
	tcase_add_test(tc, a_finalizer_may_add_another);
	tcase_add_loop_test(tc, what_is_printed_is_printed_once, 0, 3);
	tcase_add_test(tc, what_is_left_in_the_buffer_is_lost_with__exit);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	return rerun_main(argc, argv, programs, finalize_suite);
}
