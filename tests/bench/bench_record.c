/* tests/bench/bench_record.c - what a probe costs, inside the library
 *
 * bench_record [ROUNDS]: mp__record is the branch and the write that every
 * operation of the library contains. Recorded, it is measured beside one read of the
 * clock, off beside the loop around it. What a program's call costs as a whole
 * is bench_call's. Exit status 1 if a limit is exceeded. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <time.h>

#include "probe/probe.h"
#include "tests/bench/turns.h"

#define EVENTS 2000		/* of a turn: they fit into the ring */
#define PAUSE_US 2000		/* for the recorder to empty it */

static void loop_nothing(void)
{
	for (int i = 0; i < EVENTS; i++)
		__asm__ volatile("" : : "r"(i) : "memory");
}

static void loop_clock(void)
{
	for (int i = 0; i < EVENTS; i++) {
		struct timespec t;
		clock_gettime(CLOCK_MONOTONIC, &t);
		__asm__ volatile("" : : "m"(t) : "memory");
	}
}

/* "memory": whether it is off is looked up anew each time. */
static void loop_probe(void)
{
	for (int i = 0; i < EVENTS; i++) {
		mp__record(TRACE_TICK, 0, i, 0);
		__asm__ volatile("" : : "r"(i) : "memory");
	}
}

enum { NOTHING, CLOCK, PROBE, BODIES };

static int measure(int rounds, bool is_recorded)
{
	static void (*const bodies[BODIES])(void) = {
		loop_nothing, loop_clock, loop_probe,
	};
	const struct turns_row on = { "probe, recorded", PROBE,
				      "clock_gettime", CLOCK, EVENTS, 1.5, 0 };
	const struct turns_row off = { "probe, off", PROBE, "empty loop",
				       NOTHING, EVENTS, 1, 2 };

	turns_take(bodies, BODIES, rounds, is_recorded ? PAUSE_US : 0);
	return turns_print(is_recorded ? &on : &off) ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct turns_bench bench = { "ns a probe", 300, EVENTS, measure };

	return turns_main(argc, argv, &bench);
}
