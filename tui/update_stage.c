#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/update.h"

#include <string.h>

#include "tui/stage.h"
#include "traces/i18n.h"

static void reveal_lane(struct ui_state *state, size_t lane)
{
	struct ui_stage_layout layout;

	ui_stage_layout(state, &layout);
	if (lane < state->lane_top)
		state->lane_top = lane;
	if (lane >= state->lane_top + layout.lanes_shown)
		state->lane_top = lane + 1 - layout.lanes_shown;
}

void ui_choose_lane(struct ui_state *state, size_t lane)
{
	if (lane >= state->lane_count)
		return;
	state->lane = lane;
	state->pane_scroll[UI_PANE_SOURCE] = 0;
	reveal_lane(state, lane);
}

/* On an object's lane the source pane follows by itself. */
void ui_follow_event(struct ui_state *state)
{
	const struct ui_lane *chosen = ui_lane_now(state);
	struct trace_record record;
	int lane;

	if (!state->cursor_seq || !chosen
	    || trace_events(state->trace, state->cursor_seq, 1, &record) < 1)
		return;
	for (size_t i = 0; record.object_id && i < state->lane_count; i++)
		if (state->lanes[i].object_id == record.object_id)
			reveal_lane(state, i);
	lane = chosen->object_id ? (int)state->lane :
				   ui_lane_of(state, record.agent_id);
	if (lane >= 0 && (size_t)lane != state->lane)
		ui_choose_lane(state, (size_t)lane);
	else
		reveal_lane(state, state->lane);
}

static void zoom(struct ui_state *state, double factor)
{
	int64_t span = state->scale.span;

	ui_timescale_zoom(&state->scale, factor, ui_cursor_position(state),
			  ui_limit(state));
	if (state->scale.span != span)
		state->fit_all = false;
}

static void fit_chosen(struct ui_state *state)
{
	const struct ui_lane *lane = ui_lane_now(state);
	const struct trace_agent *agent =
		lane ? trace_agent(state->trace, lane->agent_id) : NULL;
	bool ordinal = state->scale.ordinal;
	int64_t begin, end;

	if (state->marks[0].is_set && state->marks[1].is_set) {
		begin = ordinal ? (int64_t)state->marks[0].seq :
				  state->marks[0].ns;
		end = ordinal ? (int64_t)state->marks[1].seq :
				state->marks[1].ns;
	} else if (agent) {
		end = agent->ended_ns >= 0 ? agent->ended_ns : ui_end_ns(state);
		begin = agent->started_ns;
		if (ordinal) {
			begin = (int64_t)trace_seq_at(state->trace, begin);
			end = (int64_t)trace_seq_at(state->trace, end);
		}
	} else {
		return;
	}
	state->fit_all = false;
	ui_timescale_fit(&state->scale, begin < end ? begin : end,
			 begin < end ? end : begin);
}

static void switch_axis(struct ui_state *state)
{
	state->scale.ordinal = !state->scale.ordinal;
	state->scale.begin = 0;
	if (state->scale.ordinal) {
		/* One column an event, around the cursor. */
		int64_t all = ui_limit(state), columns = state->scale.columns;

		state->fit_all = all <= columns;
		state->scale.span = columns;
		state->scale.begin = (int64_t)state->cursor_seq - columns / 2;
		if (state->scale.begin < 1)
			state->scale.begin = 1;
	} else {
		state->fit_all = true;
	}
	ui_state_grown(state);
}

/* A, then B, then none. A is always the earlier one. */
static void mark(struct ui_state *state)
{
	int which = state->marks[0].is_set;

	if (state->marks[0].is_set && state->marks[1].is_set) {
		memset(state->marks, 0, sizeof(state->marks));
		return;
	}
	state->marks[which].is_set = true;
	state->marks[which].ns = state->cursor_ns;
	state->marks[which].seq = state->cursor_seq;
	if (which == 1 && state->marks[1].ns < state->marks[0].ns) {
		struct ui_state copy = *state;

		state->marks[0] = copy.marks[1];
		state->marks[1] = copy.marks[0];
	}
}

