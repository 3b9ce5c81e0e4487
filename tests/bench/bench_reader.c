/* tests/bench/bench_reader.c - how long a frame waits for its trace
 *
 * bench_reader [EVENTS [FILE]]: makes a trace (or reads FILE, if it exists) and
 * prints what opening, drawing and stepping cost, each beside its limit. Exit
 * status 1 if a limit is exceeded. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/trace_maker.h"
#include "tests/support/trace_query.h"
#include "traces/reader.h"

#define LANES 20
#define COLUMNS 200

static int failures;

/* An answer that is wrong is quick, too. */
static void must(bool is_right, const char *what)
{
	if (is_right)
		return;
	printf("%-44s WRONG\n", what);
	failures++;
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void report(const char *what, double ms, double limit_ms)
{
	printf("%-44s %10.3f ms   limit %8.1f ms%s\n", what, ms, limit_ms,
	       ms > limit_ms ? "   TOO SLOW" : "");
	failures += ms > limit_ms;
}

/* Draw all lanes over [from, to]; the time it took. */
static double frame(struct trace *trace, int64_t from, int64_t to)
{
	static struct trace_cell cells[COLUMNS];
	static struct trace_arrow arrows[512];
	int64_t edges[COLUMNS + 1];
	double start = now_ms();

	for (int i = 0; i <= COLUMNS; i++)
		edges[i] = from + (int64_t)((double)(to - from) * i / COLUMNS);
	for (size_t i = 0; i < LANES && i < trace_agent_count(trace); i++)
		must(trace_cells(trace, trace_agent_at(trace, i)->id, edges,
				 COLUMNS, cells) == 0, "cells");
	must(trace_arrows(trace, from, to, 512, arrows) >= 0, "arrows");
	return now_ms() - start;
}

static void bench_frames(struct trace *trace)
{
	int64_t span = trace_info(trace)->last_ns;
	double worst = 0;
	char what[64];

	frame(trace, 0, span);
	for (int zoom = 0; span >> zoom > 1000; zoom++) {
		int64_t width = span >> zoom;
		double sum = 0, most = 0;

		for (int i = 0; i < 10; i++) {
			int64_t from = (span - width) / 10 * i;
			double ms = frame(trace, from, from + width);

			sum += ms;
			most = ms > most ? ms : most;
		}
		if (getenv("BENCH_VERBOSE")) {
			snprintf(what, sizeof(what), "zoom 2^%d: mean %.3f",
				 zoom, sum / 10);
			report(what, most, 16);
		}
		worst = most > worst ? most : worst;
	}
	report("20 lanes x 200 columns, worst of all zooms", worst, 16);
}

static void bench_steps(struct trace *trace)
{
	const struct trace_info *info = trace_info(trace);
	size_t lanes = trace_agent_count(trace);
	struct trace_record records[100];
	uint32_t rare = trace_agent_at(trace, lanes - 1)->id;
	double start = now_ms();

	for (int i = 1; i < 100; i++)
		must(trace_seq_at(trace, info->last_ns / 100 * i) > 0,
		     "time to event");
	report("time to event", (now_ms() - start) / 100, 1);
	start = now_ms();
	for (int i = 0; i < 100; i++)
		must(trace_events(trace, info->events / 100 * (uint64_t)i + 1,
				  100, records) == 100, "100 events");
	report("100 events", (now_ms() - start) / 100, 4);
	start = now_ms();
	uint64_t seq = trace_next(trace, 2000, 1, rare, 0);
	report("next event of a sleeping agent", now_ms() - start, 4);
	must(seq > 2000, "next event of a sleeping agent");
	start = now_ms();
	seq = trace_next(trace, seq, -1, rare, 0);
	must(seq <= 2000, "and back");
	report("and back", now_ms() - start, 4);
	start = now_ms();
	must(trace_next(trace, 2000, 1, 0, TRACE_MARK) == 0, "no kind");
	report("a kind that does not occur", now_ms() - start,
	       (double)info->events / 1e6 * 200);
	start = now_ms();
	must(trace_next(trace, 2000, 1, 0, TRACE_MARK) == 0, "no kind");
	report("the same again", now_ms() - start,
	       (double)info->events / 1e6 * 2 + 2);
	start = now_ms();
	must(trace_search(trace, 2000, 1, "nowhere") == 0, "no word");
	report("a word that does not occur", now_ms() - start,
	       (double)info->events / 1e6 * 50 + 5);
}

static double bench_open(const char *path)
{
	char error[256];
	double start = now_ms();
	struct trace *trace = trace_open(path, error, sizeof(error));

	if (!trace) {
		printf("%s\n", error);
		exit(1);
	}
	frame(trace, 0, trace_info(trace)->last_ns);
	double ms = now_ms() - start;
	trace_close(trace);
	return ms;
}

/* What the summary saves: SQLite alone, reading every event once. */
static double peer_scan(const char *path)
{
	double start = now_ms();

	if (trace_ask(path, "SELECT sum(t_ns + agent_id + kind) IS NOT NULL"
			    " FROM event") != 1)
		exit(1);
	return now_ms() - start;
}

int main(int argc, char **argv)
{
	uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	char path[256], error[256];
	double start = now_ms();

	snprintf(path, sizeof(path), "%s", argc > 2 ? argv[2]
						    : "bench_reader.fscope");
	if (argc < 3 || access(path, R_OK) != 0) {
		if (maker_generate(path, events, LANES) < 0)
			return 1;
		printf("%-44s %10.0f ms\n", "making the trace",
		       now_ms() - start);
	}
	report("open, to the first frame", bench_open(path), 150);
	printf("%-44s %10.3f ms   peer\n", "SQLite alone reads every event once",
	       peer_scan(path));
	struct trace *trace = trace_open(path, error, sizeof(error));
	if (!trace)
		return 1;
	printf("%" PRIu64 " events, %.1f s\n", trace_info(trace)->events,
	       (double)trace_info(trace)->last_ns / 1e9);
	bench_frames(trace);
	bench_steps(trace);
	trace_close(trace);
	if (argc < 3)
		unlink(path);
	return failures > 0;
}
