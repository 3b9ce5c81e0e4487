#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <stdlib.h>

#include "traces/i18n.h"
#include "traces/reader-private.h"
#include "traces/stats-private.h"
#include "traces/tell.h"
#include "traces/width.h"

/* Pools: how long tasks waited and ran, how busy the workers were, and which errors
 * nobody has asked for. */

#define ALL_MS 60000
#define MOST_OBJECTS 4096
#define MOST_WORKERS 4096
#define MOST_BAD 20
#define NAME_WIDTH 24

int trace_pool_stats(struct trace *trace, uint32_t pool_id,
		     struct trace_pool_stats *out)
{
	struct sqlite3_stmt *rows;

	*out = (struct trace_pool_stats){ 0 };
	if (!trace_db_has_objects(trace->db))
		return 0;
	trace_db_hold(trace->db, ALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_POOL_TOTALS,
			      (int64_t)pool_id);
	if (trace_db_step(trace->db, rows)) {
		*out = (struct trace_pool_stats){
			.tasks = trace_db_seq(rows, 0),
			.failed = trace_db_seq(rows, 1),
			.lost = trace_db_seq(rows, 2),
			.cut = trace_db_seq(rows, 3),
			.dropped = trace_db_seq(rows, 4),
			.begun = trace_db_seq(rows, 5),
			.queued_total_ns = trace_db_int(rows, 6),
			.queued_max_ns = trace_db_int(rows, 7),
			.ended = trace_db_seq(rows, 8),
			.ran_total_ns = trace_db_int(rows, 9),
			.ran_max_ns = trace_db_int(rows, 10),
		};
		trace_db_done(rows);
	}
	trace_db_release(trace->db);
	return *trace_db_error(trace->db) ? trace_fail(trace) : 0;
}

/* From its beginning to its end, without its tasks. */
static int64_t idle_of(const struct trace *trace, uint32_t agent_id,
		       int64_t busy_ns)
{
	const struct trace_agent *agent = trace_agent(trace, agent_id);

	if (!agent || agent->started_ns < 0)
		return 0;
	int64_t end = agent->ended_ns >= 0 ? agent->ended_ns
					   : trace->info.last_ns;
	return end - agent->started_ns > busy_ns
		       ? end - agent->started_ns - busy_ns : 0;
}

int trace_worker_stats(struct trace *trace, uint32_t pool_id,
		       struct trace_worker_stats *out, size_t max)
{
	struct sqlite3_stmt *rows;
	size_t count = 0;

	if (!trace_db_has_objects(trace->db) || max == 0)
		return 0;
	trace_db_hold(trace->db, ALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_POOL_WORKERS,
			      (int64_t)pool_id,
			      max < INT32_MAX ? (int64_t)max
					      : (int64_t)INT32_MAX);
	while (count < max && trace_db_step(trace->db, rows)) {
		struct trace_worker_stats *worker = &out[count++];

		worker->agent_id = trace_db_id(rows, 0);
		worker->tasks = trace_db_seq(rows, 1);
		worker->busy_ns = trace_db_int(rows, 2);
	}
	if (rows)
		trace_db_done(rows);
	trace_db_release(trace->db);
	for (size_t i = 0; i < count; i++) {
		if (out[i].busy_ns < 0)		/* a stranger's file */
			out[i].busy_ns = 0;
		out[i].idle_ns = idle_of(trace, out[i].agent_id,
					 out[i].busy_ns);
	}
	return *trace_db_error(trace->db) ? trace_fail(trace) : (int)count;
}

/* ---- printing ---- */

static void titles(struct trace_stats_print *print, const char *const *words,
		   size_t count)
{
	for (size_t i = 0; i < count; i++)
		trace_pad(print->out, words[i], -10);
	fputc('\n', print->out);
}

static void pool_titles(struct trace_stats_print *print)
{
	const char *const words[] = { _("tasks"), _("failed"), _("not done"),
				      _("in line"), _("longest"), _("at work"),
				      _("longest") };

	fprintf(print->out, "\n%s\n", _("Tasks of pools (times: the mean, and the"
					" longest)"));
	trace_pad(print->out, "", NAME_WIDTH);
	titles(print, words, sizeof(words) / sizeof(*words));
}

