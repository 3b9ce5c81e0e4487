#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/flow.h"
#include "tui/lanes.h"
#include "tui/width.h"
#include "traces/i18n.h"

#define MOST_LINES 200

/* Columns for the names of those who print. */
static int name_columns(const struct ui_state *state,
			const struct trace_output *lines, int count, int most)
{
	int longest = 1;

	for (int i = 0; i < count; i++) {
		const struct trace_agent *agent =
			trace_agent(state->trace, lines[i].agent_id);
		int columns = agent ? ui_text_columns(agent->path,
						      strlen(agent->path)) : 1;

		longest = columns > longest ? columns : longest;
	}
	return longest < most ? longest : most;
}

void ui_pane_draw_output(const struct ui_state *state, struct ui_canvas *canvas,
			 struct ui_rect rect)
{
	struct ui_flow flow = { .columns = rect.columns - 2 };
	struct trace_output *lines = ui_alloc(MOST_LINES * sizeof(*lines));
	int count = trace_outputs(state->trace, state->cursor_seq, MOST_LINES,
				  lines);
	int names = name_columns(state, lines, count, rect.columns / 3);

	for (int i = 0; i < count; i++) {
		const struct trace_agent *agent =
			trace_agent(state->trace, lines[i].agent_id);
		char *label = ui_format("%-*s%s", names,
					agent ? agent->path : "?",
					ui_glyph(canvas->ascii,
						 UI_GLYPH_VERTICAL));

		ui_flow_pair(&flow, UI_ROLE_DIM, label, names + 2,
			     lines[i].stream == 2 ? UI_ROLE_STDERR :
			     UI_ROLE_TEXT, lines[i].line);
		free(label);
	}
	if (count <= 0)
		ui_flow_add(&flow, UI_ROLE_DIM, 0, _("Nothing printed yet."));
	rect.x++;
	rect.columns--;
	/* As on a terminal: the newest lines, unless one looks back. */
	ui_flow_draw(&flow, canvas, rect,
		     ui_scroll_limit(flow.count, rect.rows) +
		     state->pane_scroll[UI_PANE_OUTPUT]);
	ui_flow_finish(&flow);
	trace_outputs_free(lines, count > 0 ? count : 0);
	free(lines);
}
