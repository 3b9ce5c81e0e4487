/* tests/check_tui.c - the real program in a real terminal
 *
 * FORKSCOPE names the program, LESSON_BIN_DIR says that lessons are built. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/screen.h"
#include "tests/support/story.h"

static char path[] = "check_tui.fscope";
static char *program;
static struct screen *screen;

static void make_story(void)
{
	program = getenv("FORKSCOPE");
	if (!program)
		program = (char *)"./forkscope";
	ck_assert_int_eq(story_make(path), 0);
}

static void drop_story(void)
{
	if (screen)
		screen_free(screen);
	screen = NULL;
	unlink(path);
}

static void start(char *const *environment, char *extra)
{
	char *argv[] = { program, (char *)"replay", path, extra, NULL };

	screen = screen_start(&(struct screen_options){
		.argv = argv, .environment = environment,
		.columns = 80, .rows = 24 });
	ck_assert_msg(screen_wait(screen, "event 1 of"), "%s",
		      screen_text(screen));
}

/* What a terminal must look like after any program has left it. */
static void check_restored(void)
{
	ck_assert(!screen_is_alternate(screen));
	ck_assert(screen_shows_cursor(screen));
	ck_assert(!screen_has_mouse(screen));
	ck_assert(screen_is_cooked(screen));
}

static void see(const char *text)
{
	ck_assert_msg(screen_wait(screen, text), "'%s' is not in\n%s", text,
		      screen_text(screen));
}

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

/* The main path of it all: predict, run, watch, change, run again. */
START_TEST(a_lesson_is_predicted_run_and_run_again)
{
	char *argv[] = { program, NULL };

	if (!getenv("LESSON_BIN_DIR"))
		return;
	screen = screen_start(&(struct screen_options){
		.argv = argv, .columns = 80, .rows = 24 });
	see("Choose a lesson");
	screen_type(screen, "G\033[H\r");
	see("Lesson");
	screen_type(screen, "r");
	see("First predict");
	screen_type(screen, "\rr");
	see("LIVE");
	see("REPLAY");
	see("You predicted");
	screen_type(screen, "r");
	see("LIVE");
	screen_type(screen, "x");
	see("REPLAY");
	screen_type(screen, ",,");
	screen_type(screen, "Q");
	ck_assert_int_eq(screen_end(screen), 0);
	check_restored();
}
END_TEST

/* What was predicted is about the first run, and so are its moments. */
START_TEST(a_turned_knob_is_asked_about_and_told_afresh)
{
	char *argv[] = { program, (char *)"run", (char *)"daemon", NULL };

	if (!getenv("LESSON_BIN_DIR"))
		return;
	screen = screen_start(&(struct screen_options){
		.argv = argv, .columns = 80, .rows = 24 });
	see("Lesson");
	/* The last answer is the right one. */
	screen_type(screen, "\rjjj\rr");
	see("You predicted it");
	see("moment 8 of 8");
	screen_type(screen, "c");
	see("What if daemon = false?");
	see("then press r");
	screen_type(screen, "r");
	see("is piao end");
	see("moment 7 of 7");
	see("What if daemon = false?");
	ck_assert(screen_wait_gone(screen, "You predicted"));
	screen_type(screen, "Q");
	ck_assert_int_eq(screen_end(screen), 0);
	check_restored();
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_trace_is_shown_and_q_leaves);
	tcase_add_test(tcase, steps_go_forth_and_back);
	tcase_add_test(tcase, zoom_changes_the_axis_and_0_brings_all_back);
	tcase_add_test(tcase, the_replay_plays_to_its_end);
	tcase_add_test(tcase, views_open_and_close);
	tcase_add_test(tcase, any_size_down_to_1x1_and_back);
	tcase_add_test(tcase, ctrl_z_gives_the_terminal_back_and_fg_repaints);
	tcase_add_test(tcase, sigterm_leaves_the_terminal_as_it_was);
	tcase_add_test(tcase, ctrl_c_leaves_the_terminal_as_it_was);
	tcase_add_test(tcase, sighup_ends_it);
	tcase_add_test(tcase, a_closed_terminal_ends_it);
	tcase_add_test(tcase,
		       stdin_at_eof_takes_keys_from_the_terminal_and_rests);
	tcase_add_test(tcase, a_trace_is_shown_whatever_stdin_is);
	tcase_add_test(tcase, an_unknown_terminal_is_said_in_one_line);
	tcase_add_test(tcase, no_color_means_none);
	tcase_add_test(tcase, no_mouse_sends_no_mouse_mode);
	tcase_add_test(tcase, a_locale_without_utf8_gets_ascii);
	tcase_add_test(tcase, exported_lines_do_not_freeze_the_size);
	tcase_add_test(tcase, a_lesson_is_predicted_run_and_run_again);
	tcase_add_test(tcase, a_turned_knob_is_asked_about_and_told_afresh);
}

int main(void)
{
	Suite *suite = suite_create("tui");
	TCase *tcase = tcase_create("terminal");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, make_story, drop_story);
	tcase_set_timeout(tcase, 90);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
