#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#include "tui/flow.h"
#include "tui/list.h"
#include "tui/width.h"
#include "traces/i18n.h"

#define BESIDE_COLUMN 44	/* where it is wide, what each is about */
#define BESIDE_LEAST 110
#define ABOUT_ROWS 3		/* the chosen one in full: below */

static void draw_entry(const struct ui_state *state, struct ui_canvas *canvas,
		       struct ui_rect row, size_t index)
{
	const struct lesson *lesson = state->lessons[index];
	bool is_chosen = index == state->menu_at;
	bool has_about = row.columns >= BESIDE_LEAST;
	char title[256];

	snprintf(title, sizeof(title), " %2u  %s", lesson->number,
		 lesson->title);
	if (is_chosen)
		ui_put_glyph(canvas, row.x, row.y, UI_ROLE_STRONG,
			     UI_GLYPH_SELECTED);
	ui_put_fitted(canvas, row.x + 2, row.y, has_about ? BESIDE_COLUMN - 4 :
		      row.columns - 4, is_chosen ? UI_ROLE_CHOSEN :
		      UI_ROLE_STRONG, title);
	if (has_about)
		ui_put_fitted(canvas, row.x + BESIDE_COLUMN, row.y,
			      row.columns - BESIDE_COLUMN - 2, is_chosen ?
			      UI_ROLE_TEXT : UI_ROLE_DIM, lesson->about);
}

static void draw_about(const struct ui_state *state, struct ui_canvas *canvas,
		       struct ui_rect area)
{
	struct ui_flow flow = { .columns = area.columns - 4 };

	for (int x = area.x; x < area.x + area.columns; x++)
		ui_put_glyph(canvas, x, area.y, UI_ROLE_RULE,
			     UI_GLYPH_HORIZONTAL);
	ui_flow_add(&flow, UI_ROLE_TEXT, 0,
		    state->lessons[state->menu_at]->about);
	ui_flow_draw(&flow, canvas, (struct ui_rect){
		     area.x + 2, area.y + 1, area.columns - 3, area.rows - 1 },
		     0);
	ui_flow_finish(&flow);
}

/* The heading of a part of the course, and a line to the right. */
static void draw_part(struct ui_canvas *canvas, struct ui_rect row,
		      const char *part)
{
	ui_fill(canvas, row, UI_ROLE_TEXT, " ");
	int x = row.x + 1 + ui_put(canvas, row.x + 1, row.y, UI_ROLE_KEYWORD,
				   part);

	for (x++; x < row.x + row.columns - 2; x++)
		ui_put_glyph(canvas, x, row.y, UI_ROLE_RULE,
			     UI_GLYPH_HORIZONTAL);
}

/* The row of a lesson in the list, where each part has its heading; of the lesson
 * behind the last: how many rows there are. */
static int row_of(const struct ui_state *state, size_t lesson)
{
	int row = (int)lesson;

	for (size_t i = 0; i <= lesson && i < state->lesson_count; i++)
		row += lesson_begins_part(state->lessons, i);
	return row;
}

/* Whether the heading stands in the lesson's own row: the list goes on above, and
 * another lesson of the part follows. */
static bool has_heading_in_row(const struct ui_state *state, size_t lesson,
			       bool is_at_top)
{
	return is_at_top && (lesson + 1 == state->lesson_count
			     || !lesson_begins_part(state->lessons,
						    lesson + 1));
}

static void draw_list(const struct ui_state *state, struct ui_canvas *canvas,
		      struct ui_rect area)
{
	int count = row_of(state, state->lesson_count);
	int shown = area.rows > 0 ? area.rows : 1;
	int first = ui_list_first(row_of(state, state->menu_at), count, shown);