static void pool_row(struct trace_stats_print *print, const char *name,
		     const struct trace_pool_stats *stats)
{
	int64_t queued = stats->begun ? stats->queued_total_ns
						/ (int64_t)stats->begun : 0;
	int64_t ran = stats->ended ? stats->ran_total_ns
					     / (int64_t)stats->ended : 0;

	if (print->options->tsv) {
		fprintf(print->out, "pool\t%s\t%" PRIu64 "\t%" PRIu64 "\t%"
			PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRId64 "\t%"
			PRId64 "\t%" PRId64 "\t%" PRId64 "\n", name,
			stats->tasks, stats->failed, stats->lost, stats->cut,
			stats->dropped, stats->queued_total_ns,
			stats->queued_max_ns, stats->ran_total_ns,
			stats->ran_max_ns);
		return;
	}
	trace_pad(print->out, name, NAME_WIDTH);
	fprintf(print->out, "%10" PRIu64 "%10" PRIu64 "%10" PRIu64,
		stats->tasks, stats->failed,
		stats->lost + stats->cut + stats->dropped);
	trace_stats_duration(print, queued, 10);
	trace_stats_duration(print, stats->queued_max_ns, 10);
	trace_stats_duration(print, ran, 10);
	trace_stats_duration(print, stats->ran_max_ns, 10);
	fputc('\n', print->out);
}

static void worker_row(struct trace_stats_print *print, const char *pool,
		       const struct trace_worker_stats *worker)
{
	int64_t life = worker->busy_ns + worker->idle_ns;
	double share = life > 0 ? 100.0 * (double)worker->busy_ns
					  / (double)life : 0;
	char name[300];

	trace_tell_agent(print->trace, worker->agent_id, name, sizeof(name));
	if (print->options->tsv) {
		fprintf(print->out, "worker\t%s\t%s\t%" PRIu64 "\t%" PRId64
			"\t%" PRId64 "\n", pool, name, worker->tasks,
			worker->busy_ns, worker->idle_ns);
		return;
	}
	trace_pad(print->out, name, NAME_WIDTH);
	fprintf(print->out, "%10" PRIu64, worker->tasks);
	trace_stats_duration(print, worker->busy_ns, 10);
	trace_stats_duration(print, worker->idle_ns, 10);
	fprintf(print->out, "%8.1f %%\n", share);
}

static int print_workers(struct trace_stats_print *print, uint32_t pool_id,
			 const char *pool)
{
	const char *const words[] = { _("tasks"), _("at work"), _("idle"),
				      _("busy") };
	struct trace_worker_stats *workers = calloc(MOST_WORKERS,
						    sizeof(*workers));
	int count = workers ? trace_worker_stats(print->trace, pool_id, workers,
						 MOST_WORKERS) : 0;

	if (!print->options->tsv && count > 0) {
		fputc('\n', print->out);
		/* Translators: of a pool. */
		fprintf(print->out, _("Workers of %s\n"), pool);
		trace_pad(print->out, "", NAME_WIDTH);
		titles(print, words, sizeof(words) / sizeof(*words));
	}
	for (int i = 0; i < count; i++)
		worker_row(print, pool, &workers[i]);
	free(workers);
	return count;
}

/* Those that nobody has asked for come with the others, and say so. */
static int print_bad(struct trace_stats_print *print, uint32_t pool_id,
		     const char *pool)
{
	struct trace_pool_task tasks[MOST_BAD + 1];
	int count = trace_bad_tasks(print->trace, pool_id, 0, MOST_BAD + 1,
				    tasks);
	char sentence[2048];

	if (!print->options->tsv && count > 0)
		fprintf(print->out, "\n%s\n", _("What did not end well"));
	for (int i = 0; i < count && i < MOST_BAD; i++) {
		trace_tell_bad_task(print->trace, &tasks[i], sentence,
				    sizeof(sentence));
		if (print->options->tsv)
			fprintf(print->out, "bad-task\t%s\t%" PRIu32 "\t%s\t%s"
				"\t%d\n", pool, tasks[i].number,
				tasks[i].function, tasks[i].outcome,
				trace_task_is_uncollected(&tasks[i]));
		else
			fprintf(print->out, "%s\n", sentence);
	}
	if (!print->options->tsv && count > MOST_BAD)
		fprintf(print->out, "...\n");
	return count;
}

static int print_pool(struct trace_stats_print *print, uint32_t pool_id)
{
	struct trace_pool_stats stats;
	char name[300];

	if (trace_pool_stats(print->trace, pool_id, &stats) < 0)
		return -1;
	if (!print->options->tsv)
		pool_titles(print);
	trace_tell_object(print->trace, pool_id, name, sizeof(name));
	pool_row(print, name, &stats);
	if (print_workers(print, pool_id, name) < 0
	    || print_bad(print, pool_id, name) < 0)
		return -1;
	return 0;
}

int trace_stats_pools(struct trace_stats_print *print)
{
	struct trace_used_object *used = calloc(MOST_OBJECTS, sizeof(*used));
	int count = used ? trace_used_objects(print->trace, 0, MOST_OBJECTS,
					      used) : 0;
	int result = count < 0 ? -1 : 0;

	for (int i = 0; i < count && result == 0; i++)
		if (used[i].object.kind == TRACE_OBJECT_POOL)
			result = print_pool(print, used[i].object.id);
	free(used);
	return result;
}
