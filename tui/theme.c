#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/theme.h"

#include <stdbool.h>

struct role {
	short ink, paper, ink8, paper8;
	unsigned attributes, mono;
};

static const struct role roles[UI_ROLE_STATE] = {
#define UI_ROLE(symbol, i, p, i8, p8, a, m) \
	[UI_ROLE_##symbol] = { i, p, i8, p8, a, m },
#include "tui/theme.def"
#undef UI_ROLE
};

static const struct role states[TRACE_STATE_COUNT] = {
#define UI_STATE_LOOK(state, p, i, p8, i8) \
	[TRACE_STATE_##state] = { i, p, i8, p8, 0, 0 },
#include "tui/theme.def"
#undef UI_STATE_LOOK
};

enum ui_role ui_role_of_state(unsigned state)
{
	return UI_ROLE_STATE + (state < TRACE_STATE_COUNT ? state : 0);
}

enum ui_role ui_role_of_future(unsigned state)
{
	return UI_ROLE_FUTURE + (state < TRACE_STATE_COUNT ? state : 0);
}

static struct role find(enum ui_role role)
{
	struct role found;

	if (role < UI_ROLE_STATE)
		return roles[role];
	if (role < UI_ROLE_FUTURE) {
		found = states[role - UI_ROLE_STATE];
		found.mono = UI_BOLD;
	} else {
		found = states[role - UI_ROLE_FUTURE];
		found.ink = found.paper;
		found.ink8 = found.paper8;
		found.paper = found.paper8 = -1;
		found.mono = 0;
	}
	if (!found.ink && !found.paper)	/* a state without a row */
		found = (struct role){ 16, 250, 0, 7, 0, UI_BOLD };
	return found;
}

static bool is_state(enum ui_role role)
{
	return role >= UI_ROLE_STATE && role < UI_ROLE_FUTURE;
}

struct ui_look ui_theme(enum ui_role ink, enum ui_role paper,
			enum ui_depth depth)
{
	struct role above = find(ink), below = find(paper);
	struct ui_look look = { above.ink, below.paper, above.attributes };

	if (depth == UI_MONO)
		return (struct ui_look){ -1, -1, above.mono };
	if (depth == UI_8_COLORS) {
		look.ink = above.ink8;
		look.paper = below.paper8;
		/* Bold black is grey there, and grey cannot be read. */
		if (look.ink == 0)
			look.attributes &= ~(unsigned)UI_BOLD;
	}
	/* Lines over a filled lane: black, or white on the dark ones. */
	if (ink != paper && is_state(paper)) {
		bool dark = below.ink8 == 7;

		if (depth == UI_8_COLORS)
			look.ink = dark ? 7 : 0;
		else
			look.ink = dark ? 231 : 16;
	}
	return look;
}