	ui_clip(canvas, area);
	for (size_t i = 0; i < state->lesson_count; i++) {
		int y = area.y + row_of(state, i) - first;
		struct ui_rect row = { area.x + 1, y, area.columns - 2, 1 };
		bool is_in_row = has_heading_in_row(state, i, y == area.y
							      && shown > 2);

		draw_entry(state, canvas, row, i);
		if (!is_in_row && !lesson_begins_part(state->lessons, i))
			continue;
		row.y -= !is_in_row;
		if (state->lessons[i]->part)
			draw_part(canvas, row, state->lessons[i]->part);
	}
	ui_list_draw_more(canvas, area, first, shown, count);
	ui_unclip(canvas);
}

static void draw(const struct ui_state *state, struct ui_canvas *canvas,
		 struct ui_rect area)
{
	int head = area.rows >= 16 ? 3 : 2;

	ui_put(canvas, 2, area.y + head - 2, UI_ROLE_TEXT,
	       _("Predict, watch, change, try again. Choose a lesson:"));
	area.y += head;
	area.rows -= head;
	if (state->lesson_count == 0) {
		ui_put(canvas, 2, area.y, UI_ROLE_WRONG,
		       _("No lessons found; FORKSCOPE_LESSONS names their "
			 "folder."));
		return;
	}
	if (area.rows >= 8) {
		area.rows -= ABOUT_ROWS;
		draw_about(state, canvas, (struct ui_rect){
			   area.x, area.y + area.rows, area.columns,
			   ABOUT_ROWS });
	}
	draw_list(state, canvas, area);
}

/* Its number, or something that stands in the menu, or in its slug. */
static bool is_meant(const struct lesson *lesson, const char *needle)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", lesson->number);
	if (needle[strspn(needle, "0123456789")] == '\0')
		return strcmp(number, needle) == 0;
	return strcasestr(lesson->title, needle)
	       || (lesson->part && strcasestr(lesson->part, needle))
	       || strcasestr(lesson->about, needle)
	       || strcasestr(lesson->slug, needle);
}

static void search(struct ui_state *state, int by)
{
	size_t count = state->lesson_count, at = state->menu_at;

	for (size_t n = 0; *state->needle && n < count; n++) {
		at = (at + (by > 0 ? 1 : count - 1)) % count;
		if (is_meant(state->lessons[at], state->needle)) {
			state->menu_at = at;
			return;
		}
	}
	ui_message(state, false, "%s", _("Nothing found."));
}

/* To the first lesson of the next part; back: of this one, then of the one
 * before. */
static void go_to_part(struct ui_state *state, int by)
{
	int at = (int)state->menu_at + by;

	while (at >= 0 && at < (int)state->lesson_count) {
		if (at == 0 || lesson_begins_part(state->lessons, (size_t)at)) {
			state->menu_at = (size_t)at;
			return;
		}
		at += by;
	}
}

static void ask(struct ui_state *state)
{
	state->prompt = UI_PROMPT_SEARCH;
	*state->typed = '\0';
}

static bool act(struct ui_state *state, enum ui_action action,
		enum ui_request *request)
{
	int at = (int)state->menu_at;

	if (ui_list_move(action, &at, (int)state->lesson_count, state->rows / 3))
		state->menu_at = (size_t)at;
	else if (action == UI_ACTION_PART || action == UI_ACTION_PART_BACK)
		go_to_part(state, action == UI_ACTION_PART ? 1 : -1);
	else if (action == UI_ACTION_SEARCH)
		ask(state);
	else if (action == UI_ACTION_NEXT || action == UI_ACTION_PREVIOUS)
		search(state, action == UI_ACTION_NEXT ? 1 : -1);
	else if (action == UI_ACTION_OPEN && state->lesson_count > 0)
		*request = UI_REQUEST_OPEN_LESSON;
	else
		return false;
	return true;
}

const struct ui_view ui_view_menu = {
	.name = "menu",
	.where = UI_IN_MENU,
	.draw = draw,
	.action = act,
	.search = search,
	.least_columns = 20,
	.least_rows = 5,
};
