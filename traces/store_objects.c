#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/store-private.h"

/* The rows that tell what the events mean: states, arrows, and what became of the
 * objects. */

#define I(value) ((int64_t)(value))

static const char *const hold_ends[] = {
	[TRACE_HOLD_OPEN] = "end",
	[TRACE_HOLD_RELEASED] = "released",
	[TRACE_HOLD_OTHER] = "other",
	[TRACE_HOLD_DEAD] = "dead",
	[TRACE_HOLD_LOST] = "lost",
};

static const char *const outcomes[] = {
	[TRACE_OUTCOME_OPEN] = "open",
	[TRACE_OUTCOME_TAKEN] = "taken",
	[TRACE_OUTCOME_TIMEOUT] = "timeout",
	[TRACE_OUTCOME_ERROR] = "error",
	[TRACE_OUTCOME_KILLED] = "killed",
};

static const char *const task_outcomes[] = {
	[TRACE_TASK_DONE_WELL] = "done",
	[TRACE_TASK_ERROR] = "error",
	[TRACE_TASK_LOST_WORKER] = "lost",
	[TRACE_TASK_CUT] = "cut",
	[TRACE_TASK_DROPPED] = "dropped",
};

static const char *const call_outcomes[] = {
	[TRACE_CALL_DONE] = "done",
	[TRACE_CALL_ERROR] = "error",
	[TRACE_CALL_LOST] = "lost",
};

static const char *const deadlock_kinds[] = {
	[TRACE_DEADLOCK_RING] = "ring",
	[TRACE_DEADLOCK_SELF] = "self",
	[TRACE_DEADLOCK_DEAD] = "dead",
	[TRACE_DEADLOCK_NOBODY] = "nobody",
};

void trace_store_interval(struct trace_store *store,
			  const struct trace_interval_row *row)
{
	trace_store_collect(store, TRACE_BATCH_INTERVAL, I(row->agent_id),
			    row->begin_ns, I(row->begin_seq), row->end_ns,
			    I(row->end_seq), I(row->state), I(row->object_id));
}

void trace_store_arrow(struct trace_store *store,
		       const struct trace_arrow_row *row)
{
	trace_store_collect(store, TRACE_BATCH_ARROW, row->kind,
			    I(row->from_agent_id), row->from_ns,
			    I(row->from_seq), I(row->to_agent_id), row->to_ns,
			    I(row->to_seq), I(row->object_id));
}

void trace_store_hold(struct trace_store *store,
		      const struct trace_hold_row *row)
{
	bool is_open = row->end_ns == TRACE_NEVER;

	trace_store_collect(store, TRACE_BATCH_HOLD, I(row->object_id),
			    I(row->begin_seq), row->begin_ns, I(row->agent_id),
			    row->end_ns, I(row->end_seq),
			    is_open ? NULL : hold_ends[row->end]);
}

void trace_store_wait(struct trace_store *store,
		      const struct trace_wait_row *row)
{
	bool is_open = row->end_ns == TRACE_NEVER;

	trace_store_collect(store, TRACE_BATCH_WAIT, I(row->object_id),
			    I(row->begin_seq), row->begin_ns, I(row->agent_id),
			    I(row->holder_agent_id), row->end_ns,
			    I(row->end_seq),
			    is_open ? NULL : outcomes[row->outcome]);
}

void trace_store_level(struct trace_store *store,
		       const struct trace_level_row *row)
{
	trace_store_collect(store, TRACE_BATCH_LEVEL, I(row->object_id),
			    I(row->seq), row->t_ns, row->value, row->bytes);
}

void trace_store_delivery(struct trace_store *store,
			  const struct trace_delivery_row *row)
{
	trace_store_collect(store, TRACE_BATCH_DELIVERY, I(row->sent_seq),
			    I(row->object_id), I(row->from_agent_id),
			    row->sent_ns, I(row->to_agent_id),
			    row->received_ns, I(row->received_seq),
			    row->bytes);
}

void trace_store_task(struct trace_store *store, const struct trace_task_row *row)
{
	trace_store_collect(store, TRACE_BATCH_TASK, I(row->object_id),
			    I(row->number), I(row->job), I(row->function),
			    I(row->items), I(row->from_agent_id),
			    I(row->submitted_seq), row->submitted_ns,
			    I(row->worker_agent_id), row->started_ns,
			    row->ended_ns, row->code,
			    task_outcomes[row->outcome]);
}

void trace_store_collection(struct trace_store *store,
			    const struct trace_collection_row *row)
{
	trace_store_collect(store, TRACE_BATCH_COLLECTION, I(row->object_id),
			    I(row->job), I(row->seq), row->t_ns,
			    I(row->agent_id));
}

void trace_store_call(struct trace_store *store, const struct trace_call_row *row)
{
	trace_store_collect(store, TRACE_BATCH_CALL, I(row->sent_seq),
			    I(row->object_id), row->number,
			    I(row->client_agent_id), row->sent_ns,
			    I(row->server_agent_id), row->began_ns,
			    row->ended_ns, row->returned_ns, row->code,
			    call_outcomes[row->outcome]);
}

void trace_store_use(struct trace_store *store, const struct trace_use_row *row)
{
	trace_store_run(store, TRACE_SQL_USE, I(row->object_id),
			I(row->partner_id), I(row->state),
			row->state ? row->state_since_ns : TRACE_NEVER,
			I(row->state ? row->state_since_seq : 0),
			I(row->events), I(row->acquires), I(row->contended),
			row->wait_total_ns, row->wait_max_ns,
			row->hold_total_ns);
}

void trace_store_deadlock(struct trace_store *store,
			  const struct trace_deadlock_row *row)
{
	trace_store_run(store, TRACE_SQL_DEADLOCK, I(row->id), row->t_ns,
			I(row->seq), deadlock_kinds[row->kind],
			row->cleared_ns);
}

void trace_store_edge(struct trace_store *store,
		      const struct trace_edge_row *row)
{
	trace_store_run(store, TRACE_SQL_EDGE, I(row->deadlock_id),
			I(row->position), I(row->agent_id), I(row->object_id),
			I(row->holder_agent_id), I(row->site_id),
			I(row->wait_seq));
}
