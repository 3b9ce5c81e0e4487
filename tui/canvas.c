#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/width.h"

void ui_canvas_init(struct ui_canvas *canvas, int columns, int rows)
{
	memset(canvas, 0, sizeof(*canvas));
	canvas->columns = columns > 0 ? columns : 1;
	canvas->rows = rows > 0 ? rows : 1;
	canvas->cells = ui_alloc(sizeof(*canvas->cells) *
				 (size_t)canvas->columns *
				 (size_t)canvas->rows);
	ui_canvas_clear(canvas);
}

void ui_canvas_finish(struct ui_canvas *canvas)
{
	free(canvas->cells);
	memset(canvas, 0, sizeof(*canvas));
}

struct ui_rect ui_canvas_rect(const struct ui_canvas *canvas)
{
	return (struct ui_rect){ 0, 0, canvas->columns, canvas->rows };
}

void ui_unclip(struct ui_canvas *canvas)
{
	canvas->clip = ui_canvas_rect(canvas);
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

void ui_clip(struct ui_canvas *canvas, struct ui_rect rect)
{
	int right = least(rect.x + rect.columns, canvas->columns);
	int bottom = least(rect.y + rect.rows, canvas->rows);

	rect.x = rect.x < 0 ? 0 : rect.x;
	rect.y = rect.y < 0 ? 0 : rect.y;
	rect.columns = right > rect.x ? right - rect.x : 0;
	rect.rows = bottom > rect.y ? bottom - rect.y : 0;
	canvas->clip = rect;
}

void ui_canvas_clear(struct ui_canvas *canvas)
{
	ui_unclip(canvas);
	ui_fill(canvas, ui_canvas_rect(canvas), UI_ROLE_TEXT, " ");
}

struct ui_cell *ui_cell_at(const struct ui_canvas *canvas, int x, int y)
{
	return &canvas->cells[(size_t)y * (size_t)canvas->columns + (size_t)x];
}

const char *ui_cell_text(const struct ui_cell *cell, enum ui_depth depth)
{
	if (depth == UI_256_COLORS || !cell->state
	    || strcmp(cell->text, ui_state_glyph(false, cell->state)) != 0)
		return cell->text;
	return ui_state_glyph_plain(cell->state);
}

static unsigned state_of(enum ui_role role)
{
	if (role < UI_ROLE_STATE)
		return 0;
	return role < UI_ROLE_FUTURE ? role - UI_ROLE_STATE
				     : role - UI_ROLE_FUTURE;
}

static bool is_inside(const struct ui_canvas *canvas, int x, int y)
{
	const struct ui_rect *clip = &canvas->clip;

	return x >= clip->x && x < clip->x + clip->columns &&
	       y >= clip->y && y < clip->y + clip->rows;
}

/* Writing over half of a wide character leaves a space in its other half. */
static void unhook(struct ui_canvas *canvas, int x, int y)
{
	struct ui_cell *cell = ui_cell_at(canvas, x, y);

	if (cell->width == 0 && x > 0) {
		memcpy(cell[-1].text, " ", 2);
		cell[-1].width = 1;
	} else if (cell->width == 2 && x + 1 < canvas->columns) {
		memcpy(cell[1].text, " ", 2);
		cell[1].width = 1;
	}
}

static void set_cell(struct ui_canvas *canvas, int x, int y, const char *text,
		     size_t length, int width)
{
	struct ui_cell *cell;

	if (!is_inside(canvas, x, y))
		return;
	unhook(canvas, x, y);
	cell = ui_cell_at(canvas, x, y);
	if (length >= UI_CELL_BYTES) {
		text = "?";
		length = 1;
	}
	memcpy(cell->text, text, length);
	memset(cell->text + length, 0, UI_CELL_BYTES - length);
	cell->width = (uint8_t)width;
	cell->state = 0;
}

static void set_role(struct ui_canvas *canvas, int x, int y, enum ui_role role)
{
	struct ui_cell *cell;

	if (!is_inside(canvas, x, y))
		return;
	cell = ui_cell_at(canvas, x, y);
	cell->ink = cell->paper = (uint8_t)role;
}

/* One grapheme; returns its columns. */
static int put_one(struct ui_canvas *canvas, int x, int y, enum ui_role role,
		   const char *text, size_t length, int width)
{
	if (width == 2 && !(is_inside(canvas, x, y) &&
			    is_inside(canvas, x + 1, y))) {
		set_cell(canvas, x, y, " ", 1, 1);
		set_cell(canvas, x + 1, y, " ", 1, 1);
	} else if (width == 2) {
		/* The right half first: it may be half of another one. */
		set_cell(canvas, x + 1, y, " ", 1, 1);
		set_cell(canvas, x, y, text, length, 2);
		set_cell(canvas, x + 1, y, "", 0, 1);
		memcpy(ui_cell_at(canvas, x, y)->text, text,
		       length < UI_CELL_BYTES ? length : 0);
		ui_cell_at(canvas, x, y)->width = 2;
		ui_cell_at(canvas, x + 1, y)->width = 0;
	} else {
		set_cell(canvas, x, y, text, length, 1);
	}
	set_role(canvas, x, y, role);
	if (width == 2)
		set_role(canvas, x + 1, y, role);
	else if (is_inside(canvas, x, y))
		ui_cell_at(canvas, x, y)->state = (uint8_t)state_of(role);
	return width;
}

int ui_put_n(struct ui_canvas *canvas, int x, int y, enum ui_role role,
	     const char *text, size_t length)
{
	int start = x, width;

	while (length > 0) {
		size_t used = ui_grapheme(text, length, &width);
		unsigned char first = (unsigned char)*text;

		/* A control character may hide in front of a visible one. */
		while (used > 1 && (first < 0x20 || first == 0x7f)) {
			text++;
			length--;
			used--;
			first = (unsigned char)*text;
		}
		if (width > 0)
			x += put_one(canvas, x, y, role, text, used, width);
		text += used;
		length -= used;
	}
	return x - start;
}

int ui_put(struct ui_canvas *canvas, int x, int y, enum ui_role role,
	   const char *text)
{
	return ui_put_n(canvas, x, y, role, text, strlen(text));
}

int ui_putf(struct ui_canvas *canvas, int x, int y, enum ui_role role,
	    const char *format, ...)
{
	char *text;
	va_list args;
	int columns;

	va_start(args, format);
	columns = vasprintf(&text, format, args);
	va_end(args);
	if (columns < 0)
		return 0;
	columns = ui_put(canvas, x, y, role, text);
	free(text);
	return columns;
}

void ui_put_fitted(struct ui_canvas *canvas, int x, int y, int columns,
		   enum ui_role role, const char *text)
{
	size_t length = strlen(text), used = 0;
	const char *ellipsis = ui_glyph(canvas->ascii, UI_GLYPH_ELLIPSIS);
	bool fits = ui_text_columns(text, length) <= columns;
	int room = fits ? columns : columns - 1, taken = 0, width;

	while (used < length) {
		size_t next = ui_grapheme(text + used, length - used, &width);

		if (taken + width > room)
			break;
		taken += width;
		used += next;
	}
	ui_put_n(canvas, x, y, role, text, used);
	if (!fits && columns > 0)
		taken += ui_put(canvas, x + taken, y, role, ellipsis);
	for (; taken < columns; taken++)
		ui_put(canvas, x + taken, y, role, " ");
}

void ui_put_glyph(struct ui_canvas *canvas, int x, int y, enum ui_role role,
		  enum ui_glyph glyph)
{
	ui_put(canvas, x, y, role, ui_glyph(canvas->ascii, glyph));
}

void ui_overlay(struct ui_canvas *canvas, int x, int y, enum ui_role role,
		const char *text)
{
	uint8_t paper;

	if (!is_inside(canvas, x, y))
		return;
	paper = ui_cell_at(canvas, x, y)->paper;
	set_cell(canvas, x, y, text, strlen(text), 1);
	ui_cell_at(canvas, x, y)->ink = (uint8_t)role;
	ui_cell_at(canvas, x, y)->paper = paper;
}

void ui_fill(struct ui_canvas *canvas, struct ui_rect rect, enum ui_role role,
	     const char *text)
{
	for (int y = rect.y; y < rect.y + rect.rows; y++)
		for (int x = rect.x; x < rect.x + rect.columns; x++)
			put_one(canvas, x, y, role, text, strlen(text), 1);
}

void ui_tint(struct ui_canvas *canvas, struct ui_rect rect, enum ui_role role)
{
	for (int y = rect.y; y < rect.y + rect.rows; y++)
		for (int x = rect.x; x < rect.x + rect.columns; x++)
			set_role(canvas, x, y, role);
}
