#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/tell.h"
#include "tui/update.h"
#include "tui/view.h"
#include "traces/i18n.h"

/* Column i of a lane covers edges[i] .. edges[i + 1]. */
static void make_edges(struct ui_plot *plot, int columns)
{
	const struct ui_timescale *scale = &plot->state->scale;
	struct trace *trace = plot->state->trace;
	int64_t last = (int64_t)trace_info(trace)->events;

	plot->edges = ui_alloc(sizeof(*plot->edges) * ((size_t)columns + 1));
	for (int i = 0; i <= columns; i++) {
		int64_t position = ui_timescale_position(scale, i);

		if (!scale->ordinal)
			plot->edges[i] = position;
		else if (position > last)
			plot->edges[i] = trace_info(trace)->last_ns + 1;
		else
			plot->edges[i] = position < 1 ? 0 :
				trace_time_of(trace, (uint64_t)position);
		if (i > 0 && plot->edges[i] < plot->edges[i - 1])
			plot->edges[i] = plot->edges[i - 1];
	}
}

static void draw_lanes(const struct ui_plot *plot, struct ui_canvas *canvas)
{
	const struct ui_stage_layout *layout = plot->layout;
	const struct ui_state *state = plot->state;
	size_t first = state->lane_top, end = first + layout->lanes_shown;

	if (end > state->lane_count)
		end = state->lane_count;
	ui_clip(canvas, layout->labels);
	for (size_t i = first; i < end; i++)
		ui_stage_draw_label(plot, canvas, i);
	ui_clip(canvas, layout->plot);
	for (size_t i = first; i < end; i++)
		ui_stage_draw_lane(plot, canvas, i);
	ui_stage_draw_arrows(plot, canvas);
	for (size_t i = first; i < end; i++) {
		ui_stage_draw_tasks(plot, canvas, i);
		if (state->lanes[i].object_id)
			ui_stage_draw_object(plot, canvas, i);
		else
			ui_stage_draw_end(plot, canvas, i);
	}
	ui_unclip(canvas);
}

/* More lanes above or below than fit. */
static void draw_more(const struct ui_plot *plot, struct ui_canvas *canvas)
{
	const struct ui_rect *area = &plot->layout->labels;
	const struct ui_state *state = plot->state;

	if (state->lane_top > 0)
		ui_putf(canvas, area->x + 1, area->y - 1, UI_ROLE_MARK,
			"%s %zu", ui_glyph(canvas->ascii, UI_GLYPH_MORE_UP),
			state->lane_top);
	if (state->lane_top + plot->layout->lanes_shown < state->lane_count)
		ui_putf(canvas, area->x + 1 + (state->lane_top > 0 ? 5 : 0),
			area->y - 1, UI_ROLE_MARK, "%s %zu",
			ui_glyph(canvas->ascii, UI_GLYPH_MORE_DOWN),
			state->lane_count - state->lane_top -
			plot->layout->lanes_shown);
}

bool ui_plot_begin(struct ui_plot *plot, const struct ui_state *state,
		   const struct ui_stage_layout *layout, uint64_t *states)
{
	int columns = layout->plot.columns;

	if (columns < 1)
		return false;
	*plot = (struct ui_plot){ .state = state, .layout = layout,
				  .states = states };
	make_edges(plot, columns);
	ui_stage_get_tasks(plot);
	plot->cells = ui_alloc(sizeof(*plot->cells) * (size_t)columns);
	plot->cursor_column = ui_plot_column(plot, state->cursor_ns,
					     state->cursor_seq);
	return true;
}

void ui_plot_end(struct ui_plot *plot)
{
	free(plot->cells);
	free(plot->tasks);
	free(plot->edges);
}

/* Returns the states it has drawn. */
static uint64_t draw_plot(const struct ui_state *state,
			  struct ui_canvas *canvas,
			  const struct ui_stage_layout *layout)
{
	uint64_t states = 0;
	struct ui_plot plot;

	if (!ui_plot_begin(&plot, state, layout, &states))
		return 0;
	ui_stage_draw_axis(&plot, canvas);
	draw_lanes(&plot, canvas);
	draw_more(&plot, canvas);
	ui_stage_draw_cursor(&plot, canvas);
	ui_plot_end(&plot);
	return states;
}

uint64_t ui_stage_states(const struct ui_state *state)
{
	struct ui_stage_layout layout;
	struct ui_canvas canvas;
	uint64_t states;

	ui_stage_layout(state, &layout);
	ui_canvas_init(&canvas, state->columns, state->rows);
	states = draw_plot(state, &canvas, &layout);
	ui_canvas_finish(&canvas);
	return states;
}

