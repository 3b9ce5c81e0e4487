/* tui/text_view.h - views that are one long text: shared scrolling */
#ifndef UI_TEXT_VIEW_H
#define UI_TEXT_VIEW_H

#include "tui/flow.h"
#include "tui/view.h"

/* Draws the flow with a margin, scrolled as the state says, and empties it. */
void ui_text_view_draw(const struct ui_state *state, struct ui_canvas *canvas,
		       struct ui_rect area, struct ui_flow *flow);
/* The columns a flow has in such a view. */
int ui_text_view_columns(struct ui_rect area);
bool ui_text_view_act(struct ui_state *state, enum ui_action action,
		      enum ui_request *request);

#endif
