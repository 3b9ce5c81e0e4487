#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/analysis-private.h"

/* One agent: which state it is in, since when, and the summary of its time.
 *
 * The summary is a tower of buckets, each level four times as wide as the one
 * below it. An event touches level 0 only; when its bucket is left, what it holds
 * is added to the open bucket of level 1, and so on: so an event costs the same
 * with any number of levels. */

struct trace_lane *trace_lane_find(struct trace_analysis *analysis, uint32_t id)
{
	struct trace_lane *recent = analysis->recent;

	if (recent && recent->row.id == id)
		return recent;
	return trace_idmap_get(&analysis->lanes, id);
}

struct trace_lane *trace_lane_make(uint32_t id)
{
	struct trace_lane *lane = calloc(1, sizeof(*lane));

	if (!lane)
		return NULL;
	lane->row.id = id;
	lane->row.started_ns = lane->row.ended_ns = TRACE_NEVER;
	for (uint32_t level = 0; level < TRACE_SUMMARY_LEVELS; level++)
		lane->cells[level] = (struct trace_cell_row){
			.level = level, .agent_id = id, .bucket = -1
		};
	return lane;
}

struct trace_lane *trace_lane_new(struct trace_analysis *analysis, uint32_t id)
{
	struct trace_lane *lane = trace_lane_make(id);

	if (!lane || !trace_idmap_put(&analysis->lanes, id, lane)) {
		free(lane);
		analysis->anomalies++;
		return NULL;
	}
	lane->next = analysis->all_lanes;
	analysis->all_lanes = lane;
	return lane;
}

void trace_lane_dirty(struct trace_analysis *analysis, struct trace_lane *lane)
{
	if (lane->is_dirty)
		return;
	lane->is_dirty = true;
	lane->next_dirty = analysis->dirty_lanes;
	analysis->dirty_lanes = lane;
}

/* ---- the summary ---- */

static void add_to(struct trace_cell_row *upper,
		   const struct trace_cell_row *lower)
{
	if (upper->events == 0 && upper->states == 0)
		upper->first_seq = lower->first_seq;
	upper->states |= lower->states;
	upper->state = lower->state;
	upper->events += lower->events;
}

static void tell_cell(const struct trace_analysis *analysis,
		      const struct trace_cell_row *cell)
{
	if (!analysis->is_muted)
		analysis->ops->cell(analysis->user, cell);
}

static void start_cell(struct trace_cell_row *cell, int64_t bucket)
{
	cell->bucket = bucket;
	cell->states = cell->events = cell->first_seq = 0;
	cell->state = 0;
}

/* The time has left the open bucket of that level. */
static void leave_cell(const struct trace_analysis *analysis,
		       struct trace_lane *lane, uint32_t level)
{
	struct trace_cell_row *cell = &lane->cells[level];

	tell_cell(analysis, cell);
	if (level + 1 == TRACE_SUMMARY_LEVELS)
		return;
	struct trace_cell_row *upper = cell + 1;
	if (upper->bucket != cell->bucket >> 2) {
		if (upper->bucket >= 0)
			leave_cell(analysis, lane, level + 1);
		start_cell(upper, cell->bucket >> 2);
	}
	add_to(upper, cell);
}

/* Tell every open bucket as it stands, with what the levels below it hold. Done on
 * a copy: in the lane itself a bucket is added to the one above when it is left,
 * and only then. */
static void tell_open_cells(const struct trace_analysis *analysis,
			    const struct trace_lane *lane)
{
	struct trace_lane copy = *lane;
	struct trace_cell_row *cell = copy.cells;

	if (cell->bucket < 0)
		return;
	for (uint32_t level = 1; level < TRACE_SUMMARY_LEVELS; level++) {
		struct trace_cell_row *upper = cell + 1;

		tell_cell(analysis, cell);
		if (upper->bucket != cell->bucket >> 2) {
			if (upper->bucket >= 0)
				leave_cell(analysis, &copy, level);
			start_cell(upper, cell->bucket >> 2);
		}
		add_to(upper, cell);
		cell = upper;
	}
	tell_cell(analysis, cell);
}

