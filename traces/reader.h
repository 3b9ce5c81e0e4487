/* traces/reader.h - a trace as its readers see it: read-only, and growing
 *
 * Opens finished traces and such that are being recorded alike. A trace may come
 * from a stranger: every number is checked, texts come without control
 * characters and as valid UTF-8, and nothing in a file makes a reader crash.
 *
 * Functions that return int give 0 or more on success, -1 on failure with a
 * message in trace_error(). Times are ns since the trace's start, -1: not
 * known. Pointers handed out belong to the trace and live until trace_close,
 * unless said otherwise. Not thread-safe; no function blocks for long. */
#ifndef TRACE_READER_H
#define TRACE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace;
struct trace_record;

/* trace_open - open a trace file for reading
 * error    receives one line that says what is wrong and what to do
 * Returns  the trace, to be given to trace_close; NULL if it cannot be read */
struct trace *trace_open(const char *path, char *error, size_t error_size);
/* trace_open_live - the same for a recording that is about to begin
 * A trace that is only prepared is opened, too: empty, and live. */
struct trace *trace_open_live(const char *path, char *error, size_t error_size);
void trace_close(struct trace *trace);		/* NULL is allowed */
const char *trace_error(const struct trace *trace);

/* trace_refresh - look whether a trace that is being recorded has grown
 * Returns  1: it has (processes, agents, ... may have changed), 0: no, -1 */
int trace_refresh(struct trace *trace);

struct trace_info {
	uint64_t events;	/* highest seq */
	int64_t last_ns;	/* time of the last event */
	int64_t start_realtime_ns;
	uint64_t lost;
	uint64_t cost_ps;	/* cost of one event */
	bool live;		/* still being recorded */
	bool recovered;
	bool unfinished;	/* neither live nor closed: its recorder died */
	const char *program;	/* may be "" */
	const char *path;	/* of the file */
};
const struct trace_info *trace_info(const struct trace *trace);
const char *trace_meta(const struct trace *trace, const char *key); /* or NULL */

struct trace_process {
	uint32_t id, parent_id;	/* parent_id 0: main */
	uint32_t agent_id;	/* its main agent, 0 if it never ran */
	int64_t pid;		/* 0: never started */
	const char *path, *name;
	bool daemon, has_exitcode;
	int64_t created_ns, started_ns, exited_ns, reaped_ns;
	int64_t exitcode;
	const char *ended_by;	/* "" if it has not ended */
};
size_t trace_process_count(const struct trace *trace);
/* In tree order: parents before children, siblings as they came to be. */
const struct trace_process *trace_process_at(const struct trace *, size_t i);
const struct trace_process *trace_process(const struct trace *, uint32_t id);

struct trace_agent {
	uint32_t id, process_id;
	const char *role, *path, *name;
	int64_t started_ns, ended_ns;
	uint64_t events;
};
size_t trace_agent_count(const struct trace *trace);
/* In lane order: a process's main agent, its threads, then its children. */
const struct trace_agent *trace_agent_at(const struct trace *, size_t i);
const struct trace_agent *trace_agent(const struct trace *, uint32_t id);

struct trace_object {
	uint32_t id, kind, creator_agent_id;
	const char *kind_name, *name;
	int64_t created_ns, ended_ns;
};
/* Fills *out; 0, or -1 if there is no such object. Looked up on demand. */
int trace_object(struct trace *trace, uint32_t id, struct trace_object *out);

/* A lock, semaphore, queue, ... that was used; not a process. Its lane is asked for
 * as that of the agent TRACE_LANE_OBJECT(id), see rows.h. */
struct trace_used_object {
	struct trace_object object;
	uint32_t partner_id;	/* of a pipe's end: the other one; of a managed
				 * object: its manager; or 0 */
	uint64_t events;
	uint64_t acquires;	/* how often it was taken */
	uint64_t contended;	/* how often somebody had to wait */
	int64_t wait_total_ns, wait_max_ns, hold_total_ns;
};
/* trace_used_objects - those with an id above that, in order of ids
 * Returns  how many were stored, at most `max`; 0 for traces of programs that did
 *          not know of objects */
