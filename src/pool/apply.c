#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "pool/pool.h"
#include "process/process.h"
#include "value/pack.h"
#include "value/value.h"

/* apply, map and imap: what they make jobs of. */

static void take_callbacks(struct mp_async_result *job, mp_callback callback,
			   mp_error_callback error_callback, void *user)
{
	job->callback = callback;
	job->error_callback = error_callback;
	job->user = user;
}

/* A job that cannot be put in line is none. */
static struct mp_async_result *submit(struct mp_async_result *job)
{
	int err = mp__pool_submit(job);

	job->spelling = NULL;
	if (!err)
		return job;
	/* No thread could be made; what is in line will still be done. */
	mp__pool_keep_items(job);
	mp__job_destroy(job);
	return NULL;
}

/* What cannot be encoded is the task's own error. */
static void note_bad(struct mp_async_result *job, int err)
{
	job->bad = err;
	job->message = strdup(mp_error_message());
	if (!job->message)
		job->message = calloc(1, 1);
}

/* ---- apply ---- */

static int encode_call(struct mp_async_result *job, struct mp_value *args,
		       const struct mp_value *kwds)
{
	struct mp_value *tuple = args ? mp_value_tuple_of(args) : mp_tuple();
	int err = tuple ? mp__pack(&job->bytes, tuple) : mp_error_code();

	mp_value_unref(tuple);
	if (!err && kwds && mp_value_type(kwds) != MP_TYPE_DICT)
		return mp__fail(MP_ETYPE, "argument after ** must be a mapping, "
				"not %s", mp_value_type_name(kwds));
	if (!err && kwds && mp_value_length(kwds) > 0)
		err = mp__pack(&job->bytes, kwds);
	return err;
}

static struct mp_async_result *apply(struct mp_pool *pool,
				     const struct mp_task_options *task)
{
	struct mp_async_result *job = NULL;

	if (!task->function)
		mp__fail(MP_ETYPE, "a task needs a function");
	else
		job = mp__job_new(pool, MP__JOB_ONE);
	if (job) {
		job->task_kind = MP__TASK_APPLY;
		job->function = task->function;
		job->spelling = task->spelling_;
		int err = encode_call(job, task->args, task->kwds);
		if (err)
			note_bad(job, err);
	}
	mp_value_unref(task->args);
	mp_value_unref(task->kwds);
	return job;
}

struct mp_async_result *
mp_pool_apply_async_task(struct mp_pool *pool,
			 const struct mp_task_options *task)
{
	MP__ENTER();
	struct mp_async_result *job = apply(pool, task);

	if (!job)
		return NULL;
	take_callbacks(job, task->callback, task->error_callback, task->user);
	return submit(job);
}

/* The one who waits is the only one who knows the job. Who is interrupted goes on while
 * it is still being done. */
static struct mp_value *get_and_drop(struct mp_async_result *job)
{
	struct mp_value *value = NULL;

	if (job) {
		value = (mp_async_result_get)(job, MP_FOREVER);
		if (!value)
			mp__pool_keep_items(job);
		mp__job_destroy(job);
	}
	return value;
}

struct mp_value *mp_pool_apply_task(struct mp_pool *pool,
				    const struct mp_task_options *task)
{
	MP__ENTER();
	struct mp_async_result *job = apply(pool, task);

	return get_and_drop(job ? submit(job) : NULL);
}

/* ---- bytes ---- */

struct mp_async_result *
mp_pool_apply_bytes_async(struct mp_pool *pool, const void *bytes, size_t size,
			  const struct mp_task_options *callbacks)
{
	MP__ENTER();
	struct mp_async_result *job = NULL;

	if (!pool->worker)
		mp__fail(MP_ESTATE, "the pool has no worker function for bytes");
	else
		job = mp__job_new(pool, MP__JOB_ONE);
	if (!job)
		return NULL;
	job->task_kind = MP__TASK_BYTES;
	if (callbacks)
		take_callbacks(job, callbacks->callback,
			       callbacks->error_callback, callbacks->user);
	int err = mp__buffer_add(&job->bytes, bytes, size);
	if (err)
		note_bad(job, err);
	return submit(job);
}

int mp_pool_apply_bytes(struct mp_pool *pool, const void *bytes, size_t size,
			void **result, size_t *result_size)
{
	MP__ENTER();
	struct mp_value *value = get_and_drop(
		(mp_pool_apply_bytes_async)(pool, bytes, size, NULL));
	const void *made;

	if (!value)
		return mp_error_code();
	int err = mp_value_as_bytes(value, &made, result_size);
	if (!err) {
		*result = malloc(*result_size ? *result_size : 1);
		if (*result)
			memcpy(*result, made, *result_size);
		else
			err = mp__fail(MP_EMEMORY, "no memory for a result");
	}
	mp_value_unref(value);
	return err;
}

/* ---- map ---- */

/* The items, of which nobody else changes how many there are. While the only one who
 * could is waiting, as in map(), a list need not be copied. */
static struct mp_value *items_of(struct mp_value *iterable, bool is_async)
{
	if (!iterable) {
		mp__missing();
		return NULL;
	}
	if (iterable->type == MP_TYPE_TUPLE
	    || (iterable->type == MP_TYPE_LIST
		&& (!is_async || atomic_load(&iterable->references) == 1)))
		return mp_value_ref(iterable);
	return mp_value_tuple_of(iterable);
}

/* list(iterable) */
static struct mp_value *pull_all(const struct mp_map_options *map)
{
	struct mp_value *list = mp_list(), *item = NULL;
	int got = list ? 1 : MP_EMEMORY;

