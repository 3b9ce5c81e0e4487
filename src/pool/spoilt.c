#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <string.h>

#include "pool/pool.h"

/* What workers share with us any of them can write into, by mistake. What comes from
 * there is looked at. If it makes no sense, all workers are killed; when the last one has
 * gone, what was not yet taken out of the task ring is kept, all else is lost. In the
 * result handler. */

/* ---- looking ---- */

bool mp__pool_is_block(mp__ref block, uint64_t bytes, uint64_t task)
{
	uint64_t first = sizeof(*mp__arena) / MP__ARENA_UNIT;
	uint64_t units = (bytes + MP__ARENA_UNIT - 1) / MP__ARENA_UNIT;
	struct mp__result_block head;

	if (block <= first || bytes < sizeof(head)
	    || block + units > atomic_load(&mp__arena->end))
		return false;
	memcpy(&head, mp__at(block), sizeof(head));
	return head.id == (task ^ MP__RESULT_MARK) && head.bytes == bytes;
}

/* Only while no worker has come through are there tasks that were given up before a
 * result of them could come. */
static bool is_known(struct mp_pool *pool, uint64_t task)
{
	if (atomic_load(&pool->is_broken))
		return true;
	pthread_mutex_lock(&pool->mutex);
	bool is_known = mp__pool_entry(pool, task);
	pthread_mutex_unlock(&pool->mutex);
	return is_known;
}

bool mp__pool_is_result(struct mp_pool *pool,
			const struct mp__result_frame *frame, size_t left)
{
	return frame->size <= left && frame->size <= MP__POOL_INLINE
	       && frame->code <= 0
	       && (!frame->block
		   || mp__pool_is_block(frame->block, frame->block_bytes,
					frame->id))
	       && is_known(pool, frame->id);
}

void mp__pool_spoil(struct mp_pool *pool)
{
	atomic_store(&pool->shm->spoilt, 1);
	mp__pool_call(pool);
}

/* ---- beginning anew ---- */

static bool is_anybody_left(const struct mp_pool *pool)
{
	for (long i = 0; i < pool->size; i++)
		if (pool->workers[i].process
		    && atomic_load(&pool->workers[i].death)
			       < MP__DEATH_MARKED)
			return true;
	return false;
}

static bool keep_entry(struct mp_pool *pool, uint64_t task)
{
	struct mp__pool_entry *entry = mp__pool_entry(pool, task);

	if (entry)
		entry->is_lost = false;
	return entry;
}

/* Those whose frames are still in the ring, one behind the other, are not lost. false:
 * there is something else. */
static bool keep_waiting(struct mp_pool *pool)
{
	struct mp__ring_shm *ring = mp__at(pool->shm->tasks);
	uint64_t at = atomic_load(&ring->read);
	uint64_t end = atomic_load(&ring->written);
	struct mp__task_frame frame;

	if (end - at > MP__RING_BYTES_SHARED)
		return false;
	for (; at < end; at += sizeof(frame) + frame.size) {
		if (end - at < sizeof(frame))
			return false;
		mp__ring_get(ring, at, &frame, sizeof(frame));
		if (frame.size > MP__POOL_INLINE
		    || !keep_entry(pool, frame.id))
			return false;
	}
	return at == end;
}

/* The one that had no room in the ring is ours alone. */
static void keep_frame(struct mp_pool *pool)
{
	struct mp__task_frame frame;

	if (!pool->has_frame)
		return;
	memcpy(&frame, pool->frame.bytes, sizeof(frame));
	keep_entry(pool, frame.id);
}

static void empty(struct mp__ring_shm *ring)
{
	atomic_store(&ring->read, atomic_load(&ring->written));
	mp__pool_wake(&ring->wants_room);
}

static void mark_lost(struct mp_pool *pool)
{
	pthread_mutex_lock(&pool->submit);
	pthread_mutex_lock(&pool->mutex);
	mp__pool_mark_all(pool);
	if (!keep_waiting(pool)) {
		mp__pool_mark_all(pool);
		empty(mp__at(pool->shm->tasks));
	}
	keep_frame(pool);
	pthread_mutex_unlock(&pool->mutex);
	pthread_mutex_unlock(&pool->submit);
}

/* Whoever had it is dead, and what it did is lost: a result it had not sent, too. */
static void clear_place(struct mp_pool *pool, struct mp__worker_shm *slot)
{
	uint64_t task = atomic_load(&slot->task);
	mp__ref block = atomic_load(&slot->block);
	uint32_t bytes = atomic_load(&slot->block_bytes);

	pthread_mutex_lock(&pool->mutex);
	bool is_open = mp__pool_entry(pool, task);
	pthread_mutex_unlock(&pool->mutex);
	if (is_open && block && mp__pool_is_block(block, bytes, task))
		mp__arena_free(block, bytes);
	memset(slot, 0, sizeof(*slot));
}

bool mp__pool_renew(struct mp_pool *pool)
{
	struct mp__pool_shm *shm = pool->shm;

	if (!atomic_load(&shm->spoilt))
		return true;
	if (atomic_load(&pool->is_filling) || is_anybody_left(pool)) {
		mp__pool_call(pool);
		return false;
	}
	for (uint32_t i = 0; i < (uint32_t)pool->size; i++)
		clear_place(pool, mp__pool_worker(shm, i));
	mp__mutex_give(&shm->task_lock);
	mp__mutex_give(&shm->result_lock);
	empty(mp__at(shm->results));
	atomic_store(&shm->result_bytes, 0);
	atomic_store(&shm->idle, 0);
	mark_lost(pool);
	mp__pool_lose(pool, "a worker of the pool has written where it "
			    "should not, and this was lost with it");
	atomic_store(&shm->spoilt, 0);
	return true;
}
