/* check_terminal.c - the program and its terminal: size, signals, stdin, colours */
#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/support/shown.h"
#include "tests/support/story_manager.h"

START_TEST(any_size_down_to_1x1_and_back)
{
	static const int sizes[][2] = {
		{ 40, 12 }, { 20, 6 }, { 10, 3 }, { 1, 1 }, { 1, 60 },
		{ 200, 1 }, { 3, 2 }, { 140, 45 }, { 2, 2 }, { 60, 10 },
	};

	start(NULL, NULL);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		screen_resize(screen, sizes[i][0], sizes[i][1]);
		screen_type(screen, ".");
	}
	screen_resize(screen, 22, 24);
	see("needs 24x9");
	screen_resize(screen, 80, 24);
	see("event 11 of");
	see("egon");
	screen_type(screen, "q");
	ck_assert_int_eq(screen_end(screen), 0);
	check_restored();
}
END_TEST

START_TEST(ctrl_z_gives_the_terminal_back_and_fg_repaints)
{
	start(NULL, NULL);
	screen_type(screen, "\032");
	ck_assert(screen_wait_stopped(screen));
	check_restored();
	kill(screen_pid(screen), SIGCONT);
	see("egon");
	ck_assert(screen_is_alternate(screen));
	screen_type(screen, ".");
	see("event 2 of");
}
END_TEST

static void check_signal(int number)
{
	start(NULL, NULL);
	kill(screen_pid(screen), number);
	ck_assert_int_ge(screen_end(screen), 0);
	check_restored();
}

START_TEST(sigterm_leaves_the_terminal_as_it_was)
{
	check_signal(SIGTERM);
}
END_TEST

START_TEST(ctrl_c_leaves_the_terminal_as_it_was)
{
	start(NULL, NULL);
	screen_type(screen, "\003");
	ck_assert_int_ge(screen_end(screen), 0);
	check_restored();
}
END_TEST

START_TEST(sighup_ends_it)
{
	check_signal(SIGHUP);
}
END_TEST

START_TEST(a_closed_terminal_ends_it)
{
	start(NULL, NULL);
	screen_hang_up(screen);
	ck_assert_int_ge(screen_end(screen), 0);
}
END_TEST

START_TEST(stdin_at_eof_takes_keys_from_the_terminal_and_rests)
{
	char *argv[] = { program, (char *)"run", (char *)"first-process",
			 NULL };
	long ticks;

	screen = screen_start(&(struct screen_options){
		.argv = argv, .columns = 80, .rows = 24, .stdin_null = true });
	see("Who waits for it?");
	ticks = screen_cpu_ticks(screen);
	screen_type(screen, "?");
	see("one event forward");
	screen_type(screen, "q");
	see("Who waits for it?");
	/* One that spins burns every tick there is. */
	ck_assert_int_lt(screen_cpu_ticks(screen) - ticks, 50);
	screen_type(screen, "Q");
	ck_assert_int_eq(screen_end(screen), 0);
	check_restored();
}
END_TEST

START_TEST(a_trace_is_shown_whatever_stdin_is)
{
	char *argv[] = { program, (char *)"replay", path, NULL };

	screen = screen_start(&(struct screen_options){
		.argv = argv, .columns = 80, .rows = 24, .stdin_null = true });
	see("event 1 of");
	screen_type(screen, ".");
	see("event 2 of");
	screen_type(screen, "q");
	ck_assert_int_eq(screen_end(screen), 0);
	check_restored();
}
END_TEST

START_TEST(an_unknown_terminal_is_said_in_one_line)
{
	char *argv[] = { program, (char *)"replay", path, NULL };
	char *environment[] = { (char *)"TERM=no-such-terminal", NULL };

	screen = screen_start(&(struct screen_options){
		.argv = argv, .environment = environment, .columns = 80,
		.rows = 24 });
	see("no-such-terminal");
	ck_assert_int_eq(WEXITSTATUS(screen_end(screen)), 1);
	check_restored();
}
END_TEST

START_TEST(no_color_means_none)
{
	char *environment[] = { (char *)"NO_COLOR=1", NULL };

	start(environment, NULL);
	ck_assert_int_eq(screen_colored(screen), 0);
	screen_type(screen, "Q");
	screen_end(screen);
	screen_free(screen);
	start(NULL, NULL);
	ck_assert_int_gt(screen_colored(screen), 100);
}
END_TEST

/* And what only a colour would tell is told by letters. */
START_TEST(without_colour_kinds_of_waiting_are_letters)
{
	char *environment[] = { (char *)"NO_COLOR=1", NULL };
	char *vt100[] = { (char *)"TERM=vt100", NULL };
	char **environments[] = { environment, vt100 };

	ck_assert_int_eq(story_manager(path), 0);
	for (int i = 0; i < 2; i++) {
		start(environments[i], NULL);
		see("MMM");
		ck_assert(!strstr(screen_text(screen), "\u2591"));
		screen_type(screen, "Q");
		screen_end(screen);
		screen_free(screen);
	}
	start(NULL, NULL);
	see("\u2591\u2591\u2591");
}
END_TEST

START_TEST(no_mouse_sends_no_mouse_mode)
{
	start(NULL, (char *)"--no-mouse");
	ck_assert(!screen_has_mouse(screen));
	ck_assert(!screen_got(screen, "\033[?1000"));
	ck_assert(!screen_got(screen, "\033[?1006"));
}
END_TEST

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

START_TEST(a_locale_without_utf8_gets_ascii)
{
	char *environment[] = { (char *)"LC_ALL=C", NULL };

	start(environment, NULL);
	ck_assert(is_ascii(screen_text(screen)));
	screen_type(screen, "\033[4~");
	see("main ends ????");
	ck_assert(is_ascii(screen_text(screen)));
}
END_TEST

START_TEST(exported_lines_do_not_freeze_the_size)
{
	char *environment[] = { (char *)"LINES=10", (char *)"COLUMNS=30",
				NULL };

	start(environment, NULL);
	screen_resize(screen, 140, 45);
	see("zombie");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("terminal");
	TCase *tcase = tcase_create("terminal");

	tcase_set_timeout(tcase, 90);
	tcase_add_checked_fixture(tcase, shown_begin, shown_end);
	tcase_add_test(tcase, any_size_down_to_1x1_and_back);
	tcase_add_test(tcase, ctrl_z_gives_the_terminal_back_and_fg_repaints);
	tcase_add_test(tcase, sigterm_leaves_the_terminal_as_it_was);
	tcase_add_test(tcase, ctrl_c_leaves_the_terminal_as_it_was);
	tcase_add_test(tcase, sighup_ends_it);
	tcase_add_test(tcase, a_closed_terminal_ends_it);
	tcase_add_test(tcase, stdin_at_eof_takes_keys_from_the_terminal_and_rests);
	tcase_add_test(tcase, a_trace_is_shown_whatever_stdin_is);
	tcase_add_test(tcase, an_unknown_terminal_is_said_in_one_line);
	tcase_add_test(tcase, no_color_means_none);
	tcase_add_test(tcase, without_colour_kinds_of_waiting_are_letters);
	tcase_add_test(tcase, no_mouse_sends_no_mouse_mode);
	tcase_add_test(tcase, a_locale_without_utf8_gets_ascii);
	tcase_add_test(tcase, exported_lines_do_not_freeze_the_size);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
