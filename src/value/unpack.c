#include "config.h"

#include "value/pack.h"

#include "value/block.h"
#include "value/object.h"

/* Decoding uses the decoder that msgpack-c offers as a template, with callbacks of our
 * own: it has no recursion, its stack has as many places as is defined here, and it
 * makes our values at once. (msgpack-c's ready-made decoder is the same template
 * with 32 places and objects of its own; it allocates as many of these as an array's
 * header claims, before it has seen one.) */
#define MSGPACK_EMBED_STACK_SIZE MP__PACK_DEPTH
#include <msgpack/unpack.h>
#include <msgpack/unpack_define.h>

/* What may still come. A value takes a byte at least, so each container's header, when
 * it promises items, spends that many of the message's bytes, and each str the
 * bytes of its text. A header that promises more than there is left to spend is
 * lying; nothing is allocated for it. All allocation is thereby bounded by the
 * bytes that did arrive. */
struct unpacking {
	size_t bytes;
	size_t items;
	bool has_failed;	/* and has left its message */
};

/* Stands for the mark of a tuple, on its way to its array. Never seen outside. */
static struct mp_value tuple_mark = { .references = MP__IMMORTAL,
				      .type = MP_TYPE_NONE };

static int fail(struct unpacking *unpacking, const char *what)
{
	unpacking->has_failed = true;
	mp__fail(MP_EVALUE, "the bytes are not a message of this library: %s", what);
	return -1;
}

/* What a callback returns for a value that was made, or not. */
static int made(struct unpacking *unpacking, struct mp_value *value,
		struct mp_value **out)
{
	*out = value;
	unpacking->has_failed = !value;
	return value ? 0 : -1;
}

static int spend(struct unpacking *unpacking, size_t bytes, size_t items)
{
	if (bytes > unpacking->bytes)
		return fail(unpacking, "they end too early");
	if (items > unpacking->items)
		return fail(unpacking, "too many values");
	unpacking->bytes -= bytes;
	unpacking->items -= items;
	return 0;
}

static inline struct mp_value *unpack_root(struct unpacking *unpacking)
{
	(void)unpacking;
	return NULL;
}

#define UNPACK_NUMBER(name, type, make) \
	static inline int unpack_##name(struct unpacking *unpacking, type number, \
					struct mp_value **out) \
	{ \
		return made(unpacking, make(number), out); \
	}

UNPACK_NUMBER(uint8, uint8_t, mp_int)
UNPACK_NUMBER(uint16, uint16_t, mp_int)
UNPACK_NUMBER(uint32, uint32_t, mp_int)
UNPACK_NUMBER(uint64, uint64_t, mp_uint)
UNPACK_NUMBER(int8, int8_t, mp_int)
UNPACK_NUMBER(int16, int16_t, mp_int)
UNPACK_NUMBER(int32, int32_t, mp_int)
UNPACK_NUMBER(int64, int64_t, mp_int)
UNPACK_NUMBER(float, float, mp_float)
UNPACK_NUMBER(double, double, mp_float)

static inline int unpack_nil(struct unpacking *unpacking, struct mp_value **out)
{
	return made(unpacking, mp_none(), out);
}

static inline int unpack_true(struct unpacking *unpacking, struct mp_value **out)
{
	return made(unpacking, mp_bool(true), out);
}

static inline int unpack_false(struct unpacking *unpacking, struct mp_value **out)
{
	return made(unpacking, mp_bool(false), out);
}

static inline int unpack_str(struct unpacking *unpacking, const char *base,
			     const char *text, unsigned len, struct mp_value **out)
{
	(void)base;
	if (spend(unpacking, len, 0))
		return -1;
	return made(unpacking, mp_str(text, len), out);
}

static inline int unpack_bin(struct unpacking *unpacking, const char *base,
			     const char *bytes, unsigned len, struct mp_value **out)
{
	(void)base;
	if (spend(unpacking, len, 0))
		return -1;
	return made(unpacking, mp_bytes(bytes, len), out);
}

/* len counts the byte of the type, so ours has 1. */
static inline int unpack_ext(struct unpacking *unpacking, const char *base,
			     const char *bytes, unsigned len, struct mp_value **out)
{
	(void)base;
	if (len == 1 + MP__OBJECT_BYTES && *bytes == MP__OBJECT_EXT)
		return made(unpacking,
			    mp__object_unpack((const unsigned char *)bytes + 1),
			    out);
	if (len > 1 && len <= 1 + MP__PROXY_BYTES && *bytes == MP__PROXY_EXT)
		return made(unpacking,
			    mp__proxy_unpack((const unsigned char *)bytes + 1,
					     len - 1),
			    out);
	if (len != 1 || *bytes != MP__EXT_TUPLE)
		return fail(unpacking, "an extension type that is not known here");
	*out = &tuple_mark;
	return 0;
}

static inline int unpack_array(struct unpacking *unpacking, unsigned count,
			       struct mp_value **out)
{
	if (spend(unpacking, count, count))
		return -1;
	struct mp__container *list = mp__container_new(MP_TYPE_LIST, count);
	return made(unpacking, list ? &list->head : NULL, out);
}

/* The room an array was given is that of its header's count. After a tuple's mark its
 * length is still 0, so a second mark is told from the first by the type. */
