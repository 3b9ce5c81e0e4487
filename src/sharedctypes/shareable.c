#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "probe/probe.h"
#include "sharedctypes/memory.h"

/* ShareableList: CPython's layout, so that a Python program can attach to it.
 *
 *	int64	count
 *	int64	offsets[count + 1]	of the items, from the start of the data
 *	bytes	data			8-aligned; a text has 8 * (length / 8 + 1)
 *	char	formats[count][8]	as struct.pack names them, NUL-padded
 *	uint8	codes[count]		what to make of the bytes
 *
 * All numbers are of the machine's byte order. Other than in CPython the room of a str
 * is reckoned in bytes, not in characters, so that no text is cut. */
enum code { PLAIN, TEXT, BYTES, NOTHING };

#define FORMAT_BYTES 8u
#define FORMAT_INT "q"
#define FORMAT_FLOAT "d"
#define FORMAT_BOOL "xxxxxxx?"
#define FORMAT_NONE "xxxxxx?x"

struct mp_shareable {
	struct mp_memory *memory;
	int64_t count;
	int64_t *offsets;	/* count + 1 */
	char *data;
	char (*formats)[FORMAT_BYTES];
	uint8_t *codes;
};

/* ---- where everything is ---- */

static size_t header_bytes(int64_t count)
{
	return ((size_t)count + 2) * sizeof(int64_t);
}

static void point(struct mp_shareable *list, int64_t count, size_t data_bytes)
{
	char *base = mp_memory_buf(list->memory);

	list->count = count;
	list->offsets = (int64_t *)base + 1;
	list->data = base + header_bytes(count);
	list->formats = (char (*)[FORMAT_BYTES])(list->data + data_bytes);
	list->codes = (uint8_t *)(list->formats + count);
}

static int64_t room_of(const struct mp_shareable *list, int64_t i)
{
	return list->offsets[i + 1] - list->offsets[i];
}

/* Believe nothing: the memory may be anybody's. */
static int look(struct mp_shareable *list)
{
	size_t size = mp_memory_size(list->memory);
	int64_t count, last;

	if (size < sizeof(count))
		goto wrong;
	memcpy(&count, mp_memory_buf(list->memory), sizeof(count));
	if (count < 0 || (uint64_t)count > size / 8
	    || header_bytes(count) > size)
		goto wrong;
	point(list, count, 0);
	last = 0;
	for (int64_t i = 0; i <= count; i++) {
		int64_t offset = list->offsets[i];
		if (offset < last || offset % 8 || (i == 0 && offset != 0)
		    || (i > 0 && offset == last))
			goto wrong;
		last = offset;
	}
	if ((uint64_t)last > size
	    || header_bytes(count) + (uint64_t)last
			       + (uint64_t)count * (FORMAT_BYTES + 1) > size)
		goto wrong;
	point(list, count, (size_t)last);
	return 0;
wrong:
	return mp__fail(MP_EVALUE, "shared memory \"%s\" holds no ShareableList",
			mp_memory_name(list->memory));
}

/* ---- items ---- */

static int64_t room_for(const struct mp_value *item)
{
	const void *bytes;
	const char *text;
	size_t len;

	switch (mp_value_type(item)) {
	case MP_TYPE_NONE:
	case MP_TYPE_BOOL:
	case MP_TYPE_INT:
	case MP_TYPE_FLOAT:
		return 8;
	case MP_TYPE_STR:
		mp_value_as_str(item, &text, &len);
		return 8 * ((int64_t)len / 8 + 1);
	case MP_TYPE_BYTES:
		mp_value_as_bytes(item, &bytes, &len);
		return 8 * ((int64_t)len / 8 + 1);
	default:
		return mp__fail(MP_EKEY, "a ShareableList cannot hold a '%s'",
				mp_value_type_name(item));
	}
}

static void describe(struct mp_shareable *list, int64_t i, const char *format,
		     enum code code)
{
	memset(list->formats[i], 0, FORMAT_BYTES);
	memcpy(list->formats[i], format, strnlen(format, FORMAT_BYTES));
	list->codes[i] = (uint8_t)code;
}

