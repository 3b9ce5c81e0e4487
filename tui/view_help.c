#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/text_view.h"

#include <stdio.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/stage.h"
#include "traces/i18n.h"

#define KEY_COLUMNS 18

static void add_ends(struct ui_flow *flow, bool ascii)
{
	for (const struct ui_sign *sign = ui_signs_of_lives;
	     sign->glyph != UI_GLYPH_COUNT; sign++)
		ui_flow_pair(flow, sign->role, ui_glyph(ascii, sign->glyph),
			     KEY_COLUMNS, UI_ROLE_TEXT, _(sign->about));
}

/* With a trace open, the signs that are on its lanes now; else all. */
static void add_signs(struct ui_flow *flow, const struct ui_state *state)
{
	static const struct {
		unsigned state;
		const char *about;
	} shown[] = {
#define TRACE_STATE(id, symbol, name, rank, utf8, sign, about) { id, about },
#include "traces/states.def"
#undef TRACE_STATE
	};
	uint64_t states = state->trace ? ui_stage_states(state) : UINT64_MAX;

	ui_flow_gap(flow);
	ui_flow_add(flow, UI_ROLE_KEYWORD, 0, _("Signs on the lanes"));
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
		const char *glyph = ui_state_glyph(state->ascii,
						   shown[i].state);
		char label[16];

		if (!(states >> shown[i].state & 1))
			continue;
		snprintf(label, sizeof(label), "%s%s%s", glyph, glyph, glyph);
		ui_flow_pair(flow, ui_role_of_state(shown[i].state), label,
			     KEY_COLUMNS, UI_ROLE_TEXT, _(shown[i].about));
	}
	add_ends(flow, state->ascii);
}

static void draw(const struct ui_state *state, struct ui_canvas *canvas,
		 struct ui_rect area)
{
	struct ui_flow flow = { .columns = ui_text_view_columns(area) };
	const char *section = "";

	for (int i = 1; i < UI_ACTION_COUNT; i++) {
		const struct ui_action_row *row = ui_action_row(i);

		if (strcmp(row->section, section) != 0) {
			section = row->section;
			ui_flow_gap(&flow);
			ui_flow_add(&flow, UI_ROLE_KEYWORD, 0, _(section));
		}
		ui_flow_pair(&flow, UI_ROLE_STRONG, row->keys, KEY_COLUMNS,
			     UI_ROLE_TEXT, _(row->help));
	}
	add_signs(&flow, state);
	ui_text_view_draw(state, canvas, area, &flow);
}

const struct ui_view ui_view_help = {
	.name = "help",
	.where = UI_IN_TEXT,
	.draw = draw,
	.action = ui_text_view_act,
	.least_columns = 24,
	.least_rows = 4,
};
