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
#include "traces/tell.h"

#define MOST_WAITS 256
#define LONGEST_CHAIN 8

struct waits {
	const struct ui_state *state;
	struct trace_wait_for all[MOST_WAITS];
	size_t count;
};

static const struct trace_wait_for *wait_of(const struct waits *waits,
					    uint32_t agent_id)
{
	for (size_t i = 0; i < waits->count; i++)
		if (waits->all[i].agent_id == agent_id)
			return &waits->all[i];
	return NULL;
}

/* Whom it waits for in turn; a thread that serves and has nothing to do now has what it
 * has for its client. */
static uint32_t next_of(const struct waits *waits, uint32_t agent_id,
			unsigned state)
{
	const struct trace_wait_for *next = wait_of(waits, agent_id);

	if (next)
		return next->in_circle ? 0 : next->for_agent_id;
	return state == TRACE_STATE_IDLE
		       ? trace_client_of(waits->state->trace, agent_id)
		       : 0;
}

/* What those do for whom it waits, to the end of the chain. */
static void add_chain(const struct waits *waits, struct ui_flow *flow,
		      const struct trace_wait_for *w)
{
	const struct ui_state *state = waits->state;
	uint32_t agent_id = w->for_agent_id;

	if (w->is_for_dead) {
		ui_flow_addf(flow, UI_ROLE_WRONG, 2,
			     _("%s had it, and is dead: it is never given back"),
			     ui_agent_name(state->trace, agent_id));
		return;
	}
	for (int depth = 1; depth < LONGEST_CHAIN && agent_id; depth++) {
		struct trace_interval now = { .state = 0 };

		trace_state_after(state->trace, agent_id, state->cursor_seq,
				  &now);
		ui_flow_addf(flow, UI_ROLE_TEXT, 2 * depth, "%s %s: %s",
			     ui_glyph(state->ascii, UI_GLYPH_ARROW),
			     ui_agent_name(state->trace, agent_id),
			     now.state ? ui_state_name(now.state)
				       : _("has ended"));
		agent_id = next_of(waits, agent_id, now.state);
	}
}

static void add_wait(const struct waits *waits, struct ui_flow *flow,
		     const struct trace_wait_for *w)
{
	const struct ui_state *state = waits->state;
	const char *name = ui_agent_name(state->trace, w->agent_id);
	char since[48], so_far[48], object[160];

	ui_format_span(since, sizeof(since), w->since_ns, state->ascii);
	ui_format_span(so_far, sizeof(so_far), state->cursor_ns - w->since_ns,
		       state->ascii);
	if (!w->object_id
	    || !trace_tell_object(state->trace, w->object_id, object,
				  sizeof(object)))
		snprintf(object, sizeof(object), "?");
	ui_flow_gap(flow);
	if (w->state == TRACE_STATE_IDLE)
		ui_flow_addf(flow, UI_ROLE_STRONG, 0,
			     _("%s is idle since %s; what it has taken, it has "
			       "for its client"), name, since);
	else
		ui_flow_addf(flow, UI_ROLE_STRONG, 0,
			     w->state == TRACE_STATE_WAIT_JOIN ?
			     _("%s waits for the end of %s since %s "
			       "(%s so far)") :
			     _("%s waits for %s since %s (%s so far)"),
			     name, object, since, so_far);
	if (w->in_circle)
		ui_flow_add(flow, UI_ROLE_WRONG, 2,
			    _("a ring: each waits for the next, none of them "
			      "can go on"));
	add_chain(waits, flow, w);
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
	struct waits *waits = ui_alloc(sizeof(*waits));
	char time[48];

	waits->state = state;
	waits->count = trace_waits(state->trace, state->cursor_seq, waits->all,
				   MOST_WAITS);
	if (waits->count > MOST_WAITS)
		waits->count = MOST_WAITS;
	bool any = waits->count > 0;
	ui_format_span(time, sizeof(time), state->cursor_ns, state->ascii);
	ui_flow_addf(&flow, UI_ROLE_DIM, 0, _("Who waits at %s:"), time);
	for (size_t i = 0; i < waits->count; i++)
		add_wait(waits, &flow, &waits->all[i]);
	free(waits);
	for (size_t i = 0; i < state->lane_count; i++) {
		const struct ui_lane *lane = &state->lanes[i];
		const struct trace_process *p =
			trace_process(state->trace, lane->process_id);

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
