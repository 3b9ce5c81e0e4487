#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "traces/analysis-private.h"

/* Objects: their lanes, which are made like those of agents, and what events do to
 * them. An object gets a lane when it is used for the first time, for of many
 * nothing is ever to be seen. */

/* ---- which ---- */

static struct trace_thing *thing_new(struct trace_analysis *analysis,
				     uint32_t id)
{
	struct trace_thing *thing = calloc(1, sizeof(*thing));

	if (!thing || !trace_idmap_put(&analysis->things, id, thing)) {
		free(thing);
		analysis->anomalies++;
		return NULL;
	}
	thing->use.object_id = id;
	thing->created = analysis->now;
	thing->next = analysis->all_things;
	analysis->all_things = thing;
	return thing;
}

struct trace_thing *trace_thing_find(struct trace_analysis *analysis,
				     uint32_t id)
{
	struct trace_thing *thing = analysis->recent_thing;

	if (thing && thing->use.object_id == id)
		return thing;
	if (id == 0 || id >= TRACE_LANE_OBJECT_BIT)
		return NULL;
	thing = trace_idmap_get(&analysis->things, id);
	if (!thing)
		thing = thing_new(analysis, id);
	analysis->recent_thing = thing;
	return thing;
}

void trace_thing_dirty(struct trace_analysis *analysis,
		       struct trace_thing *thing)
{
	if (thing->is_dirty)
		return;
	thing->is_dirty = true;
	thing->next_dirty = analysis->dirty_things;
	analysis->dirty_things = thing;
}

void trace_thing_free(struct trace_thing *thing)
{
	free(thing->letters.slots);
	free(thing->tasks.slots);
	free(thing->tasks.arrivals);
	free(thing->lane);
	free(thing);
}

/* ---- its state ---- */

static uint32_t state_of_lock(const struct trace_thing *thing)
{
	if (thing->holder_is_gone)
		return TRACE_STATE_HELD_BY_DEAD;
	if (!thing->holder)
		return TRACE_STATE_FREE;
	return thing->waiters ? TRACE_STATE_CONTENDED : TRACE_STATE_HELD;
}

static uint32_t state_of_semaphore(const struct trace_thing *thing)
{
	if (!thing->has_level)
		return TRACE_STATE_FREE;
	if (trace_dead_has_all_permits(thing))
		return TRACE_STATE_HELD_BY_DEAD;
	if (thing->level <= 0)
		return thing->waiters ? TRACE_STATE_CONTENDED
				      : TRACE_STATE_FULL;
	return thing->level >= thing->full ? TRACE_STATE_FREE
					   : TRACE_STATE_PARTLY;
}

static uint32_t state_of_barrier(const struct trace_thing *thing)
{
	if (thing->is_broken)
		return TRACE_STATE_BROKEN;
	if (thing->is_open)
		return TRACE_STATE_SET;
	return thing->waiters ? TRACE_STATE_PARTLY : TRACE_STATE_EMPTY;
}

bool trace_thing_is_container(const struct trace_thing *thing)
{
	switch (thing->kind) {
	case TRACE_OBJECT_MANAGED_LIST:
	case TRACE_OBJECT_MANAGED_DICT:
	case TRACE_OBJECT_MANAGED_SET:
	case TRACE_OBJECT_MANAGED_ARRAY:
	case TRACE_OBJECT_NAMESPACE:
		return true;
	}
	return false;
}

