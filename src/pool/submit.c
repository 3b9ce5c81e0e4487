#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdint.h>

#include "base/clock.h"
#include "pool/pool.h"
#include "process/process.h"
#include "value/value.h"

/* From jobs to the task ring. Who submits puts in himself what there is room for, and
 * never waits: the rest is the task handler's, a thread that is made when it is needed
 * for the first time. */

#define LONGEST_SLEEP_NS INT64_C(500000000)
#define WORTH_WAKING 32768u	/* bytes of room */

/* ---- the line of jobs ---- */

/* All its tasks are counted now, and the last one is not in the ring yet: so it is not
 * over, unless there was none, or that one has failed. */
static void leave_line(struct mp_pool *pool)
{
	struct mp_async_result *job = pool->first_waiting;

	pool->first_waiting = job->next_waiting;
	if (!pool->first_waiting)
		pool->last_waiting = NULL;
	mp_value_unref(job->items);
	job->items = NULL;
	pthread_mutex_lock(&pool->mutex);
	job->is_counted = true;
	bool is_over = job->chunks_done == job->chunks;
	pthread_mutex_unlock(&pool->mutex);
	if (is_over)
		mp__pool_fail(pool, job, 0, 0, 0, NULL);
}

static bool fits(struct mp_pool *pool)
{
	if (pool->has_frame
	    && mp__pool_put_task(pool->shm, pool->frame.bytes, pool->frame.len))
		pool->has_frame = false;
	return !pool->has_frame;
}

/* As much as there is room for. Only the task handler calls `next` functions, and
 * somebody may be in one. */
static void pump(struct mp_pool *pool, bool is_handler)
{
	while (!pool->is_pulling && fits(pool)) {
		struct mp_async_result *job = pool->first_waiting;
		if (!job || (job->next && !is_handler)
		    || atomic_load(&pool->shm->state) == MP__POOL_TERMINATE)
			break;
		mp__pool_make_frame(job);
		if (job->is_all_out)
			leave_line(pool);
	}
	atomic_store(&pool->shm->waiting,
		     pool->first_waiting || pool->has_frame);
	if (atomic_load(&pool->is_broken))
		mp__pool_call_results(pool);
}

/* The numbers of its tasks follow each other, if it is known how many there will be. */
static void give_numbers(struct mp_async_result *job)
{
	struct mp_pool *pool = job->pool;
	size_t chunks = 1;

	if (job->items)
		chunks = (job->items->len + job->chunksize - 1)
			 / job->chunksize;
	job->number = pool->next_number + 1;
	pool->next_number += (uint32_t)chunks;
	if (job->items || job->next)
		mp__record(TRACE_MAP_SUBMIT, pool->id, job->number,
			   job->items ? (int64_t)job->items->len : -1);
}

static void join_line(struct mp_async_result *job)
{
	struct mp_pool *pool = job->pool;

	job->next_waiting = NULL;
	if (pool->last_waiting)
		pool->last_waiting->next_waiting = job;
	else
		pool->first_waiting = job;
	pool->last_waiting = job;
}

void mp__pool_drop_waiting(struct mp_pool *pool)
{
	pthread_mutex_lock(&pool->submit);
	if (!pool->is_pulling)
		pool->first_waiting = pool->last_waiting = NULL;
	pool->has_frame = false;
	atomic_store(&pool->shm->waiting, 0);
	pthread_mutex_unlock(&pool->submit);
}

void mp__pool_keep_items(struct mp_async_result *job)
{
	struct mp_value *items;

	pthread_mutex_lock(&job->pool->submit);
	items = job->items;
	if (items && items->type == MP_TYPE_LIST
	    && atomic_load(&items->references) > 1) {
		struct mp_value *copy = mp_value_tuple_of(items);
		if (copy) {
			mp_value_unref(items);
			job->items = copy;
		} else {
			job->next_item = SIZE_MAX;
		}
	}
	pthread_mutex_unlock(&job->pool->submit);
}

/* ---- the task handler ---- */

static bool has_work(const struct mp__arena_shm *arena,
		     const struct mp__pool_shm *shm)
{
	(void)arena;
	return atomic_load(&shm->waiting) > 0 || atomic_load(&shm->tasks_quit);
}

int mp__try_pool_tasks(struct mp__op *op)
{
	return has_work(mp__arena, mp__at(op->ref)) ? 0 : MP__WOULD_BLOCK;
}

bool mp__guard_pool_tasks(const struct mp__arena_shm *arena,
			  const struct mp__pending_shm *pending, int64_t now)
{
	(void)now;
	return has_work(arena, mp__at_in(arena, pending->ref));
}

