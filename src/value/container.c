#include "config.h"

#include "value/value.h"

#include <stdlib.h>
#include <string.h>

#include "value/utf8.h"

static size_t slot_size(enum mp_type type)
{
	return type == MP_TYPE_DICT ? sizeof(struct mp__entry)
				    : sizeof(struct mp_value *);
}

struct mp__container *mp__container_new(enum mp_type type, size_t capacity)
{
	struct mp__container *container = calloc(1, sizeof(*container));

	if (container && capacity) {
		/* calloc refuses a product that overflows */
		container->head.as.items = calloc(capacity, slot_size(type));
		if (!container->head.as.items) {
			free(container);
			container = NULL;
		}
	}
	if (!container) {
		mp__fail(MP_EMEMORY, "no memory for a container of %zu items",
			 capacity);
		return NULL;
	}
	atomic_init(&container->head.references, 1);
	container->head.type = type;
	container->capacity = capacity;
	return container;
}

int mp__container_push(struct mp__container *sequence, struct mp_value *item)
{
	struct mp_value *head = &sequence->head;

	if (head->len == sequence->capacity) {
		size_t capacity = head->len < 4 ? 4 : head->len + head->len / 2;
		struct mp_value **items =
			reallocarray(head->as.items, capacity, sizeof(*items));
		if (!items) {
			mp_value_unref(item);
			return mp__fail(MP_EMEMORY, "no memory for a list of "
					"%zu items", capacity);
		}
		head->as.items = items;
		sequence->capacity = capacity;
	}
	head->as.items[head->len++] = item;
	return 0;
}

static void unref_all(size_t count, struct mp_value *const *items)
{
	for (size_t i = 0; i < count; i++)
		mp_value_unref(items[i]);
}

static bool has_null(size_t count, struct mp_value *const *items)
{
	for (size_t i = 0; i < count; i++)
		if (!items[i])
			return true;
	return false;
}

static struct mp_value *sequence_new(enum mp_type type, size_t count,
				     struct mp_value *const *items)
{
	struct mp__container *container = NULL;

	if (!has_null(count, items))
		container = mp__container_new(type, count);
	if (!container) {
		unref_all(count, items);
		return NULL;
	}
	if (count)
		memcpy(container->head.as.items, items, count * sizeof(*items));
	container->head.len = count;
	return &container->head;
}

struct mp_value *mp_value_tuple(size_t count, struct mp_value *const *items)
{
	return sequence_new(MP_TYPE_TUPLE, count, items);
}

struct mp_value *mp_value_list(size_t count, struct mp_value *const *items)
{
	return sequence_new(MP_TYPE_LIST, count, items);
}

struct mp_value *mp_value_dict(size_t count, struct mp_value *const *items)
{
	struct mp__container *dict = NULL;

	if (count % 2)
		mp__fail(MP_ETYPE, "a dict is made of keys and values in turn, "
			 "and the last of these %zu has no value", count);
	else if (!has_null(count, items))
		dict = mp__container_new(MP_TYPE_DICT, count / 2);
	if (!dict) {
		unref_all(count, items);
		return NULL;
	}
	for (size_t i = 0; i < count; i += 2) {
		if (mp__dict_put(&dict->head, items[i], items[i + 1])) {
			unref_all(count - i - 2, items + i + 2);
			mp_value_unref(&dict->head);
			return NULL;
		}
	}
	return &dict->head;
}

/* The next thing iteration gives, as a new reference; NULL at the end or when
 * memory is short, which *failed tells apart. */
static struct mp_value *iterate(const struct mp_value *value, size_t *at,
				bool *failed)
{
	struct mp_value *key, *item;
	uint32_t character;

	if (value->type >= MP_TYPE_TUPLE) {
		if (!mp_value_next(value, at, &key, &item))
			return NULL;
		return mp_value_ref(key ? key : item);
	}
	if (*at >= value->len)
		return NULL;
	const char *text = value->as.text + *at;
	if (value->type == MP_TYPE_STR) {
		size_t size = mp__utf8_next(text, &character);
		*at += size;
		item = mp_str(text, size);
	} else {
		*at += 1;
		item = mp_int(*(const unsigned char *)text);
	}
	*failed = !item;
	return item;
}

struct mp_value *mp_value_tuple_of(const struct mp_value *iterable)
{
	struct mp_value *item;
	size_t at = 0;
	bool failed = false;

