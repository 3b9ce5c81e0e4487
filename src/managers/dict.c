#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "managers/managed.h"
#include "value/value.h"

/* dict, and what is made of one: set and Namespace. */

static struct mp_value *dict_of(const struct mp__serving *serving)
{
	return serving->referent->value;
}

static int no_key(const struct mp_value *key)
{
	char *text = mp_value_repr(key);
	int err = mp__fail(MP_EKEY, "%s", text ? text : "no such key");

	free(text);
	return err;
}

/* Add what is in a dict, or in pairs. */
static int update(struct mp_value *dict, const struct mp_value *from)
{
	struct mp_value *key, *item, *pairs;
	size_t at = 0;
	int err = 0;

	if (mp__is(from, MP_TYPE_DICT)) {
		while (!err && mp_value_next(from, &at, &key, &item))
			err = mp__dict_put(dict, mp_value_ref(key),
					   mp_value_ref(item));
		return err;
	}
	pairs = mp_value_tuple_of(from);
	if (!pairs)
		return mp_error_code();
	while (!err && mp_value_next(pairs, &at, NULL, &item)) {
		struct mp_value *pair = mp_value_tuple_of(item);
		if (!pair)
			err = mp_error_code();
		else if (pair->len != 2)
			err = mp__fail(MP_EVALUE, "dictionary update sequence "
				       "element #%zu has length %zu; 2 is "
				       "required", at - 1, pair->len);
		else
			err = mp__dict_put(dict, mp_value_ref(pair->as.items[0]),
					   mp_value_ref(pair->as.items[1]));
		mp_value_unref(pair);
	}
	mp_value_unref(pairs);
	return err;
}

static int update_by_call(struct mp__serving *serving)
{
	const struct mp_value *args = serving->call.args;
	int err = 0;

	if (args->len > 1)
		return mp__fail(MP_ETYPE, "%s() expected at most 1 argument, got "
				"%zu", serving->call.name, args->len);
	if (args->len == 1)
		err = update(dict_of(serving), args->as.items[0]);
	return err ? err : update(dict_of(serving), serving->call.kwargs);
}

int mp__managed_dict_create(struct mp__serving *serving)
{
	serving->referent->value = mp_dict();
	return dict_of(serving) ? update_by_call(serving) : MP_EMEMORY;
}

void mp__managed_dict_destroy(struct mp__referent *referent)
{
	(void)referent;
}

char *mp__managed_dict_str(struct mp__referent *referent)
{
	return mp_value_repr(referent->value);
}

struct mp_value *mp__managed_dict_getitem(struct mp__serving *serving)
{
	struct mp__entry *entry;

	if (!mp__managed_only(serving, 1))
		return NULL;
	int found = mp__dict_find(dict_of(serving),
				  mp__managed_argument(serving, 0), &entry);
	if (found == 0)
		no_key(mp__managed_argument(serving, 0));
	return found > 0 ? mp_value_ref(entry->item) : NULL;
}

struct mp_value *mp__managed_dict_setitem(struct mp__serving *serving)
{
	return mp__managed_list_setitem(serving);
}

/* The key is there: 1, not: 0; the other argument, or None. */
static int look_up(struct mp__serving *serving, struct mp__entry **entry,
		   struct mp_value **key, struct mp_value **other)
{
	*other = NULL;
	*entry = NULL;
	int err = mp_bind(&serving->call, "key default?", key, other);
	if (err < 0)
		return err;
	return mp__dict_find(dict_of(serving), *key, entry);
}

struct mp_value *mp__managed_dict_get(struct mp__serving *serving)
{
	struct mp_value *key, *other;
	struct mp__entry *entry;
	int found = look_up(serving, &entry, &key, &other);

	if (found < 0)
		return NULL;
	if (found)
		return mp_value_ref(entry->item);
	return other ? mp_value_ref(other) : mp_none();
}

struct mp_value *mp__managed_dict_pop(struct mp__serving *serving)
{
	struct mp_value *key, *other, *item;
	struct mp__entry *entry;
	int found = look_up(serving, &entry, &key, &other);

	if (found > 0) {
		item = mp_value_ref(entry->item);
		mp__dict_remove(dict_of(serving), entry);
		return item;
	}
	if (found == 0 && !other)
		no_key(key);
	return found == 0 ? mp_value_ref(other) : NULL;
}

struct mp_value *mp__managed_dict_setdefault(struct mp__serving *serving)
{
	struct mp_value *key, *other;
	struct mp__entry *entry;
	int found = look_up(serving, &entry, &key, &other);

	if (found < 0)
		return NULL;
	if (found)
		return mp_value_ref(entry->item);
	other = other ? mp_value_ref(other) : mp_none();
	if (mp__dict_put(dict_of(serving), mp_value_ref(key),
			 mp_value_ref(other)) == 0)
		return other;
	mp_value_unref(other);
	return NULL;
}

struct mp_value *mp__managed_dict_popitem(struct mp__serving *serving)
{
	struct mp_value *dict = dict_of(serving), *pair;