int mp__park_pool_tasks(struct mp__op *op)
{
	struct mp__pool_shm *shm = mp__at(op->ref);

	atomic_store(&shm->sleeps, 1);
	if (!has_work(mp__arena, shm))
		mp__park_word(&shm->sleeps, 1, mp__now() + LONGEST_SLEEP_NS);
	atomic_store(&shm->sleeps, 0);
	return 0;
}

/* argument: bytes of the block << 32 | of the frame, or as much as is worth it */
static bool may_write(const struct mp__arena_shm *arena,
		      const struct mp__pool_shm *shm, int64_t argument)
{
	return atomic_load(&shm->tasks_quit)
	       || mp__pool_has_room(arena, shm, (uint32_t)argument,
				    (uint32_t)((uint64_t)argument >> 32));
}

int mp__try_pool_write(struct mp__op *op)
{
	return may_write(mp__arena, mp__at(op->ref), op->argument)
		       ? 0
		       : MP__WOULD_BLOCK;
}

bool mp__guard_pool_write(const struct mp__arena_shm *arena,
			  const struct mp__pending_shm *pending, int64_t now)
{
	(void)now;
	return may_write(arena, mp__at_in(arena, pending->ref),
			 pending->argument);
}

int mp__park_pool_write(struct mp__op *op)
{
	struct mp__pool_shm *shm = mp__at(op->ref);
	struct mp__ring_shm *ring = mp__at(shm->tasks);

	atomic_store(&ring->needed, (uint32_t)op->argument);
	atomic_store(&ring->wants_room, 1);
	if (!may_write(mp__arena, shm, op->argument))
		mp__park_word(&ring->wants_room, 1,
			      mp__now() + LONGEST_SLEEP_NS);
	atomic_store(&ring->wants_room, 0);
	return 0;
}

static void wait_for(struct mp_pool *pool, enum mp__operation code,
		     int64_t argument)
{
	mp__perform(&(struct mp__op){
		.code = code,
		.object = pool->id,
		.ref = mp__object_ref(pool->shm),
		.argument = argument,
		.until = MP_FOREVER,
	});
}

static int64_t room_for_frame(const struct mp_pool *pool)
{
	const struct mp__task_frame *frame =
		(const struct mp__task_frame *)(const void *)pool->frame.bytes;
	uint32_t size = (uint32_t)pool->frame.len;

	if (size < WORTH_WAKING)
		size = WORTH_WAKING;
	return (int64_t)((uint64_t)frame->block_bytes << 32 | size);
}

static void *task_handler(void *argument)
{
	struct mp_pool *pool = argument;
	int64_t room = 0;

	mp__pool_thread_begin(pool, TRACE_ROLE_TASK_HANDLER, "task handler");
	while (!atomic_load(&pool->shm->tasks_quit)) {
		pthread_mutex_lock(&pool->submit);
		pump(pool, true);
		bool is_stuck = pool->has_frame;
		if (is_stuck)
			room = room_for_frame(pool);
		pthread_mutex_unlock(&pool->submit);
		if (is_stuck)
			wait_for(pool, MP__OP_POOL_WRITE, room);
		else
			wait_for(pool, MP__OP_POOL_TASKS, 0);
	}
	mp__agent_end();
	return NULL;
}

static int have_handler(struct mp_pool *pool)
{
	if (pool->is_joined)	/* nobody would wait for it any more */
		return 0;
	if (pool->has_task_handler) {
		mp__pool_wake(&pool->shm->sleeps);
		return 0;
	}
	int err = mp__pool_thread(pool, &pool->task_handler, task_handler);
	if (!err)
		pool->has_task_handler = true;
	return err;
}

/* ---- submitting ---- */

int mp__try_pool_submit(struct mp__op *op)
{
	struct mp_async_result *job = op->self;
	struct mp_pool *pool = job->pool;
	int err = 0;

	pthread_mutex_lock(&pool->submit);
	job->function_number = mp__pool_function_number(
		pool, (void *)(uintptr_t)job->function, job->spelling);
	give_numbers(job);
	join_line(job);
	pump(pool, false);
	if (atomic_load(&pool->shm->waiting))
		err = have_handler(pool);
	pthread_mutex_unlock(&pool->submit);
	return err;
}

int mp__pool_submit(struct mp_async_result *job)
{
	return mp__perform(&(struct mp__op){
		.code = MP__OP_POOL_SUBMIT,
		.object = job->pool->id,
		.ref = mp__object_ref(job->pool->shm),
		.self = job,
		.until = MP_FOREVER,
	});
}
