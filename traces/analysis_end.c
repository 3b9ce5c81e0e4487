#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <signal.h>

#include "traces/analysis-private.h"

/* How a process ended, and who did that to it.
 *
 * What is known of an end comes from several sides, in any order: the process's
 * own last word (proc.exit), the recorder that saw it die (proc.died), and its
 * parent (proc.reap). Each improves the row. */

/* ---- why ---- */

static bool left_by_itself(const struct trace_story *story)
{
	return story->exit.agent
	       && !(story->row.has_exitcode && story->row.exitcode < 0);
}

static uint32_t why_it_ended(const struct trace_story *story)
{
	bool has_code = story->row.has_exitcode;

	if (left_by_itself(story) && story->exit_how)
		return story->exit_how;
	if (story->reap_how)
		return story->reap_how;
	if (has_code && story->row.exitcode >= 0)
		return TRACE_ENDED_BY_EXIT;
	if (story->signal_reason
	    && (!has_code || story->row.exitcode == -story->signal_number))
		return story->signal_reason;
	return TRACE_ENDED_BY_SIGNAL;
}

static uint32_t checked_end(int64_t how)
{
	switch (how) {
#define TRACE_END(id, symbol, name, d) case id:
#include "traces/ends.def"
#undef TRACE_END
		return (uint32_t)how;
	}
	return 0;
}

/* Did the last signal sent to it through the library do it? */
static bool signal_did_it(const struct trace_story *story)
{
	if (!story->signal.agent)
		return false;
	if (story->row.has_exitcode && story->row.exitcode < 0)
		return story->row.exitcode == -story->signal_number;
	if (story->row.has_exitcode && story->row.exitcode >= 0)
		return story->signal_number == SIGINT
		       && story->row.exitcode != 0;
	return !story->exit.agent;
}

/* ---- death ---- */

/* A zombie whose parent dies is taken by another one, which reaps at once. */
static void release_children(struct trace_analysis *analysis,
			     const struct trace_story *parent,
			     struct trace_point at)
{
	for (struct trace_story *child = parent->children; child;
	     child = child->next_sibling)
		if (child->is_over && child->main
		    && child->main->row.state == TRACE_STATE_ZOMBIE)
			trace_lane_close(analysis, child->main, at);
}

static bool has_living_parent(const struct trace_analysis *analysis,
			      const struct trace_story *story)
{
	return story->row.parent_id
	       && !trace_analysis_is_dead(analysis, story->row.parent_id);
}

/* The process is dead since then: its lanes end, and it lies there as a zombie
 * until its parent takes note. */
static void die(struct trace_analysis *analysis, struct trace_story *story,
		struct trace_point at)
{
	struct trace_frame zombie = { TRACE_STATE_ZOMBIE, story->row.id };

	if (story->is_over)
		return;
	story->is_over = true;
	for (struct trace_lane *lane = story->lanes; lane;
	     lane = lane->next_of_process)
		trace_lane_close(analysis, lane, at);
	if (story->main && at.t_ns < story->main->last_ns)
		at.t_ns = story->main->last_ns;
	story->row.exited_ns = at.t_ns;
	trace_dead_keep(analysis, story);
	if (story->main && has_living_parent(analysis, story))
		trace_lane_change(analysis, story->main, zombie, at);
	release_children(analysis, story, at);
}

static void process_died(struct trace_analysis *analysis,
			 struct trace_story *story, int64_t code,
			 struct trace_point at)
{
	story->died = at;
	if (code != TRACE_EXIT_UNKNOWN && !story->row.has_exitcode) {
		story->row.has_exitcode = true;
		story->row.exitcode = code;
	}
	die(analysis, story, at);
	story->row.ended_by = why_it_ended(story);
	if (signal_did_it(story))
		trace_story_arrow(analysis, story->signal_reason
						== TRACE_ENDED_BY_DAEMON
					    ? "daemon" : "signal",
				  story->signal, at, story->row.id);
}

static void process_reap(struct trace_analysis *analysis,
			 struct trace_story *story,
			 const struct trace_event_row *event,
			 struct trace_point at)
{
	struct trace_point death = at;

	story->row.reaped_ns = at.t_ns;
	story->row.has_exitcode = event->a != TRACE_EXIT_UNKNOWN;
	story->row.exitcode = event->a;
	story->reap_how = checked_end(event->b);
	if (!story->is_over) {		/* nobody saw it die */
		if (story->exit.agent)
			death.t_ns = story->exit.t_ns;
		die(analysis, story, death);
	}
	if (story->main && story->main->row.state == TRACE_STATE_ZOMBIE)
		trace_lane_close(analysis, story->main, at);
	story->row.ended_by = why_it_ended(story);
}

static void signalled(struct trace_story *story, int64_t signal,
		      uint32_t reason, struct trace_point at)
{
	story->signal = at;
	story->signal_number = signal;
	story->signal_reason = reason;
}

void trace_story_end(struct trace_analysis *analysis, struct trace_story *story,
		     const struct trace_event_row *event, struct trace_point at)
{
	switch (event->kind) {
	case TRACE_PROC_EXIT:
		story->exit = at;
		story->exit_code = event->a;
		story->exit_how = checked_end(event->b);
		break;
	case TRACE_PROC_DIED:
		process_died(analysis, story, event->a, at);
		break;
	case TRACE_PROC_REAP:
		process_reap(analysis, story, event, at);
		break;
	case TRACE_PROC_SIGNAL:
		signalled(story, event->a, checked_end(event->b), at);
		break;
	case TRACE_EXIT_KILL_DAEMON:
		signalled(story, SIGTERM, TRACE_ENDED_BY_DAEMON, at);
		break;
	}
}

/* The recording is over, so it is dead; if nobody saw it die, then since its
 * last word. */
void trace_story_finish(struct trace_analysis *analysis,
			struct trace_story *story, struct trace_point at)
{
	if (story->is_over || story->row.started_ns == TRACE_NEVER)
		return;
	if (story->exit.agent) {
		at.t_ns = story->exit.t_ns;
		story->row.has_exitcode = true;
		story->row.exitcode = story->exit_code;
	}
	die(analysis, story, at);
	story->row.ended_by = why_it_ended(story);
	trace_story_dirty(analysis, story);
}
