#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/update.h"

#include <stdlib.h>
#include <string.h>

#include "tui/events.h"
#include "traces/i18n.h"

static const double speeds[UI_SPEEDS] = {
	0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100
};

double ui_speed(int index)
{
	return speeds[index < 0 ? 0 : index >= UI_SPEEDS ? UI_SPEEDS - 1 :
		      index];
}

/* Going by hand ends going by itself. */
static void hold(struct ui_state *state)
{
	state->playing = false;
	state->following = false;
}

static void go(struct ui_state *state, uint64_t seq, const char *otherwise)
{
	hold(state);
	if (seq) {
		ui_cursor_to_event(state, seq);
		ui_follow_event(state);
	} else {
		ui_message(state, false, "%s", otherwise);
	}
}

static void step(struct ui_state *state, int by)
{
	uint64_t last = trace_info(state->trace)->events;

	hold(state);
	if (by > 0 ? state->cursor_seq >= last : state->cursor_seq <= 1) {
		ui_message(state, false, "%s", by > 0 ?
			   _("This is the last event.") :
			   _("This is the first event."));
		return;
	}
	ui_cursor_to_event(state, state->cursor_seq + (uint64_t)by);
	ui_follow_event(state);
}

static void step_lane(struct ui_state *state, int by)
{
	const struct ui_lane *lane = ui_lane_now(state);

	if (!lane || !lane->agent_id)
		return;
	go(state, trace_next(state->trace, state->cursor_seq, by,
			     lane->agent_id, 0),
	   _("No further event on this lane."));
}

/* The arrow at the cursor; else the nearest one that leaves (or reaches) the
 * chosen lane after (or before) it. */
static bool find_arrow(struct ui_state *state, int by,
		       struct trace_arrow *found)
{
	struct trace_arrow arrows[256];
	const struct ui_lane *lane = ui_lane_now(state);
	int64_t end = ui_end_ns(state);
	int count;

	if (trace_arrow_at(state->trace, state->cursor_seq, by, found) >= 0)
		return true;
	count = by > 0 ?
		trace_arrows(state->trace, state->cursor_ns, end, 256, arrows) :
		trace_arrows(state->trace, 0, state->cursor_ns, 256, arrows);
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < count; i++) {
			struct trace_arrow *a = &arrows[by > 0 ? i :
							count - 1 - i];
			uint64_t near = by > 0 ? a->from_seq : a->to_seq;
			uint32_t agent = by > 0 ? a->from_agent_id :
						  a->to_agent_id;

			if ((by > 0 ? near <= state->cursor_seq :
				      near >= state->cursor_seq) ||
			    (!pass && lane && agent != lane->agent_id))
				continue;
			*found = *a;
			return true;
		}
	return false;
}

static void follow_arrow(struct ui_state *state, int by)
{
	struct trace_arrow arrow;
	int lane;

	hold(state);
	if (!find_arrow(state, by, &arrow)) {
		ui_message(state, false, "%s", _("No arrow from here."));
		return;
	}
	lane = ui_lane_of(state, by > 0 ? arrow.to_agent_id :
					  arrow.from_agent_id);
	if (lane >= 0)
		ui_choose_lane(state, (size_t)lane);
	ui_cursor_to_event(state, by > 0 ? arrow.to_seq : arrow.from_seq);
}

static void play(struct ui_state *state)
{
	if (state->live && (state->following || state->playing)) {
		hold(state);
		return;
	}
	if (!state->playing && state->cursor_ns >= ui_end_ns(state)) {
		if (state->live) {
			state->following = true;
			return;
		}
		ui_cursor_to_event(state, 1);
	}
	state->following = false;
	state->playing = !state->playing;
}

void ui_update_search(struct ui_state *state, int by)
{
	uint64_t found;

	if (!*state->needle) {
		ui_message(state, false, "%s", _("Search with / first."));
		return;
	}
	found = trace_search(state->trace, state->cursor_seq, by,
			     state->needle);
	if (!found)	/* round the corner */
		found = trace_search(state->trace, by > 0 ? 0 :
				     trace_info(state->trace)->events + 1, by,
				     state->needle);
	go(state, found, _("Nothing found."));
}

bool ui_update_replay(struct ui_state *state, enum ui_action action)
{
	if (!state->trace)
		return false;
	switch (action) {
	case UI_ACTION_PLAY: play(state); break;
	case UI_ACTION_STEP: step(state, 1); break;
	case UI_ACTION_STEP_BACK: step(state, -1); break;
	case UI_ACTION_LANE_STEP: step_lane(state, 1); break;
	case UI_ACTION_LANE_STEP_BACK: step_lane(state, -1); break;
	case UI_ACTION_ARROW: follow_arrow(state, 1); break;
	case UI_ACTION_ARROW_BACK: follow_arrow(state, -1); break;
	case UI_ACTION_SLOWER:
		state->speed -= state->speed > 0;
		break;
	case UI_ACTION_FASTER:
		state->speed += state->speed < UI_SPEEDS - 1;
		break;
	case UI_ACTION_SEARCH:
		state->prompt = UI_PROMPT_SEARCH;
		*state->typed = '\0';
		break;
	case UI_ACTION_NEXT: ui_update_search(state, 1); break;
	case UI_ACTION_PREVIOUS: ui_update_search(state, -1); break;
	default: return false;
	}
	return true;
}

/* Where now is on a trace that still grows. Its clock is ours, with an offset that
 * is learned from its newest event: no event is from the future. */
static bool tick_live(struct ui_state *state, int64_t clock_ns)
{
	int64_t last = trace_info(state->trace)->last_ns;

	if (!state->live_offset_ns || clock_ns + state->live_offset_ns < last)
		state->live_offset_ns = last - clock_ns;
	state->now_ns = clock_ns + state->live_offset_ns;
	if (state->following) {
		state->cursor_ns = ui_end_ns(state);
		state->cursor_seq = trace_info(state->trace)->events;
	}
	ui_state_grown(state);
	if (state->following && !state->fit_all)
		ui_timescale_reveal(&state->scale, ui_cursor_position(state));
	return true;
}

bool ui_tick(struct ui_state *state, int64_t elapsed_ns, int64_t clock_ns)
{
	bool changed = false;
	int64_t to, end;

	if (!state->trace)
		return false;
	if (state->live)
		changed = tick_live(state, clock_ns);
	if (!state->playing)
		return changed;
	end = ui_end_ns(state);
	to = state->cursor_ns + (int64_t)((double)elapsed_ns *
					  ui_speed(state->speed));
	if (to >= end) {
		state->playing = false;
		state->following = state->live;
		if (!state->live) {
			ui_cursor_to_event(state,
					   trace_info(state->trace)->events);
			ui_events_find(state);
			return true;
		}
	}
	ui_cursor_to_time(state, to);
	ui_events_find(state);
	return true;
}
