#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/draw_status.h"

#include <stdio.h>
#include <string.h>

#include "tui/buffer.h"
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

/* Knobs share the row with what is told of the chosen lane. Where that is more than
 * there is room for, the row is told more briefly, step by step. */
enum brevity {
	IN_FULL,
	SHORT_POSITION,		/* "46/46", and no scale */
	FEW_KNOBS,		/* those that are not as they were made */
	CHOSEN_KNOB		/* and of them only the chosen one */
};

static bool is_left_out(const struct ui_state *state, size_t at,
			enum brevity brevity)
{
	if (brevity < FEW_KNOBS || at == state->knob_at)
		return false;
	return brevity >= CHOSEN_KNOB
	       || strcmp(knob_value(state, at),
			 state->lesson->knobs[at].values[0]) == 0;
}

/* Returns its columns; draws only with a canvas. */
static int draw_knobs(const struct ui_state *state, struct ui_canvas *canvas,
		      int x, int y, enum brevity brevity)
{
	const struct lesson *lesson = state->lesson;
	enum ui_role role = state->knobs_changed ? UI_ROLE_STATUS_STRONG :
						   UI_ROLE_STATUS;
	struct ui_buffer text = { 0 };
	bool is_all = true;
	int columns;

	if (!lesson || !state->trace)
		return 0;
	ui_buffer_puts(&text, "");
	for (size_t i = 0; i < lesson->knob_count && i < UI_KNOBS; i++) {
		bool chosen = i == state->knob_at && lesson->knob_count > 1;

		if (is_left_out(state, i, brevity))
			is_all = false;
		else
			ui_buffer_printf(&text, "%s%s=%s ", chosen ?
				ui_glyph(state->ascii, UI_GLYPH_SELECTED) : "",
				lesson->knobs[i].name, knob_value(state, i));
	}
	if (!is_all)
		ui_buffer_printf(&text, "%s ", ui_glyph(state->ascii,
							UI_GLYPH_ELLIPSIS));
	if (state->knobs_changed)
		ui_buffer_puts(&text, _("(changed: r runs again) "));
	columns = ui_text_columns(text.bytes, text.length);
	if (canvas)
		ui_put(canvas, x, y, role, text.bytes);
	ui_buffer_finish(&text);
	return columns + (brevity == IN_FULL ? 2 : 1);
}

static void format_position(const struct ui_state *state, enum brevity brevity,
			    char *out, size_t size)
{
	snprintf(out, size, brevity == IN_FULL ? _("event %llu of %llu") :
		 "%llu/%llu", (unsigned long long)state->cursor_seq,
		 (unsigned long long)trace_info(state->trace)->events);
}

/* What the chosen lane shows at the cursor; and what it is exactly now, if its column
 * covers more than that. */
static void format_here(const struct ui_here *here, char *out, size_t size)
{
	snprintf(out, size, here->now != here->shown ?
		 _(" %s (now: %s) ") : " %s ", ui_stage_state_name(here->shown),
		 here->now ? ui_stage_state_name(here->now) : _("not there"));
}

/* At the right, in its colour and in words, as much of it as there is room for. Returns
 * where it begins. */
static int draw_here(const struct ui_state *state, struct ui_canvas *canvas,
		     int left, int y)
{
	struct ui_here here;
	char words[160];
	const char *name, *glyph;
	const char *key = ui_action_row(UI_ACTION_LEGEND)->keys;
	int room = state->columns - left - 1, sample = 3, x;

	ui_stage_here(state, &here);
	if (!here.shown)
		return state->columns;
	name = ui_stage_state_name(here.shown);
	format_here(&here, words, sizeof(words));
	if (1 + ui_text_columns(words, strlen(words)) > room)
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

static bool is_room_for(const struct ui_state *state, int x, enum brevity brevity,
			const char *here)
{
	char position[96];

	format_position(state, brevity, position, sizeof(position));
	return x + draw_knobs(state, NULL, 0, 0, brevity)
	       + ui_text_columns(position, strlen(position)) + 2
	       + ui_text_columns(here, strlen(here)) <= state->columns;
}

/* No briefer than it must be. */
static enum brevity choose_brevity(const struct ui_state *state, int x)
{
	struct ui_here here = { 0, 0 };
	char words[160];

	if (ui_view_now(state) != UI_VIEW_STAGE)
		return IN_FULL;
	ui_stage_here(state, &here);
	for (int tries = 0; here.shown && tries < 2; tries++) {
		format_here(&here, words, sizeof(words));
		for (enum brevity b = IN_FULL; b <= CHOSEN_KNOB; b++)
			if (is_room_for(state, x, b, words))
				return b;
		here.now = here.shown;	/* then without "(now: ...)" */
	}
	return IN_FULL;
}

static void draw_position(const struct ui_state *state,
			  struct ui_canvas *canvas, int x, int y,
			  enum brevity brevity)
{
	char column[48], text[96];
	int right;

	format_position(state, brevity, text, sizeof(text));
	x += ui_put(canvas, x, y, UI_ROLE_STATUS, text);
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
	enum brevity brevity;
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
	brevity = choose_brevity(state, x);
	x += draw_knobs(state, canvas, x, y, brevity);
	draw_position(state, canvas, x, y, brevity);
}
