#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#include "tui/draw_status.h"
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
		ui_draw_status(state, canvas, state->rows - bottom_rows(state));
	if (bottom_rows(state) == 2 || !(state->prompt || *state->message))
		draw_footer(state, canvas, state->rows - 1);
}
