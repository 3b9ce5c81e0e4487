#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "traces/analysis-private.h"

/* The tasks of a pool: submitted, taken, ended, received. They are numbered, but some
 * take long while many others pass; so they are in a hash table of those that are not
 * over, from which they are taken out. */

#define FIRST_SIZE 64u
#define MOST (1u << 22)			/* not over, in one pool */

static uint32_t home_of(const struct trace_tasks *tasks, uint32_t number)
{
	return number * UINT32_C(2654435769) & (tasks->size - 1);
}

static struct trace_task *find(const struct trace_tasks *tasks, uint32_t number)
{
	if (tasks->size == 0)
		return NULL;
	uint32_t i = home_of(tasks, number);
	while (tasks->slots[i].is_used && tasks->slots[i].number != number)
		i = (i + 1) & (tasks->size - 1);
	return tasks->slots[i].is_used ? &tasks->slots[i] : NULL;
}

static struct trace_task *put(struct trace_tasks *tasks,
			      const struct trace_task *task)
{
	uint32_t i = home_of(tasks, task->number);

	while (tasks->slots[i].is_used)
		i = (i + 1) & (tasks->size - 1);
	tasks->slots[i] = *task;
	tasks->count++;
	return &tasks->slots[i];
}

static bool grow(struct trace_tasks *tasks)
{
	struct trace_tasks bigger = {
		.size = tasks->size ? tasks->size * 2 : FIRST_SIZE,
	};

	if (bigger.size > MOST
	    || !(bigger.slots = calloc(bigger.size, sizeof(*bigger.slots))))
		return false;
	for (uint32_t i = 0; i < tasks->size; i++)
		if (tasks->slots[i].is_used)
			put(&bigger, &tasks->slots[i]);
	free(tasks->slots);
	*tasks = bigger;
	return true;
}

/* Those behind it that would not be found any more move up. */
static void take_out(struct trace_tasks *tasks, struct trace_task *task)
{
	uint32_t mask = tasks->size - 1;
	uint32_t hole = (uint32_t)(task - tasks->slots), i = hole;

	tasks->count--;
	for (;;) {
		tasks->slots[hole].is_used = false;
		do {
			i = (i + 1) & mask;
			if (!tasks->slots[i].is_used)
				return;
		} while (((i - home_of(tasks, tasks->slots[i].number)) & mask)
			 < ((i - hole) & mask));
		tasks->slots[hole] = tasks->slots[i];
		hole = i;
	}
}

/* ---- rows ---- */

static void tell(struct trace_analysis *analysis,
		 const struct trace_thing *thing, const struct trace_task *task,
		 enum trace_task_outcome outcome)
{
	bool has_begun = task->started.agent, has_ended = task->ended.agent;
	struct trace_task_row row = {
		.object_id = thing->use.object_id,
		.number = task->number,
		.job = task->job,
		.function = task->function,
		.items = task->items,
		.from_agent_id = task->submitted.agent,
		.worker_agent_id = task->started.agent,
		.submitted_ns = task->submitted.t_ns,
		.submitted_seq = task->submitted.seq,
		.started_ns = has_begun ? task->started.t_ns : TRACE_NEVER,
		.ended_ns = has_ended ? task->ended.t_ns : TRACE_NEVER,
		.code = task->code,
		.outcome = outcome,
	};

	TRACE_TELL_ROW(analysis, task, &row);
}

/* Which had not come back when the pool went. */
static enum trace_task_outcome rest_of(const struct trace_task *task)
{
	return task->started.agent ? TRACE_TASK_CUT : TRACE_TASK_DROPPED;
}

void trace_task_finish(struct trace_analysis *analysis,
		       struct trace_thing *thing)
{
	struct trace_tasks *tasks = &thing->tasks;

	for (uint32_t i = 0; i < tasks->size; i++)
		if (tasks->slots[i].is_used)
			tell(analysis, thing, &tasks->slots[i],
			     rest_of(&tasks->slots[i]));
	free(tasks->slots);
	free(tasks->arrivals);
	*tasks = (struct trace_tasks){ 0 };
}

/* ---- events ---- */

