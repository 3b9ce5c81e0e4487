/* tests/check_recording.c - what a recording promises: all of it
 *
 * The programs recorded are at the top; the test executes itself to be one. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "arena/arena.h"
#include "mp.h"
#include "tests/support/gate.h"
#include "tests/support/recorded.h"

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

/* More often than there are slots for agents, or room in its small ring. */
static int program_cannot_fork(const char *argument)
{
	struct rlimit limit;

	(void)argument;
	/* The limit is not for root. */
	if (getrlimit(RLIMIT_NPROC, &limit) < 0
	    || setrlimit(RLIMIT_NPROC, &(struct rlimit){ 0, limit.rlim_max }) < 0
	    || (geteuid() == 0 && setuid(65534) < 0))
		return 1;
	for (unsigned i = 0; i < MP__AGENT_SLOTS + 100; i++) {
		struct mp_process *p = mp_Process(.target = do_nothing);
		if (mp_process_start(p) != MP_EOS || mp_process_pid(p) > 0)
			return 2;
		mp_process_destroy(p);
	}
	/* LeakSanitizer wants a thread, and to trace us. */
	setrlimit(RLIMIT_NPROC, &limit);
	prctl(PR_SET_DUMPABLE, 1);
	unsigned used = 0;
	for (unsigned i = 0; i < MP__AGENT_SLOTS; i++)
		used += atomic_load(&mp__arena->agents[i].id) != 0;
	return used == 1 ? 0 : 3;
}

/* Two threads at the same line; in one of them it is an argument of another call. */
static struct gate go, gone;

/* A sleep that is over before it is looked at is no event, and a thread's first call of
 * the library takes its time. */
#define A_WHILE 0.2

static double turn(bool is_first)
{
	if (is_first) {
		gate_open(&go);
		gate_wait(&gone);
	}
	return A_WHILE;
}

static double inner(bool is_first)
{
	mp_sleep(turn(is_first));
	return A_WHILE;
}

static void *outer(void *unused)
{
	(void)unused;
	mp_sleep(inner(true));
	return NULL;
}

static int program_threads(const char *unused)
{
	pthread_t thread;

	(void)unused;
	gate_make(&go);
	gate_make(&gone);
	pthread_create(&thread, NULL, outer, NULL);
	gate_wait(&go);
	inner(false);
	gate_open(&gone);
	pthread_join(thread, NULL);
	return 0;
}

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define CAN_STEP
#define STEPS 300
#define TRAP_FLAG 0x100

static struct mp_lock *stepped, *other;
static volatile sig_atomic_t steps_left;

/* Below the stack's end may be what the compiler keeps there. */
static inline void start_stepping(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp; pushfq;"
			 "orq %0, (%%rsp); popfq; lea 128(%%rsp), %%rsp"
			 ::"i"(TRAP_FLAG) : "memory", "cc");
}

/* After each instruction, until it is the one: then this has events, too. */
static void after_step(int signal, siginfo_t *info, void *context)
{
	ucontext_t *interrupted = context;

	(void)signal;
	(void)info;
	if (--steps_left > 0)
		return;
	interrupted->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
	mp_lock_acquire(other, MP_FOREVER);
	mp_lock_release(other);
}

static int program_stepped(const char *argument)
{
	struct sigaction action = { .sa_sigaction = after_step,
				    .sa_flags = SA_SIGINFO };

	(void)argument;
	sigaction(SIGTRAP, &action, NULL);
	stepped = mp_Lock();
	other = mp_Lock();
	for (int i = 0; i < 2 * STEPS; i++) {
		steps_left = i / 2 + 1;
		if (i % 2 == 0)
			start_stepping();
		mp_lock_acquire(stepped, MP_FOREVER);
		if (i % 2 == 1)
			start_stepping();
		mp_lock_release(stepped);
		while (steps_left > 0)
			;
	}
	return 0;
}
#endif

static const struct rerun_program programs[] = {
	{ "cannot_fork", program_cannot_fork },
	{ "ends", program_ends },
	{ "late_parent", program_late_parent },
	{ "prints", program_prints },
	{ "raw_fork", program_raw_fork },
#ifdef CAN_STEP
	{ "stepped", program_stepped },
#endif
	{ "threads", program_threads },
	{ NULL, NULL }
};

/* ---- what they leave ---- */

START_TEST(a_start_that_fails_leaves_nothing_behind)
{
	setenv("FORKSCOPE_BUFFER", "1", 1);
	record("cannot_fork");
	unsetenv("FORKSCOPE_BUFFER");
	ck_assert_int_eq(run.status, 0);
	assert_answer("SELECT count(*), count(started_ns) FROM process",
		      "4197|1");
	assert_answer("SELECT count(*) FROM agent", "1");
}
END_TEST

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

START_TEST(a_place_is_the_thread_s_own)
{
	record("threads");
	ck_assert_int_eq(run.status, 0);
	assert_answer("SELECT s.function, count(*) FROM event AS e"
		      " LEFT JOIN site AS s ON s.id = e.site_id"
		      " WHERE e.kind = 50 GROUP BY 1 ORDER BY 1",
		      "inner|2\nouter|1");
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

#ifdef CAN_STEP
START_TEST(a_signal_between_two_instructions_costs_no_event)
{
	record("stepped");
	ck_assert_int_eq(run.status, 0);
	assert_answer("SELECT count(*) FROM event WHERE kind IN"
		      " (SELECT id FROM event_kind WHERE name IN"
		      " ('lock.acquired', 'lock.released')) AND object_id ="
		      " (SELECT min(id) FROM object WHERE name LIKE 'Lock%')",
		      "1200");
	assert_answer("SELECT value FROM meta WHERE key = 'anomalies'", "0");
	/* Where the handler came into the middle of one, its own are lost, and
	 * that is told. */
	assert_answer("SELECT (SELECT count(*) FROM event WHERE kind IN"
		      " (SELECT id FROM event_kind WHERE name IN"
		      " ('lock.acquired', 'lock.released'))) + value FROM meta"
		      " WHERE key = 'lost'", "2400");
}
END_TEST
#endif

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
#ifdef CAN_STEP
	tcase_add_test(tc,
		       a_signal_between_two_instructions_costs_no_event);
#endif
	tcase_add_test(tc, a_place_is_the_thread_s_own);
	tcase_add_test(tc, a_zombie_lasts_from_death_to_reap);
	tcase_add_test(tc, printed_lines_are_there_with_stream_and_agent);
	tcase_add_test(tc, a_start_that_fails_leaves_nothing_behind);
	tcase_add_test(tc, a_fork_of_the_program_is_a_process_of_its_own);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	return rerun_main(argc, argv, programs, recording_suite);
}
