#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/analysis-private.h"

/* Who waits for which object. An agent waits for at most one thing at a time; those
 * who wait for an object stand in a list in the order in which they came. */

/* Does only somebody else's doing end it? Where the event does not say so, or the
 * doing could come from outside of the trace: no. */
static bool is_forever(const struct trace_event_row *row)
{
	switch (row->kind) {
	case TRACE_JOIN_BEGIN:
	case TRACE_PARENT_JOIN_BEGIN:
	case TRACE_LOCK_WAIT:
	case TRACE_SEM_WAIT:
	case TRACE_COND_WAIT:
	case TRACE_EVENT_WAIT:
	case TRACE_CONN_POLL_WAIT:
	case TRACE_QUEUE_PUT_WAIT:
	case TRACE_QUEUE_GET_WAIT:
		return row->a < 0;
	case TRACE_BARRIER_WAIT:
		return (row->b & TRACE_BARRIER_FOREVER) != 0;
	case TRACE_EXIT_JOIN_BEGIN:
	case TRACE_CONN_SEND_WAIT:
	case TRACE_CONN_RECV_WAIT:
	case TRACE_QUEUE_FLUSH_WAIT:
	case TRACE_QUEUE_JOIN_WAIT:
	case TRACE_BARRIER_HOLD:
	case TRACE_FEEDER_IDLE:
	case TRACE_FEEDER_WAIT:
	case TRACE_CALL_SENT:
		return true;
	case TRACE_MANAGER_IDLE:
		return row->a == 0;
	case TRACE_SERVER_IDLE:
		return row->a != 0 && row->b == 0;
	}
	return false;
}

bool trace_wait_is_for_room(uint32_t kind)
{
	return kind == TRACE_CONN_SEND_WAIT || kind == TRACE_QUEUE_PUT_WAIT
	       || kind == TRACE_FEEDER_WAIT;
}

enum trace_wait_outcome trace_wait_outcome(uint32_t kind)
{
	switch (kind) {
	case TRACE_JOIN_TIMEOUT:
	case TRACE_PARENT_JOIN_TIMEOUT:
	case TRACE_LOCK_TIMEOUT:
	case TRACE_SEM_TIMEOUT:
	case TRACE_COND_TIMEOUT:
	case TRACE_EVENT_TIMEOUT:
	case TRACE_CONN_POLL_TIMEOUT:
	case TRACE_POLL_MANY_TIMEOUT:
	case TRACE_QUEUE_PUT_TIMEOUT:
	case TRACE_QUEUE_GET_TIMEOUT:
	case TRACE_RESULT_TIMEOUT:
		return TRACE_OUTCOME_TIMEOUT;
	case TRACE_WAIT_END:
	case TRACE_BARRIER_BROKEN:
		return TRACE_OUTCOME_ERROR;
	}
	return TRACE_OUTCOME_TAKEN;
}

/* Who waits for the other side of a call to a manager does not wait for the object. */
static bool is_for_object(uint32_t kind)
{
	return kind >= TRACE_LOCK_WAIT
	       && (kind < TRACE_MANAGER_START || kind > TRACE_CLIENT_HEIR);
}

/* A feeder that has nothing to do waits for nobody; nor do the workers of a pool, and
 * its threads. */
static bool is_counted(uint32_t kind)
{
	return kind != TRACE_FEEDER_IDLE && kind != TRACE_BARRIER_HOLD
	       && kind != TRACE_WORKER_IDLE && kind != TRACE_HANDLER_IDLE;
}

static struct trace_wait_row row_of(const struct trace_lane *lane)
{
	const struct trace_wait *wait = &lane->wait;

	return (struct trace_wait_row){
		.object_id = wait->object,
		.agent_id = lane->row.id,
		.holder_agent_id = wait->holder,
		.begin_ns = wait->begin.t_ns,
		.begin_seq = wait->begin.seq,
		.end_ns = TRACE_NEVER,
	};
}

/* ---- the list of those who wait ---- */

