#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/reader.h"
#include "traces/tell.h"

/* What became of a pool's task that did not end well. */

#define EVENTS_BACK 8		/* of a worker: an error comes just before the end */

/* What its worker said before it ended the task. */
static void tell_error(struct trace *trace, const struct trace_pool_task *task,
		       char *buffer, size_t size)
{
	uint64_t seq = trace_seq_at(trace, task->ended_ns) + 1;
	struct trace_record record;

	for (int i = 0; i < EVENTS_BACK; i++) {
		seq = trace_next(trace, seq, -1, task->worker_agent_id, 0);
		if (!seq || trace_events(trace, seq, 1, &record) != 1
		    || record.t_ns < task->started_ns)
			break;
		if (record.kind == TRACE_ERROR && *record.text) {
			snprintf(buffer, size, "%s", record.text);
			return;
		}
	}
	trace_tell_error(task->code, buffer, size);
}

static void tell_death(const struct trace *trace,
		       const struct trace_pool_task *task, char *buffer,
		       size_t size)
{
	const struct trace_agent *worker = trace_agent(trace,
						       task->worker_agent_id);
	const struct trace_process *process =
		worker ? trace_process(trace, worker->process_id) : NULL;

	if (process && process->has_exitcode)
		trace_tell_exit(process->exitcode, buffer, size);
	else
		snprintf(buffer, size, "%s", _("no worker could do it"));
}

void trace_tell_reason(struct trace *trace, const struct trace_pool_task *task,
		       char *buffer, size_t size)
{
	*buffer = '\0';
	if (!strcmp(task->outcome, "error"))
		tell_error(trace, task, buffer, size);
	else if (!strcmp(task->outcome, "lost"))
		tell_death(trace, task, buffer, size);
}

/* Translators: the number of a task; its pool; its function, or nothing. */
static void tell_name(struct trace *trace, const struct trace_pool_task *task,
		      char *buffer, size_t size)
{
	char pool[300];

	trace_tell_object(trace, task->pool_id, pool, sizeof(pool));
	if (*task->function)
		snprintf(buffer, size, _("task %u of %s, %s()"),
			 task->number, pool, task->function);
	else
		snprintf(buffer, size, _("task %u of %s"),
			 task->number, pool);
}

size_t trace_tell_bad_task(struct trace *trace,
			   const struct trace_pool_task *task, char *buffer,
			   size_t size)
{
	char name[600], reason[600], worker[300] = "";
	const char *outcome = task->outcome;
	int length;

	tell_name(trace, task, name, sizeof(name));
	trace_tell_reason(trace, task, reason, sizeof(reason));
	if (task->worker_agent_id)
		trace_tell_agent(trace, task->worker_agent_id, worker,
				 sizeof(worker));
	if (!strcmp(outcome, "error"))
		length = snprintf(buffer, size, trace_task_is_uncollected(task)
			? _("%s failed, and nobody asked for its result: %s")
			: _("%s failed: %s"), name, reason);
	else if (!strcmp(outcome, "lost") && *worker)
		length = snprintf(buffer, size, _("%s was lost with %s: %s"),
				  name, worker, reason);
	else if (!strcmp(outcome, "lost"))
		length = snprintf(buffer, size, _("%s was lost: %s"), name,
				  reason);
	else if (!strcmp(outcome, "cut"))
		length = snprintf(buffer, size, _("%s was not finished by %s"),
				  name, worker);
	else
		length = snprintf(buffer, size, _("%s was never begun"), name);
	return length < 0 ? 0 : (size_t)length < size ? (size_t)length
						      : size - 1;
}
