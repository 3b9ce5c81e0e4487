/* tests/support/ring_writer.h - writes into a ring as traces/event.h tells
 *
 * A second implementation beside the library's probe, which can also stop in the
 * middle of an event. One writer an agent. */
#ifndef TESTS_SUPPORT_RING_WRITER_H
#define TESTS_SUPPORT_RING_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/event.h"

struct ring_writer {
	struct trace_ring *ring;
	uint32_t agent, process;
	struct trace_chunk *chunk;
	uint32_t head;
	uint64_t serial;
	uint64_t waits;		/* how often every chunk was in use */
};

struct ring_writer ring_writer(struct trace_ring *ring, uint32_t agent,
			       uint32_t process);

/* Room for that many slots; busy is odd, t_ns is set. NULL: the ring is full and
 * its companion dead, or recording is over. */
struct trace_slot *ring_begin(struct ring_writer *writer, uint32_t slots);
void ring_end(struct ring_writer *writer, uint32_t slots);

bool ring_write(struct ring_writer *writer, uint32_t kind, uint32_t object,
		int64_t a, int64_t b);
bool ring_write_text(struct ring_writer *writer, uint32_t kind, uint32_t object,
		     int64_t a, const void *text, size_t length);

/* agent.begin: what a process of that path says first; M also tells what it is. */
void ring_introduce(struct ring_writer *writer, const char *path);

/* The event's time comes from here; NULL: CLOCK_MONOTONIC. */
extern uint64_t (*ring_clock)(void);

#endif
