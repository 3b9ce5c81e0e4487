/* check_companion.c - what the companion makes of a recording */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/gate.h"
#include "tests/support/played.h"
#include "tests/support/trace_query.h"
#include "traces/store.h"

/* ---- how a recording goes ---- */

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
	/* In the library's order: nobody is seen dead before that. */
	ring_write(&m, TRACE_PROC_FORK, 2, pid, 0);
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	mp__companion_watch(&companion, 2, pid, pidfd);
	close(pidfd);
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
	tcase_add_checked_fixture(tcase, played_begin, played_end);
	tcase_add_test(tcase, recording_ends_as_one_plain_closed_file);
	tcase_add_test(tcase, process_rows_are_complete);
	tcase_add_test(tcase, killed_process_is_complete_with_its_last_event);
	tcase_add_test(tcase, killed_main_process_is_complete);
	tcase_add_test(tcase, event_that_was_not_finished_is_not_there);
	tcase_add_test(tcase, process_that_never_spoke_has_a_lane_and_a_death);
	tcase_add_test(tcase, tiny_ring_loses_nothing_and_order_is_time);
	tcase_add_test(tcase, source_named_by_a_site_is_in_the_trace);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
