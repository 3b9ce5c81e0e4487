#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/events.h"
#include "tui/lanes.h"
#include "tui/list.h"
#include "tui/tell.h"
#include "traces/i18n.h"

bool ui_events_filtered(const struct ui_state *state)
{
	return *state->filter || state->one_lane;
}

uint64_t ui_events_next(const struct ui_state *state, uint64_t seq, int step)
{
	const struct ui_lane *lane = ui_lane_now(state);
	uint32_t only = state->one_lane && lane ? lane->agent_id : 0;

	if (!*state->filter)
		return trace_next(state->trace, seq, step, only, 0);
	/* Both filters: what contains the text, of that lane. */
	for (int tries = 0; tries < 1000; tries++) {
		struct trace_record record;

		seq = trace_search(state->trace, seq, step, state->filter);
		if (!seq || !only ||
		    (trace_events(state->trace, seq, 1, &record) == 1 &&
		     record.agent_id == only))
			return seq;
	}
	return 0;
}

void ui_events_find(struct ui_state *state)
{
	int rows = ui_view_area(state).rows, before = 0;
	uint64_t back[UI_LISTED / 2], seq;

	state->listed_count = state->listed_cursor = 0;
	if (!state->trace || ui_view_now(state) != UI_VIEW_EVENTS)
		return;
	rows = rows > UI_LISTED ? UI_LISTED : rows < 2 ? 2 : rows;
	seq = state->cursor_seq + 1;
	while (before < rows / 2 && (seq = ui_events_next(state, seq, -1)))
		back[before++] = seq;
	for (int i = before; i-- > 0;)
		state->listed[state->listed_count++] = back[i];
	state->listed_cursor = before - 1;
	seq = state->cursor_seq;
	while (state->listed_count < rows &&
	       (seq = ui_events_next(state, seq, 1)))
		state->listed[state->listed_count++] = seq;
}

static bool matches(const char *text, const char *needle)
{
	return *needle && strcasestr(text, needle);
}

static void draw_event(const struct ui_state *state, struct ui_canvas *canvas,
		       struct ui_rect row, uint64_t seq, bool chosen)
{
	struct trace_record record;
	enum ui_role role = chosen ? UI_ROLE_CHOSEN : UI_ROLE_TEXT;
	char time[48], kind[64];
	char *sentence;
	int x = row.x;

	if (trace_events(state->trace, seq, 1, &record) < 1)
		return;
	sentence = ui_tell(state->trace, &record);
	snprintf(kind, sizeof(kind), "%s", trace_kind_name(state->trace,
							   record.kind));
	snprintf(time, sizeof(time), "%.6f", (double)record.t_ns / 1e9);
	ui_fill(canvas, row, role, " ");
	x += ui_putf(canvas, x, row.y, chosen ? role : UI_ROLE_DIM,
		     "%7llu %12s  ", (unsigned long long)seq, time);
	if (row.columns >= 76) {
		ui_put_fitted(canvas, x, row.y, 18, chosen ? role :
			      matches(kind, state->needle) ? UI_ROLE_FOUND :
			      UI_ROLE_KEYWORD, kind);
		x += 19;
	}
	ui_put_fitted(canvas, x, row.y, row.columns - (x - row.x),
		      !chosen && matches(sentence, state->needle) ?
		      UI_ROLE_FOUND : role, sentence);
	free(sentence);
}

static int draw_filter(const struct ui_state *state, struct ui_canvas *canvas,
		       struct ui_rect area)
{
	const struct ui_lane *lane = ui_lane_now(state);
	int x = area.x + 1;

	if (!ui_events_filtered(state))
		return 0;
	x += ui_put(canvas, x, area.y, UI_ROLE_MARK, _(" only "));
	if (*state->filter)
		x += ui_putf(canvas, x + 1, area.y, UI_ROLE_STRONG, "\"%s\"",
			     state->filter) + 1;
	if (state->one_lane && lane)
		ui_put(canvas, x + 1, area.y, UI_ROLE_STRONG,
		       ui_lane_name(state, lane));
	return 1;
}

static void draw(const struct ui_state *state, struct ui_canvas *canvas,
		 struct ui_rect area)
{
	int used = draw_filter(state, canvas, area), first;

	area.y += used;
	area.rows -= used;
	first = ui_list_first(state->listed_cursor, state->listed_count,
			      area.rows);
	ui_clip(canvas, area);
	for (int i = first; i < state->listed_count && i < first + area.rows;
	     i++)
		draw_event(state, canvas, (struct ui_rect){
			   area.x, area.y + i - first, area.columns, 1 },
			   state->listed[i], state->listed[i] ==
			   state->cursor_seq);
	if (state->listed_count == 0)
		ui_put(canvas, area.x + 2, area.y + 1, UI_ROLE_DIM,
		       _("No such event."));
}

static void move(struct ui_state *state, enum ui_action action)
{
	int page = ui_view_area(state).rows - 2, times = 1, step = 1;
	uint64_t seq = state->cursor_seq, next;

	if (action == UI_ACTION_MOVE_UP || action == UI_ACTION_MOVE_PAGE_UP)
		step = -1;
	if (action == UI_ACTION_MOVE_PAGE_UP ||
	    action == UI_ACTION_MOVE_PAGE_DOWN)
		times = page > 1 ? page : 1;
	if (action == UI_ACTION_MOVE_TOP)
		seq = 0;
	if (action == UI_ACTION_MOVE_BOTTOM) {
		seq = trace_info(state->trace)->events + 1;
		step = -1;
	}
	while (times-- > 0 && (next = ui_events_next(state, seq, step)))
		seq = next;
	if (seq && seq <= trace_info(state->trace)->events)
		ui_cursor_to_event(state, seq);
}

static bool act(struct ui_state *state, enum ui_action action,
		enum ui_request *request)
{
	int ignored = 0;

	(void)request;
	if (!state->trace)
		return false;
	if (ui_list_move(action, &ignored, 1, 1)) {
		state->following = state->playing = false;
		move(state, action);
	} else if (action == UI_ACTION_OPEN_EVENT) {
		ui_view_push(state, UI_VIEW_STAGE);
	} else if (action == UI_ACTION_ONE_LANE) {
		state->one_lane = !state->one_lane;
	} else if (action == UI_ACTION_FILTER) {
		state->prompt = UI_PROMPT_FILTER;
		snprintf(state->typed, sizeof(state->typed), "%s",
			 state->filter);
	} else {
		return false;
	}
	ui_events_find(state);
	return true;
}

const struct ui_view ui_view_events = {
	.name = "events",
	.where = UI_IN_EVENTS,
	.draw = draw,
	.action = act,
	.least_columns = 24,
	.least_rows = 4,
};
