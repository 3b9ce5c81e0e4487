#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/analysis-private.h"

/* How much is in an object: permits, sleepers, arrivals, items, bytes, a flag, a
 * value. What an event says of it was true when its agent did it, and others may
 * have done something in between; so it is counted here, in the order of the
 * trace. */

void trace_level_tell(struct trace_analysis *analysis,
		      struct trace_thing *thing)
{
	struct trace_level_row row = {
		.object_id = thing->use.object_id,
		.seq = analysis->now.seq,
		.t_ns = analysis->now.t_ns,
		.value = thing->level,
		.bytes = thing->bytes > 0 ? thing->bytes : 0,
	};

	if (thing->has_level && thing->level == thing->told_level)
		return;
	thing->has_level = true;
	thing->told_level = thing->level;
	TRACE_TELL_ROW(analysis, level, &row);
}

/* ---- semaphores ---- */

static void permits(struct trace_analysis *analysis, struct trace_thing *thing,
		    const struct trace_event_row *row)
{
	int64_t change = row->kind == TRACE_SEM_RELEASED ? 1 : -1;

	if (row->kind == TRACE_SEM_VALUE)
		thing->start = row->a;
	if (row->kind == TRACE_SEM_VALUE || !thing->has_level)
		thing->level = row->a;	/* also if its beginning was lost */
	else
		thing->level += change;
	if (thing->level > thing->full)
		thing->full = thing->level;
	if (row->kind == TRACE_SEM_RELEASED) {
		thing->release = analysis->now;
	} else if (row->kind != TRACE_SEM_VALUE) {
		thing->use.acquires++;
		if (row->kind == TRACE_SEM_WAITED && thing->release.agent)
			trace_story_arrow(analysis, "handover", thing->release,
					 analysis->now, thing->use.object_id);
		thing->release.agent = 0;
	}
}

/* ---- conditions ---- */

static void notify(struct trace_analysis *analysis, struct trace_thing *thing,
		   struct trace_lane *lane, int64_t count)
{
	lane->notified.object = thing->use.object_id;
	lane->notified.at = analysis->now;
	if (count > 0)
		thing->wakes += count < INT32_MAX ? count : INT32_MAX;
	if (thing->wakes > thing->waiters)
		thing->wakes = thing->waiters;
}

static void woken(struct trace_analysis *analysis, struct trace_thing *thing,
		  int64_t notifier)
{
	const struct trace_lane *lane =
		trace_idmap_get(&analysis->lanes, (uint32_t)notifier);

	if (thing->wakes > 0)
		thing->wakes--;
	if (lane && lane->notified.object == thing->use.object_id)
		trace_story_arrow(analysis, "notify", lane->notified.at,
				 analysis->now, thing->use.object_id);
}

/* ---- events, barriers ---- */

static void renew(struct trace_analysis *analysis, struct trace_thing *thing)
{
	thing->cause = analysis->now;
	thing->renewed_seq = analysis->now.seq;
}

static void flag(struct trace_analysis *analysis, struct trace_thing *thing,
		 bool is_set)
{
	thing->level = is_set;
	if (is_set)
		renew(analysis, thing);
}

static void barrier(struct trace_analysis *analysis, struct trace_thing *thing,
		    const struct trace_event_row *row)
{
	switch (row->kind) {
	case TRACE_BARRIER_TRIP:
		thing->is_open = thing->waiters > 0;
		renew(analysis, thing);
		break;
	case TRACE_BARRIER_PASSED:
		trace_story_arrow(analysis, "trip", thing->cause, analysis->now,
				 thing->use.object_id);
		break;
	case TRACE_BARRIER_BROKEN:
		thing->is_broken |= row->b != 0;
		renew(analysis, thing);
		break;
	case TRACE_BARRIER_ABORT:
	case TRACE_BARRIER_REFUSED:
		thing->is_broken = true;
		renew(analysis, thing);
		break;
	case TRACE_BARRIER_RESET:
		thing->is_broken = false;
		renew(analysis, thing);
		break;
	}
}

/* ---- queues, pipes ---- */

static struct trace_thing *other_end(struct trace_analysis *analysis,
				     struct trace_thing *thing)
{
	struct trace_thing *other = NULL;

	if (thing->use.partner_id)
		other = trace_thing_find(analysis, thing->use.partner_id);
	return other ? other : thing;
}

static void connect_ends(struct trace_analysis *analysis,
			 struct trace_thing *thing, uint32_t other_id)
{
	struct trace_thing *other = trace_thing_find(analysis, other_id);

	if (!other || other == thing)
		return;
	thing->use.partner_id = other_id;
	other->use.partner_id = thing->use.object_id;
	trace_thing_dirty(analysis, other);
}

/* A wait that has just ended is still in its place. */
static bool has_waited(const struct trace_lane *lane,
		       const struct trace_event_row *row)
{
	return (row->kind == TRACE_CONN_SENT
		|| row->kind == TRACE_QUEUE_PUT_WAITED)
	       && lane->wait.object == row->object_id && lane->wait.begin.seq;
}

/* It was sent in part before its sender had to wait, and has been told. */
static bool is_told(const struct trace_lane *lane,
		    const struct trace_event_row *row)
{
	return row->kind == TRACE_CONN_SENT && has_waited(lane, row)
	       && lane->wait.taken == row->a;
}

