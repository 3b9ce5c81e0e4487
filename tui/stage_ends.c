#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdio.h>
#include <string.h>

#include "traces/i18n.h"

/* A sign and words for each way to die. */
struct ending {
	enum ui_glyph glyph;
	enum ui_role role;
	char words[160];
};

static void describe(const struct trace_process *p, struct ending *ending)
{
	bool by_signal = p->has_exitcode && p->exitcode < 0;
	const char *name = by_signal && p->exitcode > -65 ?
			   sigabbrev_np((int)-p->exitcode) : NULL;

	ending->glyph = UI_GLYPH_RETURNED;
	ending->role = UI_ROLE_END_GOOD;
	if (strcmp(p->ended_by, "daemon") == 0) {
		ending->glyph = UI_GLYPH_DAEMON_END;
		ending->role = UI_ROLE_END_DAEMON;
		snprintf(ending->words, sizeof(ending->words), "%s",
			 _("daemon"));
	} else if (by_signal) {
		ending->glyph = UI_GLYPH_KILLED;
		ending->role = UI_ROLE_END_BAD;
		snprintf(ending->words, sizeof(ending->words), "SIG%s",
			 name ? name : "?");
	} else if (p->has_exitcode && p->exitcode != 0) {
		ending->glyph = UI_GLYPH_EXITED;
		ending->role = UI_ROLE_END_BAD;
		snprintf(ending->words, sizeof(ending->words), _("exit %lld"),
			 (long long)p->exitcode);
	} else {
		snprintf(ending->words, sizeof(ending->words), "%s",
			 strcmp(p->ended_by, "exit") == 0 ? _("exit 0") :
			 _("returned"));
	}
}

enum ui_glyph ui_stage_ending(const struct trace_process *process)
{
	struct ending ending;

	describe(process, &ending);
	return ending.glyph;
}

/* A pool's worker that has returned has retired: that says more. */
static void add_worker(const struct ui_plot *plot, const struct ui_lane *lane,
		       const struct trace_process *p, struct ending *ending)
{
	bool is_well = ending->role == UI_ROLE_END_GOOD
		       || (ending->role == UI_ROLE_DIM && p->exitcode == 0);
	size_t used = is_well ? 0 : strlen(ending->words);
	char words[96];

	ui_stage_tell_worker(plot, lane, words, sizeof(words));
	if (*words)
		snprintf(ending->words + used, sizeof(ending->words) - used,
			 "%s%s", used ? " " : "", words);
}

/* A process that was made and not started yet: a sign, so that the gap up to its
 * start can be seen. */
static void draw_birth(const struct ui_plot *plot, struct ui_canvas *canvas,
		       const struct trace_process *p, int y)
{
	const struct ui_rect *area = &plot->layout->plot;
	int made, started;

	if (p->created_ns < 0 || !p->parent_id)
		return;
	made = ui_plot_column(plot, p->created_ns, 0);
	started = p->started_ns >= 0 ? ui_plot_column(plot, p->started_ns, 0) :
				       area->columns;
	if (made < 0 || made >= started)
		return;
	ui_put_glyph(canvas, area->x + made, y, UI_ROLE_DIM, UI_GLYPH_UNBORN);
}

void ui_stage_draw_end(const struct ui_plot *plot, struct ui_canvas *canvas,
		       size_t lane)
{
	const struct ui_rect *area = &plot->layout->plot;
	const struct ui_lane *l = &plot->state->lanes[lane];
	const struct trace_process *p = trace_process(plot->state->trace,
						      l->process_id);
	int y = ui_plot_row(plot, (int)lane), column, behind;
	struct ending ending;

	if (!p || l->is_thread)
		return;
	draw_birth(plot, canvas, p, y);
	if (p->exited_ns < 0)
		return;
	column = ui_plot_column(plot, p->exited_ns, 0);
	if (column < 0 || column >= area->columns)
		return;
	describe(p, &ending);
	if (column > plot->cursor_column)
		ending.role = UI_ROLE_DIM;
	ui_overlay(canvas, area->x + column, y, ending.role,
		   ui_glyph(canvas->ascii, ending.glyph));
	behind = p->reaped_ns >= 0 ? ui_plot_column(plot, p->reaped_ns, 0) :
		 p->parent_id ? ui_plot_column(plot, ui_end_ns(plot->state), 0) :
				column;
	behind = behind > column ? behind : column;
	add_worker(plot, l, p, &ending);
	ui_put(canvas, area->x + behind + 2, y, ending.role, ending.words);
}
