#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <string.h>

#include "tui/lanes.h"
#include "tui/view.h"
#include "tui/width.h"

#define SIGN_ROWS 6		/* at least, for the legend */

static int clamp(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

/* Wide enough for the longest name, but no more than three eighths. */
static int label_columns(const struct ui_state *state, int *pid_columns)
{
	int longest = 6, most = state->columns * 3 / 8;

	*pid_columns = state->columns >= 60 ? 8 : 0;
	for (size_t i = 0; i < state->lane_count; i++) {
		const char *name = ui_lane_name(state, &state->lanes[i]);
		int columns = 2 * state->lanes[i].depth +
			      ui_text_columns(name, strlen(name));

		if (columns > longest)
			longest = columns;
	}
	/* A sign for the chosen lane before it, one for a daemon behind. */
	return clamp(longest + *pid_columns + 4, 8, most < 8 ? 8 : most);
}

/* Side by side where it is wide; else source left, the others right: above each
 * other, or only one of them where it is low. */
static void place_panes(const struct ui_state *state, struct ui_rect area,
			struct ui_rect *panes)
{
	struct ui_rect left = area, right = area;
	bool output = state->pane == UI_PANE_OUTPUT;
	int high = area.rows * 2 / 3;

	if (state->pane_large || area.columns < 50) {
		panes[state->pane] = area;
		return;
	}
	left.columns = area.columns >= 120 ? area.columns * 2 / 5 :
					     area.columns * 52 / 100;
	right.x = area.x + left.columns + 1;
	right.columns = area.columns - left.columns - 1;
	panes[UI_PANE_SOURCE] = left;
	if (area.columns >= 120) {
		int half = right.columns * 55 / 100;

		panes[UI_PANE_STORY] = panes[UI_PANE_OUTPUT] = right;
		panes[UI_PANE_STORY].columns = half;
		panes[UI_PANE_OUTPUT].x += half + 1;
		panes[UI_PANE_OUTPUT].columns -= half + 1;
	} else if (area.rows >= 9) {
		panes[UI_PANE_STORY] = panes[UI_PANE_OUTPUT] = right;
		panes[UI_PANE_STORY].rows = high;
		panes[UI_PANE_OUTPUT].y += high;
		panes[UI_PANE_OUTPUT].rows -= high;
	} else {
		panes[output ? UI_PANE_OUTPUT : UI_PANE_STORY] = right;
	}
}

/* The legend stands where the panes are; where they are too low, also over the last
 * lanes. */
static struct ui_rect place_signs(struct ui_rect area, struct ui_rect rest)
{
	int least = clamp(area.rows - 5, 0, SIGN_ROWS);

	if (rest.rows < least) {
		rest.y -= least - rest.rows;
		rest.rows = least;
	}
	return rest;
}

/* Lanes get a free row in between for the arrows, if all of them fit so; the
 * panes keep at least two fifths. */
static int lane_rows(const struct ui_state *state, int room, int *pitch)
{
	int count = (int)clamp((int)state->lane_count, 1, 10000);
	int panes = room >= 10 ? clamp(room * 11 / 20, 6, 60) : 0;
	int most = room - panes;

	*pitch = 2 * count - 1 <= most ? 2 : 1;
	if (*pitch == 1 && 2 * count - 1 <= room - 6 && room >= 12) {
		*pitch = 2;
		most = room - 6;
	}
	/* Without free rows: a few more lanes are worth a row of panes each. */
	if (*pitch == 1 && count > most && room >= 12)
		most = room - 6;
	return clamp(*pitch * count - (*pitch - 1), 1, most < 1 ? 1 : most);
}

void ui_stage_layout(const struct ui_state *state,
		     struct ui_stage_layout *layout)
{
	struct ui_rect area = ui_view_area(state), rest = area;
	int label, rows, room;

	memset(layout, 0, sizeof(*layout));
	label = label_columns(state, &layout->pid_columns);
	layout->legend_row = -1;
	layout->detail_row = area.y + area.rows - 1;
	room = area.rows - 2;
	if (state->rows >= 30)
		room--;
	rows = lane_rows(state, room, &layout->pitch);
	layout->axis = (struct ui_rect){ area.x + label, area.y,
					 area.columns - label, 1 };
	layout->labels = (struct ui_rect){ area.x, area.y + 1, label, rows };
	layout->plot = (struct ui_rect){ area.x + label, area.y + 1,
					 area.columns - label, rows };
	layout->lanes_shown = (size_t)((rows + layout->pitch - 1) /
				       layout->pitch);
	rest.y = area.y + 1 + rows;
	rest.rows = layout->detail_row - rest.y;
	if (state->rows >= 30 && !state->legend) {
		layout->legend_row = rest.y++;
		rest.rows--;
	}
	if (state->legend)
		layout->signs = place_signs(area, rest);
	else if (rest.rows >= 3)
		place_panes(state, rest, layout->panes);
}
