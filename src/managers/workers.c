#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "managers/managed.h"
#include "pool/pool.h"
#include "value/value.h"

/* Pool of a manager: its workers are children of the server. What its results and
 * iterators become keeps the pool. Iterators of dicts are here, too. */

enum { OF_DICT = 'd', OF_POOL = 'p' };

int mp__managed_pool_create(struct mp__serving *serving)
{
	struct mp_value *processes = NULL, *initializer = NULL, *initargs = NULL;
	struct mp_value *tasks = NULL;
	struct mp_pool_options options = { .name = serving->label };
	const char *name;
	int err = mp_bind(&serving->call, "processes=None initializer=None "
			  "initargs=None maxtasksperchild=None", &processes,
			  &initializer, &initargs, &tasks);

	if (!err && !mp__is(processes, MP_TYPE_NONE)) {
		err = mp_value_as_long(processes, &options.processes);
		options.spelling_ = ".processes";
	}
	if (!err && !mp__is(tasks, MP_TYPE_NONE))
		err = mp_value_as_long(tasks, &options.maxtasksperchild);
	if (!err && !mp__is(initializer, MP_TYPE_NONE)) {
		void *function = mp__wire_function(initializer, &name);
		err = function ? 0 : mp_error_code();
		options.initializer =
			(int (*)(struct mp_call *))(uintptr_t)function;
	}
	if (err)
		return err;
	if (!mp__is(initargs, MP_TYPE_NONE))
		options.initargs = mp_value_ref(initargs);
	struct mp_pool *pool = mp_pool_create(&options);
	if (!pool)
		return mp_error_code();
	serving->referent->object = pool;
	serving->referent->ident = pool->id;
	return 0;
}

void mp__managed_pool_destroy(struct mp__referent *referent)
{
	mp_pool_destroy(referent->object);
}

static int repr(const void *object, char *buffer, size_t size)
{
	return mp_pool_repr(object, buffer, size);
}

char *mp__managed_pool_str(struct mp__referent *referent)
{
	return mp__managed_repr(repr, referent->object);
}

/* ---- handing tasks over ---- */

static struct mp_pool *pool_of(const struct mp__serving *serving)
{
	return serving->referent->object;
}

static mp_function function_of(const struct mp_value *value, const char **name)
{
	return (mp_function)(uintptr_t)mp__wire_function(value, name);
}

static int bind_task(struct mp__serving *serving, struct mp_task_options *task)
{
	struct mp_value *function, *args = NULL, *kwds = NULL;
	int err = mp_bind(&serving->call, "func args? kwds?", &function, &args,
			  &kwds);

	if (err)
		return err;
	task->function = function_of(function, &task->spelling_);
	if (!task->function)
		return mp_error_code();
	task->args = mp_value_ref(args);
	task->kwds = mp_value_ref(kwds);
	return 0;
}

static int bind_map(struct mp__serving *serving, struct mp_map_options *map)
{
	struct mp_value *function, *iterable, *chunksize = NULL;
	int err = mp_bind(&serving->call, "func iterable chunksize=None",
			  &function, &iterable, &chunksize);

	if (err)
		return err;
	map->function = function_of(function, &map->spelling_);
	if (!map->function)
		return mp_error_code();
	if (!mp__is(chunksize, MP_TYPE_NONE)) {
		err = mp_value_as_long(chunksize, &map->chunksize);
		if (!err && map->chunksize == 0)
			map->spelling_ = ".chunksize";
	}
	if (!err)
		map->iterable = mp_value_ref(iterable);
	return err;
}

/* What a method has made becomes an object, which keeps this one. */
static struct mp_value *hand_out(struct mp__serving *serving, void *made,
				 char code)
{
	if (!made)
		return NULL;
	mp__host_pin_more(serving->referent);
	serving->made = made;
	serving->made_of = serving->referent;
	serving->made_code = code;
	return mp_none();
}

struct mp_value *mp__managed_pool_apply(struct mp__serving *serving)
{
	struct mp_task_options task = { 0 };

	return bind_task(serving, &task) < 0
		       ? NULL
		       : mp_pool_apply_task(pool_of(serving), &task);
}

struct mp_value *mp__managed_pool_apply_async(struct mp__serving *serving)
{
	struct mp_task_options task = { 0 };

	return bind_task(serving, &task) < 0
		       ? NULL
		       : hand_out(serving,
				  mp_pool_apply_async_task(pool_of(serving),
							   &task),
				  OF_POOL);
}

#define MAP(name, call) \
	struct mp_value *mp__managed_pool_##name(struct mp__serving *serving) \
	{ \
		struct mp_map_options map = { 0 }; \
		return bind_map(serving, &map) < 0 \
			       ? NULL \
			       : call(pool_of(serving), &map); \
	}
#define MAP_LATER(name, call) \
	struct mp_value *mp__managed_pool_##name(struct mp__serving *serving) \
	{ \
		struct mp_map_options map = { 0 }; \
		return bind_map(serving, &map) < 0 \
			       ? NULL \
			       : hand_out(serving, \
					  call(pool_of(serving), &map), \
					  OF_POOL); \
	}

