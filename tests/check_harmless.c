/* tests/check_harmless.c - being recorded does a program no harm
 *
 * Not when the trace cannot be written, and not when its companion is killed. The
 * programs are at the top; the test executes itself to be one. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "mp.h"
#include "probe/probe.h"
#include "tests/support/gate.h"
#include "tests/support/recorded.h"
#include "traces/recover.h"
#include "traces/wait.h"

#define TICKS 1000

/* ---- the programs ---- */

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
	{ "prints", program_prints },
	{ "loses_its_companion", program_loses_its_companion },
	{ "is_alone", program_is_alone },
	{ "keeps_errno", program_keeps_errno },
	{ NULL, NULL }
};

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

static Suite *harmless_suite(void)
{
	Suite *suite = suite_create("harmless");
	TCase *tc = tcase_create("harmless");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, recording_changes_neither_output_nor_exit_code);
	tcase_add_test(tc, an_existing_file_is_not_overwritten);
	tcase_add_loop_test(tc, a_path_that_cannot_be_written_stops_nothing, 0,
			    4);
	tcase_add_test(tc, errno_is_kept);
	tcase_add_test(tc, without_its_companion_the_program_runs_on);
	tcase_add_test(tc, a_full_ring_does_not_wait_for_a_dead_companion);
	tcase_add_test(tc, a_zombie_companion_is_known_to_be_dead);
	tcase_add_test(tc, the_companion_is_no_child_and_holds_no_pipe);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	return rerun_main(argc, argv, programs, harmless_suite);
}
