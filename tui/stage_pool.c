#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"

/* A pool's own lane: how many tasks wait for a worker, column by column, and how it
 * stands at the cursor. */

#define MOST_BAD 256

/* The last event of that kind on the pool up to the cursor; 0: none. */
static uint64_t last_event(const struct ui_state *state, uint32_t pool_id,
			   uint32_t kind, struct trace_record *out)
{
	uint64_t seq = state->cursor_seq + 1;

	for (int tries = 0; tries < 64; tries++) {
		seq = trace_next(state->trace, seq, -1, 0, kind);
		if (!seq || trace_events(state->trace, seq, 1, out) != 1)
			return 0;
		if (out->object_id == pool_id)
			return seq;
	}
	return 0;
}

static long at_work(const struct ui_state *state, uint32_t pool_id)
{
	struct trace_pool_task task;
	long count = 0;

	for (size_t i = 0; i < state->lane_count; i++)
		count += state->lanes[i].pool_id == pool_id
			 && trace_task_after(state->trace,
					     state->lanes[i].agent_id,
					     state->cursor_seq, &task) == 0;
	return count;
}

struct bad {
	long failed, dropped, cut;
};

static void count_bad(const struct ui_state *state, uint32_t pool_id,
		      struct bad *bad)
{
	struct trace_pool_task *tasks = ui_alloc(sizeof(*tasks) * MOST_BAD);
	int count = trace_bad_tasks(state->trace, pool_id, 0, MOST_BAD, tasks);

	for (int i = 0; i < count; i++) {
		const struct trace_agent *worker =
			trace_agent(state->trace, tasks[i].worker_agent_id);
		int64_t end = tasks[i].ended_ns;

		if (end < 0)
			end = worker ? worker->ended_ns : -1;
		if (!strcmp(tasks[i].outcome, "dropped"))
			bad->dropped++;
		else if (end >= 0 && end <= state->cursor_ns
			 && !strcmp(tasks[i].outcome, "cut"))
			bad->cut++;
		else if (end >= 0 && end <= state->cursor_ns)
			bad->failed++;
	}
	free(tasks);
}

void ui_stage_tell_pool(const struct ui_plot *plot, const struct ui_lane *lane,
			struct ui_buffer *text)
{
	const struct ui_state *state = plot->state;
	long submitted = 0, waiting = 0, busy;
	struct bad bad = { 0, 0, 0 };
	struct trace_record record;
	struct trace_level level;

	if (last_event(state, lane->object_id, TRACE_TASK_SUBMIT, &record))
		submitted = (uint32_t)record.a;
	if (trace_level_after(state->trace, lane->object_id,
			      state->cursor_seq, &level) == 0)
		waiting = (long)level.value;
	busy = at_work(state, lane->object_id);
	count_bad(state, lane->object_id, &bad);
	if (waiting > 0 && bad.dropped > 0
	    && last_event(state, lane->object_id, TRACE_POOL_TERMINATE,
			  &record))
		ui_buffer_printf(text, _("%ld dropped"), bad.dropped);
	else
		ui_buffer_printf(text, TRACE_PLURAL("%ld waits", "%ld wait",
						    waiting), waiting);
	ui_buffer_printf(text, _(", %ld at work, %ld done"), busy,
			 submitted - waiting - busy - bad.failed - bad.cut);
	if (bad.failed > 0)
		ui_buffer_printf(text, _(", %ld failed"), bad.failed);
	if (bad.cut > 0)
		ui_buffer_printf(text, _(", %ld cut"), bad.cut);
}

/* ---- its lane ---- */

void ui_stage_draw_queue(const struct ui_plot *plot, struct ui_canvas *canvas,
			 size_t index)
{
	const struct ui_lane *lane = &plot->state->lanes[index];
	int columns = plot->layout->plot.columns;
	int y = ui_plot_row(plot, (int)index);
	struct trace_level_cell *levels;
	char digit[2] = "";

	if (lane->object_kind != TRACE_OBJECT_POOL)
		return;
	levels = ui_alloc(sizeof(*levels) * (size_t)columns);
	if (trace_levels(plot->state->trace, lane->object_id, plot->edges,
			 (size_t)columns, levels) < 0)
		columns = 0;
	for (int i = 0; i < columns; i++) {
		int64_t most = levels[i].most;
		int x = plot->layout->plot.x + i;

		if (plot->cells[i].state != TRACE_STATE_QUEUED || most <= 0)
			continue;
		digit[0] = (char)(most < 10 ? '0' + most : '+');
		ui_overlay(canvas, x, y, ui_cell_at(canvas, x, y)->paper,
			   digit);
	}
	free(levels);
}

/* ---- its workers ---- */

/* How many tasks it had done when it left; -1: it did not leave by itself. */
static int64_t retired_after(const struct ui_state *state,
			     const struct ui_lane *lane)
{
	uint64_t seq = trace_info(state->trace)->events + 1;
	struct trace_record record;

	for (int i = 0; i < 16; i++) {
		seq = trace_next(state->trace, seq, -1, lane->agent_id, 0);
		if (!seq || trace_events(state->trace, seq, 1, &record) != 1)
			break;
		if (record.kind == TRACE_WORKER_RETIRE)
			return record.a;
	}
	return -1;
}

void ui_stage_tell_worker(const struct ui_plot *plot,
			  const struct ui_lane *lane, char *out, size_t size)
{
	const struct ui_state *state = plot->state;
	const struct trace_process *next =
		trace_process(state->trace, lane->successor_id);
	struct ui_buffer text = { 0 };
	int64_t done;

	*out = '\0';
	if (!lane->pool_id)
		return;
	done = retired_after(state, lane);
	if (done >= 0)
		ui_buffer_printf(&text, _("%ld done"), (long)done);
	if (next)
		ui_buffer_printf(&text, "%s%s %s", done >= 0 ? " " : "",
				 ui_glyph(state->ascii, UI_GLYPH_ARROW),
				 next->name);
	snprintf(out, size, "%s", text.length ? text.bytes : "");
	ui_buffer_finish(&text);
}
