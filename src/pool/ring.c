#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>
#include <sched.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "pool/pool.h"

/* The two rings. One of the workers takes a task, one puts a result: each has a lock
 * for it, for a moment. Who has nothing to do sleeps without a lock, so that the one
 * who is woken finds it free. */

#define LONGEST_SLEEP_NS INT64_C(500000000)
#define SPINS 20

static bool parent_is_gone(const struct mp__pool_shm *shm)
{
	return getppid() != shm->head.creator;
}

/* ---- a worker takes a task ---- */

static void count_idle(struct mp__pool_worker_self *self, bool is_idle)
{
	struct mp__worker_shm *slot = self->slot;

	if (is_idle == (bool)atomic_load(&slot->is_counted))
		return;
	/* In this order: who is killed in between is counted too often. */
	if (is_idle) {
		atomic_fetch_add(&self->shm->idle, 1);
		atomic_store(&slot->is_counted, 1);
	} else {
		atomic_store(&slot->is_counted, 0);
		atomic_fetch_sub(&self->shm->idle, 1);
	}
}

void mp__pool_wake_idle(struct mp__pool_shm *shm, int count)
{
	if (atomic_load(&shm->idle) == 0)
		return;
	atomic_fetch_add(&shm->arrivals, 1);
	mp__wake_word(&shm->arrivals, count);
}

static void free_room(struct mp__pool_shm *shm, struct mp__ring_shm *ring,
		      uint64_t read)
{
	atomic_store(&ring->read, read);
	/* Not for every task: the task handler says how much is worth it. */
	if (atomic_load(&ring->wants_room)
	    && mp__ring_room(ring) >= atomic_load(&ring->needed))
		mp__pool_wake(&ring->wants_room);
	if (mp__ring_used(ring) > 0)
		mp__pool_wake_idle(shm, 1);
}

/* Somebody has written over it: nobody can do it, nor say where the next one is. */
static bool is_task(const struct mp__ring_shm *ring,
		    const struct mp__task_frame *frame)
{
	return frame->size <= MP__POOL_INLINE
	       && sizeof(*frame) + frame->size <= mp__ring_used(ring);
}

static void tell_nonsense(struct mp__pool_shm *shm)
{
	struct mp__ring_shm *results = mp__at(shm->results);

	atomic_store(&shm->spoilt, 1);
	atomic_fetch_add(&shm->errands, 1);
	mp__pool_wake(&results->wants_data);
}

/* First the note, then the ring: see who buries the dead. */
static void take(struct mp__pool_worker_self *self, struct mp__ring_shm *ring)
{
	uint64_t at = atomic_load(&ring->read);
	struct mp__task_frame *frame = &self->frame;

	mp__ring_get(ring, at, frame, sizeof(*frame));
	if (!is_task(ring, frame)) {
		tell_nonsense(self->shm);
		return;
	}
	mp__ring_get(ring, at + sizeof(*frame), self->payload, frame->size);
	atomic_store(&self->slot->task, frame->id);
	free_room(self->shm, ring, at + sizeof(*frame) + frame->size);
	self->has_task = true;
}

static void tell_taken(const struct mp__op *op, const struct mp__task_frame *task)
{
	mp__record(op->is_waiting ? TRACE_TASK_TAKEN : TRACE_TASK_TAKE,
		   op->object, (uint32_t)task->id, 0);
}

int mp__try_pool_take(struct mp__op *op)
{
	struct mp__pool_worker_self *self = op->self;
	struct mp__ring_shm *ring = mp__at(self->shm->tasks);

	if (mp__ring_used(ring) == 0 || atomic_load(&self->shm->spoilt)) {
		if (!atomic_load(&self->shm->quits)
		    && !parent_is_gone(self->shm))
			return MP__WOULD_BLOCK;
		if (op->is_waiting)
			mp__record(TRACE_WORKER_LEAVE, op->object, 0, 0);
		count_idle(self, false);
		return 0;
	}
	if (!mp__mutex_take(&self->shm->task_lock, op->has_slept))
		return MP__WOULD_BLOCK;
	op->has_slept = false;
	if (mp__ring_used(ring) > 0)
		take(self, ring);
	mp__mutex_give(&self->shm->task_lock);
	if (!self->has_task)
		return MP__WOULD_BLOCK;
	count_idle(self, false);
	tell_taken(op, &self->frame);
	return 0;
}

/* argument: the worker's agent */
bool mp__guard_pool_take(const struct mp__arena_shm *arena,
			 const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__pool_shm *shm = mp__at_in(arena, pending->ref);
	const struct mp__ring_shm *ring = mp__at_in(arena, shm->tasks);
	uint32_t holder = mp__mutex_holder(&shm->task_lock);

	if (mp__ring_used(ring) == 0)
		return atomic_load(&shm->quits)
		       || (now != 0 && !mp__pid_is_alive(shm->head.creator));
	return !holder || holder == (uint32_t)pending->argument;
}

int mp__park_pool_take(struct mp__op *op)
{
	struct mp__pool_worker_self *self = op->self;
	struct mp__pool_shm *shm = self->shm;
	struct mp__ring_shm *ring = mp__at(shm->tasks);

	if (atomic_load(&shm->spoilt)) {	/* we are to go */
		mp__park_word(&shm->spoilt, 1, mp__now() + LONGEST_SLEEP_NS);
		return 0;
	}
	if (mp__ring_used(ring) > 0)
		return mp__mutex_park(&shm->task_lock, MP_FOREVER,
				      &op->has_slept);
	for (int i = 0; i < SPINS; i++) {
		if (mp__ring_used(ring) > 0 || atomic_load(&shm->quits))
			return 0;
		sched_yield();
	}
	count_idle(self, true);
	uint32_t arrivals = atomic_load(&shm->arrivals);
	if (mp__ring_used(ring) > 0 || atomic_load(&shm->quits))
		return 0;
	mp__park_word(&shm->arrivals, arrivals, mp__now() + LONGEST_SLEEP_NS);
	return 0;
}

