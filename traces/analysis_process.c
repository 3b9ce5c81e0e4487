#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "traces/analysis-private.h"

/* Processes: how each came to be, and who started and joined it. */

void trace_story_dirty(struct trace_analysis *analysis,
		       struct trace_story *story)
{
	if (story->is_dirty)
		return;
	story->is_dirty = true;
	story->next_dirty = analysis->dirty_stories;
	analysis->dirty_stories = story;
}

struct trace_story *trace_story_get(struct trace_analysis *analysis,
				    uint32_t id)
{
	struct trace_story *story = trace_idmap_get(&analysis->stories, id);

	if (story || id == 0)
		return story;
	story = calloc(1, sizeof(*story));
	if (!story || !trace_idmap_put(&analysis->stories, id, story)) {
		free(story);
		analysis->anomalies++;
		return NULL;
	}
	story->row.id = id;
	story->row.created_ns = story->row.started_ns = TRACE_NEVER;
	story->row.exited_ns = story->row.reaped_ns = TRACE_NEVER;
	story->next = analysis->all_stories;
	analysis->all_stories = story;
	return story;
}

void trace_story_arrow(struct trace_analysis *analysis, const char *kind,
		       struct trace_point from, struct trace_point to,
		       uint32_t object)
{
	struct trace_arrow_row row = {
		.kind = kind,
		.object_id = object,
		.from_agent_id = from.agent,
		.from_ns = from.t_ns,
		.from_seq = from.seq,
		.to_agent_id = to.agent,
		.to_ns = to.t_ns,
		.to_seq = to.seq,
	};

	if (from.agent && to.agent && from.seq < to.seq && !analysis->is_muted)
		analysis->ops->arrow(analysis->user, &row);
}

/* ---- beginning ---- */

static void started(struct trace_analysis *analysis, struct trace_story *story,
		    int64_t t_ns)
{
	if (story->row.started_ns == TRACE_NEVER) {
		story->next_started = analysis->started_stories;
		analysis->started_stories = story;
	}
	if (story->row.started_ns == TRACE_NEVER
	    || story->row.started_ns > t_ns)
		story->row.started_ns = t_ns;
}

static void put_lane(struct trace_story *story, struct trace_lane *lane)
{
	struct trace_lane **at = &story->lanes;

	while (*at && *at != lane)
		at = &(*at)->next_of_process;
	if (!*at) {
		lane->next_of_process = NULL;
		*at = lane;
	}
}

void trace_story_begin(struct trace_analysis *analysis,
		       struct trace_lane *lane, int64_t tid,
		       struct trace_point at)
{
	struct trace_story *story = trace_story_get(analysis,
						    lane->row.process_id);

	if (!story)
		return;
	trace_story_dirty(analysis, story);
	put_lane(story, lane);
	if (lane->row.role != TRACE_ROLE_MAIN || story->main)
		return;
	story->main = lane;
	story->begin = at;
	if (story->row.pid == 0)
		story->row.pid = tid;
	if (!story->row.path)
		trace_replace(&story->row.path, lane->row.path);
	if (!story->row.name)
		trace_replace(&story->row.name, lane->row.name);
	started(analysis, story, at.t_ns);
	trace_story_arrow(analysis, "start", story->fork, at, story->row.id);
}

static void process_new(struct trace_analysis *analysis,
			struct trace_story *story, struct trace_lane *lane,
			const struct trace_analysis_input *input)
{
	uint32_t parent_id = lane->row.process_id;
	struct trace_story *parent;

	trace_replace(&story->row.path, input->first);
	trace_replace(&story->row.name, input->second);
	story->row.daemon = input->row->a & 1;
	story->row.created_ns = input->row->t_ns;
	/* One that tells about itself has begun to live before. */
	if (story->row.started_ns != TRACE_NEVER
	    && story->row.started_ns < story->row.created_ns)
		story->row.created_ns = story->row.started_ns;
	if (parent_id == story->row.id && !analysis->root)
		analysis->root = story;
	if (parent_id == story->row.id || story->has_parent)
		return;
	parent = trace_story_get(analysis, parent_id);
	if (!parent)
		return;
	story->has_parent = true;
	story->row.parent_id = parent_id;
	story->next_sibling = parent->children;
	parent->children = story;
}

