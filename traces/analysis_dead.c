#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "traces/analysis-private.h"

/* What the dead have, and others wait for: locks, the two locks inside a queue,
 * permits, tasks of a queue, a place in a barrier. Of a lock one knows who has it,
 * and who waits for it finds out what nobody could say any more. Permits and tasks
 * belong to nobody: what a process took and did not give back is counted, and
 * believed as long as nobody gives back what another one took. */

/* ---- the locks ---- */

/* Who was killed between taking it and saying so was never told to have it. */
static void tell_hold(struct trace_analysis *analysis,
		      const struct trace_thing *thing, uint32_t agent)
{
	struct trace_hold_row row = {
		.object_id = thing->use.object_id,
		.agent_id = agent,
		.begin_ns = analysis->now.t_ns,
		.begin_seq = analysis->now.seq,
		.end_ns = analysis->now.t_ns,
		.end_seq = analysis->now.seq,
		.end = TRACE_HOLD_DEAD,
	};

	TRACE_TELL_ROW(analysis, hold, &row);
}

void trace_dead_found(struct trace_analysis *analysis,
		      struct trace_thing *thing,
		      const struct trace_event_row *row)
{
	uint32_t agent = (uint32_t)row->a;
	uint32_t *place = &thing->holder;

	if (row->kind == TRACE_QUEUE_DEAD)
		place = row->b == TRACE_QUEUE_READS ? &thing->dead_reader
						    : &thing->dead_writer;
	if (!agent || *place)		/* it is known, or soon will be */
		return;
	*place = agent;
	thing->holder_is_gone |= row->kind == TRACE_LOCK_DEAD;
	tell_hold(analysis, thing, agent);
	trace_deadlock_abandoned(analysis, thing);
}

/* ---- permits, tasks ---- */

static struct trace_share *share_of(struct trace_analysis *analysis,
				    struct trace_thing *thing,
				    const struct trace_lane *lane)
{
	struct trace_story *story = trace_idmap_get(&analysis->stories,
						    lane->row.process_id);
	struct trace_share *share = story ? trace_idmap_get(&story->shares,
							    thing->use.object_id)
					  : NULL;

	if (share || !story)
		return share;
	share = calloc(1, sizeof(*share));
	if (!share || !trace_idmap_put(&story->shares, thing->use.object_id,
				       share)) {
		free(share);
		analysis->anomalies++;
		return NULL;
	}
	share->thing = thing;
	return share;
}

static void take(struct trace_thing *thing, struct trace_share *share,
		 int64_t count)
{
	share->has += count;
	thing->is_given_by_others |= share->has < 0;
}

static bool has_tasks(const struct trace_thing *thing)
{
	return thing->kind == TRACE_OBJECT_JOINABLE_QUEUE;
}

static bool has_feeders(const struct trace_thing *thing)
{
	return thing->kind == TRACE_OBJECT_QUEUE || has_tasks(thing);
}

void trace_dead_count(struct trace_analysis *analysis,
		      struct trace_thing *thing, const struct trace_lane *lane,
		      const struct trace_event_row *row)
{
	struct trace_share *share = share_of(analysis, thing, lane);

	if (!share)
		return;
	switch (row->kind) {
	case TRACE_SEM_ACQUIRED:
	case TRACE_SEM_WAITED:
		take(thing, share, 1);
		break;
	case TRACE_SEM_RELEASED:
		take(thing, share, -1);
		break;
	case TRACE_QUEUE_PUT:
	case TRACE_QUEUE_PUT_WAITED:
		share->buffered += has_feeders(thing);
		thing->unfinished++;
		break;
	case TRACE_FEEDER_WRITE:
		share->buffered -= row->b;
		break;
	case TRACE_QUEUE_GET:
	case TRACE_QUEUE_GOT:
		if (has_tasks(thing))
			take(thing, share, 1);
		break;
	case TRACE_TASK_DONE:
		thing->unfinished--;
		take(thing, share, -1);
		break;
	}
}

static void keep(struct trace_analysis *analysis, struct trace_story *story,
		 const struct trace_share *share)
{
	struct trace_thing *thing = share->thing;

	if ((share->has <= 0 && share->buffered <= 0) || thing->is_over)
		return;
	thing->dead_agent = story->main ? story->main->row.id : 0;
	if (share->has > 0)
		thing->dead_has += share->has;
	if (share->buffered > 0) {	/* what was in its feeder's hands */
		thing->lost += share->buffered;
		thing->level -= share->buffered;
	}
	trace_thing_dirty(analysis, thing);
	trace_thing_settle(analysis, thing);
	trace_deadlock_abandoned(analysis, thing);
}

void trace_dead_keep(struct trace_analysis *analysis, struct trace_story *story)
{
	/* When the recording is over nobody waits any more. */
	for (uint32_t i = 0; i < story->shares.size && analysis->now.agent; i++)
		if (story->shares.entries[i].value)
			keep(analysis, story, story->shares.entries[i].value);
	trace_dead_free(story);
}

void trace_dead_free(struct trace_story *story)
{
	for (uint32_t i = 0; i < story->shares.size; i++)
		free(story->shares.entries[i].value);
	trace_idmap_free(&story->shares);
}

bool trace_dead_has_all_permits(const struct trace_thing *thing)
{
	return thing->level <= 0 && thing->start > 0
	       && thing->dead_has >= thing->full && !thing->is_given_by_others;
}

static bool has_all_tasks(const struct trace_thing *thing)
{
	return thing->dead_has + thing->lost > 0
	       && thing->unfinished <= thing->dead_has + thing->lost
	       && !thing->is_given_by_others;
}

/* ---- barriers ---- */

/* It lets nobody in until all who met there have left, and the dead never do. */
void trace_dead_party(struct trace_analysis *analysis,
		      struct trace_thing *thing, bool is_over)
{
	if (is_over) {
		thing->dead_parties++;
		thing->dead_agent = analysis->now.agent;
	}
	trace_deadlock_abandoned(analysis, thing);
}

/* ---- who waits for that ---- */

uint32_t trace_dead_awaited(const struct trace_lane *lane)
{
	const struct trace_thing *thing = lane->wait.thing;

	if (!thing)
		return 0;
	switch (lane->wait.kind) {
	case TRACE_LOCK_WAIT:
		return thing->holder_is_gone ? thing->holder : 0;
	case TRACE_QUEUE_GET_WAIT:
		return thing->dead_reader;
	case TRACE_FEEDER_WAIT:
		return thing->dead_writer;
	case TRACE_SEM_WAIT:
		return trace_dead_has_all_permits(thing) ? thing->dead_agent : 0;
	case TRACE_QUEUE_JOIN_WAIT:
		return has_all_tasks(thing) ? thing->dead_agent : 0;
	case TRACE_BARRIER_HOLD:
		return thing->dead_parties > 0 && thing->waiters == 0
			       ? thing->dead_agent : 0;
	}
	return 0;
}
