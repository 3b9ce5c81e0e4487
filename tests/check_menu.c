/* check_menu.c - the menu of lessons: its parts, the way through it, a teacher's
 * own course */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/command.h"
#include "tests/support/screen.h"
#include "tui/lesson.h"

#define PAGE_DOWN "\033[6~"
#define PAGE_UP "\033[5~"
#define RIGHT "\033[C"
#define LEFT "\033[D"
#define HOME "\033[1~"
#define END "\033[4~"

static struct screen *screen;

/* A course of three lessons, 1, 2, and 7. */
static void make_course(const char *parts)
{
	static const char *const lessons[] = { "01-tea", "02-milk", "07-salt" };

	mkdir("course", 0700);
	for (int i = 0; i < 3; i++) {
		char path[64], text[64];

		snprintf(path, sizeof(path), "course/%s", lessons[i]);
		mkdir(path, 0700);
		snprintf(path, sizeof(path), "course/%s/lesson.en.md",
			 lessons[i]);
		snprintf(text, sizeof(text), "# About %s\n\nTaste it.\n",
			 lessons[i] + 3);
		write_file(path, text, strlen(text));
	}
	if (parts)
		write_file("course/parts.en.md", parts, strlen(parts));
	setenv("FORKSCOPE_LESSONS", "course", 1);
}

static void end_screen(void)
{
	if (screen)
		screen_free(screen);
	screen = NULL;
	unsetenv("FORKSCOPE_LESSONS");
	command_end();
}

static void open_menu(const char *language)
{
	char *argv[] = { program, (char *)"--language", (char *)language, NULL };

	screen = screen_start(&(struct screen_options){
		.argv = argv, .columns = 80, .rows = 24 });
}

static void see(const char *text)
{
	ck_assert_msg(screen_wait(screen, text), "'%s' is not in\n%s", text,
		      screen_text(screen));
}

/* That lesson is chosen. */
static void see_chosen(const char *entry)
{
	char text[128];

	snprintf(text, sizeof(text), "\u25b8  %s", entry);
	see(text);
}

static void leave(void)
{
	screen_type(screen, "Q");
	ck_assert_int_eq(screen_end(screen), 0);
}

/* ---- what a folder says ---- */

START_TEST(an_item_begins_a_part)
{
	char error[256] = "";

	make_course("# Kitchen\n\nText.\n\n- `2`  To *drink* \n- `5` Else\n");
	struct lesson **l = lesson_list("zh", error, sizeof(error));
	ck_assert_str_eq(error, "");
	ck_assert_ptr_null(l[0]->part);
	ck_assert_str_eq(l[1]->part, "To drink");
	ck_assert_str_eq(l[2]->part, "Else");
	ck_assert(!lesson_begins_part(l, 0));
	ck_assert(lesson_begins_part(l, 1));
	ck_assert(lesson_begins_part(l, 2));
	lesson_list_free(l);
}
END_TEST

START_TEST(a_course_without_parts_has_none)
{
	char error[256] = "";

	make_course(NULL);
	struct lesson **l = lesson_list("en", error, sizeof(error));
	ck_assert_str_eq(error, "");
	for (size_t i = 0; l[i]; i++)
		ck_assert_ptr_null(l[i]->part);
	lesson_list_free(l);
	ck_assert_int_eq(run("lessons", NULL), 0);
	ck_assert_str_eq(last.out, "  1  tea   About tea\n"
				   "  2  milk  About milk\n"
				   "  7  salt  About salt\n");
}
END_TEST

START_TEST(what_is_no_part_is_named)
{
	static const char *const wrong[] = { "- Milk\n", "- `x` Milk\n",
					     "- `1`\n", "- `-1` Milk\n",
					     "- 1 `1` Milk\n" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char error[256] = "";

		make_course(wrong[i]);
		struct lesson **l = lesson_list("en", error, sizeof(error));
		ck_assert_msg(strstr(error, "parts.en.md: line 1: "), "%s: %s",
			      wrong[i], error);
		ck_assert_ptr_nonnull(l[2]);
		ck_assert_ptr_null(l[0]->part);
		lesson_list_free(l);
	}
}
END_TEST

