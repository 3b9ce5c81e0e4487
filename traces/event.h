/* traces/event.h - one event as it lies in memory, and the rings that hold it
 *
 * This header is the contract between the programs that record and the ones
 * that read. It describes the *ring file* (`x.fscope-ring`), a shared mapping
 * made before the first fork:
 *
 *   page 0   struct trace_ring    what this is, who drains it
 *   then     chunk_count chunks of TRACE_CHUNK_BYTES, each a small header and
 *            TRACE_CHUNK_SLOTS slots
 *
 * An agent that records owns a chunk. When it is full the agent claims
 * another one by a single compare-and-swap of `owner`: no lock, nothing that a
 * SIGKILL can leave half done. So the chunks an agent has owned, in order of
 * `serial`, are its ring; all agents share one stock of chunks, and a burst of
 * one may use what the others do not need.
 *
 * A chunk has one writer. `head` counts what is published: it is raised by a
 * release store after the slots are written, and nothing below it ever
 * changes. Before it reads the clock, the writer makes `busy` odd; together
 * with `head` this lets the reader know that an event with an early time may
 * still be coming, so that it can keep the whole trace in order of time. */
#ifndef TRACE_EVENT_H
#define TRACE_EVENT_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>

/* One event: half a cache line. A kind whose row says TEXT is followed by
 * ceil(b / 32) slots of bare bytes; all of them are published at once and lie
 * in the same chunk. */
struct trace_slot {
	uint64_t t_ns;		/* CLOCK_MONOTONIC */
	uint16_t kind;		/* events.def */
	uint16_t site;		/* 0: not known */
	uint32_t object;	/* 0: none */
	int64_t a;
	int64_t b;
};
_Static_assert(sizeof(struct trace_slot) == 32, "slots are half a line");

#define TRACE_CHUNK_BYTES 16384u
#define TRACE_CHUNK_SLOTS \
	((TRACE_CHUNK_BYTES - 64u) / (uint32_t)sizeof(struct trace_slot))
/* Longest text of one event: it must fit into one chunk with its slot. */
#define TRACE_TEXT_BYTES 4096u

enum trace_chunk_state {	/* bits of trace_chunk.flags */
	TRACE_CHUNK_FULL = 1	/* its writer has moved on to another chunk */
};

struct trace_chunk {
	_Atomic uint32_t owner;	/* agent id; 0: free. Claimed by CAS 0 -> id */
	_Atomic uint32_t flags;
	uint64_t serial;	/* index in its agent's stream of slot 0 here */
	_Atomic uint32_t head;	/* slots published */
	_Atomic uint32_t busy;	/* odd while an event is being written */
	_Atomic uint32_t drained; /* slots that are in the trace for good */
	uint32_t process;	/* object id of the owner's process */
	uint8_t unused[32];
	struct trace_slot slots[TRACE_CHUNK_SLOTS];
};
_Static_assert(sizeof(struct trace_chunk) <= TRACE_CHUNK_BYTES, "chunk");

#define TRACE_RING_MAGIC UINT64_C(0x31676e6972736670)	/* "pfsring1" */

#define TRACE_RING_CHUNKS 24576u	/* at most: 384 MiB */

enum trace_ring_flags {
	TRACE_RING_LOSSY = 1	/* a full ring loses instead of waiting */
};

/* The first page of a ring file. */
struct trace_ring {
	uint64_t magic;
	uint32_t chunk_count;
	uint32_t flags;
	uint64_t start_ns;	/* CLOCK_MONOTONIC when the recording began */
	int64_t start_realtime_ns; /* CLOCK_REALTIME at the same moment */
	_Atomic uint32_t off;	/* 1: recording is over, write nothing */
	_Atomic uint32_t free_epoch; /* futex: raised when chunks become free */
	_Atomic uint32_t waiters; /* writers that wait for free_epoch */
	uint32_t unused;
	_Atomic int32_t companion_pid;
	uint32_t cost_ps;	/* picoseconds an event costs its writer */
	_Atomic uint64_t lost;	/* events lost, all agents */
	_Atomic uint64_t written; /* events published in retired chunks */
	alignas(64) _Atomic uint32_t progress; /* passes of the companion */
	/* Where a search for a free chunk need not look: bit i is set by who
	 * has claimed chunk i, and cleared by the companion after it has
	 * freed it. Only a hint (`owner` decides): one page instead of all. */
	alignas(64) _Atomic uint64_t used[TRACE_RING_CHUNKS / 64];
	/* How its writers read their clock, see src/probe/clock.h. Only for those
	 * who record: times in slots are ns. */
	uint64_t clock_ticks, clock_ns;	/* one moment, on both clocks */
	_Atomic uint64_t clock_scale;	/* ns a tick, times 2^32; 0: no ticks */
};
_Static_assert(sizeof(struct trace_ring) <= 4096, "one page");
#define TRACE_RING_HEADER_BYTES 4096u

enum trace_effect {
	TRACE_SAME, TRACE_ENTER, TRACE_LEAVE, TRACE_RESET, TRACE_CLOSE
};

enum trace_kind {
#define TRACE_EVENT(id, symbol, name, component, effect, state, text, a, b, d) \
	TRACE_##symbol = id,
#include "traces/events.def"
#undef TRACE_EVENT
	TRACE_KIND_COUNT
};

enum trace_object_kind {
#define TRACE_OBJECT(id, symbol, name, python) TRACE_OBJECT_##symbol = id,
#include "traces/objects.def"
#undef TRACE_OBJECT
};

enum trace_role {
#define TRACE_ROLE(id, symbol, name, d) TRACE_ROLE_##symbol = id,
#include "traces/roles.def"
#undef TRACE_ROLE
};

enum trace_end {
#define TRACE_END(id, symbol, name, d) TRACE_ENDED_BY_##symbol = id,
#include "traces/ends.def"
#undef TRACE_END
};

enum trace_state {
	TRACE_STATE_NONE = 0,
#define TRACE_STATE(id, symbol, name, rank, glyph, ascii, d) \
	TRACE_STATE_##symbol = id,
#include "traces/states.def"
#undef TRACE_STATE
	TRACE_STATE_COUNT
};

#define TRACE_STREAM_PARTIAL 256	/* OUTPUT.a: no newline yet */
/* BARRIER_WAIT.b beside the parties: it waits without a time limit */
#define TRACE_QUEUE_READS 1		/* in `queue.dead` */
#define TRACE_QUEUE_WRITES 2
#define TRACE_BARRIER_FOREVER (INT64_C(1) << 32)
#define TRACE_ITEM_HEAD 8		/* bytes before each item of a queue */
#define TRACE_EXIT_UNKNOWN INT64_MIN	/* PROC_DIED.a */

#endif
