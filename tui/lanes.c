#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/glyphs.h"
#include "tui/state.h"
#include "traces/event.h"
#include "traces/rows.h"
#include "traces/tell.h"

#define DEEPEST 12		/* trees deeper than this are drawn flat */

static int depth_of(const char *path)
{
	int depth = 0;

	for (; *path && *path != ' '; path++)
		depth += *path == '.';
	return depth < DEEPEST ? depth : DEEPEST;
}

static struct ui_lane *add_lane(struct ui_state *state, size_t *size)
{
	if (state->lane_count == *size) {
		*size = *size ? 2 * *size : 16;
		state->lanes = ui_realloc(state->lanes,
					  *size * sizeof(*state->lanes));
	}
	memset(&state->lanes[state->lane_count], 0, sizeof(*state->lanes));
	return &state->lanes[state->lane_count++];
}

/* A thread of a manager's server is there for one client only. */
static void name_client(const struct ui_state *state, struct ui_lane *lane,
			const struct trace_agent *agent)
{
	uint32_t client = trace_client_of(state->trace, agent->id);
	int used;

	if (!client)
		return;
	used = snprintf(lane->served, sizeof(lane->served), "%.12s: ",
			agent->name);
	trace_tell_agent(state->trace, client, lane->served + used,
			 sizeof(lane->served) - (size_t)used);
}

/* Agents come in the order of lanes, so the threads of a process stand in one
 * run; `*agent` walks along with the processes. */
static void add_threads(struct ui_state *state, size_t *size, size_t *agent,
			const struct trace_process *process, int depth)
{
	const struct trace *trace = state->trace;
	size_t count = trace_agent_count(trace);

	while (*agent < count) {
		const struct trace_agent *a = trace_agent_at(trace, *agent);
		struct ui_lane *lane;

		if (a->process_id != process->id)
			break;
		++*agent;
		if (a->id == process->agent_id)
			continue;
		lane = add_lane(state, size);
		lane->process_id = process->id;
		lane->agent_id = a->id;
		lane->depth = (uint8_t)(depth + 1);
		lane->is_thread = true;
		name_client(state, lane, a);
	}
}

#define MOST_OBJECTS 64		/* more than that nobody can look at */

static void add_object(struct ui_state *state, size_t *size,
		       const struct trace_object *object, bool is_managed)
{
	struct ui_lane *lane = add_lane(state, size);

	lane->object_id = object->id;
	lane->object_kind = object->kind;
	lane->agent_id = TRACE_LANE_OBJECT(object->id);
	lane->is_managed = is_managed;
	lane->depth = is_managed;
}

/* The manager that has this object; NULL: none. */
static const struct trace_used_object *
manager_of(const struct trace_used_object *objects, int count,
	   const struct trace_used_object *object)
{
	for (int i = 0; i < count; i++)
		if (objects[i].object.id == object->partner_id
		    && objects[i].object.kind == TRACE_OBJECT_MANAGER)
			return &objects[i];
	return NULL;
}

/* Ends of pipes stand beside each other, as their ids do; what a manager has stands
 * below it. */
static void add_objects(struct ui_state *state, size_t *size)
{
	struct trace_used_object objects[MOST_OBJECTS];
	int count = trace_used_objects(state->trace, 0, MOST_OBJECTS, objects);

	for (int i = 0; i < count; i++) {
		if (manager_of(objects, count, &objects[i]))
			continue;
		add_object(state, size, &objects[i].object, false);
		for (int k = 0; k < count; k++)
			if (manager_of(objects, count, &objects[k])
			    == &objects[i])
				add_object(state, size, &objects[k].object,
					   true);
	}
}

/* From the last lane up: a line goes down at a depth as long as a lane of that
 * depth follows before a shallower one. */
static void draw_rails(struct ui_state *state)
{
	uint64_t below = 0;

	for (size_t i = state->lane_count; i-- > 0;) {
		struct ui_lane *lane = &state->lanes[i];
		uint64_t own = UINT64_C(1) << lane->depth;

		below &= (own << 1) - 1;
		lane->is_last = !(below & own);
		below |= own;
		lane->rails = below & (own - 1);
	}
}

void ui_lanes_build(struct ui_state *state)
{
	const struct ui_lane *chosen = ui_lane_now(state);
	bool now = chosen != NULL;
	uint32_t process = now ? chosen->process_id : 0;
	uint32_t agent_id = now ? chosen->agent_id : 0;
	size_t size = 0, agent = 0, count;

	free(state->lanes);
	state->lanes = NULL;
	state->lane_count = 0;
	count = state->trace ? trace_process_count(state->trace) : 0;
	for (size_t i = 0; i < count; i++) {
		const struct trace_process *p = trace_process_at(state->trace,
								 i);
		struct ui_lane *lane = add_lane(state, &size);
		int depth = depth_of(p->path);

		lane->process_id = p->id;
		lane->agent_id = p->agent_id;
		lane->depth = (uint8_t)depth;
		add_threads(state, &size, &agent, p, depth);
	}
	if (state->trace)
		add_objects(state, &size);
	ui_lanes_find_workers(state);
	draw_rails(state);
	for (size_t i = 0; now && i < state->lane_count; i++)
		if (state->lanes[i].process_id == process &&
		    (state->lanes[i].agent_id == agent_id || !agent_id)) {
			state->lane = i;
			break;
		}
	if (state->lane >= state->lane_count)
		state->lane = state->lane_count ? state->lane_count - 1 : 0;
}

void ui_lane_prefix(const struct ui_lane *lane, bool ascii, char *out,
		    size_t size)
{
	struct ui_buffer text = { 0 };

	for (int depth = 1; depth < lane->depth; depth++) {
		bool rail = lane->rails >> depth & 1;

		ui_buffer_puts(&text, rail ?
			       ui_glyph(ascii, UI_GLYPH_VERTICAL) : " ");
		ui_buffer_puts(&text, " ");
	}
	if (lane->depth > 0) {
		ui_buffer_puts(&text, ui_glyph(ascii, lane->is_last ?
					       UI_GLYPH_TREE_LAST :
					       UI_GLYPH_TREE_FORK));
		ui_buffer_puts(&text, ui_glyph(ascii, UI_GLYPH_HORIZONTAL));
	}
	snprintf(out, size, "%s", text.length ? text.bytes : "");
	ui_buffer_finish(&text);
}

const char *ui_lane_name(const struct ui_state *state,
			 const struct ui_lane *lane)
{
	const struct trace_process *process;
	const struct trace_agent *agent;
	struct trace_object object;

	if (lane->object_id)
		return trace_object(state->trace, lane->object_id, &object) < 0
				       || !object.name
			       ? "?"
			       : object.name;
	if (lane->is_thread) {
		if (*lane->served)
			return lane->served;
		agent = trace_agent(state->trace, lane->agent_id);
		return !agent ? "?" : *agent->name ? agent->name : agent->role;
	}
	process = trace_process(state->trace, lane->process_id);
	return process ? process->name : "?";
}

const char *ui_agent_name(struct trace *trace, uint32_t agent_id)
{
	const struct trace_agent *agent = trace_agent(trace, agent_id);
	const struct trace_process *process =
		agent ? trace_process(trace, agent->process_id) : NULL;

	if (process && process->agent_id == agent_id)
		return process->name;
	return agent ? agent->path : "?";
}
