#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "managers/managed.h"
#include "value/value.h"

/* Namespace, Value, Array. */

static const char *argument_name(struct mp__serving *serving)
{
	const char *name = NULL;
	struct mp_value *first = mp__managed_argument(serving, 0);

	return mp_value_as_str(first, &name, NULL) < 0 ? NULL : name;
}

/* ---- Namespace ---- */

int mp__managed_namespace_create(struct mp__serving *serving)
{
	struct mp__serving of = *serving;

	if (serving->call.args->len > 0)
		return mp__fail(MP_ETYPE, "Namespace() takes 0 positional "
				"arguments but %zu %s given",
				serving->call.args->len,
				serving->call.args->len == 1 ? "was" : "were");
	of.referent->value = serving->call.kwargs;
	serving->referent->value = mp__managed_copy(&of);
	return serving->referent->value ? 0 : mp_error_code();
}

void mp__managed_namespace_destroy(struct mp__referent *referent)
{
	(void)referent;
}

char *mp__managed_namespace_str(struct mp__referent *referent)
{
	struct mp__buffer text = { 0 };
	struct mp_value *key, *item;
	const char *before = "";
	size_t at = 0;

	mp__buffer_print(&text, "Namespace(");
	while (mp_value_next(referent->value, &at, &key, &item)) {
		if (*key->as.text == '_')
			continue;
		char *repr = mp_value_repr(item);
		mp__buffer_print(&text, "%s%s=%s", before, key->as.text,
				 repr ? repr : "?");
		free(repr);
		before = ", ";
	}
	mp__buffer_print(&text, ")");
	return mp__buffer_text(&text);
}

static struct mp_value *no_attribute(const char *type, const char *name)
{
	mp__fail(MP_EATTRIBUTE, "'%s' object has no attribute '%s'", type, name);
	return NULL;
}

struct mp_value *mp__managed_getattribute(struct mp__serving *serving)
{
	const char *name;

	if (!mp__managed_only(serving, 1) || !(name = argument_name(serving)))
		return NULL;
	struct mp_value *item = mp__dict_find_text(serving->referent->value,
						   name, strlen(name));
	return item ? mp_value_ref(item) : no_attribute("Namespace", name);
}

struct mp_value *mp__managed_setattr(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 2) || !argument_name(serving))
		return NULL;
	return mp__managed_list_setitem(serving);
}

struct mp_value *mp__managed_delattr(struct mp__serving *serving)
{
	struct mp__entry *entry;
	const char *name;

	if (!mp__managed_only(serving, 1) || !(name = argument_name(serving)))
		return NULL;
	if (mp__dict_find(serving->referent->value,
			  mp__managed_argument(serving, 0), &entry) <= 0)
		return no_attribute("Namespace", name);
	mp__dict_remove(serving->referent->value, entry);
	return mp_none();
}

/* ---- Value: the code is kept, and means nothing, as in Python ---- */

int mp__managed_value_create(struct mp__serving *serving)
{
	const char *code;
	struct mp_value *value;
	int err = mp_bind(&serving->call, "typecode value lock=True", &code,
			  &value, &(struct mp_value *){ NULL });

	if (err)
		return err;
	serving->referent->code = code ? *code : '?';
	serving->referent->value = mp_value_ref(value);
	return 0;
}

void mp__managed_value_destroy(struct mp__referent *referent)
{
	(void)referent;
}

char *mp__managed_value_str(struct mp__referent *referent)
{
	char *value = mp_value_repr(referent->value), *text = NULL;

	if (value && asprintf(&text, "Value('%c', %s)", referent->code, value)
			     < 0)
		text = NULL;
	free(value);
	return text;
}

struct mp_value *mp__managed_value_get(struct mp__serving *serving)
{
	return mp__managed_only(serving, 0)
		       ? mp_value_ref(serving->referent->value)
		       : NULL;
}

static struct mp_value *set_value(struct mp__serving *serving, size_t which)
{
	struct mp_value *old = serving->referent->value;

	serving->referent->value =
		mp_value_ref(mp__managed_argument(serving, which));
	mp_value_unref(old);
	return mp_none();
}

struct mp_value *mp__managed_value_set(struct mp__serving *serving)
{
	return mp__managed_only(serving, 1) ? set_value(serving, 0) : NULL;
}

struct mp_value *mp__managed_value_getattribute(struct mp__serving *serving)
{
	const char *name;

	if (!mp__managed_only(serving, 1) || !(name = argument_name(serving)))
		return NULL;
	if (strcmp(name, "value") != 0)
		return no_attribute("ValueProxy", name);
	return mp_value_ref(serving->referent->value);
}

