#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"

/* What a pool's workers do: a bar for each task, from its begin to its end, with its
 * number and the function where there is room. What nobody has asked about a task
 * that went wrong is told by its bar, too. */

#define MOST_TASKS 4096		/* in sight; of more, every second, third, ... */
#define MOST_BAD 512

/* ---- which are in sight ---- */

static void get_tasks_of(struct ui_plot *plot, uint32_t pool_id)
{
	struct trace *trace = plot->state->trace;
	int columns = plot->layout->plot.columns;
	struct trace_pool_task *tasks = plot->tasks + plot->task_count;
	int count = trace_tasks(trace, pool_id, plot->edges[0],
				plot->edges[columns],
				MOST_TASKS - plot->task_count, tasks);

	if (count > 0)
		plot->task_count += (size_t)count;
	/* If some had to be left out, those that went wrong must not be. */
	if (count <= MOST_TASKS / 2)
		return;
	count = trace_bad_tasks(trace, pool_id, 0, MOST_BAD,
				plot->tasks + plot->task_count);
	if (count > 0)
		plot->task_count += (size_t)count;
}

/* What a worker does at the left edge may have begun long before. */
static void get_long_task(struct ui_plot *plot, const struct ui_lane *lane)
{
	struct trace *trace = plot->state->trace;
	struct trace_pool_task *task = plot->tasks + plot->task_count;
	uint64_t seq = trace_seq_at(trace, plot->edges[0]);

	if (trace_task_after(trace, lane->agent_id, seq, task) == 0)
		plot->task_count++;
	/* Of one that is not over yet there is no row. */
	task = plot->tasks + plot->task_count;
	if (plot->state->live
	    && trace_task_after(trace, lane->agent_id,
				trace_info(trace)->events, task) == 0
	    && !*task->outcome)
		plot->task_count++;
}

void ui_stage_get_tasks(struct ui_plot *plot)
{
	const struct ui_state *state = plot->state;
	size_t workers = 0, pools = 0;

	for (size_t i = 0; i < state->lane_count; i++) {
		workers += state->lanes[i].pool_id != 0;
		pools += state->lanes[i].object_kind == TRACE_OBJECT_POOL;
	}
	plot->task_count = 0;
	plot->tasks = NULL;
	if (!workers || !pools)
		return;
	plot->tasks = ui_alloc(sizeof(*plot->tasks)
			       * (MOST_TASKS + pools * MOST_BAD + 2 * workers));
	for (size_t i = 0; i < state->lane_count; i++)
		if (state->lanes[i].pool_id && state->lanes[i].agent_id)
			get_long_task(plot, &state->lanes[i]);
	for (size_t i = 0; i < state->lane_count; i++)
		if (state->lanes[i].object_kind == TRACE_OBJECT_POOL)
			get_tasks_of(plot, state->lanes[i].object_id);
}

/* ---- a bar ---- */

struct bar {
	int begin, end;			/* columns; end: the last one */
	bool is_uncollected, is_cut_off; /* cut_off: begins left of the plot */
};

/* What was lost ended with its worker, and not when that was found. */
static int64_t end_of(const struct ui_plot *plot,
		      const struct trace_pool_task *task)
{
	const struct trace_agent *worker =
		trace_agent(plot->state->trace, task->worker_agent_id);
	int64_t end = task->ended_ns >= 0 ? task->ended_ns
					  : ui_end_ns(plot->state);

	if (worker && worker->ended_ns >= 0 && worker->ended_ns < end)
		end = worker->ended_ns;
	return end;
}

static bool bar_of(const struct ui_plot *plot,
		   const struct trace_pool_task *task, struct bar *bar)
{
	int columns = plot->layout->plot.columns;

	if (task->started_ns < 0)
		return false;
	bar->begin = ui_plot_column(plot, task->started_ns, 0);
	bar->end = ui_plot_column(plot, end_of(plot, task), 0);
	bar->is_uncollected = trace_task_is_uncollected(task);
	bar->is_cut_off = bar->begin < 0;
	if (bar->end < 0 || bar->begin >= columns)
		return false;
	if (bar->begin < 0)
		bar->begin = 0;
	if (bar->end >= columns)
		bar->end = columns - 1;
	return bar->end >= bar->begin;
}

static void mark(const struct ui_plot *plot, const struct bar *bar)
{
	for (int i = bar->begin; i <= bar->end; i++) {
		struct trace_cell *cell = &plot->cells[i];

		if (bar->is_uncollected)
			cell->state = TRACE_STATE_UNCOLLECTED;
		else if (cell->state == TRACE_STATE_RUNNING
			 || cell->state == TRACE_STATE_SLEEPING
			 || (cell->state == TRACE_STATE_IDLE
			     && bar->begin == bar->end))
			cell->state = TRACE_STATE_TASK;
	}
}

/* In a pool's own lane: that tasks wait for a worker. */
static void mark_queue(const struct ui_plot *plot)
{
	for (int i = 0; i < plot->layout->plot.columns; i++)
		if (plot->cells[i].state == TRACE_STATE_PARTLY)
			plot->cells[i].state = TRACE_STATE_QUEUED;
}

