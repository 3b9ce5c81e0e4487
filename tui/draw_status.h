/* tui/draw_status.h - the row above the keys: marks, knobs, where the cursor is, and
 * what the chosen lane does there; or a message, or a prompt */
#ifndef UI_DRAW_STATUS_H
#define UI_DRAW_STATUS_H

#include "tui/canvas.h"
#include "tui/state.h"

void ui_draw_status(const struct ui_state *state, struct ui_canvas *canvas, int y);

#endif
