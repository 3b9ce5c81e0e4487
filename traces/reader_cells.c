#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "traces/reader-private.h"
#include "traces/rows.h"

/* A lane is painted column by column. Where the columns together hold few events,
 * or are narrower than the finest buckets, it is painted from the intervals, which
 * is exact; elsewhere from the level of the summary whose buckets are just not
 * wider than a column. Columns may differ in width (on an axis of events they
 * do), so the work is done in runs of columns that use the same level. */

#define RAW (-1)

struct painter {
	struct trace *trace;
	struct trace_lane_node *lane;
	const int64_t *edges;
	size_t columns;
	struct trace_cell *cells;
	const struct trace_window *window; /* NULL: too many events */
	uint8_t carried;		/* the state that lasts, 0: none */
};

static uint64_t bit(uint32_t state)
{
	return state > 0 && state < 63 ? UINT64_C(1) << state : 0;
}

/* ---- from intervals ---- */

/* Paint a state over [begin, end); *column is where to begin to look. */
static void paint(struct painter *painter, size_t *column, size_t stop,
		  int64_t begin, int64_t end, uint8_t state)
{
	const int64_t *edges = painter->edges;
	size_t i = *column;

	while (i < stop && edges[i + 1] <= begin && edges[i] < begin)
		i++;
	*column = i;
	for (; i < stop && (edges[i] < end || edges[i] == begin); i++) {
		struct trace_cell *cell = &painter->cells[i];

		if (edges[i] == edges[i + 1] && begin > edges[i])
			continue;
		cell->states |= bit(state);
		/* What follows, if anything, sets it again. */
		cell->last = edges[i + 1] <= end ? state : 0;
	}
}

static bool paint_row(struct painter *painter, struct sqlite3_stmt *rows,
		      size_t *column, size_t stop, int64_t *until)
{
	int64_t begin = trace_db_time(rows, 0), end = trace_db_time(rows, 2);
	uint32_t state = trace_db_id(rows, 4);

	if (state >= 63 || end < begin)
		return true;
	paint(painter, column, stop, begin, end, (uint8_t)state);
	if (end > *until)
		*until = end;
	return true;
}

/* The first of the intervals that reach into what begins at `from`. */
static int64_t first_begin(struct painter *painter, int64_t from)
{
	struct trace_db *db = painter->trace->db;
	struct sqlite3_stmt *rows = trace_db_query(db, TRACE_QUERY_INTERVAL_AT,
		(int64_t)painter->lane->agent.id, from, TRACE_MAX_NUMBER);
	int64_t begin = from;

	if (trace_db_step(db, rows)) {
		begin = trace_db_time(rows, 0);
		trace_db_done(rows);
	}
	return begin;
}

static void paint_open(struct painter *painter, size_t column, size_t stop,
		       int64_t until)
{
	const struct trace_lane_node *lane = painter->lane;
	const struct trace *trace = painter->trace;

	if (!lane->state || lane->state_since_ns < until)
		return;
	paint(painter, &column, stop, lane->state_since_ns,
	      trace->info.live ? INT64_MAX : trace->info.last_ns + 1,
	      lane->state);
}

static void count_window(struct painter *painter, size_t start, size_t stop)
{
	const struct trace_window *window = painter->window;
	uint32_t id = painter->lane->agent.id;
	size_t i = start;

	for (size_t k = 0; k < window->count; k++) {
		if (window->agents[k] != id
		    && TRACE_LANE_OBJECT(window->objects[k]) != id)
			continue;
		int64_t t_ns = window->times[k];
		while (i < stop && painter->edges[i + 1] <= t_ns)
			i++;
		if (i == stop)
			break;
		if (painter->edges[i] <= t_ns)
			painter->cells[i].events++;
	}
}