START_TEST(every_lesson_of_ours_is_in_a_part)
{
	char error[256] = "";

	setenv("FORKSCOPE_LESSONS", ABS_TOP_SRCDIR "/lessons", 1);
	struct lesson **en = lesson_list("en", error, sizeof(error));
	struct lesson **zh = lesson_list("zh", error, sizeof(error));
	ck_assert_str_eq(error, "");
	for (size_t i = 0; en[i]; i++) {
		ck_assert_ptr_nonnull(en[i]->part);
		ck_assert_ptr_nonnull(zh[i]->part);
		ck_assert_str_ne(en[i]->part, zh[i]->part);
		ck_assert_int_eq(lesson_begins_part(en, i),
				 lesson_begins_part(zh, i));
	}
	lesson_list_free(en);
	lesson_list_free(zh);
}
END_TEST

START_TEST(the_command_prints_the_same_parts)
{
	ck_assert_int_eq(run("lessons", NULL), 0);
	ck_contains(last.out, "Processes: starting them\n  1  first-process ");
	ck_contains(last.out, "Condition\n\nCommunicating\n 19  value-array ");
	ck_assert_int_eq(run("lessons", "-l", "zh", NULL), 0);
	ck_contains(last.out, "\n\n进程池\n 26  pool-apply ");
}
END_TEST

/* ---- in a terminal ---- */

START_TEST(keys_go_by_line_page_and_part)
{
	open_menu("en");
	see("Processes: starting them \u2500\u2500");
	see_chosen(" 1  The first process");
	screen_type(screen, RIGHT);
	see_chosen(" 6  The life");
	screen_type(screen, RIGHT RIGHT);
	see_chosen("19  Value");
	see("Communicating \u2500\u2500");
	screen_type(screen, "j" LEFT);
	see_chosen("19  Value");
	screen_type(screen, LEFT);
	see_chosen("13  The lost");
	screen_type(screen, PAGE_DOWN PAGE_UP);
	see_chosen("13  The lost");
	screen_type(screen, END RIGHT);
	see_chosen("33  A list");
	see("Managers \u2500\u2500");
	screen_type(screen, HOME LEFT);
	see_chosen(" 1  The first process");
	screen_type(screen, "/deadlock\r");
	see_chosen("23  Killed");
	screen_type(screen, "n");
	see_chosen("24  Deadlock");
	leave();
}
END_TEST

/* However far one has scrolled. */
START_TEST(the_heading_of_a_part_stays_in_sight)
{
	open_menu("en");
	screen_type(screen, "jjjjjjjj");
	see_chosen(" 9  Main waits");
	ck_assert(screen_wait_gone(screen, " 3  The number"));
	see("Processes: starting them");
	see(" 5  start() and run()");
	see("Processes: waiting and ending");
	/* A heading without a lesson of its own would say nothing. */
	screen_type(screen, END);
	see("22  Join before drain");
	ck_assert(screen_wait_gone(screen, "Communicating"));
	leave();
}
END_TEST

START_TEST(parts_are_told_in_chinese)
{
	open_menu("zh");
	see("进程：启动 \u2500\u2500");
	screen_type(screen, RIGHT RIGHT);
	see_chosen("13  丢失的更新");
	see("同步 \u2500\u2500");
	screen_type(screen, "L");
	see("Synchronising \u2500\u2500");
	leave();
}
END_TEST

START_TEST(a_course_of_ones_own_is_shown)
{
	make_course("- `2` To drink\n");
	open_menu("en");
	see_chosen(" 1  About tea");
	see("To drink \u2500\u2500");
	screen_type(screen, RIGHT);
	see_chosen(" 2  About milk");
	screen_type(screen, RIGHT);
	screen_type(screen, "j");
	see_chosen(" 7  About salt");
	screen_type(screen, LEFT LEFT);
	see_chosen(" 1  About tea");
	leave();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("menu");
	TCase *tcase = tcase_create("menu");

	tcase_set_timeout(tcase, 90);
	tcase_add_checked_fixture(tcase, command_begin, end_screen);
	tcase_add_test(tcase, an_item_begins_a_part);
	tcase_add_test(tcase, a_course_without_parts_has_none);
	tcase_add_test(tcase, what_is_no_part_is_named);
	tcase_add_test(tcase, every_lesson_of_ours_is_in_a_part);
	tcase_add_test(tcase, the_command_prints_the_same_parts);
	tcase_add_test(tcase, keys_go_by_line_page_and_part);
	tcase_add_test(tcase, the_heading_of_a_part_stays_in_sight);
	tcase_add_test(tcase, parts_are_told_in_chinese);
	tcase_add_test(tcase, a_course_of_ones_own_is_shown);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
