#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include "traces/event.h"

/* What the chosen lane shows at the cursor, for those who want to know what a colour
 * means. */

static bool is_zombie(const struct ui_state *state, const struct ui_lane *lane)
{
	const struct trace_process *p = trace_process(state->trace,
						      lane->process_id);

	return p && !lane->is_thread && !lane->object_id && p->parent_id
	       && p->exited_ns >= 0 && p->exited_ns <= state->cursor_ns
	       && (p->reaped_ns < 0 || p->reaped_ns > state->cursor_ns);
}

static unsigned state_now(const struct ui_state *state,
			  const struct ui_lane *lane)
{
	struct trace_interval now;

	if (is_zombie(state, lane))
		return TRACE_STATE_ZOMBIE;
	if (!lane->agent_id
	    || trace_state_after(state->trace, lane->agent_id,
				 state->cursor_seq, &now) < 0)
		return 0;
	/* That is how a pool's lane is drawn. */
	if (lane->object_kind == TRACE_OBJECT_POOL
	    && now.state == TRACE_STATE_PARTLY)
		return TRACE_STATE_QUEUED;
	return now.state;
}

void ui_stage_here(const struct ui_state *state, struct ui_here *here)
{
	const struct ui_lane *lane = ui_lane_now(state);
	struct ui_stage_layout layout;
	struct ui_plot plot;
	uint64_t states = 0;

	*here = (struct ui_here){ 0, 0 };
	ui_stage_layout(state, &layout);
	if (!lane || !ui_plot_begin(&plot, state, &layout, &states))
		return;
	here->now = state_now(state, lane);
	if (plot.cursor_column >= 0
	    && plot.cursor_column < layout.plot.columns) {
		ui_plot_get_cells(&plot, lane);
		here->shown = plot.cells[plot.cursor_column].state;
	}
	if (!here->shown)
		here->shown = here->now;
	/* A task's bar says what its worker does; that it runs goes without saying. */
	if (here->shown == TRACE_STATE_TASK && here->now == TRACE_STATE_RUNNING)
		here->now = here->shown;
	ui_plot_end(&plot);
}