static void jump(struct ui_state *state)
{
	bool at_a = state->cursor_ns == state->marks[0].ns;
	int which = at_a && state->marks[1].is_set;

	state->playing = state->following = false;
	if (!state->marks[which].is_set) {
		ui_message(state, false, "%s", _("Set a mark with m first."));
		return;
	}
	ui_cursor_to_time(state, state->marks[which].ns);
	if (state->marks[which].seq)
		state->cursor_seq = state->marks[which].seq;
	ui_timescale_reveal(&state->scale, ui_cursor_position(state));
}

static void move_cursor(struct ui_state *state, int columns)
{
	const struct ui_timescale *scale = &state->scale;
	int64_t at = ui_timescale_column(scale, ui_cursor_position(state));
	int64_t to = ui_timescale_position(scale, (int)at + columns);

	state->playing = state->following = false;
	if (scale->ordinal) {
		if (to == (int64_t)state->cursor_seq)
			to += columns;
		ui_cursor_to_event(state, to > 1 ? (uint64_t)to : 1);
	} else {
		ui_cursor_to_time(state, to);
	}
}

static void go_to_moment(struct ui_state *state, int by)
{
	uint64_t best = 0;

	state->playing = state->following = false;
	for (size_t i = 0; state->lesson && i < state->lesson->moment_count;
	     i++) {
		uint64_t seq = state->lesson->moments[i].seq;

		if (by > 0 && seq > state->cursor_seq && (!best || seq < best))
			best = seq;
		if (by < 0 && seq < state->cursor_seq && seq > best)
			best = seq;
	}
	if (best) {
		ui_cursor_to_event(state, best);
		ui_follow_event(state);
	} else {
		ui_message(state, false, "%s", by > 0 ?
			   _("The lesson tells no later moment.") :
			   _("The lesson tells no earlier moment."));
	}
}

static void choose_pane(struct ui_state *state, enum ui_pane pane)
{
	state->pane_large = state->pane == pane && !state->pane_large;
	state->pane = pane;
}

static void next_pane(struct ui_state *state, int by)
{
	state->pane = (state->pane + UI_PANE_COUNT + (unsigned)by) %
		      UI_PANE_COUNT;
}

static void change_knob(struct ui_state *state)
{
	struct lesson *lesson = state->lesson;
	size_t at = state->knob_at;

	if (!lesson || lesson->knob_count == 0 || at >= UI_KNOBS) {
		ui_message(state, false, "%s", _("There is no knob to turn."));
		return;
	}
	ui_turn_knob(state, at, 1);
}

static bool update_axis(struct ui_state *state, enum ui_action action)
{
	int tenth = state->scale.columns / 10 > 0 ? state->scale.columns / 10 :
						    1;

	switch (action) {
	case UI_ACTION_LEFT: move_cursor(state, -1); break;
	case UI_ACTION_RIGHT: move_cursor(state, 1); break;
	case UI_ACTION_PAN_LEFT:
	case UI_ACTION_PAN_RIGHT:
		state->fit_all = false;
		ui_timescale_pan(&state->scale,
				 action == UI_ACTION_PAN_LEFT ? -tenth : tenth,
				 ui_limit(state));
		break;
	case UI_ACTION_ZOOM_IN: zoom(state, 0.5); break;
	case UI_ACTION_ZOOM_OUT: zoom(state, 2); break;
	case UI_ACTION_FIT: fit_chosen(state); break;
	case UI_ACTION_FIT_ALL:
		state->fit_all = true;
		ui_state_grown(state);
		break;
	case UI_ACTION_ORDINAL: switch_axis(state); break;
	case UI_ACTION_MARK: mark(state); break;
	case UI_ACTION_JUMP: jump(state); break;
	default: return false;
	}
	return true;
}

static void scroll(struct ui_state *state, int by)
{
	int *at = state->legend ? &state->legend_scroll :
				  &state->pane_scroll[state->pane];

	*at += by;
	if (state->legend && *at < 0)
		*at = 0;
}

