#include "config.h"

#include "value/object.h"
#include "value/value.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "value/block.h"
#include "value/utf8.h"

/* Values live in the memory of one process; a fork copies them, counts and all. The
 * count is the only field that several threads may change without a lock.
 *
 * None, the booleans, small integers and what is empty are static, because most of
 * what travels between processes is one of them: they cost no allocation, and
 * hostile bytes cannot turn one byte into a heap block through them. */

#define STATIC(kind, ...) \
	{ .references = MP__IMMORTAL, .type = kind, __VA_ARGS__ }

#define INT1(n) STATIC(MP_TYPE_INT, .as.integer = (n))
#define INT4(n) INT1(n), INT1((n) + 1), INT1((n) + 2), INT1((n) + 3)
#define INT16(n) INT4(n), INT4((n) + 4), INT4((n) + 8), INT4((n) + 12)
#define INT64(n) INT16(n), INT16((n) + 16), INT16((n) + 32), INT16((n) + 48)

static struct mp_value small_integers[] = {
	INT16(MP__SMALL_MIN), INT64(0), INT64(64), INT64(128), INT64(192)
};
static_assert(sizeof(small_integers) / sizeof(small_integers[0]) ==
	      MP__SMALL_MAX - MP__SMALL_MIN + 1, "every small integer has its value");

static struct mp_value none = STATIC(MP_TYPE_NONE, .len = 0);
static struct mp_value booleans[] = {
	STATIC(MP_TYPE_BOOL, .as.integer = 0),
	STATIC(MP_TYPE_BOOL, .as.integer = 1)
};
static struct mp_value empty_str = STATIC(MP_TYPE_STR, .as.text = "");
static struct mp_value empty_bytes = STATIC(MP_TYPE_BYTES, .as.text = "");

static const char *const type_names[] = {
	[MP_TYPE_NONE] = "NoneType", [MP_TYPE_BOOL] = "bool",
	[MP_TYPE_INT] = "int", [MP_TYPE_FLOAT] = "float",
	[MP_TYPE_OBJECT] = "object",
	[MP_TYPE_STR] = "str", [MP_TYPE_BYTES] = "bytes",
	[MP_TYPE_TUPLE] = "tuple", [MP_TYPE_LIST] = "list",
	[MP_TYPE_DICT] = "dict"
};

static struct mp_value *scalar_new(enum mp_type type, size_t extra)
{
	struct mp_value *value = NULL;

	if (extra <= SIZE_MAX - sizeof(*value))
		value = malloc(sizeof(*value) + extra);
	if (!value) {
		mp__fail(MP_EMEMORY, "no memory for a value of type %s",
			 type_names[type]);
		return NULL;
	}
	atomic_init(&value->references, 1);
	value->type = type;
	value->is_wide = false;
	value->place = 0;
	value->len = 0;
	return value;
}

static struct mp_value *text_new(enum mp_type type, const void *bytes, size_t len)
{
	struct mp_value *value = scalar_new(type, len < SIZE_MAX ? len + 1 : len);

	if (!value)
		return NULL;
	char *text = (char *)(value + 1);
	memcpy(text, bytes, len);
	text[len] = '\0';
	value->len = len;
	value->as.text = text;
	return value;
}

/* What is to be freed. */
struct dead {
	struct mp__container *containers;
	struct mp__value_block *block;	/* so many values of it */
	uint32_t count;
};

/* Whether that was the last reference. acquire: what other threads did to it happens
 * before it is freed. Who has the only one need not count: nobody else can. */
static bool let_go(struct mp_value *value)
{
	if (!value)
		return false;
	uint32_t count = atomic_load_explicit(&value->references,
					      memory_order_acquire);
	return count == 1
	       || (count != MP__IMMORTAL
		   && atomic_fetch_sub_explicit(&value->references, 1,
						memory_order_acq_rel) == 1);
}

