/* tui/buffer.h - text that grows, and what may be shown of a stranger's text */
#ifndef UI_BUFFER_H
#define UI_BUFFER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty. The bytes are always terminated once something was added. */
struct ui_buffer {
	char *bytes;
	size_t length, size;
};

void ui_buffer_add(struct ui_buffer *buffer, const char *bytes, size_t length);
void ui_buffer_puts(struct ui_buffer *buffer, const char *text);
void ui_buffer_printf(struct ui_buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for text from outside: bytes that are not UTF-8 become U+FFFD, control
 * characters (but newline, and tab as a space) and those that turn the
 * direction of writing are left out. */
void ui_buffer_add_safely(struct ui_buffer *buffer, const char *bytes,
			  size_t length);
/* Adds one character, unless it is such a control character. */
void ui_buffer_add_character(struct ui_buffer *buffer, uint32_t character);
/* Removes spaces and newlines at the end. */
void ui_buffer_trim(struct ui_buffer *buffer);
/* Hands the string out, for free(3), and leaves the buffer empty. Never NULL. */
char *ui_buffer_take(struct ui_buffer *buffer);
void ui_buffer_finish(struct ui_buffer *buffer);

/* ui_decode - the character at the start of a string of `length` > 0 bytes
 * used     how many bytes it has; 1 for a byte that is not UTF-8 (U+FFFD) */
uint32_t ui_decode(const char *bytes, size_t length, size_t *used);

/* ui_read_file - a whole file as a string, for free(3)
 * length   may be NULL
 * Returns  NULL with errno; EFBIG if it has more than 4 MiB */
char *ui_read_file(const char *path, size_t *length);

/* These never fail: without memory the program ends, saying so. */
void *ui_alloc(size_t size);		/* zeroed */
void *ui_realloc(void *old, size_t size);
char *ui_strdup(const char *text);
char *ui_strndup(const char *text, size_t length);
/* Without the spaces and newlines around it. */
char *ui_trimmed(const char *begin, const char *end);
char *ui_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
