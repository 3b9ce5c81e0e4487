/* traces/clean.h - bytes from a program made into text for the database */
#ifndef TRACE_CLEAN_H
#define TRACE_CLEAN_H

#include <stddef.h>

/* Room that `length` bytes need when every one of them is wrong. */
#define TRACE_CLEAN_BYTES(length) (3 * (size_t)(length) + 1)

/* trace_clean - copy bytes as valid UTF-8, NUL-terminated
 * Every byte that belongs to no character becomes U+FFFD, every NUL becomes
 * `nul`. Other control characters stay: what was printed is kept as it was.
 * out      has room for TRACE_CLEAN_BYTES(length)
 * Returns  the length of the result */
size_t trace_clean(char *out, const char *bytes, size_t length, char nul);

#endif
