#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/tell.h"
#include "tui/buffer.h"
#include "tui/width.h"

/* How an object stands at the cursor, in a few words behind it on its lane: who has the
 * lock, who waits for it in which order, how many items are in the queue. */

#define NAMED_WAITERS 3
#define COUNTED_CALLS 10000	/* more are not counted at every frame */

/* A thread of a manager's server acts for its client: that one is of interest. */
static void tell_agent(struct trace *trace, uint32_t agent_id, char *name,
		       size_t size)
{
	uint32_t client = trace_client_of(trace, agent_id);

	trace_tell_agent(trace, client ? client : agent_id, name, size);
}

static void add_waiters(const struct ui_plot *plot, uint32_t id,
			struct ui_buffer *text)
{
	struct trace_object_wait waits[64];
	struct trace *trace = plot->state->trace;
	char name[80];
	int count = trace_waiters_after(trace, id, plot->state->cursor_seq, 64,
					waits);

	if (count <= 0)
		return;
	ui_buffer_puts(text, text->length ? _("; ") : "");
	ui_buffer_puts(text, TRACE_PLURAL("waits: ", "wait: ", count));
	for (int i = 0; i < count && i < NAMED_WAITERS; i++) {
		tell_agent(trace, waits[i].agent_id, name, sizeof(name));
		ui_buffer_printf(text, "%s%s", i ? ", " : "", name);
	}
	if (count > NAMED_WAITERS)
		ui_buffer_printf(text, ", +%d", count - NAMED_WAITERS);
}

static void add_holder(const struct ui_plot *plot, uint32_t id,
		       struct ui_buffer *text)
{
	struct trace *trace = plot->state->trace;
	struct trace_hold hold;
	char name[80];

	if (trace_holder_after(trace, id, plot->state->cursor_seq, &hold) < 0)
		return;
	tell_agent(trace, hold.agent_id, name, sizeof(name));
	ui_buffer_puts(text, text->length ? _("; ") : "");
	ui_buffer_printf(text, hold.is_dead ? _("held by %s, which is dead")
					    : _("held by %s"), name);
}

/* Nothing where there is nothing, or where it is not counted. */
static void add_bytes(int64_t bytes, struct ui_buffer *text)
{
	if (bytes <= 0)
		return;
	if (bytes < 10 << 10)
		ui_buffer_printf(text, TRACE_PLURAL(", %ld byte", ", %ld bytes",
						bytes), (long)bytes);
	else if (bytes < 10 << 20)
		ui_buffer_printf(text, _(", %ld KiB"), (long)(bytes >> 10));
	else
		ui_buffer_printf(text, _(", %ld MiB"), (long)(bytes >> 20));
}

/* Where it was written last, and how often by then: the event that made the level
 * what it is says where. */
static void add_writes(struct trace *trace, const struct trace_level *level,
		       struct ui_buffer *text)
{
	struct trace_record write;
	char value[40];
	long n = (long)level->value;

	if (trace_events(trace, level->seq, 1, &write) != 1)
		return;
	if (write.kind == TRACE_VALUE_SET) {
		trace_tell_value(write.b, value, sizeof(value));
		ui_buffer_printf(text, "[%ld] = %s", (long)write.a, value);
	} else {
		ui_buffer_printf(text, "[%ld:%ld]", (long)write.a,
				 (long)(write.a + write.b));
	}
	ui_buffer_printf(text, TRACE_PLURAL(", %ld write", ", %ld writes", n),
			 n);
}

static void add_level(uint32_t kind, const struct trace_level *level,
		      struct ui_buffer *text)
{
	char value[40];
	long n = (long)level->value;

	switch (kind) {
	case TRACE_OBJECT_SEMAPHORE:
	case TRACE_OBJECT_BOUNDED_SEMAPHORE:
		ui_buffer_printf(text, TRACE_PLURAL("%ld permit left",
						"%ld permits left",
						n), n);
		break;
	case TRACE_OBJECT_CONDITION:
		ui_buffer_printf(text, TRACE_PLURAL("%ld sleeps", "%ld sleep",
						n), n);
		break;
	case TRACE_OBJECT_EVENT:
		ui_buffer_puts(text, n ? _("set") : _("not set"));
		break;
	case TRACE_OBJECT_BARRIER:
		ui_buffer_printf(text, _("%ld here"), n);
		break;
	case TRACE_OBJECT_VALUE:
		trace_tell_value(level->value, value, sizeof(value));
		ui_buffer_printf(text, "= %s", value);
		break;
	case TRACE_OBJECT_MANAGER:
		ui_buffer_printf(text, TRACE_PLURAL("%ld object", "%ld objects",
						n), n);
		break;
	case TRACE_OBJECT_CONNECTION:
		ui_buffer_printf(text, TRACE_PLURAL("%ld message", "%ld messages",
						n), n);
		add_bytes(level->bytes, text);
		break;
	default:
		ui_buffer_printf(text, TRACE_PLURAL("%ld item", "%ld items",
						n), n);
		add_bytes(level->bytes, text);
		break;
	}
}

