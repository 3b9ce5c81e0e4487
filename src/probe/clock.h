/* probe/clock.h - the clock of the events
 *
 * It shows CLOCK_MONOTONIC, but clock_gettime(2) takes as long as all the rest of
 * an event. Where the kernel itself keeps time by the processor's counter, and so
 * vouches that it runs steadily and alike on all processors, the events are timed by
 * that counter, too, with the rate it had while the recording began: known to some
 * millionths, which is by how much the two clocks drift apart. Elsewhere, and on
 * processors without one, it is clock_gettime(2).
 *
 * A machine that sleeps may set its counter back, or let it run where CLOCK_MONOTONIC
 * stands still. The recorder compares the two with each of its passes; when they have
 * parted, it says so in the ring, and every writer goes back to clock_gettime(2) with
 * its next chunk.
 *
 * What is compared with the time of an event must come from here as well. Deadlines
 * are the kernel's business and stay with mp__now. */
#ifndef MP_PROBE_CLOCK_H
#define MP_PROBE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "traces/event.h"

#ifdef __x86_64__
#define MP__HAS_TICKS 1
#define mp__ticks() __builtin_ia32_rdtsc()
/* Nothing behind it begins before all ahead of it is done. */
#define mp__ticks_fence() __builtin_ia32_lfence()
#else
#define MP__HAS_TICKS 0
#define mp__ticks() UINT64_C(0)
#define mp__ticks_fence() ((void)0)
#endif

/* This process's copy of what the ring says: `scale` 0, no ticks. */
struct mp__event_clock {
	uint64_t ticks, ns, scale;
};
extern struct mp__event_clock mp__event_clock;

static inline uint64_t mp__ticks_to_ns(const struct mp__event_clock *clock,
				       uint64_t ticks)
{
#if MP__HAS_TICKS
	__extension__ typedef unsigned __int128 wide;

	return clock->ns
	       + (uint64_t)((wide)(ticks - clock->ticks) * clock->scale >> 32);
#else
	(void)ticks;
	return clock->ns;
#endif
}

static inline bool mp__has_ticks(void)
{
	return __atomic_load_n(&mp__event_clock.scale, __ATOMIC_RELAXED) != 0;
}

/* mp__event_now - the time of an event, in ns
 * Not before anything that came before it, also if that was to see what another
 * processor has done. */
static inline uint64_t mp__event_now(void)
{
	if (__builtin_expect(!mp__has_ticks(), 0))
		return (uint64_t)mp__now();
	mp__ticks_fence();
	return mp__ticks_to_ns(&mp__event_clock, mp__ticks());
}

/* mp__event_soon - the same, for an event that nothing new has preceded
 * The processor may read its counter somewhat early, while it still does what came
 * before, but not before the last mp__event_now of the thread; and nobody sees what
 * comes after it earlier. It is therefore for what an agent does with that which an
 * event before has said to be its own, and for what it gives away: never for having
 * received. Half the time of the other. */
static inline uint64_t mp__event_soon(void)
{
	if (__builtin_expect(!mp__has_ticks(), 0))
		return (uint64_t)mp__now();
	return mp__ticks_to_ns(&mp__event_clock, mp__ticks());
}

/* mp__event_clock_begin - note the moment from which the rate is measured
 * For the one who makes the ring, some ms before mp__event_clock_set. */
void mp__event_clock_begin(struct trace_ring *ring);

/* mp__event_clock_set - measure the rate, and time events by it from now on
 * In the ring for the recorder, in mp__event_clock for this process and its children. */
void mp__event_clock_set(struct trace_ring *ring);

/* mp__event_now_of - mp__event_now for the recorder, which has only the ring
 * Before the program has set its clock: CLOCK_MONOTONIC, which is the same then. */
uint64_t mp__event_now_of(struct trace_ring *ring);

/* mp__event_clock_check - give the counter up if it does not show CLOCK_MONOTONIC
 * For the recorder. */
void mp__event_clock_check(struct trace_ring *ring);

/* mp__event_clock_renew - do what the recorder has said of the counter
 * For a writer that looks into the ring's first page anyway. */
static inline void mp__event_clock_renew(struct trace_ring *ring)
{
	if (mp__has_ticks()
	    && !atomic_load_explicit(&ring->clock_scale, memory_order_relaxed))
		__atomic_store_n(&mp__event_clock.scale, 0, __ATOMIC_RELAXED);
}

#endif
