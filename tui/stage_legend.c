#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "tui/tell.h"
#include "tui/width.h"

/* One row below the lanes: a sample of each state that is on them, and its name. */

#define SAMPLE 3		/* columns of a sample */

static const uint8_t ranks[TRACE_STATE_COUNT] = {
#define TRACE_STATE(id, symbol, name, rank, glyph, ascii, description) \
	[id] = rank,
#include "traces/states.def"
#undef TRACE_STATE
};

/* Events and barriers share a state. */
const char *ui_stage_state_name(unsigned state)
{
	return state == TRACE_STATE_SET ? _("set, open")
					: ui_state_name(state);
}

static int entry_columns(unsigned state)
{
	const char *name = ui_stage_state_name(state);

	return SAMPLE + 1 + ui_text_columns(name, strlen(name)) + 2;
}

static int row_columns(uint64_t states)
{
	int columns = 0;

	for (unsigned i = 1; i < TRACE_STATE_COUNT; i++)
		if (states >> i & 1)
			columns += entry_columns(i);
	return columns;
}

/* A lane where nothing is says so itself. */
static uint64_t without_blanks(uint64_t states)
{
	for (unsigned i = 1; i < TRACE_STATE_COUNT; i++)
		if (*ui_state_glyph(false, i) == ' ')
			states &= ~(UINT64_C(1) << i);
	return states;
}

/* What one knows already goes first: the commonest states. */
static uint64_t without_commonest(uint64_t states)
{
	unsigned commonest = 0;

	for (unsigned i = 1; i < TRACE_STATE_COUNT; i++)
		if (states >> i & 1
		    && (!commonest || ranks[i] < ranks[commonest]))
			commonest = i;
	return states & ~(UINT64_C(1) << commonest);
}

static int draw_entry(struct ui_canvas *canvas, int x, int y, unsigned state)
{
	for (int i = 0; i < SAMPLE; i++)
		ui_put(canvas, x + i, y, ui_role_of_state(state),
		       ui_state_glyph(canvas->ascii, state));
	ui_put(canvas, x + SAMPLE + 1, y, UI_ROLE_DIM, ui_stage_state_name(state));
	return entry_columns(state);
}

void ui_stage_draw_legend(struct ui_canvas *canvas, struct ui_rect row,
			  uint64_t states, bool has_daemon)
{
	const char *daemon = _("daemon");
	int room = row.columns - 2, x = row.x + 1;

	if (has_daemon)
		room -= 2 + ui_text_columns(daemon, strlen(daemon));
	states = without_blanks(states);
	/* The last one needs no gap behind it. */
	while (states && row_columns(states) - 2 > room)
		states = without_commonest(states);
	for (unsigned i = 1; i < TRACE_STATE_COUNT; i++)
		if (states >> i & 1)
			x += draw_entry(canvas, x, row.y, i);
	if (!has_daemon)
		return;
	x += ui_put(canvas, x, row.y, UI_ROLE_DAEMON, "d");
	ui_put(canvas, x + 1, row.y, UI_ROLE_DIM, daemon);
}
