#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "traces/reader-private.h"

/* An arrow touches a stretch of time if it begins in it, ends in it, or passes over
 * it. Indexes lead to the first two; of the last, the ones that began most recently
 * are found. */
#define LOOK_BACK 256

static bool read_arrow(struct trace *trace, struct sqlite3_stmt *rows,
		       struct trace_arrow *out)
{
	*out = (struct trace_arrow){
		.id = trace_db_seq(rows, 0),
		.kind = trace_pool_column(&trace->pool, rows, 1, 64),
		.from_agent_id = trace_db_id(rows, 2),
		.to_agent_id = trace_db_id(rows, 3),
		.object_id = trace_db_id(rows, 4),
		.from_ns = trace_db_time(rows, 5),
		.to_ns = trace_db_time(rows, 6),
		.from_seq = trace_db_seq(rows, 7),
		.to_seq = trace_db_seq(rows, 8),
	};
	return out->from_ns >= 0 && out->to_ns >= 0 && out->from_seq > 0
	       && out->to_seq > 0;
}

static int by_beginning(const void *a, const void *b)
{
	const struct trace_arrow *x = a, *y = b;

	if (x->from_ns != y->from_ns)
		return x->from_ns < y->from_ns ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

struct arrows {
	struct trace *trace;
	struct trace_arrow *out;
	size_t count, max;
};

static void collect(struct arrows *arrows, struct sqlite3_stmt *rows,
		    int64_t ends_after)
{
	struct trace_arrow arrow;

	while (arrows->count < arrows->max
	       && trace_db_step(arrows->trace->db, rows))
		if (read_arrow(arrows->trace, rows, &arrow)
		    && arrow.to_ns > ends_after)
			arrows->out[arrows->count++] = arrow;
	if (rows)
		trace_db_done(rows);
}

int trace_arrows(struct trace *trace, int64_t t0, int64_t t1, size_t max,
		 struct trace_arrow *out)
{
	struct arrows arrows = { trace, out, 0, max };
	struct trace_db *db = trace->db;

	if (t0 < 0)
		t0 = 0;
	if (t1 < t0 || max == 0)
		return 0;
	if (max > INT32_MAX)
		arrows.max = max = INT32_MAX;
	trace_db_hold(db, TRACE_CALL_MS);
	collect(&arrows, trace_db_query(db, TRACE_QUERY_ARROWS_OVER, t0,
					(int64_t)LOOK_BACK), t1);
	collect(&arrows, trace_db_query(db, TRACE_QUERY_ARROWS_INTO, t0, t1,
					t0, (int64_t)max), -1);
	collect(&arrows, trace_db_query(db, TRACE_QUERY_ARROWS_FROM, t0, t1,
					(int64_t)max), -1);
	qsort(out, arrows.count, sizeof(*out), by_beginning);
	trace_db_release(db);
	return *trace_db_error(db) ? trace_fail(trace) : (int)arrows.count;
}

int trace_arrow_at(struct trace *trace, uint64_t seq, int step,
		   struct trace_arrow *out)
{
	struct trace_db *db = trace->db;
	struct trace_arrow arrow;
	int result = -1;

	if (seq == 0 || seq > trace->info.events)
		return -1;
	trace_db_hold(db, TRACE_CALL_MS);
	struct sqlite3_stmt *rows = trace_db_query(
		db, step > 0 ? TRACE_QUERY_ARROW_OUT : TRACE_QUERY_ARROW_IN,
		trace_time_of(trace, seq), (int64_t)seq);
	if (trace_db_step(db, rows)) {
		if (read_arrow(trace, rows, &arrow)) {
			*out = arrow;
			result = 0;
		}
		trace_db_done(rows);
	}
	trace_db_release(db);
	return result;
}
