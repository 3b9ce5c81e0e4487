/* tui/list.h - what all views that are lists share */
#ifndef UI_LIST_H
#define UI_LIST_H

#include "tui/canvas.h"
#include "tui/keymap.h"

/* The first row to show so that the chosen one is in the middle, if possible. */
int ui_list_first(int chosen, int count, int shown);

/* ui_list_move - move what is chosen, 0 .. count - 1
 * Returns  false if the action does not move */
bool ui_list_move(enum ui_action action, int *at, int count, int page);

/* Signs at the right edge that tell that there is more above or below. */
void ui_list_draw_more(struct ui_canvas *canvas, struct ui_rect area,
		       int first, int shown, int count);

#endif
