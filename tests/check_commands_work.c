/* check_commands_work.c - the program at work: lessons, recordings */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <fcntl.h>
#include <glob.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/command.h"
#include "tui/buffer.h"
#include "tui/options.h"

/* ---- lessons ---- */

START_TEST(without_a_terminal_the_menu_is_a_list)
{
	ck_assert_msg(run(NULL, NULL) == 0, "%s", last.err);
	ck_contains(last.out, "first-process");
	ck_contains(last.out, "forkscope run LESSON");
	ck_assert_ptr_null(strchr(last.out, '\033'));
}
END_TEST

START_TEST(lessons_are_listed_in_either_language)
{
	ck_assert_int_eq(run("lessons", "--language=en", NULL), 0);
	char *english = ui_strdup(last.out);
	ck_contains(english, "daemon-rules");
	ck_assert_int_eq(run("lessons", "-l", "zh", NULL), 0);
	ck_assert_str_ne(last.out, english);
	free(english);
}
END_TEST

START_TEST(an_unknown_lesson_or_knob_is_answered_with_the_known)
{
	ck_assert_int_eq(run("run", "first-proces", NULL), 1);
	ck_complaint("forkscope run: ", "did you mean first-process?");
	ck_assert_int_eq(run("new", "mine", NULL), 0);
	ck_assert_int_eq(run("run", "./mine", "--set", "secnds=1", NULL), 2);
	ck_complaint("forkscope run: ", "did you mean seconds?");
	ck_assert_int_eq(run("run", "./mine", "--set", "seconds", NULL), 2);
	ck_complaint("forkscope run: ", "KNOB=VALUE");
}
END_TEST

START_TEST(a_new_lesson_runs_and_is_told)
{
	ck_assert_int_eq(run("new", "mine", NULL), 0);
	ck_contains(last.out, "forkscope ./mine");
	ck_assert_msg(run("./mine", "-o", "m.fscope", NULL) == 0, "%s",
		      last.err);
	ck_contains(last.out, "worker ends\nmain goes on\n");
	ck_contains(last.out, "Which line is printed last?");
	ck_contains(last.out, "The child calls its target.");
	ck_contains(last.out, "forkscope replay m.fscope");
	ck_assert_ptr_null(strchr(last.out, '\033'));
	ck_assert_int_eq(access("m.fscope", R_OK), 0);
	ck_assert_int_ne(access("m.fscope-ring", F_OK), 0);
	ck_assert_int_eq(run("new", "mine", NULL), 1);
	ck_complaint("forkscope new: ", "mine exists");
}
END_TEST

START_TEST(a_picture_tells_the_knobs_of_its_run)
{
	ck_assert_int_eq(run("new", "mine", NULL), 0);
	ck_assert_int_eq(run("run", "./mine", "--text", "--set", "seconds=0",
			     "-o", "a.fscope", NULL), 0);
	ck_contains(last.out, " seconds=0 ");
	ck_assert_int_eq(run("render", "a.fscope", NULL), 0);
	ck_contains(last.out, " seconds=0 ");
	/* Also if it is none of those the lesson offers. */
	ck_assert_int_eq(run("run", "./mine", "--text", "--set", "seconds=0.1",
			     NULL), 0);
	ck_contains(last.out, " seconds=0.1 ");
}
END_TEST

START_TEST(a_mistake_in_a_lesson_is_the_compilers_first)
{
	static const char wrong[] = "int main(void)\n{\n\treturn x;\n}\n";

	ck_assert_int_eq(run("new", "mine", NULL), 0);
	write_file("mine/mine.c", wrong, sizeof(wrong) - 1);
	ck_assert_int_eq(run("run", "./mine", NULL), 1);
	ck_contains(last.err, "mine.c:3:");
	ck_contains(last.err, "error: ");
	ck_assert_ptr_eq(strchr(last.err, '\n'),
			 last.err + strlen(last.err) - 1);
}
END_TEST