static bool update_panes(struct ui_state *state, enum ui_action action)
{
	switch (action) {
	case UI_ACTION_PANE: case UI_ACTION_PANE_BACK: case UI_ACTION_DETAILS:
	case UI_ACTION_PANE_SOURCE: case UI_ACTION_PANE_STORY:
	case UI_ACTION_PANE_OUTPUT: case UI_ACTION_SOURCE:
		if (state->legend) {	/* they are to be seen again */
			state->legend = false;
			return true;
		}
		break;
	default: break;
	}
	switch (action) {
	case UI_ACTION_PANE: next_pane(state, 1); break;
	case UI_ACTION_PANE_BACK: next_pane(state, -1); break;
	case UI_ACTION_PANE_SOURCE: choose_pane(state, UI_PANE_SOURCE); break;
	case UI_ACTION_PANE_STORY: choose_pane(state, UI_PANE_STORY); break;
	case UI_ACTION_PANE_OUTPUT: choose_pane(state, UI_PANE_OUTPUT); break;
	case UI_ACTION_DETAILS: state->details = !state->details; break;
	case UI_ACTION_SOURCE: state->python = !state->python; break;
	case UI_ACTION_SCROLL_UP: scroll(state, -3); break;
	case UI_ACTION_SCROLL_DOWN: scroll(state, 3); break;
	case UI_ACTION_LEGEND:
		state->legend = !state->legend;
		state->legend_scroll = 0;
		break;
	case UI_ACTION_KNOB: change_knob(state); break;
	case UI_ACTION_KNOB_NEXT:
		if (state->lesson && state->lesson->knob_count > 0)
			state->knob_at = (state->knob_at + 1) %
					 state->lesson->knob_count;
		break;
	default: return false;
	}
	return true;
}

bool ui_update_stage(struct ui_state *state, enum ui_action action,
		     enum ui_request *request)
{
	(void)request;
	if (!state->trace)
		return false;
	switch (action) {
	case UI_ACTION_LANE_UP:
		if (state->lane > 0)
			ui_choose_lane(state, state->lane - 1);
		return true;
	case UI_ACTION_LANE_DOWN:
		ui_choose_lane(state, state->lane + 1);
		return true;
	case UI_ACTION_MOMENT: go_to_moment(state, 1); return true;
	case UI_ACTION_MOMENT_BACK: go_to_moment(state, -1); return true;
	case UI_ACTION_START:
		state->playing = state->following = false;
		ui_cursor_to_event(state, 1);
		return true;
	case UI_ACTION_END:
		state->playing = false;
		state->following = state->live;
		ui_cursor_to_event(state, trace_info(state->trace)->events);
		return true;
	default:
		return update_axis(state, action) ||
		       update_panes(state, action);
	}
}

void ui_update_mouse(struct ui_state *state, int x, int y, int wheel)
{
	struct ui_stage_layout layout;
	const struct ui_rect *plot = &layout.plot;
	int row;

	if (ui_view_now(state) != UI_VIEW_STAGE || !state->trace)
		return;
	ui_stage_layout(state, &layout);
	row = y - plot->y;
	if (wheel) {
		zoom(state, wheel > 0 ? 0.5 : 2);
		return;
	}
	for (int pane = 0; pane < UI_PANE_COUNT; pane++) {
		const struct ui_rect *r = &layout.panes[pane];

		if (x >= r->x && x < r->x + r->columns && y >= r->y &&
		    y < r->y + r->rows)
			state->pane = (enum ui_pane)pane;
	}
	if (row < 0 || row >= plot->rows)
		return;
	ui_choose_lane(state, state->lane_top + (size_t)(row / layout.pitch));
	if (x < plot->x)
		return;
	state->playing = state->following = false;
	if (state->scale.ordinal)
		ui_cursor_to_event(state, (uint64_t)ui_timescale_position(
				   &state->scale, x - plot->x));
	else
		ui_cursor_to_time(state, ui_timescale_position(&state->scale,
							       x - plot->x));
}
