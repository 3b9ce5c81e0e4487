/* traces/merge.h - the streams of all agents become one, in order of time
 *
 * Each agent's slots come in runs, numbered by their place in the agent's
 * stream, and are copied into its queue; slots that came before are dropped, so
 * the same run may be given from the ring, from the spill and again. They
 * leave in order of time; among equal times the lower agent first. */
#ifndef TRACE_MERGE_H
#define TRACE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/event.h"
#include "traces/idmap.h"

struct trace_run {
	uint32_t agent;
	uint32_t process;	/* of the agent, 0: not known */
	uint64_t index;		/* of the first slot in the agent's stream */
	const struct trace_slot *slots;
	uint32_t count;
};

struct trace_stream {
	uint32_t agent, process;
	uint64_t received;	/* slots that came so far */
	uint64_t committed;	/* slots that are in the trace for good */
	struct trace_slot *slots; /* the queue: count slots from first on */
	size_t first, count, room;
	bool is_in_heap;
	struct trace_stream *next;
};

struct trace_merge {
	struct trace_idmap streams;
	struct trace_stream *all;
	struct trace_stream **heap; /* those with slots, the earliest first */
	size_t heap_count, heap_room;
	size_t queued;		/* slots in all queues */
	uint64_t gaps;
};

/* trace_merge_stream - the stream of an agent, made if need be; NULL: no memory */
struct trace_stream *trace_merge_stream(struct trace_merge *merge,
					uint32_t agent);

/* trace_merge_add - take over a run; 0, or -1: no memory */
int trace_merge_add(struct trace_merge *merge, const struct trace_run *run);

/* trace_merge_first - the stream whose first slot is the earliest; NULL: none
 * until  receives the time up to which (exclusively) this stream's slots come
 *        before all others' */
struct trace_stream *trace_merge_first(struct trace_merge *merge,
				       uint64_t *until);

/* trace_merge_settle - put the first stream where it belongs after slots were
 * taken from it */
void trace_merge_settle(struct trace_merge *merge);

static inline const struct trace_slot *
trace_stream_slot(const struct trace_stream *stream)
{
	return &stream->slots[stream->first];
}

static inline void trace_stream_take(struct trace_merge *merge,
				     struct trace_stream *stream, size_t count)
{
	stream->first += count;
	stream->count -= count;
	merge->queued -= count;
}

/* Slots that have left the queue. */
static inline uint64_t trace_stream_taken(const struct trace_stream *stream)
{
	return stream->received - stream->count;
}

void trace_merge_free(struct trace_merge *merge);

#endif
