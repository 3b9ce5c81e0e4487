#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/text_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/lanes.h"
#include "tui/tell.h"
#include "tui/width.h"
#include "traces/i18n.h"

/* How a process stands at the cursor, in words. */
static void add_status(const struct ui_state *state, struct ui_buffer *out,
		       const struct trace_process *p)
{
	struct trace_interval now;
	int64_t at = state->cursor_ns;

	if (p->exited_ns >= 0 && p->exited_ns <= at) {
		bool zombie = p->parent_id &&
			      (p->reaped_ns < 0 || p->reaped_ns > at);

		ui_buffer_puts(out, zombie ? _("zombie") : _("gone"));
		if (p->has_exitcode)
			ui_buffer_printf(out, ", %s %lld", _("exit code"),
					 (long long)p->exitcode);
		if (*p->ended_by)
			ui_buffer_printf(out, " (%s)", _(p->ended_by));
	} else if (p->agent_id &&
		   trace_state_after(state->trace, p->agent_id,
				     state->cursor_seq, &now) == 0) {
		ui_buffer_puts(out, ui_state_name(now.state));
	} else if (p->started_ns >= 0 && p->started_ns <= at) {
		ui_buffer_puts(out, _("started"));
	} else if (p->created_ns >= 0 && p->created_ns <= at) {
		ui_buffer_puts(out, _("made, not started"));
	} else {
		ui_buffer_puts(out, _("not there yet"));
	}
}

static void add_process(const struct ui_state *state, struct ui_flow *flow,
			const struct ui_lane *lane, int column)
{
	const struct trace_process *p = trace_process(state->trace,
						      lane->process_id);
	bool chosen = lane == ui_lane_now(state);
	struct ui_buffer text = { 0 };
	char prefix[80], *label;

	ui_lane_prefix(lane, state->ascii, prefix, sizeof(prefix));
	label = ui_format("%s%s", prefix, ui_lane_name(state, lane));
	if (lane->is_thread || !p) {
		const struct trace_agent *agent =
			trace_agent(state->trace, lane->agent_id);

		ui_buffer_puts(&text, agent ? agent->path : "?");
	} else {
		ui_buffer_printf(&text, "%-8s", p->path);
		/* It has no pid before it is started. */
		if (p->pid > 0 && p->started_ns >= 0 &&
		    p->started_ns <= state->cursor_ns)
			ui_buffer_printf(&text, " pid %-8lld",
					 (long long)p->pid);
		else
			ui_buffer_printf(&text, " %-12s", "");
		ui_buffer_puts(&text, p->daemon ? _("daemon  ") : "");
		add_status(state, &text, p);
	}
	ui_flow_pair(flow, chosen ? UI_ROLE_CHOSEN : UI_ROLE_STRONG, label,
		     column, UI_ROLE_TEXT, text.bytes);
	ui_buffer_finish(&text);
	free(label);
}

static void draw(const struct ui_state *state, struct ui_canvas *canvas,
		 struct ui_rect area)
{
	struct ui_flow flow = { .columns = ui_text_view_columns(area) };
	char time[48];
	int column = 8;

	ui_format_span(time, sizeof(time), state->cursor_ns, state->ascii);
	ui_flow_addf(&flow, UI_ROLE_DIM, 0, _("The family at %s:"), time);
	ui_flow_gap(&flow);
	for (size_t i = 0; i < state->lane_count; i++) {
		const char *name = ui_lane_name(state, &state->lanes[i]);
		int wide = 2 * state->lanes[i].depth + 2 +
			   ui_text_columns(name, strlen(name));

		column = wide > column ? wide : column;
	}
	if (column > flow.columns / 2)
		column = flow.columns / 2;
	for (size_t i = 0; i < state->lane_count; i++)
		add_process(state, &flow, &state->lanes[i], column);
	ui_text_view_draw(state, canvas, area, &flow);
}

const struct ui_view ui_view_tree = {
	.name = "tree",
	.where = UI_IN_TEXT,
	.draw = draw,
	.action = ui_text_view_act,
	.least_columns = 24,
	.least_rows = 4,
};
