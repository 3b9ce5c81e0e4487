#include "config.h"

#include "value/value.h"

#include <stdlib.h>
#include <string.h>

/* The entries of a dict stand in an array in the order they came, which is the order
 * Python shows. Up to eight are searched by comparing hashes; more have an index,
 * at most half full. */

#define SEARCHED_MAX 8

static void index_add(struct mp__container *dict, uint64_t hash, size_t number)
{
	size_t mask = dict->index_size - 1;
	size_t slot = hash & mask;

	while (dict->index[slot])
		slot = (slot + 1) & mask;
	dict->index[slot] = (uint32_t)number + 1;
}

static void index_fill(struct mp__container *dict)
{
	memset(dict->index, 0, dict->index_size * sizeof(*dict->index));
	for (size_t i = 0; i < dict->head.len; i++)
		index_add(dict, dict->head.as.entries[i].hash, i);
}

static int make_index(struct mp__container *dict, size_t capacity)
{
	size_t size = (size_t)4 * SEARCHED_MAX;

	if (capacity <= SEARCHED_MAX || dict->index_size / 2 >= capacity)
		return 0;
	while (size / 2 < capacity)
		size *= 2;
	uint32_t *index = malloc(size * sizeof(*index));
	if (!index)
		return mp__fail(MP_EMEMORY, "no memory for a dict of %zu keys",
				capacity);
	free(dict->index);
	dict->index = index;
	dict->index_size = size;
	index_fill(dict);
	return 0;
}

static int reserve(struct mp__container *dict)
{
	struct mp_value *head = &dict->head;
	size_t capacity = dict->capacity;

	if (head->len == capacity) {
		capacity = capacity < 4 ? 4 : 2 * capacity;
		if (capacity > UINT32_MAX / 4)
			return mp__fail(MP_EMEMORY, "a dict may have %u keys",
					UINT32_MAX / 4);
		struct mp__entry *entries = reallocarray(
			head->as.entries, capacity, sizeof(*entries));
		if (!entries)
			return mp__fail(MP_EMEMORY, "no memory for a dict of "
					"%zu keys", capacity);
		head->as.entries = entries;
		dict->capacity = capacity;
	}
	return make_index(dict, capacity);
}

/* What is searched for: a value, or the bytes of a str. */
struct wanted {
	uint64_t hash;
	const struct mp_value *key;
	const char *text;
	size_t len;
};

static bool is_wanted(const struct mp__entry *entry, const struct wanted *wanted)
{
	if (entry->hash != wanted->hash)
		return false;
	if (wanted->key)
		return mp__same(entry->key, wanted->key) == 1;
	return entry->key->type == MP_TYPE_STR && entry->key->len == wanted->len &&
	       memcmp(entry->key->as.text, wanted->text, wanted->len) == 0;
}

static struct mp__entry *search(const struct mp_value *value,
				const struct wanted *wanted)
{
	const struct mp__container *dict = (const struct mp__container *)value;
	struct mp__entry *entries = value->as.entries;

	if (!dict->index) {
		for (size_t i = 0; i < value->len; i++)
			if (is_wanted(&entries[i], wanted))
				return &entries[i];
		return NULL;
	}
	size_t mask = dict->index_size - 1;
	for (size_t slot = wanted->hash & mask; dict->index[slot];
	     slot = (slot + 1) & mask) {
		struct mp__entry *entry = &entries[dict->index[slot] - 1];
		if (is_wanted(entry, wanted))
			return entry;
	}
	return NULL;
}

int mp__dict_find(const struct mp_value *dict, const struct mp_value *key,
		  struct mp__entry **entry)
{
	struct wanted wanted = { .key = key };
	int err = mp_value_hash(key, &wanted.hash);

	if (err)
		return err;
	*entry = search(dict, &wanted);
	return *entry != NULL;
}

struct mp_value *mp__dict_find_text(const struct mp_value *dict, const char *key,
				    size_t len)
{
	struct wanted wanted = { mp__hash_text(key, len), NULL, key, len };
	struct mp__entry *entry = search(dict, &wanted);

	return entry ? entry->item : NULL;
}

int mp__dict_put(struct mp_value *value, struct mp_value *key,
		 struct mp_value *item)
{
	struct mp__container *dict = (struct mp__container *)value;
	struct wanted wanted = { .key = key };
	int err = mp_value_hash(key, &wanted.hash);

	if (err)
		goto fail;
	struct mp__entry *entry = search(value, &wanted);
	if (entry) {
		struct mp_value *old = entry->item;
		entry->item = item;
		mp_value_unref(old);
		mp_value_unref(key);
		return 0;
	}
	err = reserve(dict);
	if (err)
		goto fail;
	if (dict->index)
		index_add(dict, wanted.hash, value->len);
	value->as.entries[value->len++] =
		(struct mp__entry){ wanted.hash, key, item };
	return 0;
fail:
	mp_value_unref(key);
	mp_value_unref(item);
	return err;
}

void mp__dict_remove(struct mp_value *value, struct mp__entry *entry)
{
	struct mp__container *dict = (struct mp__container *)value;
	struct mp__entry old = *entry;
	struct mp__entry *end = value->as.entries + --value->len;

	memmove(entry, entry + 1, (size_t)(end - entry) * sizeof(*entry));
	if (dict->index)
		index_fill(dict);
	mp_value_unref(old.key);
	mp_value_unref(old.item);
}

static bool is_dict(const struct mp_value *value)
{
	if (mp__is(value, MP_TYPE_DICT))
		return true;
	mp__fail(MP_ETYPE, "'%s' object is not a dict", mp_value_type_name(value));
	return false;
}

struct mp_value *mp_value_lookup(const struct mp_value *dict,
				 const struct mp_value *key)
{
	struct mp__entry *entry = NULL;

	if (!is_dict(dict))
		return NULL;
	int found = mp__dict_find(dict, key, &entry);
	if (found == 0) {
		char *text = mp_value_repr(key);
		mp__fail(MP_EKEY, "%s", text ? text : "no such key");
		free(text);
	}
	return entry ? entry->item : NULL;
}

struct mp_value *mp_value_lookup_text(const struct mp_value *dict, const char *key)
{
	if (!is_dict(dict))
		return NULL;
	struct mp_value *item = mp__dict_find_text(dict, key, strlen(key));
	if (!item)
		mp__fail(MP_EKEY, "'%s'", key);
	return item;
}

int mp_value_contains(const struct mp_value *container,
		      const struct mp_value *item)
{
	struct mp__entry *entry;
	struct mp_value *other;
	size_t at = 0;

	if (mp__is(container, MP_TYPE_DICT))
		return mp__dict_find(container, item, &entry);
	if (!mp__is_sequence(container))
		return mp__fail(MP_ETYPE, "'%s' object is not a tuple, list or dict",
				mp_value_type_name(container));
	while (mp_value_next(container, &at, NULL, &other)) {
		int same = mp__same(other, item);
		if (same)
			return same;
	}
	return 0;
}
