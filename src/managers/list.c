#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "managers/managed.h"
#include "value/value.h"

/* list: a value of that type, whose methods run one after the other. */

static struct mp_value *list_of(const struct mp_value *iterable)
{
	struct mp_value *tuple = mp_value_tuple_of(iterable);

	if (tuple)
		tuple->type = MP_TYPE_LIST;	/* a new one, and nobody else's */
	return tuple;
}

static struct mp__container *container(const struct mp__serving *serving)
{
	return (struct mp__container *)serving->referent->value;
}

int mp__managed_list_create(struct mp__serving *serving)
{
	struct mp_value *items = NULL;
	int err = mp_bind(&serving->call, "iterable?", &items);

	if (err)
		return err;
	serving->referent->value = items ? list_of(items) : mp_list();
	return serving->referent->value ? 0 : mp_error_code();
}

void mp__managed_list_destroy(struct mp__referent *referent)
{
	(void)referent;
}

char *mp__managed_list_str(struct mp__referent *referent)
{
	return mp_value_repr(referent->value);
}

/* ---- one item ---- */

struct mp_value *mp__managed_list_getitem(struct mp__serving *serving)
{
	struct mp_value *list = serving->referent->value;
	int64_t index;

	if (!mp__managed_only(serving, 1))
		return NULL;
	struct mp_value *key = mp__managed_argument(serving, 0);
	if (!mp__is_integer(key)) {
		mp__fail(MP_ETYPE, "list indices must be integers, not %s",
			 mp_value_type_name(key));
		return NULL;
	}
	if (mp_value_as_int64(key, &index) < 0)
		return NULL;
	return mp_value_ref(mp_value_item(list, index));
}

struct mp_value *mp__managed_list_setitem(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 2)
	    || mp_value_put(serving->referent->value,
			    mp_value_ref(mp__managed_argument(serving, 0)),
			    mp_value_ref(mp__managed_argument(serving, 1))) < 0)
		return NULL;
	return mp_none();
}

struct mp_value *mp__managed_delitem(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 1)
	    || mp_value_delete(serving->referent->value,
			       mp__managed_argument(serving, 0)) < 0)
		return NULL;
	return mp_none();
}

struct mp_value *mp__managed_list_append(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 1)
	    || mp_value_append(serving->referent->value,
			       mp_value_ref(mp__managed_argument(serving, 0)))
		       < 0)
		return NULL;
	return mp_none();
}

/* Where an index, which may be negative, is; limits are those of a list. */
static size_t place_of(const struct mp_value *list, int64_t index)
{
	int64_t len = (int64_t)list->len;

	if (index < 0)
		index += len;
	return (size_t)(index < 0 ? 0 : index > len ? len : index);
}

struct mp_value *mp__managed_list_pop(struct mp__serving *serving)
{
	struct mp_value *list = serving->referent->value;
	long index = -1;

	if (mp_bind(&serving->call, "index=-1", &index) < 0)
		return NULL;
	if (list->len == 0) {
		mp__fail(MP_EINDEX, "pop from empty list");
		return NULL;
	}
	struct mp_value *item = mp_value_item(list, index);
	if (!item) {
		mp__fail(MP_EINDEX, "pop index out of range");
		return NULL;
	}
	size_t at = place_of(list, index);
	memmove(list->as.items + at, list->as.items + at + 1,
		(--list->len - at) * sizeof(*list->as.items));
	return item;		/* the list's reference */
}

struct mp_value *mp__managed_list_insert(struct mp__serving *serving)
{
	struct mp_value *list = serving->referent->value, *item;
	long index;

	if (mp_bind(&serving->call, "index object", &index, &item) < 0)
		return NULL;
	size_t at = place_of(list, index);
	if (mp__container_push(container(serving), mp_value_ref(item)) < 0)
		return NULL;
	memmove(list->as.items + at + 1, list->as.items + at,
		(list->len - 1 - at) * sizeof(*list->as.items));
	list->as.items[at] = item;
	return mp_none();
}

/* ---- looking ---- */

struct mp_value *mp__managed_length(struct mp__serving *serving)
{
	return mp__managed_only(serving, 0)
		       ? mp_uint(serving->referent->value->len)
		       : NULL;
}

struct mp_value *mp__managed_contains(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 1))
		return NULL;
	int result = mp_value_contains(serving->referent->value,
				       mp__managed_argument(serving, 0));
	return result < 0 ? NULL : mp_bool(result);
}

/* From a place on; len: it is not there; SIZE_MAX: an error. */
static size_t find(const struct mp_value *list, const struct mp_value *wanted,
		   size_t at, size_t end)
{
	for (; at < end; at++) {
		int same = mp__same(list->as.items[at], wanted);
		if (same < 0)
			return SIZE_MAX;
		if (same)
			return at;
	}
	return list->len;
}