START_TEST(a_misspelt_function_is_named)
{
	static const char wrong[] = "#include <forkscope/mp.h>\n"
		"int main(void)\n{\n\tmp_process_strt(0);\n}\n";

	ck_assert_int_eq(run("new", "mine", NULL), 0);
	write_file("mine/mine.c", wrong, sizeof(wrong) - 1);
	ck_assert_int_eq(run("run", "./mine", NULL), 1);
	ck_contains(last.err, "mine.c:4:");
	ck_contains(last.err, "mp_process_strt");
}
END_TEST

/* ---- record ---- */

START_TEST(record_returns_the_status_of_the_program)
{
	ck_assert_int_eq(run("record", "-o", "t.fscope", "sh", "-c", "exit 7",
			     NULL), 7);
	ck_complaint("forkscope record: ", "does not use the forkscope library");
	ck_assert_int_ne(access("t.fscope", F_OK), 0);
	ck_assert_int_eq(run("record", "-o", "t.fscope", "--", "sh", "-c",
			     "kill -9 $$", NULL), 137);
	ck_assert_int_eq(run("record", "sh", "-c", "true", NULL), 1);
	ck_assert_int_eq(run("record", "./missing", NULL), 1);
	ck_complaint("forkscope record: ", "./missing");
}
END_TEST

START_TEST(record_never_replaces_what_it_should_not)
{
	char *mine = make_program();

	ck_assert_int_eq(run("record", "-o", "t.fscope", mine, NULL), 0);
	ck_contains(last.err, "forkscope replay t.fscope");
	ck_contains(last.out, "main goes on\n");
	ck_assert_int_eq(run("record", "-o", "t.fscope", mine, NULL), 1);
	ck_complaint("forkscope record: ", "--force");
	ck_assert_int_eq(run("record", "-fo", "t.fscope", mine, NULL), 0);
	write_file("thesis", "text", 4);
	ck_assert_int_eq(run("record", "-fo", "thesis", mine, NULL), 1);
	ck_complaint("forkscope record: ", "no trace");
	ck_assert_int_eq(run("record", "-o", "no/where.fscope", mine, NULL), 1);
	free(mine);
}
END_TEST

START_TEST(what_was_recorded_can_be_read)
{
	char *mine = make_program();

	ck_assert_int_eq(run("record", "-o", "t.fscope", mine, NULL), 0);
	ck_assert_msg(run("show", "t.fscope", NULL) == 0, "%s", last.err);
	ck_contains(last.out, "worker begins");
	ck_assert_msg(run("stats", "t.fscope", NULL) == 0, "%s", last.err);
	ck_assert_msg(run("check", "t.fscope", NULL) == 0, "%s%s", last.out,
		      last.err);
	ck_assert_msg(run("render", "t.fscope", NULL) == 0, "%s", last.err);
	ck_contains(last.out, "MainProcess");
	ck_assert_ptr_null(strchr(last.out, '\033'));
	ck_assert_int_eq(run("replay", "t.fscope", NULL), 1);
	ck_complaint("forkscope replay: ", "forkscope render t.fscope");
	free(mine);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("commands_work");
	TCase *tcase = tcase_create("commands_work");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, command_begin, command_end);
	tcase_add_test(tcase, without_a_terminal_the_menu_is_a_list);
	tcase_add_test(tcase, lessons_are_listed_in_either_language);
	tcase_add_test(tcase, an_unknown_lesson_or_knob_is_answered_with_the_known);
	tcase_add_test(tcase, a_new_lesson_runs_and_is_told);
	tcase_add_test(tcase, a_picture_tells_the_knobs_of_its_run);
	tcase_add_test(tcase, a_mistake_in_a_lesson_is_the_compilers_first);
	tcase_add_test(tcase, a_misspelt_function_is_named);
	tcase_add_test(tcase, record_returns_the_status_of_the_program);
	tcase_add_test(tcase, record_never_replaces_what_it_should_not);
	tcase_add_test(tcase, what_was_recorded_can_be_read);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