static void paint_intervals(struct painter *painter, size_t start, size_t stop)
{
	struct trace_db *db = painter->trace->db;
	int64_t from = painter->edges[start], to = painter->edges[stop];
	int64_t until = 0;
	size_t column = start;

	from = first_begin(painter, from);
	struct sqlite3_stmt *rows = trace_db_query(db, TRACE_QUERY_INTERVALS,
		(int64_t)painter->lane->agent.id, from,
		to < INT64_MAX ? to + 1 : to);
	while (trace_db_step(db, rows)) {
		paint_row(painter, rows, &column, stop, &until);
		if (!painter->window && column < stop
		    && trace_db_time(rows, 0) >= painter->edges[start])
			painter->cells[column].events++;
	}
	paint_open(painter, column, stop, until);
	if (painter->window)
		count_window(painter, start, stop);
}

/* ---- from the summary ---- */

/* The widest level with buckets not wider than that, or RAW. */
static int level_of(int64_t width)
{
	int level;

	if (width < INT64_C(1) << TRACE_SUMMARY_SHIFT(0))
		return RAW;
	level = (63 - __builtin_clzll((uint64_t)width)
		 - TRACE_SUMMARY_SHIFT(0)) / 2;
	return level < TRACE_SUMMARY_LEVELS ? level : TRACE_SUMMARY_LEVELS - 1;
}

/* What lasts, lasts until here: columns [*column, stop) hold nothing else. */
static void carry_on(struct painter *painter, size_t *column, size_t stop)
{
	const struct trace_info *info = &painter->trace->info;

	for (; *column < stop; ++*column) {
		struct trace_cell *cell = &painter->cells[*column];

		if (painter->edges[*column] > info->last_ns && !info->live)
			painter->carried = 0;
		cell->states |= bit(painter->carried);
		cell->last = painter->carried;
	}
}

static void add_cell(struct painter *painter, struct sqlite3_stmt *rows,
		     int level, size_t *column, size_t stop)
{
	int64_t middle = (trace_db_int(rows, 0) << TRACE_SUMMARY_SHIFT(level))
			 + (INT64_C(1) << (TRACE_SUMMARY_SHIFT(level) - 1));
	uint64_t states = (uint64_t)trace_db_int(rows, 1);
	uint32_t state = trace_db_id(rows, 2);
	uint64_t events = trace_db_seq(rows, 3);
	size_t i = *column;

	/* What a run begins with was counted in the run before it. */
	if (middle < painter->edges[i] && i > 0)
		events = 0;
	while (i + 1 < stop && painter->edges[i + 1] <= middle)
		i++;
	carry_on(painter, column, i);
	struct trace_cell *cell = &painter->cells[i];
	if (!cell->states)
		cell->states = bit(painter->carried);
	cell->states |= states & ~(UINT64_C(1) | UINT64_C(1) << 63);
	painter->carried = cell->last = state < 63 ? (uint8_t)state : 0;
	events += cell->events;
	cell->events = events < UINT32_MAX ? (uint32_t)events : UINT32_MAX;
}

static void paint_level(struct painter *painter, int level, size_t start,
			size_t stop)
{
	struct trace_db *db = painter->trace->db;
	int64_t half = INT64_C(1) << (TRACE_SUMMARY_SHIFT(level) - 1);
	int64_t from = painter->edges[start], to = painter->edges[stop];
	size_t column = start;

	if (from >= TRACE_MAX_NUMBER)
		return;
	if (to > TRACE_MAX_NUMBER)
		to = TRACE_MAX_NUMBER;
	/* Buckets count where their middle lies, but the first and the last one
	 * must not be missed: after them a state may last for long. */
	if (stop < painter->columns)
		to -= half;
	from >>= TRACE_SUMMARY_SHIFT(level);
	to = (to - 1) >> TRACE_SUMMARY_SHIFT(level);
	struct sqlite3_stmt *rows = trace_db_query(db, TRACE_QUERY_CELLS,
		(int64_t)level, (int64_t)painter->lane->agent.id, from, to);
	while (trace_db_step(db, rows))
		add_cell(painter, rows, level, &column, stop);
	if (column < stop && painter->cells[column].states)
		column++;		/* it has been painted */
	carry_on(painter, &column, stop);
}

