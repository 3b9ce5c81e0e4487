#include "config.h"

#include "value/value.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/* ---- equality ---------------------------------------------------------- */

static int too_deep(const char *what)
{
	return mp__fail(MP_ERUNTIME, "maximum recursion depth exceeded %s", what);
}

/* A float that is a whole number within the range of our integers, as that integer.
 * The comparisons are exact: 2**53 + 1 is not float(2**53). */
static bool whole(double real, struct mp_value *integer)
{
	integer->type = MP_TYPE_INT;
	if (real >= -0x1p63 && real < 0x1p63) {
		integer->is_wide = false;
		integer->as.integer = (int64_t)real;
		return (double)integer->as.integer == real;
	}
	if (real >= 0x1p63 && real < 0x1p64) {
		integer->is_wide = true;
		integer->as.wide = (uint64_t)real;
		return true;	/* a double that large has no fraction */
	}
	return false;
}

static bool is_number(const struct mp_value *value)
{
	return value->type >= MP_TYPE_BOOL && value->type <= MP_TYPE_FLOAT;
}

static bool equal_numbers(const struct mp_value *a, const struct mp_value *b)
{
	struct mp_value integer;

	if (a->type == MP_TYPE_FLOAT && b->type == MP_TYPE_FLOAT)
		return a->as.real == b->as.real;
	if (a->type == MP_TYPE_FLOAT)
		return equal_numbers(b, a);
	if (b->type == MP_TYPE_FLOAT) {
		if (!whole(b->as.real, &integer))
			return false;
		b = &integer;
	}
	return a->is_wide == b->is_wide && a->as.integer == b->as.integer;
}

static int equal(const struct mp_value *a, const struct mp_value *b, int depth);

static int same(const struct mp_value *a, const struct mp_value *b, int depth)
{
	return a == b ? 1 : equal(a, b, depth);
}

static int equal_dicts(const struct mp_value *a, const struct mp_value *b,
		       int depth)
{
	for (size_t i = 0; i < a->len; i++) {
		struct mp__entry *other;
		int result = mp__dict_find(b, a->as.entries[i].key, &other);
		if (result == 1)
			result = same(a->as.entries[i].item, other->item,
				      depth + 1);
		if (result != 1)
			return result;
	}
	return 1;
}

static int equal(const struct mp_value *a, const struct mp_value *b, int depth)
{
	if (is_number(a) && is_number(b))
		return equal_numbers(a, b);
	if (a->type != b->type || a->len != b->len)
		return 0;
	if (depth > MP__DEPTH_MAX)
		return too_deep("in comparison");
	switch (a->type) {
	case MP_TYPE_OBJECT:
		return a->as.object == b->as.object;
	case MP_TYPE_STR:
	case MP_TYPE_BYTES:
		return memcmp(a->as.text, b->as.text, a->len) == 0;
	case MP_TYPE_DICT:
		return equal_dicts(a, b, depth);
	case MP_TYPE_TUPLE:
	case MP_TYPE_LIST:
		for (size_t i = 0; i < a->len; i++) {
			int result = same(a->as.items[i], b->as.items[i],
					  depth + 1);
			if (result != 1)
				return result;
		}
		return 1;
	default:
		return 1;	/* None */
	}
}

int mp_value_equal(const struct mp_value *a, const struct mp_value *b)
{
	if (!a || !b)
		return a == b;
	return equal(a, b, 0);
}

int mp__same(const struct mp_value *a, const struct mp_value *b)
{
	return a == b ? 1 : mp_value_equal(a, b);
}

/* ---- hash -------------------------------------------------------------- */

/* Keys come from other processes, and through a manager's socket from other machines:
 * who knows the hash could send a dict whose keys all collide. So the hash has a
 * secret, drawn once and inherited by forked children. */
static uint64_t secret[2];

static void draw_secret(void)
{
	struct timespec now;
	int kept = errno;

	if (getrandom(secret, sizeof(secret), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(secret)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		secret[0] ^= (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
		secret[1] ^= (uint64_t)(uintptr_t)&now;
	}
	errno = kept;
}

static uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

uint64_t mp__hash_bytes(const void *bytes, size_t len)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const unsigned char *at = bytes;
	uint64_t word;

	pthread_once(&once, draw_secret);
	uint64_t v[4] = { secret[0] ^ 0x736f6d6570736575u,
			  secret[1] ^ 0x646f72616e646f6du,
			  secret[0] ^ 0x6c7967656e657261u,
			  secret[1] ^ 0x7465646279746573u };
	for (size_t left = len;; left -= 8, at += 8) {
		size_t size = left < 8 ? left : 8;
		word = 0;
		if (size)
			memcpy(&word, at, size);
		if (left < 8)
			word |= (uint64_t)len << 56;
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
		if (left < 8)
			break;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t mp__hash_text(const char *text, size_t len)
{
	return mp__hash_bytes(text, len);
}

static int hash(const struct mp_value *value, uint64_t *result, int depth)
{
	struct mp_value integer;
	uint64_t part = 0;

	switch (mp_value_type(value)) {
	case MP_TYPE_NONE:
		*result = mp__hash_bytes("None", 4);
		return 0;
	case MP_TYPE_FLOAT:
		if (!whole(value->as.real, &integer))
			integer.as.real = value->as.real;
		*result = mp__hash_bytes(&integer.as, sizeof(integer.as));
		return 0;
	case MP_TYPE_OBJECT:
	case MP_TYPE_BOOL:
	case MP_TYPE_INT:
		*result = mp__hash_bytes(&value->as, sizeof(value->as));
		return 0;
	case MP_TYPE_STR:
	case MP_TYPE_BYTES:
		*result = mp__hash_bytes(value->as.text, value->len);
		return 0;
	case MP_TYPE_TUPLE:
		break;
	default:
		return mp__fail(MP_ETYPE, "unhashable type: '%s'",
				mp_value_type_name(value));
	}
	if (depth > MP__DEPTH_MAX)
		return too_deep("while hashing a tuple");
	uint64_t both[2] = { value->len, 0 };
	for (size_t i = 0; i < value->len; i++) {
		int err = hash(value->as.items[i], &part, depth + 1);
		if (err)
			return err;
		both[1] = part;
		both[0] = mp__hash_bytes(both, sizeof(both));
	}
	*result = both[0];
	return 0;
}

int mp_value_hash(const struct mp_value *value, uint64_t *result)
{
	return hash(value, result, 0);
}

static bool hashable(const struct mp_value *value, int depth)
{
	if (value->type != MP_TYPE_TUPLE)
		return value->type < MP_TYPE_TUPLE;
	if (depth > MP__DEPTH_MAX)
		return false;
	for (size_t i = 0; i < value->len; i++)
		if (!hashable(value->as.items[i], depth + 1))
			return false;
	return true;
}

bool mp__is_hashable(const struct mp_value *value)
{
	return value && hashable(value, 0);
}
