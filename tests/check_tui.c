/* check_tui.c - the real program in a real terminal: keys and views */
#include <check.h>
#include <stdlib.h>

#include "tests/support/shown.h"

START_TEST(a_trace_is_shown_and_q_leaves)
{
	start(NULL, NULL);
	see("egon");
	see("REPLAY");
	see("Process-2");
	ck_assert(screen_is_alternate(screen));
	screen_type(screen, "q");
	ck_assert_int_eq(screen_end(screen), 0);
	check_restored();
}
END_TEST

START_TEST(steps_go_forth_and_back)
{
	start(NULL, NULL);
	screen_type(screen, "...");
	see("event 4 of");
	screen_type(screen, ",");
	see("event 3 of");
	screen_type(screen, "\033[4~");
	see("1.00 s / 1.00 s");
	screen_type(screen, "\033[1~");
	see("event 1 of");
}
END_TEST

START_TEST(zoom_changes_the_axis_and_0_brings_all_back)
{
	start(NULL, NULL);
	see("0.8 s");
	screen_type(screen, "+++");
	ck_assert(screen_wait_gone(screen, "0.8 s"));
	screen_type(screen, "0");
	see("0.8 s");
	screen_type(screen, "o");
	see("axis: events");
}
END_TEST

START_TEST(the_replay_plays_to_its_end)
{
	start(NULL, NULL);
	screen_type(screen, ">>> ");
	see("1.00 s / 1.00 s");
	see("main ends 完了");
}
END_TEST

START_TEST(views_open_and_close)
{
	start(NULL, NULL);
	screen_type(screen, "?");
	see("one event forward");
	screen_type(screen, "\033");
	see("Source: C");
	screen_type(screen, "v");
	see("proc.new");
	screen_type(screen, "q");
	see("Source: C");
	screen_type(screen, "t");
	see("The family at");
	screen_type(screen, "qg");
	see("Nobody waits");
	screen_type(screen, "qe");
	see("Source: Python");
}
END_TEST

START_TEST(signs_and_colours_are_told)
{
	start(NULL, NULL);
	/* At the cursor, whatever lane is chosen. */
	see(" running");
	screen_type(screen, "jj}}}}}}}}}}}}kj");
	see("\u259a\u259a\u259a zombie");
	screen_type(screen, "K");
	see("Signs and colours");
	see("end of a daemon");
	ck_assert(screen_wait_gone(screen, "Source: C"));
	screen_type(screen, "?\033[6~\033[6~");
	see("K                 what the signs and colours mean");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tui");
	TCase *tcase = tcase_create("tui");

	tcase_set_timeout(tcase, 90);
	tcase_add_checked_fixture(tcase, shown_begin, shown_end);
	tcase_add_test(tcase, a_trace_is_shown_and_q_leaves);
	tcase_add_test(tcase, steps_go_forth_and_back);
	tcase_add_test(tcase, zoom_changes_the_axis_and_0_brings_all_back);
	tcase_add_test(tcase, the_replay_plays_to_its_end);
	tcase_add_test(tcase, views_open_and_close);
	tcase_add_test(tcase, signs_and_colours_are_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
