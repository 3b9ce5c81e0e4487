#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "traces/analysis-private.h"

/* Deadlocks that are certain: those who wait without a time limit for each other in
 * a ring, for what they hold themselves, or for what the dead hold.
 *
 * A lock is told to be taken after it was, and to be given back before it is; a
 * wait is told before it begins. So who, in the order of the trace, holds a lock
 * and waits for another one does both in truth, and a ring of such agents can be
 * opened from outside only. It closes when the last of them begins to wait.
 *
 * Only where it is known by whose doing alone a wait would end does the ring go
 * on; the rest is in analysis_nobody.c. */

struct trace_deadlock {
	struct trace_deadlock_row row;
	struct trace_deadlock *next;
	uint32_t count;
	struct trace_lane *lanes[];
};

/* ---- who waits for whom ---- */

static struct trace_lane *feeder_of(struct trace_analysis *analysis,
				    const struct trace_lane *lane)
{
	const struct trace_story *story =
		trace_idmap_get(&analysis->stories, lane->row.process_id);

	for (struct trace_lane *other = story ? story->lanes : NULL; other;
	     other = other->next_of_process)
		if (other->wait.kind == TRACE_FEEDER_WAIT
		    && other->wait.object == lane->wait.object)
			return other;
	return NULL;
}

/* The process it waits for, unless that is to end anyway. */
static const struct trace_story *joined(struct trace_analysis *analysis,
					const struct trace_lane *lane)
{
	const struct trace_story *story =
		trace_idmap_get(&analysis->stories, lane->wait.object);

	if (!story || story->is_over || story->signal.agent)
		return NULL;
	return story;
}

struct trace_lane *trace_deadlock_next(struct trace_analysis *analysis,
				       const struct trace_lane *lane)
{
	const struct trace_thing *thing = lane->wait.thing;
	const struct trace_story *story;

	switch (lane->wait.kind) {
	case TRACE_LOCK_WAIT:
		if (!thing || thing->holder_is_gone)
			return NULL;
		return trace_idmap_get(&analysis->lanes, thing->holder);
	case TRACE_JOIN_BEGIN:
	case TRACE_EXIT_JOIN_BEGIN:
	case TRACE_PARENT_JOIN_BEGIN:
		story = joined(analysis, lane);
		return story ? story->main : NULL;
	case TRACE_QUEUE_FLUSH_WAIT:
		return feeder_of(analysis, lane);
	case TRACE_CALL_SENT:
	case TRACE_SERVER_IDLE:
		return trace_call_next(analysis, lane);
	}
	return NULL;
}

/* The other end of a connection nobody made here may be anywhere. */
static bool may_get(const struct trace_thing *thing)
{
	if (thing->kind == TRACE_OBJECT_CONNECTION && !thing->use.partner_id)
		return true;
	return thing->level > 0;
}

/* Is there room that it has not seen? If another one has the queue's lock, that
 * one: it waits for room, too, or will be seen to act. */
static bool may_write(const struct trace_thing *thing)
{
	for (const struct trace_lane *lane = thing->first_waiter; lane;
	     lane = lane->wait.next)
		if (lane->wait.kind == TRACE_FEEDER_WAIT
		    && (uint64_t)lane->wait.taken == thing->taken)
			return false;
	return true;
}

bool trace_deadlock_may_go_on(struct trace_analysis *analysis,
			      const struct trace_lane *lane)
{
	const struct trace_wait *wait = &lane->wait;
	const struct trace_thing *thing = wait->thing;

	if (!wait->is_forever)
		return true;
	if (trace_dead_awaited(lane))
		return false;
	if (wait->kind < TRACE_LOCK_WAIT)
		return !joined(analysis, lane);
	if (wait->kind >= TRACE_MANAGER_START)
		return trace_call_may_go_on(analysis, lane);
	if (!thing)
		return true;
	switch (wait->kind) {
	case TRACE_LOCK_WAIT:
		return thing->holder == 0;
	case TRACE_SEM_WAIT:
		return thing->level > 0;
	case TRACE_COND_WAIT:
		return thing->wakes > 0;
	case TRACE_QUEUE_FLUSH_WAIT:
		return !feeder_of(analysis, lane);
	case TRACE_FEEDER_WAIT:
		return may_write(thing);
	case TRACE_BARRIER_HOLD:
		return true;		/* they leave by themselves */
	case TRACE_FEEDER_IDLE:
		return thing->put_seq > wait->begin.seq;
	case TRACE_CONN_RECV_WAIT:
	case TRACE_CONN_POLL_WAIT:
	case TRACE_QUEUE_GET_WAIT:
		return may_get(thing);
	}
	return thing->renewed_seq > wait->begin.seq;
}

/* ---- the list of those that are there ---- */

static uint32_t holder_in(const struct trace_lane *lane,
			  const struct trace_lane *next)
{
	uint32_t dead = trace_dead_awaited(lane);

	if (dead)
		return dead;
	return next ? next->row.id : 0;
}