	while (got > 0 && (got = map->next(map->next_user, &item)) > 0)
		if (mp_value_append(list, item) < 0)
			got = MP_EMEMORY;
	if (got == 0)
		return list;
	mp_value_unref(list);
	return NULL;
}

static struct mp_value *nothing_yet(size_t count)
{
	struct mp__container *list = mp__container_new(MP_TYPE_LIST, count);

	if (!list)
		return NULL;
	for (size_t i = 0; i < count; i++)
		list->head.as.items[i] = mp_none();
	list->head.len = count;
	return &list->head;
}

static bool has_chunksize(const struct mp_map_options *map)
{
	return map->chunksize != 0
	       || (map->spelling_ && strstr(map->spelling_, ".chunksize"));
}

/* CPython's rule. 0: there is nothing to be done. */
static size_t chunksize_of(const struct mp_map_options *map, size_t count,
			   long workers)
{
	if (has_chunksize(map))
		return map->chunksize > 0 && count > 0 ? (size_t)map->chunksize
						       : 0;
	size_t parts = (size_t)workers * 4;
	return count / parts + (count % parts > 0);
}

/* Ready before it has begun; its callbacks are not called, as in Python. */
static void ready_at_once(struct mp_async_result *job)
{
	pthread_mutex_lock(&job->pool->mutex);
	job->is_done = true;
	mp__job_ready(job, MP__WORD_READY);
	pthread_mutex_unlock(&job->pool->mutex);
	atomic_fetch_sub(&job->pool->open_jobs, 1);
	mp__pool_maybe_quit(job->pool);
}

/* Takes over items. */
static struct mp_async_result *map_items(struct mp_pool *pool,
					 const struct mp_map_options *map,
					 enum mp__task_kind kind,
					 struct mp_value *items)
{
	struct mp_async_result *job = mp__job_new(pool, MP__JOB_LIST);

	if (!job) {
		mp_value_unref(items);
		return NULL;
	}
	job->task_kind = kind;
	job->function = map->function;
	job->spelling = map->spelling_;
	job->items = items;
	job->chunksize = chunksize_of(map, items->len, pool->size);
	job->value = nothing_yet(items->len);
	if (!job->value || job->chunksize == 0) {
		bool is_failed = !job->value;
		ready_at_once(job);
		if (!is_failed)
			return job;
		mp__job_destroy(job);
		return NULL;
	}
	return job;
}

/* In CPython's order: is the pool running, can it be iterated. */
static struct mp_async_result *map(struct mp_pool *pool,
				   const struct mp_map_options *map,
				   enum mp__task_kind kind, bool is_async)
{
	struct mp_async_result *job = NULL;
	struct mp_value *items = NULL;

	if (mp__pool_check_running(pool) == 0)
		items = map->next ? pull_all(map) : items_of(map->iterable, is_async);
	mp_value_unref(map->iterable);
	if (items)
		job = map_items(pool, map, kind, items);
	if (!job || job->chunksize == 0)
		return job;
	if (is_async)
		take_callbacks(job, map->callback, map->error_callback,
			       map->user);
	return submit(job);
}

struct mp_value *mp_pool_map_items(struct mp_pool *pool,
				   const struct mp_map_options *options)
{
	MP__ENTER();
	return get_and_drop(map(pool, options, MP__TASK_MAP, false));
}

struct mp_value *mp_pool_starmap_items(struct mp_pool *pool,
				       const struct mp_map_options *options)
{
	MP__ENTER();
	return get_and_drop(map(pool, options, MP__TASK_STARMAP, false));
}

struct mp_async_result *
mp_pool_map_async_items(struct mp_pool *pool,
			const struct mp_map_options *options)
{
	MP__ENTER();
	return map(pool, options, MP__TASK_MAP, true);
}

struct mp_async_result *
mp_pool_starmap_async_items(struct mp_pool *pool,
			    const struct mp_map_options *options)
{
	MP__ENTER();
	return map(pool, options, MP__TASK_STARMAP, true);
}

/* ---- imap ---- */

static struct mp_async_result *imap(struct mp_pool *pool,
				    const struct mp_map_options *options,
				    enum mp__job_kind kind)
{
	struct mp_async_result *job = NULL;
	struct mp_value *items = NULL;
	int err = mp__pool_check_running(pool);

	if (!err && (options->chunksize < 0
		     || (options->chunksize == 0 && has_chunksize(options))))
		err = mp__fail(MP_EVALUE, "Chunksize must be 1+, not %ld",
			       options->chunksize);
	if (!err && !options->next)
		items = items_of(options->iterable, true);
	mp_value_unref(options->iterable);
	if (!err && (items || options->next))
		job = mp__job_new(pool, kind);
	if (!job) {
		mp_value_unref(items);
		return NULL;
	}
	job->task_kind = MP__TASK_MAP;
	job->function = options->function;
	job->spelling = options->spelling_;
	job->items = items;
	job->next = options->next;
	job->next_user = options->next_user;
	job->chunksize = options->chunksize ? (size_t)options->chunksize : 1;
	return submit(job);
}

struct mp_pool_iterator *
mp_pool_imap_items(struct mp_pool *pool, const struct mp_map_options *map)
{
	MP__ENTER();
	return (struct mp_pool_iterator *)imap(pool, map, MP__JOB_ORDERED);
}

struct mp_pool_iterator *
mp_pool_imap_unordered_items(struct mp_pool *pool,
			     const struct mp_map_options *map)
{
	MP__ENTER();
	return (struct mp_pool_iterator *)imap(pool, map, MP__JOB_UNORDERED);
}
