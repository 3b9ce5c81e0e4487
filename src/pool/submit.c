#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "pool/pool.h"
#include "process/process.h"
#include "value/pack.h"
#include "value/value.h"

/* From jobs to the task ring. Who submits puts in himself what there is room for, and
 * never waits: the rest is the task handler's, a thread that is made when it is needed
 * for the first time. Chunks are encoded when it is their turn, straight from the
 * list, so that a million items are not in memory twice. */

#define LONGEST_SLEEP_NS INT64_C(500000000)
#define WORTH_WAKING 32768u	/* bytes of room */

/* ---- names of functions ---- */

static void copy_name(char *name, const char *spelling)
{
	const char *at = spelling ? strstr(spelling, ".function") : NULL;
	size_t length = 0;

	at = at ? strchr(at, '=') : spelling;
	at = at ? at + strspn(at, " \t\n=&(") : "";
	while (isalnum((unsigned char)at[length]) || at[length] == '_')
		length++;
	if (length == 0)
		length = strlen(at = "task");
	if (length >= MP__POOL_NAME)
		length = MP__POOL_NAME - 1;
	memcpy(name, at, length);
	name[length] = '\0';
}

uint32_t mp__pool_function_number(struct mp_pool *pool, const void *function,
				  const char *spelling)
{
	uint64_t address = (uintptr_t)function;
	struct mp__pool_function_shm *row = NULL;

	for (uint32_t i = pool->functions; i > 0; i--)
		if (mp__pool_function(pool->shm, i)->address == address)
			return i;
	if (pool->functions == MP__POOL_FUNCTIONS)
		return 0;
	row = mp__pool_function(pool->shm, ++pool->functions);
	copy_name(row->name, spelling);
	row->address = address;
	mp__record_text(TRACE_POOL_FUNCTION, pool->id, pool->functions,
			row->name, strlen(row->name));
	return pool->functions;
}

/* ---- one frame ---- */

/* How many items of a list the next chunk has; 0: all are out. */
static size_t chunk_length(const struct mp_async_result *job)
{
	size_t len = job->items->len;
	size_t left = job->next_item < len ? len - job->next_item : 0;

	return left < job->chunksize ? left : job->chunksize;
}

static int encode_items(struct mp_async_result *job, struct mp__buffer *out,
			uint32_t *count)
{
	size_t length = chunk_length(job);
	int err = 0;

	*count = (uint32_t)length;
	for (size_t i = 0; i < length && !err; i++)
		err = mp__pack(out, job->items->as.items[job->next_item + i]);
	job->next_item += length;
	job->is_all_out = job->next_item >= job->items->len;
	return err;
}

/* The function is the program's and may take its time: others may submit meanwhile. */
static int encode_pulled(struct mp_async_result *job, struct mp__buffer *out,
			 uint32_t *count)
{
	struct mp_pool *pool = job->pool;
	struct mp_value *item;
	int err = 0, got = 1;

	pool->is_pulling = true;
	pthread_mutex_unlock(&pool->submit);
	for (*count = 0; *count < job->chunksize && !err; ++*count) {
		item = NULL;
		got = job->next(job->next_user, &item);
		if (got <= 0)
			break;
		err = mp__pack(out, item);
		mp_value_unref(item);
	}
	pthread_mutex_lock(&pool->submit);
	pool->is_pulling = false;
	job->is_all_out = got <= 0;
	return got < 0 ? got : err;
}

/* The bytes of the next task of a job, behind a frame whose place is left free.
 * count receives 0 if there is none. */
static int encode(struct mp_async_result *job, struct mp__buffer *out,
		  uint32_t *count)
{
	struct mp__task_frame frame = { 0 };
	int err;

	out->len = 0;
	err = mp__buffer_add(out, &frame, sizeof(frame));
	if (err)
		return err;
	if (job->next)
		return encode_pulled(job, out, count);
	if (job->items)
		return encode_items(job, out, count);
	*count = 1;
	job->is_all_out = true;
	if (job->bad) {
		err = mp__fail(job->bad, "%s", job->message);
		free(job->message);
		job->message = NULL;
		return err;
	}
	err = mp__buffer_add(out, job->bytes.bytes, job->bytes.len);
	mp__buffer_free(&job->bytes);
	return err;
}

static int move_to_block(struct mp__buffer *out, struct mp__task_frame *frame)
{
	size_t size = out->len - sizeof(*frame);

	if (size > UINT32_MAX)
		return mp__fail(MP_EVALUE, "a task may have at most 4 GiB");
	frame->block = mp__arena_alloc(size);
	if (!frame->block)
		return MP_EMEMORY;
	frame->block_bytes = (uint32_t)size;
	memcpy(mp__at(frame->block), out->bytes + sizeof(*frame), size);
	out->len = sizeof(*frame);
	/* It may have become large for this one. */
	if (out->capacity > 64 * (size_t)MP__POOL_INLINE) {
		struct mp__buffer small = { 0 };
		if (mp__buffer_add(&small, out->bytes, out->len) == 0) {
			mp__buffer_free(out);
			*out = small;
		}
	}
	return 0;
}

static uint32_t number_of(struct mp_async_result *job, size_t chunk)
{
	/* Of what is pulled nobody knew how many there would be. */
	return job->next ? ++job->pool->next_number
			 : job->number + (uint32_t)chunk;
}

/* A task is in the table before it is in the ring. */
static int enter(struct mp_async_result *job, struct mp__task_frame *frame,
		 size_t chunk, uint32_t number)
{
	struct mp_pool *pool = job->pool;

	pthread_mutex_lock(&pool->mutex);
	uint32_t place = mp__pool_entry_new(pool);
	if (place != UINT32_MAX) {
		pool->entries[place] = (struct mp__pool_entry){
			.job = job,
			.number = number,
			.chunk = chunk,
			.block = frame->block,
			.block_bytes = frame->block_bytes,
		};
		frame->id = MP__TASK_ID(place, number);
	}
	pthread_mutex_unlock(&pool->mutex);
	return place == UINT32_MAX ? MP_EMEMORY : 0;
}

/* The next frame of the job in pool->frame, if there is one left. What cannot be
 * encoded fails alone. */
static void make_frame(struct mp_async_result *job)
{
	struct mp_pool *pool = job->pool;
	struct mp__buffer *out = &pool->frame;
	struct mp__task_frame frame = {
		.kind = job->task_kind,
		.function = (uintptr_t)job->function,
		.function_number = job->function_number,
	};
	int err = encode(job, out, &frame.count);

	if (frame.count == 0 && !err)
		return;
	size_t chunk = job->chunks++;
	uint32_t number = number_of(job, chunk);
	mp__record(TRACE_TASK_SUBMIT, pool->id,
		   (int64_t)((uint64_t)job->function_number << 48 | number),
		   (int64_t)((uint64_t)(job->kind >= MP__JOB_ORDERED
						? number : job->number) << 32
			     | frame.count));
	if (!err && out->len - sizeof(frame) > MP__POOL_INLINE)
		err = move_to_block(out, &frame);
	if (!err)
		err = enter(job, &frame, chunk, number);
	if (err) {
		mp__arena_free(frame.block, frame.block_bytes);
		mp__pool_fail(pool, job, chunk, number, err, mp_error_message());
		return;
	}
	frame.size = (uint32_t)(out->len - sizeof(frame));
	memcpy(out->bytes, &frame, sizeof(frame));
	pool->has_frame = true;
}

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
		make_frame(job);
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
