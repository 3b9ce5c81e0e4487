#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/text_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/glyphs.h"
#include "tui/lanes.h"
#include "tui/tell.h"
#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/tell.h"
#include "tui/width.h"

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
		char name[160];

		trace_tell_agent(state->trace, agent_id, name, sizeof(name));
		trace_state_after(state->trace, agent_id, state->cursor_seq,
				  &now);
		ui_flow_addf(flow, UI_ROLE_TEXT, 2 * depth, "%s %s: %s",
			     ui_glyph(state->ascii, UI_GLYPH_ARROW), name,
			     now.state ? ui_state_name(now.state)
				       : _("has ended"));
		agent_id = next_of(waits, agent_id, now.state);
	}
}

/* ---- a ring ---- */

/* It is told once, from the one of its members that comes first. */
static bool is_first(const struct waits *waits, const struct trace_wait_for *w)
{
	const struct trace_wait_for *at = w;

	do {
		at = wait_of(waits, at->for_agent_id);
		if (!at || at < w)
			return false;
	} while (at != w);
	return true;
}

/* As its lane is called, if it serves a client: that is shorter. */
static void tell_member(const struct waits *waits, uint32_t agent_id,
			char *name, size_t size)
{
	const struct ui_state *state = waits->state;
	int lane = ui_lane_of(state, agent_id);

	if (lane >= 0 && *state->lanes[lane].served)
		snprintf(name, size, "%s", state->lanes[lane].served);
	else
		trace_tell_agent(state->trace, agent_id, name, size);
}

/* What lies between two of a ring; who joins or serves waits for the other itself. */
static void add_between(const struct waits *waits, struct ui_buffer *line,
			const struct trace_wait_for *w, const char *arrow)
{
	char object[160];

	if (w->state == TRACE_STATE_WAIT_JOIN || w->state == TRACE_STATE_IDLE
	    || w->state == TRACE_STATE_WAIT_CALL
	    || !trace_tell_object(waits->state->trace, w->object_id, object,
				  sizeof(object)))
		return;
	ui_buffer_printf(line, "%s%s", object, arrow);
}

/* "-> A -> lock oil -> B -> lock pan", and a line that leads back below it. Where it
 * is too wide, the sentences have to do. */
static void draw_ring(const struct waits *waits, struct ui_flow *flow,
		      const struct trace_wait_for *first)
{
	const struct ui_state *state = waits->state;
	const struct trace_wait_for *w = first;
	const char *dash = ui_line_glyph(state->ascii, UI_LEFT | UI_RIGHT);
	const char *head = ui_glyph(state->ascii, UI_GLYPH_SELECTED);
	struct ui_buffer line = { 0 }, back = { 0 };
	char arrow[16], name[160];
	int columns;

	snprintf(arrow, sizeof(arrow), " %s%s ", dash, head);
	ui_buffer_printf(&line, "%s%s",
			 ui_line_glyph(state->ascii, UI_DOWN | UI_RIGHT),
			 arrow + 1);
	do {
		tell_member(waits, w->agent_id, name, sizeof(name));
		ui_buffer_printf(&line, "%s%s", name, arrow);
		add_between(waits, &line, w, arrow);
		w = wait_of(waits, w->for_agent_id);
	} while (w != first);
	/* The last arrow leads round the corner. */
	line.length -= strlen(arrow);
	line.bytes[line.length] = '\0';
	ui_buffer_printf(&line, " %s%s", dash,
			 ui_line_glyph(state->ascii, UI_DOWN | UI_LEFT));
	columns = ui_text_columns(line.bytes, line.length);
	ui_buffer_puts(&back, ui_line_glyph(state->ascii, UI_UP | UI_RIGHT));
	for (int i = 0; i < columns - 2; i++)
		ui_buffer_puts(&back, dash);
	ui_buffer_puts(&back, ui_line_glyph(state->ascii, UI_UP | UI_LEFT));
	if (columns + 2 <= flow->columns) {
		ui_flow_addf(flow, UI_ROLE_WRONG, 2, "%s", line.bytes);
		ui_flow_addf(flow, UI_ROLE_WRONG, 2, "%s", back.bytes);
	}
	ui_buffer_finish(&line);
	ui_buffer_finish(&back);
}

static bool is_limited(const struct waits *waits,
		       const struct trace_wait_for *w)
{
	struct trace_record begin;

	return trace_events(waits->state->trace, w->since_seq, 1, &begin) == 1
	       && (begin.kind == TRACE_LOCK_WAIT
		   || begin.kind == TRACE_JOIN_BEGIN)
	       && begin.a >= 0;
}

/* Does somebody in it wait for a limited time only? */
static bool has_limit(const struct waits *waits,
		      const struct trace_wait_for *first)
{
	const struct trace_wait_for *w = first;

	do {
		if (is_limited(waits, w))
			return true;
		w = wait_of(waits, w->for_agent_id);
	} while (w != first);
	return false;
}

