/* traces/slots.h - a run of slots in few bytes
 *
 * What programs do in a burst they do again and again: the same kind of event, at
 * the same place, on the same object. So a slot is told by what is new in it,
 * mostly in two or three bytes instead of 32. Whatever slots hold comes out again
 * as it was, bare bytes of a text, too. Each run stands by itself.
 *
 *   1 byte   bits 0 to 5: a place in a table of 63 slots, all zero when the run
 *            begins; 63: the slot itself follows, all 32 bytes of it
 *            bit 6: `a` is not that of the slot in the table; bit 7: nor is `b`
 *   varint   time since the slot before, modulo 2^64 (of the first: since 0)
 *   varint   if bit 6: by how much `a` is larger, as zigzag
 *   varint   if bit 7: the same of `b`
 *
 * A varint has seven bits a byte, the lowest first, and bit 7 of all but its last.
 * Kind, site and object are those of the slot in the table, whose place they
 * determine (place_of in slots.c); afterwards this slot is in the table. */
#ifndef TRACE_SLOTS_H
#define TRACE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/event.h"

/* No run is longer when it is packed. */
#define TRACE_SLOTS_BYTES(slots) \
	((size_t)(slots) * (1 + sizeof(struct trace_slot)))
/* How many bytes behind a packed run trace_slots_unpack may look at. */
#define TRACE_SLOTS_MARGIN 32u

/* trace_slots_pack - pack `count` slots into `out`, which has room for the longest
 * Returns  how many bytes they are */
size_t trace_slots_pack(const struct trace_slot *slots, uint32_t count,
		  unsigned char *out);

/* trace_slots_unpack - make slots of a packed run again; the bytes may be hostile
 * bytes    behind `length` of them, TRACE_SLOTS_MARGIN more can be read
 * Returns  false: these bytes are not `count` slots */
bool trace_slots_unpack(const unsigned char *bytes, size_t length,
		  struct trace_slot *slots, uint32_t count);

#endif
