/* tests/bench/bench_process.c - what starting and joining a process costs
 *
 * bench_process [ROUNDS]: an empty process is started and joined, and in turns
 * with it the program forks and waits by itself; recorded, and not. The smallest
 * and the median of all rounds are printed, the median beside its limit. Exit
 * status 1 if a limit is exceeded. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "mp.h"
#include "probe/probe.h"
#include "tests/support/rerun.h"

#define ROUNDS_AT_MOST 20000
#define LIMIT 1.2

static double peer[ROUNDS_AT_MOST], ours[ROUNDS_AT_MOST];

/* glibc's fork with no handlers of ours: what a C program would do. */
static void fork_and_wait(void)
{
	pid_t pid = _Fork();

	if (pid == 0)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		abort();
}

static void start_and_join(void)
{
	struct mp_process *p = mp_Process();

	if (mp_process_start(p) < 0 || mp_process_join(p, MP_FOREVER) < 0)
		abort();
	mp_process_destroy(p);
}

static double time_of(void (*body)(void))
{
	int64_t start = mp__now();

	body();
	return (double)(mp__now() - start) / 1000;
}

static int by_size(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static int program(const char *argument)
{
	int count = atoi(argument);

	for (int i = 0; i < count; i++) {
		peer[i] = time_of(fork_and_wait);
		ours[i] = time_of(start_and_join);
	}
	qsort(peer, (size_t)count, sizeof(double), by_size);
	qsort(ours, (size_t)count, sizeof(double), by_size);
	double limit = LIMIT * peer[count / 2];
	bool ok = ours[count / 2] <= limit;
	printf("%-24s %7.1f %7.1f   %-16s %7.1f %7.1f   %7.1f %s\n",
	       mp__ring ? "start + join, recorded" : "start + join, off",
	       ours[0], ours[count / 2], "fork + waitpid", peer[0],
	       peer[count / 2], limit, ok ? "ok" : "EXCEEDED");
	return ok ? 0 : 1;
}

static const struct rerun_program programs[] = {
	{ "program", program },
	{ NULL, NULL }
};

static int run_program(bool is_recorded, const char *count)
{
	struct rerun run;

	rerun_begin(&run);
	rerun_start(&run, is_recorded ? run.trace : NULL, "program", count);
	rerun_finish(&run);
	fputs(run.out, stdout);
	fputs(run.err, stderr);
	int status = run.status;
	rerun_end(&run);
	return status;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 2000;
	char text[16];

	if (argc > 1 && count == 0)
		return rerun_be(argc, argv, programs);
	if (count < 1 || count > ROUNDS_AT_MOST)
		count = ROUNDS_AT_MOST;
	snprintf(text, sizeof(text), "%d", count);
	printf("%-24s %7s %7s   %-16s %7s %7s   %7s\n", "us a process", "least",
	       "median", "peer", "least", "median", "limit");
	int status = run_program(true, text);
	status |= run_program(false, text);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