MAP(map, mp_pool_map_items)
MAP(starmap, mp_pool_starmap_items)
MAP_LATER(map_async, mp_pool_map_async_items)
MAP_LATER(starmap_async, mp_pool_starmap_async_items)
MAP_LATER(imap, mp_pool_imap_items)
MAP_LATER(imap_unordered, mp_pool_imap_unordered_items)

static struct mp_value *done(struct mp__serving *serving,
			     int (*method)(struct mp_pool *pool))
{
	if (!mp__managed_only(serving, 0) || method(pool_of(serving)) < 0)
		return NULL;
	return mp_none();
}

struct mp_value *mp__managed_pool_close(struct mp__serving *serving)
{
	return done(serving, mp_pool_close);
}

struct mp_value *mp__managed_pool_terminate(struct mp__serving *serving)
{
	return done(serving, mp_pool_terminate);
}

struct mp_value *mp__managed_pool_join(struct mp__serving *serving)
{
	return done(serving, mp_pool_join);
}

/* ---- AsyncResult and Iterator: made by methods only ---- */

static int take_made(struct mp__serving *serving, const char *type)
{
	struct mp__referent *referent = serving->referent;

	if (!serving->made_of)
		return mp__fail(MP_EATTRIBUTE, "'SyncManager' object has no "
				"attribute '%s'", type);
	referent->object = serving->made;
	referent->other = serving->made_of;
	referent->code = serving->made_code;
	if (referent->code == OF_DICT) {
		pthread_mutex_lock(&referent->other->mutex);
		referent->count = referent->other->value->len;
		pthread_mutex_unlock(&referent->other->mutex);
	}
	return 0;
}

int mp__managed_result_create(struct mp__serving *serving)
{
	return take_made(serving, "AsyncResult");
}

void mp__managed_result_destroy(struct mp__referent *referent)
{
	mp_async_result_destroy(referent->object);
}

static int result_repr(const void *object, char *buffer, size_t size)
{
	return snprintf(buffer, size, "<multiprocessing.pool.AsyncResult object "
				      "at %p>", object);
}

char *mp__managed_result_str(struct mp__referent *referent)
{
	return mp__managed_repr(result_repr, referent->object);
}

static int until_of(struct mp__serving *serving, mp_deadline *until)
{
	struct mp_value *timeout = NULL;
	double seconds = 0;
	int err = mp_bind(&serving->call, "timeout=None", &timeout);

	*until = MP_FOREVER;
	if (err || mp__is(timeout, MP_TYPE_NONE))
		return err;
	err = mp_value_as_double(timeout, &seconds);
	*until = mp_after(seconds);
	return err;
}

struct mp_value *mp__managed_result_get(struct mp__serving *serving)
{
	mp_deadline until;

	return until_of(serving, &until) < 0
		       ? NULL
		       : mp_async_result_get(serving->referent->object, until);
}

struct mp_value *mp__managed_result_wait(struct mp__serving *serving)
{
	mp_deadline until;

	if (until_of(serving, &until) < 0
	    || mp_async_result_wait(serving->referent->object, until) < 0)
		return NULL;
	return mp_none();
}

struct mp_value *mp__managed_result_ready(struct mp__serving *serving)
{
	return mp_bool(mp_async_result_ready(serving->referent->object));
}

struct mp_value *mp__managed_result_successful(struct mp__serving *serving)
{
	int result = mp_async_result_successful(serving->referent->object);

	return result < 0 ? NULL : mp_bool(result);
}

int mp__managed_iterator_create(struct mp__serving *serving)
{
	return take_made(serving, "Iterator");
}

void mp__managed_iterator_destroy(struct mp__referent *referent)
{
	if (referent->code == OF_POOL)
		mp_pool_iterator_destroy(referent->object);
}

static int iterator_repr(const void *object, char *buffer, size_t size)
{
	return snprintf(buffer, size, "<iterator object at %p>", object);
}

char *mp__managed_iterator_str(struct mp__referent *referent)
{
	return mp__managed_repr(iterator_repr, referent);
}

static struct mp_value *next_key(struct mp__referent *iterator)
{
	struct mp__referent *dict = iterator->other;
	struct mp_value *key = NULL;

	pthread_mutex_lock(&dict->mutex);
	if (dict->value->len != iterator->count)
		mp__fail(MP_ERUNTIME, "dictionary changed size during iteration");
	else if (iterator->at >= iterator->count)
		mp__fail(MP_ESTOP, "there are no more items");
	else
		key = mp_value_ref(dict->value->as.entries[iterator->at++].key);
	pthread_mutex_unlock(&dict->mutex);
	return key;
}

struct mp_value *mp__managed_iterator_next(struct mp__serving *serving)
{
	struct mp__referent *iterator = serving->referent;
	mp_deadline until;

	if (until_of(serving, &until) < 0)
		return NULL;
	if (iterator->code == OF_POOL)
		return mp_pool_iterator_next(iterator->object, until);
	pthread_mutex_lock(&iterator->mutex);
	struct mp_value *key = next_key(iterator);
	pthread_mutex_unlock(&iterator->mutex);
	return key;
}

struct mp_value *mp__managed_dict_iter(struct mp__serving *serving)
{
	return mp__managed_only(serving, 0)
		       ? hand_out(serving, serving->referent, OF_DICT)
		       : NULL;
}
