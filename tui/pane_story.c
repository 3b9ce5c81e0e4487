#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/flow.h"
#include "tui/lanes.h"
#include "tui/tell.h"
#include "traces/i18n.h"
#include "traces/tell.h"

/* The questions of the knobs that were turned: for the next run, or if there are
 * none, for this one. Returns how many. */
static int add_what_if(const struct ui_state *state, struct ui_flow *flow,
		       bool next)
{
	const struct lesson *lesson = state->lesson;
	int count = 0;

	for (size_t i = 0; i < lesson->knob_count && i < UI_KNOBS; i++) {
		const struct lesson_knob *knob = &lesson->knobs[i];
		const char *was = ui_knob_of_run(state, knob);
		const char *is = next ? knob->values[state->knobs[i]] : was;

		if (strcmp(is, next ? was : knob->values[0]) == 0)
			continue;
		count++;
		ui_flow_addf(flow, UI_ROLE_KEYWORD, 0, _("What if %s = %s?"),
			     knob->name, is);
		/* It asks about the change, not about the way back. */
		if (strcmp(is, knob->values[0]) != 0)
			ui_flow_plain(flow, state->ascii, knob->question);
	}
	return count;
}

/* The prediction confronted with what has happened. */
static void add_verdict(const struct ui_state *state, struct ui_flow *flow)
{
	const struct lesson *lesson = state->lesson;
	const struct lesson_answer *given;

	if (state->answer < 0 || (size_t)state->answer >= lesson->answer_count)
		return;
	given = &lesson->answers[state->answer];
	if (!ui_is_decided(state)) {
		ui_flow_gap(flow);
		ui_flow_addf(flow, UI_ROLE_DIM, 0, _("You predicted: %s"),
			     given->text);
		return;
	}
	ui_flow_gap(flow);
	ui_flow_addf(flow, given->right ? UI_ROLE_RIGHT : UI_ROLE_WRONG, 0,
		     given->right ? _("You predicted it: %s") :
		     _("You predicted: %s"), given->text);
	if (*given->reply)
		ui_flow_add(flow, UI_ROLE_TEXT, 0, given->reply);
	for (size_t i = 0; !given->right && i < lesson->answer_count; i++)
		if (lesson->answers[i].right)
			ui_flow_addf(flow, UI_ROLE_RIGHT, 0, _("It is: %s"),
				     lesson->answers[i].text);
}

static void add_moment(const struct ui_state *state, struct ui_flow *flow)
{
	const struct lesson_moment *moment =
		lesson_moment_at(state->lesson, state->cursor_seq);
	size_t told = 0, all = 0;

	for (size_t i = 0; i < state->lesson->moment_count; i++) {
		const struct lesson_moment *m = &state->lesson->moments[i];

		all += m->seq > 0;
		told += m->seq > 0 && m->seq <= state->cursor_seq;
	}
	if (moment)
		ui_flow_add(flow, moment->seq == state->cursor_seq ?
			    UI_ROLE_STRONG : UI_ROLE_TEXT, 0, moment->sentence);
	else if (all > 0)
		ui_flow_add(flow, UI_ROLE_DIM, 0, state->live ?
			    _("The program has begun. Watch the lanes.") :
			    _("Press Space to play, . to step, PgDn for the "
			      "next moment."));
	if (all > 0)
		ui_flow_addf(flow, UI_ROLE_DIM, 0, _("moment %zu of %zu"), told,
			     all);
}

/* Without a lesson: what each lane does now. */
static void add_states(const struct ui_state *state, struct ui_flow *flow)
{
	for (size_t i = 0; i < state->lane_count && i < 40; i++) {
		const struct ui_lane *lane = &state->lanes[i];
		struct trace_interval now;
		char *label;

		if (!lane->agent_id ||
		    trace_state_after(state->trace, lane->agent_id,
				      state->cursor_seq, &now) < 0)
			continue;
		label = ui_format("%s:", ui_lane_name(state, lane));
		ui_flow_pair(flow, lane == ui_lane_now(state) ?
			     UI_ROLE_STRONG : UI_ROLE_TEXT, label, 16,
			     UI_ROLE_TEXT, ui_state_name(now.state));
		free(label);
	}
	if (flow->count == 0)
		ui_flow_add(flow, UI_ROLE_DIM, 0,
			    _("Nobody is there at this time."));
}

static void add_lesson(const struct ui_state *state, struct ui_flow *flow)
{
	bool decided = ui_is_decided(state);

	if (state->knobs_changed && add_what_if(state, flow, true) > 0) {
		ui_flow_add(flow, UI_ROLE_STRONG, 0,
			    _("Predict it, then press r to see."));
		return;
	}
	/* What was predicted is about a run with untouched knobs. */
	if (add_what_if(state, flow, false) > 0) {
		ui_flow_gap(flow);
		add_moment(state, flow);
		return;
	}
	/* At the end the confrontation comes first. */
	if (decided)
		add_verdict(state, flow);
	ui_flow_gap(flow);
	add_moment(state, flow);
	if (!decided)
		add_verdict(state, flow);
}

