/* tests/check_recording.c - what a recording promises: all of it, and no harm
 *
 * The programs recorded are at the top; the test executes itself to be one. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "companion/recorder.h"
#include "mp.h"
#include "probe/probe.h"
#include "tests/support/gate.h"
#include "tests/support/rerun.h"
#include "traces/check.h"
#include "traces/intake.h"
#include "traces/recover.h"
#include "traces/store.h"
#include "traces/wait.h"

#define TICKS 1000

/* ---- the programs ---- */

static int do_nothing(struct mp_call *call)
{
	(void)call;
	return 0;
}

static int leave(struct mp_call *call)
{
	int code;

	if (mp_bind(call, "code", &code) < 0)
		return mp_raise();
	mp_exit(code);
}

static int leave_at_once(struct mp_call *call)
{
	(void)call;
	_exit(4);
}

static int leave_by_error(struct mp_call *call)
{
	(void)call;
	return mp_raise_error(MP_EVALUE, "on purpose");
}

static int wait_forever(struct mp_call *call)
{
	(void)call;
	mp_sleep(1000);
	return 0;
}

static int tick_and_die(struct mp_call *call)
{
	(void)call;
	for (int i = 0; i < TICKS; i++)
		mp_tick(i, -i);
	raise(SIGKILL);
	return 0;
}

static void run_to_end(struct mp_process *p)
{
	mp_process_start(p);
	mp_process_join(p, MP_FOREVER);
}

static int program_ends(const char *argument)
{
	struct mp_process *terminated = mp_Process(.target = wait_forever);
	struct mp_process *killed = mp_Process(.target = wait_forever);
	struct mp_process *daemon = mp_Process(.target = wait_forever,
					       .daemon = true);
	struct mp_process *never = mp_Process(.target = do_nothing);

	(void)argument;
	(void)never;
	run_to_end(mp_Process(.target = do_nothing));
	run_to_end(mp_Process(.target = leave, .args = mp_tuple(3)));
	run_to_end(mp_Process(.target = leave_at_once));
	run_to_end(mp_Process(.target = leave_by_error));
	run_to_end(mp_Process(.target = tick_and_die));
	mp_process_start(terminated);
	mp_process_terminate(terminated);
	mp_process_join(terminated, MP_FOREVER);
	mp_process_start(killed);
	mp_process_kill(killed);
	mp_process_join(killed, MP_FOREVER);
	mp_process_start(daemon);
	mp_exit(7);
}

/* The child is dead for a while before its parent takes note. */
static int program_late_parent(const char *argument)
{
	struct mp_process *p = mp_Process(.target = do_nothing);

	(void)argument;
	mp_process_start(p);
	struct pollfd fd = { mp_process_sentinel(p), POLLIN, 0 };
	if (poll(&fd, 1, 20000) != 1)
		return 1;
	mp_sleep(0.05);
	return mp_process_join(p, MP_FOREVER);
}

static int print_line(struct mp_call *call)
{
	(void)call;
	mp_print("from the child");
	return 0;
}

static int program_prints(const char *argument)
{
	(void)argument;
	mp_print("to stdout");
	fprintf(stderr, "to stderr\n");
	run_to_end(mp_Process(.target = print_line));
	printf("no newline");
	return 3;
}

static int program_raw_fork(const char *argument)
{
	(void)argument;
	mp_tick(1, 0);
	pid_t pid = fork();
	if (pid == 0) {
		mp_tick(2, 0);
		run_to_end(mp_Process(.target = do_nothing));
		exit(5);
	}
	int status;
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 5)
		return 1;
	mp_tick(3, 0);
	return 0;
}

static pid_t companion(void)
{
	return mp__ring ? atomic_load(&mp__ring->companion_pid) : -1;
}

static void wait_until_dead(pid_t pid)
{
	struct pollfd fd = { mp__pidfd_open(pid), POLLIN, 0 };

	if (fd.fd >= 0)
		poll(&fd, 1, 20000);
	close(fd.fd);
}

