#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/analysis-private.h"

/* Who holds a lock. It is told to be taken after it was, and to be given back
 * before it is: so in the order of the trace no two holds of a lock overlap. */

static struct trace_hold_row row_of(const struct trace_thing *thing)
{
	return (struct trace_hold_row){
		.object_id = thing->use.object_id,
		.agent_id = thing->holder,
		.begin_ns = thing->hold.t_ns,
		.begin_seq = thing->hold.seq,
		.end_ns = TRACE_NEVER,
	};
}

static void forget(struct trace_analysis *analysis, struct trace_thing *thing)
{
	struct trace_lane *lane = trace_idmap_get(&analysis->lanes,
						  thing->holder);
	struct trace_thing **at = lane ? &lane->held : NULL;

	while (at && *at && *at != thing)
		at = &(*at)->next_held;
	if (at && *at)
		*at = thing->next_held;
	thing->next_held = NULL;
}

static void end_hold(struct trace_analysis *analysis, struct trace_thing *thing,
		     enum trace_hold_end end)
{
	struct trace_hold_row row = row_of(thing);

	row.end_ns = analysis->now.t_ns;
	row.end_seq = analysis->now.seq;
	row.end = end;
	thing->use.hold_total_ns += row.end_ns - row.begin_ns;
	TRACE_TELL_ROW(analysis, hold, &row);
}

/* Nobody has it any more. */
static void let_go(struct trace_analysis *analysis, struct trace_thing *thing,
		   enum trace_hold_end end)
{
	if (!thing->holder_is_gone) {
		end_hold(analysis, thing, end);
		forget(analysis, thing);
	}
	thing->holder = 0;
	thing->holder_is_gone = false;
}

void trace_lock_taken(struct trace_analysis *analysis,
		      struct trace_thing *thing, struct trace_lane *lane,
		      bool has_waited)
{
	uint32_t giver = thing->release.agent;

	if (thing->holder) {		/* the release was lost */
		analysis->anomalies++;
		let_go(analysis, thing, TRACE_HOLD_LOST);
	}
	if (has_waited && giver && giver != lane->row.id)
		trace_story_arrow(analysis, "handover", thing->release,
				 analysis->now, thing->use.object_id);
	thing->release.agent = 0;
	thing->holder = lane->row.id;
	thing->hold = analysis->now;
	thing->hold_is_told = false;
	thing->next_held = lane->held;
	lane->held = thing;
	thing->use.acquires++;
}

void trace_lock_released(struct trace_analysis *analysis,
			 struct trace_thing *thing, struct trace_lane *lane)
{
	/* Nobody has it, for all that is known: who was killed may have taken it
	 * without a word. */
	if (thing->holder)
		let_go(analysis, thing, thing->holder == lane->row.id
						? TRACE_HOLD_RELEASED
						: TRACE_HOLD_OTHER);
	thing->release = analysis->now;
	thing->renewed_seq = analysis->now.seq;
}

void trace_lock_abandon(struct trace_analysis *analysis,
			struct trace_lane *lane)
{
	while (lane->held) {
		struct trace_thing *thing = lane->held;

		lane->held = thing->next_held;
		thing->next_held = NULL;
		end_hold(analysis, thing, TRACE_HOLD_DEAD);
		thing->holder_is_gone = true;
		trace_thing_settle(analysis, thing);
		trace_deadlock_abandoned(analysis, thing);
	}
}

void trace_lock_tell(struct trace_analysis *analysis, struct trace_thing *thing)
{
	struct trace_hold_row row = row_of(thing);

	if (!thing->holder || thing->holder_is_gone || thing->hold_is_told)
		return;
	thing->hold_is_told = true;
	TRACE_TELL_ROW(analysis, hold, &row);
}

/* It is over, or the recording is, and it is held still. */
void trace_lock_finish(struct trace_analysis *analysis,
		       struct trace_thing *thing)
{
	if (thing->holder)
		let_go(analysis, thing, TRACE_HOLD_OPEN);
}
