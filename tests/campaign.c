/* tests/campaign.c - kill whatever runs, whenever, and look for what is missing
 *
 * campaign [ROUNDS [SEED]]: in each round a program with several processes records
 * ticks. Each process counts in shared memory, right after mp_tick() has
 * returned, and many are killed: every one sets a timer whose signal is SIGKILL.
 * Afterwards every tick that was counted must be in the trace, once and in
 * order, none of them torn, and the trace must not contradict itself. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "mp.h"
#include "tests/support/rerun.h"
#include "traces/check.h"
#include "traces/event.h"
#include "traces/wait.h"

#define WRITERS 8		/* processes of a round, at most */
#define TICKS 6000		/* of a process, at most */
#define COUNTERS_FD 200		/* where the program finds the counters */

/* One line a process, so that they do not disturb each other. */
struct counter {
	alignas(64) _Atomic uint64_t ticks;	/* recorded for certain */
};

static struct counter *counters;

/* ---- chance ---- */

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t seed;

static uint64_t chance(uint64_t limit)
{
	seed += UINT64_C(0x9e3779b97f4a7c15);
	return mix(seed) % limit;
}

/* ---- the program ---- */

static void map_counters(int fd)
{
	counters = mmap(NULL, WRITERS * sizeof(*counters),
			PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (counters == MAP_FAILED)
		abort();
}

/* A timer belongs to the process that made it: nobody else can be hit. */
static void set_time_bomb(uint64_t ns)
{
	struct sigevent kill = { .sigev_notify = SIGEV_SIGNAL,
				 .sigev_signo = SIGKILL };
	struct itimerspec in = { .it_value.tv_nsec = (long)ns + 1 };
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, &kill, &timer) < 0
	    || timer_settime(timer, 0, &in, NULL) < 0)
		abort();
}

static void record_ticks(uint64_t writer, uint64_t count)
{
	for (uint64_t n = 0; n < count; n++) {
		uint64_t a = writer << 32 | n;

		mp_tick((int64_t)a, (int64_t)mix(a));
		atomic_store_explicit(&counters[writer].ticks, n + 1,
				      memory_order_release);
	}
}

static int write_ticks(struct mp_call *call)
{
	long writer;
	struct mp_process *child = NULL;

	if (mp_bind(call, "writer", &writer) < 0)
		return mp_raise();
	seed += (uint64_t)writer << 40;
	if (chance(4) > 0)
		set_time_bomb(chance(3000000));
	/* The lower half may have a child each. */
	if (writer < WRITERS / 2 && chance(2) == 0) {
		child = mp_Process(.target = write_ticks,
				   .args = mp_tuple(writer + WRITERS / 2));
		mp_process_start(child);
	}
	record_ticks((uint64_t)writer, chance(TICKS));
	if (child && chance(2) == 0)
		mp_process_kill(child);
	return chance(2) == 0 ? 0 : mp_raise_error(MP_EUSER, "chance");
}

static int program(const char *argument)
{
	struct mp_process *children[WRITERS / 2];

	seed = strtoull(argument, NULL, 10);
	map_counters(COUNTERS_FD);
	fclose(stderr);
	if (chance(4) == 0)
		set_time_bomb(chance(8000000));
	for (long i = 1; i < WRITERS / 2; i++) {
		children[i] = mp_Process(.target = write_ticks,
					 .args = mp_tuple(i),
					 .daemon = false);
		mp_process_start(children[i]);
	}
	record_ticks(0, chance(TICKS));
	for (int i = 1; i < WRITERS / 2; i++) {
		if (chance(4) == 0)
			mp_process_terminate(children[i]);
		mp_process_join(children[i], MP_FOREVER);
	}
	return 0;
}

/* ---- the judge ---- */

struct verdict {
	uint64_t events, ticks, killed;
	uint64_t lost, twice, torn, wrong;	/* what must not be */
};

static void judge_tick(struct verdict *verdict, uint64_t *next, uint64_t a,
		       uint64_t b)
{
	uint64_t writer = a >> 32, n = a & UINT32_MAX;

	verdict->ticks++;
	if (b != mix(a) || writer >= WRITERS) {
		verdict->torn++;
		return;
	}
	if (n < next[writer])
		verdict->twice++;
	else
		verdict->lost += n - next[writer];
	if (n >= next[writer])
		next[writer] = n + 1;
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t value = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK
	    && sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return value;
}