struct mp_value *mp__managed_list_index(struct mp__serving *serving)
{
	struct mp_value *list = serving->referent->value, *wanted;
	long start = 0, stop = INT32_MAX;

	if (mp_bind(&serving->call, "value start=0 stop=2147483647", &wanted,
		    &start, &stop) < 0)
		return NULL;
	size_t at = find(list, wanted, place_of(list, start),
			 place_of(list, stop));
	if (at == SIZE_MAX)
		return NULL;
	if (at < list->len)
		return mp_uint(at);
	char *text = mp_value_repr(wanted);
	mp__fail(MP_EVALUE, "%s is not in list", text ? text : "it");
	free(text);
	return NULL;
}

struct mp_value *mp__managed_list_count(struct mp__serving *serving)
{
	struct mp_value *list = serving->referent->value;
	size_t count = 0, at = 0;

	if (!mp__managed_only(serving, 1))
		return NULL;
	while ((at = find(list, mp__managed_argument(serving, 0), at, list->len))
	       < list->len) {
		count++;
		at++;
	}
	return at == SIZE_MAX ? NULL : mp_uint(count);
}

struct mp_value *mp__managed_list_remove(struct mp__serving *serving)
{
	struct mp_value *list = serving->referent->value;

	if (!mp__managed_only(serving, 1))
		return NULL;
	size_t at = find(list, mp__managed_argument(serving, 0), 0, list->len);
	if (at == SIZE_MAX)
		return NULL;
	if (at == list->len) {
		mp__fail(MP_EVALUE, "list.remove(x): x not in list");
		return NULL;
	}
	struct mp_value *item = list->as.items[at];
	memmove(list->as.items + at, list->as.items + at + 1,
		(--list->len - at) * sizeof(*list->as.items));
	mp_value_unref(item);
	return mp_none();
}

/* ---- many items ---- */

static int extend(struct mp_value *list, const struct mp_value *iterable)
{
	struct mp_value *items = mp_value_tuple_of(iterable);
	int err = 0;

	if (!items)
		return mp_error_code();
	for (size_t i = 0; !err && i < items->len; i++)
		err = mp__container_push((struct mp__container *)list,
					 mp_value_ref(items->as.items[i]));
	mp_value_unref(items);
	return err;
}

struct mp_value *mp__managed_list_extend(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 1)
	    || extend(serving->referent->value,
		      mp__managed_argument(serving, 0)) < 0)
		return NULL;
	return mp_none();
}

struct mp_value *mp__managed_list_add(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 1))
		return NULL;
	struct mp_value *more = mp__managed_argument(serving, 0);
	if (!mp__is(more, MP_TYPE_LIST)) {
		mp__fail(MP_ETYPE, "can only concatenate list (not \"%s\") to "
				   "list", mp_value_type_name(more));
		return NULL;
	}
	struct mp_value *list = list_of(serving->referent->value);
	if (!list || extend(list, more) == 0)
		return list;
	mp_value_unref(list);
	return NULL;
}

static struct mp_value *repeated(struct mp__serving *serving)
{
	const struct mp_value *all = serving->referent->value;
	struct mp__container *list;
	size_t count;
	long times;

	if (mp_bind(&serving->call, "value", &times) < 0)
		return NULL;
	if (times < 0)
		times = 0;
	/* All the room at once: there may be far too little. */
	if (__builtin_mul_overflow(all->len, (size_t)times, &count)
	    || count > PTRDIFF_MAX / sizeof(struct mp_value *)) {
		mp__fail(MP_EMEMORY, "no memory for so long a list");
		return NULL;
	}
	list = mp__container_new(MP_TYPE_LIST, count);
	if (!list)
		return NULL;
	for (size_t i = 0; i < count; i++)
		list->head.as.items[i] = mp_value_ref(all->as.items[i % all->len]);
	list->head.len = count;
	return &list->head;
}

struct mp_value *mp__managed_list_mul(struct mp__serving *serving)
{
	return repeated(serving);
}

static struct mp_value *replace(struct mp__serving *serving,
				struct mp_value *list)
{
	if (!list)
		return NULL;
	mp_value_unref(serving->referent->value);
	serving->referent->value = list;
	return mp_none();
}

struct mp_value *mp__managed_list_imul(struct mp__serving *serving)
{
	return replace(serving, repeated(serving));
}

static void reverse(struct mp_value *list)
{
	for (size_t i = 0; i < list->len / 2; i++) {
		struct mp_value *item = list->as.items[i];
		list->as.items[i] = list->as.items[list->len - 1 - i];
		list->as.items[list->len - 1 - i] = item;
	}
}

struct mp_value *mp__managed_list_reverse(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 0))
		return NULL;
	reverse(serving->referent->value);
	return mp_none();
}

struct mp_value *mp__managed_list_reversed(struct mp__serving *serving)
{
	struct mp_value *list = list_of(serving->referent->value);

	if (list)
		reverse(list);
	return list;
}

