#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/merge.h"

#include <stdlib.h>
#include <string.h>

struct trace_stream *trace_merge_stream(struct trace_merge *merge,
					uint32_t agent)
{
	struct trace_stream *stream = trace_idmap_get(&merge->streams, agent);

	if (stream)
		return stream;
	stream = calloc(1, sizeof(*stream));
	if (!stream || !trace_idmap_put(&merge->streams, agent, stream)) {
		free(stream);
		return NULL;
	}
	stream->agent = agent;
	stream->next = merge->all;
	merge->all = stream;
	return stream;
}

/* ---- the heap ---- */

static bool is_before(const struct trace_stream *x,
		      const struct trace_stream *y)
{
	uint64_t tx = trace_stream_slot(x)->t_ns;
	uint64_t ty = trace_stream_slot(y)->t_ns;

	return tx != ty ? tx < ty : x->agent < y->agent;
}

static void sift_down(struct trace_merge *merge, size_t at)
{
	struct trace_stream **heap = merge->heap;
	struct trace_stream *moving = heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= merge->heap_count)
			break;
		if (child + 1 < merge->heap_count
		    && is_before(heap[child + 1], heap[child]))
			child++;
		if (!is_before(heap[child], moving))
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moving;
}

static int push(struct trace_merge *merge, struct trace_stream *stream)
{
	size_t at = merge->heap_count;

	if (at == merge->heap_room) {
		size_t room = at ? at * 2 : 64;
		void *bigger = realloc(merge->heap,
				       room * sizeof(*merge->heap));
		if (!bigger)
			return -1;
		merge->heap = bigger;
		merge->heap_room = room;
	}
	merge->heap_count++;
	while (at > 0 && is_before(stream, merge->heap[(at - 1) / 2])) {
		merge->heap[at] = merge->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	merge->heap[at] = stream;
	stream->is_in_heap = true;
	return 0;
}

struct trace_stream *trace_merge_first(struct trace_merge *merge,
				       uint64_t *until)
{
	struct trace_stream **heap = merge->heap, *second;

	*until = UINT64_MAX;
	if (merge->heap_count == 0)
		return NULL;
	if (merge->heap_count > 1) {
		second = heap[1];
		if (merge->heap_count > 2 && is_before(heap[2], second))
			second = heap[2];
		*until = trace_stream_slot(second)->t_ns;
		if (heap[0]->agent < second->agent && *until < UINT64_MAX)
			(*until)++;
	}
	return heap[0];
}

void trace_merge_settle(struct trace_merge *merge)
{
	struct trace_stream *first = merge->heap[0];

	if (first->count == 0) {
		first->is_in_heap = false;
		first->first = 0;
		merge->heap[0] = merge->heap[--merge->heap_count];
	}
	if (merge->heap_count > 1)
		sift_down(merge, 0);
}

/* ---- the queues ---- */

static int make_room(struct trace_stream *stream, size_t count)
{
	size_t needed = stream->count + count, room = stream->room;

	if (stream->first + needed <= room)
		return 0;
	if (needed * 2 <= room) {	/* half is free: move to the front */
		/* There is room, so there are slots.
		 * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		memmove(stream->slots, trace_stream_slot(stream),
			stream->count * sizeof(*stream->slots));
		stream->first = 0;
		return 0;
	}
	while (room < needed * 2)
		room = room ? room * 2 : 64;
	struct trace_slot *bigger = malloc(room * sizeof(*bigger));
	if (!bigger)
		return -1;
	if (stream->count > 0)
		memcpy(bigger, trace_stream_slot(stream),
		       stream->count * sizeof(*bigger));
	free(stream->slots);
	stream->slots = bigger;
	stream->first = 0;
	stream->room = room;
	return 0;
}

int trace_merge_add(struct trace_merge *merge, const struct trace_run *run)
{
	struct trace_stream *stream = trace_merge_stream(merge, run->agent);
	uint64_t end = run->index + run->count;

	if (!stream)
		return -1;
	if (run->process)
		stream->process = run->process;
	if (end <= run->index || end <= stream->received)
		return 0;
	uint32_t known = 0;
	if (run->index > stream->received)
		merge->gaps++;
	else
		known = (uint32_t)(stream->received - run->index);
	uint32_t count = run->count - known;
	if (make_room(stream, count) < 0)
		return -1;
	memcpy(&stream->slots[stream->first + stream->count],
	       run->slots + known, count * sizeof(*run->slots));
	stream->count += count;
	stream->received = end;
	merge->queued += count;
	return stream->is_in_heap ? 0 : push(merge, stream);
}

void trace_merge_free(struct trace_merge *merge)
{
	for (struct trace_stream *s = merge->all, *next; s; s = next) {
		next = s->next;
		free(s->slots);
		free(s);
	}
	trace_idmap_free(&merge->streams);
	free(merge->heap);
	*merge = (struct trace_merge){ 0 };
}
