#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "traces/event.h"
#include "traces/reader.h"
#include "tui/lesson.h"

/* Moments and the events of a trace. */

static uint32_t kind_of(const struct trace *trace, const char *name)
{
	for (uint32_t kind = 1; kind < TRACE_KIND_COUNT; kind++) {
		const char *known = trace_kind_name(trace, kind);
		if (known && strcmp(known, name) == 0)
			return kind;
	}
	return 0;
}

static uint32_t agent_of(const struct trace *trace, const char *path)
{
	for (size_t i = 0; i < trace_agent_count(trace); i++) {
		const struct trace_agent *agent = trace_agent_at(trace, i);
		if (strcmp(agent->path, path) == 0)
			return agent->id;
	}
	return 0;
}

/* In its text, or in the name or path of the object it is about. */
static bool mentions(struct trace *trace, uint64_t seq, const char *needle)
{
	struct trace_record event;
	struct trace_object object;

	if (!*needle)
		return true;
	if (trace_events(trace, seq, 1, &event) != 1)
		return false;
	if (strstr(event.text, needle))
		return true;
	const struct trace_process *process =
		trace_process(trace, event.object_id);
	if (process)
		return strcmp(process->path, needle) == 0
		       || strstr(process->name, needle);
	return event.object_id
	       && trace_object(trace, event.object_id, &object) == 0
	       && strstr(object.name, needle);
}

static uint64_t find(struct trace *trace, const struct lesson_moment *m)
{
	uint32_t kind = kind_of(trace, m->event);
	uint32_t agent = *m->agent ? agent_of(trace, m->agent) : 0;
	uint64_t seq = 0;
	unsigned left = m->nth;

	if (!kind || (*m->agent && !agent))
		return 0;
	while ((seq = trace_next(trace, seq, 1, agent, kind)))
		if (mentions(trace, seq, m->needle) && --left == 0)
			break;
	return seq;
}

void lesson_forget(struct lesson *lesson)
{
	for (size_t i = 0; i < lesson->moment_count; i++)
		lesson->moments[i].seq = 0;
}

void lesson_locate(struct lesson *lesson, struct trace *trace)
{
	for (size_t i = 0; i < lesson->moment_count; i++)
		if (!lesson->moments[i].seq)
			lesson->moments[i].seq = find(trace,
						      &lesson->moments[i]);
}

const struct lesson_moment *lesson_moment_at(const struct lesson *lesson,
					     uint64_t seq)
{
	const struct lesson_moment *best = NULL;

	for (size_t i = 0; i < lesson->moment_count; i++) {
		const struct lesson_moment *m = &lesson->moments[i];
		if (m->seq && m->seq <= seq && (!best || m->seq >= best->seq))
			best = m;
	}
	return best;
}
