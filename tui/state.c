#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/lanes.h"
#include "tui/stage.h"

void ui_state_init(struct ui_state *state, int columns, int rows)
{
	memset(state, 0, sizeof(*state));
	state->columns = columns > 0 ? columns : 1;
	state->rows = rows > 0 ? rows : 1;
	state->language = "en";
	state->answer = -1;
	state->speed = UI_SPEED_REAL;
	state->scale = (struct ui_timescale){ false, 0, 1, 1 };
	ui_view_reset(state, UI_VIEW_MENU);
}

void ui_state_finish(struct ui_state *state)
{
	free(state->lanes);
	state->lanes = NULL;
	state->lane_count = 0;
}

enum ui_view_id ui_view_now(const struct ui_state *state)
{
	return state->views[state->view_depth];
}

void ui_view_push(struct ui_state *state, enum ui_view_id view)
{
	if (ui_view_now(state) == view)
		return;
	for (int i = 0; i <= state->view_depth; i++)
		if (state->views[i] == view) {	/* been there: go back to it */
			state->view_depth = i;
			return;
		}
	if (state->view_depth + 1 < UI_VIEW_DEPTH)
		state->view_depth++;
	state->views[state->view_depth] = view;
	state->scroll[view] = 0;
}

bool ui_view_pop(struct ui_state *state)
{
	if (state->view_depth == 0)
		return false;
	state->view_depth--;
	return true;
}

void ui_view_reset(struct ui_state *state, enum ui_view_id view)
{
	state->view_depth = 0;
	state->views[0] = view;
	state->scroll[view] = 0;
}

void ui_message(struct ui_state *state, bool is_error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(state->message, sizeof(state->message), format, args);
	va_end(args);
	state->message_is_error = is_error;
}

int64_t ui_end_ns(const struct ui_state *state)
{
	int64_t end;

	if (!state->trace)
		return 0;
	end = trace_info(state->trace)->last_ns;
	if (state->live && state->now_ns > end)
		end = state->now_ns;
	return end > 0 ? end : 0;
}

int64_t ui_limit(const struct ui_state *state)
{
	if (!state->scale.ordinal)
		return ui_end_ns(state) + 1;
	return state->trace ?
	       (int64_t)trace_info(state->trace)->events + 1 : 1;
}

/* The knobs stand as in the run that is shown. */
static void read_knobs(struct ui_state *state)
{
	const struct lesson *lesson = state->lesson;
	const struct trace_knob *knobs;
	size_t count = state->trace ? trace_knobs(state->trace, &knobs) : 0;

	for (size_t i = 0; lesson && i < lesson->knob_count && i < UI_KNOBS;
	     i++)
		for (size_t k = 0; k < count; k++) {
			const struct lesson_knob *knob = &lesson->knobs[i];
			int index = lesson_knob_index(knob, knobs[k].value);

			if (strcmp(knobs[k].name, knob->name) == 0
			    && index >= 0)
				state->knobs[i] = index;
		}
}

void ui_state_open(struct ui_state *state, struct trace *trace)
{
	bool ordinal = state->scale.ordinal;

	state->trace = trace;
	state->lane = state->lane_top = 0;
	state->cursor_seq = 0;
	state->cursor_ns = 0;
	state->playing = state->following = state->live = false;
	state->run_is_over = false;
	state->live_offset_ns = state->now_ns = 0;
	state->listed_count = 0;
	memset(state->marks, 0, sizeof(state->marks));
	memset(state->pane_scroll, 0, sizeof(state->pane_scroll));
	state->scale = (struct ui_timescale){ ordinal, 0, 1, 1 };
	state->fit_all = true;
	if (state->lesson)
		lesson_forget(state->lesson);
	ui_state_grown(state);
	if (trace && trace_info(trace)->events > 0 && !state->live)
		ui_cursor_to_event(state, 1);
}

/* A live trace's span grows in round steps, so that the picture does not
 * tremble. */
static int64_t round_up(int64_t ns)
{
	int64_t step = 1000000000;

	while (step < ns)
		step = step + step / 2;
	return step;
}

static void fit_all(struct ui_state *state)
{
	bool ordinal = state->scale.ordinal;
	int64_t end = ui_limit(state) - 1;

	if (state->live && !ordinal)
		end = round_up(end);
	ui_timescale_fit(&state->scale, ordinal ? 1 : 0, end);
}

