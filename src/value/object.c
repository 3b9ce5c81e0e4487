#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "value/object.h"

#include <stdlib.h>

const struct mp__object_ops *mp__object_ops;
const struct mp__proxy_ops *mp__proxy_ops;

static const char *const names[] = {
	[MP_OBJECT_LOCK] = "Lock",
	[MP_OBJECT_CONDITION] = "Condition",
	[MP_OBJECT_EVENT] = "Event",
	[MP_OBJECT_BARRIER] = "Barrier",
	[MP_OBJECT_SHARED] = "Synchronized",
	[MP_OBJECT_QUEUE] = "Queue",
	[MP_OBJECT_CONNECTION] = "Connection",
	[MP_OBJECT_PROCESS] = "Process",
	[MP_OBJECT_POINTER] = "object",
	[MP_OBJECT_PROXY] = "Proxy",
};
#define KINDS (sizeof(names) / sizeof(names[0]))

static struct mp_value *object_new(enum mp_object_kind kind, void *object)
{
	struct mp_value *value = malloc(sizeof(*value));
	if (!value) {
		mp__fail(MP_EMEMORY, "no memory for a reference to an object");
		return NULL;
	}
	*value = (struct mp_value){
		.references = 1,
		.type = MP_TYPE_OBJECT,
		.len = kind,
		.as.object = object,
	};
	return value;
}

struct mp_value *mp_object(enum mp_object_kind kind, void *object)
{
	if (!object)
		return mp_none();
	if (kind < MP_OBJECT_LOCK || kind >= KINDS) {
		mp__fail(MP_EVALUE, "no such kind of object: %d", (int)kind);
		return NULL;
	}
	struct mp_value *value = object_new(kind, object);
	if (value && kind == MP_OBJECT_PROXY)
		mp__proxy_ops->ref(object);
	return value;
}

void mp__object_drop(struct mp_value *value)
{
	if (value->len == MP_OBJECT_PROXY)
		mp__proxy_ops->unref(value->as.object);
}

struct mp_value *mp__proxy_unpack(const unsigned char *bytes, size_t size)
{
	void *proxy = mp__proxy_ops ? mp__proxy_ops->unpack(bytes, size) : NULL;
	struct mp_value *value = proxy ? object_new(MP_OBJECT_PROXY, proxy)
				       : NULL;

	if (proxy && !value)
		mp__proxy_ops->unref(proxy);
	return value;
}

int mp_value_as_object(const struct mp_value *value, enum mp_object_kind kind,
		       void **out)
{
	if (!value)
		return mp__missing();
	if (!mp__is(value, MP_TYPE_OBJECT) || value->len != kind)
		return mp__fail(MP_ETYPE, "%s expected, not '%s'",
				(unsigned)kind < KINDS ? names[kind] : "object",
				mp_value_type_name(value));
	*out = value->as.object;
	return 0;
}

const char *mp__object_kind_name(enum mp_object_kind kind)
{
	return (unsigned)kind < KINDS && names[kind] ? names[kind] : "object";
}

/* ---- packing ---- */

static void put32(unsigned char *at, uint32_t number)
{
	at[0] = (unsigned char)(number >> 24);
	at[1] = (unsigned char)(number >> 16);
	at[2] = (unsigned char)(number >> 8);
	at[3] = (unsigned char)number;
}

static uint32_t get32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16
	       | (uint32_t)at[2] << 8 | at[3];
}

int mp__object_pack(const struct mp_value *value,
		    unsigned char bytes[MP__OBJECT_BYTES])
{
	enum mp_object_kind kind = (enum mp_object_kind)value->len;
	uint32_t ref, id;

	if (!mp__object_ops
	    || !mp__object_ops->identify(kind, value->as.object, &ref, &id))
		return mp__fail(MP_ERUNTIME, "%s objects should only be shared "
				"between processes through inheritance",
				names[kind]);
	put32(bytes, ref);
	put32(bytes + 4, id);
	put32(bytes + 8, kind);
	return 0;
}

struct mp_value *mp__object_unpack(const unsigned char bytes[MP__OBJECT_BYTES])
{
	uint32_t kind = get32(bytes + 8);
	void *object = NULL;

	if (mp__object_ops && kind >= MP_OBJECT_LOCK && kind < KINDS)
		object = mp__object_ops->find((enum mp_object_kind)kind,
					      get32(bytes), get32(bytes + 4));
	if (object)
		return mp_object((enum mp_object_kind)kind, object);
	mp__fail(MP_EVALUE, "the message refers to an object that does not exist");
	return NULL;
}
