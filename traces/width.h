/* traces/width.h - how many columns a text takes in a table */
#ifndef TRACE_WIDTH_H
#define TRACE_WIDTH_H

#include <stddef.h>
#include <stdio.h>

/* trace_width - the columns a UTF-8 text takes: 2 for a wide character (CJK), 0
 * for one that combines. Does not depend on the locale. */
size_t trace_width(const char *text);

/* trace_pad - print a text and spaces up to `columns`
 * columns  negative: the spaces come first */
void trace_pad(FILE *out, const char *text, int columns);

#endif