/* The child may have said its first word before its parent, back from fork,
 * tells of it: then the arrow leaves from start(). */
static void process_fork(struct trace_analysis *analysis,
			 struct trace_story *story, int64_t pid,
			 struct trace_point at)
{
	story->fork = at;
	story->row.pid = pid;
	started(analysis, story, at.t_ns);
	if (story->begin.agent)
		trace_story_arrow(analysis, "start", story->start,
				  story->begin, story->row.id);
}

struct trace_lane *trace_story_silent_lane(struct trace_analysis *analysis,
					   uint32_t lane_id)
{
	uint32_t id = lane_id & ~TRACE_AGENT_SILENT(0);
	struct trace_story *story = trace_story_get(analysis, id);
	struct trace_lane *lane;

	if (!story || story->main || !(lane = trace_lane_new(analysis, lane_id)))
		return NULL;
	lane->row.process_id = id;
	lane->row.role = TRACE_ROLE_MAIN;
	trace_replace(&lane->row.path, story->row.path ? story->row.path : "");
	trace_replace(&lane->row.name, story->row.name ? story->row.name : "");
	story->main = lane;
	put_lane(story, lane);
	if (story->fork.agent) {
		struct trace_frame running = { TRACE_STATE_RUNNING, 0 };

		lane->row.started_ns = story->row.started_ns;
		trace_lane_open(analysis, lane);
		lane->stack[0] = running;
		trace_lane_change(analysis, lane, running, story->fork);
	}
	return lane;
}

static void joined(struct trace_analysis *analysis,
		   const struct trace_story *story, struct trace_point at)
{
	trace_story_arrow(analysis, "join",
			  story->died.agent ? story->died : story->exit, at,
			  story->row.id);
}

/* Events about another process, or about the lane's own. */
static void about(struct trace_analysis *analysis, struct trace_story *story,
		  struct trace_lane *lane,
		  const struct trace_analysis_input *input)
{
	const struct trace_event_row *event = input->row;
	struct trace_point at = { event->agent_id, event->t_ns, event->seq };

	switch (event->kind) {
	case TRACE_PROC_NEW:
		process_new(analysis, story, lane, input);
		break;
	case TRACE_PROC_START:
		story->row.daemon = event->a & 1;
		story->start = at;
		break;
	case TRACE_PROC_FORK:
		process_fork(analysis, story, event->a, at);
		break;
	case TRACE_PROC_RENAME:
		trace_replace(&story->row.name, input->first);
		break;
	case TRACE_PROC_DAEMON:
		story->row.daemon = event->a & 1;
		break;
	default:
		trace_story_end(analysis, story, event, at);
	}
	trace_story_dirty(analysis, story);
}

void trace_story_event(struct trace_analysis *analysis, struct trace_lane *lane,
		       const struct trace_analysis_input *input)
{
	const struct trace_event_row *event = input->row;
	struct trace_point at = { event->agent_id, event->t_ns, event->seq };
	const struct trace_story *other;

	switch (event->kind) {
	case TRACE_PROC_NEW:
	case TRACE_PROC_START:
	case TRACE_PROC_FORK:
	case TRACE_PROC_RENAME:
	case TRACE_PROC_DAEMON:
	case TRACE_PROC_EXIT:
	case TRACE_PROC_DIED:
	case TRACE_PROC_REAP:
	case TRACE_PROC_SIGNAL:
	case TRACE_EXIT_KILL_DAEMON: {
		struct trace_story *story = trace_story_get(analysis,
							    event->object_id);
		if (story)
			about(analysis, story, lane, input);
		else
			analysis->anomalies++;
		break;
	}
	case TRACE_JOIN_END:
	case TRACE_EXIT_JOIN_END:
	case TRACE_PARENT_JOIN_END:
		other = trace_idmap_get(&analysis->stories, event->object_id);
		if (other)
			joined(analysis, other, at);
		break;
	}
}

void trace_story_tell(struct trace_analysis *analysis,
		      struct trace_story *story)
{
	static char none[] = "";
	struct trace_process_row row = story->row;

	story->is_dirty = false;
	if (analysis->is_muted)
		return;
	row.path = row.path ? row.path : none;
	row.name = row.name ? row.name : none;
	analysis->ops->process(analysis->user, &row);
}
