#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/intake-private.h"

/* Continuing a trace: the analysis is given all events again, and told to be
 * silent; so it comes to know what it knew when the recording was broken off. */

struct replay {
	struct trace_intake *intake;
	struct trace_idmap agents, processes;	/* to struct names */
	struct names *all;
};

struct names {
	struct names *next;
	char *path, *name;
};

static bool remember(struct replay *replay, struct trace_idmap *map,
		     uint32_t id, const char *path, const char *name)
{
	struct names *names = calloc(1, sizeof(*names));

	if (!names)
		return false;
	names->next = replay->all;
	replay->all = names;
	names->path = strdup(path);
	names->name = strdup(name);
	return names->path && names->name && trace_idmap_put(map, id, names);
}

static bool replay_process(void *user, struct trace_process_row *row)
{
	struct replay *replay = user;

	return remember(replay, &replay->processes, row->id, row->path,
			row->name);
}

static bool replay_agent(void *user, struct trace_agent_row *row)
{
	struct replay *replay = user;
	struct trace_stream *stream =
		trace_merge_stream(&replay->intake->merge, row->id);

	if (!stream)
		return false;
	stream->received = stream->committed = row->slots;
	stream->process = row->process_id;
	return remember(replay, &replay->agents, row->id, row->path,
			row->name);
}

static bool replay_event(void *user, const struct trace_event_row *row)
{
	struct replay *replay = user;
	struct trace_intake *intake = replay->intake;
	const struct names *names = NULL;
	struct trace_analysis_input input = { .row = row, .first = "",
					      .second = "" };

	if (row->kind == TRACE_AGENT_BEGIN)
		names = trace_idmap_get(&replay->agents, row->agent_id);
	else if (row->kind == TRACE_PROC_NEW || row->kind == TRACE_PROC_RENAME)
		names = trace_idmap_get(&replay->processes, row->object_id);
	if (names && row->kind == TRACE_PROC_RENAME) {
		input.first = names->name;
	} else if (names) {
		input.first = names->path;
		input.second = names->name;
	}
	if (row->t_ns > intake->last_ns)
		intake->last_ns = row->t_ns;
	intake->last_seq = row->seq;
	trace_analysis_event(intake->analysis, &input);
	return true;
}

int trace_intake_resume(struct trace_intake *intake)
{
	struct replay replay = { .intake = intake };

	trace_store_each_process(intake->store, replay_process, &replay);
	trace_store_each_agent(intake->store, replay_agent, &replay);
	trace_analysis_mute(intake->analysis, true);
	trace_store_each_event(intake->store, replay_event, &replay);
	trace_analysis_flush(intake->analysis);
	trace_analysis_mute(intake->analysis, false);
	trace_idmap_free(&replay.agents);
	trace_idmap_free(&replay.processes);
	while (replay.all) {
		struct names *names = replay.all;

		replay.all = names->next;
		free(names->path);
		free(names->name);
		free(names);
	}
	return trace_store_failed(intake->store) ? -1 : 0;
}
