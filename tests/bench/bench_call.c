/* tests/bench/bench_call.c - what an event costs the program that records it
 *
 * bench_call [ROUNDS]: linked with the library as it is installed, so that mp_tick is
 * the whole of it: the macro that notes the place, the call into another object,
 * the event. Recorded, it is measured beside one read of the clock; off beside
 * a call into libc that does nothing. Exit status 1 if a limit is exceeded. */
#include <stdlib.h>
#include <time.h>

#include "mp.h"
#include "tests/bench/turns.h"

#define EVENTS 2000		/* of a turn: they fit into the ring */
#define PAUSE_US 2000		/* for the recorder to empty it */

static void loop_call(void)
{
	long (*volatile nothing)(long) = labs;

	for (int i = 0; i < EVENTS; i++)
		nothing(i);
}

static void loop_clock(void)
{
	for (int i = 0; i < EVENTS; i++) {
		struct timespec t;
		clock_gettime(CLOCK_MONOTONIC, &t);
		__asm__ volatile("" : : "m"(t) : "memory");
	}
}

static void loop_tick(void)
{
	for (int i = 0; i < EVENTS; i++)
		mp_tick(i, 0);
}

enum { CALL, CLOCK, TICK, BODIES };

static int measure(int rounds, bool is_recorded)
{
	static void (*const bodies[BODIES])(void) = {
		loop_call, loop_clock, loop_tick,
	};
	const struct turns_row on = { "mp_tick, recorded", TICK,
				      "clock_gettime", CLOCK, EVENTS, 1.5, 0 };
	const struct turns_row off = { "mp_tick, off", TICK, "call into libc",
				       CALL, EVENTS, 1, 2 };

	turns_take(bodies, BODIES, rounds, is_recorded ? PAUSE_US : 0);
	return turns_print(is_recorded ? &on : &off) ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct turns_bench bench = { "ns a call", 300, EVENTS, measure };

	return turns_main(argc, argv, &bench);
}