/* More ticks than the ring has room for: they must not wait for the dead. */
static int program_loses_its_companion(const char *argument)
{
	pid_t pid = companion();

	for (int i = 0; i < TICKS; i++)
		mp_tick(i, 0);
	mp_print("before");
	kill(pid, SIGKILL);
	wait_until_dead(pid);
	for (int i = 0; i < atoi(argument); i++)
		mp_tick(i, 1);
	run_to_end(mp_Process(.target = print_line));
	mp_print("after");
	return 0;
}

static int program_is_alone(const char *argument)
{
	(void)argument;
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD)
		return 1;
	/* Stopped it can close nothing late. */
	kill(companion(), SIGSTOP);
	mp_print("%d", (int)companion());
	_exit(0);
}

static int program_keeps_errno(const char *argument)
{
	(void)argument;
	for (int i = 0; i < 10 * TICKS; i++) {
		errno = 123;
		mp_tick(i, 0);
		if (errno != 123)
			return 1;
	}
	return 0;
}

static const struct rerun_program programs[] = {
	{ "ends", program_ends },
	{ "late_parent", program_late_parent },
	{ "prints", program_prints },
	{ "raw_fork", program_raw_fork },
	{ "loses_its_companion", program_loses_its_companion },
	{ "is_alone", program_is_alone },
	{ "keeps_errno", program_keeps_errno },
	{ NULL, NULL }
};

/* ---- what they leave ---- */

static struct rerun run;

static void complain(void *unused, const struct trace_violation *violation)
{
	(void)unused;
	fprintf(stderr, "%s: %s (%s, seq %llu)\n", violation->invariant.name,
		violation->invariant.sentence, violation->what,
		(unsigned long long)violation->seq);
}

static void assert_is_consistent(void)
{
	struct trace_checker checker = { .violated = complain };
	char error[256] = "";

	ck_assert_msg(trace_check(run.trace, &checker, error, sizeof(error))
		      == 0, "%s", error);
}

static void assert_is_alone_in_its_folder(void)
{
	DIR *folder = opendir(run.folder);
	struct dirent *entry;

	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			ck_assert_str_eq(entry->d_name, "x.fscope");
	closedir(folder);
}

static void record(const char *program)
{
	rerun(&run, program, "");
	assert_is_alone_in_its_folder();
	assert_is_consistent();
}

#define assert_answer(sql, answer) ck_assert_str_eq(rerun_ask(&run, sql), answer)

START_TEST(a_finished_trace_is_one_file)
{
	record("prints");
	assert_answer("SELECT value FROM meta WHERE key = 'state'", "closed");
	assert_answer("SELECT value FROM meta WHERE key = 'lost'", "0");
	assert_answer("PRAGMA journal_mode", "delete");
}
END_TEST

START_TEST(each_way_to_end_is_told)
{
	record("ends");
	assert_answer("SELECT path, name, exitcode, ended_by FROM process"
		      " ORDER BY created_ns",
		      "M|MainProcess|7|exit\n"
		      "M.1|Process-1|-15|terminate\n"
		      "M.2|Process-2|-9|kill\n"
		      "M.3|Process-3|-15|daemon\n"
		      "M.4|Process-4|-|-\n"
		      "M.5|Process-5|0|return\n"
		      "M.6|Process-6|3|exit\n"
		      "M.7|Process-7|4|exit\n"
		      "M.8|Process-8|1|exit\n"
		      "M.9|Process-9|-9|signal");
	assert_answer("SELECT count(*) FROM process WHERE path <> 'M.4'"
		      " AND (started_ns IS NULL OR exited_ns IS NULL"
		      " OR pid IS NULL)", "0");
	assert_answer("SELECT count(*) FROM process WHERE parent_id = 1"
		      " AND reaped_ns >= exited_ns", "8");
}
END_TEST

START_TEST(what_was_recorded_before_a_sigkill_is_there)
{
	record("ends");
	assert_answer("SELECT count(*), min(e.a), max(e.a), sum(e.a + e.b)"
		      " FROM event AS e JOIN agent AS g ON g.id = e.agent_id"
		      " WHERE g.path = 'M.9' AND e.kind = 12",
		      "1000|0|999|0");
	assert_answer("SELECT count(*) FROM (SELECT a, lag(a) OVER"
		      " (ORDER BY seq) AS before FROM event WHERE kind = 12)"
		      " WHERE a <> before + 1", "0");
}
END_TEST

