/* traces/stats.h - what a trace comes to: times, counts, costs */
#ifndef TRACE_STATS_H
#define TRACE_STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "traces/event.h"
#include "traces/reader.h"

struct trace_process_stats {
	uint32_t process_id;
	int64_t lifetime_ns;		/* start to death (or to the end); 0 */
	int64_t zombie_ns;
	uint64_t events;		/* of all its agents */
	/* What its main agent did, by state of states.def; waiting for all kinds
	 * of things together is in waiting_ns. */
	int64_t state_ns[TRACE_STATE_COUNT];
	int64_t waiting_ns;
	int64_t recording_ns;		/* what recording its events cost */
};

/* trace_process_stats - the figures of one process; 0, or -1 */
int trace_process_stats(struct trace *trace, uint32_t process_id,
			struct trace_process_stats *out);

struct trace_kind_count {
	uint32_t kind;
	uint64_t count;
};
/* trace_kind_counts - how many events of each kind; reads all of them
 * Returns  how many kinds were stored, most frequent first; -1 */
int trace_kind_counts(struct trace *trace, struct trace_kind_count *out,
		      size_t max);

/* trace_longest_waits - the longest intervals of sleeping and waiting
 * Returns  how many were stored, longest first; -1 */
int trace_longest_waits(struct trace *trace, struct trace_interval *out,
			size_t max);

struct trace_wait_pair {	/* who waited for what whom held */
	uint32_t agent_id, holder_agent_id;
	uint64_t count;
	int64_t total_ns;
};
/* trace_wait_pairs - who waited for whom, the longest first
 * Returns  how many were stored; -1 */
int trace_wait_pairs(struct trace *trace, struct trace_wait_pair *out,
		     size_t max);

struct trace_pool_stats {
	uint64_t tasks, failed, lost, cut, dropped;
	uint64_t begun, ended;		/* by a worker */
	int64_t queued_total_ns, queued_max_ns; /* from submit to begin */
	int64_t ran_total_ns, ran_max_ns;	/* from begin to end */
};
/* trace_pool_stats - what became of a pool's tasks; 0, or -1 */
int trace_pool_stats(struct trace *trace, uint32_t pool_id,
		     struct trace_pool_stats *out);

struct trace_worker_stats {
	uint32_t agent_id;
	uint64_t tasks;
	int64_t busy_ns, idle_ns;	/* in tasks; not */
};
/* trace_worker_stats - a pool's workers, in order of their coming
 * Returns  how many were stored, at most `max`; -1 */
int trace_worker_stats(struct trace *trace, uint32_t pool_id,
		       struct trace_worker_stats *out, size_t max);

struct trace_method_stats {	/* one method of one managed object */
	uint32_t object_id;
	const char *method;		/* belongs to the trace */
	uint64_t calls, errors;
	int64_t total_ns, max_ns;	/* from the call to its return */
	int64_t served_ns;		/* of that, in the server */
};
/* trace_method_stats - which methods took longest, all calls of each together
 * Returns  how many were stored; -1 */
int trace_method_stats(struct trace *trace, struct trace_method_stats *out,
		       size_t max);

struct trace_stats_options {
	bool tsv;		/* tab-separated, for machines: ns, no titles
				 * translated; first column: which table */
	unsigned waits;		/* how many of the longest; 0: 10 */
};
/* trace_stats_print - all of it as tables; 0, or -1 (trace_error, ferror) */
int trace_stats_print(struct trace *trace, FILE *out,
		      const struct trace_stats_options *options);

#endif
