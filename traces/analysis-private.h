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

struct trace_thing;

/* What an agent waits for. */
struct trace_wait {
	uint32_t kind;			/* of the event that began it; 0: none */
	uint32_t object, holder, site;
	bool is_forever;		/* no time limit */
	int64_t taken;			/* a feeder: out of its queue by then, in
					 * bytes; -1: it waits for another one.
					 * A sender: the number of its message, if
					 * it has begun */
	bool is_told;
	bool has_been_in_deadlock;	/* the id of which is its beginning */
	struct trace_point begin;
	struct trace_thing *thing;	/* NULL: a process, or nothing */
	struct trace_lane *next;	/* who waits for the same, later */
};

/* A call to a manager that has not come back; of the agent that called. */
struct trace_call {
	bool is_open;
	uint32_t object;
	int64_t number;
	struct trace_point sent, began, ended;	/* began, ended: in the server */
};

struct trace_lane {			/* an agent, or an object */
	struct trace_agent_row row;
	int64_t last_ns;		/* nothing on it comes before that */
	unsigned depth;			/* of the stack; 0: closed */
	unsigned too_deep;		/* states entered that have no room */
	struct trace_frame stack[TRACE_STACK_DEPTH];
	/* The open bucket of each level. Only that of level 0 is up to date; each
	 * is added to the one above it when it is left. bucket -1: none */
	struct trace_cell_row cells[TRACE_SUMMARY_LEVELS];
	bool is_dirty, has_new_cells;
	bool is_object;
	struct trace_wait wait;
	struct trace_thing *held;	/* the locks it has */
	struct {			/* its last notification */
		uint32_t object;
		struct trace_point at;
	} notified;
	struct {			/* the last message it sent */
		uint32_t object;	/* where it lies; 0: none */
		int64_t number;
	} sent;
	struct trace_call call;
	uint32_t client;		/* agent that this one serves */
	uint32_t made;			/* object it has made in this call; 0 */
	uint64_t deadlock;		/* in which it is, 0: none */
	struct trace_lane *next_dirty;
	struct trace_lane *next;	/* of all */
	struct trace_lane *next_of_process;
	struct trace_lane *next_living, **at_living;	/* while depth > 0 */
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
	struct trace_idmap shares;	/* what it has of objects, by their ids */
	bool has_parent, is_over;
	bool is_dirty;
	struct trace_story *next_dirty;
	struct trace_story *next;	/* of all */
	struct trace_story *next_started;
};

/* A message on its way, by its number. */
struct trace_letter {
	bool is_used, is_early;		/* early: got before it was sent */
	int64_t number, bytes;
	struct trace_point sent, received;
};

struct trace_letters {
	struct trace_letter *slots;	/* by number & (size - 1) */
	uint32_t size;			/* a power of two, or 0 */
	uint32_t count;
};

/* A task of a pool that is not over. */
struct trace_task {
	bool is_used;
	uint32_t number, job, function, items;
	int64_t code;
	struct trace_point submitted, started, ended;
};

/* The last task of a job has come back: whoever collects the job has it from there. */
struct trace_arrival {
	uint32_t job;
	struct trace_point at;
};
#define TRACE_ARRIVALS 16		/* a power of two */

/* What a process has of an object. */
struct trace_share {
	struct trace_thing *thing;
	int64_t has;			/* permits taken, items got: and not given
					 * back, not dealt with */
	int64_t buffered;		/* items it put, and its feeder did not move */
};

struct trace_tasks {
	struct trace_task *slots;	/* a hash table, by number */
	uint32_t size;			/* a power of two, or 0 */
	uint32_t count;
	struct trace_arrival *arrivals;	/* the last ones; NULL: none yet */
	uint32_t arrived;		/* how many there were */
};

struct trace_thing {			/* an object */
	struct trace_use_row use;
	uint32_t kind;			/* enum trace_object_kind */
	struct trace_point created;
	struct trace_lane *lane;	/* NULL until it is used */
	struct trace_lane *first_waiter, *last_waiter;
	uint32_t waiters, putters;	/* putters: those who wait for room */
	/* A lock: who has it. */
	uint32_t holder;
	bool holder_is_gone, hold_is_told;
	struct trace_point hold;
	struct trace_thing *next_held;	/* of the same agent */
	struct trace_point release;	/* that nobody has answered yet */
	/* What the dead have, see analysis_dead.c. */
	uint32_t dead_reader, dead_writer;	/* of a queue; agents */
	uint32_t dead_agent;		/* the last one that had some of it */
	int64_t dead_has, lost;		/* permits, tasks; items never moved */
	int64_t unfinished;		/* tasks */
	bool is_given_by_others;	/* what one took another gave back */
	uint32_t dead_parties;		/* counted in a barrier */
	/* What is in it. */
	int64_t level, bytes, told_level;
	uint64_t taken;			/* out of a queue, in bytes, with heads */
	int64_t full;			/* permits: how many there can be */
	int64_t start;			/* ... and how many there were */
	bool has_level;
	bool is_open, is_broken;	/* a barrier */
	int64_t wakes;			/* notified, and not awake yet */
	struct trace_point cause;	/* the last set, trip */
	/* The last event that let some of those who wait go on, and the last
	 * that put something in. */
	uint64_t renewed_seq, put_seq;
	struct trace_letters letters;
	struct trace_tasks tasks;
	bool is_over, is_dirty;
	struct trace_thing *next_dirty;
	struct trace_thing *next;	/* of all */
};