START_TEST(a_zombie_lasts_from_death_to_reap)
{
	record("late_parent");
	assert_answer("SELECT p.path, z.end_ns > z.begin_ns,"
		      " z.begin_ns = p.exited_ns, z.end_ns = p.reaped_ns"
		      " FROM zombie AS z JOIN process AS p"
		      " ON p.id = z.process_id", "M.1|1|1|1");
}
END_TEST

START_TEST(printed_lines_are_there_with_stream_and_agent)
{
	record("prints");
	ck_assert_str_eq(run.out, "to stdout\nfrom the child\nno newline");
	ck_assert_str_eq(run.err, "to stderr\n");
	assert_answer("SELECT g.path, o.stream, o.line, o.partial FROM output"
		      " AS o JOIN agent AS g ON g.id = o.agent_id"
		      " ORDER BY o.seq",
		      "M|1|to stdout|0\nM|2|to stderr|0\n"
		      "M.1|1|from the child|0\nM|1|no newline|1");
}
END_TEST

START_TEST(a_fork_of_the_program_is_a_process_of_its_own)
{
	record("raw_fork");
	ck_assert_int_eq(run.status, 0);
	assert_answer("SELECT count(*), sum(path LIKE 'M.f%'),"
		      " sum(path LIKE 'M.f%.1'), count(exited_ns),"
		      " count(DISTINCT pid) FROM process", "3|2|1|3|3");
	assert_answer("SELECT exitcode FROM process WHERE path LIKE 'M.f_'",
		      "5");
	assert_answer("SELECT e.a, substr(p.path, 1, 3) FROM event AS e"
		      " JOIN agent AS g ON g.id = e.agent_id"
		      " JOIN process AS p ON p.id = g.process_id"
		      " WHERE e.kind = 12 ORDER BY e.seq", "1|M\n2|M.f\n3|M");
}
END_TEST

/* ---- no harm ---- */

static void assert_prints_the_same(void)
{
	ck_assert_int_eq(WEXITSTATUS(run.status), 3);
	ck_assert_str_eq(run.out, "to stdout\nfrom the child\nno newline");
}

START_TEST(recording_changes_neither_output_nor_exit_code)
{
	rerun_begin(&run);
	rerun_start(&run, NULL, "prints", "");
	rerun_finish(&run);
	assert_prints_the_same();
	ck_assert_int_eq(access(run.trace, F_OK), -1);
	rerun_end(&run);
	rerun(&run, "prints", "");
	assert_prints_the_same();
}
END_TEST

START_TEST(an_existing_file_is_not_overwritten)
{
	char text[32] = "";

	rerun_begin(&run);
	int fd = open(run.trace, O_CREAT | O_RDWR, 0600);
	ck_assert_int_eq(write(fd, "precious", 8), 8);
	rerun_start(&run, run.trace, "prints", "");
	ck_assert_int_eq(rerun_finish(&run), TRACE_WAIT_CLOSED);
	assert_prints_the_same();
	ck_assert_ptr_nonnull(strstr(run.err, "not recorded"));
	ck_assert_int_eq(pread(fd, text, sizeof(text), 0), 8);
	ck_assert_str_eq(text, "precious");
	close(fd);
	assert_is_alone_in_its_folder();
}
END_TEST

START_TEST(a_path_that_cannot_be_written_stops_nothing)
{
	static const char *const paths[] = { "/no/such/folder/x.fscope", "/",
					     "/dev/null/x", "/proc/x" };

	rerun_begin(&run);
	rerun_start(&run, paths[_i], "prints", "");
	rerun_finish(&run);
	assert_prints_the_same();
	ck_assert_ptr_nonnull(strstr(run.err, "not recorded"));
}
END_TEST

START_TEST(errno_is_kept)
{
	record("keeps_errno");
	ck_assert_int_eq(run.status, 0);
}
END_TEST

