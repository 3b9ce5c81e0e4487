#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/stats.h"

#include <stdlib.h>

#include "traces/reader-private.h"

/* Asking all events or all intervals takes seconds in a large trace. */
#define ALL_MS 60000

static int64_t span_of(int64_t from, int64_t to, int64_t last)
{
	if (from < 0)
		return 0;
	if (to < 0)
		to = last;
	return to > from ? to - from : 0;
}

static void add_open_state(const struct trace *trace,
			   const struct trace_lane_node *lane,
			   struct trace_process_stats *out)
{
	if (lane->state && lane->state < TRACE_STATE_COUNT)
		out->state_ns[lane->state] += span_of(lane->state_since_ns, -1,
						      trace->info.last_ns);
}

static bool is_waiting(int state)
{
	return state == TRACE_STATE_WAIT_JOIN
	       || (state >= TRACE_STATE_WAIT_LOCK
		   && state <= TRACE_STATE_WAIT_CALL);
}

static int add_states(struct trace *trace, const struct trace_lane_node *lane,
		      struct trace_process_stats *out)
{
	struct sqlite3_stmt *rows;

	trace_db_hold(trace->db, ALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_STATE_TIMES,
			      (int64_t)lane->agent.id);
	while (trace_db_step(trace->db, rows)) {
		uint32_t state = trace_db_id(rows, 0);
		int64_t ns = trace_db_time(rows, 1);

		if (state < TRACE_STATE_COUNT && ns > 0)
			out->state_ns[state] += ns;
	}
	trace_db_release(trace->db);
	add_open_state(trace, lane, out);
	for (int state = 1; state < TRACE_STATE_COUNT; state++)
		if (is_waiting(state))
			out->waiting_ns += out->state_ns[state];
	return *trace_db_error(trace->db) ? trace_fail(trace) : 0;
}

int trace_process_stats(struct trace *trace, uint32_t process_id,
			struct trace_process_stats *out)
{
	const struct trace_process *process = trace_process(trace, process_id);
	const struct trace_info *info = &trace->info;
	const struct trace_process_node *node;

	*out = (struct trace_process_stats){ .process_id = process_id };
	if (!process)
		return -1;
	out->lifetime_ns = span_of(process->started_ns, process->exited_ns,
				   info->last_ns);
	if (process->parent_id)
		out->zombie_ns = span_of(process->exited_ns,
					 process->reaped_ns, info->last_ns);
	node = trace_list_find(&trace->processes, process_id);
	for (const struct trace_lane_node *lane = node->lanes; lane;
	     lane = lane->next)
		out->events += lane->agent.events;
	out->recording_ns = (int64_t)((double)out->events
				      * (double)info->cost_ps / 1000);
	const struct trace_lane_node *main = trace_lane_node(
		trace, process->agent_id);
	return main ? add_states(trace, main, out) : 0;
}

static int by_count(const void *a, const void *b)
{
	const struct trace_kind_count *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->kind < y->kind ? -1 : x->kind > y->kind;
}

int trace_kind_counts(struct trace *trace, struct trace_kind_count *out,
		      size_t max)
{
	struct sqlite3_stmt *rows;
	size_t count = 0;

	trace_db_hold(trace->db, ALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_KIND_COUNTS);
	while (count < max && trace_db_step(trace->db, rows)) {
		out[count].kind = trace_db_id(rows, 0);
		out[count++].count = trace_db_seq(rows, 1);
	}
	if (rows)
		trace_db_done(rows);
	trace_db_release(trace->db);
	qsort(out, count, sizeof(*out), by_count);
	return *trace_db_error(trace->db) ? trace_fail(trace) : (int)count;
}

int trace_longest_waits(struct trace *trace, struct trace_interval *out,
			size_t max)
{
	struct sqlite3_stmt *rows;
	size_t count = 0;

	if (max > 1000)
		max = 1000;
	trace_db_hold(trace->db, ALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_LONGEST, (int64_t)max);
	while (count < max && trace_db_step(trace->db, rows)) {
		uint32_t state = trace_db_id(rows, 5);

		out[count++] = (struct trace_interval){
			.agent_id = trace_db_id(rows, 0),
			.begin_ns = trace_db_time(rows, 1),
			.begin_seq = trace_db_seq(rows, 2),
			.end_ns = trace_db_time(rows, 3),
			.end_seq = trace_db_seq(rows, 4),
			.state = state < 63 ? (uint8_t)state : 0,
			.object_id = trace_db_id(rows, 6),
		};
	}
	if (rows)
		trace_db_done(rows);
	trace_db_release(trace->db);
	return *trace_db_error(trace->db) ? trace_fail(trace) : (int)count;
}

int trace_wait_pairs(struct trace *trace, struct trace_wait_pair *out,
		     size_t max)
{
	struct sqlite3_stmt *rows;
	size_t count = 0;

	if (!trace_db_has_objects(trace->db))
		return 0;
	if (max > 1000)
		max = 1000;
	trace_db_hold(trace->db, ALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_WAIT_PAIRS, (int64_t)max);
	while (count < max && trace_db_step(trace->db, rows))
		out[count++] = (struct trace_wait_pair){
			.agent_id = trace_db_id(rows, 0),
			.holder_agent_id = trace_db_id(rows, 1),
			.count = trace_db_seq(rows, 2),
			.total_ns = trace_db_time(rows, 3),
		};
	if (rows)
		trace_db_done(rows);
	trace_db_release(trace->db);
	return *trace_db_error(trace->db) ? trace_fail(trace) : (int)count;
}

int trace_method_stats(struct trace *trace, struct trace_method_stats *out,
		       size_t max)
{
	struct sqlite3_stmt *rows;
	size_t count = 0;

	if (!trace_db_has_objects(trace->db))
		return 0;
	if (max > 1000)
		max = 1000;
	trace_db_hold(trace->db, ALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_METHODS, (int64_t)max);
	while (count < max && trace_db_step(trace->db, rows))
		out[count++] = (struct trace_method_stats){
			.object_id = trace_db_id(rows, 0),
			.method = trace_pool_column(&trace->pool, rows, 1, 128),
			.calls = trace_db_seq(rows, 2),
			.errors = trace_db_seq(rows, 3),
			.total_ns = trace_db_time(rows, 4),
			.max_ns = trace_db_time(rows, 5),
			.served_ns = trace_db_time(rows, 6),
		};
	if (rows)
		trace_db_done(rows);
	trace_db_release(trace->db);
	return *trace_db_error(trace->db) ? trace_fail(trace) : (int)count;
}
