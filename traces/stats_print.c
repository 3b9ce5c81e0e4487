#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <string.h>

#include "traces/i18n.h"
#include "traces/stats-private.h"
#include "traces/tell.h"
#include "traces/width.h"

/* Tables for people, with columns as wide as what is in them, or for machines. */

#define MOST_KINDS 512
#define MOST_WAITS 100
#define WIDEST_NAME 30

static void title(struct trace_stats_print *print, const char *text)
{
	fprintf(print->out, "\n%s\n", text);
}

void trace_stats_duration(struct trace_stats_print *print, int64_t ns,
			  int width)
{
	char text[32] = "-";

	if (ns > 0)
		trace_tell_duration(ns, text, sizeof(text));
	trace_pad(print->out, text, -width);
}

/* ---- processes ---- */

static void process_name(struct trace_stats_print *print, uint32_t process_id)
{
	const struct trace_process *process = trace_process(print->trace,
							    process_id);
	char name[300];

	trace_tell_process(print->trace, process_id, name, sizeof(name));
	trace_pad(print->out, process->path, 8);
	fputc(' ', print->out);
	trace_pad(print->out, name, print->name_width);
}

static void process_row(struct trace_stats_print *print,
			const struct trace_process_stats *stats)
{
	FILE *out = print->out;
	double share = stats->lifetime_ns > 0
			       ? 100.0 * (double)stats->recording_ns
					 / (double)stats->lifetime_ns : 0;

	process_name(print, stats->process_id);
	trace_stats_duration(print, stats->lifetime_ns, 10);
	trace_stats_duration(print, stats->state_ns[TRACE_STATE_RUNNING], 10);
	trace_stats_duration(print, stats->state_ns[TRACE_STATE_SLEEPING], 10);
	trace_stats_duration(print, stats->waiting_ns, 10);
	trace_stats_duration(print, stats->zombie_ns, 10);
	fprintf(out, " %9" PRIu64 " %8.2f%%\n", stats->events, share);
}

static void process_tsv(struct trace_stats_print *print,
			const struct trace_process_stats *stats)
{
	const struct trace_process *process =
		trace_process(print->trace, stats->process_id);

	fprintf(print->out, "process\t%s\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64
		"\t%" PRId64 "\t%" PRId64 "\t%" PRIu64 "\t%" PRId64 "\t%s\n",
		process->path, process->name, stats->lifetime_ns,
		stats->state_ns[TRACE_STATE_RUNNING],
		stats->state_ns[TRACE_STATE_SLEEPING], stats->waiting_ns,
		stats->zombie_ns, stats->events, stats->recording_ns,
		process->ended_by);
}

static void process_titles(struct trace_stats_print *print)
{
	const char *const titles[] = { _("lifetime"), _("running"),
				       _("sleeping"), _("waiting"),
				       _("zombie"), _("events"),
				       _("recording") };

	title(print, _("Processes"));
	trace_pad(print->out, "", 9 + print->name_width);
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		trace_pad(print->out, titles[i], -10);
	fputc('\n', print->out);
}

static int print_processes(struct trace_stats_print *print)
{
	for (size_t i = 0; i < trace_process_count(print->trace); i++) {
		uint32_t id = trace_process_at(print->trace, i)->id;
		char name[300];

		trace_tell_process(print->trace, id, name, sizeof(name));
		int width = (int)trace_width(name);
		if (width > print->name_width && width <= WIDEST_NAME)
			print->name_width = width;
	}
	if (!print->options->tsv)
		process_titles(print);
	for (size_t i = 0; i < trace_process_count(print->trace); i++) {
		struct trace_process_stats stats;
		uint32_t id = trace_process_at(print->trace, i)->id;

		if (trace_process_stats(print->trace, id, &stats) < 0)
			return -1;
		if (print->options->tsv)
			process_tsv(print, &stats);
		else
			process_row(print, &stats);
	}
	return 0;
}

/* ---- kinds of events ---- */

static int print_kinds(struct trace_stats_print *print)
{
	struct trace_kind_count kinds[MOST_KINDS];
	int count = trace_kind_counts(print->trace, kinds, MOST_KINDS);

	if (count < 0)
		return -1;
	if (!print->options->tsv)
		title(print, _("Events by kind"));
	for (int i = 0; i < count; i++) {
		const char *name = trace_kind_name(print->trace, kinds[i].kind);

		if (print->options->tsv)
			fprintf(print->out, "kind\t%s\t%" PRIu64 "\n", name,
				kinds[i].count);
		else {
			const char *words = _(trace_kind_description(
				print->trace, kinds[i].kind));

			/* What follows is about its text and its numbers. */
			trace_pad(print->out, name, 24);
			fprintf(print->out, "%10" PRIu64 "  %.*s\n",
				kinds[i].count, (int)strcspn(words, ";"),
				words);
		}
	}
	return 0;
}

/* ---- waits ---- */

static void wait_row(struct trace_stats_print *print, const struct trace_interval *wait)
{
	char who[300], what[300] = "";

	trace_tell_agent(print->trace, wait->agent_id, who, sizeof(who));
	if (wait->object_id)
		trace_tell_object(print->trace, wait->object_id, what,
				  sizeof(what));
	if (print->options->tsv) {
		fprintf(print->out, "wait\t%s\t%s\t%s\t%" PRId64 "\t%" PRId64
			"\n", who, trace_state_name(print->trace, wait->state),
			what, wait->begin_ns, wait->end_ns - wait->begin_ns);
		return;
	}
	trace_stats_duration(print, wait->end_ns - wait->begin_ns, 10);
	fprintf(print->out, "  %s %.6f s  ", _("from"),
		(double)wait->begin_ns / 1e9);
	trace_pad(print->out, who, print->name_width);
	fprintf(print->out, "  %s%s%s\n",
		_(trace_state_name(print->trace, wait->state)),
		*what ? ": " : "", what);
}

static int print_waits(struct trace_stats_print *print)
{
	struct trace_interval waits[MOST_WAITS];
	unsigned wanted = print->options->waits;

	if (wanted == 0)
		wanted = 10;
	int count = trace_longest_waits(print->trace, waits,
					wanted < MOST_WAITS ? wanted
							    : MOST_WAITS);
	if (count < 0)
		return -1;
	if (!print->options->tsv && count > 0)
		title(print, _("Longest waits"));
	for (int i = 0; i < count; i++)
		wait_row(print, &waits[i]);
	return 0;
}

/* ---- the whole ---- */

static void print_whole(struct trace_stats_print *print)
{
	const struct trace_info *info = trace_info(print->trace);
	char span[32];

	if (print->options->tsv) {
		fprintf(print->out, "trace\t%s\t%" PRIu64 "\t%" PRId64 "\t%"
			PRIu64 "\t%" PRIu64 "\n", info->program, info->events,
			info->last_ns, info->lost, info->cost_ps);
		return;
	}
	trace_tell_duration(info->last_ns, span, sizeof(span));
	fprintf(print->out, _("%s: %ju events in %s; recording one"
			      " costs %.0f ns; %ju lost\n"),
		*info->program ? info->program : info->path, info->events,
		span, (double)info->cost_ps / 1000, info->lost);
}

int trace_stats_print(struct trace *trace, FILE *out,
		      const struct trace_stats_options *options)
{
	struct trace_stats_print print = { trace, out, options, 8 };

	print_whole(&print);
	if (print_processes(&print) < 0 || print_kinds(&print) < 0
	    || print_waits(&print) < 0 || trace_stats_objects(&print) < 0
	    || trace_stats_pools(&print) < 0)
		return -1;
	return ferror(out) ? -1 : 0;
}
