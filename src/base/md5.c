#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/digest.h"

/* MD5 (RFC 1321, section 3.4). */

/* The integer part of 2^32 times abs(sin(i + 1)). */
static const uint32_t constants[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
	0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
	0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
	0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
	0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
	0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
	0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
	0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391
};

static const unsigned char shifts[4][4] = {
	{ 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
};

static uint32_t function(int round, uint32_t b, uint32_t c, uint32_t d)
{
	switch (round) {
	case 0:
		return (b & c) | (~b & d);
	case 1:
		return (b & d) | (c & ~d);
	case 2:
		return b ^ c ^ d;
	default:
		return c ^ (b | ~d);
	}
}

/* Which word of the block step i of a round takes. */
static int place(int round, int i)
{
	static const int factors[4] = { 1, 5, 3, 7 }, offsets[4] = { 0, 1, 5, 0 };

	return (factors[round] * i + offsets[round]) % 16;
}

static void mix(uint32_t words[8], const unsigned char *block)
{
	uint32_t x[16], a = words[0], b = words[1], c = words[2], d = words[3];

	for (int i = 0; i < 16; i++, block += 4)
		x[i] = (uint32_t)block[3] << 24 | (uint32_t)block[2] << 16
		       | (uint32_t)block[1] << 8 | block[0];
	for (int i = 0; i < 64; i++) {
		int round = i / 16, shift = shifts[round][i % 4];
		uint32_t sum = a + function(round, b, c, d) + constants[i]
			       + x[place(round, i)];
		a = d;
		d = c;
		c = b;
		b += sum << shift | sum >> (32 - shift);
	}
	words[0] += a;
	words[1] += b;
	words[2] += c;
	words[3] += d;
}

const struct mp__digest mp__md5 = {
	.size = 16,
	.start = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 },
	.mix = mix,
};
