#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/intake-private.h"

/* What the analysis tells goes to the store. */

static void tell_interval(void *user, const struct trace_interval_row *row)
{
	trace_store_interval(((struct trace_intake *)user)->store, row);
}

static void tell_arrow(void *user, const struct trace_arrow_row *row)
{
	trace_store_arrow(((struct trace_intake *)user)->store, row);
}

static void tell_process(void *user, const struct trace_process_row *row)
{
	trace_store_process(((struct trace_intake *)user)->store, row);
}

static void tell_agent(void *user, struct trace_agent_row *row)
{
	static char none[] = "";
	struct trace_intake *intake = user;
	struct trace_agent_row copy = *row;
	const struct trace_stream *stream =
		trace_idmap_get(&intake->merge.streams, row->id);

	copy.path = copy.path ? copy.path : none;
	copy.name = copy.name ? copy.name : none;
	copy.slots = stream ? trace_stream_taken(stream) : 0;
	trace_store_agent(intake->store, &copy);
}

static void tell_cell(void *user, const struct trace_cell_row *row)
{
	trace_store_cell(((struct trace_intake *)user)->store, row);
}

static void tell_hold(void *user, const struct trace_hold_row *row)
{
	trace_store_hold(((struct trace_intake *)user)->store, row);
}

static void tell_wait(void *user, const struct trace_wait_row *row)
{
	trace_store_wait(((struct trace_intake *)user)->store, row);
}

static void tell_level(void *user, const struct trace_level_row *row)
{
	trace_store_level(((struct trace_intake *)user)->store, row);
}

static void tell_delivery(void *user, const struct trace_delivery_row *row)
{
	trace_store_delivery(((struct trace_intake *)user)->store, row);
}

static void tell_task(void *user, const struct trace_task_row *row)
{
	trace_store_task(((struct trace_intake *)user)->store, row);
}

static void tell_collection(void *user, const struct trace_collection_row *row)
{
	trace_store_collection(((struct trace_intake *)user)->store, row);
}

static void tell_call(void *user, const struct trace_call_row *row)
{
	trace_store_call(((struct trace_intake *)user)->store, row);
}

static void tell_use(void *user, const struct trace_use_row *row)
{
	trace_store_use(((struct trace_intake *)user)->store, row);
}

/* Some are found where nothing happens: there may be no transaction. */
static void tell_deadlock(void *user, const struct trace_deadlock_row *row)
{
	struct trace_intake *intake = user;

	if (!intake->has_rows)
		trace_store_begin(intake->store);
	intake->has_rows = true;
	trace_store_deadlock(intake->store, row);
}

static void tell_edge(void *user, const struct trace_edge_row *row)
{
	trace_store_edge(((struct trace_intake *)user)->store, row);
}

const struct trace_analysis_ops trace_intake_ops = {
	.interval = tell_interval,
	.arrow = tell_arrow,
	.process = tell_process,
	.agent = tell_agent,
	.cell = tell_cell,
	.hold = tell_hold,
	.wait = tell_wait,
	.level = tell_level,
	.delivery = tell_delivery,
	.task = tell_task,
	.collection = tell_collection,
	.call = tell_call,
	.use = tell_use,
	.deadlock = tell_deadlock,
	.edge = tell_edge,
};
