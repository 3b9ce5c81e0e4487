/* traces/analysis.h - what events mean: states, processes, arrows
 *
 * A pure state machine. It is given every event of a trace in order of seq and
 * tells, through callbacks, the rows that follow from it: closed intervals and
 * arrows at once; processes, agents and cells of the summary (which change many
 * times) when it is flushed. The same events give the same rows, so a
 * recording that was broken off continues by giving it all events again, with
 * the callbacks muted.
 *
 * Events that contradict what went before change nothing and are counted. */
#ifndef TRACE_ANALYSIS_H
#define TRACE_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/event.h"
#include "traces/rows.h"

struct trace_analysis;

/* Every row lives during the call only. */
struct trace_analysis_ops {
	void (*interval)(void *user, const struct trace_interval_row *row);
	void (*arrow)(void *user, const struct trace_arrow_row *row);
	void (*process)(void *user, const struct trace_process_row *row);
	void (*agent)(void *user, struct trace_agent_row *row);
	void (*cell)(void *user, const struct trace_cell_row *row);
	/* What happens to the objects; NULL: of no interest. A row whose end is
	 * not known yet is told again when it is. */
	void (*hold)(void *user, const struct trace_hold_row *row);
	void (*wait)(void *user, const struct trace_wait_row *row);
	void (*level)(void *user, const struct trace_level_row *row);
	void (*delivery)(void *user, const struct trace_delivery_row *row);
	void (*task)(void *user, const struct trace_task_row *row);
	void (*collection)(void *user, const struct trace_collection_row *row);
	void (*call)(void *user, const struct trace_call_row *row);
	void (*use)(void *user, const struct trace_use_row *row);
	void (*deadlock)(void *user, const struct trace_deadlock_row *row);
	void (*edge)(void *user, const struct trace_edge_row *row);
};

struct trace_analysis_input {
	const struct trace_event_row *row;
	uint32_t process;	/* of the agent, for one that never introduced
				 * itself; 0: not known */
	const char *first, *second;	/* parts of the event's text, or "" */
};

/* trace_kind_row - the row of events.def, NULL if there is no such kind */
struct trace_kind_row {
	bool is_known, has_text;
	uint8_t effect, state;
};
const struct trace_kind_row *trace_kind_row(uint32_t kind);

/* trace_analysis_new - an analysis that has seen nothing; NULL: no memory
 * ops, user  stay the caller's */
struct trace_analysis *
trace_analysis_new(const struct trace_analysis_ops *ops, void *user);
void trace_analysis_free(struct trace_analysis *analysis);

/* trace_analysis_mute - tell nothing about the events that follow */
void trace_analysis_mute(struct trace_analysis *analysis, bool is_muted);

void trace_analysis_event(struct trace_analysis *analysis,
			  const struct trace_analysis_input *input);

/* trace_analysis_flush - tell the rows that changed since the last flush */
void trace_analysis_flush(struct trace_analysis *analysis);

/* trace_analysis_tick - nothing has happened between the last event and then
 * That nobody is left to act shows in nothing happening. */
void trace_analysis_tick(struct trace_analysis *analysis, int64_t t_ns);

/* trace_analysis_touch - have the agent's row told at the next flush */
void trace_analysis_touch(struct trace_analysis *analysis, uint32_t agent_id);

/* trace_analysis_finish - all is over: close what is open, at that time */
void trace_analysis_finish(struct trace_analysis *analysis, int64_t t_ns,
			   uint64_t seq);

/* trace_analysis_process_of - the process of an agent, 0: not known */
uint32_t trace_analysis_process_of(const struct trace_analysis *analysis,
				   uint32_t agent_id);
/* trace_analysis_lane_of - the agent on which a process's death is shown: its main
 * agent, or TRACE_AGENT_SILENT */
uint32_t trace_analysis_lane_of(const struct trace_analysis *analysis,
				uint32_t process_id);

/* trace_analysis_is_alone - has a process no agent that goes on but its main one? */
bool trace_analysis_is_alone(const struct trace_analysis *analysis,
			     uint32_t process_id);
bool trace_analysis_is_dead(const struct trace_analysis *analysis,
			    uint32_t process_id);
/* trace_analysis_root - the row of the first process without a parent, or NULL */
const struct trace_process_row *
trace_analysis_root(const struct trace_analysis *analysis);
uint64_t trace_analysis_anomalies(const struct trace_analysis *analysis);

#endif
