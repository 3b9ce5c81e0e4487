#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/digest.h"

#include <string.h>

void mp__digest_begin(const struct mp__digest *digest,
		      struct mp__digest_state *state)
{
	memcpy(state->words, digest->start, sizeof(state->words));
	state->length = 0;
}

void mp__digest_add(const struct mp__digest *digest,
		    struct mp__digest_state *state, const void *bytes,
		    size_t size)
{
	const unsigned char *at = bytes;

	while (size > 0) {
		size_t used = state->length % MP__DIGEST_BLOCK;
		size_t n = MP__DIGEST_BLOCK - used;

		if (n > size)
			n = size;
		memcpy(state->block + used, at, n);
		state->length += n;
		at += n;
		size -= n;
		if (used + n == MP__DIGEST_BLOCK)
			digest->mix(state->words, state->block);
	}
}

/* The bytes of a number, the most or the least significant one first. */
static void put(unsigned char *to, uint64_t number, size_t size,
		bool is_big_endian)
{
	for (size_t i = 0; i < size; i++) {
		size_t place = is_big_endian ? size - 1 - i : i;
		to[i] = (unsigned char)(number >> 8 * place);
	}
}

/* A one bit, zeros up to the last eight bytes of a block, the length in bits. */
void mp__digest_end(const struct mp__digest *digest,
		    struct mp__digest_state *state, unsigned char *result)
{
	static const unsigned char padding[MP__DIGEST_BLOCK] = { 0x80 };
	unsigned char length[8];
	size_t used = state->length % MP__DIGEST_BLOCK;

	put(length, state->length * 8, 8, digest->is_big_endian);
	mp__digest_add(digest, state, padding,
		       (used < 56 ? 56 : 120) - used);
	mp__digest_add(digest, state, length, 8);
	for (size_t i = 0; i < digest->size / 4; i++)
		put(result + 4 * i, state->words[i], 4, digest->is_big_endian);
}

void mp__hmac(const struct mp__digest *digest, const void *key,
	      size_t key_size, const void *message, size_t size,
	      unsigned char *result)
{
	unsigned char block[MP__DIGEST_BLOCK] = { 0 };
	struct mp__digest_state state;

	mp__digest_begin(digest, &state);
	if (key_size > sizeof(block)) {
		mp__digest_add(digest, &state, key, key_size);
		mp__digest_end(digest, &state, block);
		mp__digest_begin(digest, &state);
	} else if (key_size > 0) {
		memcpy(block, key, key_size);
	}
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	mp__digest_add(digest, &state, block, sizeof(block));
	mp__digest_add(digest, &state, message, size);
	mp__digest_end(digest, &state, result);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	mp__digest_begin(digest, &state);
	mp__digest_add(digest, &state, block, sizeof(block));
	mp__digest_add(digest, &state, result, digest->size);
	mp__digest_end(digest, &state, result);
}

bool mp__digest_equal(const unsigned char *a, const unsigned char *b,
		      size_t size)
{
	unsigned char differs = 0;

	for (size_t i = 0; i < size; i++)
		differs |= a[i] ^ b[i];
	return differs == 0;
}