int trace_used_objects(struct trace *trace, uint32_t above, size_t max,
		       struct trace_used_object *out);
/* trace_contended - those that were taken or waited for, most waited for first */
int trace_contended(struct trace *trace, size_t max,
		    struct trace_used_object *out);

struct trace_hold {		/* an agent has a lock */
	uint32_t object_id, agent_id;
	int64_t begin_ns, end_ns; /* end_ns -1: it has it still */
	uint64_t begin_seq, end_seq;
	const char *ended_by;	/* released other dead end lost; "" */
	bool is_dead;		/* trace_holder_after: it is dead */
};
/* Who has the lock just after event seq; 0, or -1: nobody. */
int trace_holder_after(struct trace *trace, uint32_t object_id, uint64_t seq,
		       struct trace_hold *out);
/* Holds that touch [t0, t1], in order, at most `max`. Returns how many. */
int trace_holds(struct trace *trace, uint32_t object_id, int64_t t0, int64_t t1,
		size_t max, struct trace_hold *out);

struct trace_object_wait {	/* an agent waits for an object */
	uint32_t object_id, agent_id;
	uint32_t holder_agent_id; /* who had it when the wait began; 0 */
	int64_t begin_ns, end_ns; /* end_ns -1: it still waits */
	uint64_t begin_seq, end_seq;
	const char *outcome;	/* taken timeout error killed open; "" */
};
/* Who waits for it just after event seq, in order of arrival. Returns how many. */
int trace_waiters_after(struct trace *trace, uint32_t object_id, uint64_t seq,
			size_t max, struct trace_object_wait *out);
/* Waits that touch [t0, t1], in order of their beginning, at most `max`. */
int trace_object_waits(struct trace *trace, uint32_t object_id, int64_t t0,
		       int64_t t1, size_t max, struct trace_object_wait *out);

/* How much is in an object: permits, items, messages, sleepers, arrivals, 1 for an
 * event that is set, a value's bits (trace_tell_value). */
struct trace_level {
	uint64_t seq;		/* of the event that made it so */
	int64_t t_ns, value, bytes;
};
/* The last level up to event seq; 0, or -1: not known. */
int trace_level_after(struct trace *trace, uint32_t object_id, uint64_t seq,
		      struct trace_level *out);
struct trace_level_cell {
	bool is_known;
	int64_t most, least, last; /* of what was in it */
	int64_t most_bytes, last_bytes;
};
/* trace_levels - the levels of an object, column by column, as trace_cells
 * Where a column covers very many changes only some of them are looked at. */
int trace_levels(struct trace *trace, uint32_t object_id, const int64_t *edges,
		 size_t columns, struct trace_level_cell *out);

/* A task of a pool: its whole life. Of one that is not over yet, in a trace that is
 * being recorded, only what its worker has said is known. */
struct trace_pool_task {
	uint32_t pool_id, number;
	uint32_t job, items;	/* 0: not known */
	uint32_t from_agent_id, worker_agent_id; /* worker 0: it never began */
	int64_t submitted_ns, started_ns, ended_ns, collected_ns;
	uint64_t submitted_seq;
	uint32_t collector_agent_id;
	int64_t code;		/* of its error; 0: none */
	const char *outcome;	/* done error lost cut dropped; "" not over */
	const char *function;	/* "" not known */
};
/* trace_tasks - tasks of a pool that a worker had between two times
 * Returns how many were stored, at most `max`, in order of their numbers; where there
 * are more, every second, third, ... is. One that began very long before the others
 * may be missing: see trace_task_after. */
int trace_tasks(struct trace *trace, uint32_t pool_id, int64_t t0, int64_t t1,
		size_t max, struct trace_pool_task *out);
/* trace_bad_tasks - those with a number above that which did not end well, in order */
int trace_bad_tasks(struct trace *trace, uint32_t pool_id, uint32_t above,
		    size_t max, struct trace_pool_task *out);
