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
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "companion/companion.h"
#include "tests/support/gate.h"
#include "tests/support/ring_writer.h"
#include "tests/support/trace_query.h"
#include "traces/recover.h"
#include "traces/store.h"
#include "traces/wait.h"

static char *folder;
static char path[PATH_MAX];
static struct trace_recover_report report;
static char error[256];

static void make_folder(void)
{
	folder = folder_make();
	ck_assert_ptr_nonnull(folder);
	snprintf(path, sizeof(path), "%s/x.fscope", folder);
}

static void remove_folder(void)
{
	folder_remove(folder);
}

static int recover(void)
{
	error[0] = '\0';
	return trace_recover(path, &report, error, sizeof(error));
}

/* ---- a companion killed at any moment ---- */

struct count {			/* shared with the program */
	_Atomic long published[2];
	_Atomic int companion;
};

/* Two processes write until the ring is full and nobody empties it. */
static _Noreturn void program(struct count *count, size_t ring_bytes)
{
	struct mp__companion_options options = { .trace_path = path,
						 .ring_bytes = ring_bytes };
	struct mp__companion companion;

	if (mp__companion_start(&options, &companion))
		_exit(99);
	struct ring_writer m = ring_writer(companion.ring, 1, 1);
	ring_introduce(&m, "M");
	ring_write_text(&m, TRACE_PROC_NEW, 2, 0, "M.1\0child", 9);
	pid_t pid = fork();
	long i = pid == 0;
	struct ring_writer child = ring_writer(companion.ring, 2, 2);
	if (pid == 0)
		ring_introduce(&child, "M.1");
	struct ring_writer *w = pid == 0 ? &child : &m;
	atomic_store(&count->companion,
		     atomic_load(&companion.ring->companion_pid));
	for (long n = 0; ring_write(w, TRACE_TICK, 0, n, 0); n++)
		atomic_store(&count->published[i], n + 1);
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	_exit(0);
}

static void wait_a_little(long ns)
{
	const struct timespec t = { .tv_nsec = ns };

	nanosleep(&t, NULL);
}

static long ticks_of(int agent)
{
	char sql[200];

	/* All there, each once: 0, 1, 2, ... There may be none at all. */
	snprintf(sql, sizeof(sql),
		 "SELECT CASE WHEN count(*) = coalesce(max(a), -1) + 1 AND"
		 " count(DISTINCT a) = count(*) THEN count(*) ELSE -1 END FROM"
		 " event WHERE kind = %d AND agent_id = %d", TRACE_TICK, agent);
	return trace_ask(path, sql);
}

