/* tui/glyphs.h - the signs the program draws, for UTF-8 terminals and others */
#ifndef UI_GLYPHS_H
#define UI_GLYPHS_H

#include <stdbool.h>

enum ui_glyph {
#define UI_GLYPH(symbol, utf8, ascii) UI_GLYPH_##symbol,
#include "tui/glyphs.def"
#undef UI_GLYPH
	UI_GLYPH_COUNT
};

/* A sign as text, one column wide. */
const char *ui_glyph(bool ascii, enum ui_glyph glyph);

/* What fills a lane in that state of traces/states.def; a space for 0. */
const char *ui_state_glyph(bool ascii, unsigned state);
/* The same in UTF-8 where few colours tell states apart, or none: kinds of waiting
 * that share a shade have their ASCII letters. */
const char *ui_state_glyph_plain(unsigned state);

/* A corner or crossing: which sides of the cell lines leave from. */
enum ui_side { UI_UP = 1, UI_DOWN = 2, UI_LEFT = 4, UI_RIGHT = 8 };
const char *ui_line_glyph(bool ascii, unsigned sides);

#endif
