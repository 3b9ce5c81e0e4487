#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/list.h"

int ui_list_first(int chosen, int count, int shown)
{
	int first = chosen - shown / 2;

	if (first > count - shown)
		first = count - shown;
	return first < 0 ? 0 : first;
}

bool ui_list_move(enum ui_action action, int *at, int count, int page)
{
	int to = *at;

	switch (action) {
	case UI_ACTION_MOVE_UP: to--; break;
	case UI_ACTION_MOVE_DOWN: to++; break;
	case UI_ACTION_MOVE_PAGE_UP: to -= page > 1 ? page : 1; break;
	case UI_ACTION_MOVE_PAGE_DOWN: to += page > 1 ? page : 1; break;
	case UI_ACTION_MOVE_TOP: to = 0; break;
	case UI_ACTION_MOVE_BOTTOM: to = count - 1; break;
	default: return false;
	}
	if (to > count - 1)
		to = count - 1;
	*at = to < 0 ? 0 : to;
	return true;
}

void ui_list_draw_more(struct ui_canvas *canvas, struct ui_rect area,
		       int first, int shown, int count)
{
	int x = area.x + area.columns - 1;

	if (first > 0)
		ui_put_glyph(canvas, x, area.y, UI_ROLE_MARK, UI_GLYPH_MORE_UP);
	if (first + shown < count)
		ui_put_glyph(canvas, x, area.y + area.rows - 1, UI_ROLE_MARK,
			     UI_GLYPH_MORE_DOWN);
}
