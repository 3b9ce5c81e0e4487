#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdio.h>
#include <string.h>

#include "tui/width.h"

static void tick_label(const struct ui_canvas *canvas, bool ordinal,
		       int64_t at, int64_t step, char *out, size_t size)
{
	if (ordinal)
		snprintf(out, size, "#%lld", (long long)at);
	else
		ui_format_time(out, size, at, step, canvas->ascii);
}

/* A faint line through what is empty between and in the lanes. */
static void draw_grid(const struct ui_rect *plot, struct ui_canvas *canvas,
		      int x)
{
	for (int y = plot->y; y < plot->y + plot->rows; y++)
		ui_put_glyph(canvas, x, y, UI_ROLE_GRID, UI_GLYPH_GRID);
}

static void draw_marks(const struct ui_plot *plot, struct ui_canvas *canvas)
{
	const struct ui_rect *axis = &plot->layout->axis;

	for (int i = 0; i < 2; i++) {
		int column;

		if (!plot->state->marks[i].is_set)
			continue;
		column = ui_plot_column(plot, plot->state->marks[i].ns,
					plot->state->marks[i].seq);
		if (column < 0 || column >= axis->columns)
			continue;
		for (int row = 1; row <= plot->layout->plot.rows; row += 1)
			if (ui_cell_at(canvas, axis->x + column, axis->y + row)
			    ->text[0] == ' ')
				ui_put_glyph(canvas, axis->x + column,
					     axis->y + row, UI_ROLE_AXIS,
					     UI_GLYPH_VERTICAL);
		ui_put(canvas, axis->x + column, axis->y, UI_ROLE_MARK,
		       i ? "B" : "A");
	}
}

void ui_stage_draw_axis(const struct ui_plot *plot, struct ui_canvas *canvas)
{
	const struct ui_timescale *scale = &plot->state->scale;
	const struct ui_rect *axis = &plot->layout->axis;
	int64_t step = ui_timescale_step(scale, 9);
	char label[48];

	/* Labels of a fine step after a long time are wider. */
	tick_label(canvas, scale->ordinal, scale->begin + scale->span, step,
		   label, sizeof(label));
	step = ui_timescale_step(scale, (int)strlen(label) + 3);
	for (int64_t at = (scale->begin + step - 1) / step * step;
	     at < scale->begin + scale->span && at < INT64_MAX / 8;
	     at += step) {
		int64_t column = ui_timescale_column(scale, at);
		int x = axis->x + (int)column;

		if (column < 0 || column >= axis->columns)
			continue;
		tick_label(canvas, scale->ordinal, at, step, label,
			   sizeof(label));
		draw_grid(&plot->layout->plot, canvas, x);
		ui_put_glyph(canvas, x, axis->y, UI_ROLE_GRID,
			     UI_GLYPH_VERTICAL);
		if (column + 1 + ui_text_columns(label, strlen(label)) <=
		    axis->columns)
			ui_put(canvas, x + 1, axis->y, UI_ROLE_AXIS, label);
	}
	draw_marks(plot, canvas);
}

/* A label that the cursor would cut in two is left out: the time is in the title
 * anyway. */
static void clear_label(struct ui_canvas *canvas, const struct ui_rect *axis,
			int x)
{
	int begin = x, end = x;

	if (ui_cell_at(canvas, x, axis->y)->ink != UI_ROLE_AXIS)
		return;
	while (begin > axis->x &&
	       ui_cell_at(canvas, begin - 1, axis->y)->ink == UI_ROLE_AXIS)
		begin--;
	while (end + 1 < axis->x + axis->columns &&
	       ui_cell_at(canvas, end + 1, axis->y)->ink == UI_ROLE_AXIS)
		end++;
	ui_fill(canvas, (struct ui_rect){ begin, axis->y, end - begin + 1, 1 },
		UI_ROLE_TEXT, " ");
}

/* A bright column; what it crosses, lanes and arrows, stays readable. */
void ui_stage_draw_cursor(const struct ui_plot *plot, struct ui_canvas *canvas)
{
	const struct ui_rect *area = &plot->layout->plot;
	int x = area->x + plot->cursor_column;

	if (plot->cursor_column < 0 || plot->cursor_column >= area->columns)
		return;
	clear_label(canvas, &plot->layout->axis, x);
	ui_put_glyph(canvas, x, plot->layout->axis.y, UI_ROLE_CURSOR_LINE,
		     UI_GLYPH_CURSOR_HEAD);
	for (int i = 0; i < area->rows; i++) {
		struct ui_cell *cell = ui_cell_at(canvas, x, area->y + i);
		bool is_empty = cell->ink == UI_ROLE_TEXT ||
				cell->ink == UI_ROLE_GRID;

		if (is_empty)
			ui_put_glyph(canvas, x, area->y + i,
				     UI_ROLE_CURSOR_LINE, UI_GLYPH_CURSOR_LINE);
		else
			ui_tint(canvas, (struct ui_rect){ x, area->y + i, 1, 1 },
				UI_ROLE_CURSOR);
	}
}
