/* base/digest.h - the hash functions of the handshake between processes
 *
 * SHA-256 (FIPS 180-4), MD5 (RFC 1321), and HMAC (RFC 2104) over either. MD5 is
 * here because CPython up to 3.11 knows nothing else; as part of an HMAC it is not
 * broken. */
#ifndef MP_BASE_DIGEST_H
#define MP_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP__DIGEST_MAX 32		/* bytes of the longest */
#define MP__DIGEST_BLOCK 64		/* both work on blocks of that size */

struct mp__digest_state {
	uint32_t words[8];
	uint64_t length;		/* bytes so far */
	unsigned char block[MP__DIGEST_BLOCK];
};

struct mp__digest {
	size_t size;
	bool is_big_endian;
	uint32_t start[8];
	/* Mix one block into the words. */
	void (*mix)(uint32_t words[8], const unsigned char *block);
};

extern const struct mp__digest mp__sha256;	/* sha256.c */
extern const struct mp__digest mp__md5;		/* md5.c */

/* mp__digest_begin, _add, _end - the digest of bytes that come in pieces */
void mp__digest_begin(const struct mp__digest *digest,
		      struct mp__digest_state *state);
void mp__digest_add(const struct mp__digest *digest,
		    struct mp__digest_state *state, const void *bytes,
		    size_t size);
void mp__digest_end(const struct mp__digest *digest,
		    struct mp__digest_state *state, unsigned char *result);

/* mp__hmac - the keyed digest of a message; result has digest->size bytes */
void mp__hmac(const struct mp__digest *digest, const void *key,
	      size_t key_size, const void *message, size_t size,
	      unsigned char *result);

/* mp__digest_equal - compare in a time that does not depend on what is there */
bool mp__digest_equal(const unsigned char *a, const unsigned char *b,
		      size_t size);

#endif
