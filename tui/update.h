/* tui/update.h - the parts of ui_update */
#ifndef UI_UPDATE_H
#define UI_UPDATE_H

#include "tui/state.h"

/* Actions that move the cursor, in any view over a trace; false: not one. */
bool ui_update_replay(struct ui_state *state, enum ui_action action);
/* Actions on the time axis, lanes and panes; the stage's own. */
bool ui_update_stage(struct ui_state *state, enum ui_action action,
		     enum ui_request *request);
/* To the next (step > 0) or previous event that contains the needle. */
void ui_update_search(struct ui_state *state, int step);
/* Chooses a lane and keeps it in view. */
void ui_choose_lane(struct ui_state *state, size_t lane);
/* Chooses the lane of the agent whose event is at the cursor, so that the source
 * pane shows its line; the lane of the event's object comes into view as well. A
 * chosen lane of an object stays chosen. */
void ui_follow_event(struct ui_state *state);
/* A click on the stage: chooses the lane, sets the cursor. `wheel` zooms. */
void ui_update_mouse(struct ui_state *state, int x, int y, int wheel);

#endif