static uint32_t state_of(const struct trace_thing *thing)
{
	switch (thing->kind) {
	case TRACE_OBJECT_LOCK:
	case TRACE_OBJECT_RLOCK:
		return state_of_lock(thing);
	case TRACE_OBJECT_SEMAPHORE:
	case TRACE_OBJECT_BOUNDED_SEMAPHORE:
		return state_of_semaphore(thing);
	case TRACE_OBJECT_CONDITION:
		return thing->waiters ? TRACE_STATE_PARTLY : TRACE_STATE_EMPTY;
	case TRACE_OBJECT_EVENT:
		return thing->level ? TRACE_STATE_SET : TRACE_STATE_EMPTY;
	case TRACE_OBJECT_BARRIER:
		return state_of_barrier(thing);
	case TRACE_OBJECT_CONNECTION:
	case TRACE_OBJECT_QUEUE:
	case TRACE_OBJECT_JOINABLE_QUEUE:
	case TRACE_OBJECT_SIMPLE_QUEUE:
		if (thing->dead_reader || thing->dead_writer)
			return TRACE_STATE_HELD_BY_DEAD;
		if (thing->putters)
			return TRACE_STATE_CONTENDED;
		return thing->level > 0 ? TRACE_STATE_PARTLY
					: TRACE_STATE_EMPTY;
	case TRACE_OBJECT_POOL:
	case TRACE_OBJECT_MANAGER:
	case TRACE_OBJECT_MANAGED_LIST:
	case TRACE_OBJECT_MANAGED_DICT:
	case TRACE_OBJECT_MANAGED_SET:
	case TRACE_OBJECT_MANAGED_ARRAY:
	case TRACE_OBJECT_NAMESPACE:
		return thing->level > 0 ? TRACE_STATE_PARTLY
					: TRACE_STATE_EMPTY;
	}
	return 0;			/* there is only what is done to it */
}

/* Since it was made nobody has touched it. */
static struct trace_lane *lane_of(struct trace_analysis *analysis,
				  struct trace_thing *thing)
{
	if (thing->lane || thing->is_over)
		return thing->lane;
	thing->lane = trace_lane_make(TRACE_LANE_OBJECT(thing->use.object_id));
	if (!thing->lane) {
		analysis->anomalies++;
		return NULL;
	}
	thing->lane->is_object = true;
	trace_lane_change(analysis, thing->lane,
			  (struct trace_frame){ state_of(thing), 0 },
			  thing->created);
	return thing->lane;
}

/* Locks have no level, and of a value only who writes it tells. */
static void settle_level(struct trace_analysis *analysis,
			 struct trace_thing *thing)
{
	switch (thing->kind) {
	case TRACE_OBJECT_CONDITION:
	case TRACE_OBJECT_BARRIER:
		thing->level = thing->waiters;
		thing->is_open &= thing->waiters > 0;
		/* fall through */
	case TRACE_OBJECT_SEMAPHORE:
	case TRACE_OBJECT_BOUNDED_SEMAPHORE:
	case TRACE_OBJECT_EVENT:
	case TRACE_OBJECT_CONNECTION:
	case TRACE_OBJECT_QUEUE:
	case TRACE_OBJECT_JOINABLE_QUEUE:
	case TRACE_OBJECT_SIMPLE_QUEUE:
	case TRACE_OBJECT_POOL:
	case TRACE_OBJECT_MANAGER:
		trace_level_tell(analysis, thing);
		break;
	default:
		if (trace_thing_is_container(thing) && thing->level >= 0)
			trace_level_tell(analysis, thing);
	}
}

void trace_thing_settle(struct trace_analysis *analysis,
			struct trace_thing *thing)
{
	struct trace_lane *lane = lane_of(analysis, thing);

	settle_level(analysis, thing);
	struct trace_frame to = { state_of(thing), 0 };
	if (!lane || lane->row.state == to.state)
		return;
	trace_lane_change(analysis, lane, to, analysis->now);
	trace_thing_dirty(analysis, thing);
}

/* ---- what events do ---- */

