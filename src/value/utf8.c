#include "config.h"

#include "value/utf8.h"

#include <string.h>

static const struct range {
	uint32_t first, last;
} printable[] = {
#define PRINTABLE(first, last) { first, last },
#include "value/printable.def"
#undef PRINTABLE
};

/* The length of a character by its first byte, and the range its second byte must be
 * in (overlong forms, surrogates and what is beyond U+10FFFF fall out here). */
static size_t lead(unsigned char byte, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (byte < 0x80)
		return 1;
	if (byte < 0xc2 || byte > 0xf4)
		return 0;
	if (byte < 0xe0)
		return 2;
	if (byte == 0xe0)
		*low = 0xa0;
	if (byte == 0xed)
		*high = 0x9f;
	if (byte == 0xf0)
		*low = 0x90;
	if (byte == 0xf4)
		*high = 0x8f;
	return byte < 0xf0 ? 3 : 4;
}

size_t mp__utf8_invalid(const char *text, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t at = 0;

	while (at < len) {
		uint64_t eight;
		if (len - at >= sizeof(eight)) {
			memcpy(&eight, bytes + at, sizeof(eight));
			if (!(eight & 0x8080808080808080u)) {
				at += sizeof(eight);
				continue;
			}
		}
		unsigned char low, high;
		size_t size = lead(bytes[at], &low, &high);
		if (size == 0 || size > len - at)
			return at;
		if (size > 1 && (bytes[at + 1] < low || bytes[at + 1] > high))
			return at;
		for (size_t i = 2; i < size; i++)
			if ((bytes[at + i] & 0xc0) != 0x80)
				return at;
		at += size;
	}
	return len;
}

size_t mp__utf8_next(const char *text, uint32_t *character)
{
	const unsigned char *bytes = (const unsigned char *)text;
	unsigned char low, high;
	size_t size = lead(bytes[0], &low, &high);
	static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t result = bytes[0] & mask[size];

	for (size_t i = 1; i < size; i++)
		result = result << 6 | (bytes[i] & 0x3f);
	*character = result;
	return size;
}

size_t mp__utf8_count(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += (text[i] & 0xc0) != 0x80;
	return count;
}

bool mp__is_printable(uint32_t character)
{
	size_t low = 0, high = sizeof(printable) / sizeof(printable[0]);

	if (character < 0x7f)
		return character >= 0x20;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (character < printable[middle].first)
			high = middle;
		else if (character > printable[middle].last)
			low = middle + 1;
		else
			return true;
	}
	return false;
}