static int put_text(struct mp_shareable *list, int64_t i, const void *text,
		    size_t len, enum code code)
{
	int64_t room = room_of(list, i);
	char format[24];

	if (len > (uint64_t)room)
		return mp__fail(MP_EVALUE, "bytes/str item exceeds available "
					   "storage: %zu bytes, and there is "
					   "room for %lld", len,
				(long long)room);
	memset(list->data + list->offsets[i], 0, (size_t)room);
	memcpy(list->data + list->offsets[i], text, len);
	snprintf(format, sizeof(format), "%llds", (long long)room);
	describe(list, i, format, code);
	return 0;
}

static int put_number(struct mp_shareable *list, int64_t i,
		      const struct mp_value *item)
{
	char *at = list->data + list->offsets[i];
	int64_t number;
	double real;

	if (mp_value_type(item) == MP_TYPE_FLOAT) {
		mp_value_as_double(item, &real);
		memcpy(at, &real, sizeof(real));
		describe(list, i, FORMAT_FLOAT, PLAIN);
		return 0;
	}
	if (mp_value_as_int64(item, &number) < 0)
		return mp__fail(MP_EVALUE, "an int of a ShareableList must fit "
					   "64 bits");
	memcpy(at, &number, sizeof(number));
	describe(list, i, FORMAT_INT, PLAIN);
	return 0;
}

static int put(struct mp_shareable *list, int64_t i,
	       const struct mp_value *item)
{
	char *at = list->data + list->offsets[i];
	const void *bytes;
	const char *text;
	size_t len;

	switch (mp_value_type(item)) {
	case MP_TYPE_NONE:
		memset(at, 0, 8);
		describe(list, i, FORMAT_NONE, NOTHING);
		return 0;
	case MP_TYPE_BOOL:
		memset(at, 0, 8);
		at[7] = mp_value_truth(item);
		describe(list, i, FORMAT_BOOL, PLAIN);
		return 0;
	case MP_TYPE_INT:
	case MP_TYPE_FLOAT:
		return put_number(list, i, item);
	case MP_TYPE_STR:
		mp_value_as_str(item, &text, &len);
		return put_text(list, i, text, len, TEXT);
	case MP_TYPE_BYTES:
		mp_value_as_bytes(item, &bytes, &len);
		return put_text(list, i, bytes, len, BYTES);
	default:
		return (int)room_for(item);	/* its error */
	}
}

static struct mp_value *get_text(const struct mp_shareable *list, int64_t i)
{
	const char *text = list->data + list->offsets[i];
	size_t len = (size_t)room_of(list, i);

	while (len > 0 && text[len - 1] == '\0')
		len--;
	return list->codes[i] == TEXT ? mp_str(text, len) : mp_bytes(text, len);
}

static bool is_format(const struct mp_shareable *list, int64_t i,
		      const char *format)
{
	return strncmp(list->formats[i], format, FORMAT_BYTES) == 0;
}

static struct mp_value *get(const struct mp_shareable *list, int64_t i)
{
	const char *at = list->data + list->offsets[i];
	int64_t number;
	double real;

	if (list->codes[i] == NOTHING)
		return mp_none();
	if (list->codes[i] == TEXT || list->codes[i] == BYTES)
		return get_text(list, i);
	if (is_format(list, i, FORMAT_BOOL))
		return mp_bool(at[7]);
	if (is_format(list, i, FORMAT_INT)) {
		memcpy(&number, at, sizeof(number));
		return mp_int(number);
	}
	if (is_format(list, i, FORMAT_FLOAT)) {
		memcpy(&real, at, sizeof(real));
		return mp_float(real);
	}
	mp__fail(MP_EVALUE, "what is stored at index %lld is no item",
		 (long long)i);
	return NULL;
}

/* ---- opening ---- */

static int64_t rooms_of(const struct mp_value *items)
{
	struct mp_value *item;
	int64_t sum = 0;

	for (size_t at = 0; mp_value_next(items, &at, NULL, &item);) {
		int64_t room = room_for(item);
		if (room < 0)
			return room;
		sum += room;
	}
	return sum;
}

static int create_from(struct mp_shareable *list, const struct mp_value *items,
		       const char *name)
{
	int64_t count = mp_value_length(items), data = rooms_of(items);

	if (data < 0)
		return (int)data;
	size_t size = header_bytes(count) + (size_t)data
		      + (size_t)count * (FORMAT_BYTES + 1);
	list->memory = mp_SharedMemory(.name = name, .create = true,
				       .size = (long long)size);
	if (!list->memory)
		return mp_error_code();
	memcpy(mp_memory_buf(list->memory), &count, sizeof(count));
	point(list, count, (size_t)data);
	int err = 0;
	for (int64_t i = 0; i < count && !err; i++) {
		const struct mp_value *item = mp_value_item(items, i);
		list->offsets[i + 1] = list->offsets[i] + room_for(item);
		err = put(list, i, item);
	}
	if (err)
		mp_memory_unlink(list->memory);
	return err;
}

