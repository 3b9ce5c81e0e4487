/* tui/canvas.h - a picture made of cells, as a terminal shows it
 *
 * Views draw into a canvas; term_curses.c and term_text.c show one. A canvas
 * knows roles (theme.h), not colours. Drawing outside of it, or of the present
 * clip, does nothing; so no view checks for room before it draws. */
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/glyphs.h"
#include "tui/theme.h"

#define UI_CELL_BYTES 12	/* a character, two that combine, a NUL */

struct ui_cell {
	char text[UI_CELL_BYTES]; /* "" only right of a wide character */
	uint8_t width;		/* 1, 2; 0: right half of the one before */
	uint8_t ink, paper;	/* roles; both the same but for overlays */
	uint8_t state;		/* what it was painted as; 0: no state */
};

struct ui_rect {
	int x, y, columns, rows;
};

struct ui_canvas {
	int columns, rows;
	bool ascii;		/* draw with ASCII glyphs */
	struct ui_rect clip;
	struct ui_cell *cells;	/* rows * columns */
};

/* ui_canvas_init - an empty canvas; each side is made at least 1
 * To be given to ui_canvas_finish. */
void ui_canvas_init(struct ui_canvas *canvas, int columns, int rows);
void ui_canvas_finish(struct ui_canvas *canvas);
void ui_canvas_clear(struct ui_canvas *canvas);
/* Limits drawing to a part of the canvas, until changed. */
void ui_clip(struct ui_canvas *canvas, struct ui_rect rect);
void ui_unclip(struct ui_canvas *canvas);
struct ui_rect ui_canvas_rect(const struct ui_canvas *canvas);
struct ui_cell *ui_cell_at(const struct ui_canvas *canvas, int x, int y);

/* What a terminal with so many colours shows in a cell: the sign of a state that
 * only its colour would tell from another is a letter there. */
const char *ui_cell_text(const struct ui_cell *cell, enum ui_depth depth);

/* ui_put - write text from x, y on; ui_put_n takes its first `length` bytes
 * Control characters are left out. A wide character that the clip would cut
 * leaves a space.
 * Returns  how many columns the text has (also what was clipped) */
int ui_put(struct ui_canvas *canvas, int x, int y, enum ui_role role,
	   const char *text);
int ui_put_n(struct ui_canvas *canvas, int x, int y, enum ui_role role,
	     const char *text, size_t length);
int ui_putf(struct ui_canvas *canvas, int x, int y, enum ui_role role,
	    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Writes at most `columns`; text that is longer ends in an ellipsis. Fills the
 * rest with spaces. */
void ui_put_fitted(struct ui_canvas *canvas, int x, int y, int columns,
		   enum ui_role role, const char *text);
void ui_put_glyph(struct ui_canvas *canvas, int x, int y, enum ui_role role,
		  enum ui_glyph glyph);
/* Changes glyph and ink of a cell and keeps its paper. */
void ui_overlay(struct ui_canvas *canvas, int x, int y, enum ui_role role,
		const char *text);
void ui_fill(struct ui_canvas *canvas, struct ui_rect rect, enum ui_role role,
	     const char *text);
/* Gives the cells of a rectangle another role; the text stays. */
void ui_tint(struct ui_canvas *canvas, struct ui_rect rect, enum ui_role role);

#endif