struct trace_deadlock;

struct trace_analysis {
	const struct trace_analysis_ops *ops;
	void *user;
	bool is_muted;
	uint64_t anomalies;
	struct trace_idmap lanes, stories;
	struct trace_lane *recent;	/* of the last event */
	struct trace_lane *all_lanes, *dirty_lanes;
	struct trace_lane *living_lanes;
	struct trace_story *all_stories, *dirty_stories;
	/* Those that were started. Who is over is taken out when one looks for
	 * those who are not. */
	struct trace_story *started_stories;
	struct trace_story *root;
	struct trace_point now;		/* the event at hand */
	struct trace_idmap things;
	struct trace_thing *recent_thing;
	struct trace_thing *all_things, *dirty_things;
	uint32_t living, eternal;	/* living lanes; who waits for ever */
	struct trace_point still;	/* since when all wait; agent 0: no */
	struct trace_deadlock *deadlocks; /* that are not cleared */
};

/* Tell a row, if anybody wants to know. */
#define TRACE_TELL_ROW(analysis, what, row) \
	do { \
		if (!(analysis)->is_muted && (analysis)->ops->what) \
			(analysis)->ops->what((analysis)->user, (row)); \
	} while (0)

/* analysis_lane.c */
struct trace_lane *trace_lane_find(struct trace_analysis *analysis,
				   uint32_t id);
struct trace_lane *trace_lane_new(struct trace_analysis *analysis, uint32_t id);
/* One that nobody finds: an object's. NULL: no memory */
struct trace_lane *trace_lane_make(uint32_t id);
void trace_lane_dirty(struct trace_analysis *analysis, struct trace_lane *lane);
/* Begin to be in a state (0: in none), from that moment on. */
void trace_lane_change(struct trace_analysis *analysis, struct trace_lane *lane,
		       struct trace_frame to, struct trace_point at);
/* It lives from now on: its depth is not 0 any more. */
void trace_lane_open(struct trace_analysis *analysis, struct trace_lane *lane);
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

/* analysis_object.c */
struct trace_thing *trace_thing_find(struct trace_analysis *analysis,
				     uint32_t id);
/* Everything an event says about objects. */
void trace_thing_event(struct trace_analysis *analysis, struct trace_lane *lane,
		       const struct trace_event_row *row);
/* Be in that state from now on. */
void trace_thing_state(struct trace_analysis *analysis,
		       struct trace_thing *thing, uint32_t state);
/* Find out in which state it is now, and be in it. */
/* A managed list, dict, ...: its server tells how much is in it, or else its level is
 * negative. */
bool trace_thing_is_container(const struct trace_thing *thing);
void trace_thing_settle(struct trace_analysis *analysis,
			struct trace_thing *thing);
void trace_thing_dirty(struct trace_analysis *analysis,
		       struct trace_thing *thing);
void trace_thing_tell(struct trace_analysis *analysis,
		      struct trace_thing *thing);
void trace_thing_finish(struct trace_analysis *analysis,
			struct trace_thing *thing);
void trace_thing_free(struct trace_thing *thing);

/* analysis_level.c: events that change what is in an object */
void trace_level_event(struct trace_analysis *analysis,
		       struct trace_thing *thing, struct trace_lane *lane,
		       const struct trace_event_row *row);
/* Tell it, if it has changed. */
void trace_level_tell(struct trace_analysis *analysis,
		      struct trace_thing *thing);

/* analysis_wait.c */
void trace_wait_begin(struct trace_analysis *analysis, struct trace_lane *lane,
		      const struct trace_event_row *row);
void trace_wait_end(struct trace_analysis *analysis, struct trace_lane *lane,
		    enum trace_wait_outcome outcome);
/* The outcome of a wait that ends with an event of this kind. */
enum trace_wait_outcome trace_wait_outcome(uint32_t kind);
/* Tell those that have begun and not been told yet. */
void trace_wait_tell(struct trace_analysis *analysis,
		     struct trace_thing *thing);
/* Does it wait until something is taken out? */
bool trace_wait_is_for_room(uint32_t kind);