static void judge_ticks(struct verdict *verdict, sqlite3 *db)
{
	uint64_t next[WRITERS] = { 0 };
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db, "SELECT a, b FROM event WHERE kind = ?"
				   " ORDER BY seq", -1, &stmt, NULL)
	    != SQLITE_OK) {
		verdict->wrong++;
		return;
	}
	sqlite3_bind_int(stmt, 1, TRACE_TICK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		judge_tick(verdict, next,
			   (uint64_t)sqlite3_column_int64(stmt, 0),
			   (uint64_t)sqlite3_column_int64(stmt, 1));
	sqlite3_finalize(stmt);
	/* One may have been recorded and not yet counted. */
	for (int i = 0; i < WRITERS; i++) {
		uint64_t counted = atomic_load(&counters[i].ticks);
		if (next[i] < counted)
			verdict->lost += counted - next[i];
		else if (next[i] > counted + 1)
			verdict->wrong++;
	}
}

static void complain(void *unused, const struct trace_violation *violation)
{
	(void)unused;
	fprintf(stderr, "campaign: %s: %s (%s, seq %" PRIu64 ")\n",
		violation->invariant.name, violation->invariant.sentence,
		violation->what, violation->seq);
}

static void judge(struct verdict *verdict, const struct rerun *run)
{
	struct trace_checker checker = { .violated = complain };
	char error[256] = "";
	sqlite3 *db;

	if (sqlite3_open_v2(run->trace, &db, SQLITE_OPEN_READONLY, NULL)
	    != SQLITE_OK)
		verdict->wrong++;
	judge_ticks(verdict, db);
	int64_t events = number(db, "SELECT count(*) FROM event");
	verdict->events += events > 0 ? (uint64_t)events : 0;
	verdict->killed += (uint64_t)number(
		db, "SELECT count(*) FROM process WHERE exitcode = -9");
	if (number(db, "SELECT count(*) FROM process WHERE started_ns > 0"
		       " AND (exited_ns IS NULL OR ended_by IS NULL)") != 0)
		verdict->wrong++;
	sqlite3_close(db);
	if (trace_check(run->trace, &checker, error, sizeof(error)) != 0) {
		fprintf(stderr, "campaign: %s does not hold together %s\n",
			run->trace, error);
		verdict->wrong++;
	}
}

static bool is_clean(const struct verdict *verdict)
{
	return !verdict->lost && !verdict->twice && !verdict->torn
	       && !verdict->wrong;
}

/* ---- the rounds ---- */

/* A trace that is not as it should be stays where it is, to be looked at. */
static void play(struct verdict *verdict, uint64_t round_seed)
{
	static const char *const megabytes[] = { "1", "2", "32" };
	struct rerun run;
	char argument[32];

	memset(counters, 0, WRITERS * sizeof(*counters));
	seed = round_seed;
	setenv("FORKSCOPE_BUFFER", megabytes[chance(3)], 1);
	snprintf(argument, sizeof(argument), "%" PRIu64, round_seed);
	rerun_begin(&run);
	rerun_start(&run, run.trace, "round", argument);
	if (rerun_finish(&run) == TRACE_WAIT_CLOSED)
		judge(verdict, &run);
	else
		verdict->wrong++;
	if (is_clean(verdict))
		rerun_end(&run);
	else
		fprintf(stderr, "campaign: seed %s, see %s\n", argument,
			run.trace);
}

static const struct rerun_program programs[] = {
	{ "round", program },
	{ NULL, NULL }
};

static void make_counters(void)
{
	int fd = memfd_create("counters", 0);

	if (fd < 0 || ftruncate(fd, WRITERS * sizeof(*counters)) < 0
	    || dup2(fd, COUNTERS_FD) < 0)
		abort();
	close(fd);
	map_counters(COUNTERS_FD);
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 50;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10)
				  : (uint64_t)time(NULL) << 20;
	struct verdict verdict = { 0 };
	unsigned long round = 0;

	if (argc > 1 && rounds == 0)
		return rerun_be(argc, argv, programs);
	make_counters();
	while (round < rounds && is_clean(&verdict))
		play(&verdict, first + round++);
	printf("%lu rounds, %" PRIu64 " processes killed, %" PRIu64
	       " events, %" PRIu64 " ticks: %" PRIu64 " lost, %" PRIu64
	       " twice, %" PRIu64 " torn, %" PRIu64 " other faults\n",
	       round, verdict.killed, verdict.events, verdict.ticks,
	       verdict.lost, verdict.twice, verdict.torn, verdict.wrong);
	return is_clean(&verdict) ? EXIT_SUCCESS : EXIT_FAILURE;
}
