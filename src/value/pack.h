/* value/pack.h - values as MessagePack, into a buffer that is used again
 *
 * The form of a tuple is an array whose first element is an extension object of type
 * MP__EXT_TUPLE and length 0: a mark, because an extension object around the items
 * would need their size before they are written. A plain array is a list. */
#ifndef MP_VALUE_PACK_H
#define MP_VALUE_PACK_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

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

/* mp__unpack_many - so many values that stand one behind the other
 * places   receive them; they must hold something that needs no freeing
 * Returns  as mp_value_unpack. On failure the first ones may have been received */
int mp__unpack_many(const void *bytes, size_t len, size_t count,
		    struct mp_value **places);

/* mp__unpack_integer - a whole number that fits an int64_t
 * Returns  how many bytes it has; 0: it is none, or not all there. No failure */
static inline size_t mp__unpack_integer(const unsigned char *bytes, size_t len,
					int64_t *number)
{
	uint64_t first;

	if (len == 0)
		return 0;
	if (*bytes <= 0x7f || *bytes >= 0xe0) {
		*number = (int8_t)*bytes;
		return 1;
	}
	if (*bytes < 0xcc || *bytes > 0xd3)
		return 0;
	size_t size = (size_t)1 << (*bytes & 3);
	if (len < 1 + size)
		return 0;
	unsigned unused = (unsigned)(64 - 8 * size);
	if (len > sizeof(first)) {
		memcpy(&first, bytes + 1, sizeof(first));
		first = be64toh(first);
	} else {
		first = 0;
		for (size_t i = 1; i <= size; i++)
			first = first << 8 | bytes[i];
		first <<= unused;
	}
	*number = *bytes < 0xd0 ? (int64_t)(first >> unused)
				: (int64_t)first >> unused;
	return *bytes == 0xcf && *number < 0 ? 0 : 1 + size;
}

#endif
