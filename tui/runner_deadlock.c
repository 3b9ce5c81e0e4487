#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/runner_deadlock.h"

#include <signal.h>
#include <sys/types.h>
#include <time.h>

#include "traces/reader.h"
#include "traces/tell.h"

#define PATIENCE_NS INT64_C(5000000000)
#define MOST 16

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

enum runner_deadlock_news runner_deadlock_look(struct runner_deadlock *deadlock,
					       struct trace *trace, char *line,
					       size_t size)
{
	struct trace_deadlock found[MOST];
	int count = trace_deadlocks(trace, MOST, found);
	bool is_there = false;

	for (int i = 0; i < count; i++) {
		if (found[i].cleared_ns >= 0)
			continue;
		is_there = true;
		if (found[i].id <= deadlock->told)
			continue;
		deadlock->told = found[i].id;
		if (!deadlock->since_ns)
			deadlock->since_ns = now();
		trace_tell_deadlock(trace, &found[i], line, size);
		return RUNNER_NEW_DEADLOCK;
	}
	if (!is_there)
		deadlock->since_ns = 0;
	return is_there && now() - deadlock->since_ns > PATIENCE_NS
		       ? RUNNER_LASTING_DEADLOCK
		       : RUNNER_NO_DEADLOCK;
}

/* Children first: a parent that sees them go may end by itself. */
void runner_deadlock_end(struct trace *trace)
{
	for (size_t i = trace_process_count(trace); i-- > 0;) {
		const struct trace_process *p = trace_process_at(trace, i);

		if (p->pid > 1 && p->started_ns >= 0 && p->exited_ns < 0)
			kill((pid_t)p->pid, SIGKILL);
	}
}
