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

#endif
