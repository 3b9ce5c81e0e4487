/* traces/stats-private.h - what the files of the statistics share */
#ifndef TRACE_STATS_PRIVATE_H
#define TRACE_STATS_PRIVATE_H

#include "traces/stats.h"

struct trace_stats_print {
	struct trace *trace;
	FILE *out;
	const struct trace_stats_options *options;
	int name_width;
};

/* A span of time, to the right of a column; "-" if it is none. */
void trace_stats_duration(struct trace_stats_print *print, int64_t ns,
			  int width);

/* stats_objects.c, stats_pools.c; 0, or -1 */
int trace_stats_objects(struct trace_stats_print *print);
int trace_stats_pools(struct trace_stats_print *print);

#endif
