/* tests/bench/bench_pool.c - what tasks in a pool cost
 *
 * bench_pool [SECONDS]: each figure beside the bare system's limit and beside
 * CPython's, measured in one run; with recording off, and recorded. Last, how much
 * memory a map over a million items needs besides that of its items and results.
 * Exit status 1 if one is more than it should be. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fork.h"
#include "mp.h"
#include "tests/bench/figures.h"

#define WORKERS 4
#define TASKS 20000
#define ITEMS 1000000
#define MEMORY_DUE_KB (64 * 1024L)

/* Made when a figure needs them first: whole lives are measured before, in a
 * process with little memory and no threads, as CPython's are. */
static struct mp_pool *pool;
static struct mp_value *items;	/* 0, 1, ... */

static void have_pool(void)
{
	if (!pool)
		pool = mp_Pool(WORKERS);
}

static struct mp_value *same(struct mp_call *call)
{
	long x;

	if (mp_bind(call, "x", &x) < 0)
		return NULL;
	return mp_int(x);
}

/* ---- tasks ---- */

static void apply(long count)
{
	have_pool();
	for (long i = 0; i < count; i++)
		mp_value_unref(mp_pool_apply(pool, same, mp_tuple(i)));
}

static void apply_async(long count)
{
	static struct mp_async_result *results[TASKS];

	have_pool();
	for (long i = 0; i < count; i++)
		results[i] = mp_pool_apply_async(pool, same, mp_tuple(i));
	for (long i = 0; i < count; i++) {
		mp_value_unref(mp_async_result_get(results[i], MP_FOREVER));
		mp_async_result_destroy(results[i]);
	}
}

static struct mp_value *numbers(long count)
{
	struct mp_value *list = mp_list();

	for (long i = 0; i < count; i++)
		mp_value_append(list, mp_int(i));
	return list;
}

static void map_one(long count)
{
	have_pool();
	mp_value_unref(mp_pool_map(pool, same, numbers(count), .chunksize = 1));
}

static void map_chunks(long count)
{
	have_pool();
	if (!items)
		items = numbers(count);
	mp_value_unref(mp_pool_map(pool, same, mp_value_ref(items)));
}

/* ---- a pool's life ---- */

static void whole_life(long count)
{
	for (long i = 0; i < count; i++) {
		struct mp_pool *brief = mp_Pool(WORKERS);
		mp_value_unref(mp_pool_apply(brief, same, mp_tuple(i)));
		mp_pool_close(brief);
		mp_pool_join(brief);
		mp_pool_destroy(brief);
	}
}

static void bare_forks(long count)
{
	for (long i = 0; i < count; i++) {
		pid_t pid = mp__fork_bare();
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

/* ---- memory ---- */

/* A line of /proc/PID/status, in KiB. */
static long status_kb(pid_t pid, const char *name)
{
	char path[64], line[256];
	size_t length = strlen(name);
	long kb = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, length) == 0)
			kb = atol(line + length);
	if (file)
		fclose(file);
	return kb;
}

/* VmHWM begins anew. */
static void forget_peak(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	int fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "5", 1) != 1)
		perror(path);
	close(fd);
}

/* What all the workers have in memory (now, or at most since the last
 * forget_peak), also what they share. */
static long workers_kb(const char *name)
{
	struct mp_process *workers[WORKERS];
	size_t count = mp_active_children(workers, WORKERS);
	long kb = 0;

	for (size_t i = 0; i < count && i < WORKERS; i++)
		kb += status_kb(mp_process_pid(workers[i]), name);
	return kb;
}

static void forget_workers_peaks(void)
{
	struct mp_process *workers[WORKERS];
	size_t count = mp_active_children(workers, WORKERS);

	for (size_t i = 0; i < count && i < WORKERS; i++)
		forget_peak(mp_process_pid(workers[i]));
}

static bool measure_memory(void)
{
	pid_t self = getpid();
	struct mp_value *numbers_here = numbers(ITEMS);

	have_pool();
	forget_peak(self);
	forget_workers_peaks();
	long before_kb = workers_kb("VmRSS:");
	struct mp_value *results = mp_pool_map(pool, same,
					       mp_value_ref(numbers_here));
	long peak_kb = status_kb(self, "VmHWM:");
	long after_kb = status_kb(self, "VmRSS:");
	long grown_kb = workers_kb("VmHWM:") - before_kb;
	long more_kb = peak_kb - after_kb + grown_kb;
	bool ok = results && more_kb <= MEMORY_DUE_KB;
	printf("map of %d items: at most %ld KiB, with items and results %ld;\n"
	       "  workers at most %ld KiB more than before; in all %ld, "
	       "due %ld   %s\n", ITEMS, peak_kb, after_kb, grown_kb, more_kb,
	       MEMORY_DUE_KB, ok ? "ok" : "MORE THAN DUE");
	mp_value_unref(results);
	mp_value_unref(numbers_here);
	return ok;
}

/* ---- the table ---- */

static const struct figure figures[] = {
	{ "Pool(4), whole life", "life", "fork + waitpid", whole_life,
	  bare_forks, 20, .off = 8, .on = 9 },
	{ "apply, one at a time", "apply", "2 pipes, 1 byte", apply,
	  figures_bare_pipe, 5000, .off = 3, .on = 3.5 },
	{ "apply_async", "apply_async", NULL, apply_async, NULL, TASKS,
	  .there_off = 1e9 / 300e3, .there_on = 1e9 / 150e3,
	  .there_python = 1e9 / 18e3 },
	{ "map, chunksize 1", "map_one", NULL, map_one, NULL, TASKS,
	  .there_off = 1e9 / 300e3, .there_on = 1e9 / 150e3,
	  .there_python = 1e9 / 24e3 },
	{ "map, default chunks", "map_chunks", NULL, map_chunks, NULL, ITEMS,
	  .there_off = 1e9 / 15e6, .there_on = 1e9 / 5e6,
	  .there_python = 1e9 / 3.1e6 },
};

int main(int argc, char **argv)
{
	const struct figures_bench bench = {
		.peer = "peer_pool.py",
		.figures = figures,
		.count = sizeof(figures) / sizeof(figures[0]),
		.rest = measure_memory,
	};

	return figures_main(argc, argv, &bench);
}
