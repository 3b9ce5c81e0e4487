#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "probe/clock.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Two readings, each some 20 ns off, are to give the rate to 20 millionths. */
#define LEAST_NS 2000000

/* The two clocks have parted: more than a rate that is a thousandth wrong, and time
 * that the kernel sets right by and by. */
#define PARTED_NS UINT64_C(100000000)
#define PARTED_PART 1000

struct mp__event_clock mp__event_clock;

/* Does the kernel itself trust the counter? It stops doing so when it finds two
 * processors' to differ, or one to stand still. */
static bool kernel_uses_ticks(void)
{
	static const char name[] =
		"/sys/devices/system/clocksource/clocksource0/"
		"current_clocksource";
	char text[8] = "";

	if (!MP__HAS_TICKS)
		return false;
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n == 4 && strcmp(text, "tsc\n") == 0;
}

/* One moment on both clocks: of some tries the one that took least. */
static void read_both(uint64_t *ticks, uint64_t *ns)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 8; i++) {
		uint64_t before = mp__ticks();
		uint64_t now = (uint64_t)mp__now();
		uint64_t took = mp__ticks() - before;

		if (took >= best)
			continue;
		best = took;
		*ticks = before + took / 2;
		*ns = now;
	}
}

void mp__event_clock_begin(struct trace_ring *ring)
{
	ring->clock_ns = 0;
	if (kernel_uses_ticks())
		read_both(&ring->clock_ticks, &ring->clock_ns);
}

void mp__event_clock_set(struct trace_ring *ring)
{
	struct mp__event_clock clock = { 0 };
	struct timespec rest;

	mp__event_clock = clock;
	if (!ring->clock_ns)
		return;
	int64_t left = (int64_t)ring->clock_ns + LEAST_NS - mp__now();
	rest = mp__timespec(left);
	if (left > 0)
		nanosleep(&rest, NULL);
	read_both(&clock.ticks, &clock.ns);
	uint64_t ticks = clock.ticks - ring->clock_ticks;
	uint64_t ns = clock.ns - ring->clock_ns;
	/* Not a moment nor longer than 4 s, from 0.1 to 10 GHz: else it is none. */
	if (ns < LEAST_NS / 2 || ns >> 32 || ticks < ns / 10
	    || ticks / 10 > ns)
		return;
	clock.scale = (ns << 32) / ticks;
	ring->clock_ticks = clock.ticks;
	ring->clock_ns = clock.ns;
	atomic_store_explicit(&ring->clock_scale, clock.scale,
			      memory_order_release);
	mp__event_clock = clock;
}

uint64_t mp__event_now_of(struct trace_ring *ring)
{
	struct mp__event_clock clock = {
		.scale = atomic_load_explicit(&ring->clock_scale,
					      memory_order_acquire),
	};

	if (!clock.scale)
		return (uint64_t)mp__now();
	clock.ticks = ring->clock_ticks;
	clock.ns = ring->clock_ns;
	mp__ticks_fence();
	return mp__ticks_to_ns(&clock, mp__ticks());
}

void mp__event_clock_check(struct trace_ring *ring)
{
	uint64_t before = (uint64_t)mp__now();
	uint64_t shown = mp__event_now_of(ring);
	uint64_t after = (uint64_t)mp__now();
	uint64_t passed = after > ring->clock_ns ? after - ring->clock_ns : 0;
	uint64_t off = PARTED_NS + passed / PARTED_PART;

	if (shown + off < before || shown > after + off)
		atomic_store_explicit(&ring->clock_scale, 0,
				      memory_order_relaxed);
}
