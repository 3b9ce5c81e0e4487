/* tests/bench/bench_record.c - what an event costs the program that records it
 *
 * bench_record [ROUNDS]: everything is measured in turns, round after round, so
 * that what disturbs the machine disturbs all alike; the smallest and the median of
 * the rounds are printed, the median beside its limit. Exit status 1 if a limit
 * is exceeded. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "mp.h"
#include "probe/probe.h"
#include "tests/support/rerun.h"

#define EVENTS 2000		/* of a turn: they fit into the ring */
#define PAUSE_US 2000		/* for the recorder to empty it */
#define ROUNDS_AT_MOST 10000

/* ---- what is measured ---- */

__attribute__((noinline)) static void empty(int64_t a, int64_t b)
{
	__asm__ volatile("" : : "r"(a), "r"(b) : "memory");
}

static void loop_nothing(void)
{
	for (int i = 0; i < EVENTS; i++)
		__asm__ volatile("" : : "r"(i) : "memory");
}

static void loop_call(void)
{
	for (int i = 0; i < EVENTS; i++)
		empty(i, 0);
}

static void loop_clock(void)
{
	for (int i = 0; i < EVENTS; i++) {
		struct timespec t;
		clock_gettime(CLOCK_MONOTONIC, &t);
		__asm__ volatile("" : : "m"(t) : "memory");
	}
}

static void loop_probe(void)
{
	for (int i = 0; i < EVENTS; i++) {
		mp__record(TRACE_TICK, 0, i, 0);
		__asm__ volatile("" : : : "memory");
	}
}

static void loop_tick(void)
{
	for (int i = 0; i < EVENTS; i++)
		mp_tick(i, 0);
}

enum { NOTHING, CALL, CLOCK, PROBE, TICK, LOOPS };

static void (*const loops[LOOPS])(void) = {
	loop_nothing, loop_call, loop_clock, loop_probe, loop_tick,
};

/* ---- measuring ---- */

/* ns of one iteration, round by round */
static double rounds[LOOPS][ROUNDS_AT_MOST];

static double time_of(void (*loop)(void))
{
	int64_t start = mp__now();

	loop();
	return (double)(mp__now() - start) / EVENTS;
}

static int by_size(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static void measure(int count)
{
	for (int round = 0; round < count; round++) {
		for (int i = 0; i < LOOPS; i++)
			rounds[i][round] = time_of(loops[i]);
		if (mp__ring)
			usleep(PAUSE_US);
	}
	for (int i = 0; i < LOOPS; i++)
		qsort(rounds[i], (size_t)count, sizeof(double), by_size);
}

static bool is_exceeded;

static void row(const char *what, int loop, const char *peer, int peer_loop,
		int count, double factor, double offset)
{
	double least = rounds[loop][0], median = rounds[loop][count / 2];
	double peer_median = rounds[peer_loop][count / 2];
	double limit = factor * peer_median + offset;
	bool ok = median <= limit;

	printf("%-28s %7.2f %7.2f   %-18s %7.2f   %7.2f %s\n", what, least,
	       median, peer, peer_median, limit, ok ? "ok" : "EXCEEDED");
	is_exceeded |= !ok;
}

static int program(const char *argument)
{
	int count = atoi(argument);

	measure(count);
	if (mp__ring) {
		row("mp_tick, recorded", TICK, "clock_gettime", CLOCK, count,
		    1.5, 0);
		row("probe, recorded", PROBE, "clock_gettime", CLOCK, count,
		    1.5, 0);
	} else {
		row("mp_tick, off", TICK, "empty function", CALL, count, 1, 2);
		row("probe, off", PROBE, "empty loop", NOTHING, count, 1, 2);
	}
	return is_exceeded;
}

static const struct rerun_program programs[] = {
	{ "program", program },
	{ NULL, NULL }
};

static int run_program(bool is_recorded, const char *count)
{
	struct rerun run;

	rerun_begin(&run);
	rerun_start(&run, is_recorded ? run.trace : NULL, "program", count);
	rerun_finish(&run);
	fputs(run.out, stdout);
	fputs(run.err, stderr);
	int status = run.status;
	rerun_end(&run);
	return status;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 300;
	char text[16];

	if (argc > 1 && count == 0)
		return rerun_be(argc, argv, programs);
	if (count < 1 || count > ROUNDS_AT_MOST)
		count = ROUNDS_AT_MOST;
	snprintf(text, sizeof(text), "%d", count);
	printf("%-28s %7s %7s   %-18s %7s   %7s\n", "ns an event", "least",
	       "median", "peer", "median", "limit");
	int status = run_program(true, text);
	status |= run_program(false, text);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