START_TEST(nothing_is_lost_or_doubled_when_the_companion_is_killed)
{
	struct count *count = mmap(NULL, sizeof(*count),
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* Small rings spill at once, larger ones only later. */
	size_t bytes = _i % 2 ? 16 * TRACE_CHUNK_BYTES
			      : 256 * TRACE_CHUNK_BYTES;
	pid_t pid = fork();

	if (pid == 0)
		program(count, bytes);
	while (atomic_load(&count->companion) == 0)
		wait_a_little(100000);
	/* The moment is meant to be any: nothing depends on it. Most are early,
	 * for every ms makes thousands of rows. */
	wait_a_little(300000 + 251000L * _i * _i);
	kill(atomic_load(&count->companion), SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(trace_wait_closed(path, 20000000000), TRACE_WAIT_BROKEN);
	ck_assert_msg(recover() == TRACE_RECOVERED, "%s", error);
	ck_assert_int_eq(ticks_of(1), atomic_load(&count->published[0]));
	ck_assert_int_eq(ticks_of(2), atomic_load(&count->published[1]));
	ck_assert_int_eq(trace_errors(path), 0);
	ck_assert_int_lt(access(in_folder(folder, "x.fscope-ring"), F_OK), 0);
	ck_assert_int_lt(access(in_folder(folder, "x.fscope-spill"), F_OK), 0);
	ck_assert_int_lt(access(in_folder(folder, "x.fscope-wal"), F_OK), 0);
	ck_assert_int_eq(trace_wait_closed(path, 0), TRACE_WAIT_CLOSED);
	ck_assert_int_eq(recover(), TRACE_RECOVER_NOTHING);
}
END_TEST

/* ---- what it refuses ---- */

START_TEST(trace_that_is_being_recorded_is_left_alone)
{
	int fd = open(in_folder(folder, "x.fscope-ring"), O_RDWR | O_CREAT,
		      0600);

	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(recover(), TRACE_RECOVER_FAILED);
	ck_assert_ptr_nonnull(strstr(error, "being recorded"));
	close(fd);
}
END_TEST

START_TEST(missing_trace_is_an_error)
{
	ck_assert_int_eq(recover(), TRACE_RECOVER_FAILED);
	ck_assert_ptr_nonnull(strstr(error, "no such trace"));
}
END_TEST

/* ---- ring files made by hand ---- */

#define CHUNKS 8
#define RING_BYTES (TRACE_RING_HEADER_BYTES + CHUNKS * TRACE_CHUNK_BYTES)

static struct trace_ring *make_ring(void)
{
	int fd = open(in_folder(folder, "x.fscope-ring"), O_RDWR | O_CREAT,
		      0600);

	ck_assert_int_eq(ftruncate(fd, RING_BYTES), 0);
	struct trace_ring *ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE,
				       MAP_SHARED, fd, 0);
	close(fd);
	ck_assert_ptr_ne(ring, MAP_FAILED);
	ring->magic = TRACE_RING_MAGIC;
	ring->chunk_count = CHUNKS;
	ring->start_ns = 1000;
	struct ring_writer w = ring_writer(ring, 1, 1);
	ring_introduce(&w, "M");
	for (int i = 0; i < 600; i++)
		ring_write(&w, TRACE_TICK, 0, i, 0);
	ring_write_text(&w, TRACE_OUTPUT, 0, 1, "a line", 6);
	return ring;
}

START_TEST(program_that_still_runs_is_named)
{
	struct gate ready, leave;
	gate_make(&ready);
	gate_make(&leave);
	pid_t pid = fork();
	if (pid == 0) {
		make_ring();
		gate_open(&ready);
		gate_wait(&leave);
		_exit(0);
	}
	ck_assert(gate_wait(&ready));
	ck_assert_int_eq(recover(), TRACE_RECOVER_FAILED);
	ck_assert_int_eq(report.running, pid);
	gate_open(&leave);
	waitpid(pid, NULL, 0);
	ck_assert_int_eq(recover(), TRACE_RECOVERED);
}
END_TEST

START_TEST(ring_without_a_database_gives_a_trace)
{
	munmap(make_ring(), RING_BYTES);
	ck_assert_msg(recover() == TRACE_RECOVERED, "%s", error);
	ck_assert(report.is_new);
	ck_assert_int_eq(ticks_of(1), 600);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM output"), 1);
	ck_assert_int_eq(trace_errors(path), 0);
}
END_TEST

/* Whoever may write to the folder would have us read what he likes. */
START_TEST(ring_elsewhere_is_not_followed)
{
	char ring[512];

	munmap(make_ring(), RING_BYTES);
	strcpy(ring, in_folder(folder, "x.fscope-ring"));
	const char *elsewhere = in_folder(folder, "elsewhere");
	ck_assert_int_eq(rename(ring, elsewhere), 0);
	ck_assert_int_eq(symlink(elsewhere, ring), 0);
	ck_assert_int_eq(recover(), TRACE_RECOVER_FAILED);
	ck_assert_int_eq(access(elsewhere, F_OK), 0);
}
END_TEST

START_TEST(empty_database_is_replaced)
{
	munmap(make_ring(), RING_BYTES);
	close(open(path, O_WRONLY | O_CREAT, 0600));
	ck_assert_msg(recover() == TRACE_RECOVERED, "%s", error);
	ck_assert_int_eq(ticks_of(1), 600);
}
END_TEST

START_TEST(foreign_file_is_not_touched)
{
	munmap(make_ring(), RING_BYTES);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, "precious", 8), 8);
	close(fd);
	ck_assert_int_eq(recover(), TRACE_RECOVER_FAILED);
	struct stat st;
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_size, 8);
}
END_TEST

