#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sharedctypes/shared.h"

/* Several items at once, as Python's slices pick them. */

struct range {
	ssize_t start, step;
	size_t count;
};

static ssize_t clamp(ssize_t index, ssize_t length, ssize_t low, ssize_t high)
{
	if (index < 0)
		index += length;
	return index < low ? low : index > high ? high : index;
}

/* Python's slice.indices(). */
static int resolve(const struct mp_shared *shared, ssize_t start, ssize_t stop,
		   ssize_t step, struct range *range)
{
	ssize_t length = (ssize_t)shared->length;

	if (step == 0)
		return mp__fail(MP_EVALUE, "slice step cannot be zero");
	if (step < -PTRDIFF_MAX)
		step = -PTRDIFF_MAX;
	ssize_t low = step < 0 ? -1 : 0, high = step < 0 ? length - 1 : length;
	range->step = step;
	if (start == PTRDIFF_MIN)
		range->start = step < 0 ? high : low;
	else
		range->start = clamp(start, length, low, high);
	if (stop == PTRDIFF_MIN)
		stop = step < 0 ? low : high;
	else
		stop = clamp(stop, length, low, high);
	range->count = 0;
	if (step > 0 && range->start < stop)
		range->count = (size_t)((stop - range->start - 1) / step + 1);
	else if (step < 0 && stop < range->start)
		range->count = (size_t)((range->start - stop - 1) / -step + 1);
	return 0;
}

static char *place(const struct mp_shared *shared, const struct range *range,
		   size_t i)
{
	return (char *)shared->items
	       + (size_t)(range->start + (ssize_t)i * range->step)
			 * mp__shared_code(shared)->size;
}

static struct mp_value *load_bytes(const struct mp_shared *shared,
				   const struct range *range)
{
	char *bytes = malloc(range->count + 1);

	if (!bytes) {
		mp__fail(MP_EMEMORY, "no memory for %zu bytes", range->count);
		return NULL;
	}
	for (size_t i = 0; i < range->count; i++)
		bytes[i] = *place(shared, range, i);
	struct mp_value *value = mp_bytes(bytes, range->count);
	free(bytes);
	return value;
}

static struct mp_value *join_text(struct mp_value *list)
{
	size_t size = 0, at = 0, len;
	struct mp_value *item;
	const char *text;

	for (size_t i = 0; mp_value_next(list, &i, NULL, &item);)
		size += 4;
	char *all = malloc(size + 1);
	for (size_t i = 0; all && mp_value_next(list, &i, NULL, &item);) {
		mp_value_as_str(item, &text, &len);
		memcpy(all + at, text, len);
		at += len;
	}
	struct mp_value *value = all ? mp_str(all, at) : NULL;
	free(all);
	mp_value_unref(list);
	return value;
}

static struct mp_value *load(const struct mp_shared *shared,
			     const struct range *range)
{
	const struct mp__code *code = mp__shared_code(shared);

	if (code->form == MP__FORM_BYTE)
		return load_bytes(shared, range);
	struct mp_value *list = mp_list();
	for (size_t i = 0; list && i < range->count; i++) {
		struct mp_value *item =
			mp__code_load(code, place(shared, range, i));
		if (mp_value_append(list, item) < 0) {
			mp_value_unref(list);
			return NULL;
		}
	}
	return list && code->form == MP__FORM_CHARACTER ? join_text(list) : list;
}

struct mp_value *mp_shared_slice(struct mp_shared *shared, ssize_t start,
				 ssize_t stop, ssize_t step)
{
	MP__ENTER();
	bool taken;
	struct range range = { 0 };

	if (resolve(shared, start, stop, step, &range) < 0
	    || mp__shared_enter(shared, &taken) < 0)
		return NULL;
	struct mp_value *value = load(shared, &range);
	mp__record(TRACE_VALUE_GET_MANY, shared->head.id, range.start,
		   (int64_t)range.count);
	mp__shared_leave(shared, taken);
	return value;
}

static int store(const struct mp_shared *shared, const struct range *range,
		 const struct mp_value *items)
{
	int err = 0;

	for (size_t i = 0; i < range->count && !err; i++)
		err = mp__code_store(mp__shared_code(shared),
				     place(shared, range, i),
				     mp_value_item(items, (ssize_t)i));
	return err;
}

static int set_slice(struct mp_shared *shared, const struct range *range,
		     const struct mp_value *items)
{
	bool taken;
	struct mp_value *tuple = mp_value_tuple_of(items);

	if (!tuple)
		return mp_error_code();
	int err = 0;
	if ((size_t)mp_value_length(tuple) != range->count)
		err = mp__fail(MP_EVALUE,
			       "Can only assign sequence of same size");
	if (!err)
		err = mp__shared_enter(shared, &taken);
	if (!err) {
		err = store(shared, range, tuple);
		mp__record(TRACE_VALUE_SET_MANY, shared->head.id, range->start,
			   (int64_t)range->count);
		mp__shared_leave(shared, taken);
	}
	mp_value_unref(tuple);
	return err;
}

int mp_shared_set_slice(struct mp_shared *shared, ssize_t start, ssize_t stop,
			ssize_t step, struct mp_value *items)
{
	MP__ENTER();
	struct range range = { 0 };
	int err = items ? resolve(shared, start, stop, step, &range)
			: mp_error_code();

	if (!err)
		err = set_slice(shared, &range, items);
	mp_value_unref(items);
	return err;
}

/* ---- text ---- */

static int no_text(const struct mp_shared *shared)
{
	if (shared->is_array && mp_shared_code(shared) == 'c')
		return 0;
	return mp__fail(MP_EATTRIBUTE, "only an Array of 'c' has a text");
}

struct mp_value *mp_shared_text(struct mp_shared *shared)
{
	MP__ENTER();
	bool taken;
	if (no_text(shared) < 0 || mp__shared_enter(shared, &taken) < 0)
		return NULL;
	size_t len = strnlen(shared->items, shared->length);
	struct mp_value *value = mp_bytes(shared->items, len);
	mp__record(TRACE_VALUE_GET_MANY, shared->head.id, 0, (int64_t)len);
	mp__shared_leave(shared, taken);
	return value;
}

int mp_shared_set_text(struct mp_shared *shared, const void *text, size_t size)
{
	MP__ENTER();
	bool taken;
	int err = no_text(shared);

	if (!err && size > shared->length)
		err = mp__fail(MP_EVALUE, "byte string too long: %zu bytes, and "
					  "there is room for %zu", size,
			       (size_t)shared->length);
	if (!err)
		err = mp__shared_enter(shared, &taken);
	if (err)
		return err;
	memcpy(shared->items, text, size);
	if (size < shared->length)
		((char *)shared->items)[size] = '\0';
	mp__record(TRACE_VALUE_SET_MANY, shared->head.id, 0, (int64_t)size);
	mp__shared_leave(shared, taken);
	return 0;
}