static inline int unpack_array_item(struct unpacking *unpacking,
				    struct mp_value **array, struct mp_value *item)
{
	struct mp_value *list = *array;

	if (item != &tuple_mark) {
		list->as.items[list->len++] = item;
		return 0;
	}
	if (list->type == MP_TYPE_TUPLE || list->len)
		return fail(unpacking, "the mark of a tuple inside an array");
	list->type = MP_TYPE_TUPLE;
	return 0;
}

static inline int unpack_map(struct unpacking *unpacking, unsigned count,
			     struct mp_value **out)
{
	if (spend(unpacking, 2 * (size_t)count, 2 * (size_t)count))
		return -1;
	struct mp__container *dict = mp__container_new(MP_TYPE_DICT, count);
	return made(unpacking, dict ? &dict->head : NULL, out);
}

/* On failure the key stays where the template keeps it, for give_up(). */
static inline int unpack_map_item(struct unpacking *unpacking,
				  struct mp_value **map, struct mp_value *key,
				  struct mp_value *item)
{
	int err;

	if (key == &tuple_mark || item == &tuple_mark)
		err = fail(unpacking, "the mark of a tuple inside a map");
	else if (!mp__is_hashable(key))
		err = fail(unpacking, "a key that is no key, because it can change");
	else
		err = mp__dict_put(*map, mp_value_ref(key), mp_value_ref(item));
	mp_value_unref(item);
	if (!err) {
		mp_value_unref(key);
		return 0;
	}
	unpacking->has_failed = true;
	return -1;
}

#define msgpack_unpack_struct(name) struct unpack##name
#define msgpack_unpack_func(ret, name) static inline ret unpack##name
#define msgpack_unpack_callback(name) unpack##name
#define msgpack_unpack_object struct mp_value *
#define msgpack_unpack_user struct unpacking
#include <msgpack/unpack_template.h>

/* Let go of what was begun: a container on each place of the stack, and the key of a
 * map that waits for its value. */
static void give_up(struct unpack_context *context)
{
	for (unsigned i = 0; i < context->top; i++) {
		mp_value_unref(context->stack[i].obj);
		if (context->stack[i].ct == MSGPACK_CT_MAP_VALUE)
			mp_value_unref(context->stack[i].map_key);
	}
}

static int no_message(struct unpack_context *context, int result,
		      const unsigned char *bytes, size_t at)
{
	if (context->user.has_failed)
		return mp_error_code();
	if (result == 0)
		fail(&context->user, "they end too early");
	else if (result == MSGPACK_UNPACK_NOMEM_ERROR)
		fail(&context->user, "values nested too deeply");
	else
		mp__fail(MP_EVALUE, "the bytes are not a message of this library: "
			 "0x%02x at position %zu", bytes[at], at);
	return MP_EVALUE;
}

/* The machine stands behind the value then, and has looked at nothing after it. */
static int unpack_any(const void *bytes, size_t len, size_t *used,
		      struct mp_value **value)
{
	struct unpack_context context;
	size_t at = 0;

	if (len > MP__PACK_BYTES)
		return mp__fail(MP_EVALUE, "a message of %zu bytes is too large", len);
	context.user = (struct unpacking){ len, MP__PACK_ITEMS - 1, false };
	unpack_init(&context);
	int result = unpack_execute(&context, len ? bytes : "", len, &at);
	if (result != 1) {
		int err = no_message(&context, result, bytes, at);
		give_up(&context);
		return err;
	}
	*value = unpack_data(&context);
	*used = at;
	return 0;
}

static int alone(const char *what)
{
	return mp__fail(MP_EVALUE, "the bytes are not a message of this library: %s",
			what);
}

int mp__unpack_next(const void *bytes, size_t len, size_t *used,
		    struct mp_value **value)
{
	struct mp_value *root = NULL;
	int64_t number;

	/* Most of what comes alone is a whole number: it needs no machine. */
	*used = mp__unpack_integer(bytes, len, &number);
	if (*used > 0) {
		root = mp_int(number);
	} else {
		int err = unpack_any(bytes, len, used, &root);
		if (err)
			return err;
	}
	if (root == &tuple_mark)
		return alone("the mark of a tuple alone");
	if (!root)
		return MP_EMEMORY;
	*value = root;
	return 0;
}

int mp__unpack_many(const void *bytes, size_t len, size_t count,
		    struct mp_value **places)
{
	const unsigned char *at = bytes;
	struct mp__value_block *block = NULL;
	int64_t number;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		size_t used = mp__unpack_integer(at, len, &number);
		if (used > 0) {
			struct mp_value *value =
				mp__block_int(&block, number, count - i);
			if (value)
				places[i] = value;
			else
				err = MP_EMEMORY;
		} else {
			err = mp__unpack_next(at, len, &used, &places[i]);
		}
		at += used;
		len -= used;
	}
	mp__block_end(block);
	return err;
}

int mp_value_unpack(const void *bytes, size_t len, struct mp_value **value)
{
	struct mp_value *root = NULL;
	size_t used = 0;
	int err = mp__unpack_next(bytes, len, &used, &root);

	if (err)
		return err;
	if (used < len) {
		mp_value_unref(root);
		return alone("some are left over");
	}
	*value = root;
	return 0;
}
