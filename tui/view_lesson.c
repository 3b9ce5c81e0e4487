#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/flow.h"
#include "tui/list.h"
#include "traces/i18n.h"

static bool must_predict(const struct ui_state *state)
{
	return state->lesson->answer_count > 0 && state->answer < 0 &&
	       !state->skip_prediction;
}

/* Rows that can be chosen: the answers, the knobs, and last "run it". */
static int row_count(const struct lesson *lesson)
{
	return (int)(lesson->answer_count + lesson->knob_count) + 1;
}

static void add_answers(const struct ui_state *state, struct ui_flow *flow,
			int *chosen_line)
{
	const struct lesson *lesson = state->lesson;

	if (!*lesson->question && !lesson->answer_count)
		return;
	ui_flow_gap(flow);
	ui_flow_add(flow, UI_ROLE_KEYWORD, 0, _("What do you expect?"));
	ui_flow_plain(flow, state->ascii, lesson->question);
	for (size_t i = 0; i < lesson->answer_count; i++) {
		bool chosen = state->page_row == (int)i;
		bool given = state->answer == (int)i;
		char *label = ui_format(" %s ", ui_glyph(state->ascii, given ?
					UI_GLYPH_RADIO_ON :
					UI_GLYPH_RADIO_OFF));

		if (chosen)
			*chosen_line = flow->count;
		ui_flow_pair(flow, chosen ? UI_ROLE_CHOSEN : UI_ROLE_STRONG,
			     label, 4, chosen ? UI_ROLE_CHOSEN : given ?
			     UI_ROLE_STRONG : UI_ROLE_TEXT,
			     lesson->answers[i].text);
		free(label);
	}
}

static void add_knobs(const struct ui_state *state, struct ui_flow *flow,
		      int *chosen_line)
{
	const struct lesson *lesson = state->lesson;

	if (lesson->knob_count == 0)
		return;
	ui_flow_gap(flow);
	ui_flow_add(flow, UI_ROLE_KEYWORD, 0, _("What if?"));
	for (size_t i = 0; i < lesson->knob_count && i < UI_KNOBS; i++) {
		const struct lesson_knob *knob = &lesson->knobs[i];
		bool chosen = state->page_row == (int)(lesson->answer_count + i);
		char *label = ui_format(" %s = %s %s %s ", knob->name,
			ui_glyph(state->ascii, UI_GLYPH_KNOB_LEFT),
			knob->values[state->knobs[i]],
			ui_glyph(state->ascii, UI_GLYPH_KNOB_RIGHT));

		if (chosen)
			*chosen_line = flow->count;
		ui_flow_pair(flow, chosen ? UI_ROLE_CHOSEN : UI_ROLE_STRONG,
			     label, 26, UI_ROLE_DIM, knob->question);
		free(label);
	}
}

static void add_run(const struct ui_state *state, struct ui_flow *flow,
		    int *chosen_line)
{
	bool chosen = state->page_row + 1 == row_count(state->lesson);
	char *label = ui_format(" %s %s ", ui_glyph(state->ascii, UI_GLYPH_PLAY),
				_("run it"));

	ui_flow_gap(flow);
	if (chosen)
		*chosen_line = flow->count;
	ui_flow_pair(flow, chosen ? UI_ROLE_CHOSEN : UI_ROLE_STRONG, label, 14,
		     UI_ROLE_DIM, must_predict(state) ?
		     _("first predict: choose an answer with Enter") :
		     _("Enter or r; the lanes will tell"));
	free(label);
}

static void draw(const struct ui_state *state, struct ui_canvas *canvas,
		 struct ui_rect area)
{
	struct ui_flow flow = { .columns = area.columns > 100 ? 96 :
				area.columns - 4 };
	const struct lesson *lesson = state->lesson;
	int chosen = 0, answers, least, from;

	if (!lesson)
		return;
	ui_flow_add(&flow, UI_ROLE_STRONG, 0, lesson->about);
	ui_flow_gap(&flow);
	ui_flow_plain(&flow, state->ascii, lesson->claim);
	add_answers(state, &flow, &chosen);
	answers = flow.count;
	add_knobs(state, &flow, &chosen);
	add_run(state, &flow, &chosen);
	area.x = area.columns > 104 ? (area.columns - 98) / 2 : 2;
	area.columns = flow.columns + 2;
	area.y++;
	area.rows--;
	/* The text begins at its top; it moves only as far as the chosen row
	 * needs, with two lines after it; one answer brings all in sight. */
	least = chosen + 3;
	if (chosen > 0 && chosen < answers && answers + 1 > least &&
	    answers - chosen < area.rows - 4)
		least = answers + 1;
	from = least > area.rows ? least - area.rows : 0;
	ui_flow_draw(&flow, canvas, area, from);
	ui_flow_finish(&flow);
}

static void turn_knob(struct ui_state *state, int by)
{
	int knob = state->page_row - (int)state->lesson->answer_count;

	if (knob < 0 || knob >= (int)state->lesson->knob_count ||
	    knob >= UI_KNOBS)
		return;
	ui_turn_knob(state, (size_t)knob, by);
}

/* Shows the answers to somebody who would run it without one. */
static void insist(struct ui_state *state)
{
	if (state->page_row < 0 ||
	    state->page_row >= (int)state->lesson->answer_count)
		state->page_row = 0;
	ui_message(state, false, "%s",
		   _("First predict: what do you expect?"));
}

static void open_row(struct ui_state *state, enum ui_request *request)
{
	const struct lesson *lesson = state->lesson;

	if (state->page_row < 0) {
		state->page_row = 0;
	} else if (state->page_row < (int)lesson->answer_count) {
		state->answer = state->page_row;
		state->page_row = row_count(lesson) - 1;
	} else if (state->page_row + 1 < row_count(lesson)) {
		turn_knob(state, 1);
	} else if (must_predict(state)) {
		insist(state);
	} else {
		*request = UI_REQUEST_RUN;
	}
}

static bool act(struct ui_state *state, enum ui_action action,
		enum ui_request *request)
{
	int at = state->page_row;

	if (!state->lesson)
		return false;
	if (ui_list_move(action, &at, row_count(state->lesson), 5))
		state->page_row = action == UI_ACTION_MOVE_TOP ||
				  (action == UI_ACTION_MOVE_UP &&
				   state->page_row <= 0) ? -1 : at;
	else if (action == UI_ACTION_OPEN)
		open_row(state, request);
	else if (action == UI_ACTION_VALUE &&
		 state->page_row < (int)state->lesson->answer_count)
		open_row(state, request);
	else if (action == UI_ACTION_VALUE)
		turn_knob(state, 1);
	else if (action == UI_ACTION_VALUE_BACK)
		turn_knob(state, -1);
	else if (action == UI_ACTION_RUN && must_predict(state))
		insist(state);
	else
		return false;
	return true;
}

const struct ui_view ui_view_lesson = {
	.name = "lesson",
	.where = UI_IN_LESSON,
	.draw = draw,
	.action = act,
	.least_columns = 24,
	.least_rows = 6,
};