static bool has_daemon(const struct ui_state *state)
{
	for (size_t i = 0; i < state->lane_count; i++) {
		const struct trace_process *process = trace_process(
			state->trace, state->lanes[i].process_id);

		if (process && process->daemon)
			return true;
	}
	return false;
}

static const char *pane_title(const struct ui_state *state, int pane)
{
	if (pane == UI_PANE_SOURCE)
		return state->python ? _("Source: Python") : _("Source: C");
	if (pane == UI_PANE_OUTPUT)
		return _("Output");
	return state->details ? _("Event") : _("Story");
}

static void draw_pane(const struct ui_state *state, struct ui_canvas *canvas,
		      int pane, struct ui_rect rect)
{
	bool focus = state->pane == (enum ui_pane)pane;
	struct ui_rect title = { rect.x, rect.y, rect.columns, 1 };

	if (rect.rows < 2 || rect.columns < 4)
		return;
	ui_clip(canvas, rect);
	ui_fill(canvas, title, UI_ROLE_RULE,
		ui_glyph(canvas->ascii, UI_GLYPH_HORIZONTAL));
	ui_putf(canvas, rect.x + 1, rect.y,
		focus ? UI_ROLE_PANE_FOCUS : UI_ROLE_PANE, " %d %s ", pane + 1,
		pane_title(state, pane));
	rect.y++;
	rect.rows--;
	ui_clip(canvas, rect);
	if (pane == UI_PANE_SOURCE)
		ui_pane_draw_source(state, canvas, rect);
	else if (pane == UI_PANE_OUTPUT)
		ui_pane_draw_output(state, canvas, rect);
	else if (state->details)
		ui_pane_draw_details(state, canvas, rect);
	else
		ui_pane_draw_story(state, canvas, rect);
	ui_unclip(canvas);
}

/* A line between panes that stand side by side; one that comes from above goes
 * on. */
static void draw_separator(struct ui_canvas *canvas, struct ui_rect right)
{
	bool goes_on = right.x > 0 && right.y > 0 &&
		       strcmp(ui_cell_at(canvas, right.x - 1, right.y - 1)->text,
			      ui_glyph(canvas->ascii, UI_GLYPH_VERTICAL)) == 0;

	for (int i = 0; i < right.rows && right.x > 0; i++)
		ui_put(canvas, right.x - 1, right.y + i, UI_ROLE_RULE, i ?
		       ui_glyph(canvas->ascii, UI_GLYPH_VERTICAL) :
		       ui_line_glyph(canvas->ascii,
				     goes_on ? UI_UP | UI_RIGHT | UI_DOWN :
				     UI_LEFT | UI_RIGHT | UI_DOWN));
}

static void draw_detail(const struct ui_state *state, struct ui_canvas *canvas,
			struct ui_rect row)
{
	char time[48];
	struct trace_record record;
	char *sentence;
	int x;

	if (!state->cursor_seq ||
	    trace_events(state->trace, state->cursor_seq, 1, &record) < 1)
		return;
	sentence = ui_tell(state->trace, &record);
	ui_format_span(time, sizeof(time), record.t_ns, canvas->ascii);
	x = row.x + ui_putf(canvas, row.x, row.y, UI_ROLE_DIM, " #%llu %s  ",
			    (unsigned long long)record.seq, time);
	ui_put_fitted(canvas, x, row.y, row.columns - (x - row.x),
		      UI_ROLE_STRONG, sentence);
	free(sentence);
}

static void draw(const struct ui_state *state, struct ui_canvas *canvas,
		 struct ui_rect area)
{
	struct ui_stage_layout layout;
	uint64_t states;

	if (!state->trace)
		return;
	ui_stage_layout(state, &layout);
	states = draw_plot(state, canvas, &layout);
	if (layout.legend_row >= 0)
		ui_stage_draw_legend(canvas, (struct ui_rect){
				     area.x, layout.legend_row,
				     area.columns, 1 }, states,
				     has_daemon(state));
	for (int pane = 0; pane < UI_PANE_COUNT; pane++) {
		if (layout.panes[pane].x > area.x)
			draw_separator(canvas, layout.panes[pane]);
		draw_pane(state, canvas, pane, layout.panes[pane]);
	}
	if (layout.signs.rows > 0)
		ui_stage_draw_signs(state, canvas, layout.signs, states);
	draw_detail(state, canvas, (struct ui_rect){ area.x, layout.detail_row,
						     area.columns, 1 });
}

const struct ui_view ui_view_stage = {
	.name = "stage",
	.where = UI_IN_STAGE,
	.draw = draw,
	.action = ui_update_stage,
	.least_columns = 24,
	.least_rows = 7,
};
