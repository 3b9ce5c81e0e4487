#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/reader-private.h"

/* The tasks of pools. They are numbered as they are submitted, and taken in about this
 * order: so a time is found among the numbers by halving. */

#define LOOK_BACK 256			/* tasks; that began somewhat earlier */
#define EVENTS_BACK 64			/* of a worker within its task */
#define MOST_FUNCTIONS 4096

/* ---- functions ---- */

static void add_function(struct trace *trace, uint64_t seq)
{
	struct sqlite3_stmt *rows = trace_db_query(
		trace->db, TRACE_QUERY_FUNCTION, (int64_t)seq);
	struct trace_function *functions;

	if (!trace_db_step(trace->db, rows))
		return;
	functions = realloc(trace->functions, (trace->function_count + 1)
						      * sizeof(*functions));
	if (functions) {
		trace->functions = functions;
		functions[trace->function_count++] = (struct trace_function){
			.pool_id = trace_db_id(rows, 0),
			.number = trace_db_id(rows, 1),
			.name = trace_pool_column(&trace->pool, rows, 2, 256),
		};
	}
	trace_db_done(rows);
}

/* Those that were handed to a pool since it was last looked. */
static void learn_functions(struct trace *trace)
{
	uint64_t seq = trace->functions_seq;

	while (trace->function_count < MOST_FUNCTIONS
	       && (seq = trace_next(trace, seq, 1, 0, TRACE_POOL_FUNCTION))) {
		add_function(trace, seq);
		trace->functions_seq = seq;
	}
	trace->functions_seq = trace->info.events;
}

const char *trace_pool_function(struct trace *trace, uint32_t pool_id,
				uint32_t number)
{
	if (trace->functions_seq < trace->info.events)
		learn_functions(trace);
	for (size_t i = 0; i < trace->function_count; i++)
		if (trace->functions[i].pool_id == pool_id
		    && trace->functions[i].number == number)
			return trace->functions[i].name;
	return "";
}

/* ---- rows ---- */

static struct trace_pool_task read_task(struct trace *trace, uint32_t pool_id,
					struct sqlite3_stmt *rows)
{
	return (struct trace_pool_task){
		.pool_id = pool_id,
		.number = trace_db_id(rows, 0),
		.job = trace_db_id(rows, 1),
		.items = trace_db_id(rows, 3),
		.from_agent_id = trace_db_id(rows, 4),
		.submitted_ns = trace_db_time(rows, 5),
		.submitted_seq = trace_db_seq(rows, 6),
		.worker_agent_id = trace_db_id(rows, 7),
		.started_ns = trace_db_time(rows, 8),
		.ended_ns = trace_db_time(rows, 9),
		.code = trace_db_int(rows, 10),
		.outcome = trace_pool_column(&trace->pool, rows, 11, 16),
		.collected_ns = trace_db_time(rows, 12),
		.collector_agent_id = trace_db_id(rows, 13),
		.function = trace_pool_function(trace, pool_id,
						trace_db_id(rows, 2)),
	};
}

static int finish(struct trace *trace, struct sqlite3_stmt *rows, size_t count)
{
	if (rows)
		trace_db_done(rows);
	trace_db_release(trace->db);
	return *trace_db_error(trace->db) ? trace_fail(trace) : (int)count;
}

/* Those that a worker had between t0 and t1. */
static bool is_between(const struct trace_pool_task *task, int64_t t0,
		       int64_t t1)
{
	return task->worker_agent_id && task->started_ns >= 0
	       && task->started_ns <= t1
	       && (task->ended_ns < 0 || task->ended_ns >= t0);
}

static struct sqlite3_stmt *ask_range(struct trace *trace, uint32_t pool_id,
				      int64_t low, int64_t high, int64_t most)
{
	/* What the rows need is asked before, for they are read one by one. */
	trace_pool_function(trace, pool_id, 0);
	return trace_db_query(trace->db, TRACE_QUERY_TASKS, (int64_t)pool_id,
			      low, high, most);
}

bool trace_task_is_uncollected(const struct trace_pool_task *task)
{
	return task->collected_ns < 0
	       && (!strcmp(task->outcome, "error")
		   || !strcmp(task->outcome, "lost"));
}

int trace_task(struct trace *trace, uint32_t pool_id, uint32_t number,
	       struct trace_pool_task *out)
{
	struct sqlite3_stmt *rows;
	int result = -1;

	if (!trace_db_has_objects(trace->db))
		return -1;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	rows = ask_range(trace, pool_id, number, number, 1);
	if (trace_db_step(trace->db, rows)) {
		*out = read_task(trace, pool_id, rows);
		trace_db_done(rows);
		result = 0;
	}
	trace_db_release(trace->db);
	return result;
}

