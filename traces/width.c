#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/width.h"

#include <stdint.h>
#include <string.h>

#include "traces/sanitize.h"

/* wcwidth(3) knows nothing in the C locale, and tables must be straight there,
 * too. These are the blocks that names are written in, not all of Unicode. */
static const struct {
	uint32_t first, last;
	unsigned char width;
} blocks[] = {
	{ 0x0300, 0x036f, 0 },		/* combining marks */
	{ 0x0483, 0x0489, 0 }, { 0x0591, 0x05bd, 0 }, { 0x064b, 0x065f, 0 },
	{ 0x0e31, 0x0e31, 0 }, { 0x0e34, 0x0e3a, 0 }, { 0x0e47, 0x0e4e, 0 },
	{ 0x1100, 0x115f, 2 },		/* Hangul */
	{ 0x1ab0, 0x1aff, 0 }, { 0x1dc0, 0x1dff, 0 },
	{ 0x200b, 0x200d, 0 },		/* joiners */
	{ 0x20d0, 0x20ff, 0 },
	{ 0x2e80, 0x303e, 2 }, { 0x3041, 0x33ff, 2 }, { 0x3400, 0x4dbf, 2 },
	{ 0x4e00, 0x9fff, 2 }, { 0xa000, 0xa4cf, 2 }, { 0xa960, 0xa97f, 2 },
	{ 0xac00, 0xd7a3, 2 }, { 0xf900, 0xfaff, 2 },
	{ 0xfe00, 0xfe0f, 0 },		/* variation selectors */
	{ 0xfe10, 0xfe19, 2 }, { 0xfe20, 0xfe2f, 0 }, { 0xfe30, 0xfe6f, 2 },
	{ 0xfeff, 0xfeff, 0 },
	{ 0xff00, 0xff60, 2 }, { 0xffe0, 0xffe6, 2 },
	{ 0x1f300, 0x1f64f, 2 }, { 0x1f680, 0x1f6ff, 2 },
	{ 0x1f900, 0x1f9ff, 2 }, { 0x20000, 0x3fffd, 2 },
	{ 0xe0100, 0xe01ef, 0 },
};

static size_t width_of(uint32_t c)
{
	size_t low = 0, high = sizeof(blocks) / sizeof(*blocks);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c < blocks[middle].first)
			high = middle;
		else if (c > blocks[middle].last)
			low = middle + 1;
		else
			return blocks[middle].width;
	}
	return 1;
}

size_t trace_width(const char *text)
{
	size_t length = strlen(text), width = 0;

	for (size_t i = 0; i < length;) {
		uint32_t c = 0xfffd;
		size_t n = trace_decode(text + i, length - i, &c);

		width += width_of(c);
		i += n ? n : 1;
	}
	return width;
}

void trace_pad(FILE *out, const char *text, int columns)
{
	int spaces = (columns < 0 ? -columns : columns)
		     - (int)trace_width(text);

	if (spaces < 0)
		spaces = 0;
	if (columns < 0)
		fprintf(out, "%*s%s", spaces, "", text);
	else
		fprintf(out, "%s%*s", text, spaces, "");
}
