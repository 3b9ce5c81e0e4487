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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "companion/companion.h"
#include "mp.h"
#include "tests/support/gate.h"
#include "tests/support/ring_writer.h"
#include "tests/support/trace_query.h"
#include "traces/store.h"
#include "traces/wait.h"

/* The recorded program is always a child of the test: it starts a companion,
 * plays some processes, and ends; then the trace is looked at. */

#define WAIT_NS (INT64_C(20) * 1000000000)

static char *folder;
static const char *path;

static void make_folder(void)
{
	static char kept[PATH_MAX];

	folder = folder_make();
	ck_assert_ptr_nonnull(folder);
	snprintf(kept, sizeof(kept), "%s/x.fscope", folder);
	path = kept;
}

static void remove_folder(void)
{
	folder_remove(folder);
}

/* ---- the program's side ---- */

static struct mp__companion companion;
static struct ring_writer m;

static int begin(size_t ring_bytes)
{
	struct mp__companion_options options = { .trace_path = path,
						 .ring_bytes = ring_bytes };
	int err = mp__companion_start(&options, &companion);

	if (err)
		return err;
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	mp__companion_watch(&companion, 1, getpid(), pidfd);
	close(pidfd);
	m = ring_writer(companion.ring, 1, 1);
	ring_introduce(&m, "M");
	return 0;
}

static void announce(uint32_t process, const char *name)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "%s%cname of %s", name, 0,
			      name);

	ring_write_text(&m, TRACE_PROC_NEW, process, 0, text, (size_t)length);
	ring_write(&m, TRACE_PROC_START, process, 0, 0);
}

/* A child that is process and agent `id`; body's result is its exit code. */
static pid_t child(uint32_t id, const char *name,
		   int (*body)(struct ring_writer *writer))
{
	announce(id, name);
	pid_t pid = fork();
	if (pid == 0) {
		struct ring_writer w = ring_writer(companion.ring, id, id);
		ring_introduce(&w, name);
		int code = body(&w);
		ring_write(&w, TRACE_PROC_EXIT, id, code,
			   TRACE_ENDED_BY_RETURN);
		_exit(code);
	}
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	mp__companion_watch(&companion, id, pid, pidfd);
	close(pidfd);
	ring_write(&m, TRACE_PROC_FORK, id, pid, 0);
	return pid;
}

static void join(uint32_t id, pid_t pid)
{
	int status;

	ring_write(&m, TRACE_JOIN_BEGIN, id, -1, 0);
	waitpid(pid, &status, 0);
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	ring_write(&m, TRACE_PROC_REAP, id, code,
		   code < 0 ? TRACE_ENDED_BY_SIGNAL : TRACE_ENDED_BY_RETURN);
	ring_write(&m, TRACE_JOIN_END, id, code, 0);
}

static int say_exit(int code)
{
	ring_write(&m, TRACE_PROC_EXIT, 1, code, TRACE_ENDED_BY_RETURN);
	return code;
}

/* Run a program to its end, and wait for its trace. Returns its wait status. */
static int run(int (*program)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(program());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(trace_wait_closed(path, WAIT_NS), TRACE_WAIT_CLOSED);
	return status;
}

/* ---- how a recording goes ---- */

static int two_ticks(struct ring_writer *w)
{
	ring_write(w, TRACE_TICK, 0, 1, 0);
	ring_write(w, TRACE_TICK, 0, 2, 0);
	return 3;
}

static int ordinary(void)
{
	if (begin(0))
		return 99;
	join(2, child(2, "M.1", two_ticks));
	return say_exit(0);
}

