#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"

/* More than this says nothing on one screen. */
#define MOST_ARROWS 400

/* Lines are collected as the sides on which they leave a cell, so that those
 * which meet become corners and crossings; heads are set last. */
struct lines {
	const struct ui_plot *plot;
	int columns, rows;
	uint8_t *sides, *heads, *roles;	/* rows * columns */
};

enum head { HEAD_NONE, HEAD_UP, HEAD_DOWN, HEAD_RIGHT = 4 };

static bool locate(const struct lines *lines, int x, int y, size_t *at)
{
	if (x < 0 || x >= lines->columns || y < 0 || y >= lines->rows)
		return false;
	*at = (size_t)y * (size_t)lines->columns + (size_t)x;
	return true;
}

static void add(struct lines *lines, int x, int y, unsigned sides,
		enum ui_role role)
{
	size_t at;

	if (!locate(lines, x, y, &at))
		return;
	lines->sides[at] |= (uint8_t)sides;
	lines->roles[at] = (uint8_t)role;
}

static void add_head(struct lines *lines, int x, int y, enum head head,
		     enum ui_role role)
{
	size_t at;

	if (!locate(lines, x, y, &at))
		return;
	lines->heads[at] |= (uint8_t)head;
	lines->roles[at] = (uint8_t)role;
}

static void vertical(struct lines *lines, int x, int from, int to,
		     enum ui_role role)
{
	int step = to > from ? 1 : -1;

	if (from == to)
		return;
	add(lines, x, from, step > 0 ? UI_DOWN : UI_UP, role);
	for (int y = from + step; y != to; y += step)
		add(lines, x, y, UI_UP | UI_DOWN, role);
	add(lines, x, to, step > 0 ? UI_UP : UI_DOWN, role);
}

static void horizontal(struct lines *lines, int y, int from, int to,
		       enum ui_role role)
{
	if (from == to)
		return;
	add(lines, from, y, UI_RIGHT, role);
	for (int x = from + 1; x < to; x++)
		add(lines, x, y, UI_LEFT | UI_RIGHT, role);
	add(lines, to, y, UI_LEFT, role);
}

enum ui_role ui_stage_arrow_role(const struct trace_arrow *arrow)
{
	if (strcmp(arrow->kind, "start") == 0)
		return UI_ROLE_ARROW_START;
	if (strcmp(arrow->kind, "join") == 0)
		return UI_ROLE_ARROW_JOIN;
	if (strcmp(arrow->kind, "signal") == 0 ||
	    strcmp(arrow->kind, "daemon") == 0 ||
	    strcmp(arrow->kind, "terminate") == 0 ||
	    strcmp(arrow->kind, "kill") == 0)
		return UI_ROLE_ARROW_SIGNAL;
	return UI_ROLE_ARROW_OTHER;
}

static enum ui_role role_at(const struct ui_state *state,
			    const struct trace_arrow *arrow)
{
	if (state->scale.ordinal ? arrow->from_seq > state->cursor_seq :
				   arrow->from_ns > state->cursor_ns)
		return UI_ROLE_DIM;
	return ui_stage_arrow_role(arrow);
}

/* With rows between the lanes an arrow runs down (or up) from its source, turns
 * in the row beside its target, and its head stands there. Without, arrows down
 * turn in the target's own row, which is empty before it starts; arrows up in
 * the source's, which is empty after its end. */
static void route(struct lines *lines, int from, int to, int left, int right,
		  enum ui_role role)
{
	bool down = to > from;
	bool tight = lines->plot->layout->pitch == 1;
	int beside = tight ? to : down ? to - 1 : to + 1;

	if (right < left)
		right = left;
	if (tight && !down) {
		horizontal(lines, from, left, right, role);
		vertical(lines, right, from, to, role);
		add_head(lines, right, to, HEAD_UP, role);
		return;
	}
	vertical(lines, left, from, beside, role);
	horizontal(lines, beside, left, right, role);
	if (tight && right > left)
		add_head(lines, right - 1, to, HEAD_RIGHT, role);
	else
		add_head(lines, right, beside, down ? HEAD_DOWN : HEAD_UP,
			 role);
}

static void add_arrow(struct lines *lines, const struct trace_arrow *arrow)
{
	const struct ui_plot *plot = lines->plot;
	int from = ui_lane_of(plot->state, arrow->from_agent_id);
	int to = ui_lane_of(plot->state, arrow->to_agent_id);
	int left, right, top = plot->layout->plot.y;

	if (from < 0 || to < 0 || from == to)
		return;
	left = ui_plot_column(plot, arrow->from_ns, arrow->from_seq);
	right = ui_plot_column(plot, arrow->to_ns, arrow->to_seq);
	/* Without rows between the lanes it would hide what the worker has done
	 * since the task was handed to the pool. */
	if (plot->layout->pitch == 1 && strcmp(arrow->kind, "task") == 0)
		left = right;
	route(lines, ui_plot_row(plot, from) - top, ui_plot_row(plot, to) - top,
	      left, right > lines->columns ? lines->columns : right,
	      role_at(plot->state, arrow));
}

static const char *head_glyph(bool ascii, unsigned head)
{
	if (head == (HEAD_UP | HEAD_DOWN))
		return ui_glyph(ascii, UI_GLYPH_HEAD_BOTH);
	if (head & HEAD_UP)
		return ui_glyph(ascii, UI_GLYPH_HEAD_UP);
	if (head & HEAD_DOWN)
		return ui_glyph(ascii, UI_GLYPH_HEAD_DOWN);
	return ui_glyph(ascii, UI_GLYPH_HEAD_RIGHT);
}

static void draw(const struct lines *lines, struct ui_canvas *canvas)
{
	const struct ui_rect *area = &lines->plot->layout->plot;

	for (int y = 0; y < lines->rows; y++)
		for (int x = 0; x < lines->columns; x++) {
			size_t at;

			if (!locate(lines, x, y, &at) ||
			    !(lines->sides[at] || lines->heads[at]))
				continue;
			ui_overlay(canvas, area->x + x, area->y + y,
				   lines->roles[at], lines->heads[at] ?
				   head_glyph(canvas->ascii, lines->heads[at]) :
				   ui_line_glyph(canvas->ascii,
						 lines->sides[at]));
		}
}

void ui_stage_draw_arrows(const struct ui_plot *plot, struct ui_canvas *canvas)
{
	const struct ui_rect *area = &plot->layout->plot;
	size_t cells = (size_t)area->columns * (size_t)area->rows;
	struct trace_arrow *arrows = ui_alloc(MOST_ARROWS * sizeof(*arrows));
	uint8_t *bytes = ui_alloc(3 * cells);
	struct lines lines = { plot, area->columns, area->rows, bytes,
			       bytes + cells, bytes + 2 * cells };
	int count = trace_arrows(plot->state->trace, plot->edges[0],
				 plot->edges[area->columns], MOST_ARROWS,
				 arrows);

	/* When there are too many, only those of the chosen lane: a part of all
	 * would look like the whole. */
	for (int i = 0; i < count; i++) {
		const struct ui_lane *lane = ui_lane_now(plot->state);

		if (count < MOST_ARROWS ||
		    (lane && (arrows[i].from_agent_id == lane->agent_id ||
			      arrows[i].to_agent_id == lane->agent_id)))
			add_arrow(&lines, &arrows[i]);
	}
	draw(&lines, canvas);
	free(bytes);
	free(arrows);
}
