#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "sharedctypes/shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* ---- making ---- */

#define HEADER_BYTES 64u	/* so that items of every type are aligned */

static struct mp_shared *make(const struct mp__code *code, size_t length,
			      bool is_array, const char *name)
{
	if (length > (UINT32_MAX - HEADER_BYTES) / code->size) {
		mp__fail(MP_EMEMORY, "no shared memory for %zu items", length);
		return NULL;
	}
	struct mp_shared *shared = mp__object_new(
		is_array ? TRACE_OBJECT_ARRAY : TRACE_OBJECT_VALUE,
		HEADER_BYTES + length * code->size, name);
	if (!shared)
		return NULL;
	shared->items = (char *)shared + HEADER_BYTES;
	shared->owns_items = true;
	shared->length = length;
	shared->code = mp__code_number(code);
	shared->is_array = is_array;
	return shared;
}

/* A lock of its own is named after it. */
static int set_lock(struct mp_shared *shared, struct mp_lock *lock,
		    const char *name)
{
	char text[200];

	if (lock && lock->kind >= MP_SEMAPHORE)
		return mp__fail(MP_EATTRIBUTE, "the lock of a Value must be a "
					       "Lock or an RLock");
	shared->owns_lock = !lock;
	if (name)
		snprintf(text, sizeof(text), "%s.lock", name);
	shared->lock = lock ? lock : mp_RLock(.name = name ? text : NULL);
	return shared->lock ? 0 : mp_error_code();
}

/* The length an Array is to have; -1: an error. */
static ssize_t length_of(const struct mp_value *init)
{
	int64_t number;

	switch (mp_value_type(init)) {
	case MP_TYPE_INT:
	case MP_TYPE_BOOL:
		if (mp_value_as_int64(init, &number) < 0)
			return -1;
		if (number >= 0)
			return (ssize_t)number;
		mp__fail(MP_EVALUE, "Array length must be >= 0, not %lld",
			 (long long)number);
		return -1;
	case MP_TYPE_STR:
	case MP_TYPE_BYTES:
	case MP_TYPE_TUPLE:
	case MP_TYPE_LIST:
	case MP_TYPE_DICT:
		return mp_value_length(init);
	default:
		mp__fail(MP_ETYPE, "object of type '%s' has no len()",
			 mp_value_type_name(init));
		return -1;
	}
}

static int fill_array(struct mp_shared *shared, const struct mp_value *init)
{
	const struct mp__code *code = mp__shared_code(shared);
	enum mp_type type = mp_value_type(init);
	int err = 0;

	if (type == MP_TYPE_INT || type == MP_TYPE_BOOL)
		return 0;
	struct mp_value *items = mp_value_tuple_of(init);
	if (!items)
		return mp_error_code();
	for (size_t i = 0; i < shared->length && !err; i++)
		err = mp__code_store(code, (char *)shared->items
						   + i * code->size,
				     mp_value_item(items, (ssize_t)i));
	mp_value_unref(items);
	return err;
}

static int fill(struct mp_shared *shared, const struct mp_value *init)
{
	if (!init)
		return 0;
	return shared->is_array ? fill_array(shared, init)
				: mp__code_store(mp__shared_code(shared),
						 shared->items, init);
}

static struct mp_shared *create(const struct mp_shared_options *options)
{
	const struct mp__code *code = mp__code_find(options->code);
	ssize_t length = 1;

	if (!code) {
		mp__fail(MP_ETYPE, "'%c' is no type code: c u b B h H i I l L "
				   "q Q f d are", options->code);
		return NULL;
	}
	if (options->is_array)
		length = length_of(options->init);
	if (length < 0)
		return NULL;
	struct mp_shared *shared = make(code, (size_t)length, options->is_array,
					options->name);
	if (!shared)
		return NULL;
	if (fill(shared, options->init) < 0
	    || (!options->is_raw && set_lock(shared, options->lock, options->name)
					  < 0)) {
		mp__object_end(&shared->head);
		return NULL;
	}
	return shared;
}

struct mp_shared *mp_shared_create(const struct mp_shared_options *options)
{
	MP__ENTER();
	struct mp_shared *shared = create(options);

	mp_value_unref(options->init);
	return shared;
}

void mp_shared_destroy(struct mp_shared *shared)
{
	if (!shared || !mp__object_may_end(&shared->head))
		return;
	if (shared->owns_lock)
		mp_lock_destroy(shared->lock);
	mp__object_end(&shared->head);
}

/* ---- what it is ---- */

void *mp_shared_memory(const struct mp_shared *shared)
{
	return shared->items;
}

size_t mp_shared_length(const struct mp_shared *shared)
{
	return shared->length;
}

char mp_shared_code(const struct mp_shared *shared)
{
	return mp__shared_code(shared)->code;
}

size_t mp_shared_item_size(const struct mp_shared *shared)
{
	return mp__shared_code(shared)->size;
}

struct mp_lock *mp_shared_lock(const struct mp_shared *shared)
{
	if (!shared->lock)
		mp__fail(MP_EATTRIBUTE, "a raw object has no lock");
	return shared->lock;
}

/* ---- copy, synchronized ---- */

struct mp_shared *mp_shared_copy(struct mp_shared *shared)
{
	MP__ENTER();
	const struct mp__code *code = mp__shared_code(shared);
	struct mp_shared *copy = make(code, shared->length, shared->is_array,
				      NULL);

	if (copy)
		memcpy(copy->items, shared->items, shared->length * code->size);
	return copy;
}

struct mp_shared *mp_shared_synchronized(struct mp_shared *raw,
					 struct mp_lock *lock)
{
	MP__ENTER();
	if (raw->lock) {
		mp__fail(MP_ESTATE, "object already synchronized");
		return NULL;
	}
	struct mp_shared *wrapper = make(mp__shared_code(raw), 0, raw->is_array,
					 NULL);
	if (!wrapper)
		return NULL;
	if (set_lock(wrapper, lock, NULL) < 0) {
		mp__object_end(&wrapper->head);
		return NULL;
	}
	wrapper->items = raw->items;
	wrapper->length = raw->length;
	wrapper->owns_items = false;
	return wrapper;
}

/* ---- for people ---- */

static int repr_raw(struct mp_shared *shared, char *buffer, size_t size)
{
	const struct mp__code *code = mp__shared_code(shared);

	if (shared->is_array)
		return snprintf(buffer, size, "<multiprocessing.sharedctypes."
					      "%s_Array_%zu object at %p>",
				code->ctypes, (size_t)shared->length,
				shared->items);
	struct mp_value *item = mp__code_load(code, shared->items);
	char *text = item ? mp_value_repr(item) : NULL;
	int length = snprintf(buffer, size, "%s(%s)", code->ctypes,
			      text ? text : "?");
	free(text);
	mp_value_unref(item);
	return length;
}

int mp_shared_repr(struct mp_shared *shared, char *buffer, size_t size)
{
	char raw[128];

	if (!shared->lock)
		return repr_raw(shared, buffer, size);
	repr_raw(shared, raw, sizeof(raw));
	const char *class = !shared->is_array ? "Synchronized"
			    : mp_shared_code(shared) == 'c'
				    ? "SynchronizedString"
				    : "SynchronizedArray";
	return snprintf(buffer, size, "<%s wrapper for %s>", class, raw);
}

static int repr(void *object, char *buffer, size_t size)
{
	return mp_shared_repr(object, buffer, size);
}

__attribute__((constructor)) static void offer(void)
{
	mp__object_set_repr(MP_OBJECT_SHARED, repr);
}
