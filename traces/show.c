#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/reader.h"
#include "traces/stats.h"
#include "traces/tell.h"
#include "traces/width.h"

/* A line for each event: when, on which lane, what, where in the source. */

#define EVENTS_AT_ONCE 512
#define SENTENCE_BYTES 16384
#define WIDEST_LANE 16

#define MOST_DEADLOCKS 256
#define MOST_OBJECTS 20			/* told of at the end */
#define MOST_USED 4096			/* among which pools are looked for */
#define MOST_BAD 20

struct show {
	struct trace *trace;
	FILE *out;
	const struct trace_show_options *options;
	int lane_width;
	/* Those that are not told yet, where the events are told at all. */
	struct trace_deadlock deadlocks[MOST_DEADLOCKS];
	int deadlock_count, next_deadlock;
	char sentence[SENTENCE_BYTES];
};

static const char *color_of(const struct trace *trace, uint32_t agent_id)
{
	/* Told apart by people who see no red or no green, too. */
	static const char *const colors[] = {
		"\033[36m", "\033[33m", "\033[35m", "\033[34m", "\033[1;36m",
		"\033[1;33m", "\033[1;35m", "\033[1;34m",
	};
	const struct trace_agent *agent = trace_agent(trace, agent_id);
	uint32_t which = agent ? agent->process_id : agent_id;

	return colors[which % (sizeof(colors) / sizeof(*colors))];
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void show_raw(struct show *show, const struct trace_record *record)
{
	fprintf(show->out, "%" PRIu64 "\t%" PRId64 "\t%" PRIu32 "\t%s\t%" PRIu32
		"\t%" PRId64 "\t%" PRId64 "\t%" PRIu32 "\t%s\n", record->seq,
		record->t_ns, record->agent_id,
		trace_kind_name(show->trace, record->kind), record->object_id,
		record->a, record->b, record->site_id, record->text);
}

static void show_told(struct show *show, const struct trace_record *record)
{
	const struct trace_agent *agent = trace_agent(show->trace,
						      record->agent_id);
	const struct trace_site *site = trace_site(show->trace,
						   record->site_id);
	bool color = show->options->color;

	fprintf(show->out, "%5" PRId64 ".%06d  ", record->t_ns / 1000000000,
		(int)(record->t_ns % 1000000000 / 1000));
	if (color)
		fputs(color_of(show->trace, record->agent_id), show->out);
	trace_pad(show->out, agent ? agent->path : "?", show->lane_width);
	if (color)
		fputs("\033[0m", show->out);
	fprintf(show->out, "  %s", show->sentence);
	if (site)
		fprintf(show->out, color ? "  \033[2m[%s:%d]\033[0m"
					 : "  [%s:%d]",
			base_name(site->file), site->line);
	fputc('\n', show->out);
}

static bool is_wanted(struct show *show, const struct trace_record *record)
{
	const struct trace_show_options *options = show->options;
	const struct trace_agent *agent;

	if (options->agent_id && record->agent_id != options->agent_id)
		return false;
	if (options->kind && record->kind != options->kind)
		return false;
	if (!options->raw && record->kind == TRACE_SITE_NEW && !options->kind)
		return false;		/* of no interest to people */
	trace_tell(show->trace, record, show->sentence,
		   sizeof(show->sentence));
	if (!options->search)
		return true;
	agent = trace_agent(show->trace, record->agent_id);
	return strcasestr(show->sentence, options->search)
	       || strcasestr(record->text, options->search)
	       || strcasestr(trace_kind_name(show->trace, record->kind),
			     options->search)
	       || (agent && strcasestr(agent->path, options->search));
}

/* Those that are there since that event. */
static void show_deadlocks(struct show *show,
			   const struct trace_record *record)
{
	bool color = show->options->color;

	while (show->next_deadlock < show->deadlock_count
	       && show->deadlocks[show->next_deadlock].seq <= record->seq) {
		trace_tell_deadlock(show->trace,
				    &show->deadlocks[show->next_deadlock++],
				    show->sentence, sizeof(show->sentence));
		fprintf(show->out, color ? "%14s\033[1;31m%s\033[0m\n"
					 : "%14s%s\n", "", show->sentence);
	}
}

static void find_deadlocks(struct show *show, uint64_t first)
{
	const struct trace_show_options *options = show->options;
	int count;

	if (options->raw || options->search || options->agent_id
	    || options->kind)
		return;
	count = trace_deadlocks(show->trace, MOST_DEADLOCKS, show->deadlocks);
	show->deadlock_count = count > 0 ? count : 0;
	while (show->next_deadlock < show->deadlock_count
	       && show->deadlocks[show->next_deadlock].seq < first)
		show->next_deadlock++;
}

static void show_records(struct show *show, const struct trace_record *records,
			 int count)
{
	for (int i = 0; i < count; i++) {
		if (is_wanted(show, &records[i])) {
			if (show->options->raw)
				show_raw(show, &records[i]);
			else
				show_told(show, &records[i]);
		}
		show_deadlocks(show, &records[i]);
	}
}

static int show_events(struct show *show, uint64_t first, uint64_t last)
{
	struct trace_record records[EVENTS_AT_ONCE];

	while (first <= last) {
		uint64_t left = last - first + 1;
		int count = trace_events(show->trace, first,
					 left < EVENTS_AT_ONCE
						 ? (size_t)left
						 : EVENTS_AT_ONCE, records);

		if (count < 0 || ferror(show->out))
			return -1;
		show_records(show, records, count);
		first += EVENTS_AT_ONCE;
		if (count == 0) {	/* a gap in what is damaged */
			first = trace_next(show->trace, first - 1, 1, 0, 0);
			if (first == 0)
				break;
		}
	}
	return 0;
}

static void tell_end_of(struct show *show, const struct trace_process *process)
{
	int64_t end_ns = trace_info(show->trace)->last_ns;
	char name[300], span[32];

	if (process->exited_ns < 0)
		return;
	trace_tell_process(show->trace, process->id, name, sizeof(name));
	if (process->reaped_ns < 0 && process->parent_id) {
		trace_tell_duration(end_ns - process->exited_ns, span,
				    sizeof(span));
		fprintf(show->out, _("%s was never waited for: it had been dead"
				     " for %s when the recording ended.\n"),
			name, span);
		return;
	}
	if (process->reaped_ns <= process->exited_ns)
		return;
	trace_tell_duration(process->reaped_ns - process->exited_ns, span,
			    sizeof(span));
	fprintf(show->out, _("%s was a zombie for %s.\n"), name, span);
}

static void tell_use_of(struct show *show,
			const struct trace_used_object *used)
{
	char name[300], total[32], most[32];

	if (used->contended == 0)
		return;
	trace_tell_object(show->trace, used->object.id, name, sizeof(name));
	trace_tell_duration(used->wait_total_ns, total, sizeof(total));
	trace_tell_duration(used->wait_max_ns, most, sizeof(most));
	/* Translators: an object, how often, how long, how long at most. */
	fprintf(show->out, _("Waits for %s: %ju, %s in all, %s at"
			     " most.\n"),
		name, used->contended, total, most);
}

/* The tasks of a pool: how many, and which did not end well. */
static void tell_pool(struct show *show, uint32_t pool_id)
{
	struct trace_pool_task *bad = calloc(MOST_BAD, sizeof(*bad));
	struct trace_pool_stats stats;
	char name[300];
	int count = 0;

	trace_tell_object(show->trace, pool_id, name, sizeof(name));
	if (trace_pool_stats(show->trace, pool_id, &stats) == 0)
		fprintf(show->out, _("Tasks of %s: %ju, %ju failed, %ju lost,"
				     " %ju not done.\n"), name, stats.tasks,
			stats.failed, stats.lost, stats.cut + stats.dropped);
	if (bad)
		count = trace_bad_tasks(show->trace, pool_id, 0, MOST_BAD,
					bad);
	for (int i = 0; i < count; i++) {
		trace_tell_bad_task(show->trace, &bad[i], show->sentence,
				    sizeof(show->sentence));
		fprintf(show->out, "  %s\n", show->sentence);
	}
	free(bad);
}

static void tell_pools(struct show *show)
{
	struct trace_used_object *used = calloc(MOST_USED, sizeof(*used));
	int count = 0;

	if (used)
		count = trace_used_objects(show->trace, 0, MOST_USED, used);
	for (int i = 0; i < count; i++)
		if (used[i].object.kind == TRACE_OBJECT_POOL)
			tell_pool(show, used[i].object.id);
	free(used);
}

static void tell_method(struct show *show,
			const struct trace_method_stats *stats)
{
	char name[300], total[32], most[32];

	trace_tell_object(show->trace, stats->object_id, name, sizeof(name));
	trace_tell_duration(stats->total_ns, total, sizeof(total));
	trace_tell_duration(stats->max_ns, most, sizeof(most));
	/* Translators: an object, its method, how often, how long, how long at
	 * most. */
	fprintf(show->out, _("Calls of %s, %s: %ju, %s in all, %s at"
			     " most.\n"),
		name, stats->method, stats->calls, total, most);
}

/* What became of the processes, what was waited for, what was called, and what is
 * missing. */
static void tell_the_end(struct show *show)
{
	const struct trace_info *info = trace_info(show->trace);
	struct trace_used_object used[MOST_OBJECTS];
	struct trace_method_stats methods[MOST_OBJECTS];
	int count = trace_contended(show->trace, MOST_OBJECTS, used);
	int method_count = trace_method_stats(show->trace, methods,
					      MOST_OBJECTS);

	for (size_t i = 0; i < trace_process_count(show->trace); i++)
		tell_end_of(show, trace_process_at(show->trace, i));
	for (int i = 0; i < count; i++)
		tell_use_of(show, &used[i]);
	tell_pools(show);
	for (int i = 0; i < method_count; i++)
		tell_method(show, &methods[i]);
	if (info->lost)
		fprintf(show->out, _("%ju events were lost.\n"),
			info->lost);
	if (info->unfinished)
		fprintf(show->out, _("The recording was broken off; try"
				     " 'forkscope recover'.\n"));
	if (info->live)
		fprintf(show->out, _("The recording goes on.\n"));
}

static void measure_lanes(struct show *show)
{
	for (size_t i = 0; i < trace_agent_count(show->trace); i++) {
		int width = (int)trace_width(
			trace_agent_at(show->trace, i)->path);

		if (width > show->lane_width)
			show->lane_width = width;
	}
	if (show->lane_width > WIDEST_LANE)
		show->lane_width = WIDEST_LANE;
}

int trace_show(struct trace *trace, FILE *out,
	       const struct trace_show_options *options)
{
	struct show *show = calloc(1, sizeof(*show));
	uint64_t first = 1, last = trace_info(trace)->events;

	if (!show)
		return -1;
	show->trace = trace;
	show->out = out;
	show->options = options;
	measure_lanes(show);
	if (options->from_ns > 0)
		first = trace_seq_at(trace, options->from_ns - 1) + 1;
	if (options->to_ns > 0)
		last = trace_seq_at(trace, options->to_ns);
	find_deadlocks(show, first);
	int result = show_events(show, first, last);
	bool is_whole = !options->raw && !options->search && !options->agent_id
			&& !options->kind && options->from_ns <= 0
			&& options->to_ns <= 0;
	if (result == 0 && is_whole)
		tell_the_end(show);
	free(show);
	return result == 0 && !ferror(out) ? 0 : -1;
}
