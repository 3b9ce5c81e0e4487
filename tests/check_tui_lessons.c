/* check_tui_lessons.c - lessons in a real terminal: predicted, run, told */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/shown.h"

#define HOME "\033[1~"
#define PAGE_DOWN "\033[6~"

/* Opens the lesson, takes the first answer, runs it, and waits for its end. */
static bool play(const char *lesson)
{
	char *argv[] = { program, (char *)"run", (char *)lesson, NULL };

	if (!getenv("LESSON_BIN_DIR"))
		return false;
	screen = screen_start(&(struct screen_options){
		.argv = argv, .columns = 80, .rows = 24 });
	see("Lesson");
	screen_type(screen, "\r\rr");
	see("REPLAY");
	see("You predicted");
	return true;
}

static void go_to_moment(int number)
{
	screen_type(screen, HOME);
	see("moment 0 of");
	while (number-- > 0)
		screen_type(screen, PAGE_DOWN);
}

static void leave(void)
{
	screen_type(screen, "Q");
	ck_assert_int_eq(screen_end(screen), 0);
	check_restored();
}

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
	leave();
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
	leave();
}
END_TEST

START_TEST(the_calls_of_a_manager_are_seen)
{
	if (!play("manager"))
		return;
	/* On true time all calls of a moment are in one column, so the axis is that of
	 * events; in the status line there is not always room to say so. */
	see("\u2502#50");
	see("server 2: Ann");
	go_to_moment(4);
	see("moment 4 of 9");
	/* The lane that calls is chosen, and its line is shown. */
	see("\u25b8\u2514\u2500Ann");
	see("\u25b8    mp_proxy_append");
	see("last append by Ann");
	screen_type(screen, "g");
	see("Ann waits for");
	screen_type(screen, "q");
	go_to_moment(9);
	see("main: managed ['Ann'] {'Ann': 30}");
	screen_type(screen, "i");
	see("server 2: Ann");
	leave();
}
END_TEST

START_TEST(the_ring_of_a_deadlock_is_seen)
{
	if (!play("deadlock"))
		return;
	see("g shows who waits for whom");
	go_to_moment(4);
	see("moment 4 of 8");
	screen_type(screen, "g");
	see("A ring: each waits for the next");
	see("lock pan");
	see("[deadlock.c:");
	leave();
}
END_TEST

/* On a slow machine main may not wait yet when the feeder begins to; then it is not
 * stuck, and another run is needed. */
static bool feeder_is_seen_stuck(void)
{
	go_to_moment(4);
	see("moment 4 of 8");
	screen_type(screen, "g");
	see("\u2192 Process-1 feeder: waiting to put");
	see("It goes on when somebody takes an item out.");
	return strstr(screen_text(screen), "But all others") != NULL;
}

/* No ring of agents, as a queue lies in between; yet nobody can go on. */
START_TEST(it_is_told_that_nobody_is_left_to_make_room)
{
	if (!play("join-before-drain"))
		return;
	for (int i = 0; i < 5 && !feeder_is_seen_stuck(); i++) {
		screen_type(screen, "q");
		leave();
		screen_free(screen);
		play("join-before-drain");
	}
	see("But all others wait for it");
	see("Only a time limit can end it.");
	/* Later main takes them. */
	screen_type(screen, "q" PAGE_DOWN PAGE_DOWN "g");
	see("Who waits at");
	ck_assert(screen_wait_gone(screen, "But all others"));
	leave();
}
END_TEST

START_TEST(a_pool_is_summed_up)
{
	if (!play("pool-errors"))
		return;
	screen_type(screen, "i");
	see("3 tasks, 2 failed");
	see("ForkPoolWorker-1,");
	see("nobody asked for its result");
	leave();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tui_lessons");
	TCase *tcase = tcase_create("terminal");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, shown_begin, shown_end);
	tcase_set_timeout(tcase, 90);
	tcase_add_test(tcase, a_lesson_is_predicted_run_and_run_again);
	tcase_add_test(tcase, a_turned_knob_is_asked_about_and_told_afresh);
	tcase_add_test(tcase, the_calls_of_a_manager_are_seen);
	tcase_add_test(tcase, the_ring_of_a_deadlock_is_seen);
	tcase_add_test(tcase, it_is_told_that_nobody_is_left_to_make_room);
	tcase_add_test(tcase, a_pool_is_summed_up);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