int trace_bad_tasks(struct trace *trace, uint32_t pool_id, uint32_t above,
		    size_t max, struct trace_pool_task *out)
{
	struct sqlite3_stmt *rows;
	size_t count = 0;

	if (!trace_db_has_objects(trace->db) || max == 0)
		return 0;
	trace_pool_function(trace, pool_id, 0);
	trace_db_hold(trace->db, TRACE_CALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_TASKS_BAD,
			      (int64_t)pool_id, (int64_t)above,
			      max > INT32_MAX ? (int64_t)INT32_MAX
					      : (int64_t)max);
	while (count < max && trace_db_step(trace->db, rows))
		out[count++] = read_task(trace, pool_id, rows);
	return finish(trace, rows, count);
}

/* ---- those of a stretch of time ---- */

static int64_t last_task(struct trace *trace, uint32_t pool_id)
{
	struct sqlite3_stmt *rows = trace_db_query(
		trace->db, TRACE_QUERY_LAST_TASK, (int64_t)pool_id);
	int64_t last = 0;

	if (trace_db_step(trace->db, rows)) {
		last = trace_db_id(rows, 0);
		trace_db_done(rows);
	}
	return last;
}

/* The first that began at that time or later; last + 1: none. */
static int64_t first_begun(struct trace *trace, uint32_t pool_id, int64_t t_ns,
			   int64_t last)
{
	int64_t low = 1, high = last + 1;

	while (low < high) {
		int64_t middle = low + (high - low) / 2, id = high;
		struct sqlite3_stmt *rows = trace_db_query(
			trace->db, TRACE_QUERY_TASK_FROM, (int64_t)pool_id,
			middle);
		bool is_before = false;

		if (trace_db_step(trace->db, rows)) {
			id = trace_db_id(rows, 0);
			is_before = trace_db_time(rows, 1) < t_ns;
			trace_db_done(rows);
		}
		if (is_before && id < high)
			low = id + 1;
		else
			high = middle;
	}
	return low;
}

struct stretch {
	struct trace *trace;
	uint32_t pool_id;
	int64_t t0, t1;
	size_t count, max;
	struct trace_pool_task *out;
};

static void add_range(struct stretch *stretch, int64_t low, int64_t high,
		      int64_t most)
{
	struct trace *trace = stretch->trace;
	struct sqlite3_stmt *rows = ask_range(trace, stretch->pool_id, low,
					      high, most);

	while (stretch->count < stretch->max && trace_db_step(trace->db, rows)) {
		struct trace_pool_task *task = &stretch->out[stretch->count];

		*task = read_task(trace, stretch->pool_id, rows);
		stretch->count += is_between(task, stretch->t0, stretch->t1);
	}
	if (rows)
		trace_db_done(rows);
}

int trace_tasks(struct trace *trace, uint32_t pool_id, int64_t t0, int64_t t1,
		size_t max, struct trace_pool_task *out)
{
	struct stretch stretch = { trace, pool_id, t0, t1, 0, max, out };

	if (!trace_db_has_objects(trace->db) || max == 0 || t1 < t0)
		return 0;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	int64_t last = last_task(trace, pool_id);
	int64_t low = first_begun(trace, pool_id, t0, last);
	int64_t high = first_begun(trace, pool_id, t1 < INT64_MAX ? t1 + 1 : t1,
				   last);
	int64_t step = (high - low) / (int64_t)max + 1;

	low = low > LOOK_BACK ? low - LOOK_BACK : 1;
	high = high < last - LOOK_BACK ? high + LOOK_BACK : last;
	if (step == 1)
		add_range(&stretch, low, high, high - low + 1);
	for (int64_t id = low; step > 1 && id <= high; id += step)
		add_range(&stretch, id, high, 1);
	return finish(trace, NULL, stretch.count);
}

/* ---- what a worker is at ---- */

static void begun(struct trace *trace, const struct trace_record *record,
		  struct trace_pool_task *out)
{
	if (trace_task(trace, record->object_id, (uint32_t)record->a, out) == 0
	    && out->worker_agent_id == record->agent_id)
		return;
	*out = (struct trace_pool_task){
		.pool_id = record->object_id,
		.number = (uint32_t)record->a,
		.worker_agent_id = record->agent_id,
		.submitted_ns = -1,
		.started_ns = record->t_ns,
		.ended_ns = -1,
		.collected_ns = -1,
		.outcome = "",
		.function = "",
	};
}

int trace_task_after(struct trace *trace, uint32_t agent_id, uint64_t seq,
		     struct trace_pool_task *out)
{
	struct trace_record record;

	if (!trace_db_has_objects(trace->db) || seq >= UINT64_MAX - 1)
		return -1;
	seq++;
	for (int i = 0; i < EVENTS_BACK; i++) {
		seq = trace_next(trace, seq, -1, agent_id, 0);
		if (!seq || trace_events(trace, seq, 1, &record) != 1)
			return -1;
		switch (record.kind) {
		case TRACE_TASK_TAKE:
		case TRACE_TASK_TAKEN:
			begun(trace, &record, out);
			return 0;
		case TRACE_TASK_END:
		case TRACE_WORKER_IDLE:
		case TRACE_WORKER_RETIRE:
		case TRACE_PROC_DIED:
			return -1;
		}
	}
	return -1;
}