/* The task with that number; 0, or -1: not known. */
int trace_task(struct trace *trace, uint32_t pool_id, uint32_t number,
	       struct trace_pool_task *out);
/* What a worker is at just after event seq; 0, or -1: it is idle, or this cannot be
 * found out because it has done much in its task. */
int trace_task_after(struct trace *trace, uint32_t agent_id, uint64_t seq,
		     struct trace_pool_task *out);
/* Did it end with an error, or was it lost, and nobody has asked for its result? */
bool trace_task_is_uncollected(const struct trace_pool_task *task);
/* The name of a function of a pool by its number; "" if it is not known. */
const char *trace_pool_function(struct trace *trace, uint32_t pool_id,
				uint32_t number);

struct trace_call {		/* of a managed object, or of its manager */
	uint32_t object_id, client_agent_id;
	uint32_t server_agent_id; /* who does it; 0: nobody that is known */
	uint64_t sent_seq;
	int64_t number;
	int64_t sent_ns, began_ns, ended_ns, returned_ns; /* -1: not (yet) */
	int64_t code;		/* its error; 0: none */
	const char *outcome;	/* "done", "error", "lost"; "": it goes on */
	const char *method;	/* never NULL */
};
/* trace_call_of - the call that an event is about: call.sent, call.returned,
 * serve.begin, serve.end
 * Returns  0; -1: it is about none, or the call is not known */
int trace_call_of(struct trace *trace, const struct trace_record *record,
		  struct trace_call *out);
/* The last call of an object that was sent up to event seq, of those that are over by
 * now; 0, or -1: none. */
int trace_last_call(struct trace *trace, uint32_t object_id, uint64_t seq,
		    struct trace_call *out);
/* How many there are up to there; counts up to `most`, which costs time. */
uint64_t trace_call_count(struct trace *trace, uint32_t object_id, uint64_t seq,
			  uint64_t most);
/* The agent that this thread of a manager's server serves; 0: not known, or it is no
 * such thread. */
uint32_t trace_client_of(struct trace *trace, uint32_t agent_id);

struct trace_edge {		/* one that waits in a deadlock */
	uint32_t agent_id, object_id;
	uint32_t holder_agent_id; /* whose doing would end it, a dead one if that
				   * is its kind; 0: nobody's, or not known */
	uint32_t site_id;
	uint64_t wait_seq;	/* the event that began the wait */
};
struct trace_deadlock {
	uint64_t id, seq;	/* seq: the event since which it is there */
	int64_t t_ns, cleared_ns; /* cleared_ns -1: nobody opened it */
	const char *kind;	/* "ring", "self", "dead", "nobody" */
};
/* trace_deadlocks - all that were found, the earliest first
 * Returns  how many were stored, at most `max` */
int trace_deadlocks(struct trace *trace, size_t max,
		    struct trace_deadlock *out);
/* Those who wait in it, each for the next one. Returns how many. */
int trace_deadlock_edges(struct trace *trace, uint64_t id, size_t max,
			 struct trace_edge *out);

struct trace_site {
	uint32_t id;
	const char *file, *function;
	int line;
};
const struct trace_site *trace_site(struct trace *trace, uint32_t id);

struct trace_record {		/* one event */
	uint64_t seq;
	int64_t t_ns;
	uint32_t agent_id, kind, object_id, site_id;
	int64_t a, b;
	const char *text;	/* "" if none; lives until the next call that
				 * fetches events */
};
/* trace_events - the events with seq in [first, first + count)
 * Returns how many were stored in out (those that exist). */
int trace_events(struct trace *, uint64_t first, size_t count,
		 struct trace_record *out);
/* Highest seq with t_ns <= t; 0 if none. O(log n). */
uint64_t trace_seq_at(struct trace *trace, int64_t t_ns);
/* Time of event seq (clamped to the trace). */
int64_t trace_time_of(struct trace *trace, uint64_t seq);
/* trace_next - the nearest event after (step > 0) or before (step < 0) seq
 * agent_id  only this agent's, 0: any
 * kind      only this kind, 0: any
 * Returns   its seq, 0 if there is none. Fast at any size. */
