/* tui/print.h - paragraphs on a stream: for --help and for lessons told as text */
#ifndef UI_PRINT_H
#define UI_PRINT_H

#include <stdio.h>

/* ui_print - text wrapped at 78 columns, each line `indent` columns from the left
 * label    stands before the first line instead of spaces; NULL for none */
void ui_print(FILE *out, const char *label, int indent, const char *text);

#endif
