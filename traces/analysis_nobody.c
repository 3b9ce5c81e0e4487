#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "traces/analysis-private.h"

/* Deadlocks of which nobody is left to make an end: every agent of every living
 * process waits without a time limit, and nothing that was done could let one of
 * them go on.
 *
 * Not all that lets an agent go on is in the trace before it does so (that the
 * other end of a pipe is closed for good is not): so this is believed only if
 * nothing happens for a while. Then it does not matter any more how long each
 * of them would take; what is still looked for is a ring, because it explains
 * more. */

#define BELIEVED_NS INT64_C(200000000)

/* It serves others, and they want nothing. */
static bool is_idle(const struct trace_lane *lane)
{
	return lane->wait.kind == TRACE_FEEDER_IDLE
	       || lane->wait.kind == TRACE_MANAGER_IDLE
	       || lane->wait.kind == TRACE_SERVER_IDLE;
}

static bool is_stuck(struct trace_analysis *analysis,
		     const struct trace_lane *lane)
{
	return lane->wait.is_forever
	       && !trace_deadlock_may_go_on(analysis, lane);
}

/* One whose agents are not known could do anything. */
static bool is_everybody_known(struct trace_analysis *analysis)
{
	struct trace_story **at = &analysis->started_stories;

	while (*at) {
		const struct trace_lane *main = (*at)->main;

		if ((*at)->is_over)
			*at = (*at)->next_started;
		else if (!main || main->depth == 0)
			return false;
		else
			at = &(*at)->next_started;
	}
	return true;
}

void trace_nobody_look(struct trace_analysis *analysis)
{
	bool any = false;

	for (const struct trace_lane *lane = analysis->living_lanes; lane;
	     lane = lane->next_living) {
		if (!is_stuck(analysis, lane))
			return;
		any |= !is_idle(lane) && !lane->deadlock;
	}
	if (any && is_everybody_known(analysis))
		analysis->still = analysis->now;
}

/* Whose doing would end the wait; where several could do it, most likely that of the
 * one who made the object for the others. */
static struct trace_lane *likely_next(struct trace_analysis *analysis,
				      const struct trace_lane *lane)
{
	struct trace_lane *next = trace_deadlock_next(analysis, lane);
	const struct trace_thing *thing = lane->wait.thing;

	if (next || !thing || trace_dead_awaited(lane))
		return next;
	next = trace_idmap_get(&analysis->lanes, thing->created.agent);
	if (!next || next->depth == 0
	    || next->row.process_id == lane->row.process_id)
		return NULL;
	return next;
}

/* Go on from a lane until the way ends, meets a deadlock, or comes to where it was. In
 * the last case the ring is at the end of `way`; its length. */
static uint32_t find_ring(struct trace_analysis *analysis,
			  struct trace_lane *lane, struct trace_lane **way,
			  uint32_t room, const struct trace_lane **met)
{
	uint32_t count = 0;

	*met = NULL;
	for (; lane && count < room; lane = likely_next(analysis, lane)) {
		if (lane->deadlock) {
			*met = lane;
			return 0;
		}
		for (uint32_t i = 0; i < count; i++)
			if (way[i] == lane) {
				for (uint32_t k = i; k < count; k++)
					way[k - i] = way[k];
				return count - i;
			}
		way[count++] = lane;
	}
	return 0;
}

/* Those who wait, in the end, for nobody in particular. */
static uint32_t collect_rest(struct trace_analysis *analysis,
			     struct trace_lane **rest, struct trace_lane **way,
			     uint32_t room)
{
	const struct trace_lane *met;
	uint32_t count = 0;

	for (struct trace_lane *lane = analysis->living_lanes; lane;
	     lane = lane->next_living) {
		if (is_idle(lane))
			continue;
		find_ring(analysis, lane, way, room, &met);
		if (!met && count < room)
			rest[count++] = lane;
	}
	return count;
}

static void claim(struct trace_analysis *analysis, struct trace_lane **way,
		  struct trace_lane **rest, uint32_t room)
{
	const struct trace_lane *met;
	uint32_t count;

	for (struct trace_lane *lane = analysis->living_lanes; lane;
	     lane = lane->next_living) {
		if (is_idle(lane))
			continue;
		count = find_ring(analysis, lane, way, room, &met);
		if (count > 0)
			trace_deadlock_claim(analysis, count == 1
						       ? TRACE_DEADLOCK_SELF
						       : TRACE_DEADLOCK_RING,
					     analysis->still, way, count);
	}
	count = collect_rest(analysis, rest, way, room);
	if (count > 0)
		trace_deadlock_claim(analysis, TRACE_DEADLOCK_NOBODY,
				     analysis->still, rest, count);
}

void trace_nobody_until(struct trace_analysis *analysis, int64_t t_ns)
{
	uint32_t room = analysis->living + 1;
	struct trace_lane **both;

	if (t_ns - analysis->still.t_ns < BELIEVED_NS)
		return;
	both = calloc(2 * (size_t)room, sizeof(*both));
	if (both)
		claim(analysis, both, both + room, room);
	else
		analysis->anomalies++;
	free(both);
	analysis->still.agent = 0;
}
