/* value/value.h - what a value is made of, for the files of this folder
 * Public side: mp-value.h */
#ifndef MP_VALUE_VALUE_H
#define MP_VALUE_VALUE_H

#include "base/error.h"

#include <stdatomic.h>

/* As deep as CPython goes before it raises RecursionError. */
#define MP__DEPTH_MAX 1000

/* Values with this count are static: never counted, never freed. */
#define MP__IMMORTAL UINT32_MAX

struct mp_value {
	_Atomic uint32_t references;
	uint8_t type;			/* enum mp_type */
	bool is_wide;			/* int: beyond INT64_MAX, see as.wide */
	uint16_t place;			/* in its block, from 1; 0: it has memory
					 * of its own */
	size_t len;			/* bytes, items or entries; of an
					 * object its kind */
	union {
		int64_t integer;	/* int, bool */
		uint64_t wide;
		double real;
		void *object;
		const char *text;	/* str, bytes: '\0' follows */
		struct mp_value **items;	/* tuple, list */
		struct mp__entry *entries;	/* dict, in order */
	} as;
};

struct mp__entry {
	uint64_t hash;
	struct mp_value *key, *item;
};

/* tuple, list, dict */
struct mp__container {
	struct mp_value head;
	size_t capacity;		/* room in items or entries */
	struct mp__container *next_dead;	/* while it is being freed */
	/* A dict of more than eight: open addressing; number of the entry + 1,
	 * 0 where free. index_size is a power of two. */
	uint32_t *index;
	size_t index_size;
};

/* The smallest integers are static, too. */
#define MP__SMALL_MIN (-16)
#define MP__SMALL_MAX 255

static inline bool mp__is_small(int64_t number)
{
	return number >= MP__SMALL_MIN && number <= MP__SMALL_MAX;
}

static inline bool mp__is(const struct mp_value *value, enum mp_type type)
{
	return value && value->type == type;
}

static inline bool mp__is_sequence(const struct mp_value *value)
{
	return mp__is(value, MP_TYPE_TUPLE) || mp__is(value, MP_TYPE_LIST);
}

static inline bool mp__is_integer(const struct mp_value *value)
{
	return mp__is(value, MP_TYPE_INT) || mp__is(value, MP_TYPE_BOOL);
}

/* What to return when NULL was handed over: the error that made it NULL stands. */
static inline int mp__missing(void)
{
	int code = mp_error_code();

	return code < 0 ? code : mp__fail(MP_EVALUE, "NULL is not a value");
}

/* mp__container_new - an empty tuple, list or dict with room for `capacity`
 * Returns a new reference, or NULL with MP_EMEMORY */
struct mp__container *mp__container_new(enum mp_type type, size_t capacity);

/* mp__container_push - put an item at the end, even of a tuple that is being made
 * Takes over item, also on failure. Returns 0 or MP_EMEMORY. */
int mp__container_push(struct mp__container *sequence, struct mp_value *item);

/* mp__dict_put - set key to item; takes over both, also on failure
 * Returns 0, MP_ETYPE (unhashable key), MP_EMEMORY */
int mp__dict_put(struct mp_value *dict, struct mp_value *key,
		 struct mp_value *item);

/* mp__dict_find - the entry of a key. Returns 1, 0 (none), or an error of
 * mp_value_hash; none is no failure and leaves no message. */
int mp__dict_find(const struct mp_value *dict, const struct mp_value *key,
		  struct mp__entry **entry);

/* mp__dict_find_text - what a dict holds for a str key; NULL if there is none,
 * which leaves no message */
struct mp_value *mp__dict_find_text(const struct mp_value *dict, const char *key,
				    size_t len);

/* mp__dict_remove - take out an entry that mp__dict_find gave */
void mp__dict_remove(struct mp_value *dict, struct mp__entry *entry);

/* mp__is_hashable - could it be a key? Nothing deeper than MP__DEPTH_MAX is. */
bool mp__is_hashable(const struct mp_value *value);

/* mp__same - identical or equal, as Python compares items */
int mp__same(const struct mp_value *a, const struct mp_value *b);

/* mp__hash_bytes - a keyed hash of bytes (SipHash-1-3) */
uint64_t mp__hash_bytes(const void *bytes, size_t len);

/* mp__hash_text - the hash of the str of these bytes */
uint64_t mp__hash_text(const char *text, size_t len);

#endif
