/* traces/sanitize.h - text from a file a stranger made, for a terminal */
#ifndef TRACE_SANITIZE_H
#define TRACE_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room that `length` bytes need when every one of them is wrong. */
#define TRACE_SANITIZED_BYTES(length) (3 * (size_t)(length) + 1)

/* trace_sanitize - copy bytes as text that is safe to show
 * The result is valid UTF-8. Control characters are shown as their pictures
 * (U+241B for ESC), those that turn the direction of writing and bytes that
 * belong to no character become U+FFFD, a tab becomes a space.
 * out         always ends in NUL; what does not fit is cut off and ends in "..."
 * many_lines  line ends and tabs stay; CR LF becomes LF
 * Returns     the length of the result */
size_t trace_sanitize(char *out, size_t size, const char *bytes, size_t length,
		      bool many_lines);

/* trace_decode - the character that begins here
 * length    > 0
 * Returns   its length in bytes; 0: no character begins here */
size_t trace_decode(const char *bytes, size_t length, uint32_t *character);

#endif
