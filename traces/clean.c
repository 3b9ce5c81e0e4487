#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/clean.h"

#include <stdint.h>
#include <string.h>

/* Length of the character that begins here, 0 if none does (Unicode 15, table
 * 3-7: no overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t character(const unsigned char *s, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (length > left)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

size_t trace_clean(char *out, const char *bytes, size_t length, char nul)
{
	const unsigned char *s = (const unsigned char *)bytes;
	char *to = out;

	for (size_t i = 0; i < length;) {
		size_t n = character(s + i, length - i);

		if (n == 0) {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			i++;
		} else if (s[i] == 0) {
			*to++ = nul;
			i++;
		} else {
			memcpy(to, s + i, n);
			to += n;
			i += n;
		}
	}
	*to = '\0';
	return (size_t)(to - out);
}
