#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#include "tui/list.h"
#include "tui/width.h"
#include "traces/i18n.h"

#define ROWS_EACH 2		/* title, and what it is about */

static void draw_entry(const struct ui_state *state, struct ui_canvas *canvas,
		       struct ui_rect row, size_t index, int each)
{
	const struct lesson *lesson = state->lessons[index];
	bool chosen = index == state->menu_at;
	enum ui_role role = chosen ? UI_ROLE_CHOSEN : UI_ROLE_STRONG;
	char title[256];

	snprintf(title, sizeof(title), " %2u  %s", lesson->number,
		 lesson->title);
	if (chosen)
		ui_put_glyph(canvas, row.x, row.y, UI_ROLE_STRONG,
			     UI_GLYPH_SELECTED);
	if (chosen)
		ui_put_fitted(canvas, row.x + 2, row.y, row.columns - 4, role,
			      title);
	else
		ui_put(canvas, row.x + 2, row.y, role, title);
	if (each > 1)
		ui_put_fitted(canvas, row.x + 7, row.y + 1, row.columns - 9,
			      UI_ROLE_DIM, lesson->about);
}

static void draw(const struct ui_state *state, struct ui_canvas *canvas,
		 struct ui_rect area)
{
	int each = area.rows >= 2 * (int)state->lesson_count + 3 ||
		   area.rows >= 16 ? ROWS_EACH : 1;
	int shown, first;

	ui_put(canvas, 2, area.y + 1, UI_ROLE_TEXT,
	       _("Predict, watch, change, try again. Choose a lesson:"));
	area.y += 3;
	area.rows -= 3;
	if (state->lesson_count == 0) {
		ui_put(canvas, 2, area.y, UI_ROLE_WRONG,
		       _("No lessons found; FORKSCOPE_LESSONS names their "
			 "folder."));
		return;
	}
	shown = area.rows / each > 0 ? area.rows / each : 1;
	first = ui_list_first((int)state->menu_at, (int)state->lesson_count,
			      shown);
	ui_clip(canvas, area);
	for (int i = first; i < first + shown &&
	     i < (int)state->lesson_count; i++)
		draw_entry(state, canvas, (struct ui_rect){
			   area.x + 1, area.y + (i - first) * each,
			   area.columns - 2, each }, (size_t)i, each);
	ui_list_draw_more(canvas, area, first, shown,
			  (int)state->lesson_count);
}

static bool act(struct ui_state *state, enum ui_action action,
		enum ui_request *request)
{
	int at = (int)state->menu_at;

	if (ui_list_move(action, &at, (int)state->lesson_count, state->rows / 3))
		state->menu_at = (size_t)at;
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
	.least_columns = 20,
	.least_rows = 5,
};
