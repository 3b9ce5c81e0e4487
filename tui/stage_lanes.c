#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdio.h>
#include <string.h>

#include "tui/lanes.h"
#include "traces/i18n.h"

int ui_plot_row(const struct ui_plot *plot, int lane)
{
	return plot->layout->plot.y +
	       (lane - (int)plot->state->lane_top) * plot->layout->pitch;
}

int ui_plot_column(const struct ui_plot *plot, int64_t ns, uint64_t seq)
{
	const struct ui_timescale *scale = &plot->state->scale;
	int64_t column;

	if (scale->ordinal && !seq)
		seq = trace_seq_at(plot->state->trace, ns);
	column = ui_timescale_column(scale, scale->ordinal ? (int64_t)seq : ns);
	/* Far outside is outside. */
	return (int)(column < -1 ? -1 : column > 100000 ? 100000 : column);
}

/* A zombie is a fact about a process, not something its agent does: it is drawn
 * over what the cells say, and as the rarer state it wins. */
static void add_zombie(const struct ui_plot *plot,
		       const struct trace_process *p)
{
	int64_t end = p->reaped_ns >= 0 ? p->reaped_ns :
					  ui_end_ns(plot->state) + 1;
	int columns = plot->layout->plot.columns;

	if (p->exited_ns < 0 || !p->parent_id || end <= p->exited_ns)
		return;
	for (int i = 0; i < columns; i++)
		if (plot->edges[i] < end && plot->edges[i + 1] > p->exited_ns)
			plot->cells[i].state = TRACE_STATE_ZOMBIE;
}

/* While a trace grows its open states go on up to now. */
static void extend_live(const struct ui_plot *plot, uint32_t agent_id)
{
	const struct trace_agent *agent = trace_agent(plot->state->trace,
						      agent_id);
	struct trace_interval now;
	int64_t last = trace_info(plot->state->trace)->last_ns;

	if (!agent || agent->ended_ns >= 0 || plot->state->scale.ordinal ||
	    trace_state_at(plot->state->trace, agent_id, last, &now) < 0)
		return;
	for (int i = 0; i < plot->layout->plot.columns; i++)
		if (!plot->cells[i].state && plot->edges[i + 1] > last &&
		    plot->edges[i] < plot->state->now_ns)
			plot->cells[i].state = now.state;
}

void ui_plot_get_cells(const struct ui_plot *plot, const struct ui_lane *lane)
{
	const struct trace_process *process =
		trace_process(plot->state->trace, lane->process_id);
	int columns = plot->layout->plot.columns;

	memset(plot->cells, 0, sizeof(*plot->cells) * (size_t)columns);
	if (!lane->agent_id ||
	    trace_cells(plot->state->trace, lane->agent_id, plot->edges,
			(size_t)columns, plot->cells) < 0)
		return;
	if (plot->state->live)
		extend_live(plot, lane->agent_id);
	if (process && !lane->is_thread)
		add_zombie(plot, process);
	/* On the ordinal axis one event may have several columns. */
	for (int i = columns - 2; i >= 0; i--)
		if (plot->edges[i] == plot->edges[i + 1]) {
			plot->cells[i] = plot->cells[i + 1];
			plot->cells[i + 1].events = 0;
		}
	ui_stage_mark_tasks(plot, lane);
}

/* Where something happens there is a sign for that; but these say more. */
static bool has_sign_of_its_own(unsigned state)
{
	return state == TRACE_STATE_ZOMBIE || state == TRACE_STATE_UNCOLLECTED
	       || state == TRACE_STATE_QUEUED
	       || state == TRACE_STATE_CALLBACK;
}

void ui_stage_draw_lane(const struct ui_plot *plot, struct ui_canvas *canvas,
			size_t lane)
{
	const struct ui_rect *area = &plot->layout->plot;
	int y = ui_plot_row(plot, (int)lane);

	ui_plot_get_cells(plot, &plot->state->lanes[lane]);
	for (int i = 0; i < area->columns; i++) {
		const struct trace_cell *cell = &plot->cells[i];
		const char *glyph = ui_state_glyph(canvas->ascii, cell->state);

		if (!cell->state)
			continue;
		if (cell->state < TRACE_STATE_COUNT)
			*plot->states |= UINT64_C(1) << cell->state;
		if (cell->events && !has_sign_of_its_own(cell->state))
			glyph = ui_glyph(canvas->ascii, UI_GLYPH_EVENT);
		ui_put(canvas, area->x + i, y, i <= plot->cursor_column ?
		       ui_role_of_state(cell->state) :
		       ui_role_of_future(cell->state), glyph);
	}
	ui_stage_draw_queue(plot, canvas, lane);
	ui_stage_draw_writes(plot, canvas, lane);
}

/* How the lane's process stands at the cursor decides how its label looks. */
static enum ui_role label_role(const struct ui_state *state,
			       const struct ui_lane *lane,
			       const struct trace_process *process)
{
	bool is_there;

	if (lane == ui_lane_now(state))
		return UI_ROLE_LABEL_SELECTED;
	if (lane->object_id)
		return UI_ROLE_TEXT;
	if (!process)
		return UI_ROLE_DIM;
	is_there = process->started_ns >= 0 ?
		   process->started_ns <= state->cursor_ns :
		   lane->agent_id != 0;
	if (process->exited_ns >= 0 && process->exited_ns <= state->cursor_ns)
		is_there = false;
	return is_there ? UI_ROLE_STRONG : UI_ROLE_DIM;
}

void ui_stage_draw_label(const struct ui_plot *plot, struct ui_canvas *canvas,
			 size_t index)
{
	const struct ui_state *state = plot->state;
	const struct ui_lane *lane = &state->lanes[index];
	const struct ui_rect *area = &plot->layout->labels;
	const struct trace_process *process = trace_process(state->trace,
							    lane->process_id);
	int y = ui_plot_row(plot, (int)index), x = area->x + 1;
	int pids = plot->layout->pid_columns, room = area->columns - 4 - pids;
	enum ui_role role = label_role(state, lane, process);
	char prefix[80], pid[24];

	ui_lane_prefix(lane, canvas->ascii, prefix, sizeof(prefix));
	if (index == state->lane)
		ui_put_glyph(canvas, area->x, y, UI_ROLE_STRONG,
			     UI_GLYPH_SELECTED);
	x += ui_put(canvas, x, y, UI_ROLE_RULE, prefix);
	room -= x - area->x - 1;
	ui_put_fitted(canvas, x, y, room > 1 ? room : 1, role,
		      ui_lane_name(state, lane));
	x += room > 1 ? room : 1;
	if (process && process->daemon && !lane->is_thread)
		ui_put(canvas, x + 1, y, UI_ROLE_DAEMON, "d");
	if (!pids || !process || process->pid <= 0 || lane->is_thread)
		return;
	snprintf(pid, sizeof(pid), "%7lld", (long long)process->pid);
	ui_put(canvas, x + 2, y, UI_ROLE_PID, pid);
}
