#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((size_t)4 << 20)

/* ---- memory ---- */

void *ui_realloc(void *old, size_t size)
{
	void *bytes = realloc(old, size ? size : 1);

	if (!bytes) {
		fputs("forkscope: there is no memory left\n", stderr);
		_exit(1);
	}
	return bytes;
}

void *ui_alloc(size_t size)
{
	return memset(ui_realloc(NULL, size), 0, size);
}

char *ui_strndup(const char *text, size_t length)
{
	char *copy = ui_realloc(NULL, length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *ui_strdup(const char *text)
{
	return ui_strndup(text, strlen(text));
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char *ui_trimmed(const char *begin, const char *end)
{
	while (begin < end && is_space(*begin))
		begin++;
	while (end > begin && is_space(end[-1]))
		end--;
	return ui_strndup(begin, (size_t)(end - begin));
}

char *ui_format(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = ui_strdup("");
	va_end(args);
	return text;
}

/* ---- buffers ---- */

void ui_buffer_add(struct ui_buffer *b, const char *bytes, size_t length)
{
	if (b->length + length + 1 > b->size) {
		b->size = (b->length + length + 64) * 2;
		b->bytes = ui_realloc(b->bytes, b->size);
	}
	if (length > 0)
		memcpy(b->bytes + b->length, bytes, length);
	b->length += length;
	b->bytes[b->length] = '\0';
}

void ui_buffer_puts(struct ui_buffer *b, const char *text)
{
	ui_buffer_add(b, text, strlen(text));
}

void ui_buffer_printf(struct ui_buffer *b, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) >= 0) {
		ui_buffer_puts(b, text);
		free(text);
	}
	va_end(args);
}

void ui_buffer_trim(struct ui_buffer *b)
{
	while (b->length > 0 && strchr(" \n", b->bytes[b->length - 1]))
		b->bytes[--b->length] = '\0';
}

char *ui_buffer_take(struct ui_buffer *b)
{
	ui_buffer_add(b, "", 0);
	char *text = b->bytes;
	*b = (struct ui_buffer){ 0 };
	return text;
}

void ui_buffer_finish(struct ui_buffer *b)
{
	free(b->bytes);
	*b = (struct ui_buffer){ 0 };
}

/* ---- characters ---- */

#define REPLACEMENT 0xfffdu

static uint32_t decode_tail(const unsigned char *p, size_t length, size_t more,
			    uint32_t c, size_t *used)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };

	if (more >= length)
		return REPLACEMENT;
	for (size_t i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return REPLACEMENT;
	*used = more + 1;
	return c;
}

uint32_t ui_decode(const char *bytes, size_t length, size_t *used)
{
	const unsigned char *p = (const unsigned char *)bytes;

	*used = 1;
	if (p[0] < 0x80)
		return p[0];
	if (p[0] >= 0xf0 && p[0] < 0xf8)
		return decode_tail(p, length, 3, p[0] & 0x07, used);
	if (p[0] >= 0xe0 && p[0] < 0xf0)
		return decode_tail(p, length, 2, p[0] & 0x0f, used);
	if (p[0] >= 0xc0 && p[0] < 0xe0)
		return decode_tail(p, length, 1, p[0] & 0x1f, used);
	return REPLACEMENT;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0)
	       || c == 0x061c || c == 0x200e || c == 0x200f
	       || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)
	       || c == 0xfeff;
}

static size_t encode(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

void ui_buffer_add_character(struct ui_buffer *b, uint32_t c)
{
	char bytes[4];

	if (c == '\t')
		c = ' ';
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = REPLACEMENT;
	if (c == '\n' || !is_control(c))
		ui_buffer_add(b, bytes, encode(c, bytes));
}

void ui_buffer_add_safely(struct ui_buffer *b, const char *bytes,
			  size_t length)
{
	for (size_t i = 0, used; i < length; i += used)
		ui_buffer_add_character(b, ui_decode(bytes + i, length - i,
						     &used));
}

/* ---- files ---- */

static char *read_all(int fd, size_t *length)
{
	struct ui_buffer b = { 0 };
	char block[16384];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0 && b.length + (size_t)n > FILE_BYTES_MAX) {
			errno = EFBIG;
			n = -1;
		}
		if (n < 0) {
			ui_buffer_finish(&b);
			return NULL;
		}
		ui_buffer_add(&b, block, (size_t)n);
	}
	if (length)
		*length = b.length;
	return ui_buffer_take(&b);
}

char *ui_read_file(const char *path, size_t *length)
{
	/* A FIFO in a stranger's folder must not make us wait for ever. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	char *text = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	else
		text = read_all(fd, length);
	int error = errno;
	close(fd);
	errno = error;
	return text;
}
