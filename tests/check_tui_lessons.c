/* check_tui_lessons.c - lessons that need more than one process, in a real terminal
 *
 * FORKSCOPE names the program, LESSON_BIN_DIR says that lessons are built. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/screen.h"

#define HOME "\033[1~"
#define PAGE_DOWN "\033[6~"

static struct screen *screen;

static void see(const char *text)
{
	ck_assert_msg(screen_wait(screen, text), "'%s' is not in\n%s", text,
		      screen_text(screen));
}

/* Opens the lesson, takes the first answer, runs it, and waits for its end. */
static bool play(const char *lesson)
{
	char *program = getenv("FORKSCOPE");
	char *argv[] = { program ? program : (char *)"./forkscope",
			 (char *)"run", (char *)lesson, NULL };

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
	ck_assert(!screen_is_alternate(screen));
	ck_assert(screen_is_cooked(screen));
}

static void drop_screen(void)
{
	if (screen)
		screen_free(screen);
	screen = NULL;
}

START_TEST(the_calls_of_a_manager_are_seen)
{
	if (!play("manager"))
		return;
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

	tcase_add_checked_fixture(tcase, NULL, drop_screen);
	tcase_set_timeout(tcase, 90);
	tcase_add_test(tcase, the_calls_of_a_manager_are_seen);
	tcase_add_test(tcase, the_ring_of_a_deadlock_is_seen);
	tcase_add_test(tcase, a_pool_is_summed_up);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