struct mp_value *mp__managed_clear(struct mp__serving *serving)
{
	bool is_list = mp__is(serving->referent->value, MP_TYPE_LIST);

	return mp__managed_only(serving, 0)
		       ? replace(serving, is_list ? mp_list() : mp_dict())
		       : NULL;
}

struct mp_value *mp__managed_copy(struct mp__serving *serving)
{
	struct mp_value *value = serving->referent->value;
	struct mp_value *dict, *key, *item;
	size_t at = 0;

	if (mp__is(value, MP_TYPE_LIST))
		return list_of(value);
	if (!mp__is(value, MP_TYPE_DICT))
		return mp_value_ref(value);
	dict = mp_dict();
	while (dict && mp_value_next(value, &at, &key, &item))
		if (mp__dict_put(dict, mp_value_ref(key), mp_value_ref(item))
		    < 0) {
			mp_value_unref(dict);
			return NULL;
		}
	return dict;
}

/* ---- sort: stable, as Python's ---- */

/* Less than 0, 0, more; *failed: these two have no order. */
static int order(const struct mp_value *a, const struct mp_value *b, int depth,
		 int *failed);

static int order_sequences(const struct mp_value *a, const struct mp_value *b,
			   int depth, int *failed)
{
	for (size_t i = 0; i < a->len && i < b->len; i++) {
		int same = mp__same(a->as.items[i], b->as.items[i]);
		if (same < 0)
			*failed = same;
		if (*failed)
			return 0;
		if (!same)
			return order(a->as.items[i], b->as.items[i], depth + 1,
				     failed);
	}
	return (a->len > b->len) - (a->len < b->len);
}

static int order_numbers(const struct mp_value *a, const struct mp_value *b)
{
	double x = 0, y = 0;

	if (mp__is_integer(a) && mp__is_integer(b) && !a->is_wide && !b->is_wide)
		return (a->as.integer > b->as.integer)
		       - (a->as.integer < b->as.integer);
	if (mp__is_integer(a) && mp__is_integer(b) && a->is_wide && b->is_wide)
		return (a->as.wide > b->as.wide) - (a->as.wide < b->as.wide);
	if (mp__is_integer(a) && mp__is_integer(b))
		return a->is_wide ? 1 : -1;
	mp_value_as_double(a, &x);
	mp_value_as_double(b, &y);
	return (x > y) - (x < y);
}

static bool is_number(const struct mp_value *value)
{
	return mp__is_integer(value) || mp__is(value, MP_TYPE_FLOAT);
}

static int order(const struct mp_value *a, const struct mp_value *b, int depth,
		 int *failed)
{
	size_t least = a->len < b->len ? a->len : b->len;

	if (is_number(a) && is_number(b))
		return order_numbers(a, b);
	if (a->type == b->type && mp__is_sequence(a) && depth < MP__DEPTH_MAX)
		return order_sequences(a, b, depth, failed);
	if (a->type == b->type
	    && (a->type == MP_TYPE_STR || a->type == MP_TYPE_BYTES)) {
		int result = memcmp(a->as.text, b->as.text, least);
		return result ? result : (a->len > b->len) - (a->len < b->len);
	}
	*failed = mp__fail(MP_ETYPE, "'<' not supported between instances of "
			   "'%s' and '%s'", mp_value_type_name(b),
			   mp_value_type_name(a));
	return 0;
}

static int merge_sort(struct mp_value **items, struct mp_value **room,
		      size_t count, bool is_down)
{
	size_t half = count / 2, i = 0, k = half, to = 0;
	int failed = 0;

	if (count < 2)
		return 0;
	failed = merge_sort(items, room, half, is_down);
	if (!failed)
		failed = merge_sort(items + half, room, count - half, is_down);
	if (failed)
		return failed;
	memcpy(room, items, count * sizeof(*items));
	while (i < half && k < count && !failed) {
		int o = order(room[i], room[k], 0, &failed);
		items[to++] = (is_down ? o >= 0 : o <= 0) ? room[i++]
							   : room[k++];
	}
	while (i < half)
		items[to++] = room[i++];
	while (k < count)
		items[to++] = room[k++];
	return failed;
}

struct mp_value *mp__managed_list_sort(struct mp__serving *serving)
{
	struct mp_value *list = serving->referent->value, *key = NULL;
	bool is_down = false;

	if (mp_bind(&serving->call, "* key=None reverse=False", &key, &is_down)
	    < 0)
		return NULL;
	if (!mp__is(key, MP_TYPE_NONE)) {
		mp__fail(MP_ETYPE, "a function to sort by cannot be sent");
		return NULL;
	}
	struct mp_value **room = calloc(list->len + 1, sizeof(struct mp_value *));
	if (!room) {
		mp__fail(MP_EMEMORY, "no memory to sort");
		return NULL;
	}
	int err = merge_sort(list->as.items, room, list->len, is_down);
	free(room);
	return err ? NULL : mp_none();
}
