/* check_companion_start.c - how the companion is started: from what, and hidden
 * from the program */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mp.h"
#include "tests/support/gate.h"
#include "tests/support/played.h"
#include "tests/support/trace_query.h"
#include "traces/store.h"
#include "traces/wait.h"

/* ---- no influence on the program ---- */

static int looks_for_children(void)
{
	if (begin(0))
		return 99;
	int found = waitpid(-1, NULL, WNOHANG);
	return found == -1 && errno == ECHILD ? say_exit(0) : 1;
}

START_TEST(companion_is_no_child_of_the_program)
{
	ck_assert_int_eq(run(looks_for_children), 0);
}
END_TEST

static struct gate held;

START_TEST(companion_holds_no_descriptor_of_the_program)
{
	gate_make(&held);
	pid_t pid = fork();
	if (pid == 0) {
		begin(0);
		raise(SIGSTOP);
		_exit(0);
	}
	/* Stopped: only the companion could hold the pipe, once we have taken
	 * it from the program by killing it; and that it does not. */
	ck_assert_int_eq(waitpid(pid, NULL, WUNTRACED), pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ck_assert(gate_is_deserted(&held));
	ck_assert_int_eq(trace_wait_closed(path, WAIT_NS), TRACE_WAIT_CLOSED);
}
END_TEST

static int finds_others_kept_out(void)
{
	struct stat ring;

	if (begin(0))
		return 99;
	if (stat(in_folder(folder, "x.fscope-ring"), &ring) < 0)
		return 98;
	return (ring.st_mode & 0777) == 0600 ? say_exit(0) : 1;
}

START_TEST(what_is_being_recorded_is_its_owners_only)
{
	umask(0);
	ck_assert_int_eq(run(finds_others_kept_out), 0);
}
END_TEST

static int survives_companion(void)
{
	if (begin(0))
		return 99;
	pid_t pid = atomic_load(&companion.ring->companion_pid);
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	kill(pid, SIGKILL);
	/* The end of its socket may come a moment after its death. */
	for (int i = 0; i < 1000000; i++) {
		if (mp__companion_watch(&companion, 9, getpid(), pidfd)
		    == MP_EPIPE)
			return 0;
	}
	return 1;
}

START_TEST(program_hears_that_the_companion_is_gone)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(survives_companion());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(trace_wait_closed(path, WAIT_NS), TRACE_WAIT_BROKEN);
}
END_TEST

/* ---- what it starts from ---- */

static int refused(void)
{
	return begin(0) == MP_EEXISTS ? 0 : 1;
}

START_TEST(file_that_exists_is_never_overwritten)
{
	char text[32] = "";
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_eq(write(fd, "precious", 8), 8);
	close(fd);
	int status;
	pid_t pid = fork();
	if (pid == 0)
		_exit(refused());
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(read(fd, text, sizeof(text)), 8);
	close(fd);
	ck_assert_str_eq(text, "precious");
	ck_assert_int_lt(access(in_folder(folder, "x.fscope-ring"), F_OK), 0);
}
END_TEST

START_TEST(finished_trace_is_not_recorded_into)
{
	run(ordinary);
	long events = trace_ask(path, "SELECT count(*) FROM event");
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(refused());
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event"), events);
}
END_TEST

START_TEST(prepared_trace_is_adopted)
{
	struct trace_store *store;
	char error[256];

	ck_assert_int_eq(trace_store_create(path, &store, error,
					    sizeof(error)), 0);
	trace_store_begin(store);
	trace_store_lesson(store, "en", "first-process", "# Text");
	ck_assert_int_eq(trace_store_commit(store), 0);
	ck_assert_int_eq(trace_store_close(store, true), 0);
	ck_assert_int_eq(run(ordinary), 0);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM lesson"), 1);
	ck_assert_int_eq(trace_errors(path), 0);
}
END_TEST

static int nowhere(void)
{
	path = "/nonexistent/folder/x.fscope";
	return begin(0) == MP_ENOTFOUND ? 0 : 1;
}

START_TEST(folder_that_does_not_exist_is_an_error)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(nowhere());
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("companion_start");
	TCase *tcase = tcase_create("companion_start");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, played_begin, played_end);
	tcase_add_test(tcase, companion_is_no_child_of_the_program);
	tcase_add_test(tcase, companion_holds_no_descriptor_of_the_program);
	tcase_add_test(tcase, what_is_being_recorded_is_its_owners_only);
	tcase_add_test(tcase, program_hears_that_the_companion_is_gone);
	tcase_add_test(tcase, file_that_exists_is_never_overwritten);
	tcase_add_test(tcase, finished_trace_is_not_recorded_into);
	tcase_add_test(tcase, prepared_trace_is_adopted);
	tcase_add_test(tcase, folder_that_does_not_exist_is_an_error);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
