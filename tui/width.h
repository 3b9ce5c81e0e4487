/* tui/width.h - how many columns text takes on a terminal */
#ifndef UI_WIDTH_H
#define UI_WIDTH_H

#include <stddef.h>
#include <stdint.h>

#include "tui/buffer.h"

/* 0 for control and combining characters, 2 for wide ones (CJK), else 1. */
int ui_character_width(uint32_t character);

/* ui_grapheme - the first thing in a text that takes columns
 * A character and what combines with it.
 * columns  receives its width; 0 only if nothing in the text is visible
 * Returns  its length in bytes; `length` must be > 0 */
size_t ui_grapheme(const char *text, size_t length, int *columns);

int ui_text_columns(const char *text, size_t length);

#endif
