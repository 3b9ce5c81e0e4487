/* tui/flow.h - text broken into lines that fit */
#ifndef UI_FLOW_H
#define UI_FLOW_H

#include "tui/canvas.h"

struct ui_flow_line {
	char *label, *text;	/* label: stands before the first line; or NULL */
	int indent;
	enum ui_role label_role, role;
};

struct ui_flow {
	int columns;		/* lines are at most this wide */
	struct ui_flow_line *lines;
	int count, size;
};

/* ui_flow_add - append paragraphs; each newline begins a new line
 * Spaces and CJK characters are where lines break; a comma does not begin one. */
void ui_flow_add(struct ui_flow *flow, enum ui_role role, int indent,
		 const char *text);
void ui_flow_addf(struct ui_flow *flow, enum ui_role role, int indent,
		  const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* A label, and text that hangs `indent` columns from the left beside it. */
void ui_flow_pair(struct ui_flow *flow, enum ui_role label_role,
		  const char *label, int indent, enum ui_role role,
		  const char *text);
/* An empty line, unless there is one or nothing yet. */
void ui_flow_gap(struct ui_flow *flow);
/* Plain text of a lesson: "> " quotes and "- " items get their looks. */
void ui_flow_plain(struct ui_flow *flow, bool ascii, const char *text);
/* Draws from line `from` on; signs at the right edge tell that there is more. */
void ui_flow_draw(const struct ui_flow *flow, struct ui_canvas *canvas,
		  struct ui_rect rect, int from);
void ui_flow_finish(struct ui_flow *flow);

/* The largest sensible first line of a text of `count` lines. */
int ui_scroll_limit(int count, int rows);

#endif
