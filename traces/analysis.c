#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/analysis.h"

#include <stdlib.h>
#include <string.h>

#include "traces/analysis-private.h"

#define TEXT true
#define NOTEXT false
static const struct trace_kind_row kinds[TRACE_KIND_COUNT] = {
#define TRACE_EVENT(id, symbol, name, component, effect, state, text, a, b, d) \
	[id] = { true, text, TRACE_##effect, TRACE_STATE_##state },
#include "traces/events.def"
#undef TRACE_EVENT
};
#undef TEXT
#undef NOTEXT

const struct trace_kind_row *trace_kind_row(uint32_t kind)
{
	if (kind >= TRACE_KIND_COUNT || !kinds[kind].is_known)
		return NULL;
	return &kinds[kind];
}

struct trace_analysis *
trace_analysis_new(const struct trace_analysis_ops *ops, void *user)
{
	struct trace_analysis *analysis = calloc(1, sizeof(*analysis));

	if (analysis) {
		analysis->ops = ops;
		analysis->user = user;
	}
	return analysis;
}

void trace_analysis_free(struct trace_analysis *analysis)
{
	if (!analysis)
		return;
	for (struct trace_lane *lane = analysis->all_lanes, *next; lane;
	     lane = next) {
		next = lane->next;
		free(lane->row.path);
		free(lane->row.name);
		free(lane);
	}
	for (struct trace_story *story = analysis->all_stories, *next; story;
	     story = next) {
		next = story->next;
		free(story->row.path);
		free(story->row.name);
		trace_dead_free(story);
		free(story);
	}
	for (struct trace_thing *thing = analysis->all_things, *next; thing;
	     thing = next) {
		next = thing->next;
		trace_thing_free(thing);
	}
	trace_deadlock_free(analysis);
	trace_idmap_free(&analysis->things);
	trace_idmap_free(&analysis->lanes);
	trace_idmap_free(&analysis->stories);
	free(analysis);
}

void trace_analysis_mute(struct trace_analysis *analysis, bool is_muted)
{
	analysis->is_muted = is_muted;
}

/* ---- the stack of states ---- */

static void enter(struct trace_analysis *analysis, struct trace_lane *lane,
		  struct trace_frame to, struct trace_point at)
{
	if (lane->depth == 0) {		/* it is over */
		analysis->anomalies++;
	} else if (lane->depth == TRACE_STACK_DEPTH) {
		lane->too_deep++;
		analysis->anomalies++;
	} else {
		lane->stack[lane->depth++] = to;
		trace_lane_change(analysis, lane, to, at);
	}
}

static void leave(struct trace_analysis *analysis, struct trace_lane *lane,
		  struct trace_point at)
{
	if (lane->too_deep > 0) {
		lane->too_deep--;
	} else if (lane->depth > 1) {
		lane->depth--;
		trace_lane_change(analysis, lane, lane->stack[lane->depth - 1],
				  at);
	} else {
		analysis->anomalies++;
	}
}

static void reset(struct trace_analysis *analysis, struct trace_lane *lane,
		  struct trace_frame to, struct trace_point at)
{
	if (lane->depth == 0)
		trace_lane_open(analysis, lane);
	lane->too_deep = 0;
	lane->depth = 1;
	lane->stack[0] = to;
	trace_lane_change(analysis, lane, to, at);
}

/* The writer tells afterwards that it was held up, and for how long. */
static void stall(struct trace_analysis *analysis, struct trace_lane *lane,
		  int64_t waited_ns, struct trace_point at)
{
	struct trace_frame recording = { TRACE_STATE_RECORDING, 0 };
	struct trace_point began = at;

	if (lane->depth == 0 || waited_ns <= 0)
		return;
	began.t_ns = waited_ns < at.t_ns ? at.t_ns - waited_ns : 0;
	trace_lane_change(analysis, lane, recording, began);
	trace_lane_change(analysis, lane, lane->stack[lane->depth - 1], at);
}

/* ---- agents ---- */

static void agent_begin(struct trace_analysis *analysis,
			struct trace_lane *lane,
			const struct trace_analysis_input *input,
			struct trace_point at)
{
	const struct trace_event_row *event = input->row;
	struct trace_agent_row *row = &lane->row;

	row->role = (uint32_t)((uint64_t)event->a >> 32);
	trace_replace(&row->path, input->first);
	trace_replace(&row->name, input->second);
	if (row->started_ns == TRACE_NEVER)
		row->started_ns = at.t_ns;
	if (!row->process_id)
		row->process_id = event->object_id;
	trace_story_begin(analysis, lane, event->a & UINT32_MAX, at);
}

/* An agent whose first words are not here (lost, or never said). */
static struct trace_lane *stranger(struct trace_analysis *analysis,
				   const struct trace_analysis_input *input,
				   struct trace_point at)
{
	struct trace_frame running = { TRACE_STATE_RUNNING, 0 };
	struct trace_lane *lane = trace_lane_new(analysis,
						 input->row->agent_id);

	if (!lane)
		return NULL;
	if (input->row->kind == TRACE_AGENT_BEGIN)
		return lane;
	analysis->anomalies++;
	lane->row.process_id = input->process;
	lane->row.role = TRACE_ROLE_THREAD;
	lane->row.started_ns = at.t_ns;
	if (input->process)
		trace_story_begin(analysis, lane, 0, at);
	reset(analysis, lane, running, at);
	return lane;
}

static struct trace_lane *lane_of(struct trace_analysis *analysis,
				  const struct trace_analysis_input *input,
				  struct trace_point at)
{
	uint32_t id = input->row->agent_id;
	struct trace_lane *lane = trace_lane_find(analysis, id);

	if (!lane && input->row->kind == TRACE_PROC_DIED
	    && id == TRACE_AGENT_SILENT(input->row->object_id))
		lane = trace_story_silent_lane(analysis, id);
	if (!lane)
		lane = stranger(analysis, input, at);
	analysis->recent = lane;
	return lane;
}

static bool is_wait(uint8_t state)
{
	return state == TRACE_STATE_WAIT_JOIN || state == TRACE_STATE_IDLE
	       || (state >= TRACE_STATE_WAIT_LOCK
		   && state <= TRACE_STATE_WAIT_CALL);
}

static void apply_effect(struct trace_analysis *analysis,
			 struct trace_lane *lane,
			 const struct trace_event_row *row,
			 struct trace_point at)
{
	const struct trace_kind_row *kind = &kinds[row->kind];
	struct trace_frame to = { kind->state, row->object_id };

	switch (kind->effect) {
	case TRACE_ENTER:
		enter(analysis, lane, to, at);
		break;
	case TRACE_LEAVE:
		leave(analysis, lane, at);
		break;
	case TRACE_RESET:
		to.object = 0;
		reset(analysis, lane, to, at);
		break;
	case TRACE_CLOSE:
		if (row->kind != TRACE_PROC_DIED) /* that closes others, too */
			trace_lane_close(analysis, lane, at);
		break;
	}
	if (kind->effect == TRACE_ENTER && is_wait(kind->state))
		trace_wait_begin(analysis, lane, row);
	else if (kind->effect == TRACE_LEAVE && lane->wait.kind
		 && row->kind != TRACE_SLEEP_END)
		trace_wait_end(analysis, lane, trace_wait_outcome(row->kind));
}

void trace_analysis_event(struct trace_analysis *analysis,
			  const struct trace_analysis_input *input)
{
	const struct trace_event_row *row = input->row;
	struct trace_point at = { row->agent_id, row->t_ns, row->seq };
	struct trace_lane *lane;

	if (!trace_kind_row(row->kind)
	    || !(lane = lane_of(analysis, input, at))) {
		analysis->anomalies++;
		return;
	}
	analysis->now = at;
	if (analysis->still.agent) {
		trace_nobody_until(analysis, at.t_ns);
		analysis->still.agent = 0;
	}
	if (row->kind == TRACE_STALL)
		stall(analysis, lane, row->a, at);
	trace_lane_touch(analysis, lane, at, true);
	if (row->kind == TRACE_AGENT_BEGIN)
		agent_begin(analysis, lane, input, at);
	if (kinds[row->kind].effect != TRACE_SAME)
		apply_effect(analysis, lane, row, at);
	if (row->kind >= TRACE_PROC_NEW && row->kind < TRACE_LOCK_WAIT)
		trace_story_event(analysis, lane, input);
	else if (row->object_id)
		trace_thing_event(analysis, lane, row);
	if (analysis->eternal > 0 && analysis->eternal >= analysis->living)
		trace_nobody_look(analysis);
}

/* ---- the rest ---- */

void trace_analysis_flush(struct trace_analysis *analysis)
{
	struct trace_story *story = analysis->dirty_stories;
	struct trace_lane *lane = analysis->dirty_lanes;
	struct trace_thing *thing = analysis->dirty_things;

	analysis->dirty_stories = NULL;
	analysis->dirty_lanes = NULL;
	analysis->dirty_things = NULL;
	for (; story; story = story->next_dirty)
		trace_story_tell(analysis, story);
	for (; lane; lane = lane->next_dirty)
		trace_lane_tell(analysis, lane);
	for (struct trace_thing *next; thing; thing = next) {
		next = thing->next_dirty;
		trace_thing_tell(analysis, thing);
	}
}

void trace_analysis_tick(struct trace_analysis *analysis, int64_t t_ns)
{
	if (analysis->still.agent)
		trace_nobody_until(analysis, t_ns);
}

void trace_analysis_touch(struct trace_analysis *analysis, uint32_t agent_id)
{
	struct trace_lane *lane = trace_lane_find(analysis, agent_id);

	if (lane)
		trace_lane_dirty(analysis, lane);
}

void trace_analysis_finish(struct trace_analysis *analysis, int64_t t_ns,
			   uint64_t seq)
{
	struct trace_point at = { 0, t_ns, seq };

	analysis->now = at;
	analysis->still.agent = 0;
	for (struct trace_thing *thing = analysis->all_things; thing;
	     thing = thing->next)
		trace_thing_finish(analysis, thing);
	for (struct trace_story *story = analysis->all_stories; story;
	     story = story->next)
		trace_story_finish(analysis, story, at);
	for (struct trace_lane *lane = analysis->all_lanes; lane;
	     lane = lane->next)
		trace_lane_close(analysis, lane, at);
}

uint32_t trace_analysis_process_of(const struct trace_analysis *analysis,
				   uint32_t agent_id)
{
	const struct trace_lane *lane = trace_idmap_get(&analysis->lanes,
							agent_id);

	return lane ? lane->row.process_id : 0;
}

uint32_t trace_analysis_lane_of(const struct trace_analysis *analysis,
				uint32_t process_id)
{
	const struct trace_story *story = trace_idmap_get(&analysis->stories,
							  process_id);

	return story && story->main ? story->main->row.id
				    : TRACE_AGENT_SILENT(process_id);
}

bool trace_analysis_is_alone(const struct trace_analysis *analysis,
			     uint32_t process_id)
{
	const struct trace_story *story = trace_idmap_get(&analysis->stories,
							  process_id);

	for (const struct trace_lane *lane = story ? story->lanes : NULL; lane;
	     lane = lane->next_of_process)
		if (lane != story->main && lane->depth > 0)
			return false;
	return true;
}

bool trace_analysis_is_dead(const struct trace_analysis *analysis,
			    uint32_t process_id)
{
	const struct trace_story *story = trace_idmap_get(&analysis->stories,
							  process_id);

	return story && story->is_over;
}

const struct trace_process_row *
trace_analysis_root(const struct trace_analysis *analysis)
{
	return analysis->root ? &analysis->root->row : NULL;
}

uint64_t trace_analysis_anomalies(const struct trace_analysis *analysis)
{
	return analysis->anomalies;
}

void trace_replace(char **text, const char *with)
{
	char *copy = strdup(with);

	if (!copy)
		return;
	free(*text);
	*text = copy;
}