int mp__pool_take(struct mp__pool_worker_self *self)
{
	self->has_task = false;
	return mp__perform(&(struct mp__op){
		.code = MP__OP_POOL_TAKE,
		.object = self->shm->head.id,
		.ref = mp__object_ref(self->shm),
		.self = self,
		.until = MP_FOREVER,
		.argument = mp__self.id,
	});
}

/* ---- a worker puts a result ---- */

static bool result_has_room(const struct mp__arena_shm *arena,
			    const struct mp__pool_shm *shm, size_t size,
			    uint32_t block_bytes)
{
	const struct mp__ring_shm *ring = mp__at_in(arena, shm->results);
	uint64_t bytes = atomic_load(&shm->result_bytes);

	return mp__ring_room(ring) >= size
	       && (block_bytes == 0 || bytes == 0
		   || bytes + block_bytes <= MP__POOL_BLOCKS);
}

static uint32_t block_bytes_of(const struct mp__pool_worker_self *self)
{
	return ((const struct mp__result_frame *)self->result)->block_bytes;
}

int mp__try_pool_put(struct mp__op *op)
{
	struct mp__pool_worker_self *self = op->self;
	struct mp__pool_shm *shm = self->shm;
	struct mp__ring_shm *ring = mp__at(shm->results);

	if (!result_has_room(mp__arena, shm, self->result_size,
			     block_bytes_of(self)))
		return parent_is_gone(shm) ? MP_EEOF : MP__WOULD_BLOCK;
	if (!mp__mutex_take(&shm->result_lock, op->has_slept))
		return MP__WOULD_BLOCK;
	op->has_slept = false;
	bool has_room = result_has_room(mp__arena, shm, self->result_size,
					block_bytes_of(self));
	if (has_room) {
		uint64_t at = atomic_load(&ring->written);
		atomic_fetch_add(&shm->result_bytes, block_bytes_of(self));
		mp__ring_put(ring, at, self->result, self->result_size);
		atomic_store(&ring->written, at + self->result_size);
		atomic_store(&self->slot->block, 0);
	}
	mp__mutex_give(&shm->result_lock);
	if (!has_room)
		return MP__WOULD_BLOCK;
	mp__pool_wake(&ring->wants_data);
	return 0;
}

/* argument: bytes of the frame and of its block << 32 */
bool mp__guard_pool_put(const struct mp__arena_shm *arena,
			const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__pool_shm *shm = mp__at_in(arena, pending->ref);

	if (!result_has_room(arena, shm, (uint32_t)pending->argument,
			     (uint32_t)((uint64_t)pending->argument >> 32)))
		return now != 0 && !mp__pid_is_alive(shm->head.creator);
	return mp__mutex_holder(&shm->result_lock) == 0;
}

int mp__park_pool_put(struct mp__op *op)
{
	struct mp__pool_worker_self *self = op->self;
	struct mp__pool_shm *shm = self->shm;
	struct mp__ring_shm *ring = mp__at(shm->results);

	if (result_has_room(mp__arena, shm, self->result_size,
			    block_bytes_of(self)))
		return mp__mutex_park(&shm->result_lock, MP_FOREVER,
				      &op->has_slept);
	atomic_store(&ring->wants_room, 1);
	if (result_has_room(mp__arena, shm, self->result_size,
			    block_bytes_of(self)))
		return 0;
	mp__park_word(&ring->wants_room, 1, mp__now() + LONGEST_SLEEP_NS);
	return 0;
}

int mp__pool_put_result(struct mp__pool_worker_self *self)
{
	return mp__perform(&(struct mp__op){
		.code = MP__OP_POOL_PUT,
		.object = self->shm->head.id,
		.ref = mp__object_ref(self->shm),
		.self = self,
		.until = MP_FOREVER,
		.argument = (int64_t)((uint64_t)block_bytes_of(self) << 32
				      | self->result_size),
	});
}

/* ---- the parent puts a task ---- */

bool mp__pool_has_room(const struct mp__arena_shm *arena,
		       const struct mp__pool_shm *shm, size_t size,
		       uint32_t block_bytes)
{
	const struct mp__ring_shm *ring = mp__at_in(arena, shm->tasks);
	uint64_t bytes = atomic_load(&shm->task_bytes);

	return mp__ring_room(ring) >= size
	       && (block_bytes == 0 || bytes == 0
		   || bytes + block_bytes <= MP__POOL_BLOCKS);
}

bool mp__pool_put_task(struct mp__pool_shm *shm, const void *frame, size_t size)
{
	const struct mp__task_frame *task = frame;
	struct mp__ring_shm *ring = mp__at(shm->tasks);
	uint64_t at = atomic_load(&ring->written);

	if (!mp__pool_has_room(mp__arena, shm, size, task->block_bytes))
		return false;
	atomic_fetch_add(&shm->task_bytes, task->block_bytes);
	mp__ring_put(ring, at, frame, size);
	atomic_store(&ring->written, at + size);
	mp__pool_wake_idle(shm, 1);
	return true;
}
