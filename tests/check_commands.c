/* check_commands.c - the program as users and scripts meet it: statuses, errors,
 * pipes, files
 *
 * Runs the real program: $FORKSCOPE, else ABS_TOP_BUILDDIR/forkscope. */
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

#include "tui/buffer.h"
#include "tui/options.h"

extern char **environ;

static const char *const names[] = {
#define UI_COMMAND(symbol, name, ...) name,
#define UI_OPTION(...)
#include "tui/commands.def"
#undef UI_COMMAND
#undef UI_OPTION
};
#define COMMANDS (sizeof(names) / sizeof(names[0]))

static char folder[] = "/tmp/check-commands-XXXXXX";
static char *program;

struct result {
	int status;
	char *out, *err;
};

static struct result last;

/* ---- running it ---- */

static int run_argv(const char *output, char *const *argv)
{
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, output,
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(&actions, 2, "stderr",
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_eq(posix_spawn(&pid, argv[0], &actions, NULL, argv,
				     environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "%s %s died of signal %d", argv[0],
		      argv[1] ? argv[1] : "", WTERMSIG(status));
	free(last.out);
	free(last.err);
	last.out = ui_read_file("stdout", NULL);
	last.err = ui_read_file("stderr", NULL);
	last.status = WEXITSTATUS(status);
	return last.status;
}

/* Arguments up to NULL. Returns the exit status. */
static int run(const char *argument, ...)
{
	char *argv[16] = { program, (char *)argument };
	va_list rest;

	va_start(rest, argument);
	for (int i = 2; argument && i < 15; i++)
		if (!(argv[i] = va_arg(rest, char *)))
			break;
	va_end(rest);
	return run_argv("stdout", argv);
}

static void ck_contains(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "\"%s\" lacks \"%s\"", text,
		      part);
}

/* One line that begins as it should, nothing on stdout, and no colours. */
static void ck_complaint(const char *begin, const char *part)
{
	const char *newline = strchr(last.err, '\n');

	ck_assert_msg(strncmp(last.err, begin, strlen(begin)) == 0,
		      "\"%s\" does not begin with \"%s\"", last.err, begin);
	ck_contains(last.err, part);
	ck_assert_msg(newline && !newline[1], "not one line: %s", last.err);
	ck_assert_ptr_null(strchr(last.err, '\033'));
	ck_assert_str_eq(last.out, "");
}

/* ---- a place for each test ---- */

static void write_file(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

static void begin(void)
{
	const char *given = getenv("FORKSCOPE");

	program = realpath(given ? given : ABS_TOP_BUILDDIR "/forkscope", NULL);
	ck_assert_msg(program != NULL, "there is no program to test");
	ck_assert_ptr_nonnull(mkdtemp(strcpy(folder,
					     "/tmp/check-commands-XXXXXX")));
	ck_assert_int_eq(chdir(folder), 0);
	setenv("XDG_CACHE_HOME", folder, 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("FORKSCOPE_TRACE");
	unsetenv("FORKSCOPE_LESSONS");
}

static void end(void)
{
	char *argv[] = { "rm", "-rf", folder, NULL };
	pid_t pid;

	ck_assert_int_eq(chdir("/"), 0);
	if (posix_spawnp(&pid, "rm", NULL, NULL, argv, environ) == 0)
		waitpid(pid, NULL, 0);
	free(program);
}

/* A lesson of ours in ./mine, compiled; returns its program. */
static char *make_program(void)
{
	glob_t found;

	ck_assert_int_eq(run("new", "mine", NULL), 0);
	ck_assert_msg(run("run", "./mine", "--text", "--set", "seconds=0",
			  NULL) == 0, "%s", last.err);
	ck_assert_int_eq(glob("forkscope/mine-*", 0, NULL, &found), 0);
	char *path = NULL;
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (!strstr(found.gl_pathv[i], ".log"))
			path = ui_format("%s/%s", folder, found.gl_pathv[i]);
	globfree(&found);
	ck_assert_ptr_nonnull(path);
	return path;
}

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

static void add_tests(TCase *use, TCase *work)
{
	tcase_add_test(use, help_of_every_command_has_status_0);
	tcase_add_test(use, version_of_every_command_has_status_0);
	tcase_add_test(use, no_line_of_help_is_wider_than_80_columns);
	tcase_add_test(use, wrong_use_has_status_2_and_one_line);
	tcase_add_test(use, wrong_times_and_sizes_have_status_2);
	tcase_add_test(use, what_cannot_be_read_has_status_1_and_one_line);
	tcase_add_test(use, a_full_disk_is_a_failure);
	tcase_add_test(use, without_a_terminal_the_menu_is_a_list);
	tcase_add_test(use, lessons_are_listed_in_either_language);
	tcase_add_test(use, manual_pages_list_what_the_program_has);
	tcase_add_test(work, an_unknown_lesson_or_knob_is_answered_with_the_known);
	tcase_add_test(work, a_new_lesson_runs_and_is_told);
	tcase_add_test(work, a_mistake_in_a_lesson_is_the_compilers_first);
	tcase_add_test(work, a_misspelt_function_is_named);
	tcase_add_test(work, record_returns_the_status_of_the_program);
	tcase_add_test(work, record_never_replaces_what_it_should_not);
	tcase_add_test(work, what_was_recorded_can_be_read);
}

int main(void)
{
	Suite *suite = suite_create("commands");
	TCase *use = tcase_create("use"), *work = tcase_create("work");

	tcase_set_timeout(use, 120);
	tcase_set_timeout(work, 120);
	tcase_add_checked_fixture(use, begin, end);
	tcase_add_checked_fixture(work, begin, end);
	add_tests(use, work);
	suite_add_tcase(suite, use);
	suite_add_tcase(suite, work);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
