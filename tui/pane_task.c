#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/tell.h"
#include "tui/tell.h"

/* The whole life of the task that an event is about, line by line: in line, at work,
 * collected. */

/* Which task; 0: it is about none. */
static uint32_t task_of(const struct trace_record *record)
{
	switch (record->kind) {
	case TRACE_TASK_SUBMIT:
	case TRACE_TASK_TAKE:
	case TRACE_TASK_TAKEN:
	case TRACE_TASK_END:
	case TRACE_TASK_RESULT:
	case TRACE_TASK_LOST:
	case TRACE_RESULT_READY:
	case TRACE_RESULT_TIMEOUT:
	case TRACE_RESULT_COLLECT:
	case TRACE_CALLBACK_BEGIN:
	case TRACE_CALLBACK_END:
		return (uint32_t)record->a;
	case TRACE_RESULT_WAIT:
		return (uint32_t)record->b;
	}
	return 0;
}

/* Translators: when; by whom. */
static void add_step(const struct ui_state *state, struct ui_flow *flow,
		     const char *label, int64_t t_ns, uint32_t agent_id)
{
	char time[48], who[300], text[400];

	ui_format_span(time, sizeof(time), t_ns, state->ascii);
	trace_tell_agent(state->trace, agent_id, who, sizeof(who));
	snprintf(text, sizeof(text), _("%s by %s"), time, who);
	ui_flow_pair(flow, UI_ROLE_DIM, label, 10, UI_ROLE_TEXT, text);
}

static void add_line_time(const struct ui_state *state, struct ui_flow *flow,
			  const char *label, int64_t from, int64_t to)
{
	char span[48];

	if (from < 0 || to < from)
		return;
	ui_format_span(span, sizeof(span), to - from, state->ascii);
	ui_flow_pair(flow, UI_ROLE_DIM, label, 10, UI_ROLE_TEXT, span);
}

static void add_end(const struct ui_state *state, struct ui_flow *flow,
		    const struct trace_pool_task *task)
{
	char reason[512];
	bool is_done = !strcmp(task->outcome, "done");

	trace_tell_reason(state->trace, task, reason, sizeof(reason));
	if (*reason)
		ui_flow_pair(flow, UI_ROLE_DIM, _("failed"), 10, UI_ROLE_WRONG,
			     reason);
	if (!strcmp(task->outcome, "cut"))
		ui_flow_pair(flow, UI_ROLE_DIM, _("ended"), 10, UI_ROLE_TEXT,
			     _("cut off with its pool"));
	else if (!strcmp(task->outcome, "dropped"))
		ui_flow_pair(flow, UI_ROLE_DIM, _("begun"), 10, UI_ROLE_TEXT,
			     _("never: dropped with its pool"));
	if (task->collected_ns >= 0)
		add_step(state, flow, _("collected"), task->collected_ns,
			 task->collector_agent_id);
	else if (is_done || *reason)
		ui_flow_pair(flow, UI_ROLE_DIM, _("collected"), 10, *reason ?
			     UI_ROLE_ERROR : UI_ROLE_TEXT, _("by nobody"));
}

void ui_pane_add_task(const struct ui_state *state, struct ui_flow *flow,
		      const struct trace_record *record)
{
	uint32_t pool_id = record->object_id, number = task_of(record);
	struct trace_pool_task task;
	char text[160];

	if (!number || trace_task(state->trace, pool_id, number, &task) < 0)
		return;
	if (task.items > 1)
		snprintf(text, sizeof(text), _("%u, %s(), %u items"),
			 task.number, task.function, task.items);
	else
		snprintf(text, sizeof(text), _("%u, %s()"), task.number,
			 task.function);
	ui_flow_pair(flow, UI_ROLE_DIM, _("task"), 10, UI_ROLE_STRONG, text);
	add_step(state, flow, _("submitted"), task.submitted_ns,
		 task.from_agent_id);
	add_line_time(state, flow, _("in line"), task.submitted_ns,
		      task.started_ns);
	if (task.worker_agent_id)
		add_step(state, flow, _("begun"), task.started_ns,
			 task.worker_agent_id);
	add_line_time(state, flow, _("at work"), task.started_ns,
		      task.ended_ns);
	add_end(state, flow, &task);
}