	if (!iterable || iterable->type < MP_TYPE_STR) {
		mp__fail(MP_ETYPE, "'%s' object is not iterable",
			 mp_value_type_name(iterable));
		return NULL;
	}
	struct mp__container *tuple =
		mp__container_new(MP_TYPE_TUPLE, iterable->len);
	if (!tuple)
		return NULL;
	while ((item = iterate(iterable, &at, &failed))) {
		if (mp__container_push(tuple, item)) {
			failed = true;
			break;
		}
	}
	if (failed) {
		mp_value_unref(&tuple->head);
		return NULL;
	}
	return &tuple->head;
}

/* An index of Python's, counted from the end if negative. Returns len if there is
 * no such item. */
static size_t position(const struct mp_value *sequence, int64_t index)
{
	if (index < 0)
		index += (int64_t)sequence->len;
	if (index < 0 || (size_t)index >= sequence->len)
		return sequence->len;
	return (size_t)index;
}

struct mp_value *mp_value_item(const struct mp_value *sequence, ssize_t index)
{
	if (!mp__is_sequence(sequence)) {
		mp__fail(MP_ETYPE, "'%s' object is not a tuple or list",
			 mp_value_type_name(sequence));
		return NULL;
	}
	size_t at = position(sequence, index);
	if (at == sequence->len) {
		mp__fail(MP_EINDEX, "%s index out of range",
			 mp_value_type_name(sequence));
		return NULL;
	}
	return sequence->as.items[at];
}

bool mp_value_next(const struct mp_value *container, size_t *at,
		   struct mp_value **key, struct mp_value **item)
{
	struct mp_value *found_key = NULL, *found;

	if (!container || container->type < MP_TYPE_TUPLE ||
	    *at >= container->len)
		return false;
	if (container->type == MP_TYPE_DICT) {
		found_key = container->as.entries[*at].key;
		found = container->as.entries[*at].item;
	} else {
		found = container->as.items[*at];
	}
	++*at;
	if (key)
		*key = found_key;
	if (item)
		*item = found;
	return true;
}

int mp_value_append(struct mp_value *list, struct mp_value *item)
{
	if (!mp__is(list, MP_TYPE_LIST)) {
		mp_value_unref(item);
		return mp__fail(MP_ETYPE, "'%s' object has no attribute 'append'",
				mp_value_type_name(list));
	}
	if (!item)
		return mp__missing();
	return mp__container_push((struct mp__container *)list, item);
}

/* The place in a list that a key names, as x[key] = ... and del x[key] need it. */
static int list_place(const struct mp_value *list, const struct mp_value *key,
		      size_t *place)
{
	int64_t index;

	if (!mp__is_integer(key))
		return mp__fail(MP_ETYPE, "list indices must be integers or "
				"slices, not %s", mp_value_type_name(key));
	int err = mp_value_as_int64(key, &index);
	if (err)
		return err;
	*place = position(list, index);
	if (*place == list->len)
		return mp__fail(MP_EINDEX, "list assignment index out of range");
	return 0;
}

int mp_value_put(struct mp_value *container, struct mp_value *key,
		 struct mp_value *item)
{
	size_t place = 0;
	int err;

	if (!key || !item) {
		err = mp__missing();
	} else if (mp__is(container, MP_TYPE_DICT)) {
		return mp__dict_put(container, key, item);
	} else if (!mp__is(container, MP_TYPE_LIST)) {
		err = mp__fail(MP_ETYPE, "'%s' object does not support item "
			       "assignment", mp_value_type_name(container));
	} else {
		err = list_place(container, key, &place);
		if (!err) {
			struct mp_value *old = container->as.items[place];
			container->as.items[place] = item;
			item = old;
		}
	}
	mp_value_unref(key);
	mp_value_unref(item);
	return err;
}

static int dict_delete(struct mp_value *dict, const struct mp_value *key)
{
	struct mp__entry *entry;
	int found = mp__dict_find(dict, key, &entry);

	if (found < 0)
		return found;
	if (!found) {
		char *text = mp_value_repr(key);
		int err = mp__fail(MP_EKEY, "%s", text ? text : "no such key");
		free(text);
		return err;
	}
	mp__dict_remove(dict, entry);
	return 0;
}

int mp_value_delete(struct mp_value *container, const struct mp_value *key)
{
	size_t place = 0;

	if (mp__is(container, MP_TYPE_DICT))
		return dict_delete(container, key);
	if (!mp__is(container, MP_TYPE_LIST))
		return mp__fail(MP_ETYPE, "'%s' object doesn't support item "
				"deletion", mp_value_type_name(container));
	int err = list_place(container, key, &place);
	if (err)
		return err;
	struct mp_value **items = container->as.items;
	struct mp_value *old = items[place];
	memmove(items + place, items + place + 1,
		(--container->len - place) * sizeof(*items));
	mp_value_unref(old);
	return 0;
}