/* What is sent lies at the other end until it is received. */
static void message(struct trace_analysis *analysis, struct trace_thing *thing,
		    struct trace_lane *lane, const struct trace_event_row *row)
{
	struct trace_point began = has_waited(lane, row) ? lane->wait.begin
							 : analysis->now;

	if (is_told(lane, row))
		return;
	switch (row->kind) {
	case TRACE_CONN_SEND:
	case TRACE_CONN_SENT:
		thing = other_end(analysis, thing);
		lane->sent.object = thing->use.object_id;
		lane->sent.number = row->a;
		/* fall through */
	case TRACE_QUEUE_PUT:
	case TRACE_QUEUE_PUT_WAITED:
		trace_message_sent(analysis, thing, began, row->a, row->b);
		break;
	default:
		thing->taken += TRACE_ITEM_HEAD + (uint64_t)row->b;
		trace_message_received(analysis, thing, row->a, row->b);
		if (thing->use.partner_id) {	/* there is room to send */
			struct trace_thing *from = other_end(analysis, thing);

			from->renewed_seq = analysis->now.seq;
		}
	}
	trace_thing_dirty(analysis, thing);
	trace_thing_settle(analysis, thing);
}

/* Nothing of the message it began to send went in. */
static void unsent(struct trace_analysis *analysis, struct trace_thing *thing,
		   struct trace_lane *lane)
{
	thing = other_end(analysis, thing);
	if (lane->sent.object != thing->use.object_id)
		return;
	lane->sent.object = 0;
	trace_message_withdraw(analysis, thing, lane->sent.number);
	trace_thing_dirty(analysis, thing);
	trace_thing_settle(analysis, thing);
}

/* ---- values ---- */

/* A Value is what was written last; of an Array one sees how often it was written,
 * and the event says where. */
static void written(struct trace_analysis *analysis, struct trace_thing *thing,
		    const struct trace_event_row *row)
{
	if (thing->kind == TRACE_OBJECT_ARRAY)
		thing->level++;
	else if (thing->kind == TRACE_OBJECT_VALUE
		 && row->kind == TRACE_VALUE_SET && row->a == 0)
		thing->level = row->b;
	else
		return;
	trace_level_tell(analysis, thing);
}

/* ---- all ---- */

void trace_level_event(struct trace_analysis *analysis,
		       struct trace_thing *thing, struct trace_lane *lane,
		       const struct trace_event_row *row)
{
	switch (row->kind) {
	case TRACE_SEM_VALUE:
	case TRACE_SEM_ACQUIRED:
	case TRACE_SEM_WAITED:
	case TRACE_SEM_RELEASED:
		permits(analysis, thing, row);
		if (row->kind != TRACE_SEM_VALUE)
			trace_dead_count(analysis, thing, lane, row);
		break;
	case TRACE_COND_NOTIFY:
		notify(analysis, thing, lane, row->b);
		break;
	case TRACE_COND_WOKEN:
		woken(analysis, thing, row->a);
		break;
	case TRACE_EVENT_SET:
		flag(analysis, thing, true);
		break;
	case TRACE_EVENT_CLEAR:
		flag(analysis, thing, false);
		break;
	case TRACE_EVENT_WOKEN:
		trace_story_arrow(analysis, "set", thing->cause, analysis->now,
				 thing->use.object_id);
		break;
	case TRACE_VALUE_SET:
	case TRACE_VALUE_SET_MANY:
		written(analysis, thing, row);
		break;
	case TRACE_TASK_DONE:
		trace_dead_count(analysis, thing, lane, row);
		if (row->a <= 0)
			renew(analysis, thing);
		break;
	case TRACE_FEEDER_WRITE:
		trace_dead_count(analysis, thing, lane, row);
		break;
	case TRACE_PIPE_NEW:
		connect_ends(analysis, thing, (uint32_t)row->a);
		break;
	case TRACE_CONN_SEND:
	case TRACE_CONN_SENT:
	case TRACE_CONN_RECV:
	case TRACE_CONN_RECEIVED:
	case TRACE_QUEUE_PUT:
	case TRACE_QUEUE_PUT_WAITED:
	case TRACE_QUEUE_GET:
	case TRACE_QUEUE_GOT:
		if (row->kind >= TRACE_QUEUE_PUT)
			trace_dead_count(analysis, thing, lane, row);
		message(analysis, thing, lane, row);
		break;
	case TRACE_CONN_SEND_WAIT:
		if (row->b == 0)
			unsent(analysis, thing, lane);
		break;
	case TRACE_CONN_UNSENT:
		unsent(analysis, thing, lane);
		break;
	default:
		if (row->kind >= TRACE_BARRIER_WAIT
		    && row->kind <= TRACE_BARRIER_REFUSED)
			barrier(analysis, thing, row);
		else if (row->kind >= TRACE_POOL_NEW
			 && row->kind <= TRACE_POOL_JOIN_DONE)
			trace_task_event(analysis, thing, row);
		else if (row->kind >= TRACE_MANAGER_START
			 && row->kind <= TRACE_CLIENT_HEIR)
			trace_call_event(analysis, thing, lane, row);
	}
}