START_TEST(recording_ends_as_one_plain_closed_file)
{
	ck_assert_int_eq(run(ordinary), 0);
	char *state = trace_ask_text(path, "SELECT value FROM meta WHERE"
					   " key = 'state'");
	char *mode = trace_ask_text(path, "PRAGMA journal_mode");
	ck_assert_str_eq(state, "closed");
	ck_assert_str_eq(mode, "delete");
	free(state);
	free(mode);
	ck_assert_int_lt(access(in_folder(folder, "x.fscope-ring"), F_OK), 0);
	ck_assert_int_lt(access(in_folder(folder, "x.fscope-wal"), F_OK), 0);
	ck_assert_int_lt(access(in_folder(folder, "x.fscope-spill"), F_OK), 0);
	ck_assert_int_eq(trace_errors(path), 0);
	ck_assert_int_eq(trace_ask(path, "SELECT value FROM meta WHERE key ="
					 " 'anomalies'"), 0);
}
END_TEST

START_TEST(process_rows_are_complete)
{
	run(ordinary);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM process WHERE id = 2 AND path = 'M.1'"
		" AND name = 'name of M.1' AND parent_id = 1 AND exitcode = 3"
		" AND ended_by = 'return' AND created_ns <= started_ns AND"
		" started_ns <= exited_ns AND exited_ns <= reaped_ns"), 1);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM process WHERE id = 1 AND path = 'M' AND"
		" parent_id IS NULL AND exitcode = 0 AND ended_by = 'return'"
		" AND exited_ns IS NOT NULL"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM arrow"
					 " WHERE kind = 'start'"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM arrow"
					 " WHERE kind = 'join'"), 1);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM event WHERE kind = 36"), 2);
}
END_TEST

static int killed_body(struct ring_writer *w)
{
	ring_write(w, TRACE_TICK, 0, 7, 0);
	raise(SIGKILL);
	return 0;
}

static int with_killed_child(void)
{
	if (begin(0))
		return 99;
	join(2, child(2, "M.1", killed_body));
	return say_exit(0);
}

START_TEST(killed_process_is_complete_with_its_last_event)
{
	run(with_killed_child);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM process WHERE id = 2 AND exitcode = -9"
		" AND ended_by = 'signal' AND exited_ns IS NOT NULL"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event WHERE"
					 " agent_id = 2 AND kind = 12"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT end_ns >= begin_ns FROM zombie"
					 " WHERE process_id = 2"), 1);
	ck_assert_int_eq(trace_errors(path), 0);
}
END_TEST

static int killed_main(void)
{
	if (begin(0))
		return 99;
	ring_write(&m, TRACE_TICK, 0, 1, 0);
	raise(SIGKILL);
	return 0;
}

START_TEST(killed_main_process_is_complete)
{
	ck_assert_int_eq(WTERMSIG(run(killed_main)), SIGKILL);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM process WHERE id = 1 AND ended_by ="
		" 'signal' AND ifnull(exitcode, -9) = -9 AND exited_ns IS NOT"
		" NULL"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event WHERE"
					 " kind = 12"), 1);
	ck_assert_int_eq(trace_errors(path), 0);
}
END_TEST

static int torn_body(struct ring_writer *w)
{
	ring_write(w, TRACE_TICK, 0, 7, 0);
	struct trace_slot *slot = ring_begin(w, 3);
	slot->kind = TRACE_OUTPUT;
	slot->b = 40;
	raise(SIGKILL);
	return 0;
}

static int with_torn_event(void)
{
	if (begin(0))
		return 99;
	join(2, child(2, "M.1", torn_body));
	return say_exit(0);
}

START_TEST(event_that_was_not_finished_is_not_there)
{
	run(with_torn_event);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event"
					 " WHERE agent_id = 2"), 3);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM output"), 0);
	ck_assert_int_eq(trace_ask(path, "SELECT value FROM meta WHERE key ="
					 " 'anomalies'"), 0);
}
END_TEST

/* Killed before its first word, and after it had claimed a chunk. */
static int with_silent_child(void)
{
	if (begin(0))
		return 99;
	announce(2, "M.1");
	pid_t pid = fork();
	if (pid == 0) {
		struct ring_writer w = ring_writer(companion.ring, 2, 2);
		ring_begin(&w, 1);
		raise(SIGKILL);
	}
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	mp__companion_watch(&companion, 2, pid, pidfd);
	close(pidfd);
	ring_write(&m, TRACE_PROC_FORK, 2, pid, 0);
	join(2, pid);
	return say_exit(0);
}

