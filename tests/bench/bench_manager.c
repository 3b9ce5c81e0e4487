/* tests/bench/bench_manager.c - what a call of a manager costs
 *
 * bench_manager [SECONDS]: a round trip of each sort beside the bare system's way, one
 * message of the same size and one back over a Unix socket between two processes, which
 * sleep in read(2); with recording off, and recorded, nothing lost. Ours and the bare
 * way take turns, and the median of the turns is printed. Exit status 1 if one is slower
 * than it is due to be. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "mp.h"
#include "probe/probe.h"
#include "tests/support/rerun.h"

#define TURNS 21
#define CALLS 2000
#define REQUEST 40		/* bytes, about as many as ours have */
#define REPLY 20

static struct mp_manager *manager;
static struct mp_proxy *dict, *list, *lock;

static void set_item(void)
{
	for (long i = 0; i < CALLS; i++)
		if (mp_proxy_set_item(dict, "key", i) < 0)
			abort();
}

static void get_item(void)
{
	for (long i = 0; i < CALLS; i++)
		mp_value_unref(mp_proxy_item(list, i % 100));
}

static void take(void)
{
	for (long i = 0; i < CALLS / 2; i++) {
		mp_proxy_acquire(lock, MP_FOREVER);
		mp_proxy_release(lock);
	}
}

static int ends[2];

static void move(int fd, char *bytes, ssize_t out, ssize_t in)
{
	if ((out && write(fd, bytes, (size_t)out) != out)
	    || (in && read(fd, bytes, (size_t)in) != in))
		abort();
}

static void bare(void)
{
	char bytes[64] = "";
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		abort();
	pid = _Fork();
	if (pid == 0) {
		for (long i = 0; i < CALLS; i++) {
			move(ends[1], bytes, 0, REQUEST);
			move(ends[1], bytes, REPLY, 0);
		}
		_exit(0);
	}
	for (long i = 0; i < CALLS; i++)
		move(ends[0], bytes, REQUEST, REPLY);
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

static const struct figure {
	const char *name;
	void (*ours)(void);
} figures[] = {
	{ "dict set", set_item },
	{ "list get", get_item },
	{ "Lock acquire, release", take },
};
#define FIGURES (sizeof(figures) / sizeof(figures[0]))

static double time_of(void (*body)(void))
{
	int64_t start = mp__now();

	body();
	return (double)(mp__now() - start) / CALLS;
}

static int by_size(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static double median(double *times)
{
	qsort(times, TURNS, sizeof(double), by_size);
	return times[TURNS / 2];
}

static bool measure(const struct figure *figure)
{
	static double ours[TURNS], theirs[TURNS];
	double times = mp__ring ? 2.3 : 2;

	for (int i = 0; i < TURNS; i++) {
		ours[i] = time_of(figure->ours);
		theirs[i] = time_of(bare);
	}
	double ours_ns = median(ours), bare_ns = median(theirs);
	bool ok = ours_ns <= times * bare_ns;
	printf("%-22s %9.0f %9.0f %9.0f   %5.2f   %s\n", figure->name, ours_ns,
	       times * bare_ns, bare_ns, ours_ns / bare_ns,
	       ok ? "ok" : "SLOWER THAN DUE");
	fflush(stdout);
	return ok;
}

static int program(const char *unused)
{
	bool ok = true;

	(void)unused;
	manager = mp_Manager();
	if (!manager)
		return 1;
	dict = mp_manager_dict(manager);
	list = mp_manager_list(manager);
	lock = mp_manager_Lock(manager);
	for (long i = 0; i < 100; i++)
		mp_proxy_append(list, i);
	for (size_t i = 0; i < FIGURES; i++)
		ok &= measure(&figures[i]);
	mp_manager_destroy(manager);
	return ok ? 0 : 1;
}

static const struct rerun_program programs[] = {
	{ "program", program },
	{ NULL, NULL }
};

static int run_program(bool is_recorded)
{
	struct rerun run;

	printf("%-22s %9s %9s %9s\n",
	       is_recorded ? "ns, recorded" : "ns, recording off", "ours", "due",
	       "bare");
	fflush(stdout);
	rerun_begin(&run);
	rerun_start(&run, is_recorded ? run.trace : NULL, "program", "");
	rerun_finish(&run);
	fputs(run.out, stdout);
	fputs(run.err, stderr);
	int status = run.status;
	rerun_end(&run);
	return status;
}

int main(int argc, char **argv)
{
	if (argc > 2)
		return rerun_be(argc, argv, programs);
	int status = run_program(false);
	status |= run_program(true);
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
