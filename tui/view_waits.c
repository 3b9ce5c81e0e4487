#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/text_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "tui/buffer.h"
#include "tui/lanes.h"
#include "tui/tell.h"
#include "traces/i18n.h"

#define LONGEST_CHAIN 32

static bool is_waiting(unsigned state)
{
	return state >= TRACE_STATE_WAIT_JOIN && state <= TRACE_STATE_WAIT_CALL;
}

/* Whom an agent waits for: the main agent of the process it wants to join; 0 if
 * it does not wait, or for nobody in particular. */
static uint32_t waits_for(const struct ui_state *state, uint32_t agent_id,
			  struct trace_interval *now)
{
	const struct trace_process *process;

	now->state = 0;
	if (!agent_id || trace_state_after(state->trace, agent_id,
					   state->cursor_seq, now) < 0 ||
	    !is_waiting(now->state))
		return 0;
	process = trace_process(state->trace, now->object_id);
	return process ? process->agent_id : 0;
}

static bool closes_ring(const struct ui_state *state, uint32_t agent_id)
{
	struct trace_interval now;
	uint32_t at = agent_id;

	for (int i = 0; i < LONGEST_CHAIN && at; i++) {
		at = waits_for(state, at, &now);
		if (at == agent_id)
			return true;
	}
	return false;
}

/* "egon sleeps", and what that one waits for, to the end of the chain. */
static void add_chain(const struct ui_state *state, struct ui_flow *flow,
		      uint32_t agent_id)
{
	struct trace_interval now;

	for (int depth = 1; depth < 8 && agent_id; depth++) {
		uint32_t next = waits_for(state, agent_id, &now);
		const char *name = ui_agent_name(state->trace, agent_id);

		if (!now.state)
			ui_flow_addf(flow, UI_ROLE_TEXT, 2 * depth,
				     _("%s has ended"), name);
		else
			ui_flow_addf(flow, UI_ROLE_TEXT, 2 * depth,
				     "%s %s: %s", ui_glyph(state->ascii,
				     UI_GLYPH_ARROW), name,
				     ui_state_name(now.state));
		agent_id = next;
	}
}

static bool add_wait(const struct ui_state *state, struct ui_flow *flow,
		     const struct ui_lane *lane)
{
	struct trace_interval now;
	uint32_t other = waits_for(state, lane->agent_id, &now);
	const char *name = ui_agent_name(state->trace, lane->agent_id);
	char since[48], so_far[48];

	if (!now.state || !is_waiting(now.state))
		return false;
	ui_format_span(since, sizeof(since), now.begin_ns, state->ascii);
	ui_format_span(so_far, sizeof(so_far), state->cursor_ns - now.begin_ns,
		       state->ascii);
	ui_flow_gap(flow);
	if (other)
		ui_flow_addf(flow, UI_ROLE_STRONG, 0,
			     _("%s waits for the end of %s since %s (%s so far)"),
			     name, ui_agent_name(state->trace, other), since,
			     so_far);
	else
		ui_flow_addf(flow, UI_ROLE_STRONG, 0,
			     _("%s: %s since %s (%s so far)"), name,
			     ui_state_name(now.state), since, so_far);
	if (closes_ring(state, lane->agent_id))
		ui_flow_add(flow, UI_ROLE_WRONG, 2,
			    _("a ring: each waits for the next, none of them "
			      "can go on"));
	add_chain(state, flow, other);
	return true;
}

/* The dead whom nobody has taken note of wait as well, in a way. */
static bool add_zombie(const struct ui_state *state, struct ui_flow *flow,
		       const struct trace_process *p)
{
	const struct trace_process *parent = trace_process(state->trace,
							   p->parent_id);
	int64_t at = state->cursor_ns;
	char since[48];

	if (!parent || p->exited_ns < 0 || p->exited_ns > at ||
	    (p->reaped_ns >= 0 && p->reaped_ns <= at))
		return false;
	ui_format_span(since, sizeof(since), p->exited_ns, state->ascii);
	ui_flow_gap(flow);
	ui_flow_addf(flow, UI_ROLE_STRONG, 0,
		     _("%s is a zombie since %s: %s has not joined it yet"),
		     p->name, since, parent->name);
	return true;
}

static void draw(const struct ui_state *state, struct ui_canvas *canvas,
		 struct ui_rect area)
{
	struct ui_flow flow = { .columns = ui_text_view_columns(area) };
	bool any = false;
	char time[48];

	ui_format_span(time, sizeof(time), state->cursor_ns, state->ascii);
	ui_flow_addf(&flow, UI_ROLE_DIM, 0, _("Who waits at %s:"), time);
	for (size_t i = 0; i < state->lane_count; i++) {
		const struct ui_lane *lane = &state->lanes[i];
		const struct trace_process *p =
			trace_process(state->trace, lane->process_id);

		any |= add_wait(state, &flow, lane);
		if (p && !lane->is_thread)
			any |= add_zombie(state, &flow, p);
	}
	ui_flow_gap(&flow);
	if (!any)
		ui_flow_add(&flow, UI_ROLE_TEXT, 0,
			    _("Nobody waits for anybody."));
	ui_text_view_draw(state, canvas, area, &flow);
}

const struct ui_view ui_view_waits = {
	.name = "waits",
	.where = UI_IN_TEXT,
	.draw = draw,
	.action = ui_text_view_act,
	.least_columns = 24,
	.least_rows = 4,
};
