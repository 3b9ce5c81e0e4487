/* probe/write.h - how an event gets into its chunk
 *
 * For the probe, and for the few operations that are so short that a call would be
 * seen in what they cost: everybody else has mp__record. */
#ifndef MP_PROBE_WRITE_H
#define MP_PROBE_WRITE_H

#include <stdatomic.h>

#include "probe/clock.h"
#include "probe/probe.h"

/* The value of `busy` while the event at `head` is written is odd and new. */
static inline struct trace_slot *mp__begin_event(struct trace_chunk *chunk,
						 uint32_t head)
{
	atomic_store_explicit(&chunk->busy, 2 * head + 1,
			      memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	return &chunk->slots[head];
}

static inline void mp__fill(struct trace_slot *slot, uint32_t kind,
			    uint32_t object, int64_t a, int64_t b,
			    bool is_soon)
{
	slot->kind = (uint16_t)kind;
	slot->site = (uint16_t)mp__self.site;
	slot->object = object;
	slot->a = a;
	slot->b = b;
	slot->t_ns = is_soon ? mp__event_soon() : mp__event_now();
}

static inline void mp__end_event(struct trace_chunk *chunk, uint32_t head)
{
	mp__self.head = head;
	atomic_store_explicit(&chunk->head, head, memory_order_release);
	atomic_store_explicit(&chunk->busy, 2 * head, memory_order_release);
}

static inline __attribute__((always_inline)) void
mp__write_one(uint32_t kind, uint32_t object, int64_t a, int64_t b,
	      bool is_soon)
{
	struct trace_chunk *chunk = mp__self.chunk;
	uint32_t head = mp__self.head;

	mp__fill(mp__begin_event(chunk, head), kind, object, a, b, is_soon);
	mp__end_event(chunk, head + 1);
}

static inline bool mp__has_room(uint32_t slots)
{
	return mp__self.chunk && mp__self.head + slots <= TRACE_CHUNK_SLOTS;
}

/* mp__writer_take, mp__writer_give - around all that looks at the thread's chunk
 * In between a signal handler leaves it alone; before, it may have got another one, so
 * nothing that was read then may be used.
 * Returns  false: this is such a handler. To be given back all the same */
static inline bool mp__writer_take(void)
{
	bool is_free = mp__self.busy++ == 0;

	atomic_signal_fence(memory_order_seq_cst);
	return is_free;
}

static inline void mp__writer_give(void)
{
	atomic_signal_fence(memory_order_seq_cst);
	mp__self.busy--;
}

/* For what does not go into the chunk as it is: none yet, full, or in use. */
void mp__write_event_slowly(uint32_t kind, uint32_t object, int64_t a,
			    int64_t b);

/* mp__write_event_here, mp__record_here - mp__write_event and mp__record, in the
 * caller's own code
 * is_soon  its time may be mp__event_soon */
static inline __attribute__((always_inline)) void
mp__write_event_here(uint32_t kind, uint32_t object, int64_t a, int64_t b,
		     bool is_soon)
{
	bool is_simple = mp__writer_take() && mp__has_room(1);

	if (MP__LIKELY(is_simple))
		mp__write_one(kind, object, a, b, is_soon);
	mp__writer_give();
	if (MP__UNLIKELY(!is_simple))
		mp__write_event_slowly(kind, object, a, b);
}

static inline __attribute__((always_inline)) void
mp__record_here(uint32_t kind, uint32_t object, int64_t a, int64_t b,
		bool is_soon)
{
	if (MP__UNLIKELY(mp__ring != NULL))
		mp__write_event_here(kind, object, a, b, is_soon);
}

#endif