/* The last call of a managed object, and how many there have been. */
static void add_calls(const struct ui_plot *plot, uint32_t id,
		      struct ui_buffer *text)
{
	struct trace *trace = plot->state->trace;
	uint64_t seq = plot->state->cursor_seq;
	struct trace_call call;
	char name[80];
	long count;

	if (trace_last_call(trace, id, seq, &call) < 0)
		return;
	count = (long)trace_call_count(trace, id, seq, COUNTED_CALLS);
	trace_tell_agent(trace, call.client_agent_id, name, sizeof(name));
	ui_buffer_puts(text, text->length ? _("; ") : "");
	/* Translators: a method, who has called it. */
	ui_buffer_printf(text, _("last %s by %s"), call.method, name);
	if (count < COUNTED_CALLS)
		ui_buffer_printf(text, TRACE_PLURAL(", %ld call", ", %ld calls",
						count), count);
}

static void describe(const struct ui_plot *plot, const struct ui_lane *lane,
		     struct ui_buffer *text)
{
	struct trace *trace = plot->state->trace;
	uint64_t seq = plot->state->cursor_seq;
	struct trace_level level;
	bool is_lock = lane->object_kind == TRACE_OBJECT_LOCK
		       || lane->object_kind == TRACE_OBJECT_RLOCK;

	if (lane->object_kind == TRACE_OBJECT_POOL) {
		ui_stage_tell_pool(plot, lane, text);
		return;
	}
	if (is_lock)
		add_holder(plot, lane->object_id, text);
	else if (trace_level_after(trace, lane->object_id, seq, &level) < 0)
		;
	else if (lane->object_kind == TRACE_OBJECT_ARRAY)
		add_writes(trace, &level, text);
	else
		add_level(lane->object_kind, &level, text);
	if (!is_lock)			/* of a queue: a dead one at work in it */
		add_holder(plot, lane->object_id, text);
	add_waiters(plot, lane->object_id, text);
	/* Of locks, queues, ... one wants to know other things. */
	if (lane->object_kind >= TRACE_OBJECT_MANAGED_LIST
	    && lane->object_kind <= TRACE_OBJECT_MANAGED_CUSTOM)
		add_calls(plot, lane->object_id, text);
}

/* Do the words hide nothing of the lane? */
static bool is_bare(const struct ui_canvas *canvas, int x, int y, int columns)
{
	for (int i = 0; i < columns; i++) {
		const struct ui_cell *cell = ui_cell_at(canvas, x + i, y);

		if (cell->ink != UI_ROLE_TEXT && cell->ink != UI_ROLE_GRID)
			return false;
	}
	return true;
}

/* A blank on either side, or the lane's digits would be read as a part of them. */
static void frame(struct ui_canvas *canvas, const struct ui_rect *area, int y,
		  int x, int columns)
{
	if (x > 0)
		ui_put(canvas, area->x + x - 1, y, UI_ROLE_TEXT, " ");
	if (x + columns < area->columns)
		ui_put(canvas, area->x + x + columns, y, UI_ROLE_TEXT, " ");
}

/* Behind the cursor; before it, if there is no room; and as a caption over the lane,
 * if they would hide some of it and there is a row to spare. */
static void put_words(const struct ui_plot *plot, struct ui_canvas *canvas,
		      size_t index, const char *words, int columns)
{
	const struct ui_rect *area = &plot->layout->plot;
	int y = ui_plot_row(plot, (int)index), x = plot->cursor_column + 2;
	bool hides;
	int last = area->columns - columns;

	if (x > last)
		x = plot->cursor_column - 1 - columns;
	hides = x < 1
		|| !is_bare(canvas, area->x + x - 1, y, columns + 1);
	if (hides && plot->layout->pitch > 1 && index > plot->state->lane_top) {
		y--;
		if (x < 0)
			x = last;
	} else if (hides) {
		frame(canvas, area, y, x < 0 ? 0 : x, columns);
	}
	ui_put_fitted(canvas, area->x + (x < 0 ? 0 : x), y,
		      columns < area->columns ? columns : area->columns,
		      UI_ROLE_STRONG, words);
}

void ui_stage_draw_object(const struct ui_plot *plot, struct ui_canvas *canvas,
			  size_t index)
{
	const struct ui_lane *lane = &plot->state->lanes[index];
	struct ui_buffer text = { 0 };
	int columns;

	if (!lane->object_id || plot->cursor_column < 0
	    || plot->cursor_column >= plot->layout->plot.columns)
		return;
	describe(plot, lane, &text);
	columns = text.length ? ui_text_columns(text.bytes, text.length) : 0;
	if (columns > 0)
		put_words(plot, canvas, index, text.bytes, columns);
	ui_buffer_finish(&text);
}