void ui_pane_draw_story(const struct ui_state *state, struct ui_canvas *canvas,
			struct ui_rect rect)
{
	struct ui_flow flow = { .columns = rect.columns - 2 };

	if (state->lesson)
		add_lesson(state, &flow);
	else
		add_states(state, &flow);
	rect.x++;
	rect.columns--;
	ui_flow_draw(&flow, canvas, rect, state->pane_scroll[UI_PANE_STORY]);
	ui_flow_finish(&flow);
}

static void add_field(struct ui_flow *flow, const char *label, const char *text)
{
	ui_flow_pair(flow, UI_ROLE_DIM, label, 10, UI_ROLE_TEXT, text);
}

static void add_moment_of_call(struct ui_flow *flow, const char *label,
			       int64_t ns, const char *more)
{
	char text[200];

	if (ns < 0)
		return;
	snprintf(text, sizeof(text), "%.9f s%s%s", (double)ns / 1e9,
		 *more ? ", " : "", more);
	add_field(flow, label, text);
}

/* A call to a manager is told whole, whichever event of it is at the cursor. */
static void add_call(const struct ui_state *state, struct ui_flow *flow,
		     const struct trace_record *record)
{
	struct trace_call call;
	char text[200] = "", took[48] = "";

	if (trace_call_of(state->trace, record, &call) < 0)
		return;
	trace_tell_object(state->trace, call.object_id, text, sizeof(text));
	ui_flow_gap(flow);
	add_field(flow, _("method"), call.method);
	add_field(flow, _("of"), text);
	add_moment_of_call(flow, _("sent"), call.sent_ns,
			   ui_agent_name(state->trace, call.client_agent_id));
	add_moment_of_call(flow, _("begun"), call.began_ns,
			   ui_agent_name(state->trace, call.server_agent_id));
	add_moment_of_call(flow, _("done"), call.ended_ns, "");
	if (call.returned_ns >= 0)
		ui_format_span(took, sizeof(took),
			       call.returned_ns - call.sent_ns, state->ascii);
	add_moment_of_call(flow, _("returned"), call.returned_ns, took);
	snprintf(text, sizeof(text), "%lld", (long long)call.code);
	if (call.code)
		add_field(flow, _("error"), text);
	else if (call.returned_ns < 0)
		add_field(flow, _("returned"), *call.outcome ?
			  _("never: its caller is gone") : _("not yet"));
}

static void add_record(const struct ui_state *state, struct ui_flow *flow,
		       const struct trace_record *record, const char *kind,
		       const char *about)
{
	const struct trace_site *site = trace_site(state->trace,
						   record->site_id);
	struct trace_object object;
	char text[256];

	snprintf(text, sizeof(text), "%s - %s", kind, about);
	add_field(flow, _("event"), text);
	snprintf(text, sizeof(text), "#%llu, %.9f s",
		 (unsigned long long)record->seq, (double)record->t_ns / 1e9);
	add_field(flow, _("when"), text);
	add_field(flow, _("who"), ui_agent_name(state->trace,
						record->agent_id));
	if (record->object_id &&
	    trace_object(state->trace, record->object_id, &object) == 0) {
		snprintf(text, sizeof(text), "%s %s", object.kind_name,
			 object.name);
		add_field(flow, _("object"), text);
	}
	snprintf(text, sizeof(text), "a = %lld, b = %lld",
		 (long long)record->a, (long long)record->b);
	add_field(flow, _("numbers"), text);
	if (site) {
		snprintf(text, sizeof(text), "%s:%d %s", site->file,
			 site->line, site->function);
		add_field(flow, _("where"), text);
	}
}

void ui_pane_draw_details(const struct ui_state *state,
			  struct ui_canvas *canvas, struct ui_rect rect)
{
	struct ui_flow flow = { .columns = rect.columns - 2 };
	struct trace_record record;

	if (trace_events(state->trace, state->cursor_seq, 1, &record) == 1) {
		char *text = ui_strdup(record.text ? record.text : "");
		char *sentence = ui_tell(state->trace, &record);

		ui_flow_add(&flow, UI_ROLE_STRONG, 0, sentence);
		ui_pane_add_task(state, &flow, &record);
		add_record(state, &flow, &record,
			   trace_kind_name(state->trace, record.kind),
			   _(trace_kind_description(state->trace,
						    record.kind)));
		if (*text)
			add_field(&flow, _("text"), text);
		add_call(state, &flow, &record);
		free(sentence);
		free(text);
	} else {
		ui_flow_add(&flow, UI_ROLE_DIM, 0, _("No event yet."));
	}
	rect.x++;
	rect.columns--;
	ui_flow_draw(&flow, canvas, rect, state->pane_scroll[UI_PANE_STORY]);
	ui_flow_finish(&flow);
}