START_TEST(file_that_is_no_ring_is_refused)
{
	int fd = open(in_folder(folder, "x.fscope-ring"), O_WRONLY | O_CREAT,
		      0600);

	ck_assert_int_eq(write(fd, "not a ring", 10), 10);
	close(fd);
	ck_assert_int_eq(recover(), TRACE_RECOVER_FAILED);
	ck_assert_ptr_nonnull(strstr(error, "not a ring"));
}
END_TEST

START_TEST(spill_of_another_version_is_kept)
{
	const char *spill = in_folder(folder, "x.fscope-spill");

	munmap(make_ring(), RING_BYTES);
	int fd = open(spill, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_eq(write(fd, "pfspill1 and slots", 18), 18);
	close(fd);
	ck_assert_int_eq(recover(), TRACE_RECOVER_FAILED);
	ck_assert_ptr_nonnull(strstr(error, "another version"));
	ck_assert_int_eq(access(in_folder(folder, "x.fscope-spill"), F_OK), 0);
	ck_assert_int_eq(access(in_folder(folder, "x.fscope-ring"), F_OK), 0);
}
END_TEST

START_TEST(huge_chunk_count_is_not_believed)
{
	struct trace_ring *ring = make_ring();

	ring->chunk_count = UINT32_MAX;
	munmap(ring, RING_BYTES);
	ck_assert_int_eq(recover(), TRACE_RECOVERED);
	ck_assert_int_eq(ticks_of(1), 600);
}
END_TEST

START_TEST(damaged_ring_neither_crashes_nor_makes_a_wrong_trace)
{
	uint64_t seed = 88172645463325252u + (uint64_t)_i * 7919;

	unsigned char *bytes = (unsigned char *)make_ring();
	for (int i = 0; i < 200; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		/* Mostly headers and first slots, where it matters. */
		size_t at = TRACE_RING_HEADER_BYTES
			    + (seed >> 20) % 3 * TRACE_CHUNK_BYTES
			    + (seed >> 32) % (i % 2 ? 512 : 16384);
		if (at < RING_BYTES)
			bytes[at] = (unsigned char)(seed >> 8);
	}
	munmap(bytes, RING_BYTES);
	ck_assert_msg(recover() == TRACE_RECOVERED, "%s", error);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM event AS e JOIN event AS p ON p.seq ="
		" e.seq - 1 WHERE e.t_ns < p.t_ns"), 0);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM event WHERE kind NOT IN (SELECT id FROM"
		" event_kind) OR t_ns < 0"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("recover");
	TCase *tcase = tcase_create("recover");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, make_folder, remove_folder);
	tcase_add_loop_test(tcase,
		nothing_is_lost_or_doubled_when_the_companion_is_killed, 0, 12);
	tcase_add_test(tcase, trace_that_is_being_recorded_is_left_alone);
	tcase_add_test(tcase, missing_trace_is_an_error);
	tcase_add_test(tcase, program_that_still_runs_is_named);
	tcase_add_test(tcase, ring_without_a_database_gives_a_trace);
	tcase_add_test(tcase, ring_elsewhere_is_not_followed);
	tcase_add_test(tcase, empty_database_is_replaced);
	tcase_add_test(tcase, foreign_file_is_not_touched);
	tcase_add_test(tcase, file_that_is_no_ring_is_refused);
	tcase_add_test(tcase, spill_of_another_version_is_kept);
	tcase_add_test(tcase, huge_chunk_count_is_not_believed);
	tcase_add_loop_test(tcase,
		damaged_ring_neither_crashes_nor_makes_a_wrong_trace, 0, 60);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