/* Which kind it is, if it was made before the recording, or that was lost. */
static uint32_t kind_by_event(uint32_t kind)
{
	static const struct {
		uint32_t first, last, object;
	} ranges[] = {
		{ TRACE_LOCK_WAIT, TRACE_LOCK_DEAD, TRACE_OBJECT_LOCK },
		{ TRACE_SEM_WAIT, TRACE_SEM_VALUE, TRACE_OBJECT_SEMAPHORE },
		{ TRACE_COND_WAIT, TRACE_COND_NOTIFY, TRACE_OBJECT_CONDITION },
		{ TRACE_EVENT_WAIT, TRACE_EVENT_IS_SET, TRACE_OBJECT_EVENT },
		{ TRACE_BARRIER_WAIT, TRACE_BARRIER_REFUSED,
		  TRACE_OBJECT_BARRIER },
		{ TRACE_VALUE_GET, TRACE_VALUE_SET_MANY, TRACE_OBJECT_VALUE },
		{ TRACE_SHM_CREATE, TRACE_SHM_UNLINK, TRACE_OBJECT_MEMORY },
		{ TRACE_PIPE_NEW, TRACE_AUTH_FAIL, TRACE_OBJECT_CONNECTION },
		{ TRACE_QUEUE_PUT, TRACE_QUEUE_DEAD, TRACE_OBJECT_QUEUE },
		{ TRACE_POOL_NEW, TRACE_POOL_JOIN_DONE, TRACE_OBJECT_POOL },
		{ TRACE_MANAGER_START, TRACE_MANAGER_STOP,
		  TRACE_OBJECT_MANAGER },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (kind >= ranges[i].first && kind <= ranges[i].last)
			return ranges[i].object;
	return 0;
}

static void object_end(struct trace_analysis *analysis,
		       struct trace_thing *thing)
{
	trace_message_finish(analysis, thing);
	trace_task_finish(analysis, thing);
	trace_lock_finish(analysis, thing);
	if (thing->lane)
		trace_lane_change(analysis, thing->lane,
				  (struct trace_frame){ 0 }, analysis->now);
	thing->is_over = true;
	trace_thing_dirty(analysis, thing);
}

static void use(struct trace_analysis *analysis, struct trace_thing *thing,
		struct trace_lane *lane, const struct trace_event_row *row)
{
	struct trace_lane *own = lane_of(analysis, thing);

	if (own)
		trace_lane_touch(analysis, own, analysis->now, true);
	thing->use.events++;
	trace_thing_dirty(analysis, thing);
	switch (row->kind) {
	case TRACE_LOCK_ACQUIRED:
	case TRACE_LOCK_WAITED:
		trace_lock_taken(analysis, thing, lane,
				 row->kind == TRACE_LOCK_WAITED);
		break;
	case TRACE_LOCK_RELEASED:
		trace_lock_released(analysis, thing, lane);
		break;
	case TRACE_LOCK_DEAD:
	case TRACE_QUEUE_DEAD:
		trace_dead_found(analysis, thing, row);
		break;
	default:
		trace_level_event(analysis, thing, lane, row);
	}
	trace_thing_settle(analysis, thing);
}

void trace_thing_event(struct trace_analysis *analysis, struct trace_lane *lane,
		       const struct trace_event_row *row)
{
	struct trace_thing *thing;

	if (row->kind == TRACE_OBJECT_NEW) {
		thing = row->a == TRACE_OBJECT_PROCESS
				? NULL
				: trace_thing_find(analysis, row->object_id);
		if (thing && !thing->kind)
			thing->kind = (uint32_t)row->a;
	} else if (row->kind == TRACE_OBJECT_END) {
		thing = trace_idmap_get(&analysis->things, row->object_id);
		if (thing)
			object_end(analysis, thing);
	} else if (row->kind >= TRACE_LOCK_WAIT) {
		thing = trace_thing_find(analysis, row->object_id);
		if (!thing)
			return;
		if (!thing->kind)
			thing->kind = kind_by_event(row->kind);
		use(analysis, thing, lane, row);
	}
}

/* ---- telling ---- */

void trace_thing_tell(struct trace_analysis *analysis,
		      struct trace_thing *thing)
{
	struct trace_lane *lane = thing->lane;

	thing->is_dirty = false;
	if (lane) {
		thing->use.state = lane->row.state;
		thing->use.state_since_ns = lane->row.state_since_ns;
		thing->use.state_since_seq = lane->row.state_since_seq;
		trace_lane_tell(analysis, lane);
		TRACE_TELL_ROW(analysis, use, &thing->use);
	}
	trace_lock_tell(analysis, thing);
	trace_wait_tell(analysis, thing);
	if (thing->is_over) {		/* there may be very many */
		free(lane);
		thing->lane = NULL;
	}
}

void trace_thing_finish(struct trace_analysis *analysis,
			struct trace_thing *thing)
{
	while (thing->first_waiter)
		trace_wait_end(analysis, thing->first_waiter, TRACE_OUTCOME_OPEN);
	trace_lock_finish(analysis, thing);
	trace_message_finish(analysis, thing);
	trace_task_finish(analysis, thing);
	if (thing->lane && thing->lane->row.state)
		trace_lane_change(analysis, thing->lane,
				  (struct trace_frame){ 0 }, analysis->now);
	trace_thing_dirty(analysis, thing);
}