static void submitted(struct trace_analysis *analysis,
		      struct trace_thing *thing,
		      const struct trace_event_row *row)
{
	struct trace_tasks *tasks = &thing->tasks;
	struct trace_task task = {
		.is_used = true,
		.number = (uint32_t)row->a,
		.function = (uint32_t)((uint64_t)row->a >> 48),
		.job = (uint32_t)((uint64_t)row->b >> 32),
		.items = (uint32_t)row->b,
		.submitted = analysis->now,
	};

	thing->level++;
	thing->put_seq = analysis->now.seq;
	if (find(tasks, task.number)
	    || (tasks->count * 2 >= tasks->size && !grow(tasks)))
		analysis->anomalies++;
	else
		put(tasks, &task);
}

static void taken(struct trace_analysis *analysis, struct trace_thing *thing,
		  struct trace_task *task)
{
	thing->level--;
	task->started = analysis->now;
	trace_story_arrow(analysis, "task", task->submitted, analysis->now,
			  thing->use.object_id);
}

/* Whoever collects it has it from there. */
static void note_arrival(struct trace_analysis *analysis,
			 struct trace_tasks *tasks, uint32_t job)
{
	if (!tasks->arrivals)
		tasks->arrivals = calloc(TRACE_ARRIVALS,
					 sizeof(*tasks->arrivals));
	if (tasks->arrivals)
		tasks->arrivals[tasks->arrived++ % TRACE_ARRIVALS] =
			(struct trace_arrival){ job, analysis->now };
}

static void over(struct trace_analysis *analysis, struct trace_thing *thing,
		 struct trace_task *task, enum trace_task_outcome outcome)
{
	if (!task->started.agent)
		thing->level--;		/* it never was with a worker */
	if (task->ended.agent)
		trace_story_arrow(analysis, "result", task->ended,
				  analysis->now, thing->use.object_id);
	else if (task->started.agent)
		task->ended = analysis->now;
	tell(analysis, thing, task, outcome);
	note_arrival(analysis, &thing->tasks, task->job);
	take_out(&thing->tasks, task);
}

/* From whoever received the result, if that was not long ago. */
static void hand_over(struct trace_analysis *analysis,
		      const struct trace_thing *thing, uint32_t job)
{
	const struct trace_tasks *tasks = &thing->tasks;

	for (uint32_t i = 1; tasks->arrivals && i <= TRACE_ARRIVALS; i++) {
		const struct trace_arrival *arrival =
			&tasks->arrivals[(tasks->arrived - i) % TRACE_ARRIVALS];

		if (arrival->job != job || !arrival->at.agent)
			continue;
		trace_story_arrow(analysis, "collect", arrival->at,
				  analysis->now, thing->use.object_id);
		return;
	}
}

static void collected(struct trace_analysis *analysis,
		      const struct trace_thing *thing,
		      const struct trace_event_row *row)
{
	struct trace_collection_row collection = {
		.object_id = thing->use.object_id,
		.job = (uint32_t)row->a,
		.agent_id = row->agent_id,
		.t_ns = row->t_ns,
		.seq = row->seq,
	};

	TRACE_TELL_ROW(analysis, collection, &collection);
	hand_over(analysis, thing, collection.job);
}

void trace_task_event(struct trace_analysis *analysis,
		      struct trace_thing *thing,
		      const struct trace_event_row *row)
{
	struct trace_task *task = NULL;

	if (row->kind == TRACE_TASK_SUBMIT) {
		submitted(analysis, thing, row);
		return;
	}
	if (row->kind == TRACE_RESULT_COLLECT) {
		collected(analysis, thing, row);
		return;
	}
	if (row->kind == TRACE_TASK_TAKE || row->kind == TRACE_TASK_TAKEN
	    || (row->kind >= TRACE_TASK_END && row->kind <= TRACE_TASK_LOST))
		task = find(&thing->tasks, (uint32_t)row->a);
	if (!task)
		return;			/* its beginning was lost */
	switch (row->kind) {
	case TRACE_TASK_END:
		task->ended = analysis->now;
		task->code = row->b;
		break;
	case TRACE_TASK_RESULT:
		task->code = row->b;
		over(analysis, thing, task,
		     row->b ? TRACE_TASK_ERROR : TRACE_TASK_DONE_WELL);
		break;
	case TRACE_TASK_LOST:
		over(analysis, thing, task, TRACE_TASK_LOST_WORKER);
		break;
	default:
		taken(analysis, thing, task);
	}
}
