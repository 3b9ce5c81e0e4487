/* check_commands.c - the program as users and scripts meet it: statuses, errors,
 * pipes, files */
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

static const char *const names[] = {
#define UI_COMMAND(symbol, name, ...) name,
#define UI_OPTION(...)
#include "tui/commands.def"
#undef UI_COMMAND
#undef UI_OPTION
};
#define COMMANDS (sizeof(names) / sizeof(names[0]))

/* ---- statuses and errors ---- */

START_TEST(help_of_every_command_has_status_0)
{
	for (size_t i = 1; i < COMMANDS; i++) {
		ck_assert_int_eq(run(names[i], "--help", NULL), 0);
		char *usage = ui_format("Usage: forkscope %s ", names[i]);
		ck_contains(last.out, usage);
		ck_contains(last.out, "--help");
		ck_assert_str_eq(last.err, "");
		free(usage);
	}
	ck_assert_int_eq(run("--help", NULL), 0);
	for (size_t i = 1; i < COMMANDS; i++)
		ck_contains(last.out, names[i]);
}
END_TEST

START_TEST(version_of_every_command_has_status_0)
{
	for (size_t i = 1; i < COMMANDS; i++) {
		ck_assert_int_eq(run(names[i], "--version", NULL), 0);
		ck_contains(last.out, "forkscope ");
	}
	ck_assert_int_eq(run("-V", NULL), 0);
}
END_TEST

START_TEST(no_line_of_help_is_wider_than_80_columns)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		run(i ? names[i] : "-h", "-h", NULL);
		for (char *line = strtok(last.out, "\n"); line;
		     line = strtok(NULL, "\n"))
			ck_assert_msg(strlen(line) <= 80, "%s", line);
	}
}
END_TEST

START_TEST(wrong_use_has_status_2_and_one_line)
{
	ck_assert_int_eq(run("rnu", NULL), 2);
	ck_complaint("forkscope: ", "did you mean `forkscope run`?");
	ck_assert_int_eq(run("first-process", NULL), 2);
	ck_complaint("forkscope: ", "`forkscope run first-process`");
	ck_assert_int_eq(run("xyzzy", NULL), 2);
	ck_complaint("forkscope: ", "`forkscope --help`");
	ck_assert_int_eq(run("run", NULL), 2);
	ck_complaint("forkscope run: ", "LESSON is missing");
	ck_assert_int_eq(run("record", NULL), 2);
	ck_complaint("forkscope record: ", ": PROGRAM is missing");
	ck_assert_int_eq(run("run", "--tui", "1", NULL), 1);
	ck_complaint("forkscope run: ", "--text does not");
	ck_assert_int_eq(run("render", "--view", "lane", "x", NULL), 2);
	ck_complaint("forkscope render: ", "try stage");
	ck_assert_int_eq(run("run", "--outptu", "x", NULL), 2);
	ck_complaint("forkscope run: ", "did you mean --output?");
	ck_assert_int_eq(run("run", "-o", NULL), 2);
	ck_complaint("forkscope run: ", "--output needs FILE");
	ck_assert_int_eq(run("run", "--text=no", "x", NULL), 2);
	ck_complaint("forkscope run: ", "takes no argument");
	ck_assert_int_eq(run("run", "-Z", NULL), 2);
	ck_complaint("forkscope run: ", "no option -Z");
	ck_assert_int_eq(run("run", "--tui", "--text", "1", NULL), 2);
	ck_complaint("forkscope run: ", "exclude");
	ck_assert_int_eq(run("show", "a", "b", NULL), 2);
	ck_complaint("forkscope show: ", "\"b\" is too much");
	ck_assert_int_eq(run("--ascii", "lessons", NULL), 2);
	ck_complaint("forkscope lessons: ", "no option --ascii");
	ck_assert_int_eq(run("-l", "zh", "lessons", NULL), 0);
	ck_contains(last.out, "守护进程");
	ck_assert_int_eq(run("--language=zh", "nothing", NULL), 2);
	ck_assert_int_eq(run("lessons", "--language=xx", NULL), 2);
	ck_complaint("forkscope lessons: ", "en or zh");
}
END_TEST

START_TEST(wrong_times_and_sizes_have_status_2)
{
	static const char *const wrong[] = {
		"--at=", "--at=x", "--at=1y", "--at=-1s", "--at=1e30s",
		"--at=nan", "--event=0", "--event=-1", "--event=x", "--event=",
		"--size=80", "--size=0x0", "--size=80x", "--size=-1x5",
		"--size=99999999999x1", "--size=80x24x", "--color=red"
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		ck_assert_msg(run("render", wrong[i], "x", NULL) == 2, "%s: %d",
			      wrong[i], last.status);
		ck_complaint("forkscope render: ", "");
	}
}
END_TEST

START_TEST(what_cannot_be_read_has_status_1_and_one_line)
{
	static const char *const readers[] = { "replay", "render", "show",
					       "stats", "check", "recover" };
	static const char junk[] = "This is no trace, and never was one.\n"
				   "SQLite format 3";

	write_file("junk", junk, sizeof(junk));
	write_file("empty", "", 0);
	mkdir("dir", 0700);
	const char *files[] = { "missing", "junk", "empty", "dir",
				"\033[31m" };
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
			char *begins = ui_format("forkscope %s: ", readers[i]);
			ck_assert_msg(run(readers[i], files[k], NULL) == 1,
				      "%s %s", readers[i], files[k]);
			ck_complaint(begins, "");
			free(begins);
		}
	}
	char *text = ui_read_file("junk", NULL);
	ck_assert_str_eq(text, junk);
	free(text);
}
END_TEST

START_TEST(a_full_disk_is_a_failure)
{
	char *argv[] = { program, "--help", NULL };

	ck_assert_int_eq(run_argv("/dev/full", argv), 1);
	ck_contains(last.err, "could not be written");
}
END_TEST

/* ---- manual pages ---- */

START_TEST(manual_pages_list_what_the_program_has)
{
	static const char *const pages[] = { "forkscope.1", "fscope.5" };

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		char *path = ui_format("%s/doc/%s", ABS_TOP_SRCDIR, pages[i]);
		char *page = ui_read_file(path, NULL);
		ck_assert_int_eq(run("--dump-man", path, NULL), 0);
		ck_assert_msg(strcmp(last.out, page) == 0,
			      "%s is old: make it anew with forkscope "
			      "--dump-man", path);
		free(page);
		free(path);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("commands");
	TCase *tcase = tcase_create("commands");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, command_begin, command_end);
	tcase_add_test(tcase, help_of_every_command_has_status_0);
	tcase_add_test(tcase, version_of_every_command_has_status_0);
	tcase_add_test(tcase, no_line_of_help_is_wider_than_80_columns);
	tcase_add_test(tcase, wrong_use_has_status_2_and_one_line);
	tcase_add_test(tcase, wrong_times_and_sizes_have_status_2);
	tcase_add_test(tcase, what_cannot_be_read_has_status_1_and_one_line);
	tcase_add_test(tcase, a_full_disk_is_a_failure);
	tcase_add_test(tcase, manual_pages_list_what_the_program_has);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