static void tell_edges(struct trace_analysis *analysis,
		       const struct trace_deadlock *deadlock)
{
	uint32_t count = deadlock->count;

	for (uint32_t i = 0; i < count; i++) {
		const struct trace_lane *lane = deadlock->lanes[i];
		const struct trace_lane *next =
			deadlock->row.kind == TRACE_DEADLOCK_NOBODY
				? trace_deadlock_next(analysis, lane)
				: deadlock->lanes[(i + 1) % count];
		struct trace_edge_row row = {
			.deadlock_id = deadlock->row.id,
			.position = i,
			.agent_id = lane->row.id,
			.object_id = lane->wait.object,
			.holder_agent_id = holder_in(lane, next),
			.site_id = lane->wait.site,
			.wait_seq = lane->wait.begin.seq,
		};

		TRACE_TELL_ROW(analysis, edge, &row);
	}
}

void trace_deadlock_claim(struct trace_analysis *analysis,
			  enum trace_deadlock_kind kind, struct trace_point at,
			  struct trace_lane *const *lanes, uint32_t count)
{
	struct trace_deadlock *deadlock =
		malloc(sizeof(*deadlock) + count * sizeof(*lanes));

	if (!deadlock) {
		analysis->anomalies++;
		return;
	}
	/* One wait may be in a ring that is opened, and then be for a dead one. */
	uint64_t id = lanes[0]->wait.has_been_in_deadlock
			      ? analysis->now.seq
			      : lanes[0]->wait.begin.seq;
	lanes[0]->wait.has_been_in_deadlock = true;
	*deadlock = (struct trace_deadlock){
		.row = { .id = id, .kind = kind,
			 .t_ns = at.t_ns, .seq = at.seq,
			 .cleared_ns = TRACE_NEVER },
		.next = analysis->deadlocks,
		.count = count,
	};
	analysis->deadlocks = deadlock;
	for (uint32_t i = 0; i < count; i++) {
		deadlock->lanes[i] = lanes[i];
		lanes[i]->deadlock = deadlock->row.id;
	}
	TRACE_TELL_ROW(analysis, deadlock, &deadlock->row);
	tell_edges(analysis, deadlock);
}

void trace_deadlock_clear(struct trace_analysis *analysis,
			  struct trace_lane *lane)
{
	struct trace_deadlock **at = &analysis->deadlocks, *deadlock;

	while (*at && (*at)->row.id != lane->deadlock)
		at = &(*at)->next;
	deadlock = *at;
	if (!deadlock)
		return;
	*at = deadlock->next;
	deadlock->row.cleared_ns = analysis->now.t_ns;
	TRACE_TELL_ROW(analysis, deadlock, &deadlock->row);
	for (uint32_t i = 0; i < deadlock->count; i++)
		if (deadlock->lanes[i]->deadlock == deadlock->row.id)
			deadlock->lanes[i]->deadlock = 0;
	free(deadlock);
}

void trace_deadlock_free(struct trace_analysis *analysis)
{
	while (analysis->deadlocks) {
		struct trace_deadlock *deadlock = analysis->deadlocks;

		analysis->deadlocks = deadlock->next;
		free(deadlock);
	}
}

/* ---- what closes one ---- */

/* Does the way lead back to where it began? Only the one who began to wait last can
 * have closed it. */
static uint32_t length_of_ring(struct trace_analysis *analysis,
			       const struct trace_lane *lane)
{
	const struct trace_lane *at = lane;
	uint32_t count = 0;

	do {
		if (at->deadlock || count++ > analysis->living
		    || trace_deadlock_may_go_on(analysis, at))
			return 0;
		at = trace_deadlock_next(analysis, at);
	} while (at && at != lane);
	return at ? count : 0;
}

void trace_deadlock_wait(struct trace_analysis *analysis,
			 struct trace_lane *lane)
{
	enum trace_deadlock_kind kind = TRACE_DEADLOCK_RING;
	struct trace_lane **lanes;
	uint32_t count;

	if (trace_dead_awaited(lane)) {
		trace_deadlock_claim(analysis, TRACE_DEADLOCK_DEAD,
				     analysis->now, &lane, 1);
		return;
	}
	count = length_of_ring(analysis, lane);
	if (count == 0)
		return;
	if (count == 1)
		kind = TRACE_DEADLOCK_SELF;
	lanes = malloc(count * sizeof(*lanes));
	if (!lanes) {
		analysis->anomalies++;
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		lanes[i] = lane;
		lane = trace_deadlock_next(analysis, lane);
	}
	trace_deadlock_claim(analysis, kind, analysis->now, lanes, count);
	free(lanes);
}

void trace_deadlock_abandoned(struct trace_analysis *analysis,
			      struct trace_thing *thing)
{
	for (struct trace_lane *lane = thing->first_waiter; lane;
	     lane = lane->wait.next)
		if (lane->wait.is_forever && !lane->deadlock
		    && trace_dead_awaited(lane))
			trace_deadlock_claim(analysis, TRACE_DEADLOCK_DEAD,
					     analysis->now, &lane, 1);
}
