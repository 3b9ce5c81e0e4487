#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "companion/recorder.h"
#include "probe/clock.h"

/* Passes over the chunks.
 *
 * The watermark. A writer makes `busy` odd, then reads the clock, then publishes.
 * A pass that begins at T and finds `busy` even, and then reads `head`, has seen
 * every event of that chunk with a time before T. One that finds it odd, but
 * different from the pass before, knows that this event began after the pass
 * before. So after each pass, everything up to the start of the pass *before* is
 * known; unless `busy` is odd and unchanged: then time stands still, for the
 * sake of that writer, 100 ms at most (it may be stopped in a debugger).
 *
 * The order of reading is flags, busy, head: FULL is set after the last head,
 * busy becomes even after head was raised. */

#define PATIENCE_NS (UINT64_C(100) * 1000000)
#define GAP_PASSES 3
#define CLOCK_ERROR_NS UINT64_C(1000000000)

static struct trace_chunk *chunk_at(const struct mp__rings *rings, uint32_t i)
{
	return (struct trace_chunk *)((char *)rings->ring
				      + TRACE_RING_HEADER_BYTES
				      + (size_t)i * TRACE_CHUNK_BYTES);
}

int mp__rings_init(struct mp__rings *rings, struct trace_ring *ring)
{
	memset(rings, 0, sizeof(*rings));
	rings->ring = ring;
	rings->chunk_count = ring->chunk_count;
	rings->mark_ns = ring->start_ns;
	rings->notes = calloc(rings->chunk_count, sizeof(*rings->notes));
	rings->views = calloc(rings->chunk_count, sizeof(*rings->views));
	return rings->notes && rings->views ? 0 : -1;
}

void mp__rings_finish(struct mp__rings *rings)
{
	for (uint32_t i = 0; i < rings->sources.size; i++)
		free(rings->sources.entries[i].value);
	trace_idmap_free(&rings->sources);
	trace_idmap_free(&rings->dead);
	free(rings->notes);
	free(rings->views);
}

static struct mp__source *source_of(struct mp__rings *rings, uint32_t agent)
{
	struct mp__source *source = trace_idmap_get(&rings->sources, agent);

	if (source)
		return source;
	source = calloc(1, sizeof(*source));
	if (!source || !trace_idmap_put(&rings->sources, agent, source)) {
		free(source);
		return NULL;
	}
	return source;
}

/* ---- looking ---- */

/* Is an event being written here that may have an early time? */
static bool holds_time(const struct mp__rings *rings, uint32_t number,
		       const struct mp__chunk_view *view, uint32_t busy,
		       uint64_t now)
{
	struct mp__chunk_note *note = &rings->notes[number];

	if (note->owner != view->owner || note->busy != busy) {
		*note = (struct mp__chunk_note){ view->owner, busy, now };
		return false;
	}
	return (busy & 1) && !view->is_final
	       && now - note->since_ns < PATIENCE_NS;
}

