#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/stage.h"
#include "tui/width.h"
#include "traces/i18n.h"

#define UI_VIEW(symbol, ops, title) extern const struct ui_view ops;
#include "tui/views.def"
#undef UI_VIEW

static const struct ui_view *const views[UI_VIEW_COUNT] = {
#define UI_VIEW(symbol, ops, title) [UI_VIEW_##symbol] = &ops,
#include "tui/views.def"
#undef UI_VIEW
};

static const char *const titles[UI_VIEW_COUNT] = {
#define UI_VIEW(symbol, ops, title) [UI_VIEW_##symbol] = title,
#include "tui/views.def"
#undef UI_VIEW
};

const struct ui_view *ui_view_ops(enum ui_view_id view)
{
	return views[view];
}

const char *ui_view_title(enum ui_view_id view)
{
	return _(titles[view]);
}

int ui_view_named(const char *name)
{
	for (int i = 0; i < UI_VIEW_COUNT; i++)
		if (strcmp(views[i]->name, name) == 0)
			return i;
	return -1;
}

/* Where it is low, status and footer make room. */
static int bottom_rows(const struct ui_state *state)
{
	return state->rows >= 14 ? 2 : 1;
}

struct ui_rect ui_view_area(const struct ui_state *state)
{
	int rows = state->rows - 1 - bottom_rows(state);

	return (struct ui_rect){ 0, 1, state->columns, rows > 0 ? rows : 0 };
}

static const char *subject(const struct ui_state *state)
{
	const char *slash;

	if (state->lesson && ui_view_now(state) != UI_VIEW_MENU)
		return state->lesson->title;
	if (!state->trace)
		return _("processes you can watch");
	if (*trace_info(state->trace)->program)
		slash = trace_info(state->trace)->program;
	else
		slash = trace_info(state->trace)->path;
	return strrchr(slash, '/') ? strrchr(slash, '/') + 1 : slash;
}

/* "1x", "0.5x"; the time; how it runs. Returns the columns it takes. */
static int draw_transport(const struct ui_state *state,
			  struct ui_canvas *canvas)
{
	char now[48], end[48], text[160], badge[48];
	int64_t step = state->scale.ordinal ? 1000000 :
		       ui_timescale_step(&state->scale, 1);
	const char *glyph = ui_glyph(canvas->ascii, state->playing ?
				     UI_GLYPH_PLAY : UI_GLYPH_PAUSE);
	int columns, x;

	if (!state->trace || state->columns < 50)
		return 0;
	if (step > 10000000)
		step = 10000000;
	ui_format_time(now, sizeof(now), state->cursor_ns, step, canvas->ascii);
	ui_format_time(end, sizeof(end), ui_end_ns(state), step, canvas->ascii);
	snprintf(text, sizeof(text), " %s %gx  %s / %s ", glyph,
		 ui_speed(state->speed), now, end);
	snprintf(badge, sizeof(badge), " %s%s ", state->live ?
		 ui_glyph(canvas->ascii, UI_GLYPH_LIVE) : "",
		 state->live ? _(" LIVE") : _("REPLAY"));
	columns = ui_text_columns(text, strlen(text)) +
		  ui_text_columns(badge, strlen(badge));
	x = state->columns - columns;
	x += ui_put(canvas, x, 0, state->live ? UI_ROLE_LIVE : UI_ROLE_REPLAY,
		    badge);
	ui_put(canvas, x, 0, UI_ROLE_TITLE, text);
	return columns;
}

/* Number and name of the lesson, or the file's name; then which view. Where it
 * is narrow, the name is cut, not the view. */
static void draw_subject(const struct ui_state *state, struct ui_canvas *canvas,
			 int x, int right)
{
	enum ui_view_id view = ui_view_now(state);
	bool has_view = view != UI_VIEW_STAGE && view != UI_VIEW_MENU;
	const char *title = ui_view_title(view), *name = subject(state);
	int wanted = has_view ? ui_text_columns(title, strlen(title)) + 6 : 1;
	int columns = ui_text_columns(name, strlen(name));

	if (state->lesson && state->lesson->number && view != UI_VIEW_MENU)
		x += ui_putf(canvas, x, 0, UI_ROLE_TITLE, "%u  ",
			     state->lesson->number);
	if (columns > right - x - wanted)
		columns = right - x - wanted;
	if (columns > 0)
		ui_put_fitted(canvas, x, 0, columns, UI_ROLE_TITLE, name);
	if (has_view)
		ui_putf(canvas, x + (columns > 0 ? columns : 0), 0,
			UI_ROLE_TITLE_DIM, "  %s  %s",
			ui_glyph(canvas->ascii, UI_GLYPH_SELECTED), title);
}