void ui_stage_mark_tasks(const struct ui_plot *plot,
			 const struct ui_lane *lane)
{
	struct bar bar;

	if (lane->object_kind == TRACE_OBJECT_POOL)
		mark_queue(plot);
	for (size_t i = 0; lane->pool_id && i < plot->task_count; i++)
		if (plot->tasks[i].worker_agent_id == lane->agent_id
		    && bar_of(plot, &plot->tasks[i], &bar))
			mark(plot, &bar);
}

/* ---- what is written on it ---- */

static const char *sign_of(const struct trace_pool_task *task, bool ascii)
{
	if (!strcmp(task->outcome, "lost"))
		return ui_glyph(ascii, UI_GLYPH_KILLED);
	if (strcmp(task->outcome, "error") != 0)
		return NULL;
	return trace_task_is_uncollected(task)
		       ? ui_state_glyph(ascii, TRACE_STATE_UNCOLLECTED)
		       : ui_glyph(ascii, UI_GLYPH_EXITED);
}

static bool is_red(const struct ui_canvas *canvas, int x, int y)
{
	enum ui_role paper = ui_cell_at(canvas, x, y)->paper;

	return paper == ui_role_of_state(TRACE_STATE_UNCOLLECTED)
	       || paper == ui_role_of_future(TRACE_STATE_UNCOLLECTED);
}

/* Where a bar begins in the last column of one that nobody asked about, that one is
 * seen, unless it has enough columns besides. */
static void write_at(const struct ui_plot *plot, struct ui_canvas *canvas,
		     int y, int column, const struct bar *bar, const char *sign)
{
	int x = plot->layout->plot.x + column;
	bool is_needed = is_red(canvas, x, y)
			 && (column < 2 || !is_red(canvas, x - 1, y)
			     || !is_red(canvas, x - 2, y));

	if (bar->is_uncollected || !is_needed)
		ui_overlay(canvas, x, y, ui_cell_at(canvas, x, y)->paper,
			   sign);
}

/* Where a worker ends in the same column there will be the sign for that. */
static int sign_column(const struct ui_plot *plot, const struct bar *bar,
		       const struct trace_pool_task *task)
{
	const struct trace_agent *worker =
		trace_agent(plot->state->trace, task->worker_agent_id);
	bool is_taken = worker && worker->ended_ns >= 0
			&& ui_plot_column(plot, worker->ended_ns, 0)
				   == bar->end;

	return is_taken && bar->end > bar->begin ? bar->end - 1 : bar->end;
}

/* As much of it as there is room for; all of it or only its number. */
static void label_of(const struct trace_pool_task *task, int room, char *out,
		     size_t size)
{
	char text[80];
	int columns = snprintf(text, sizeof(text), "%u %.40s", task->number,
			       task->function);
	bool is_plain = *task->function != '\0';

	for (const char *s = text; *s; s++)
		is_plain &= *s > ' ' ? (unsigned char)*s < 127 : *s == ' ';
	if (!is_plain || columns > room)
		columns = snprintf(text, sizeof(text), "%u", task->number);
	snprintf(out, size, "%s", columns <= room ? text : "");
}

static void write_bar(const struct ui_plot *plot, struct ui_canvas *canvas,
		      int y, const struct bar *bar,
		      const struct trace_pool_task *task)
{
	const char *sign = sign_of(task, canvas->ascii);
	int width = bar->end - bar->begin + 1, column = bar->begin;
	bool has_ends = width > 2;
	char label[80], one[2] = "";

	label_of(task, width - (has_ends ? 2 : sign != NULL), label,
		 sizeof(label));
	if (has_ends && !bar->is_cut_off)
		write_at(plot, canvas, y, column++, bar, "[");
	for (const char *s = label; *s; s++) {
		one[0] = *s;
		write_at(plot, canvas, y, column++, bar, one);
	}
	if (sign)
		write_at(plot, canvas, y, sign_column(plot, bar, task), bar,
			 sign);
	else if (has_ends && bar->end < plot->layout->plot.columns - 1)
		write_at(plot, canvas, y, bar->end, bar, "]");
}

void ui_stage_draw_tasks(const struct ui_plot *plot, struct ui_canvas *canvas,
			 size_t index)
{
	const struct ui_lane *lane = &plot->state->lanes[index];
	int y = ui_plot_row(plot, (int)index), before = -1;
	struct bar bar;

	for (size_t i = 0; lane->pool_id && i < plot->task_count; i++) {
		const struct trace_pool_task *task = &plot->tasks[i];

		if (task->worker_agent_id != lane->agent_id
		    || !bar_of(plot, task, &bar))
			continue;
		/* Several in one column: no number says which. */
		if (bar.begin == before && !bar.is_uncollected
		    && bar.begin == bar.end)
			write_at(plot, canvas, y, bar.begin, &bar,
				 ui_state_glyph(canvas->ascii,
						TRACE_STATE_TASK));
		else
			write_bar(plot, canvas, y, &bar, task);
		before = bar.begin;
	}
}