static int by_agent_and_serial(const void *x, const void *y)
{
	const struct mp__chunk_view *a = x, *b = y;

	if (a->owner != b->owner)
		return a->owner < b->owner ? -1 : 1;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

/* Returns busy. A claimer may not have come to initialise the chunk: only what is
 * behind a head, or FULL, is to be believed; but whose it is, its owner tells. */
static uint32_t view_chunk(struct mp__rings *rings, struct trace_intake *intake,
			   struct mp__chunk_view *view)
{
	struct trace_chunk *chunk = chunk_at(rings, view->number);
	uint32_t flags = atomic_load_explicit(&chunk->flags,
					      memory_order_acquire);
	uint32_t busy = atomic_load_explicit(&chunk->busy,
					     memory_order_acquire);

	view->head = atomic_load_explicit(&chunk->head, memory_order_acquire);
	if (view->head > TRACE_CHUNK_SLOTS)
		view->head = TRACE_CHUNK_SLOTS;
	view->serial = chunk->serial;
	view->process = trace_intake_process_of(intake, view->owner);
	if (!view->process)
		view->process = chunk->process;
	view->is_final = (flags & TRACE_CHUNK_FULL)
			 || trace_idmap_get(&rings->dead, view->process);
	return busy;
}

void mp__rings_look(struct mp__rings *rings, struct trace_intake *intake)
{
	mp__event_clock_check(rings->ring);
	uint64_t now = mp__event_now_of(rings->ring);
	bool is_held = false;

	rings->view_count = rings->final_count = 0;
	for (uint32_t i = 0; i < rings->chunk_count; i++) {
		struct mp__chunk_view *view = &rings->views[rings->view_count];
		uint32_t owner = atomic_load_explicit(&chunk_at(rings, i)->owner,
						      memory_order_acquire);
		if (owner == 0)
			continue;
		view->number = i;
		view->owner = owner;
		uint32_t busy = view_chunk(rings, intake, view);
		is_held |= holds_time(rings, i, view, busy, now);
		rings->final_count += view->is_final;
		rings->view_count++;
	}
	qsort(rings->views, rings->view_count, sizeof(*rings->views),
	      by_agent_and_serial);
	/* All that was seen is over by now; a second is more than what a clock that
	 * has not parted from CLOCK_MONOTONIC is wrong by. */
	trace_intake_set_limit(intake, mp__event_now_of(rings->ring)
				       + CLOCK_ERROR_NS);
	if (!is_held)
		rings->watermark = rings->mark_ns;
	rings->mark_ns = now;
	atomic_fetch_add_explicit(&rings->ring->progress, 1,
				  memory_order_relaxed);
}

bool mp__rings_is_crowded(const struct mp__rings *rings)
{
	uint32_t unused = rings->chunk_count - rings->view_count;

	/* Chunks in use by writers cannot be freed whatever we do. */
	return (uint64_t)rings->final_count * 10
		       > (uint64_t)rings->chunk_count * 4
	       || (rings->final_count > 0 && unused < rings->chunk_count / 8);
}

/* ---- taking ---- */

/* The chunk before it was read when it was not yet full, or is yet to be seen:
 * the next pass will find it. Not for ever, though. */
static bool comes_too_early(const struct mp__rings *rings,
			    const struct mp__chunk_view *view,
			    struct mp__source *source)
{
	if (view->serial <= source->expected) {
		source->gap_passes = 0;
		return false;
	}
	/* However many chunks wait behind the gap, it is one pass. */
	if (source->gap_mark_ns != rings->mark_ns)
		source->gap_passes++;
	source->gap_mark_ns = rings->mark_ns;
	return source->gap_passes <= GAP_PASSES;
}

/* The slots of a chunk from index `from` on. */
static bool run_of(const struct mp__rings *rings,
		   const struct mp__chunk_view *view, uint64_t from,
		   struct trace_run *run)
{
	uint64_t end = view->serial + view->head;
	uint64_t begin = from > view->serial ? from : view->serial;

	if (begin >= end)
		return false;
	*run = (struct trace_run){
		.agent = view->owner,
		.process = view->process,
		.index = begin,
		.slots = chunk_at(rings, view->number)->slots
			 + (begin - view->serial),
		.count = (uint32_t)(end - begin),
	};
	return true;
}

int mp__rings_feed(struct mp__rings *rings, struct trace_intake *intake)
{
	struct trace_run run;

	for (uint32_t i = 0; i < rings->view_count; i++) {
		const struct mp__chunk_view *view = &rings->views[i];

		if (view->head == 0)
			continue;
		struct mp__source *source = source_of(rings, view->owner);
		if (!source)
			return -1;
		if (comes_too_early(rings, view, source)
		    || !run_of(rings, view, source->expected, &run))
			continue;
		if (trace_intake_add(intake, &run) < 0)
			return -1;
		source->expected = run.index + run.count;
	}
	return 0;
}

static uint64_t safe_index(struct trace_intake *intake,
			   const struct mp__source *source, uint32_t agent)
{
	uint64_t committed = trace_intake_committed(intake, agent);

	return source->spilled > committed ? source->spilled : committed;
}

int mp__rings_spill(struct mp__rings *rings, struct trace_intake *intake,
		    struct trace_spill *spill)
{
	struct trace_run run;

	for (uint32_t i = 0; i < rings->view_count; i++) {
		const struct mp__chunk_view *view = &rings->views[i];
		struct mp__source *source = source_of(rings, view->owner);

		/* Also what waits in the intake: it is not in the trace. */
		if (source && view->head > 0 && !comes_too_early(rings, view, source)
		    && run_of(rings, view,
			      safe_index(intake, source, view->owner), &run)) {
			trace_spill_put(spill, &run);
			source->expected = run.index + run.count;
		}
	}
	if (trace_spill_end_pass(spill, rings->watermark) < 0)
		return -1;
	for (uint32_t i = 0; i < rings->view_count; i++) {
		struct mp__source *source =
			trace_idmap_get(&rings->sources,
					rings->views[i].owner);
		if (source)
			source->spilled = source->expected;
	}
	mp__rings_retire(rings, intake);
	return 0;
}

bool mp__rings_all_committed(const struct mp__rings *rings,
			     struct trace_intake *intake)
{
	for (uint32_t i = 0; i < rings->sources.size; i++) {
		const struct trace_idmap_entry *e = &rings->sources.entries[i];
		const struct mp__source *source = e->value;

		if (source && source->spilled
				      > trace_intake_committed(intake, e->id))
			return false;
	}
	return true;
}

/* ---- freeing ---- */

void mp__rings_wake(struct trace_ring *ring)
{
	atomic_fetch_add(&ring->free_epoch, 1);
	if (atomic_load(&ring->waiters) > 0)
		syscall(SYS_futex, &ring->free_epoch, FUTEX_WAKE, INT32_MAX,
			NULL, NULL, 0);
}

static void reset(struct trace_chunk *chunk)
{
	chunk->serial = 0;
	chunk->process = 0;
	atomic_store_explicit(&chunk->head, 0, memory_order_relaxed);
	atomic_store_explicit(&chunk->busy, 0, memory_order_relaxed);
	atomic_store_explicit(&chunk->drained, 0, memory_order_relaxed);
	atomic_store_explicit(&chunk->flags, 0, memory_order_relaxed);
	/* From here on it is somebody else's. */
	atomic_store_explicit(&chunk->owner, 0, memory_order_release);
}

void mp__rings_retire(struct mp__rings *rings, struct trace_intake *intake)
{
	uint32_t kept = 0, freed = 0;
	uint64_t written = 0;

	for (uint32_t i = 0; i < rings->view_count; i++) {
		struct mp__chunk_view *view = &rings->views[i];
		struct trace_chunk *chunk = chunk_at(rings, view->number);
		const struct mp__source *source =
			trace_idmap_get(&rings->sources, view->owner);
		uint64_t safe = source ? safe_index(intake, source, view->owner)
				       : 0;
		uint64_t drained = safe > view->serial ? safe - view->serial
						       : 0;

		if (view->head > 0 && view->is_final && drained >= view->head) {
			written += view->head;
		} else if (!(view->head == 0 && view->is_final)) {
			if (view->head > 0)
				atomic_store_explicit(
					&chunk->drained,
					drained < view->head ? (uint32_t)drained
							     : view->head,
					memory_order_relaxed);
			rings->views[kept++] = *view;
			continue;
		}
		reset(chunk);
		atomic_fetch_and_explicit(
			&rings->ring->used[view->number / 64],
			~(UINT64_C(1) << view->number % 64),
			memory_order_relaxed);
		rings->notes[view->number] = (struct mp__chunk_note){ 0 };
		freed++;
	}
	rings->view_count = kept;
	rings->final_count -= freed;
	if (freed == 0)
		return;
	atomic_fetch_add(&rings->ring->written, written);
	mp__rings_wake(rings->ring);
}
