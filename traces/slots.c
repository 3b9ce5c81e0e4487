#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/slots.h"

#include <string.h>

#define PLACES 63u
#define BARE 63u
#define NEW_A 0x40u
#define NEW_B 0x80u

struct known {			/* the last slot of its kind, place and object */
	uint64_t what;
	uint64_t a, b;
};

/* What a slot says of kind, site and object: eight bytes. */
static inline uint64_t what_of(const struct trace_slot *slot)
{
	uint64_t what;

	memcpy(&what, &slot->kind, sizeof(what));
	return what;
}
_Static_assert(offsetof(struct trace_slot, kind) == 8
		       && offsetof(struct trace_slot, a) == 16,
	       "kind, site and object are one word");

static inline uint32_t place_of(uint64_t what)
{
	uint32_t high = (uint32_t)((what * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

	return (uint32_t)((uint64_t)high * PLACES >> 32);
}

/* ---- numbers ---- */

static inline uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ (0 - (difference >> 63));
}

static inline uint64_t unzigzag(uint64_t number)
{
	return number >> 1 ^ (0 - (number & 1));
}

static inline unsigned char *put_varint(unsigned char *out, uint64_t number)
{
	for (; number >= 0x80; number >>= 7)
		*out++ = (unsigned char)(number | 0x80);
	*out++ = (unsigned char)number;
	return out;
}

/* At most ten bytes; what does not fit into 64 bits is dropped. */
static inline const unsigned char *get_varint(const unsigned char *at,
					      uint64_t *number)
{
	*number = *at & 0x7f;
	for (unsigned shift = 7; *at++ & 0x80 && shift < 70; shift += 7)
		*number |= (uint64_t)(*at & 0x7f) << shift;
	return at;
}

/* ---- runs ---- */

static unsigned char *put_bare(unsigned char *out,
			       const struct trace_slot *slot)
{
	*out++ = BARE;
	memcpy(out, slot, sizeof(*slot));
	return out + sizeof(*slot);
}

/* A slot of which `known` has kind, place and object. */
static inline unsigned char *put_known(unsigned char *out, uint32_t place,
				       const struct known *known,
				       const struct trace_slot *slot,
				       uint64_t t_ns)
{
	uint64_t a = (uint64_t)slot->a - known->a;
	uint64_t b = (uint64_t)slot->b - known->b;
	unsigned char *first = out++;

	out = put_varint(out, slot->t_ns - t_ns);
	if (a) {
		place |= NEW_A;
		out = put_varint(out, zigzag(a));
	}
	if (b) {
		place |= NEW_B;
		out = put_varint(out, zigzag(b));
	}
	*first = (unsigned char)place;
	return out;
}

size_t trace_slots_pack(const struct trace_slot *slots, uint32_t count,
		  unsigned char *out)
{
	struct known table[PLACES];
	unsigned char *start = out;
	uint64_t t_ns = 0;

	memset(table, 0, sizeof(table));
	for (uint32_t i = 0; i < count; i++) {
		const struct trace_slot *slot = &slots[i];
		uint64_t what = what_of(slot);
		uint32_t place = place_of(what);
		struct known *known = &table[place];

		if (known->what == what)
			out = put_known(out, place, known, slot, t_ns);
		else
			out = put_bare(out, slot);
		*known = (struct known){ what, (uint64_t)slot->a,
					 (uint64_t)slot->b };
		t_ns = slot->t_ns;
	}
	return (size_t)(out - start);
}

static inline const unsigned char *
get_bare(const unsigned char *at, struct known *table, struct trace_slot *slot)
{
	memcpy(slot, at, sizeof(*slot));
	uint64_t what = what_of(slot);
	table[place_of(what)] = (struct known){ what, (uint64_t)slot->a,
						(uint64_t)slot->b };
	return at + sizeof(*slot);
}

static inline const unsigned char *
get_known(const unsigned char *at, unsigned first, struct known *known,
	  uint64_t t_ns, struct trace_slot *slot)
{
	uint64_t number;

	at = get_varint(at, &number);
	slot->t_ns = t_ns + number;
	if (first & NEW_A) {
		at = get_varint(at, &number);
		known->a += unzigzag(number);
	}
	if (first & NEW_B) {
		at = get_varint(at, &number);
		known->b += unzigzag(number);
	}
	memcpy(&slot->kind, &known->what, sizeof(known->what));
	slot->a = (int64_t)known->a;
	slot->b = (int64_t)known->b;
	return at;
}

bool trace_slots_unpack(const unsigned char *bytes, size_t length,
		  struct trace_slot *slots, uint32_t count)
{
	struct known table[PLACES];
	const unsigned char *end = bytes + length;
	uint64_t t_ns = 0;

	memset(table, 0, sizeof(table));
	for (uint32_t i = 0; i < count; i++) {
		/* No slot is longer than the margin. */
		if (bytes >= end)
			return false;
		unsigned first = *bytes++;
		unsigned place = first & BARE;
		bytes = place == BARE
				? get_bare(bytes, table, &slots[i])
				: get_known(bytes, first, &table[place], t_ns,
					    &slots[i]);
		t_ns = slots[i].t_ns;
	}
	return bytes == end;
}