	if (!mp__managed_only(serving, 0))
		return NULL;
	if (dict->len == 0) {
		mp__fail(MP_EKEY, "'popitem(): dictionary is empty'");
		return NULL;
	}
	struct mp__entry *entry = &dict->as.entries[dict->len - 1];
	pair = mp_tuple(mp_value_ref(entry->key), mp_value_ref(entry->item));
	if (pair)
		mp__dict_remove(dict, entry);
	return pair;
}

struct mp_value *mp__managed_dict_update(struct mp__serving *serving)
{
	return update_by_call(serving) < 0 ? NULL : mp_none();
}

struct mp_value *mp__managed_dict_or(struct mp__serving *serving)
{
	struct mp_value *copy;

	if (!mp__managed_only(serving, 1))
		return NULL;
	copy = mp__managed_copy(serving);
	if (!copy || update(copy, mp__managed_argument(serving, 0)) == 0)
		return copy;
	mp_value_unref(copy);
	return NULL;
}

/* ---- all of it ---- */

enum what { KEYS, ITEMS, VALUES };

static struct mp_value *list_items(struct mp__serving *serving, enum what what)
{
	struct mp_value *list = mp_list(), *key, *item;
	size_t at = 0;
	int err = 0;

	while (list && !err
	       && mp_value_next(dict_of(serving), &at, &key, &item)) {
		mp_value_ref(key);
		if (what == ITEMS)
			key = mp_tuple(key, mp_value_ref(item));
		else if (what == VALUES) {
			mp_value_unref(key);
			key = mp_value_ref(item);
		}
		err = mp_value_append(list, key);
	}
	if (!err)
		return list;
	mp_value_unref(list);
	return NULL;
}

struct mp_value *mp__managed_dict_keys(struct mp__serving *serving)
{
	return list_items(serving, KEYS);
}

struct mp_value *mp__managed_dict_items(struct mp__serving *serving)
{
	return list_items(serving, ITEMS);
}

struct mp_value *mp__managed_dict_values(struct mp__serving *serving)
{
	return list_items(serving, VALUES);
}

struct mp_value *mp__managed_dict_reversed(struct mp__serving *serving)
{
	struct mp_value *keys = list_items(serving, KEYS);

	for (size_t i = 0; keys && i < keys->len / 2; i++) {
		struct mp_value *key = keys->as.items[i];
		keys->as.items[i] = keys->as.items[keys->len - 1 - i];
		keys->as.items[keys->len - 1 - i] = key;
	}
	return keys;
}

/* ---- set: a dict without values ---- */

static int add_all(struct mp_value *dict, const struct mp_value *iterable)
{
	struct mp_value *items = mp_value_tuple_of(iterable), *item;
	size_t at = 0;
	int err = items ? 0 : mp_error_code();

	while (!err && mp_value_next(items, &at, NULL, &item))
		err = mp__dict_put(dict, mp_value_ref(item), mp_none());
	mp_value_unref(items);
	return err;
}

int mp__managed_set_create(struct mp__serving *serving)
{
	struct mp_value *items = NULL;
	int err = mp_bind(&serving->call, "iterable?", &items);

	if (err)
		return err;
	serving->referent->value = mp_dict();
	if (!dict_of(serving))
		return MP_EMEMORY;
	return items ? add_all(dict_of(serving), items) : 0;
}

void mp__managed_set_destroy(struct mp__referent *referent)
{
	(void)referent;
}

char *mp__managed_set_str(struct mp__referent *referent)
{
	struct mp__serving serving = { .referent = referent };
	struct mp_value *keys = list_items(&serving, KEYS);
	char *text = keys ? mp_value_repr(keys) : NULL, *set = NULL;

	mp_value_unref(keys);
	if (text && asprintf(&set, referent->value->len ? "{%.*s}" : "set()%.*s",
			     referent->value->len ? (int)strlen(text) - 2 : 0,
			     text + 1) < 0)
		set = NULL;
	free(text);
	if (!set)
		mp__fail(MP_EMEMORY, "no memory for a text");
	return set;
}

struct mp_value *mp__managed_set_add(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 1)
	    || mp__dict_put(dict_of(serving),
			    mp_value_ref(mp__managed_argument(serving, 0)),
			    mp_none()) < 0)
		return NULL;
	return mp_none();
}

struct mp_value *mp__managed_set_discard(struct mp__serving *serving)
{
	struct mp__entry *entry;

	if (!mp__managed_only(serving, 1))
		return NULL;
	int found = mp__dict_find(dict_of(serving),
				  mp__managed_argument(serving, 0), &entry);
	if (found > 0)
		mp__dict_remove(dict_of(serving), entry);
	return found < 0 ? NULL : mp_none();
}

struct mp_value *mp__managed_set_pop(struct mp__serving *serving)
{
	struct mp_value *dict = dict_of(serving), *key;

	if (!mp__managed_only(serving, 0))
		return NULL;
	if (dict->len == 0) {
		mp__fail(MP_EKEY, "'pop from an empty set'");
		return NULL;
	}
	key = mp_value_ref(dict->as.entries[0].key);
	mp__dict_remove(dict, &dict->as.entries[0]);
	return key;
}

struct mp_value *mp__managed_set_update(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 1)
	    || add_all(dict_of(serving), mp__managed_argument(serving, 0)) < 0)
		return NULL;
	return mp_none();
}
