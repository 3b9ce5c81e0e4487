#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "queues/queue.h"

/* Into the ring: by feeders, and by who puts into a SimpleQueue. The write lock is
 * kept while there is no room, as CPython keeps it while the pipe is full. */

static struct mp__frame frame_at(const struct mp__queue_job *job, size_t at)
{
	struct mp__frame frame;

	memcpy(&frame, job->bytes + at, sizeof(frame));
	return frame;
}

/* Whole frames, as many as fit; they become visible together. */
static void write_whole(struct mp__queue_job *job, struct mp__ring_shm *ring)
{
	uint32_t room = mp__ring_room(ring), count = 0, first = 0;
	size_t end = job->done;

	while (end < job->length) {
		struct mp__frame frame = frame_at(job, end);
		size_t size = sizeof(frame) + frame.length;
		if (end - job->done + size > room)
			break;
		if (count++ == 0)
			first = frame.number;
		end += size;
	}
	if (count == 0)
		return;
	uint64_t at = atomic_load(&ring->written);
	mp__ring_put(ring, at, job->bytes + job->done, end - job->done);
	if (!job->is_quiet)
		mp__record(TRACE_FEEDER_WRITE, job->queue->head.id, first,
			   count);
	mp__ring_publish(ring, at + (end - job->done));
	job->done = end;
}

/* A frame that is larger than the whole ring goes in pieces, once it is its turn. */
static void write_piece(struct mp__queue_job *job, struct mp__ring_shm *ring)
{
	uint32_t room = mp__ring_room(ring);	/* once: it grows meanwhile */
	struct mp__frame frame;

	if (job->done >= job->length)
		return;
	if (!job->frame_end) {
		frame = frame_at(job, job->done);
		if (sizeof(frame) + frame.length <= MP__RING_BYTES_SHARED
		    || room < sizeof(frame))
			return;
		job->frame_end = job->done + sizeof(frame) + frame.length;
		if (!job->is_quiet)
			mp__record(TRACE_FEEDER_WRITE, job->queue->head.id,
				   frame.number, 1);
	}
	size_t part = job->frame_end - job->done;
	if (part > room)
		part = room;
	uint64_t at = atomic_load(&ring->written);
	mp__ring_put(ring, at, job->bytes + job->done, part);
	mp__ring_publish(ring, at + part);
	job->done += part;
	if (job->done == job->frame_end)
		job->frame_end = 0;
}

static uint32_t needed_room(const struct mp__queue_job *job)
{
	if (job->frame_end || job->done >= job->length)
		return 1;
	struct mp__frame frame = frame_at(job, job->done);
	size_t size = sizeof(frame) + frame.length;
	return size <= MP__RING_BYTES_SHARED ? (uint32_t)size
					     : (uint32_t)sizeof(frame);
}

/* As much as there is room for. What had been taken out by the time there was no
 * more room. */
static uint64_t write_some(struct mp__queue_job *job, struct mp__ring_shm *ring)
{
	uint64_t taken;
	size_t before;

	do {
		taken = atomic_load(&ring->read);
		before = job->done;
		if (!job->frame_end)
			write_whole(job, ring);
		write_piece(job, ring);
	} while (job->done < job->length
		 && (job->done != before || atomic_load(&ring->read) != taken));
	return taken;
}

/* Each time it has found no room it says anew how much had been taken out: who reads
 * the trace can then tell whether there has been room since. */
static void tell_wait(struct mp__op *op, uint64_t taken, bool is_told)
{
	op->wait_b = (int64_t)taken;
	if (!op->is_waiting || is_told)
		return;
	mp__record(TRACE_FEEDER_ROOM, op->object, 0, 0);
	mp__record(TRACE_FEEDER_WAIT, op->object, op->wait_a, op->wait_b);
}

int mp__try_queue_write(struct mp__op *op)
{
	struct mp__queue_job *job = op->self;
	struct mp__ring_shm *ring = mp__queue_ring(job->queue);
	bool had_lock = job->has_lock;
	size_t before = job->done;

	if (!job->has_lock) {
		op->wait_b = -1;
		if (!mp__mutex_take(&job->queue->write_lock, op->has_slept))
			return MP__WOULD_BLOCK;
		job->has_lock = true;
	}
	uint64_t taken = write_some(job, ring);
	if (job->done < job->length) {
		tell_wait(op, taken, had_lock && job->done == before);
		op->has_begun = job->done > 0;
		atomic_store(&ring->needed, needed_room(job));
		return MP__WOULD_BLOCK;
	}
	mp__mutex_give(&job->queue->write_lock);
	job->has_lock = false;
	return 0;
}

/* argument: the room the first frame needs << 32 | the writer's agent. Who has the lock
 * has said what it waits for in the meantime. */
bool mp__guard_queue_write(const struct mp__arena_shm *arena,
			   const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp_queue *queue = mp__at_in(arena, pending->ref);
	const struct mp__ring_shm *ring = mp__at_in(arena, queue->ring_ref);
	uint32_t holder = mp__mutex_holder(&queue->write_lock);
	uint32_t needed = (uint32_t)((uint64_t)pending->argument >> 32);

	(void)now;
	if (holder && holder != (uint32_t)pending->argument)
		return false;
	if (holder)
		needed = atomic_load(&ring->needed);
	return mp__ring_room(ring) >= needed;
}

int mp__park_queue_write(struct mp__op *op)
{
	struct mp__queue_job *job = op->self;
	struct mp__ring_shm *ring = mp__queue_ring(job->queue);

	if (!job->has_lock)
		return mp__mutex_wait(&job->queue->write_lock, op,
				      TRACE_QUEUE_DEAD, TRACE_QUEUE_WRITES);
	atomic_store(&ring->wants_room, 1);
	if (mp__ring_room(ring) >= needed_room(job))
		return 0;
	return mp__park_word_briefly(&ring->wants_room, 1, op->until);
}

int mp__queue_write(struct mp__queue_job *job, enum mp__operation code)
{
	struct mp__op op = {
		.code = code,
		.object = job->queue->head.id,
		.ref = mp__object_ref(job->queue),
		.self = job,
		.until = MP_FOREVER,
		.argument = (int64_t)((uint64_t)needed_room(job) << 32
				      | mp__self.id),
		.wait_a = -1,
	};
	int err = mp__perform(&op);

	if (err && job->has_lock)
		mp__mutex_give(&job->queue->write_lock);
	return err;
}