void trace_lane_touch(struct trace_analysis *analysis, struct trace_lane *lane,
		      struct trace_point at, bool is_event)
{
	struct trace_cell_row *cell = &lane->cells[0];
	int64_t t_ns = at.t_ns > lane->last_ns ? at.t_ns : lane->last_ns;
	int64_t bucket = t_ns >> TRACE_SUMMARY_SHIFT(0);

	lane->last_ns = t_ns;
	if (cell->bucket != bucket) {
		if (cell->bucket >= 0)
			leave_cell(analysis, lane, 0);
		start_cell(cell, bucket);
		cell->first_seq = at.seq;
		cell->state = lane->row.state;
		if (lane->row.state)
			cell->states = UINT64_C(1) << lane->row.state;
	}
	if (is_event) {
		cell->events++;
		lane->row.events++;
	}
	lane->has_new_cells = true;
	if (!lane->is_object)		/* its object is dirty instead */
		trace_lane_dirty(analysis, lane);
}

/* ---- states ---- */

void trace_lane_change(struct trace_analysis *analysis, struct trace_lane *lane,
		       struct trace_frame to, struct trace_point at)
{
	struct trace_agent_row *row = &lane->row;

	trace_lane_touch(analysis, lane, at, false);
	at.t_ns = lane->last_ns;
	bool is_empty = row->state_since_ns == at.t_ns
			&& row->state_since_seq == at.seq;
	if (row->state && !is_empty && !analysis->is_muted) {
		struct trace_interval_row interval = {
			.agent_id = row->id,
			.state = row->state,
			.object_id = row->state_object_id,
			.begin_ns = row->state_since_ns,
			.begin_seq = row->state_since_seq,
			.end_ns = at.t_ns,
			.end_seq = at.seq,
		};
		analysis->ops->interval(analysis->user, &interval);
	}
	row->state = to.state;
	row->state_object_id = to.object;
	row->state_since_ns = at.t_ns;
	row->state_since_seq = at.seq;
	lane->cells[0].state = to.state;
	if (to.state)
		lane->cells[0].states |= UINT64_C(1) << to.state;
}

void trace_lane_open(struct trace_analysis *analysis, struct trace_lane *lane)
{
	lane->depth = 1;
	analysis->living++;
	lane->next_living = analysis->living_lanes;
	lane->at_living = &analysis->living_lanes;
	if (lane->next_living)
		lane->next_living->at_living = &lane->next_living;
	analysis->living_lanes = lane;
}

/* The agent is over. What it waited for is of no interest any more; what it holds
 * stays taken. */
static void agent_gone(struct trace_analysis *analysis, struct trace_lane *lane)
{
	if (lane->wait.kind)
		trace_wait_end(analysis, lane, TRACE_OUTCOME_KILLED);
	if (lane->held)
		trace_lock_abandon(analysis, lane);
	trace_call_abandon(analysis, lane);
	analysis->living--;
	*lane->at_living = lane->next_living;
	if (lane->next_living)
		lane->next_living->at_living = lane->at_living;
}

void trace_lane_close(struct trace_analysis *analysis, struct trace_lane *lane,
		      struct trace_point at)
{
	if (lane->depth > 0)
		agent_gone(analysis, lane);
	lane->depth = lane->too_deep = 0;
	if (lane->row.state)
		trace_lane_change(analysis, lane, (struct trace_frame){ 0 },
				  at);
	if (lane->row.ended_ns == TRACE_NEVER) {
		lane->row.ended_ns = at.t_ns > lane->last_ns ? at.t_ns
							     : lane->last_ns;
		trace_lane_dirty(analysis, lane);
	}
}

void trace_lane_tell(struct trace_analysis *analysis, struct trace_lane *lane)
{
	lane->is_dirty = false;
	if (analysis->is_muted)
		return;
	if (!lane->is_object)
		analysis->ops->agent(analysis->user, &lane->row);
	if (lane->has_new_cells)
		tell_open_cells(analysis, lane);
	lane->has_new_cells = false;
}
