/* value/object.h - values that refer to objects of higher layers
 * Public side: mp_object in mp-value.h */
#ifndef MP_VALUE_OBJECT_H
#define MP_VALUE_OBJECT_H

#include "value/value.h"

/* What such a value is made of in MessagePack: an extension of this type. */
#define MP__OBJECT_EXT 79	/* 'O' */
#define MP__OBJECT_BYTES 12	/* ref, id, kind; each 4 bytes, big endian */

/* How objects can be told apart and found again in another process of the same
 * program. Set once, before main, by the layer that knows; until then an object can
 * be neither printed nor packed. */
struct mp__object_ops {
	/* Its reference in shared memory and its id; false: it has none. */
	bool (*identify)(enum mp_object_kind kind, const void *object,
			 uint32_t *ref, uint32_t *id);
	/* The object again; NULL: there is no such object (any more). */
	void *(*find)(enum mp_object_kind kind, uint32_t ref, uint32_t id);
	/* As snprintf(3): repr(object). */
	int (*repr)(enum mp_object_kind kind, void *object, char *buffer,
		    size_t size);
};
extern const struct mp__object_ops *mp__object_ops;

/* Proxies are counted, travel in their own way, and mean something to other programs,
 * too. Set once, before main. */
#define MP__PROXY_EXT 80	/* 'P' */
#define MP__PROXY_BYTES 248	/* at most */
struct mp__proxy_ops {
	void (*ref)(void *proxy);
	void (*unref)(void *proxy);
	/* The bytes that stand for it; how many, or an error. */
	int (*pack)(void *proxy, unsigned char bytes[MP__PROXY_BYTES]);
	/* A new reference; NULL and an error. The bytes may come from anywhere. */
	void *(*unpack)(const unsigned char *bytes, size_t size);
};
extern const struct mp__proxy_ops *mp__proxy_ops;

/* mp__object_drop - the last reference of an object value goes */
void mp__object_drop(struct mp_value *value);

/* mp__proxy_unpack - the value again; NULL with an error */
struct mp_value *mp__proxy_unpack(const unsigned char *bytes, size_t size);

/* mp__object_kind_name - "Lock", ... */
const char *mp__object_kind_name(enum mp_object_kind kind);

/* mp__object_pack - the bytes that stand for it; MP_ERUNTIME: it can only be
 * inherited */
int mp__object_pack(const struct mp_value *value,
		    unsigned char bytes[MP__OBJECT_BYTES]);

/* mp__object_unpack - the value again; NULL with MP_EVALUE: no such object */
struct mp_value *
mp__object_unpack(const unsigned char bytes[MP__OBJECT_BYTES]);

#endif
