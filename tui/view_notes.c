#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/text_view.h"

#include "traces/i18n.h"

static void add_section(struct ui_flow *flow, bool ascii, const char *title,
			const char *text)
{
	if (!*text)
		return;
	ui_flow_gap(flow);
	ui_flow_add(flow, UI_ROLE_KEYWORD, 0, title);
	ui_flow_plain(flow, ascii, text);
}

static void draw(const struct ui_state *state, struct ui_canvas *canvas,
		 struct ui_rect area)
{
	struct ui_flow flow = { .columns = ui_text_view_columns(area) };
	const struct lesson *lesson = state->lesson;

	if (lesson) {
		add_section(&flow, state->ascii, _("For the presenter"),
			    lesson->presenter);
		add_section(&flow, state->ascii, _("Break it"),
			    lesson->breaking);
		add_section(&flow, state->ascii, _("Repair it"),
			    lesson->repair);
		add_section(&flow, state->ascii, _("What a search must find"),
			    lesson->verdict);
	}
	if (flow.count == 0)
		ui_flow_add(&flow, UI_ROLE_DIM, 0, _("There are no notes."));
	ui_text_view_draw(state, canvas, area, &flow);
}

const struct ui_view ui_view_notes = {
	.name = "notes",
	.where = UI_IN_TEXT,
	.draw = draw,
	.action = ui_text_view_act,
	.least_columns = 24,
	.least_rows = 4,
};
