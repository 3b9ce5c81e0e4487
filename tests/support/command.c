#include "tests/support/command.h"

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

extern char **environ;

char folder[COMMAND_FOLDER_BYTES] = "/tmp/check-commands-XXXXXX";
char *program;

struct result last;

/* ---- running it ---- */

int run_argv(const char *output, char *const *argv)
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
int run(const char *argument, ...)
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

void ck_contains(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "\"%s\" lacks \"%s\"", text,
		      part);
}

/* One line that begins as it should, nothing on stdout, and no colours. */
void ck_complaint(const char *begin, const char *part)
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

void write_file(const char *path, const char *bytes, size_t length)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

void command_begin(void)
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

void command_end(void)
{
	char *argv[] = { "rm", "-rf", folder, NULL };
	pid_t pid;

	ck_assert_int_eq(chdir("/"), 0);
	if (posix_spawnp(&pid, "rm", NULL, NULL, argv, environ) == 0)
		waitpid(pid, NULL, 0);
	free(program);
}

/* A lesson of ours in ./mine, compiled; returns its program. */
char *make_program(void)
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