static void lose_the_companion(const char *how)
{
	rerun_begin(&run);
	rerun_start(&run, run.trace, "loses_its_companion", how);
	ck_assert_int_eq(rerun_finish(&run), TRACE_WAIT_BROKEN);
	ck_assert_str_eq(run.out, "before\nfrom the child\nafter\n");
	ck_assert_int_eq(run.status, 0);
}

static void recover(void)
{
	struct trace_recover_report report = { 0 };
	char error[256] = "";

	ck_assert_msg(trace_recover(run.trace, &report, error, sizeof(error))
		      == TRACE_RECOVERED, "%s", error);
	assert_is_alone_in_its_folder();
	assert_is_consistent();
}

START_TEST(without_its_companion_the_program_runs_on)
{
	lose_the_companion("0");
	recover();
	assert_answer("SELECT count(*), min(a), max(a) FROM event"
		      " WHERE kind = 12 AND b = 0", "1000|0|999");
	assert_answer("SELECT value FROM meta WHERE key = 'state'",
		      "recovered");
	assert_answer("SELECT line FROM output WHERE line = 'before'",
		      "before");
}
END_TEST

START_TEST(a_full_ring_does_not_wait_for_a_dead_companion)
{
	setenv("FORKSCOPE_BUFFER", "1", 1);
	lose_the_companion("1000000");
	recover();
	assert_answer("SELECT count(*) FROM event WHERE kind = 12 AND b = 0",
		      "1000");
}
END_TEST

/* Where no init reaps orphans, as in many containers. */
START_TEST(a_zombie_companion_is_known_to_be_dead)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	setenv("FORKSCOPE_BUFFER", "1", 1);
	lose_the_companion("1000000");
}
END_TEST

START_TEST(the_companion_is_no_child_and_holds_no_pipe)
{
	struct gate gate;

	gate_make(&gate);
	rerun_begin(&run);
	rerun_start(&run, run.trace, "is_alone", "");
	rerun_wait(&run);
	ck_assert_int_eq(run.status, 0);
	ck_assert(gate_is_deserted(&gate));
	/* It is stopped now, and so rerun_finish could not see the ends of
	 * stdout and stderr if it held them. */
	char pid[32] = "";
	ck_assert_int_gt(read(run.out_fd, pid, sizeof(pid) - 1), 0);
	struct pollfd ends[2] = { { run.out_fd, POLLIN, 0 },
				  { run.err_fd, POLLIN, 0 } };
	ck_assert_int_eq(poll(&ends[0], 1, 20000), 1);
	ck_assert_int_eq(poll(&ends[1], 1, 20000), 1);
	ck_assert_int_eq(ends[0].revents | ends[1].revents, POLLHUP);
	kill(atoi(pid), SIGCONT);
	ck_assert_int_eq(rerun_finish(&run), TRACE_WAIT_CLOSED);
	assert_is_consistent();
	gate_close(&gate);
}
END_TEST

/* ---- order, where the kernel's choice would show it once in a thousand ---- */

static struct trace_store *store;
static struct trace_intake *intake;

static void open_store(void)
{
	char error[256];

	rerun_begin(&run);
	ck_assert_int_eq(trace_store_create(run.trace, &store, error,
					    sizeof(error)), 0);
	trace_store_begin(store);
	intake = trace_intake_new(store, 0);
}

static void close_store(void)
{
	trace_intake_finish(intake, 1000000);
	ck_assert_int_eq(trace_intake_commit(intake), 0);
	trace_intake_free(intake);
	trace_store_close(store, true);
}

static void add_tick(uint32_t agent, uint64_t index, uint64_t t_ns)
{
	struct trace_slot slot = { .t_ns = t_ns, .kind = TRACE_TICK };
	struct trace_run one = { agent, 0, index, &slot, 1 };

	ck_assert_int_eq(trace_intake_add(intake, &one), 0);
}