static void add_rings(const struct waits *waits, struct ui_flow *flow)
{
	for (size_t i = 0; i < waits->count; i++) {
		const struct trace_wait_for *w = &waits->all[i];

		if (!w->in_circle || !is_first(waits, w))
			continue;
		ui_flow_gap(flow);
		ui_flow_add(flow, UI_ROLE_WRONG, 0, has_limit(waits, w) ?
			    _("A ring: each waits for the next. Only a time "
			      "limit can end it.") :
			    _("A ring: each waits for the next, none of them "
			      "can go on."));
		draw_ring(waits, flow, w);
	}
}

/* ---- a full queue ---- */

/* Does that agent wait, through however many others, for this one? */
static bool leads_to(const struct waits *waits, uint32_t agent_id,
		     uint32_t goal, bool *limited)
{
	for (int depth = 0; depth < MOST_WAITS; depth++) {
		const struct trace_wait_for *w = wait_of(waits, agent_id);

		if (agent_id == goal)
			return true;
		if (!w || !w->for_agent_id)
			return false;
		*limited |= is_limited(waits, w);
		agent_id = w->for_agent_id;
	}
	return false;
}

/* Is everybody else that is there held up by this one? */
static bool holds_up_all(const struct waits *waits,
			 const struct trace_wait_for *w, bool *limited)
{
	const struct ui_state *state = waits->state;
	size_t others = 0;

	*limited = false;
	for (size_t i = 0; i < trace_agent_count(state->trace); i++) {
		const struct trace_agent *agent =
			trace_agent_at(state->trace, i);
		struct trace_interval now;

		if (agent->id == w->agent_id
		    || trace_state_after(state->trace, agent->id,
					 state->cursor_seq, &now) < 0)
			continue;
		if (!leads_to(waits, agent->id, w->agent_id, limited))
			return false;
		others++;
	}
	return others > 0;
}

/* Who would make room is not known beforehand: anybody who takes something. But if all
 * others wait for the one that waits for room, nobody will. */
static void add_room(const struct waits *waits, struct ui_flow *flow,
		     const struct trace_wait_for *w)
{
	struct trace_object queue;
	bool limited;

	if (trace_object(waits->state->trace, w->object_id, &queue) < 0
	    || (queue.kind != TRACE_OBJECT_QUEUE
		&& queue.kind != TRACE_OBJECT_JOINABLE_QUEUE
		&& queue.kind != TRACE_OBJECT_SIMPLE_QUEUE))
		return;
	ui_flow_add(flow, UI_ROLE_TEXT, 2,
		    _("It goes on when somebody takes an item out."));
	if (holds_up_all(waits, w, &limited))
		ui_flow_add(flow, UI_ROLE_WRONG, 2, limited ?
			    _("But all others wait for it, directly or through "
			      "others: nobody is left to do that. Only a time "
			      "limit can end it.") :
			    _("But all others wait for it, directly or through "
			      "others: nobody is left to do that."));
}

/* ---- one that waits ---- */

static void add_wait(const struct waits *waits, struct ui_flow *flow,
		     const struct trace_wait_for *w)
{
	const struct ui_state *state = waits->state;
	char since[48], so_far[48], sentence[700];

	ui_format_span(since, sizeof(since), w->since_ns, state->ascii);
	ui_format_span(so_far, sizeof(so_far), state->cursor_ns - w->since_ns,
		       state->ascii);
	ui_flow_gap(flow);
	if (w->state == TRACE_STATE_IDLE) {
		ui_flow_addf(flow, UI_ROLE_STRONG, 0,
			     _("%s is idle since %s; what it has taken, it has "
			       "for its client"),
			     ui_agent_name(state->trace, w->agent_id), since);
	} else {
		trace_tell_wait(state->trace, w, sentence, sizeof(sentence));
		ui_flow_add(flow, UI_ROLE_STRONG, 0, sentence);
		ui_flow_addf(flow, UI_ROLE_DIM, 2, _("since %s (%s so far)"),
			     since, so_far);
	}
	if (!w->in_circle)
		add_chain(waits, flow, w);
	if (w->state == TRACE_STATE_WAIT_PUT && !w->for_agent_id)
		add_room(waits, flow, w);
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

/* Who comes because a deadlock was told, after it is over, learns when it was. */
static void add_past_deadlock(const struct ui_state *state, struct ui_flow *flow)
{
	struct trace_deadlock found;
	char time[48];

	if (trace_deadlocks(state->trace, 1, &found) != 1
	    || found.seq > state->cursor_seq)
		return;
	ui_format_span(time, sizeof(time), found.t_ns, state->ascii);
	ui_flow_gap(flow);
	ui_flow_addf(flow, UI_ROLE_WRONG, 0,
		     _("There was a deadlock at %s, from event %llu on: go there "
		       "to see it."), time, (unsigned long long)found.seq);
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
	bool is_waiting = waits->count > 0, any = is_waiting;
	ui_format_span(time, sizeof(time), state->cursor_ns, state->ascii);
	ui_flow_addf(&flow, UI_ROLE_DIM, 0, _("Who waits at %s:"), time);
	add_rings(waits, &flow);
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
	if (!is_waiting)
		add_past_deadlock(state, &flow);
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
