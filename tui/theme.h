/* tui/theme.h - roles of what is drawn, and how each looks on a terminal */
#ifndef UI_THEME_H
#define UI_THEME_H

#include <stdint.h>

#include "traces/event.h"

enum ui_attribute {
	UI_BOLD = 1, UI_DIM = 2, UI_UNDERLINE = 4, UI_REVERSE = 8
};

/* The last two groups have one role for each state: a lane that was in it, and a
 * lane that will be in it after the cursor. */
enum ui_role {
#define UI_ROLE(symbol, i, p, i8, p8, a, m) UI_ROLE_##symbol,
#include "tui/theme.def"
#undef UI_ROLE
	UI_ROLE_STATE,
	UI_ROLE_FUTURE = UI_ROLE_STATE + TRACE_STATE_COUNT,
	UI_ROLE_COUNT = UI_ROLE_FUTURE + TRACE_STATE_COUNT
};
_Static_assert(UI_ROLE_COUNT < 256, "a role fits into a byte");

enum ui_depth { UI_MONO, UI_8_COLORS, UI_256_COLORS };

struct ui_look {
	short ink, paper;	/* -1: the terminal's own */
	unsigned attributes;	/* enum ui_attribute */
};

/* ui_theme - the look of a cell
 * ink, paper   roles; where they differ, the ink is made readable on the paper */
struct ui_look ui_theme(enum ui_role ink, enum ui_role paper,
			enum ui_depth depth);

enum ui_role ui_role_of_state(unsigned state);
enum ui_role ui_role_of_future(unsigned state);

#endif