START_TEST(process_that_never_spoke_has_a_lane_and_a_death)
{
	run(with_silent_child);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM agent WHERE process_id = 2 AND role ="
		" 'main' AND path = 'M.1' AND ended_ns IS NOT NULL"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM process WHERE"
					 " id = 2 AND exitcode = -9"), 1);
	ck_assert_int_eq(trace_errors(path), 0);
}
END_TEST

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

/* ---- load ---- */

#define MANY 200000

static int many_ticks(struct ring_writer *w)
{
	for (int i = 0; i < MANY; i++)
		ring_write(w, TRACE_TICK, 0, i, 0);
	return 0;
}

static int busy_program(void)
{
	pid_t pids[3];
	const char *names[] = { "M.1", "M.2", "M.3" };

	if (begin(8 * TRACE_CHUNK_BYTES))
		return 99;
	for (uint32_t i = 0; i < 3; i++)
		pids[i] = child(2 + i, names[i], many_ticks);
	for (uint32_t i = 0; i < 3; i++)
		join(2 + i, pids[i]);
	return say_exit(0);
}

START_TEST(tiny_ring_loses_nothing_and_order_is_time)
{
	ck_assert_int_eq(run(busy_program), 0);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event"
					 " WHERE kind = 12"), 3L * MANY);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM (SELECT agent_id, a, lag(a) OVER"
		" (PARTITION BY agent_id ORDER BY seq) AS p FROM event WHERE"
		" kind = 12) WHERE a <> ifnull(p, -1) + 1"), 0);
	ck_assert_int_eq(trace_errors(path), 0);
}
END_TEST

static int source_program(void)
{
	char text[PATH_MAX + 16];
	int length;

	if (chdir(folder) < 0 || begin(0))
		return 99;
	length = snprintf(text, sizeof(text), "prog.c%cmain", 0);
	ring_write_text(&m, TRACE_SITE_NEW, 5, 12, text, (size_t)length);
	return say_exit(0);
}

START_TEST(source_named_by_a_site_is_in_the_trace)
{
	const char *name = in_folder(folder, "prog.c");
	int fd = open(name, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_eq(write(fd, "int main;\n", 10), 10);
	close(fd);
	ck_assert_int_eq(run(source_program), 0);
	char *text = trace_ask_text(path, "SELECT text FROM source WHERE"
					  " path = 'prog.c'");
	ck_assert_str_eq(text, "int main;\n");
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("companion");
	TCase *tcase = tcase_create("companion");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, make_folder, remove_folder);
	tcase_add_test(tcase, recording_ends_as_one_plain_closed_file);
	tcase_add_test(tcase, process_rows_are_complete);
	tcase_add_test(tcase, killed_process_is_complete_with_its_last_event);
	tcase_add_test(tcase, killed_main_process_is_complete);
	tcase_add_test(tcase, event_that_was_not_finished_is_not_there);
	tcase_add_test(tcase, process_that_never_spoke_has_a_lane_and_a_death);
	tcase_add_test(tcase, companion_is_no_child_of_the_program);
	tcase_add_test(tcase, companion_holds_no_descriptor_of_the_program);
	tcase_add_test(tcase, program_hears_that_the_companion_is_gone);
	tcase_add_test(tcase, file_that_exists_is_never_overwritten);
	tcase_add_test(tcase, finished_trace_is_not_recorded_into);
	tcase_add_test(tcase, prepared_trace_is_adopted);
	tcase_add_test(tcase, folder_that_does_not_exist_is_an_error);
	tcase_add_test(tcase, tiny_ring_loses_nothing_and_order_is_time);
	tcase_add_test(tcase, source_named_by_a_site_is_in_the_trace);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
