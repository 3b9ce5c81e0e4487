#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "tui/keymap.h"
#include "tui/list.h"
#include "tui/width.h"

/* The legend in full: what is on the lanes now, each with a sample and a name, and
 * with a sentence where there is room. */

#define SAMPLE 3		/* columns of a sample */
#define NAME_COLUMNS 28
#define COLUMN_LEAST 26		/* of one entry without its sentence */
#define ABOUT_LEAST 66		/* of one with it */
#define MOST_ENTRIES 96
#define MOST_ARROWS 400

struct entry {
	enum ui_role role;
	char sample[SAMPLE * 4 + 1];
	const char *name, *about; /* translated */
};

struct list {
	struct entry entries[MOST_ENTRIES];
	int count;
};

const struct ui_sign ui_signs_of_lives[] = {
	{ UI_GLYPH_UNBORN, UI_ROLE_DIM, N_("made"),
	  N_("made, not started yet") },
	{ UI_GLYPH_EVENT, UI_ROLE_TEXT, N_("an event"),
	  N_("an event: something happens here") },
	{ UI_GLYPH_RETURNED, UI_ROLE_END_GOOD, N_("returned, or exit 0"),
	  N_("ended: its target returned, or exit 0") },
	{ UI_GLYPH_EXITED, UI_ROLE_END_BAD, N_("exit code not 0"),
	  N_("ended with an exit code that is not 0") },
	{ UI_GLYPH_KILLED, UI_ROLE_END_BAD, N_("killed by a signal"),
	  N_("ended: killed by a signal") },
	{ UI_GLYPH_DAEMON_END, UI_ROLE_END_DAEMON, N_("end of a daemon"),
	  N_("ended: a daemon dies with its parent") },
	{ UI_GLYPH_COUNT, UI_ROLE_TEXT, NULL, NULL },
};

static const struct {
	const char *name, *about;
} states_table[TRACE_STATE_COUNT] = {
#define TRACE_STATE(id, symbol, name, rank, glyph, ascii, about) \
	[id] = { name, about },
#include "traces/states.def"
#undef TRACE_STATE
};

static void add(struct list *list, enum ui_role role, const char *sample,
		const char *name, const char *about)
{
	struct entry *entry = &list->entries[list->count];

	if (list->count == MOST_ENTRIES)
		return;
	*entry = (struct entry){ .role = role, .name = name, .about = about };
	snprintf(entry->sample, sizeof(entry->sample), "%s", sample);
	list->count++;
}

static void sample_of(bool ascii, unsigned state, char *out, size_t size)
{
	const char *glyph = ui_state_glyph(ascii, state);

	snprintf(out, size, "%s%s%s", glyph, glyph, glyph);
}

static void add_states(struct list *list, bool ascii, uint64_t states)
{
	char sample[SAMPLE * 4 + 1];

	for (unsigned i = 1; i < TRACE_STATE_COUNT; i++) {
		if (!(states >> i & 1) || !states_table[i].name)
			continue;
		sample_of(ascii, i, sample, sizeof(sample));
		add(list, ui_role_of_state(i), sample, ui_stage_state_name(i),
		    _(states_table[i].about));
	}
	sample_of(ascii, TRACE_STATE_RUNNING, sample, sizeof(sample));
	if (states)
		add(list, ui_role_of_future(TRACE_STATE_RUNNING), sample,
		    _("still to come"),
		    _("right of the cursor: without its full colour"));
}

/* Which of the signs of lives are there: bit 1 << glyph. */
static uint64_t signs_of_lives(const struct ui_state *state)
{
	uint64_t signs = UINT64_C(1) << UI_GLYPH_EVENT;

	for (size_t i = 0; i < state->lane_count; i++) {
		const struct ui_lane *lane = &state->lanes[i];
		const struct trace_process *p =
			trace_process(state->trace, lane->process_id);

		if (!p || lane->is_thread || lane->object_id)
			continue;
		if (p->parent_id)
			signs |= UINT64_C(1) << UI_GLYPH_UNBORN;
		if (p->exited_ns >= 0)
			signs |= UINT64_C(1) << ui_stage_ending(p);
	}
	return signs;
}