struct mp_value *mp__managed_value_setattr(struct mp__serving *serving)
{
	const char *name;

	if (!mp__managed_only(serving, 2) || !(name = argument_name(serving)))
		return NULL;
	return strcmp(name, "value") ? no_attribute("ValueProxy", name)
				     : set_value(serving, 1);
}

/* ---- Array: each item is what the code says, as in Python's array.array ---- */

static const struct limits {
	char code;
	int64_t low;
	uint64_t high;
} limits[] = {
	{ 'b', INT8_MIN, INT8_MAX }, { 'B', 0, UINT8_MAX },
	{ 'h', INT16_MIN, INT16_MAX }, { 'H', 0, UINT16_MAX },
	{ 'i', INT32_MIN, INT32_MAX }, { 'I', 0, UINT32_MAX },
	{ 'l', INT64_MIN, INT64_MAX }, { 'L', 0, UINT64_MAX },
	{ 'q', INT64_MIN, INT64_MAX }, { 'Q', 0, UINT64_MAX },
};

static struct mp_value *whole_item(const struct limits *limit,
				   struct mp_value *value)
{
	if (!mp__is_integer(value)) {
		mp__fail(MP_ETYPE, "'%s' object cannot be interpreted as an "
				   "integer", mp_value_type_name(value));
		return NULL;
	}
	bool is_negative = !value->is_wide && value->as.integer < 0;
	if (is_negative ? value->as.integer < limit->low
			: value->as.wide > limit->high) {
		mp__fail(MP_EOVERFLOW, "an item of type '%c' is from %lld to "
			 "%llu", limit->code, (long long)limit->low,
			 (unsigned long long)limit->high);
		return NULL;
	}
	return is_negative || !value->is_wide ? mp_int(value->as.integer)
					      : mp_uint(value->as.wide);
}

/* A new reference; NULL and an error. */
static struct mp_value *array_item(char code, struct mp_value *value)
{
	double number;

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		if (limits[i].code == code)
			return whole_item(&limits[i], value);
	if (code == 'f' || code == 'd') {
		if (!mp__is_integer(value) && !mp__is(value, MP_TYPE_FLOAT)) {
			mp__fail(MP_ETYPE, "must be real number, not %s",
				 mp_value_type_name(value));
			return NULL;
		}
		if (mp_value_as_double(value, &number) < 0)
			return NULL;
		return mp_float(code == 'f' ? (double)(float)number : number);
	}
	if (code == 'u' && mp__is(value, MP_TYPE_STR)
	    && mp_value_length(value) == 1)
		return mp_value_ref(value);
	mp__fail(MP_ETYPE, "array item must be a unicode character, not %s",
		 mp_value_type_name(value));
	return NULL;
}

static int check_code(const char *code)
{
	if (code && strlen(code) == 1 && strchr("bBuhHiIlLqQfd", *code))
		return 0;
	return mp__fail(MP_EVALUE, "bad typecode (must be b, B, u, h, H, i, I, "
				   "l, L, q, Q, f or d)");
}

int mp__managed_array_create(struct mp__serving *serving)
{
	struct mp__referent *referent = serving->referent;
	struct mp_value *sequence, *items, *item;
	const char *code;
	size_t at = 0;
	int err = mp_bind(&serving->call, "typecode sequence lock=True", &code,
			  &sequence, &(struct mp_value *){ NULL });

	if (!err)
		err = check_code(code);
	if (err)
		return err;
	referent->code = *code;
	referent->value = mp_list();
	items = mp_value_tuple_of(sequence);
	if (!items || !referent->value)
		err = mp_error_code();
	while (!err && mp_value_next(items, &at, NULL, &item)) {
		item = array_item(*code, item);
		err = item ? mp_value_append(referent->value, item)
			   : mp_error_code();
	}
	mp_value_unref(items);
	return err;
}

void mp__managed_array_destroy(struct mp__referent *referent)
{
	(void)referent;
}

char *mp__managed_array_str(struct mp__referent *referent)
{
	char *value = mp_value_repr(referent->value), *text = NULL;

	if (value && asprintf(&text, "array('%c', %s)", referent->code, value)
			     < 0)
		text = NULL;
	free(value);
	return text;
}

struct mp_value *mp__managed_array_setitem(struct mp__serving *serving)
{
	struct mp_value *item;

	if (!mp__managed_only(serving, 2))
		return NULL;
	item = array_item(serving->referent->code,
			  mp__managed_argument(serving, 1));
	if (!item
	    || mp_value_put(serving->referent->value,
			    mp_value_ref(mp__managed_argument(serving, 0)), item)
		       < 0)
		return NULL;
	return mp_none();
}