/* analysis_lock.c */
void trace_lock_taken(struct trace_analysis *analysis,
		      struct trace_thing *thing, struct trace_lane *lane,
		      bool has_waited);
void trace_lock_released(struct trace_analysis *analysis,
			 struct trace_thing *thing, struct trace_lane *lane);
/* The agent is over: what it holds is held by the dead. */
void trace_lock_abandon(struct trace_analysis *analysis,
			struct trace_lane *lane);
void trace_lock_tell(struct trace_analysis *analysis,
		     struct trace_thing *thing);
void trace_lock_finish(struct trace_analysis *analysis,
		       struct trace_thing *thing);

/* analysis_dead.c: what the dead have, and others wait for */
/* Somebody has found that a dead one has it. */
void trace_dead_found(struct trace_analysis *analysis,
		      struct trace_thing *thing,
		      const struct trace_event_row *row);
/* Count what the agent's process has of it. */
void trace_dead_count(struct trace_analysis *analysis,
		      struct trace_thing *thing, const struct trace_lane *lane,
		      const struct trace_event_row *row);
/* The process is over: what it had stays with it. */
void trace_dead_keep(struct trace_analysis *analysis,
		     struct trace_story *story);
/* One that was counted in a barrier is over, or a living one has left it. */
void trace_dead_party(struct trace_analysis *analysis,
		      struct trace_thing *thing, bool is_over);
bool trace_dead_has_all_permits(const struct trace_thing *thing);
/* Which dead one has what it waits for; 0: none, for all that is known. */
uint32_t trace_dead_awaited(const struct trace_lane *lane);
void trace_dead_free(struct trace_story *story);

/* analysis_message.c */
void trace_message_sent(struct trace_analysis *analysis,
			struct trace_thing *thing, struct trace_point began,
			int64_t number, int64_t bytes);
/* Nothing of it is on its way: it was not sent. */
void trace_message_withdraw(struct trace_analysis *analysis,
			    struct trace_thing *thing, int64_t number);
void trace_message_received(struct trace_analysis *analysis,
			    struct trace_thing *thing, int64_t number,
			    int64_t bytes);
/* No more will come: tell of those that nobody got. */
void trace_message_finish(struct trace_analysis *analysis,
			  struct trace_thing *thing);

/* analysis_task.c: the tasks of a pool */
void trace_task_event(struct trace_analysis *analysis,
		      struct trace_thing *thing,
		      const struct trace_event_row *row);
/* No more will come: tell of those that are not over. */
void trace_task_finish(struct trace_analysis *analysis,
		       struct trace_thing *thing);

/* analysis_call.c: calls to managers */
void trace_call_event(struct trace_analysis *analysis,
		      struct trace_thing *thing, struct trace_lane *lane,
		      const struct trace_event_row *row);
/* The agent is over: its call never comes back. */
void trace_call_abandon(struct trace_analysis *analysis,
			struct trace_lane *lane);
/* The agent that does what this one has called, or whose call this one waits for;
 * NULL: not known. */
struct trace_lane *trace_call_next(struct trace_analysis *analysis,
				   const struct trace_lane *lane);
/* Has its call been answered, or has one come for it? True also if not known. */
bool trace_call_may_go_on(struct trace_analysis *analysis,
			  const struct trace_lane *lane);

/* analysis_deadlock.c: something has changed that can close one */
void trace_deadlock_wait(struct trace_analysis *analysis,
			 struct trace_lane *lane);
/* Some of it is with a dead one: who waits for that? */
void trace_deadlock_abandoned(struct trace_analysis *analysis,
			      struct trace_thing *thing);
/* A wait has ended that is part of one. */
void trace_deadlock_clear(struct trace_analysis *analysis,
			  struct trace_lane *lane);
/* Note one that closed then: those who wait, each for the one after it. */
void trace_deadlock_claim(struct trace_analysis *analysis,
			  enum trace_deadlock_kind kind, struct trace_point at,
			  struct trace_lane *const *lanes, uint32_t count);
/* By whose doing alone the wait would end; NULL: not known. */
struct trace_lane *trace_deadlock_next(struct trace_analysis *analysis,
				       const struct trace_lane *lane);
/* Could it go on, for all that is known? */
bool trace_deadlock_may_go_on(struct trace_analysis *analysis,
			      const struct trace_lane *lane);
void trace_deadlock_free(struct trace_analysis *analysis);

/* analysis_nobody.c: that all wait, and nobody is left */
void trace_nobody_look(struct trace_analysis *analysis);
/* So it has been until then: long enough to be believed? */
void trace_nobody_until(struct trace_analysis *analysis, int64_t t_ns);

/* Replace a text of a row. Out of memory: it stays as it was. */
void trace_replace(char **text, const char *with);

#endif