static void add_lives(struct list *list, const struct ui_state *state,
		      bool ascii)
{
	uint64_t signs = signs_of_lives(state);

	for (const struct ui_sign *sign = ui_signs_of_lives;
	     sign->glyph != UI_GLYPH_COUNT; sign++)
		if (signs >> sign->glyph & 1)
			add(list, sign->role, ui_glyph(ascii, sign->glyph),
			    _(sign->name), _(sign->about));
}

#define MOST_BAD 64

/* Whether a task of the lane's pool ended so. */
static bool has_ended_so(const struct ui_state *state, uint32_t pool_id,
			 const char *outcome)
{
	struct trace_pool_task bad[MOST_BAD];
	int count = trace_bad_tasks(state->trace, pool_id, 0, MOST_BAD, bad);

	for (int i = 0; i < count && i < MOST_BAD; i++)
		if (strcmp(bad[i].outcome, outcome) == 0)
			return true;
	return false;
}

static void add_task_ends(struct list *list, const struct ui_state *state,
			  bool ascii)
{
	bool has_failed = false, has_lost = false;
	uint32_t pool_id = 0;
	char sample[SAMPLE * 4 + 1];

	for (size_t i = 0; i < state->lane_count; i++) {
		if (!state->lanes[i].pool_id
		    || state->lanes[i].pool_id == pool_id)
			continue;
		pool_id = state->lanes[i].pool_id;
		has_failed |= has_ended_so(state, pool_id, "error");
		has_lost |= has_ended_so(state, pool_id, "lost");
	}
	snprintf(sample, sizeof(sample), "[1%s",
		 ui_glyph(ascii, UI_GLYPH_EXITED));
	if (has_failed)
		add(list, ui_role_of_state(TRACE_STATE_TASK), sample,
		    _("a task that failed"), _("its function raised an error"));
	snprintf(sample, sizeof(sample), "[1%s",
		 ui_glyph(ascii, UI_GLYPH_KILLED));
	if (has_lost)
		add(list, ui_role_of_state(TRACE_STATE_TASK), sample,
		    _("a task that was lost"), _("its worker died of it"));
}

static void add_lanes(struct list *list, const struct ui_state *state,
		      bool ascii)
{
	bool has_daemon = false, has_value = false;

	for (size_t i = 0; i < state->lane_count; i++) {
		const struct ui_lane *lane = &state->lanes[i];
		const struct trace_process *p =
			trace_process(state->trace, lane->process_id);

		has_daemon |= p && p->daemon && !lane->object_id;
		has_value |= lane->object_kind == TRACE_OBJECT_VALUE
			     || lane->object_kind == TRACE_OBJECT_ARRAY;
	}
	if (has_daemon)
		add(list, UI_ROLE_DAEMON, "d", _("daemon"),
		    _("behind the name: it dies with its parent"));
	if (has_value)
		add(list, UI_ROLE_STRONG, "42", _("what was written"),
		    _("into a Value or an Array, at this moment"));
	add_task_ends(list, state, ascii);
}

static void add_arrows(struct list *list, const struct ui_state *state,
		       bool ascii)
{
	static const struct {
		enum ui_role role;
		const char *name, *about;
	} kinds[] = {
		{ UI_ROLE_ARROW_START, N_("start"),
		  N_("from start() to the new process") },
		{ UI_ROLE_ARROW_JOIN, N_("join"),
		  N_("from the end of a process to who waited for it") },
		{ UI_ROLE_ARROW_SIGNAL, N_("signal"),
		  N_("to the process that is asked, or forced, to end") },
		{ UI_ROLE_ARROW_OTHER, N_("handed on, or woken"),
		  N_("a lock, message, task or call; or a wait that ends") },
	};
	struct trace_arrow *arrows = calloc(MOST_ARROWS, sizeof(*arrows));
	int count = arrows ? trace_arrows(state->trace, 0, ui_end_ns(state),
					  MOST_ARROWS, arrows) : 0;
	char sample[SAMPLE * 4 + 1];

	snprintf(sample, sizeof(sample), "%s%s",
		 ui_glyph(ascii, UI_GLYPH_HORIZONTAL),
		 ui_glyph(ascii, UI_GLYPH_HEAD_RIGHT));
	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
		for (int i = 0; i < count; i++)
			if (ui_stage_arrow_role(&arrows[i]) == kinds[k].role) {
				add(list, kinds[k].role, sample,
				    _(kinds[k].name), _(kinds[k].about));
				break;
			}
	free(arrows);
}