/* Agent 1 has nothing more before the watermark, agent 2 has. */
START_TEST(a_death_does_not_overtake_what_was_before_it)
{
	open_store();
	add_tick(1, 0, 10);
	add_tick(1, 1, 100);
	add_tick(2, 0, 20);
	add_tick(2, 1, 30);
	ck_assert_int_eq(trace_intake_died(intake, 9, 40, 0), 0);
	while (trace_intake_emit(intake, 50, 4096))
		;
	close_store();
	assert_answer("SELECT t_ns, kind FROM event ORDER BY seq",
		      "10|12\n20|12\n30|12\n40|36\n100|12");
}
END_TEST

static void fill_chunk(struct trace_ring *ring, uint32_t number)
{
	struct trace_chunk *chunk = (struct trace_chunk *)(
		(char *)ring + TRACE_RING_HEADER_BYTES
		+ (size_t)number * TRACE_CHUNK_BYTES);

	chunk->serial = (uint64_t)number * TRACE_CHUNK_SLOTS;
	for (uint32_t i = 0; i < TRACE_CHUNK_SLOTS; i++)
		chunk->slots[i] = (struct trace_slot){
			.t_ns = chunk->serial + i + 1, .kind = TRACE_TICK,
			.a = (int64_t)(chunk->serial + i),
		};
	chunk->head = TRACE_CHUNK_SLOTS;
	chunk->flags = TRACE_CHUNK_FULL;
	chunk->owner = 7;
}

/* A pass is interrupted after it has looked at chunk 0, and goes on when its
 * writer has filled it and all the others. */
START_TEST(chunks_wait_for_the_one_before_them)
{
	enum { CHUNKS = 16 };
	struct trace_ring *ring = calloc(CHUNKS + 1, TRACE_CHUNK_BYTES);
	struct mp__rings rings;

	open_store();
	ring->chunk_count = CHUNKS;
	ck_assert_int_eq(mp__rings_init(&rings, ring), 0);
	for (uint32_t i = 1; i < CHUNKS; i++)
		fill_chunk(ring, i);
	mp__rings_look(&rings, intake);
	ck_assert_int_eq(mp__rings_feed(&rings, intake), 0);
	fill_chunk(ring, 0);
	mp__rings_look(&rings, intake);
	ck_assert_int_eq(mp__rings_feed(&rings, intake), 0);
	mp__rings_finish(&rings);
	close_store();
	assert_answer("SELECT count(*) = 16 * 510, sum(seq <> a + 1)"
		      " FROM event WHERE kind = 12", "1|0");
	free(ring);
}
END_TEST

/* ---- the suite ---- */

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

static void tear_down(void)
{
	rerun_end(&run);
}

static Suite *recording_suite(void)
{
	Suite *suite = suite_create("recording");
	TCase *tc = tcase_create("recording");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_finished_trace_is_one_file);
	tcase_add_test(tc, each_way_to_end_is_told);
	tcase_add_test(tc, what_was_recorded_before_a_sigkill_is_there);
	tcase_add_test(tc, a_zombie_lasts_from_death_to_reap);
	tcase_add_test(tc, printed_lines_are_there_with_stream_and_agent);
	tcase_add_test(tc, a_fork_of_the_program_is_a_process_of_its_own);
	tcase_add_test(tc, recording_changes_neither_output_nor_exit_code);
	tcase_add_test(tc, an_existing_file_is_not_overwritten);
	tcase_add_loop_test(tc, a_path_that_cannot_be_written_stops_nothing, 0,
			    4);
	tcase_add_test(tc, errno_is_kept);
	tcase_add_test(tc, without_its_companion_the_program_runs_on);
	tcase_add_test(tc, a_full_ring_does_not_wait_for_a_dead_companion);
	tcase_add_test(tc, a_zombie_companion_is_known_to_be_dead);
	tcase_add_test(tc, the_companion_is_no_child_and_holds_no_pipe);
	tcase_add_test(tc, a_death_does_not_overtake_what_was_before_it);
	tcase_add_test(tc, chunks_wait_for_the_one_before_them);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	int code = rerun_be(argc, argv, programs);

	if (code >= 0)
		return code;
	SRunner *runner = srunner_create(recording_suite());
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
