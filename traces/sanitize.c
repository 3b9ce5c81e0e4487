#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/sanitize.h"

#include <string.h>

#define REPLACEMENT 0xfffdu

size_t trace_decode(const char *bytes, size_t length, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)bytes;
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2
		 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	if (n == 0 || n > length)
		return 0;
	uint32_t c = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return n;
}

/* Characters that would make a line read otherwise than it is stored. */
static bool turns_direction(uint32_t c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f
	       || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static uint32_t harmless(uint32_t c, bool many_lines)
{
	if (c == '\t')
		return many_lines ? c : ' ';
	if (c == '\n' && many_lines)
		return c;
	if (c < 0x20)
		return 0x2400 + c;
	if (c == 0x7f)
		return 0x2421;
	if ((c >= 0x80 && c < 0xa0) || turns_direction(c)
	    || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef))
		return REPLACEMENT;
	return c;
}

static size_t encode(char *out, uint32_t c)
{
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(n == 1 ? c : c | marks[n]);
	return n;
}

/* Make room for the dots by taking whole characters away. */
static size_t cut(char *out, size_t size, size_t used)
{
	static const char dots[] = "...";

	if (size < sizeof(dots))
		return used;
	while (used > size - sizeof(dots)
	       || (used > 0 && ((unsigned char)out[used] & 0xc0) == 0x80))
		used--;
	memcpy(out + used, dots, sizeof(dots));
	return used + sizeof(dots) - 1;
}

size_t trace_sanitize(char *out, size_t size, const char *bytes, size_t length,
		      bool many_lines)
{
	size_t used = 0;

	if (size == 0)
		return 0;
	for (size_t i = 0; i < length;) {
		uint32_t c;
		char encoded[4];
		size_t n = trace_decode(bytes + i, length - i, &c);

		if (n == 0) {
			c = REPLACEMENT;
			n = 1;
		}
		if (many_lines && c == '\r' && i + 1 < length
		    && bytes[i + 1] == '\n') {
			i++;
			continue;
		}
		size_t width = encode(encoded, harmless(c, many_lines));
		if (used + width >= size) {
			out[used] = '\0';
			return cut(out, size, used);
		}
		memcpy(out + used, encoded, width);
		used += width;
		i += n;
	}
	out[used] = '\0';
	return used;
}