static void draw_entry(struct ui_canvas *canvas, const struct entry *entry,
		       struct ui_rect cell)
{
	int x = cell.x + 1, text = x + SAMPLE + 1;
	int room = cell.x + cell.columns - 1 - text;

	ui_put(canvas, x, cell.y, entry->role, entry->sample);
	if (room < 1)
		return;
	if (cell.columns < ABOUT_LEAST) {
		ui_put_fitted(canvas, text, cell.y, room, UI_ROLE_TEXT,
			      entry->name);
		return;
	}
	ui_put_fitted(canvas, text, cell.y, NAME_COLUMNS, UI_ROLE_STRONG,
		      entry->name);
	ui_put_fitted(canvas, text + NAME_COLUMNS + 1, cell.y,
		      room - NAME_COLUMNS - 1, UI_ROLE_TEXT, entry->about);
}

/* In the title: with which key one sees the rest. */
static void draw_rest(struct ui_canvas *canvas, struct ui_rect title, bool is_above,
		      bool is_below)
{
	const char *up = ui_action_row(UI_ACTION_SCROLL_UP)->keys;
	const char *down = ui_action_row(UI_ACTION_SCROLL_DOWN)->keys;
	char text[96];
	int columns;

	if (!is_above && !is_below)
		return;
	snprintf(text, sizeof(text), is_below ? _(" %s: more below ") :
		 _(" %s: more above "), is_below ? down : up);
	columns = ui_text_columns(text, strlen(text));
	if (columns > title.columns - 1)
		return;
	ui_put(canvas, title.x + title.columns - columns - 1, title.y,
	       UI_ROLE_STRONG, text);
}

/* As few columns as hold all, so that there is room for sentences. */
static void draw_entries(struct ui_canvas *canvas, const struct list *list,
			 struct ui_rect title, struct ui_rect rect, int scroll)
{
	int most = rect.columns / COLUMN_LEAST, columns = 1, rows, first;

	while (columns < most && columns * rect.rows < list->count)
		columns++;
	rows = (list->count + columns - 1) / columns;
	first = scroll > rows - rect.rows ? rows - rect.rows : scroll;
	first = first < 0 ? 0 : first;
	for (int i = 0; i < list->count; i++) {
		int y = rect.y + i % rows - first, column = i / rows;

		if (y >= rect.y && y < rect.y + rect.rows)
			draw_entry(canvas, &list->entries[i], (struct ui_rect){
				   rect.x + column * (rect.columns / columns),
				   y, rect.columns / columns, 1 });
	}
	ui_list_draw_more(canvas, rect, first, rect.rows, rows);
	ui_clip(canvas, title);
	draw_rest(canvas, title, first > 0, first + rect.rows < rows);
}

void ui_stage_draw_signs(const struct ui_state *state, struct ui_canvas *canvas,
			 struct ui_rect rect, uint64_t states)
{
	struct ui_rect title = { rect.x, rect.y, rect.columns, 1 };
	const char *name = _("Signs and colours");
	struct list list = { .count = 0 };

	ui_fill(canvas, rect, UI_ROLE_TEXT, " ");
	ui_fill(canvas, title, UI_ROLE_RULE,
		ui_glyph(canvas->ascii, UI_GLYPH_HORIZONTAL));
	ui_putf(canvas, rect.x + 1, rect.y, UI_ROLE_PANE_FOCUS, " %s ",
		name);
	title.x += ui_text_columns(name, strlen(name)) + 3;
	title.columns -= title.x - rect.x;
	rect.y++;
	rect.rows--;
	add_states(&list, canvas->ascii, states);
	add_lanes(&list, state, canvas->ascii);
	add_lives(&list, state, canvas->ascii);
	add_arrows(&list, state, canvas->ascii);
	ui_clip(canvas, rect);
	draw_entries(canvas, &list, title, rect, state->legend_scroll);
	ui_unclip(canvas);
}
