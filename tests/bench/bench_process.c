/* tests/bench/bench_process.c - what starting and joining a process costs
 *
 * bench_process [ROUNDS]: an empty process is started and joined, and in turns
 * with it the program forks and waits by itself; recorded, and not. Exit status
 * 1 if a limit is exceeded. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fork.h"
#include "mp.h"
#include "tests/bench/turns.h"

/* fork(2), its handlers of the library's doing nothing. */
static void fork_and_wait(void)
{
	pid_t pid = mp__fork_bare();

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

enum { PEER, OURS, BODIES };

static int measure(int rounds, bool is_recorded)
{
	static void (*const bodies[BODIES])(void) = {
		fork_and_wait, start_and_join,
	};
	const struct turns_row row = {
		is_recorded ? "start + join, recorded" : "start + join, off",
		OURS, "fork + waitpid", PEER, 1000, 1.2, 0
	};

	turns_take(bodies, BODIES, rounds, 0);
	return turns_print(&row) ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct turns_bench bench = { "us a process", 2000, 0, measure };

	return turns_main(argc, argv, &bench);
}
