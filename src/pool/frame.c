#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pool/pool.h"
#include "process/process.h"
#include "value/pack.h"
#include "value/value.h"

/* The next frame of a job. Chunks are encoded when it is their turn, straight from the
 * list, so that a million items are not in memory twice. */

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

void mp__pool_make_frame(struct mp_async_result *job)
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
