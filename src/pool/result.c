#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "pool/pool.h"
#include "process/process.h"
#include "value/pack.h"
#include "value/value.h"

/* The result handler: takes the results out of the ring, many at a time, calls
 * callbacks, and then lets those go on who wait (settle.c). It alone says what has become
 * of a task, also when its worker is dead (bury.c). */

#define LONGEST_SLEEP_NS INT64_C(500000000)
#define SPINS 20

/* ---- nothing to do ---- */

static bool has_work(const struct mp__arena_shm *arena,
		     const struct mp__pool_shm *shm)
{
	const struct mp__ring_shm *ring = mp__at_in(arena, shm->results);

	return mp__ring_used(ring) > 0 || atomic_load(&shm->errands) > 0
	       || atomic_load(&shm->results_quit);
}

int mp__try_pool_results(struct mp__op *op)
{
	return has_work(mp__arena, mp__at(op->ref)) ? 0 : MP__WOULD_BLOCK;
}

bool mp__guard_pool_results(const struct mp__arena_shm *arena,
			    const struct mp__pending_shm *pending, int64_t now)
{
	(void)now;
	return has_work(arena, mp__at_in(arena, pending->ref));
}

int mp__park_pool_results(struct mp__op *op)
{
	struct mp__pool_shm *shm = mp__at(op->ref);
	struct mp__ring_shm *ring = mp__at(shm->results);

	atomic_store(&ring->wants_data, 1);
	if (!has_work(mp__arena, shm))
		mp__park_word(&ring->wants_data, 1,
			      mp__now() + LONGEST_SLEEP_NS);
	atomic_store(&ring->wants_data, 0);
	return 0;
}

static void wait_for_work(struct mp_pool *pool)
{
	for (int i = 0; i < SPINS; i++) {
		if (has_work(mp__arena, pool->shm))
			return;
		sched_yield();
	}
	mp__perform(&(struct mp__op){
		.code = MP__OP_POOL_RESULTS,
		.object = pool->id,
		.ref = mp__object_ref(pool->shm),
		.until = MP_FOREVER,
	});
}

void mp__pool_call_results(struct mp_pool *pool)
{
	struct mp__ring_shm *ring = mp__at(pool->shm->results);

	atomic_fetch_add(&pool->shm->errands, 1);
	mp__pool_wake(&ring->wants_data);
}

/* ---- decoding ---- */

/* Where the values of a chunk of a map belong. */
static struct mp_value **places_of(struct mp_async_result *job, size_t chunk,
				   size_t *count)
{
	size_t at = chunk * job->chunksize;
	struct mp_value *all = job->value;

	if (job->kind != MP__JOB_LIST)
		return NULL;
	*count = all->len - at < job->chunksize ? all->len - at
						: job->chunksize;
	return all->as.items + at;
}

/* A chunk of an iterator: a list of as many as there are. */
static int decode_list(struct mp__pool_outcome *outcome,
		       const unsigned char *bytes, size_t size)
{
	int err = 0;

	outcome->value = mp_list();
	while (outcome->value && size > 0 && !err) {
		struct mp_value *item = NULL;
		size_t used = 0;
		err = mp__unpack_next(bytes, size, &used, &item);
		if (!err)
			err = mp_value_append(outcome->value, item);
		bytes += used;
		size -= used;
	}
	return outcome->value ? err : MP_EMEMORY;
}

static int decode(struct mp_async_result *job, size_t chunk,
		  const unsigned char *bytes, size_t size,
		  struct mp__pool_outcome *outcome)
{
	size_t count = 0, used;
	struct mp_value **places = places_of(job, chunk, &count);

	if (job->task_kind == MP__TASK_BYTES) {
		outcome->value = mp_bytes(bytes, size);
		return outcome->value ? 0 : MP_EMEMORY;
	}
	if (places)
		return mp__unpack_many(bytes, size, count, places);
	if (job->kind == MP__JOB_ONE || job->chunksize == 1)
		return mp__unpack_next(bytes, size, &used, &outcome->value);
	return decode_list(outcome, bytes, size);
}

static void decode_error(const char *bytes, size_t size,
			 struct mp__pool_outcome *outcome)
{
	size_t length = strnlen(bytes, size);