static void queue_up(struct trace_thing *thing, struct trace_lane *lane)
{
	lane->wait.next = NULL;
	if (thing->last_waiter)
		thing->last_waiter->wait.next = lane;
	else
		thing->first_waiter = lane;
	thing->last_waiter = lane;
	thing->waiters += is_counted(lane->wait.kind);
	thing->putters += trace_wait_is_for_room(lane->wait.kind);
}

static void step_out(struct trace_thing *thing, struct trace_lane *lane)
{
	struct trace_lane **at = &thing->first_waiter, *before = NULL;

	while (*at && *at != lane) {
		before = *at;
		at = &before->wait.next;
	}
	if (!*at)
		return;
	*at = lane->wait.next;
	if (thing->last_waiter == lane)
		thing->last_waiter = before;
	thing->waiters -= is_counted(lane->wait.kind);
	thing->putters -= trace_wait_is_for_room(lane->wait.kind);
}

/* ---- begin and end ---- */

void trace_wait_begin(struct trace_analysis *analysis, struct trace_lane *lane,
		      const struct trace_event_row *row)
{
	struct trace_wait *wait = &lane->wait;

	if (wait->kind)			/* its end was lost */
		trace_wait_end(analysis, lane, TRACE_OUTCOME_ERROR);
	*wait = (struct trace_wait){
		.kind = row->kind, .object = row->object_id,
		.site = row->site_id, .begin = analysis->now,
		.is_forever = is_forever(row),
		.taken = row->kind == TRACE_FEEDER_WAIT
			 || row->kind == TRACE_CONN_SEND_WAIT ? row->b : 0,
	};
	analysis->eternal += wait->is_forever;
	if (row->object_id && is_for_object(row->kind))
		wait->thing = trace_thing_find(analysis, row->object_id);
	if (wait->thing) {
		wait->holder = wait->thing->holder;
		if (!wait->holder && row->kind == TRACE_LOCK_WAIT)
			wait->holder = (uint32_t)row->b;
		queue_up(wait->thing, lane);
		trace_thing_dirty(analysis, wait->thing);
	}
	if (wait->is_forever)
		trace_deadlock_wait(analysis, lane);
}

static void account(struct trace_thing *thing, const struct trace_wait *wait,
		    struct trace_point now)
{
	struct trace_use_row *use = &thing->use;
	int64_t ns = now.t_ns - wait->begin.t_ns;

	use->contended++;
	use->wait_total_ns += ns;
	if (ns > use->wait_max_ns)
		use->wait_max_ns = ns;
}

void trace_wait_end(struct trace_analysis *analysis, struct trace_lane *lane,
		    enum trace_wait_outcome outcome)
{
	struct trace_wait *wait = &lane->wait;
	struct trace_thing *thing = wait->thing;

	analysis->eternal -= wait->is_forever;
	if (lane->deadlock && outcome != TRACE_OUTCOME_KILLED
	    && outcome != TRACE_OUTCOME_OPEN)
		trace_deadlock_clear(analysis, lane);
	if (thing && is_counted(wait->kind)) {
		struct trace_wait_row row = row_of(lane);

		row.end_ns = analysis->now.t_ns;
		row.end_seq = analysis->now.seq;
		row.outcome = outcome;
		TRACE_TELL_ROW(analysis, wait, &row);
		account(thing, wait, analysis->now);
	}
	uint32_t kind = wait->kind;
	if (thing)
		step_out(thing, lane);
	wait->kind = 0;
	wait->is_forever = false;
	wait->thing = NULL;
	lane->deadlock = 0;
	if (thing && kind == TRACE_BARRIER_WAIT)
		trace_dead_party(analysis, thing,
				 outcome == TRACE_OUTCOME_KILLED);
	if (thing && outcome == TRACE_OUTCOME_KILLED)
		trace_thing_settle(analysis, thing);
}

void trace_wait_tell(struct trace_analysis *analysis, struct trace_thing *thing)
{
	for (struct trace_lane *lane = thing->first_waiter; lane;
	     lane = lane->wait.next) {
		struct trace_wait_row row = row_of(lane);

		if (lane->wait.is_told || !is_counted(lane->wait.kind))
			continue;
		lane->wait.is_told = true;
		TRACE_TELL_ROW(analysis, wait, &row);
	}
}
