#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/glyphs.h"

#include <string.h>

#include "traces/event.h"

static const char *const glyphs[UI_GLYPH_COUNT][2] = {
#define UI_GLYPH(symbol, utf8, ascii) [UI_GLYPH_##symbol] = { utf8, ascii },
#include "tui/glyphs.def"
#undef UI_GLYPH
};

static const struct {
	const char *utf8;
	char ascii[2];
} states[TRACE_STATE_COUNT] = {
#define TRACE_STATE(id, symbol, name, rank, utf8, ascii, description) \
	[id] = { utf8, { ascii, '\0' } },
#include "traces/states.def"
#undef TRACE_STATE
};

static const char *const lines[16][2] = {
	[0] = { " ", " " },
	[UI_UP] = { "│", "|" },
	[UI_DOWN] = { "│", "|" },
	[UI_UP | UI_DOWN] = { "│", "|" },
	[UI_LEFT] = { "─", "-" },
	[UI_RIGHT] = { "─", "-" },
	[UI_LEFT | UI_RIGHT] = { "─", "-" },
	[UI_UP | UI_LEFT] = { "╯", "'" },
	[UI_UP | UI_RIGHT] = { "╰", "`" },
	[UI_DOWN | UI_LEFT] = { "╮", "." },
	[UI_DOWN | UI_RIGHT] = { "╭", "." },
	[UI_UP | UI_DOWN | UI_LEFT] = { "┤", "+" },
	[UI_UP | UI_DOWN | UI_RIGHT] = { "├", "+" },
	[UI_UP | UI_LEFT | UI_RIGHT] = { "┴", "+" },
	[UI_DOWN | UI_LEFT | UI_RIGHT] = { "┬", "+" },
	[UI_UP | UI_DOWN | UI_LEFT | UI_RIGHT] = { "┼", "+" },
};

const char *ui_glyph(bool ascii, enum ui_glyph glyph)
{
	return glyphs[glyph][ascii];
}

const char *ui_state_glyph(bool ascii, unsigned state)
{
	if (state >= TRACE_STATE_COUNT || !states[state].utf8)
		return state ? "?" : " ";
	return ascii ? states[state].ascii : states[state].utf8;
}

const char *ui_state_glyph_plain(unsigned state)
{
	const char *glyph = ui_state_glyph(false, state);

	for (unsigned i = 1; i < TRACE_STATE_COUNT; i++)
		if (strcmp(ui_state_glyph(false, i), glyph) == 0
		    && strcmp(ui_state_glyph(true, i),
			      ui_state_glyph(true, state)) != 0)
			return ui_state_glyph(true, state);
	return glyph;
}

const char *ui_line_glyph(bool ascii, unsigned sides)
{
	return lines[sides & 15][ascii];
}
