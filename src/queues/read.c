#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "queues/queue.h"

/* Out of the ring. As in CPython, who waits for data holds the read lock meanwhile:
 * who is killed then keeps it, and nobody else gets anything any more. */

#define LOOK_FOR_THE_DEAD_NS INT64_C(50000000)
#define SPINS 60

struct reading {
	struct mp_queue *queue;
	bool has_lock;
	bool has_begun;		/* to take a frame that is not all there yet */
	void *small;
	size_t small_size;
	void *bytes;		/* `small`, or from malloc */
	size_t size, done;
	uint32_t number;
};

static void give_lock(struct reading *r)
{
	if (r->has_lock)
		mp__mutex_give(&r->queue->read_lock);
	r->has_lock = false;
}

/* ---- a frame that comes in pieces ---- */

/* Who writes a frame in pieces has the write lock until all are there. In this
 * order: it may have written the last one and given the lock back just now. */
static bool is_deserted(const struct mp__arena_shm *arena,
			const struct mp_queue *queue)
{
	const struct mp__ring_shm *ring = mp__at_in(arena, queue->ring_ref);

	return mp__agent_is_dead(arena, mp__mutex_holder(&queue->write_lock))
	       && mp__ring_used(ring) == 0;
}

/* The room of what is taken is given back piece by piece, or the writer could not go
 * on. */
static int take_pieces(struct reading *r, struct mp__ring_shm *ring)
{
	size_t before = r->done;

	while (r->done < r->size) {
		uint64_t at = atomic_load(&ring->read);
		size_t part = mp__ring_used(ring);
		if (part > r->size - r->done)
			part = r->size - r->done;
		if (part == 0)
			break;
		mp__ring_get(ring, at, (char *)r->bytes + r->done, part);
		mp__ring_free(ring, at + part);
		r->done += part;
	}
	if (r->done == r->size)
		return 0;
	if (r->done == before && is_deserted(mp__arena, r->queue))
		return mp__fail(MP_EOS, "the process that was putting this "
					"item is dead; only a part of the item "
					"is there");
	return MP__WOULD_BLOCK;
}

/* ---- one frame ---- */

static int begin_frame(struct mp__op *op, struct reading *r,
		       struct mp__ring_shm *ring)
{
	uint64_t at = atomic_load(&ring->read);
	struct mp__frame frame;

	mp__ring_get(ring, at, &frame, sizeof(frame));
	at += sizeof(frame);
	r->size = frame.length;
	r->number = frame.number;
	r->bytes = frame.length <= r->small_size ? r->small
						 : malloc(frame.length);
	if (!r->bytes && frame.length > 0)
		return mp__fail(MP_EMEMORY, "no memory for an item of %u bytes",
				frame.length);
	if (mp__ring_used(ring) >= sizeof(frame) + frame.length) {
		if (r->size > 0)
			mp__ring_get(ring, at, r->bytes, r->size);
		mp__ring_free(ring, at + r->size);
		return 0;
	}
	/* No deadline any more: half an item is none. */
	op->until = MP_FOREVER;
	op->has_begun = true;
	r->has_begun = true;
	atomic_store(&ring->is_partial, 1);
	mp__ring_free(ring, at);
	return take_pieces(r, ring);
}

static bool has_frame(const struct mp__ring_shm *ring)
{
	return mp__ring_used(ring) >= sizeof(struct mp__frame);
}

/* Not a wait that ends at once: nothing is told of one. */
static int not_yet(struct mp__op *op, struct reading *r)
{
	if (op->until != MP_NOW)
		return MP__WOULD_BLOCK;
	give_lock(r);
	mp__record(TRACE_QUEUE_EMPTY, op->object, 0, 0);
	return MP_ETIMEOUT;
}

