/* tui/runner.h - run a program and have it recorded
 *
 * The front-end never forks traced code itself: it starts the program with
 * posix_spawn, in a process group of its own, with FORKSCOPE_TRACE in its
 * environment; the library linked into the program does the recording. */
#ifndef UI_RUNNER_H
#define UI_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct lesson;

struct runner_options {
	const struct lesson *lesson;	/* NULL when argv is given; must outlive
					 * the runner */
	char *const *argv;		/* a program and its arguments */
	const char *trace_path;		/* NULL: a temporary file */
	char *const *settings;		/* "name=value", NULL at the end; or NULL */
	bool own_terminal;		/* the program's stdout and stderr: true:
					 * ours; false: captured in the trace only
					 * (/dev/null behind it) */
	bool lossy, force;		/* force: replace an existing trace file */
};

struct runner;

/* runner_start - prepare the trace file and start the program
 * A teacher's own lesson is compiled first (with cc and pkg-config), if its
 * program is older than its source.
 * Returns  a runner for runner_free; NULL with one line in error */
struct runner *runner_start(const struct runner_options *options, char *error,
			    size_t error_size);
const char *runner_trace(const struct runner *runner);
pid_t runner_pid(const struct runner *runner);
/* runner_poll - how it stands: 1 program and recording are over, 0 not yet,
 * -1 failed (error text from runner_error). Never blocks. */
int runner_poll(struct runner *runner);
/* runner_wait - block until program and recording are over. Returns the program's
 * exit status as a shell would give it (128 + N for signal N). */
int runner_wait(struct runner *runner);
int runner_status(const struct runner *runner);
const char *runner_error(const struct runner *runner);
/* How many events were recorded and lost; valid once it is over. */
long long runner_events(const struct runner *runner);
long long runner_lost(const struct runner *runner);
/* runner_stop - end the program's whole process group: SIGTERM, then SIGKILL */
void runner_stop(struct runner *runner);
/* Stops what still runs; removes a temporary trace. NULL is allowed. */
void runner_free(struct runner *runner);

#endif
