/* traces/analysis-private.h - what the files of the analysis share */
#ifndef TRACE_ANALYSIS_PRIVATE_H
#define TRACE_ANALYSIS_PRIVATE_H

#include "traces/analysis.h"
#include "traces/idmap.h"

#define TRACE_STACK_DEPTH 16

struct trace_frame {
	uint32_t state, object;
};

/* A moment on a lane, for an arrow. agent 0: it has not been. */
struct trace_point {
	uint32_t agent;
	int64_t t_ns;
	uint64_t seq;
};

struct trace_lane {			/* an agent */
	struct trace_agent_row row;
	int64_t last_ns;		/* nothing on it comes before that */
	unsigned depth;			/* of the stack; 0: closed */
	unsigned too_deep;		/* states entered that have no room */
	struct trace_frame stack[TRACE_STACK_DEPTH];
	/* The open bucket of each level. Only that of level 0 is up to date; each
	 * is added to the one above it when it is left. bucket -1: none */
	struct trace_cell_row cells[TRACE_SUMMARY_LEVELS];
	bool is_dirty, has_new_cells;
	struct trace_lane *next_dirty;
	struct trace_lane *next;	/* of all */
	struct trace_lane *next_of_process;
};

struct trace_story {			/* a process */
	struct trace_process_row row;
	struct trace_lane *main, *lanes;
	struct trace_story *children, *next_sibling;
	struct trace_point start, fork, begin, exit, died, signal;
	int64_t exit_code;		/* as proc.exit said it */
	uint32_t exit_how, reap_how;	/* enum trace_end */
	int64_t signal_number;
	uint32_t signal_reason;		/* enum trace_end */
	bool has_parent, is_over;
	bool is_dirty;
	struct trace_story *next_dirty;
	struct trace_story *next;	/* of all */
};

struct trace_analysis {
	const struct trace_analysis_ops *ops;
	void *user;
	bool is_muted;
	uint64_t anomalies;
	struct trace_idmap lanes, stories;
	struct trace_lane *recent;	/* of the last event */
	struct trace_lane *all_lanes, *dirty_lanes;
	struct trace_story *all_stories, *dirty_stories;
	struct trace_story *root;
};

/* analysis_lane.c */
struct trace_lane *trace_lane_find(struct trace_analysis *analysis,
				   uint32_t id);
struct trace_lane *trace_lane_new(struct trace_analysis *analysis, uint32_t id);
void trace_lane_dirty(struct trace_analysis *analysis, struct trace_lane *lane);
/* Begin to be in a state (0: in none), from that moment on. */
void trace_lane_change(struct trace_analysis *analysis, struct trace_lane *lane,
		       struct trace_frame to, struct trace_point at);
/* An event (or, not counted, something else) happens on the lane. */
void trace_lane_touch(struct trace_analysis *analysis, struct trace_lane *lane,
		      struct trace_point at, bool is_event);
void trace_lane_close(struct trace_analysis *analysis, struct trace_lane *lane,
		      struct trace_point at);
void trace_lane_tell(struct trace_analysis *analysis, struct trace_lane *lane);

/* analysis_process.c */
struct trace_story *trace_story_get(struct trace_analysis *analysis,
				    uint32_t id);
void trace_story_begin(struct trace_analysis *analysis,
		       struct trace_lane *lane, int64_t tid,
		       struct trace_point at);
/* Everything an event says about processes. */
void trace_story_event(struct trace_analysis *analysis, struct trace_lane *lane,
		       const struct trace_analysis_input *input);
/* The lane of a process that never had one. */
struct trace_lane *trace_story_silent_lane(struct trace_analysis *analysis,
					   uint32_t lane_id);
void trace_story_tell(struct trace_analysis *analysis,
		      struct trace_story *story);
/* Have the row told at the next flush. */
void trace_story_dirty(struct trace_analysis *analysis,
		       struct trace_story *story);
/* An arrow, if both of its ends have been. */
void trace_story_arrow(struct trace_analysis *analysis, const char *kind,
		       struct trace_point from, struct trace_point to,
		       uint32_t object);

/* analysis_end.c */
/* What the event says about the end of that process, if it does. */
void trace_story_end(struct trace_analysis *analysis, struct trace_story *story,
		     const struct trace_event_row *event,
		     struct trace_point at);
void trace_story_finish(struct trace_analysis *analysis,
			struct trace_story *story, struct trace_point at);

/* Replace a text of a row. Out of memory: it stays as it was. */
void trace_replace(char **text, const char *with);

#endif