void ui_state_grown(struct ui_state *state)
{
	struct ui_stage_layout layout;

	ui_lanes_build(state);
	if (!state->trace)
		return;
	state->live = trace_info(state->trace)->live && !state->run_is_over;
	if (!state->live)
		state->following = false;
	if (state->lesson)
		lesson_locate(state->lesson, state->trace);
	if (state->following)
		state->cursor_seq = trace_info(state->trace)->events;
	ui_stage_layout(state, &layout);
	state->scale.columns = layout.plot.columns > 0 ?
			       layout.plot.columns : 1;
	if (state->fit_all)
		fit_all(state);
}

void ui_state_set_lesson(struct ui_state *state, struct lesson *lesson)
{
	state->lesson = lesson;
	state->page_row = -1;
	state->knob_at = 0;
	state->answer = -1;
	state->knobs_changed = false;
	state->scroll[UI_VIEW_LESSON] = state->scroll[UI_VIEW_NOTES] = 0;
	memset(state->knobs, 0, sizeof(state->knobs));
	state->scale.ordinal = lesson && lesson->by_events;
	read_knobs(state);
	if (lesson && state->trace)
		ui_state_grown(state);
}

void ui_state_resize(struct ui_state *state, int columns, int rows)
{
	state->columns = columns > 0 ? columns : 1;
	state->rows = rows > 0 ? rows : 1;
	ui_state_grown(state);
	if (state->trace)
		ui_timescale_reveal(&state->scale, ui_cursor_position(state));
}

int64_t ui_cursor_position(const struct ui_state *state)
{
	return state->scale.ordinal ? (int64_t)state->cursor_seq :
				      state->cursor_ns;
}

void ui_cursor_to_event(struct ui_state *state, uint64_t seq)
{
	uint64_t last;

	if (!state->trace)
		return;
	last = trace_info(state->trace)->events;
	if (seq > last)
		seq = last;
	state->cursor_seq = seq;
	state->cursor_ns = seq ? trace_time_of(state->trace, seq) : 0;
	if (!state->fit_all)
		ui_timescale_reveal(&state->scale, ui_cursor_position(state));
}

void ui_cursor_to_time(struct ui_state *state, int64_t ns)
{
	int64_t end = ui_end_ns(state);

	if (!state->trace)
		return;
	ns = ns < 0 ? 0 : ns > end ? end : ns;
	state->cursor_ns = ns;
	state->cursor_seq = trace_seq_at(state->trace, ns);
	if (!state->fit_all)
		ui_timescale_reveal(&state->scale, ui_cursor_position(state));
}

bool ui_is_decided(const struct ui_state *state)
{
	uint64_t last = 0;

	if (!state->trace || state->live)
		return false;
	for (size_t i = 0; state->lesson && i < state->lesson->moment_count;
	     i++)
		if (state->lesson->moments[i].seq > last)
			last = state->lesson->moments[i].seq;
	if (!last)
		last = trace_info(state->trace)->events;
	return state->cursor_seq >= last;
}

const char *ui_knob_of_run(const struct ui_state *state,
			   const struct lesson_knob *knob)
{
	const struct trace_knob *knobs;
	size_t count = state->trace ? trace_knobs(state->trace, &knobs) : 0;

	for (size_t i = 0; i < count; i++) {
		int index = lesson_knob_index(knob, knobs[i].value);

		if (strcmp(knobs[i].name, knob->name) == 0)
			return index < 0 ? knobs[i].value : knob->values[index];
	}
	return knob->values[0];
}

void ui_turn_knob(struct ui_state *state, size_t at, int by)
{
	const struct lesson *lesson = state->lesson;
	int count = (int)lesson->knobs[at].value_count;

	state->knobs[at] = (state->knobs[at] + by + count) % count;
	state->knobs_changed = false;
	for (size_t i = 0; i < lesson->knob_count && i < UI_KNOBS; i++) {
		const struct lesson_knob *knob = &lesson->knobs[i];

		if (strcmp(knob->values[state->knobs[i]],
			   ui_knob_of_run(state, knob)) != 0)
			state->knobs_changed = true;
	}
}

const struct ui_lane *ui_lane_now(const struct ui_state *state)
{
	return state->lane < state->lane_count ? &state->lanes[state->lane] :
						 NULL;
}

uint32_t ui_agent_now(const struct ui_state *state)
{
	const struct ui_lane *lane = ui_lane_now(state);
	struct trace_record record;

	if (!lane || !lane->object_id)
		return lane ? lane->agent_id : 0;
	if (!state->cursor_seq
	    || trace_events(state->trace, state->cursor_seq, 1, &record) < 1)
		return 0;
	return record.agent_id;
}

int ui_lane_of(const struct ui_state *state, uint32_t agent_id)
{
	for (size_t i = 0; agent_id && i < state->lane_count; i++)
		if (state->lanes[i].agent_id == agent_id)
			return (int)i;
	return -1;
}
