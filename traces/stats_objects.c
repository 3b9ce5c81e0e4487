#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>

#include "traces/i18n.h"
#include "traces/stats-private.h"
#include "traces/tell.h"
#include "traces/width.h"

/* Which objects cost most, who waited for whom, and what was called in servers. */

#define MOST_OBJECTS 40
#define MOST_PAIRS 20
#define MOST_METHODS 40
#define NAME_WIDTH 24
#define METHOD_WIDTH 33

static void object_row(struct trace_stats_print *print,
		       const struct trace_used_object *used)
{
	FILE *out = print->out;
	char name[300];

	trace_tell_object(print->trace, used->object.id, name, sizeof(name));
	if (print->options->tsv) {
		fprintf(out, "object\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%"
			PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
			used->object.kind_name, name, used->acquires,
			used->contended, used->wait_total_ns,
			used->wait_max_ns, used->hold_total_ns);
		return;
	}
	trace_pad(out, name, NAME_WIDTH);
	fprintf(out, " %9" PRIu64 " %9" PRIu64, used->acquires,
		used->contended);
	trace_stats_duration(print, used->wait_total_ns, 10);
	trace_stats_duration(print, used->wait_max_ns, 10);
	trace_stats_duration(print, used->hold_total_ns, 10);
	fputc('\n', out);
}

static void object_titles(struct trace_stats_print *print)
{
	const char *const titles[] = { _("taken"), _("waits"), _("waited"),
				       _("longest"), _("held") };

	fprintf(print->out, "\n%s\n", _("What was waited for"));
	trace_pad(print->out, "", NAME_WIDTH);
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		trace_pad(print->out, titles[i], -10);
	fputc('\n', print->out);
}

static void pair_row(struct trace_stats_print *print,
		     const struct trace_wait_pair *pair)
{
	char who[300], whom[300];

	trace_tell_agent(print->trace, pair->agent_id, who, sizeof(who));
	trace_tell_agent(print->trace, pair->holder_agent_id, whom,
			 sizeof(whom));
	if (print->options->tsv) {
		fprintf(print->out, "pair\t%s\t%s\t%" PRIu64 "\t%" PRId64
			"\n", who, whom, pair->count, pair->total_ns);
		return;
	}
	trace_stats_duration(print, pair->total_ns, 10);
	fprintf(print->out, " %9" PRIu64 "x  ", pair->count);
	/* Translators: who waited for what whom held. */
	fprintf(print->out, _("%s for %s\n"), who, whom);
}

static void method_row(struct trace_stats_print *print,
		       const struct trace_method_stats *stats)
{
	FILE *out = print->out;
	char object[300], name[400];

	trace_tell_object(print->trace, stats->object_id, object,
			  sizeof(object));
	if (print->options->tsv) {
		fprintf(out, "call\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRId64
			"\t%" PRId64 "\t%" PRId64 "\n", object, stats->method,
			stats->calls, stats->errors, stats->total_ns,
			stats->max_ns, stats->served_ns);
		return;
	}
	snprintf(name, sizeof(name), "%s %s", object, stats->method);
	trace_pad(out, name, METHOD_WIDTH);
	fprintf(out, " %9" PRIu64 " %6" PRIu64, stats->calls, stats->errors);
	trace_stats_duration(print, stats->total_ns, 10);
	trace_stats_duration(print, stats->max_ns, 10);
	trace_stats_duration(print, stats->served_ns, 10);
	fputc('\n', out);
}

static int print_methods(struct trace_stats_print *print)
{
	struct trace_method_stats methods[MOST_METHODS];
	int count = trace_method_stats(print->trace, methods, MOST_METHODS);

	if (count > 0 && !print->options->tsv) {
		fprintf(print->out, "\n%s\n", _("What was called in servers"));
		trace_pad(print->out, "", METHOD_WIDTH);
		trace_pad(print->out, _("calls"), -10);
		trace_pad(print->out, _("failed"), -7);
		trace_pad(print->out, _("took"), -10);
		trace_pad(print->out, _("longest"), -10);
		trace_pad(print->out, _("in server"), -10);
		fputc('\n', print->out);
	}
	for (int i = 0; i < count; i++)
		method_row(print, &methods[i]);
	return count < 0 ? -1 : 0;
}

int trace_stats_objects(struct trace_stats_print *print)
{
	struct trace_used_object used[MOST_OBJECTS];
	struct trace_wait_pair pairs[MOST_PAIRS];
	int objects = trace_contended(print->trace, MOST_OBJECTS, used);
	int count = trace_wait_pairs(print->trace, pairs, MOST_PAIRS);

	if (objects < 0 || count < 0)
		return -1;
	if (!print->options->tsv && objects > 0)
		object_titles(print);
	for (int i = 0; i < objects; i++)
		object_row(print, &used[i]);
	if (!print->options->tsv && count > 0)
		fprintf(print->out, "\n%s\n", _("Who waited for whom"));
	for (int i = 0; i < count; i++)
		pair_row(print, &pairs[i]);
	return print_methods(print);
}