static void paint_runs(struct painter *painter)
{
	const int64_t *edges = painter->edges;
	struct trace_interval interval;
	size_t start = 0;

	while (start < painter->columns) {
		int level = level_of(edges[start + 1] - edges[start]);
		size_t stop = start + 1;

		/* A level too fine costs little: go on with it. */
		for (; stop < painter->columns; stop++) {
			int next = level_of(edges[stop + 1] - edges[stop]);

			if (next < level || next > level + 1)
				break;
		}
		painter->carried = 0;
		if (trace_state_at(painter->trace, painter->lane->agent.id,
				   edges[start], &interval) == 0)
			painter->carried = interval.state;
		if (level == RAW)
			paint_intervals(painter, start, stop);
		else
			paint_level(painter, level, start, stop);
		start = stop;
	}
}

/* ---- a lane ---- */

static const struct trace_window *load_window(struct trace *trace,
					      uint64_t first, uint64_t last)
{
	struct trace_window *window = &trace->window;
	struct sqlite3_stmt *rows;

	if (window->last && window->first <= first && last <= window->last)
		return window;
	window->count = 0;
	window->first = first;
	window->last = last;
	rows = trace_db_query(trace->db, TRACE_QUERY_WINDOW, (int64_t)first,
			      (int64_t)last, (int64_t)TRACE_WINDOW_EVENTS);
	while (trace_db_step(trace->db, rows)) {
		size_t i = window->count++;

		window->agents[i] = trace_db_id(rows, 0);
		window->times[i] = trace_db_time(rows, 1);
		window->objects[i] = trace_db_id(rows, 2);
		if (window->count == TRACE_WINDOW_EVENTS) {
			trace_db_done(rows);
			break;
		}
	}
	if (*trace_db_error(trace->db))
		window->last = 0;
	return window;
}

static void choose_winners(const struct trace *trace, struct trace_cell *cells,
			   size_t columns)
{
	for (size_t i = 0; i < columns; i++) {
		uint64_t states = cells[i].states;
		unsigned best = 0;

		for (; states; states &= states - 1) {
			unsigned state = (unsigned)__builtin_ctzll(states);

			if (trace->ranks[state] >= trace->ranks[best])
				best = state;
		}
		cells[i].state = (uint8_t)best;
	}
}

bool trace_lane_has_cells(struct trace *trace, struct trace_lane_node *lane)
{
	if (lane->has_cells < 0) {
		struct sqlite3_stmt *rows = trace_db_query(trace->db,
			TRACE_QUERY_HAS_CELLS, (int64_t)lane->agent.id);

		lane->has_cells = trace_db_step(trace->db, rows);
		if (lane->has_cells)
			trace_db_done(rows);
	}
	return lane->has_cells;
}

int trace_cells(struct trace *trace, uint32_t agent_id, const int64_t *edges,
		size_t columns, struct trace_cell *out)
{
	struct painter painter = {
		.trace = trace, .edges = edges, .columns = columns,
		.cells = out, .lane = trace_lane_node(trace, agent_id),
	};

	memset(out, 0, columns * sizeof(*out));
	if (!painter.lane || columns == 0 || edges[columns] < 0)
		return 0;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	uint64_t first = trace_seq_at(trace, edges[0] - 1) + 1;
	uint64_t last = trace_seq_at(trace, edges[columns]);
	bool is_short = last < first + TRACE_WINDOW_EVENTS;
	if (is_short)
		painter.window = load_window(trace, first, last);
	if (is_short || !trace_lane_has_cells(trace, painter.lane))
		paint_intervals(&painter, 0, columns);
	else
		paint_runs(&painter);
	choose_winners(trace, out, columns);
	trace_db_release(trace->db);
	return *trace_db_error(trace->db) ? trace_fail(trace) : 0;
}
