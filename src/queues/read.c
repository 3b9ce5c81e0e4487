#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "queues/queue.h"

/* Out of the ring. As in CPython, who waits for data holds the read lock meanwhile:
 * who is killed then keeps it, and nobody else gets anything any more. */

#define LONGEST_SLEEP_NS INT64_C(500000000)
#define SPINS 60

struct reading {
	struct mp_queue *queue;
	bool has_lock;
	void *small;
	size_t small_size;
	void *bytes;		/* `small`, or from malloc */
	size_t size;
	uint32_t number;
};

/* ---- a frame that comes in pieces ---- */

static bool is_dead(uint32_t agent)
{
	for (uint32_t i = 0; agent && i < MP__AGENT_SLOTS; i++) {
		const struct mp__agent_shm *a = &mp__arena->agents[i];
		if (atomic_load(&a->id) != agent)
			continue;
		struct pollfd fd = { .fd = mp__pidfd_open(a->pid),
				     .events = POLLIN };
		if (fd.fd < 0)
			return true;
		bool dead = poll(&fd, 1, 0) > 0;
		close(fd.fd);
		return dead;
	}
	return true;		/* its slot has been given up */
}

static int wait_for_more(struct mp_queue *queue, struct mp__ring_shm *ring)
{
	atomic_store(&ring->wants_data, 1);
	if (mp__ring_used(ring) > 0)
		return 0;
	mp__park_word(&ring->wants_data, 1, mp__now() + LONGEST_SLEEP_NS / 10);
	if (mp__ring_used(ring) > 0
	    || !is_dead(mp__mutex_holder(&queue->write_lock)))
		return 0;
	return mp__fail(MP_EOS, "the process that was putting this item is "
				"dead; only a part of the item is there");
}

/* The room of what is taken is given back piece by piece, or the writer could not go
 * on. */
static int take_pieces(struct reading *r, struct mp__ring_shm *ring,
		       uint64_t at)
{
	size_t done = 0;

	mp__ring_free(ring, at);
	while (done < r->size) {
		size_t part = mp__ring_used(ring);
		if (part == 0) {
			int err = wait_for_more(r->queue, ring);
			if (err)
				return err;
			continue;
		}
		if (part > r->size - done)
			part = r->size - done;
		mp__ring_get(ring, at, (char *)r->bytes + done, part);
		at += part;
		done += part;
		mp__ring_free(ring, at);
	}
	return 0;
}

/* ---- one frame ---- */

static int take_frame(struct reading *r, struct mp__ring_shm *ring)
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
	if (mp__ring_used(ring) < sizeof(frame) + frame.length)
		return take_pieces(r, ring, at);
	mp__ring_get(ring, at, r->bytes, r->size);
	mp__ring_free(ring, at + r->size);
	return 0;
}

static void give_lock(struct reading *r)
{
	if (r->has_lock)
		mp__mutex_give(&r->queue->read_lock);
	r->has_lock = false;
}

static bool has_frame(const struct mp__ring_shm *ring)
{
	return mp__ring_used(ring) >= sizeof(struct mp__frame);
}

int mp__try_queue_get(struct mp__op *op)
{
	struct reading *r = op->self;
	struct mp__ring_shm *ring = mp__queue_ring(r->queue);

	if (!r->has_lock) {
		if (!mp__mutex_take(&r->queue->read_lock, op->has_slept))
			return MP__WOULD_BLOCK;
		r->has_lock = true;
	}
	if (!has_frame(ring))
		return MP__WOULD_BLOCK;
	int err = take_frame(r, ring);
	give_lock(r);
	if (r->queue->kind != MP_SIMPLE_QUEUE)
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
	uint32_t holder = mp__mutex_holder(&queue->read_lock);

	(void)now;
	if (holder && holder != (uint32_t)pending->argument)
		return false;
	return has_frame(mp__at_in(arena, queue->ring_ref));
}

int mp__park_queue_get(struct mp__op *op)
{
	struct reading *r = op->self;
	struct mp__ring_shm *ring = mp__queue_ring(r->queue);

	if (!r->has_lock)
		return mp__mutex_park(&r->queue->read_lock, op->until,
				      &op->has_slept);
	for (int i = 0; i < SPINS; i++) {
		if (has_frame(ring))
			return 0;
		sched_yield();
	}
	atomic_store(&ring->wants_data, 1);
	if (has_frame(ring))
		return 0;
	int64_t limit = mp__now() + LONGEST_SLEEP_NS;
	if (op->until <= limit)
		return mp__park_word(&ring->wants_data, 1, op->until);
	int err = mp__park_word(&ring->wants_data, 1, limit);
	return err == MP_ETIMEOUT ? 0 : err;
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

	if (until == MP_NOW) {
		/* Not a wait that ends at once: nothing is told of one. */
		int err = mp__try_queue_get(&op);
		give_lock(&r);
		if (err) {
			if (err == MP__WOULD_BLOCK)
				mp__record(TRACE_QUEUE_EMPTY, op.object, 0, 0);
			return err == MP__WOULD_BLOCK ? MP_ETIMEOUT : err;
		}
		mp__record(TRACE_QUEUE_GET, op.object, op.a, op.b);
	} else {
		op.wait_a = mp__wait_time(until);
		op.wait_b = mp__mutex_holder(&queue->read_lock) != 0;
		int err = mp__perform(&op);
		give_lock(&r);
		if (err) {
			if (r.bytes != small)
				free(r.bytes);
			return err;
		}
	}
	*bytes = r.bytes;
	*size = r.size;
	return 0;
}
