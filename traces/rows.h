/* traces/rows.h - the rows of a trace, as the writing side passes them around
 *
 * Times are ns since the trace's start, TRACE_NEVER: not (yet) known. Texts
 * are valid UTF-8 without NUL. Ids of 0 mean "none" and become NULL. */
#ifndef TRACE_ROWS_H
#define TRACE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_NEVER INT64_C(-1)

/* Level n of the summary has buckets of 2^(16 + 2n) ns: 65 us to 275 s. */
#define TRACE_SUMMARY_LEVELS 12
#define TRACE_SUMMARY_SHIFT(level) (16 + 2 * (level))

/* The agent of a process that died before it could say a word: it needs a lane
 * on which it is seen dead. Agents that record have small numbers. */
#define TRACE_AGENT_SILENT(process) (UINT32_C(0x80000000) | (process))

/* An object's lane among those of the agents, in state_interval and summary. */
#define TRACE_LANE_OBJECT_BIT UINT32_C(0x40000000)
#define TRACE_LANE_OBJECT(object) (TRACE_LANE_OBJECT_BIT | (object))
#define TRACE_LANE_IS_OBJECT(lane) (((lane) >> 30) == 1)

struct trace_event_row {
	uint64_t seq;
	int64_t t_ns;
	uint32_t agent_id, kind, object_id, site_id;
	int64_t a, b;
};

struct trace_process_row {
	uint32_t id, parent_id;
	int64_t pid;			/* 0: never started */
	char *path, *name;
	bool daemon, has_exitcode;
	int64_t created_ns, started_ns, exited_ns, reaped_ns;
	int64_t exitcode;
	uint32_t ended_by;		/* enum trace_end, 0: it has not */
};

struct trace_agent_row {
	uint32_t id, process_id, role;
	char *path, *name;
	int64_t started_ns, ended_ns;
	uint32_t state;			/* 0: none is open */
	int64_t state_since_ns;
	uint64_t state_since_seq;
	uint32_t state_object_id;
	uint64_t events, slots;
};

struct trace_interval_row {
	uint32_t agent_id, state, object_id;
	int64_t begin_ns, end_ns;
	uint64_t begin_seq, end_seq;
};

struct trace_arrow_row {
	const char *kind;
	uint32_t from_agent_id, to_agent_id, object_id;
	int64_t from_ns, to_ns;
	uint64_t from_seq, to_seq;
};

struct trace_cell_row {
	uint32_t level, agent_id, state;
	int64_t bucket;
	uint64_t states, events, first_seq;
};

enum trace_hold_end {
	TRACE_HOLD_OPEN,		/* it is still held */
	TRACE_HOLD_RELEASED,		/* by the one that held it */
	TRACE_HOLD_OTHER,		/* released by another agent */
	TRACE_HOLD_DEAD,		/* its holder ended, and has it still */
	TRACE_HOLD_LOST			/* its end is not in the trace */
};

/* Who held a lock, from when to when. end_ns TRACE_NEVER: it does still. */
struct trace_hold_row {
	uint32_t object_id, agent_id;
	int64_t begin_ns, end_ns;
	uint64_t begin_seq, end_seq;
	enum trace_hold_end end;
};

enum trace_wait_outcome {
	TRACE_OUTCOME_OPEN,		/* it still waits, or did at the end */
	TRACE_OUTCOME_TAKEN,		/* got what it waited for */
	TRACE_OUTCOME_TIMEOUT,
	TRACE_OUTCOME_ERROR,
	TRACE_OUTCOME_KILLED		/* died waiting */
};

/* Who waited for an object, and who held it when that began. */
struct trace_wait_row {
	uint32_t object_id, agent_id, holder_agent_id;
	int64_t begin_ns, end_ns;
	uint64_t begin_seq, end_seq;
	enum trace_wait_outcome outcome;
};

/* How much is in an object from that event on. */
struct trace_level_row {
	uint32_t object_id;
	uint64_t seq;
	int64_t t_ns, value, bytes;
};

/* A message or an item on its way. to_agent_id 0: nobody has got it yet. */
struct trace_delivery_row {
	uint32_t object_id, from_agent_id, to_agent_id;
	int64_t sent_ns, received_ns, bytes;
	uint64_t sent_seq, received_seq;
};

enum trace_task_outcome {
	TRACE_TASK_DONE_WELL = 1,
	TRACE_TASK_ERROR,		/* it failed, or could not be sent */
	TRACE_TASK_LOST_WORKER,		/* its worker died */
	TRACE_TASK_CUT,			/* it was being done when the pool ended */
	TRACE_TASK_DROPPED		/* it never began */
};

/* A task of a pool, when it is over. */
struct trace_task_row {
	uint32_t object_id, number, job, function, items;
	uint32_t from_agent_id, worker_agent_id;
	int64_t submitted_ns, started_ns, ended_ns, code;
	uint64_t submitted_seq;
	enum trace_task_outcome outcome;
};

/* Somebody got a result: that of a job, or of a task of an imap. */
struct trace_collection_row {
	uint32_t object_id, job, agent_id;
	int64_t t_ns;
	uint64_t seq;
};

enum trace_call_outcome {
	TRACE_CALL_DONE = 1,
	TRACE_CALL_ERROR,		/* it came back with one */
	TRACE_CALL_LOST			/* it never came back: its client is gone */
};

/* A call to a manager, when it is over. server_agent_id 0: not known. */
struct trace_call_row {
	uint32_t object_id, client_agent_id, server_agent_id;
	int64_t number, code;
	int64_t sent_ns, began_ns, ended_ns, returned_ns;
	uint64_t sent_seq;
	enum trace_call_outcome outcome;
};

/* An object that was used: its present state, and what it has cost so far. */
struct trace_use_row {
	uint32_t object_id, partner_id;
	uint32_t state;			/* 0: none is open */
	int64_t state_since_ns;
	uint64_t state_since_seq;
	uint64_t events, acquires, contended;
	int64_t wait_total_ns, wait_max_ns, hold_total_ns;
};

enum trace_deadlock_kind {
	TRACE_DEADLOCK_RING = 1,	/* each waits for the next */
	TRACE_DEADLOCK_SELF,		/* it waits for what it holds itself */
	TRACE_DEADLOCK_DEAD,		/* it waits for what a dead one holds */
	TRACE_DEADLOCK_NOBODY		/* all wait, nobody is left to act */
};

/* id: the event that began the wait which closed it */
struct trace_deadlock_row {
	uint64_t id, seq;
	int64_t t_ns, cleared_ns;
	enum trace_deadlock_kind kind;
};

struct trace_edge_row {
	uint64_t deadlock_id, wait_seq;
	uint32_t position, agent_id, object_id, holder_agent_id, site_id;
};

#endif
