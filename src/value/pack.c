#include "config.h"

#include "value/pack.h"

#include "value/object.h"

#include <endian.h>
#include <msgpack/pack.h>

#define LONGEST_INTEGER 9u	/* bytes */

struct packing {
	struct mp__buffer *buffer;
	msgpack_packer packer;
	size_t start;		/* buffer->len before */
	size_t items;		/* written so far */
	int err;
};

/* What msgpack-c calls to write. */
static int write_bytes(void *data, const char *bytes, size_t len)
{
	struct packing *packing = data;

	packing->err = mp__buffer_add(packing->buffer, bytes, len);
	return packing->err;
}

static int promise(struct packing *packing, size_t items)
{
	if (items > MP__PACK_ITEMS - packing->items)
		return mp__fail(MP_EVALUE, "cannot send more than %zu values in "
				"one message", MP__PACK_ITEMS);
	packing->items += items;
	return 0;
}

static int pack(struct packing *packing, const struct mp_value *value, int depth);

static int pack_items(struct packing *packing, const struct mp_value *value,
		      int depth)
{
	struct mp_value *key, *item;
	size_t at = 0;
	int err = 0;

	while (!err && mp_value_next(value, &at, &key, &item)) {
		if (key)
			err = pack(packing, key, depth);
		if (!err)
			err = pack(packing, item, depth);
	}
	return err;
}

static int pack_container(struct packing *packing, const struct mp_value *value,
			  int depth)
{
	msgpack_packer *packer = &packing->packer;
	size_t is_tuple = value->type == MP_TYPE_TUPLE;
	size_t is_dict = value->type == MP_TYPE_DICT;

	if (depth > MP__PACK_DEPTH)
		return mp__fail(MP_EVALUE, "cannot send values nested more than "
				"%d deep", MP__PACK_DEPTH);
	int err = promise(packing, is_dict ? 2 * value->len
					   : value->len + is_tuple);
	if (err)
		return err;
	if (is_dict)
		msgpack_pack_map(packer, value->len);
	else
		msgpack_pack_array(packer, value->len + is_tuple);
	if (!packing->err && is_tuple)
		msgpack_pack_ext(packer, 0, MP__EXT_TUPLE);
	return packing->err ? packing->err : pack_items(packing, value, depth);
}

static int pack_text(struct packing *packing, const struct mp_value *value)
{
	msgpack_packer *packer = &packing->packer;
	size_t used = packing->buffer->len - packing->start;

	if (used > MP__PACK_BYTES || value->len > MP__PACK_BYTES - used)
		return mp__fail(MP_EVALUE, "cannot send a message of more than "
				"%zu bytes", MP__PACK_BYTES);
	if (value->type == MP_TYPE_STR)
		msgpack_pack_str_with_body(packer, value->as.text, value->len);
	else
		msgpack_pack_bin_with_body(packer, value->as.text, value->len);
	return packing->err;
}

static int pack_proxy(struct packing *packing, const struct mp_value *value)
{
	unsigned char bytes[MP__PROXY_BYTES];
	int size = mp__proxy_ops->pack(value->as.object, bytes);

	if (size < 0)
		return size;
	msgpack_pack_ext(&packing->packer, (size_t)size, MP__PROXY_EXT);
	msgpack_pack_ext_body(&packing->packer, bytes, (size_t)size);
	return packing->err;
}

static int pack_object(struct packing *packing, const struct mp_value *value)
{
	unsigned char bytes[MP__OBJECT_BYTES];

	if (value->len == MP_OBJECT_PROXY)
		return pack_proxy(packing, value);
	int err = mp__object_pack(value, bytes);

	if (err)
		return err;
	msgpack_pack_ext(&packing->packer, sizeof(bytes), MP__OBJECT_EXT);
	msgpack_pack_ext_body(&packing->packer, bytes, sizeof(bytes));
	return packing->err;
}

static int pack(struct packing *packing, const struct mp_value *value, int depth)
{
	msgpack_packer *packer = &packing->packer;

	switch (mp_value_type(value)) {
	case MP_TYPE_NULL:
		return mp__fail(MP_EVALUE, "NULL is not a value");
	case MP_TYPE_NONE:
		msgpack_pack_nil(packer);
		return packing->err;
	case MP_TYPE_BOOL:
		if (value->as.integer)
			msgpack_pack_true(packer);
		else
			msgpack_pack_false(packer);
		return packing->err;
	case MP_TYPE_INT:
		if (value->is_wide)
			msgpack_pack_uint64(packer, value->as.wide);
		else
			msgpack_pack_int64(packer, value->as.integer);
		return packing->err;
	case MP_TYPE_FLOAT:
		msgpack_pack_double(packer, value->as.real);
		return packing->err;
	case MP_TYPE_OBJECT:
		return pack_object(packing, value);
	case MP_TYPE_STR:
	case MP_TYPE_BYTES:
		return pack_text(packing, value);
	default:
		return pack_container(packing, value, depth + 1);
	}
}

/* As msgpack-c does it, the shortest form, but with one look at the buffer: there may
 * be millions. */
static int pack_integer(struct mp__buffer *buffer, int64_t number)
{
	unsigned log;

	if (buffer->capacity - buffer->len < LONGEST_INTEGER) {
		int err = mp__buffer_grow(buffer, LONGEST_INTEGER);
		if (err)
			return err;
	}
	unsigned char *bytes = (unsigned char *)buffer->bytes + buffer->len;
	if (number >= -32 && number <= 127) {
		*bytes = (unsigned char)number;
		buffer->len++;
		return 0;
	}
	if (number >= 0) {
		log = number > UINT32_MAX ? 3 : number > UINT16_MAX ? 2
						 : number > UINT8_MAX;
		*bytes = (unsigned char)(0xcc + log);
	} else {
		log = number < INT32_MIN ? 3 : number < INT16_MIN ? 2
						: number < INT8_MIN;
		*bytes = (unsigned char)(0xd0 + log);
	}
	/* Its first bytes, and what else there is room for. */
	size_t size = (size_t)1 << log;
	uint64_t first = htobe64((uint64_t)number << (64 - 8 * size));
	memcpy(bytes + 1, &first, sizeof(first));
	buffer->len += 1 + size;
	return 0;
}

int mp__pack(struct mp__buffer *buffer, const struct mp_value *value)
{
	if (mp__is(value, MP_TYPE_INT) && !value->is_wide)
		return pack_integer(buffer, value->as.integer);

	struct packing packing = { .buffer = buffer, .start = buffer->len,
				   .items = 1 };

	msgpack_packer_init(&packing.packer, &packing, write_bytes);
	int err = pack(&packing, value, 0);
	if (!err && buffer->len - packing.start > MP__PACK_BYTES)
		err = mp__fail(MP_EVALUE, "cannot send a message of more than "
			       "%zu bytes", MP__PACK_BYTES);
	if (err)
		buffer->len = packing.start;
	return err;
}

int mp_value_pack(const struct mp_value *value, void **bytes, size_t *len)
{
	struct mp__buffer buffer = { 0 };
	int err = mp__pack(&buffer, value);

	if (err) {
		mp__buffer_free(&buffer);
		return err;
	}
	*bytes = buffer.bytes;
	*len = buffer.len;
	return 0;
}
