#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/draw_status.h"

#include <stdio.h>
#include <string.h>

#include "tui/stage.h"
#include "tui/view.h"
#include "tui/width.h"
#include "traces/i18n.h"

static int draw_marks(const struct ui_state *state, struct ui_canvas *canvas,
		      int x, int y)
{
	char text[2][48], span[48];

	for (int i = 0; i < 2; i++) {
		if (!state->marks[i].is_set)
			return 0;
		ui_format_span(text[i], sizeof(text[i]), state->marks[i].ns,
			       canvas->ascii);
		if (i == 0 && !state->marks[1].is_set) {
			ui_format_span(span, sizeof(span), state->cursor_ns -
				       state->marks[0].ns, canvas->ascii);
			return ui_putf(canvas, x, y, UI_ROLE_STATUS_STRONG,
				       _("A %s  to the cursor %s  "), text[0],
				       span);
		}
	}
	ui_format_span(span, sizeof(span),
		       state->marks[1].ns - state->marks[0].ns, canvas->ascii);
	return ui_putf(canvas, x, y, UI_ROLE_STATUS_STRONG,
		       _("A %s  B %s  difference %s  "), text[0], text[1],
		       span);
}

/* How the knob stands; or how it was set in the run, if that is not offered. */
static const char *knob_value(const struct ui_state *state, size_t at)
{
	const struct lesson_knob *knob = &state->lesson->knobs[at];
	const char *run = ui_knob_of_run(state, knob);

	return !state->knobs_changed && lesson_knob_index(knob, run) < 0 ?
	       run : knob->values[state->knobs[at]];
}

static int draw_knobs(const struct ui_state *state, struct ui_canvas *canvas,
		      int x, int y)
{
	const struct lesson *lesson = state->lesson;
	int start = x;

	if (!lesson || !state->trace)
		return 0;
	for (size_t i = 0; i < lesson->knob_count && i < UI_KNOBS; i++) {
		const struct lesson_knob *knob = &lesson->knobs[i];
		bool chosen = i == state->knob_at && lesson->knob_count > 1;

		x += ui_putf(canvas, x, y, state->knobs_changed ?
			     UI_ROLE_STATUS_STRONG : UI_ROLE_STATUS,
			     "%s%s=%s ", chosen ? ui_glyph(canvas->ascii,
				     UI_GLYPH_SELECTED) : "", knob->name,
			     knob_value(state, i));
	}
	if (state->knobs_changed)
		x += ui_put(canvas, x, y, UI_ROLE_STATUS_STRONG,
			    _("(changed: r runs again) "));
	return x - start + 2;
}

/* At the right: what the chosen lane shows at the cursor, in its colour and in words;
 * and what it is exactly now, if its column covers more than that. As much of it as
 * there is room for. Returns where it begins. */
static int draw_here(const struct ui_state *state, struct ui_canvas *canvas,
		     int left, int y)
{
	struct ui_here here;
	char words[160];
	const char *name, *glyph;
	const char *key = ui_action_row(UI_ACTION_LEGEND)->keys;
	int room = state->columns - left - 3, sample = 3, x;

	ui_stage_here(state, &here);
	if (!here.shown)
		return state->columns;
	name = ui_stage_state_name(here.shown);
	snprintf(words, sizeof(words), here.now != here.shown ?
		 _(" %s (now: %s) ") : " %s ", name,
		 here.now ? ui_stage_state_name(here.now) : _("not there"));
	if (sample + ui_text_columns(words, strlen(words)) > room)
		snprintf(words, sizeof(words), " %s ", name);
	if (sample + ui_text_columns(words, strlen(words)) > room)
		sample = 1;
	x = state->columns - sample - ui_text_columns(words, strlen(words));
	if (x < left + 1)
		return state->columns;
	/* Where the other signs are explained. */
	if (x - 4 > left)
		ui_putf(canvas, x -= 4, y, UI_ROLE_KEY, " %s ", key);
	glyph = ui_state_glyph(canvas->ascii, here.shown);
	left = x;
	x = state->columns - sample - ui_text_columns(words, strlen(words));
	for (int i = 0; i < sample; i++)
		ui_put(canvas, x + i, y, ui_role_of_state(here.shown), glyph);
	ui_put(canvas, x + sample, y, UI_ROLE_STATUS, words);
	return left;
}

static void draw_position(const struct ui_state *state,
			  struct ui_canvas *canvas, int x, int y)
{
	char column[48], text[96];
	int right;

	x += ui_putf(canvas, x, y, UI_ROLE_STATUS, _("event %llu of %llu"),
		     (unsigned long long)state->cursor_seq,
		     (unsigned long long)trace_info(state->trace)->events);
	if (ui_view_now(state) != UI_VIEW_STAGE)
		return;
	right = draw_here(state, canvas, x, y);
	if (state->scale.ordinal) {
		snprintf(text, sizeof(text), "%s", _("  axis: events"));
	} else {
		ui_format_span(column, sizeof(column), state->scale.span /
			       state->scale.columns, canvas->ascii);
		snprintf(text, sizeof(text), _("  1 column = %s"), column);
	}
	if (x + ui_text_columns(text, strlen(text)) < right)
		ui_put(canvas, x, y, UI_ROLE_STATUS, text);
}

void ui_draw_status(const struct ui_state *state, struct ui_canvas *canvas,
			int y)
{
	struct ui_rect row = { 0, y, state->columns, 1 };
	int x = 1;

	ui_fill(canvas, row, UI_ROLE_STATUS, " ");
	if (state->prompt) {
		x += ui_put(canvas, x, y, UI_ROLE_STATUS_STRONG,
			    state->prompt == UI_PROMPT_SEARCH ?
			    _("search: ") : _("show only: "));
		x += ui_put(canvas, x, y, UI_ROLE_STATUS, state->typed);
		ui_put(canvas, x, y, UI_ROLE_CURSOR, " ");
		return;
	}
	if (*state->message) {
		ui_fill(canvas, row, state->message_is_error ? UI_ROLE_ERROR :
			UI_ROLE_WARNING, " ");
		ui_put_fitted(canvas, x, y, state->columns - 2,
			      state->message_is_error ? UI_ROLE_ERROR :
			      UI_ROLE_WARNING, state->message);
		return;
	}
	if (!state->trace)
		return;
	x += draw_marks(state, canvas, x, y);
	x += draw_knobs(state, canvas, x, y);
	draw_position(state, canvas, x, y);
}
