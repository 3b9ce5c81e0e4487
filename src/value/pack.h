/* value/pack.h - values as MessagePack, into a buffer that is used again
 *
 * The form of a tuple is an array whose first element is an extension object of type
 * MP__EXT_TUPLE and length 0: a mark, because an extension object around the items
 * would need their size before they are written. A plain array is a list. */
#ifndef MP_VALUE_PACK_H
#define MP_VALUE_PACK_H

#include "mp.h"
#include "value/buffer.h"

#define MP__EXT_TUPLE 84		/* 'T' */
#define MP__EXT_TUPLE_BYTES 3		/* 0xc7 0x00 0x54 */

/* What is packed can be unpacked: the limits are the same on both sides. */
#define MP__PACK_DEPTH 64		/* containers inside containers */
#define MP__PACK_ITEMS ((size_t)1 << 24)	/* values, marks included */
#define MP__PACK_BYTES ((size_t)1 << 30)

/* mp__pack - add a value to the buffer
 * Allocates nothing but the buffer's own growth.
 * Returns 0; MP_EVALUE (limits); MP_EMEMORY. The buffer is as it was on failure. */
int mp__pack(struct mp__buffer *buffer, const struct mp_value *value);

/* mp__unpack_next - the first of several values that stand one behind the other
 * used     receives how many bytes it has
 * Returns  as mp_value_unpack, but bytes may be left over */
int mp__unpack_next(const void *bytes, size_t len, size_t *used,
		    struct mp_value **value);

#endif
