#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/bench/turns.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mp.h"
#include "tests/support/rerun.h"
#include "traces/event.h"
#include "traces/wait.h"

#define ROUNDS_AT_MOST 20000

static double times[TURNS_AT_MOST][ROUNDS_AT_MOST];	/* ns, then sorted */
static int rounds_taken;

static double time_of(void (*body)(void))
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	body();
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (double)(end.tv_sec - start.tv_sec) * 1e9
	       + (double)(end.tv_nsec - start.tv_nsec);
}

static int by_size(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

void turns_take(void (*const *bodies)(void), int count, int rounds,
		int pause_us)
{
	rounds_taken = rounds;
	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < count; i++)
			times[i][round] = time_of(bodies[i]);
		if (pause_us > 0)
			usleep((useconds_t)pause_us);
	}
	for (int i = 0; i < count; i++)
		qsort(times[i], (size_t)rounds, sizeof(double), by_size);
}

bool turns_print(const struct turns_row *row)
{
	double least = times[row->body][0] / row->per_body;
	double median = times[row->body][rounds_taken / 2] / row->per_body;
	double peer = times[row->peer_body][rounds_taken / 2] / row->per_body;
	double limit = row->factor * peer + row->offset;
	bool ok = median <= limit;

	printf("%-24s %8.2f %8.2f   %-18s %8.2f   %8.2f %s\n", row->what, least,
	       median, row->peer, peer, limit, ok ? "ok" : "EXCEEDED");
	return ok;
}

/* ---- the program, in itself ---- */

static const struct turns_bench *bench;

static int be_recorded(const char *rounds)
{
	if (!mp_is_recording()) {
		fputs("it is not recorded\n", stderr);
		return EXIT_FAILURE;
	}
	return bench->measure(atoi(rounds), true);
}

static int be_off(const char *rounds)
{
	if (mp_is_recording()) {
		fputs("it is recorded\n", stderr);
		return EXIT_FAILURE;
	}
	return bench->measure(atoi(rounds), false);
}

static const struct rerun_program programs[] = {
	{ "recorded", be_recorded },
	{ "off", be_off },
	{ NULL, NULL }
};

/* A recorder that loses some is soon quick. */
static bool all_is_there(const struct rerun *run, int rounds)
{
	char sql[100];
	long expected = bench->ticks * rounds;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM event WHERE kind = %d",
		 TRACE_TICK);
	long found = atol(rerun_ask(run, sql));
	if (found != expected)
		printf("%ld of %ld events are in the trace   FAILED\n", found,
		       expected);
	return found == expected;
}

static bool run_program(bool is_recorded, int rounds)
{
	struct rerun run;
	char argument[16];

	snprintf(argument, sizeof(argument), "%d", rounds);
	rerun_begin(&run);
	rerun_start(&run, is_recorded ? run.trace : NULL,
		    is_recorded ? "recorded" : "off", argument);
	int closed = rerun_finish(&run);
	fputs(run.out, stdout);
	fputs(run.err, stderr);
	bool ok = WIFEXITED(run.status) && WEXITSTATUS(run.status) == 0;
	if (is_recorded)
		ok = closed == TRACE_WAIT_CLOSED && all_is_there(&run, rounds)
		     && ok;
	rerun_end(&run);
	return ok;
}

int turns_main(int argc, char **argv, const struct turns_bench *self)
{
	int rounds = argc > 1 ? atoi(argv[1]) : self->rounds;

	bench = self;
	if (argc > 1 && rounds == 0)
		return rerun_be(argc, argv, programs);
	if (rounds < 1 || rounds > ROUNDS_AT_MOST)
		rounds = ROUNDS_AT_MOST;
	printf("%-24s %8s %8s   %-18s %8s   %8s\n", self->unit, "least",
	       "median", "peer", "median", "limit");
	fflush(stdout);
	bool ok = run_program(true, rounds);
	ok = run_program(false, rounds) && ok;
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