	outcome->message = strndup(bytes, length);
	if (length + 1 < size)
		outcome->traceback = strndup(bytes + length + 1,
					     size - length - 1);
}

/* One result, which was looked at. A task that is not in the table was given up. */
static void receive(struct mp_pool *pool, const struct mp__result_frame *frame,
		    const unsigned char *bytes)
{
	struct mp__pool_outcome outcome = { .code = frame->code };
	size_t chunk = 0, size = frame->size;
	struct mp_async_result *job = NULL;

	pthread_mutex_lock(&pool->mutex);
	struct mp__pool_entry *entry = mp__pool_entry(pool, frame->id);
	if (entry) {
		job = entry->job;
		chunk = entry->chunk;
		mp__pool_entry_free(pool, entry);
	}
	pthread_mutex_unlock(&pool->mutex);
	if (frame->block) {
		bytes = (unsigned char *)mp__at(frame->block)
			+ sizeof(struct mp__result_block);
		size = frame->block_bytes - sizeof(struct mp__result_block);
	}
	if (job) {
		outcome.number = (uint32_t)frame->id;
		mp__record(TRACE_TASK_RESULT, pool->id, outcome.number,
			   frame->code);
		int err = frame->code ? 0 : decode(job, chunk, bytes, size,
						   &outcome);
		if (err) {
			outcome.code = err;
			outcome.message = strdup(mp_error_message());
		} else if (frame->code) {
			decode_error((const char *)bytes, size, &outcome);
		}
	}
	if (frame->block) {
		mp__arena_free(frame->block, frame->block_bytes);
		atomic_fetch_sub(&pool->shm->result_bytes, frame->block_bytes);
	}
	if (job)
		mp__pool_settle(job, chunk, &outcome);
}

/* ---- the ring ---- */

/* Those who wait for room, or for blocks to be given back. */
static void wake_writers(struct mp__ring_shm *ring)
{
	if (atomic_load(&ring->wants_room)
	    && atomic_exchange(&ring->wants_room, 0))
		mp__wake_word(&ring->wants_room, INT_MAX);
}

/* What is in the ring is not believed before it is looked at, nor is how much it is. */
static void drain(struct mp_pool *pool, unsigned char *batch)
{
	struct mp__ring_shm *ring = mp__at(pool->shm->results);
	struct mp__result_frame frame;
	uint64_t at = atomic_load(&ring->read);
	uint64_t size = atomic_load(&ring->written) - at;
	uint64_t done = 0;

	if (size == 0)
		return;
	bool is_sound = size <= MP__RING_BYTES_SHARED;
	if (is_sound)
		mp__ring_get(ring, at, batch, size);
	atomic_store(&ring->read, at + size);
	wake_writers(ring);
	while (is_sound && done < size) {
		size_t left = size - done;
		if (left >= sizeof(frame))
			memcpy(&frame, batch + done, sizeof(frame));
		is_sound = left >= sizeof(frame)
			   && mp__pool_is_result(pool, &frame,
						 left - sizeof(frame));
		if (!is_sound)
			break;
		receive(pool, &frame, batch + done + sizeof(frame));
		done += sizeof(frame) + frame.size;
	}
	if (!is_sound)
		mp__pool_spoil(pool);
	wake_writers(ring);
}

/* ---- its life ---- */

static void do_errands(struct mp_pool *pool, unsigned char *batch)
{
	if (atomic_exchange(&pool->shm->errands, 0) > 0) {
		mp__pool_mark_dead(pool);
		drain(pool, batch);
		if (mp__pool_renew(pool))
			mp__pool_bury(pool);
		mp__pool_take_failures(pool);
	}
	if (atomic_load(&pool->is_broken))
		mp__pool_give_up(pool);
}

void *mp__pool_result_handler(void *argument)
{
	struct mp_pool *pool = argument;
	unsigned char *batch = malloc(MP__RING_BYTES_SHARED);

	mp__pool_thread_begin(pool, TRACE_ROLE_RESULT_HANDLER,
			      "result handler");
	while (batch && !atomic_load(&pool->shm->results_quit)) {
		wait_for_work(pool);
		drain(pool, batch);
		do_errands(pool, batch);
	}
	free(batch);
	mp__agent_end();
	return NULL;
}