static int open_it(struct mp_shareable *list,
		   const struct mp_shareable_options *options)
{
	if (options->sequence) {
		struct mp_value *items = mp_value_tuple_of(options->sequence);
		int err = items ? create_from(list, items, options->name)
				: mp_error_code();
		mp_value_unref(items);
		return err;
	}
	list->memory = mp_SharedMemory(.name = options->name);
	return list->memory ? look(list) : mp_error_code();
}

struct mp_shareable *
mp_shareable_open(const struct mp_shareable_options *options)
{
	MP__ENTER();
	struct mp_shareable *list = calloc(1, sizeof(*list));
	int err = list ? open_it(list, options)
		       : mp__fail(MP_EMEMORY, "no memory for a ShareableList");

	mp_value_unref(options->sequence);
	if (!err)
		return list;
	if (list)
		mp_memory_destroy(list->memory);
	free(list);
	return NULL;
}

void mp_shareable_destroy(struct mp_shareable *list)
{
	if (!list)
		return;
	mp_memory_destroy(list->memory);
	free(list);
}

/* ---- using ---- */

static int64_t place(const struct mp_shareable *list, ssize_t index,
		     const char *what)
{
	int64_t i = index < 0 ? index + list->count : index;

	if (!mp_memory_buf(list->memory))
		return mp__fail(MP_EVALUE, "the list's memory is closed");
	if (i < 0 || i >= list->count)
		return mp__fail(MP_EINDEX, "%sindex out of range", what);
	return i;
}

struct mp_value *mp_shareable_get(struct mp_shareable *list, ssize_t index)
{
	MP__ENTER();
	int64_t i = place(list, index, "");

	if (i < 0)
		return NULL;
	mp__record(TRACE_VALUE_GET, mp__memory_id(list->memory), i, 0);
	return get(list, i);
}

int mp_shareable_set(struct mp_shareable *list, ssize_t index,
		     struct mp_value *item)
{
	MP__ENTER();
	int64_t i = place(list, index, "assignment ");
	int err = i < 0 ? (int)i : item ? put(list, i, item) : mp_error_code();

	if (!err)
		mp__record(TRACE_VALUE_SET, mp__memory_id(list->memory), i, 0);
	mp_value_unref(item);
	return err;
}

size_t mp_shareable_length(const struct mp_shareable *list)
{
	return (size_t)list->count;
}

/* How often it is there; *first: where it is first, or -1. */
static ssize_t search(struct mp_shareable *list, const struct mp_value *wanted,
		      ssize_t *first)
{
	ssize_t count = 0;

	*first = -1;
	for (int64_t i = 0; i < list->count; i++) {
		struct mp_value *item = get(list, i);
		int is_equal = item ? mp_value_equal(item, wanted)
				    : mp_error_code();
		mp_value_unref(item);
		if (is_equal < 0)
			return is_equal;
		if (is_equal && count++ == 0)
			*first = i;
	}
	return count;
}

ssize_t mp_shareable_count(struct mp_shareable *list,
			   const struct mp_value *item)
{
	ssize_t first;

	return search(list, item, &first);
}

ssize_t mp_shareable_index(struct mp_shareable *list,
			   const struct mp_value *item)
{
	ssize_t first, count = search(list, item, &first);

	if (count < 0)
		return count;
	if (count > 0)
		return first;
	char *text = mp_value_repr(item);
	int err = mp__fail(MP_EVALUE, "%s not in this container",
			   text ? text : "it is");
	free(text);
	return err;
}

char *mp_shareable_format(const struct mp_shareable *list)
{
	char *text = malloc((size_t)list->count * FORMAT_BYTES + 1);
	size_t len = 0;

	if (!text) {
		mp__fail(MP_EMEMORY, "no memory for a text");
		return NULL;
	}
	for (int64_t i = 0; i < list->count; i++) {
		size_t part = strnlen(list->formats[i], FORMAT_BYTES);
		memcpy(text + len, list->formats[i], part);
		len += part;
	}
	text[len] = '\0';
	return text;
}

struct mp_memory *mp_shareable_shm(const struct mp_shareable *list)
{
	return list->memory;
}
