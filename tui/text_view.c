#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/text_view.h"

#include "tui/list.h"

/* Texts are not known when an action comes; the end is where drawing stops. */
#define LONGEST 100000

int ui_text_view_columns(struct ui_rect area)
{
	int columns = area.columns - 4;

	return columns > 110 ? 110 : columns > 1 ? columns : 1;
}

void ui_text_view_draw(const struct ui_state *state, struct ui_canvas *canvas,
		       struct ui_rect area, struct ui_flow *flow)
{
	area.x += 2;
	area.columns -= 2;
	area.y++;
	area.rows--;
	if (area.rows > 0)
		ui_flow_draw(flow, canvas, area,
			     state->scroll[ui_view_now(state)]);
	ui_flow_finish(flow);
}

bool ui_text_view_act(struct ui_state *state, enum ui_action action,
		      enum ui_request *request)
{
	(void)request;
	return ui_list_move(action, &state->scroll[ui_view_now(state)], LONGEST,
			    state->rows - 6);
}
