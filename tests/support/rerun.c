#include "tests/support/rerun.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "traces/wait.h"

#define PATIENCE_MS 30000

extern char **environ;

int rerun_be(int argc, char **argv, const struct rerun_program *programs)
{
	if (argc < 2)
		return -1;
	for (; programs->name; programs++)
		if (strcmp(programs->name, argv[1]) == 0)
			return programs->main(argc > 2 ? argv[2] : "");
	fprintf(stderr, "no program %s\n", argv[1]);
	return 99;
}

int rerun_main(int argc, char **argv, const struct rerun_program *programs,
	       Suite *(*make_suite)(void))
{
	int code = rerun_be(argc, argv, programs);

	if (code >= 0)
		return code;
	SRunner *runner = srunner_create(make_suite());
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void die(const char *what)
{
	perror(what);
	abort();
}

void rerun_begin(struct rerun *run)
{
	memset(run, 0, sizeof(*run));
	strcpy(run->folder, "/tmp/forkscope-test-XXXXXX");
	if (!mkdtemp(run->folder))
		die("mkdtemp");
	snprintf(run->trace, sizeof(run->trace), "%s/x.fscope", run->folder);
}

void rerun_start(struct rerun *run, const char *trace, const char *program,
		 const char *argument)
{
	char *args[] = { "/proc/self/exe", (char *)program, (char *)argument,
			 NULL };
	posix_spawn_file_actions_t actions;
	int out[2], err[2];

	if (pipe(out) < 0 || pipe(err) < 0)
		die("pipe");
	if (trace)
		setenv("FORKSCOPE_TRACE", trace, 1);
	else
		unsetenv("FORKSCOPE_TRACE");
	setenv("FORKSCOPE_STDOUT", "line", 1);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_adddup2(&actions, err[1], 2);
	for (int i = 0; i < 2; i++) {
		posix_spawn_file_actions_addclose(&actions, out[i]);
		posix_spawn_file_actions_addclose(&actions, err[i]);
	}
	errno = posix_spawn(&run->pid, args[0], &actions, NULL, args, environ);
	if (errno)
		die("posix_spawn");
	posix_spawn_file_actions_destroy(&actions);
	unsetenv("FORKSCOPE_TRACE");
	close(out[1]);
	close(err[1]);
	run->out_fd = out[0];
	run->err_fd = err[0];
}

void rerun_wait(struct rerun *run)
{
	while (run->pid && waitpid(run->pid, &run->status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	run->pid = 0;
}

static bool take(FILE *file, const struct pollfd *fd)
{
	char bytes[4096];
	ssize_t n;

	if (!fd->revents)
		return true;
	n = read(fd->fd, bytes, sizeof(bytes));
	if (n > 0)
		fwrite(bytes, 1, (size_t)n, file);
	return n > 0 || (n < 0 && errno == EINTR);
}

/* Both at once: a program that fills one pipe must not hang at the other. */
static void read_all(struct rerun *run)
{
	struct pollfd fds[2] = { { run->out_fd, POLLIN, 0 },
				 { run->err_fd, POLLIN, 0 } };
	size_t sizes[2];
	FILE *files[2] = { open_memstream(&run->out, &sizes[0]),
			   open_memstream(&run->err, &sizes[1]) };
	int open_count = 2;

	while (open_count > 0) {
		int n = poll(fds, 2, PATIENCE_MS + (int)(run->quiet_s * 1e3));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("the program does not come to an end");
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd < 0 || take(files[i], &fds[i]))
				continue;
			close(fds[i].fd);
			fds[i].fd = -1;
			open_count--;
		}
	}
	fclose(files[0]);
	fclose(files[1]);
}

int rerun_finish(struct rerun *run)
{
	read_all(run);
	rerun_wait(run);
	return trace_wait_closed(run->trace, PATIENCE_MS * INT64_C(1000000));
}

void rerun(struct rerun *run, const char *program, const char *argument)
{
	rerun_begin(run);
	rerun_start(run, run->trace, program, argument);
	if (rerun_finish(run) != TRACE_WAIT_CLOSED) {
		fprintf(stderr, "%s: the trace is not closed\n", program);
		abort();
	}
}

void rerun_end(struct rerun *run)
{
	DIR *folder = opendir(run->folder);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
	rmdir(run->folder);
	free(run->out);
	free(run->err);
}

/* ---- questions ---- */

static void print_rows(FILE *answer, sqlite3_stmt *stmt)
{
	int columns = sqlite3_column_count(stmt);

	for (int row = 0; sqlite3_step(stmt) == SQLITE_ROW; row++) {
		for (int i = 0; i < columns; i++) {
			const void *text = sqlite3_column_text(stmt, i);
			fprintf(answer, "%s%s", i ? "|" : row ? "\n" : "",
				text ? (const char *)text : "-");
		}
	}
}

const char *rerun_ask(const struct rerun *run, const char *sql)
{
	static char *answers[4];
	static unsigned count;
	char **answer = &answers[count++ % 4];
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;
	size_t size;

	free(*answer);
	FILE *file = open_memstream(answer, &size);
	if (sqlite3_open_v2(run->trace, &db, SQLITE_OPEN_READONLY, NULL)
		    == SQLITE_OK
	    && sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK)
		print_rows(file, stmt);
	else
		fprintf(file, "%s", sqlite3_errmsg(db));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	fclose(file);
	return *answer;
}

bool rerun_see(const struct rerun *run, const char *sql, const char *answer)
{
	int64_t end = mp__now() + INT64_C(20) * 1000000000;

	while (strcmp(rerun_ask(run, sql), answer) != 0) {
		if (mp__now() > end)
			return false;
		usleep(1000);
	}
	return true;
}