/* Those of one block lie one behind the other: they are counted once. */
static void drop_placed(struct mp_value *value, struct dead *dead)
{
	struct mp__value_block *block = mp__block_of(value);

	if (block != dead->block && dead->block)
		mp__block_drop(dead->block, dead->count);
	dead->count = block == dead->block ? dead->count + 1 : 1;
	dead->block = block;
}

static void drop(struct mp_value *value, struct dead *dead)
{
	if (!let_go(value))
		return;
	if (value->type >= MP_TYPE_TUPLE) {
		struct mp__container *container = (struct mp__container *)value;
		container->next_dead = dead->containers;
		dead->containers = container;
	} else if (value->place) {
		drop_placed(value, dead);
	} else {
		if (value->type == MP_TYPE_OBJECT)
			mp__object_drop(value);
		free(value);
	}
}

/* A list of dead containers instead of recursion: a million lists, one inside the
 * other, must not exhaust the stack. */
static void free_dead(struct dead dead)
{
	while (dead.containers) {
		struct mp__container *container = dead.containers;
		struct mp_value *head = &container->head;
		dead.containers = container->next_dead;
		for (size_t i = 0; i < head->len; i++) {
			if (head->type == MP_TYPE_DICT) {
				drop(head->as.entries[i].key, &dead);
				drop(head->as.entries[i].item, &dead);
			} else {
				drop(head->as.items[i], &dead);
			}
		}
		if (head->type == MP_TYPE_DICT)
			free(head->as.entries);
		else
			free(head->as.items);
		free(container->index);
		free(container);
	}
	if (dead.block)
		mp__block_drop(dead.block, dead.count);
}

struct mp_value *mp_value_ref(struct mp_value *value)
{
	if (value && atomic_load_explicit(&value->references,
					  memory_order_relaxed) != MP__IMMORTAL)
		atomic_fetch_add_explicit(&value->references, 1,
					  memory_order_relaxed);
	return value;
}

void mp_value_unref(struct mp_value *value)
{
	struct dead dead = { NULL, NULL, 0 };

	drop(value, &dead);
	free_dead(dead);
}

struct mp_value *mp_none(void)
{
	return &none;
}

struct mp_value *mp_bool(bool is_true)
{
	return &booleans[is_true];
}

struct mp_value *mp_int(long long number)
{
	if (mp__is_small(number))
		return &small_integers[number - MP__SMALL_MIN];

	struct mp_value *value = scalar_new(MP_TYPE_INT, 0);
	if (value)
		value->as.integer = number;
	return value;
}

struct mp_value *mp_uint(unsigned long long number)
{
	if (number <= INT64_MAX)
		return mp_int((long long)number);

	struct mp_value *value = scalar_new(MP_TYPE_INT, 0);
	if (value) {
		value->is_wide = true;
		value->as.wide = number;
	}
	return value;
}

struct mp_value *mp_float(double number)
{
	struct mp_value *value = scalar_new(MP_TYPE_FLOAT, 0);

	if (value)
		value->as.real = number;
	return value;
}

struct mp_value *mp_text(const char *text)
{
	return text ? mp_str(text, strlen(text)) : mp_none();
}

struct mp_value *mp_str(const char *text, size_t len)
{
	if (len == 0)
		return &empty_str;

	size_t wrong = mp__utf8_invalid(text, len);
	if (wrong < len) {
		mp__fail(MP_EVALUE, "a str must be UTF-8, and byte 0x%02x at "
			 "position %zu is not: use mp_bytes() for other bytes",
			 (unsigned char)text[wrong], wrong);
		return NULL;
	}
	return text_new(MP_TYPE_STR, text, len);
}

struct mp_value *mp_bytes(const void *bytes, size_t len)
{
	return len ? text_new(MP_TYPE_BYTES, bytes, len) : &empty_bytes;
}

enum mp_type mp_value_type(const struct mp_value *value)
{
	return value ? (enum mp_type)value->type : MP_TYPE_NULL;
}

const char *mp_value_type_name(const struct mp_value *value)
{
	return value ? type_names[value->type] : "NULL";
}
