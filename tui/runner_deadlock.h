/* tui/runner_deadlock.h - a program that cannot go on is told so, and ended
 *
 * The recorder finds deadlocks while the program runs and notes them in the trace.
 * A lesson that runs into one has made its point: it gets some seconds to get out of
 * it by itself, as some do, and is ended then, with all its processes. */
#ifndef UI_RUNNER_DEADLOCK_H
#define UI_RUNNER_DEADLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace;

/* Zeroed at first. */
struct runner_deadlock {
	uint64_t told;		/* id of the last one that was told */
	int64_t since_ns;	/* CLOCK_MONOTONIC, when the one there was found */
};

enum runner_deadlock_news {
	RUNNER_NO_DEADLOCK,
	RUNNER_NEW_DEADLOCK,	/* `line` tells of it */
	RUNNER_LASTING_DEADLOCK	/* it has not got out of it */
};

/* runner_deadlock_look - look whether there is one; to be called now and then, after
 * trace_refresh */
enum runner_deadlock_news runner_deadlock_look(struct runner_deadlock *deadlock,
					       struct trace *trace, char *line,
					       size_t size);

/* runner_deadlock_end - end every process of the trace that lives */
void runner_deadlock_end(struct trace *trace);

#endif
