#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "traces/reader-private.h"

/* How much was in an object, and which deadlocks there were. */

/* How many changes in one column are looked at. */
#define MOST_CHANGES 1024

static bool level_before(struct trace *trace, uint32_t object_id, int64_t seq,
			 struct trace_level *out)
{
	struct sqlite3_stmt *rows = trace_db_query(
		trace->db, TRACE_QUERY_LEVEL_AT, (int64_t)object_id, seq);

	if (!trace_db_step(trace->db, rows))
		return false;
	*out = (struct trace_level){
		.seq = trace_db_seq(rows, 0),
		.t_ns = trace_db_time(rows, 1),
		.value = trace_db_int(rows, 2),
		.bytes = trace_db_time(rows, 3),
	};
	trace_db_done(rows);
	return true;
}

int trace_level_after(struct trace *trace, uint32_t object_id, uint64_t seq,
		      struct trace_level *out)
{
	struct trace_level level;

	if (!trace_db_has_objects(trace->db)
	    || seq > (uint64_t)TRACE_MAX_NUMBER
	    || !level_before(trace, object_id, (int64_t)seq, &level))
		return -1;
	*out = level;
	return 0;
}

static void add(struct trace_level_cell *cell, int64_t value, int64_t bytes)
{
	if (!cell->is_known || value > cell->most)
		cell->most = value;
	if (!cell->is_known || value < cell->least)
		cell->least = value;
	if (bytes > cell->most_bytes)
		cell->most_bytes = bytes;
	cell->last = value;
	cell->last_bytes = bytes;
	cell->is_known = true;
}

/* What changes between the events after `from` and up to `to`. */
static void add_changes(struct trace *trace, uint32_t object_id, int64_t from,
			int64_t to, struct trace_level_cell *cell)
{
	struct sqlite3_stmt *rows;
	struct trace_level last;
	int changes = 0;

	if (from >= to)
		return;
	rows = trace_db_query(trace->db, TRACE_QUERY_LEVELS,
			      (int64_t)object_id, from + 1, to,
			      (int64_t)MOST_CHANGES);
	while (trace_db_step(trace->db, rows)) {
		add(cell, trace_db_int(rows, 2), trace_db_time(rows, 3));
		changes++;
	}
	if (changes == MOST_CHANGES
	    && level_before(trace, object_id, to, &last))
		add(cell, last.value, last.bytes);
}

int trace_levels(struct trace *trace, uint32_t object_id, const int64_t *edges,
		 size_t columns, struct trace_level_cell *out)
{
	struct trace_level level;

	memset(out, 0, columns * sizeof(*out));
	if (!trace_db_has_objects(trace->db) || columns == 0)
		return 0;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	int64_t from = (int64_t)trace_seq_at(trace, edges[0] - 1);
	if (level_before(trace, object_id, from, &level))
		add(&out[0], level.value, level.bytes);
	for (size_t i = 0; i < columns; i++) {
		/* An empty column on an axis of events shows its edge. */
		int64_t end = edges[i + 1] > edges[i] ? edges[i + 1] - 1
						      : edges[i];
		int64_t to = (int64_t)trace_seq_at(trace, end);

		if (i > 0 && out[i - 1].is_known)
			add(&out[i], out[i - 1].last, out[i - 1].last_bytes);
		add_changes(trace, object_id, from, to, &out[i]);
		from = to > from ? to : from;
	}
	trace_db_release(trace->db);
	return *trace_db_error(trace->db) ? trace_fail(trace) : 0;
}

/* ---- deadlocks ---- */

int trace_deadlocks(struct trace *trace, size_t max, struct trace_deadlock *out)
{
	struct sqlite3_stmt *rows;
	size_t count = 0;

	if (!trace_db_has_objects(trace->db) || max == 0)
		return 0;
	rows = trace_db_query(trace->db, TRACE_QUERY_DEADLOCKS,
			      max > INT32_MAX ? (int64_t)INT32_MAX
					      : (int64_t)max);
	while (count < max && trace_db_step(trace->db, rows))
		out[count++] = (struct trace_deadlock){
			.id = trace_db_seq(rows, 0),
			.t_ns = trace_db_time(rows, 1),
			.seq = trace_db_seq(rows, 2),
			.kind = trace_pool_column(&trace->pool, rows, 3, 16),
			.cleared_ns = trace_db_time(rows, 4),
		};
	if (rows)
		trace_db_done(rows);
	return *trace_db_error(trace->db) ? trace_fail(trace) : (int)count;
}

int trace_deadlock_edges(struct trace *trace, uint64_t id, size_t max,
			 struct trace_edge *out)
{
	struct sqlite3_stmt *rows;
	size_t count = 0;

	if (!trace_db_has_objects(trace->db) || max == 0
	    || id > (uint64_t)TRACE_MAX_NUMBER)
		return 0;
	rows = trace_db_query(trace->db, TRACE_QUERY_EDGES, (int64_t)id,
			      max > INT32_MAX ? (int64_t)INT32_MAX
					      : (int64_t)max);
	while (count < max && trace_db_step(trace->db, rows))
		out[count++] = (struct trace_edge){
			.agent_id = trace_db_id(rows, 0),
			.object_id = trace_db_id(rows, 1),
			.holder_agent_id = trace_db_id(rows, 2),
			.site_id = trace_db_id(rows, 3),
			.wait_seq = trace_db_seq(rows, 4),
		};
	if (rows)
		trace_db_done(rows);
	return *trace_db_error(trace->db) ? trace_fail(trace) : (int)count;
}