int mp__try_queue_get(struct mp__op *op)
{
	struct reading *r = op->self;
	struct mp__ring_shm *ring = mp__queue_ring(r->queue);
	int err;

	if (!r->has_lock) {
		if (!mp__mutex_take(&r->queue->read_lock, op->has_slept))
			return not_yet(op, r);
		r->has_lock = true;
	}
	if (r->has_begun)
		err = take_pieces(r, ring);
	else if (has_frame(ring))
		err = begin_frame(op, r, ring);
	else
		return not_yet(op, r);
	if (err == MP__WOULD_BLOCK)
		return err;
	if (r->has_begun)
		atomic_store(&ring->is_partial, 0);
	give_lock(r);
	/* An item that is left there for want of memory keeps its slot. */
	if (r->queue->kind != MP_SIMPLE_QUEUE && err != MP_EMEMORY)
		mp__sem_give(&r->queue->slots);
	op->a = r->number;
	op->b = (int64_t)r->size;
	return err;
}

/* argument: the reader's agent */
bool mp__guard_queue_get(const struct mp__arena_shm *arena,
			 const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp_queue *queue = mp__at_in(arena, pending->ref);
	const struct mp__ring_shm *ring = mp__at_in(arena, queue->ring_ref);
	uint32_t holder = mp__mutex_holder(&queue->read_lock);

	(void)now;
	if (holder && holder != (uint32_t)pending->argument)
		return false;
	if (holder && atomic_load(&ring->is_partial))
		return mp__ring_used(ring) > 0 || is_deserted(arena, queue);
	return has_frame(ring);
}

static bool has_enough(const struct reading *r, const struct mp__ring_shm *ring)
{
	return r->has_begun ? mp__ring_used(ring) > 0 : has_frame(ring);
}

int mp__park_queue_get(struct mp__op *op)
{
	struct reading *r = op->self;
	struct mp__ring_shm *ring = mp__queue_ring(r->queue);

	if (!r->has_lock)
		return mp__mutex_wait(&r->queue->read_lock, op,
				      TRACE_QUEUE_DEAD, TRACE_QUEUE_READS);
	for (int i = 0; i < SPINS; i++) {
		if (has_enough(r, ring))
			return 0;
		sched_yield();
	}
	atomic_store(&ring->wants_data, 1);
	if (has_enough(r, ring))
		return 0;
	if (!r->has_begun)
		return mp__park_word_briefly(&ring->wants_data, 1, op->until);
	/* Nobody wakes us when the writer of half a frame dies. */
	mp__park_word(&ring->wants_data, 1, mp__now() + LOOK_FOR_THE_DEAD_NS);
	return 0;
}

/* As in CPython it counts as empty; the message says more. */
static int nobody_may_read(const struct mp_queue *queue)
{
	return mp__fail(MP_EEMPTY, mp__mutex_is_dead(&queue->read_lock)
					   ? "the process that was reading from "
					     "the queue is dead: nobody else "
					     "can"
					   : "another process is reading from "
					     "the queue");
}

int mp__queue_read(struct mp_queue *queue, mp_deadline until, void *small,
		   size_t small_size, void **bytes, size_t *size)
{
	struct reading r = { .queue = queue, .small = small,
			     .small_size = small_size };
	struct mp__op op = {
		.code = MP__OP_QUEUE_GET,
		.object = queue->head.id,
		.ref = mp__object_ref(queue),
		.self = &r,
		.until = until,
		.argument = mp__self.id,
	};

	if (until != MP_NOW) {
		op.wait_a = mp__wait_time(until);
		op.wait_b = mp__mutex_holder(&queue->read_lock) != 0;
	}
	int err = mp__perform(&op);
	give_lock(&r);
	if (err == MP_ETIMEOUT && mp__mutex_holder(&queue->read_lock))
		return nobody_may_read(queue);
	if (err == MP_EINTR)
		mp__fail(err, "interrupted by a signal");
	if (err) {
		if (r.bytes != small)
			free(r.bytes);
		return err;
	}
	*bytes = r.bytes;
	*size = r.size;
	return 0;
}
