/* tui/view.h - a view: one way to look at the state */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "tui/canvas.h"
#include "tui/state.h"

struct ui_view {
	const char *name;	/* for `forkscope render --view` */
	enum ui_where where;
	/* Draws into `area`; title, status and footer are drawn by ui_draw. */
	void (*draw)(const struct ui_state *state, struct ui_canvas *canvas,
		     struct ui_rect area);
	/* An action of its own; false: not for me. May be NULL. */
	bool (*action)(struct ui_state *state, enum ui_action action,
		       enum ui_request *request);
	/* What is typed at its search prompt: the next (by 1) or the previous (by
	 * -1) place that has state->needle. NULL: it is searched for in the trace. */
	void (*search)(struct ui_state *state, int by);
	int least_columns, least_rows;
};

const struct ui_view *ui_view_ops(enum ui_view_id view);
const char *ui_view_title(enum ui_view_id view);
/* By name; -1 if there is none. */
int ui_view_named(const char *name);

/* ui_draw - the whole screen */
void ui_draw(const struct ui_state *state, struct ui_canvas *canvas);

/* Where a view may draw: all but title, status and footer. */
struct ui_rect ui_view_area(const struct ui_state *state);

#endif