uint64_t trace_next(struct trace *, uint64_t seq, int step, uint32_t agent_id,
		    uint32_t kind);
/* trace_search - as trace_next, for events whose kind's name, text, object name,
 * agent path or process name contains `needle` (ASCII case ignored). */
uint64_t trace_search(struct trace *, uint64_t seq, int step,
		      const char *needle);
/* Name and meaning of a kind, from the file if it is newer than we are. */
const char *trace_kind_name(const struct trace *trace, uint32_t kind);
const char *trace_kind_description(const struct trace *, uint32_t kind);
/* Name of a state of states.def, or of one only the file knows. Never NULL. */
const char *trace_state_name(const struct trace *trace, unsigned state);

struct trace_cell {		/* what a lane shows in one column */
	uint64_t states;	/* mask of all states in it (1 << state) */
	uint8_t state;		/* the one that wins, 0: nothing */
	uint8_t last;		/* the one at its end */
	uint32_t events;	/* how many events lie in it */
};
/* trace_cells - the states of an agent, column by column
 * edges    columns + 1 times, not decreasing; column i covers
 *          [edges[i], edges[i + 1])
 * Uses the summary levels, so the cost depends on columns, not on events. */
int trace_cells(struct trace *, uint32_t agent_id, const int64_t *edges,
		size_t columns, struct trace_cell *out);

struct trace_interval {
	uint32_t agent_id, object_id;
	uint8_t state;
	int64_t begin_ns, end_ns; /* end_ns -1: still open */
	uint64_t begin_seq, end_seq;
};
/* What the agent was doing at that time. 0, or -1: it was not there. */
int trace_state_at(struct trace *, uint32_t agent_id, int64_t t_ns,
		   struct trace_interval *out);
/* The same just after event seq has happened. */
int trace_state_after(struct trace *, uint32_t agent_id, uint64_t seq,
		      struct trace_interval *out);

struct trace_arrow {
	uint64_t id;
	const char *kind;	/* "start", "join", "signal", "daemon", ... */
	uint32_t from_agent_id, to_agent_id, object_id;
	int64_t from_ns, to_ns;
	uint64_t from_seq, to_seq;
};
/* Arrows that touch [t0, t1], at most `max`, earliest first. Returns how many. */
int trace_arrows(struct trace *, int64_t t0, int64_t t1, size_t max,
		 struct trace_arrow *out);
/* The arrow that leaves (step > 0) or reaches (step < 0) event seq; -1: none. */
int trace_arrow_at(struct trace *, uint64_t seq, int step,
		   struct trace_arrow *out);

struct trace_output {
	uint64_t seq;
	int64_t t_ns;
	uint32_t agent_id;
	int stream;		/* 1 stdout, 2 stderr */
	bool partial;
	char *line;		/* out: to be freed with trace_outputs_free */
};
/* The last `max` lines printed up to and including event seq, in order. */
int trace_outputs(struct trace *, uint64_t seq, size_t max,
		  struct trace_output *out);
void trace_outputs_free(struct trace_output *lines, int count);

/* Where in the source the agent was after event seq: the site of its last event
 * that has one. NULL if none. */
const struct trace_site *trace_place(struct trace *, uint32_t agent_id,
				     uint64_t seq);
/* The text of a source file (as named by a site) or of the file with this
 * language ("python") when path is NULL; NULL if not in the trace. */
const char *trace_source(struct trace *, const char *path,
			 const char *language, const char **found_path);
/* The lesson's narrative in that language (falls back to "en"); NULL if the trace
 * has none. *slug may be NULL. */
const char *trace_lesson(struct trace *, const char *language,
			 const char **slug);
struct trace_knob {
	const char *name, *value;
	bool changed;
};
size_t trace_knobs(struct trace *, const struct trace_knob **out);

#endif