static void draw_title(const struct ui_state *state, struct ui_canvas *canvas)
{
	struct ui_rect row = { 0, 0, state->columns, 1 };
	uint64_t lost = state->trace ? trace_info(state->trace)->lost : 0;
	int x = 0, right;

	ui_fill(canvas, row, UI_ROLE_TITLE, " ");
	if (!state->trace || state->columns >= 100)
		x = ui_put(canvas, 0, 0, UI_ROLE_TITLE_DIM, " forkscope ");
	right = state->columns - draw_transport(state, canvas);
	if (lost)
		right -= ui_putf(canvas, right - 14, 0, UI_ROLE_ERROR,
				 " %s %-7llu", _("lost"),
				 (unsigned long long)lost) + 1;
	ui_clip(canvas, (struct ui_rect){ x, 0, right - x, 1 });
	draw_subject(state, canvas, x + 1, right);
	ui_unclip(canvas);
}

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

static void draw_status(const struct ui_state *state, struct ui_canvas *canvas,
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

/* Whether a key would do something: what belongs to a lesson needs one. */
static bool is_of_use(const struct ui_state *state, enum ui_action action)
{
	const struct lesson *lesson = state->lesson;

	switch (action) {
	case UI_ACTION_MOMENT: return lesson && lesson->moment_count > 0;
	case UI_ACTION_KNOB: return lesson && lesson->knob_count > 0;
	case UI_ACTION_RUN: return lesson && !state->live;
	case UI_ACTION_STOP: return state->live;
	case UI_ACTION_PAGE:
	case UI_ACTION_NOTES: return lesson != NULL;
	default: return true;
	}
}

static const char *hint_of(const struct ui_state *state, enum ui_action action)
{
	if (action == UI_ACTION_PLAY && state->playing)
		return _("pause");
	if (action == UI_ACTION_SOURCE && state->python)
		return "C";
	return _(ui_action_row(action)->hint);
}

/* A hint of the footer: a key, and a word. */
static int draw_hint(struct ui_canvas *canvas, int x, int y, const char *key,
		     size_t length, const char *hint)
{
	int start = x;

	x += ui_put(canvas, x, y, UI_ROLE_KEY, " ");
	x += ui_put_n(canvas, x, y, UI_ROLE_KEY, key, length);
	x += ui_put(canvas, x, y, UI_ROLE_KEY, " ");
	x += ui_put(canvas, x, y, UI_ROLE_HINT, hint);
	return x - start + 2;
}

/* Which hints have room, those of low rank first. */
static void choose_hints(const struct ui_state *state, bool *chosen)
{
	enum ui_where where = views[ui_view_now(state)]->where;
	int room = state->columns + 2;

	for (int rank = 1; rank <= UI_RANKS; rank++)
		for (int i = 1; i < UI_ACTION_COUNT; i++) {
			const struct ui_action_row *row = ui_action_row(i);
			const char *hint = hint_of(state, i);
			int needed = (int)strcspn(row->keys, " ") +
				     ui_text_columns(hint, strlen(hint)) + 4;

			if (row->rank != rank || !(row->where & where) ||
			    needed > room || !is_of_use(state, i))
				continue;
			chosen[i] = true;
			room -= needed;
		}
}

static void draw_footer(const struct ui_state *state, struct ui_canvas *canvas,
			int y)
{
	bool chosen[UI_ACTION_COUNT] = { false };
	int x = 0;

	choose_hints(state, chosen);
	for (int i = 1; i < UI_ACTION_COUNT; i++) {
		const char *keys = ui_action_row(i)->keys;

		if (chosen[i])
			x += draw_hint(canvas, x, y, keys, strcspn(keys, " "),
				       hint_of(state, i));
	}
}

static bool is_too_small(const struct ui_state *state,
			 struct ui_canvas *canvas, const struct ui_view *view)
{
	int least = view->least_rows + 2;

	if (state->columns >= view->least_columns && state->rows >= least)
		return false;
	ui_putf(canvas, 0, state->rows / 2, UI_ROLE_TEXT,
		_("needs %dx%d, have %dx%d"), view->least_columns, least,
		state->columns, state->rows);
	return true;
}

void ui_draw(const struct ui_state *state, struct ui_canvas *canvas)
{
	const struct ui_view *view = views[ui_view_now(state)];

	canvas->ascii = state->ascii;
	ui_canvas_clear(canvas);
	if (is_too_small(state, canvas, view))
		return;
	view->draw(state, canvas, ui_view_area(state));
	ui_unclip(canvas);
	draw_title(state, canvas);
	if (bottom_rows(state) == 2 || state->prompt || *state->message)
		draw_status(state, canvas, state->rows - bottom_rows(state));
	if (bottom_rows(state) == 2 || !(state->prompt || *state->message))
		draw_footer(state, canvas, state->rows - 1);
}
