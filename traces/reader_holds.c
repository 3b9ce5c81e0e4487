#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/reader-private.h"

/* Who held a lock, and who waited for an object. Rows are found by the event with
 * which they begin. Holds of a lock do not overlap, so the last that begins before
 * a moment is the one that can reach into it; waits do, so some more are looked
 * at. */

#define LOOK_BACK 1024

static int finish(struct trace *trace, struct sqlite3_stmt *rows, size_t count)
{
	if (rows)
		trace_db_done(rows);
	trace_db_release(trace->db);
	return *trace_db_error(trace->db) ? trace_fail(trace) : (int)count;
}

static int64_t seq_before(struct trace *trace, int64_t t_ns)
{
	return (int64_t)trace_seq_at(trace, t_ns);
}

/* ---- holds ---- */

static struct trace_hold read_hold(struct trace *trace,
				   struct sqlite3_stmt *rows)
{
	return (struct trace_hold){
		.object_id = trace_db_id(rows, 0),
		.agent_id = trace_db_id(rows, 1),
		.begin_ns = trace_db_time(rows, 2),
		.begin_seq = trace_db_seq(rows, 3),
		.end_ns = trace_db_time(rows, 4),
		.end_seq = trace_db_seq(rows, 5),
		.ended_by = trace_pool_column(&trace->pool, rows, 6, 16),
	};
}

static bool hold_before(struct trace *trace, uint32_t object_id, int64_t seq,
			struct trace_hold *out)
{
	struct sqlite3_stmt *rows = trace_db_query(
		trace->db, TRACE_QUERY_HOLD_AT, (int64_t)object_id, seq);

	if (!trace_db_step(trace->db, rows))
		return false;
	*out = read_hold(trace, rows);
	trace_db_done(rows);
	return true;
}

/* What the dead held stays taken until somebody else gives it back. */
static bool is_held_by_dead(struct trace *trace, uint32_t object_id,
			    uint64_t seq)
{
	struct trace_interval state;

	return trace_state_after(trace, TRACE_LANE_OBJECT(object_id), seq,
				 &state) == 0
	       && state.state == TRACE_STATE_HELD_BY_DEAD;
}

int trace_holder_after(struct trace *trace, uint32_t object_id, uint64_t seq,
		       struct trace_hold *out)
{
	struct trace_hold hold;
	int result = -1;

	if (!trace_db_has_objects(trace->db) || seq == 0
	    || seq > (uint64_t)TRACE_MAX_NUMBER)
		return -1;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	if (hold_before(trace, object_id, (int64_t)seq, &hold)) {
		if (hold.end_ns < 0 || hold.end_seq > seq)
			result = 0;
		else if (!strcmp(hold.ended_by, "dead"))
			hold.is_dead = is_held_by_dead(trace, object_id, seq);
		if (hold.is_dead)
			result = 0;
	}
	trace_db_release(trace->db);
	if (result == 0)
		*out = hold;
	return result;
}

int trace_holds(struct trace *trace, uint32_t object_id, int64_t t0, int64_t t1,
		size_t max, struct trace_hold *out)
{
	struct sqlite3_stmt *rows;
	struct trace_hold first;
	size_t count = 0;

	if (!trace_db_has_objects(trace->db) || max == 0 || t1 < t0 || t1 < 0)
		return 0;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	int64_t from = seq_before(trace, t0), to = seq_before(trace, t1);
	if (hold_before(trace, object_id, from, &first))
		from = (int64_t)first.begin_seq;
	rows = trace_db_query(trace->db, TRACE_QUERY_HOLDS, (int64_t)object_id,
			      from, to);
	while (count < max && trace_db_step(trace->db, rows)) {
		out[count] = read_hold(trace, rows);
		count += out[count].end_ns < 0 || out[count].end_ns >= t0;
	}
	return finish(trace, rows, count);
}

/* ---- waits ---- */

static struct trace_object_wait read_wait(struct trace *trace,
					  struct sqlite3_stmt *rows)
{
	return (struct trace_object_wait){
		.object_id = trace_db_id(rows, 0),
		.agent_id = trace_db_id(rows, 1),
		.begin_ns = trace_db_time(rows, 2),
		.begin_seq = trace_db_seq(rows, 3),
		.end_ns = trace_db_time(rows, 4),
		.end_seq = trace_db_seq(rows, 5),
		.outcome = trace_pool_column(&trace->pool, rows, 6, 16),
		.holder_agent_id = trace_db_id(rows, 7),
	};
}

static void reverse(struct trace_object_wait *waits, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct trace_object_wait wait = waits[i];

		waits[i] = waits[count - 1 - i];
		waits[count - 1 - i] = wait;
	}
}

/* Those that begin up to an event and end after it, and not before a time. */
static size_t waits_over(struct trace *trace, uint32_t object_id, uint64_t seq,
			 int64_t t_ns, size_t max,
			 struct trace_object_wait *out)
{
	struct sqlite3_stmt *rows = trace_db_query(
		trace->db, TRACE_QUERY_OBJECT_WAITS_BACK, (int64_t)object_id,
		(int64_t)seq, (int64_t)LOOK_BACK);
	size_t count = 0;

	while (count < max && trace_db_step(trace->db, rows)) {
		out[count] = read_wait(trace, rows);
		count += out[count].end_ns < 0
			 || (out[count].end_seq > seq
			     && out[count].end_ns >= t_ns);
	}
	if (rows)
		trace_db_done(rows);
	reverse(out, count);
	return count;
}

int trace_waiters_after(struct trace *trace, uint32_t object_id, uint64_t seq,
			size_t max, struct trace_object_wait *out)
{
	size_t count;

	if (!trace_db_has_objects(trace->db) || seq > (uint64_t)TRACE_MAX_NUMBER)
		return 0;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	count = waits_over(trace, object_id, seq, 0, max, out);
	return finish(trace, NULL, count);
}

int trace_object_waits(struct trace *trace, uint32_t object_id, int64_t t0,
		       int64_t t1, size_t max, struct trace_object_wait *out)
{
	struct sqlite3_stmt *rows;
	size_t count;

	if (!trace_db_has_objects(trace->db) || max == 0 || t1 < t0 || t1 < 0)
		return 0;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	int64_t from = seq_before(trace, t0 - 1), to = seq_before(trace, t1);
	count = waits_over(trace, object_id, (uint64_t)from, t0, max, out);
	rows = trace_db_query(trace->db, TRACE_QUERY_OBJECT_WAITS,
			      (int64_t)object_id, from + 1, to);
	while (count < max && trace_db_step(trace->db, rows))
		out[count++] = read_wait(trace, rows);
	return finish(trace, rows, count);
}
