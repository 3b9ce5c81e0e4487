#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/reader-private.h"

/* The tables that are small enough to be kept: meta, kinds, processes, agents.
 * What was handed out stays where it is when they are read again. */

#define NAME_BYTES 256
#define PATH_BYTES 1024
#define META_BYTES 4096

static int load_meta(struct trace *trace)
{
	struct sqlite3_stmt *rows = trace_db_query(trace->db,
						   TRACE_QUERY_META);
	uint32_t id = 1;

	while (trace_db_step(trace->db, rows)) {
		struct trace_name *row = trace_list_get(&trace->meta, id++,
							sizeof(*row));

		if (!row)
			break;
		row->name = trace_pool_column(&trace->pool, rows, 0,
					      NAME_BYTES);
		row->description = trace_pool_column(&trace->pool, rows, 1,
						     META_BYTES);
	}
	return *trace_db_error(trace->db) ? -1 : 0;
}

static int load_names(struct trace *trace, enum trace_query query,
		      struct trace_list *list)
{
	struct sqlite3_stmt *rows = trace_db_query(trace->db, query);

	while (trace_db_step(trace->db, rows)) {
		uint32_t id = trace_db_id(rows, 0);
		struct trace_name *row = id ? trace_list_get(list, id,
							     sizeof(*row))
					    : NULL;

		if (!row)
			continue;
		row->id = id;
		row->name = trace_pool_column(&trace->pool, rows, 1,
					      NAME_BYTES);
		if (query == TRACE_QUERY_KINDS)
			row->description = trace_pool_column(&trace->pool, rows,
							     2, NAME_BYTES);
	}
	return *trace_db_error(trace->db) ? -1 : 0;
}

/* Our own ranks, and the file's for states we do not know. */
static int load_states(struct trace *trace)
{
	static const uint8_t known[64] = {
#define TRACE_STATE(id, symbol, name, rank, glyph, ascii, d) [id] = rank,
#include "traces/states.def"
#undef TRACE_STATE
	};
	struct sqlite3_stmt *rows = trace_db_query(trace->db,
						   TRACE_QUERY_STATES);

	memcpy(trace->ranks, known, sizeof(known));
	while (trace_db_step(trace->db, rows)) {
		uint32_t id = trace_db_id(rows, 0);
		int64_t rank = trace_db_int(rows, 1);

		if (id == 0 || id > 62 || known[id])
			continue;
		struct trace_name *row = trace_list_get(&trace->states, id,
							sizeof(*row));
		if (!row)
			break;
		row->name = trace_pool_column(&trace->pool, rows, 2,
					      NAME_BYTES);
		trace->ranks[id] = rank < 1 ? 1 : rank > 255 ? 255
							     : (uint8_t)rank;
	}
	return *trace_db_error(trace->db) ? -1 : 0;
}

/* ---- processes ---- */

static void read_process(struct trace *trace, struct sqlite3_stmt *rows,
			 struct trace_process *process)
{
	int64_t pid = trace_db_int(rows, 2);

	process->path = trace_pool_column(&trace->pool, rows, 1, PATH_BYTES);
	process->pid = pid > 0 && pid <= INT32_MAX ? pid : 0;
	process->parent_id = trace_db_id(rows, 3);
	process->name = trace_pool_column(&trace->pool, rows, 4, NAME_BYTES);
	process->daemon = trace_db_int(rows, 5) != 0;
	process->created_ns = trace_db_time(rows, 6);
	process->started_ns = trace_db_time(rows, 7);
	process->exited_ns = trace_db_time(rows, 8);
	process->reaped_ns = trace_db_time(rows, 9);
	process->has_exitcode = !trace_db_is_null(rows, 10);
	process->exitcode = trace_db_int(rows, 10);
	process->ended_by = trace_pool_column(&trace->pool, rows, 11,
					      NAME_BYTES);
	process->agent_id = 0;
}

static void unlink_process(struct trace_process_node *node)
{
	*node = (struct trace_process_node){ .process = node->process };
}

static int load_processes(struct trace *trace)
{
	struct trace_list *list = &trace->processes;
	struct sqlite3_stmt *rows = trace_db_query(trace->db,
						   TRACE_QUERY_PROCESSES);

	for (size_t i = 0; i < list->count; i++)
		unlink_process(list->items[i]);
	while (trace_db_step(trace->db, rows)) {
		uint32_t id = trace_db_id(rows, 0);
		struct trace_process_node *node = NULL;

		if (id)
			node = trace_list_get(list, id, sizeof(*node));
		if (!node)
			continue;
		node->process.id = id;
		read_process(trace, rows, &node->process);
	}
	return *trace_db_error(trace->db) ? -1 : 0;
}

static int by_process_id(const void *a, const void *b)
{
	uint32_t x = (*(struct trace_process_node *const *)a)->process.id;
	uint32_t y = (*(struct trace_process_node *const *)b)->process.id;

	return x < y ? -1 : x > y;
}

static void link_children(struct trace *trace)
{
	struct trace_list *list = &trace->processes;

	for (size_t i = 0; i < list->count; i++) {
		struct trace_process_node *node = list->items[i];
		struct trace_process_node *parent =
			trace_list_find(list, node->process.parent_id);

		if (!parent || parent == node) {
			node->process.parent_id = 0;
			continue;
		}
		node->parent = parent;
		if (parent->last_child)
			parent->last_child->next = node;
		else
			parent->children = node;
		parent->last_child = node;
	}
}

static struct trace_process_node *unplaced(struct trace_process_node *node)
{
	while (node && node->is_placed)
		node = node->next;
	return node;
}

/* Put a process and all that come from it into the order. Processes that descend
 * from each other in a circle are met once. */
static size_t place(void **items, size_t count, struct trace_process_node *top)
{
	struct trace_process_node *node = top;

	while (node) {
		node->is_placed = true;
		items[count++] = node;
		struct trace_process_node *next = unplaced(node->children);
		while (!next && node != top) {
			next = unplaced(node->next);
			node = node->parent;
		}
		node = next;
	}
	return count;
}

static int sort_processes(struct trace *trace)
{
	struct trace_list *list = &trace->processes;
	void **sorted;
	size_t count = 0;

	if (list->count == 0)
		return 0;
	sorted = malloc(list->count * sizeof(*sorted));
	if (!sorted)
		return -1;
	qsort(list->items, list->count, sizeof(*list->items), by_process_id);
	link_children(trace);
	for (int cycles = 0; cycles < 2; cycles++)
		for (size_t i = 0; i < list->count; i++) {
			struct trace_process_node *node = list->items[i];

			if (node->is_placed || (node->parent && !cycles))
				continue;
			node->parent = NULL;
			node->process.parent_id = 0;
			count = place(sorted, count, node);
		}
	memcpy(list->items, sorted, count * sizeof(*sorted));
	free(sorted);
	return 0;
}

/* ---- agents ---- */

static void read_agent(struct trace *trace, struct sqlite3_stmt *rows,
		       struct trace_lane_node *lane)
{
	struct trace_agent *agent = &lane->agent;
	uint32_t state = trace_db_id(rows, 8);

	agent->process_id = trace_db_id(rows, 1);
	agent->role = trace_pool_column(&trace->pool, rows, 2, NAME_BYTES);
	agent->path = trace_pool_column(&trace->pool, rows, 3, PATH_BYTES);
	agent->name = trace_pool_column(&trace->pool, rows, 4, NAME_BYTES);
	agent->started_ns = trace_db_time(rows, 5);
	agent->ended_ns = trace_db_time(rows, 6);
	agent->events = trace_db_seq(rows, 7);
	lane->state = state < 63 ? (uint8_t)state : 0;
	lane->state_since_ns = trace_db_time(rows, 9);
	lane->state_since_seq = trace_db_seq(rows, 10);
	lane->state_object_id = trace_db_id(rows, 11);
	if (lane->state_since_ns < 0)
		lane->state = 0;
}

static int load_agents(struct trace *trace)
{
	struct sqlite3_stmt *rows = trace_db_query(trace->db,
						   TRACE_QUERY_AGENTS);

	while (trace_db_step(trace->db, rows)) {
		uint32_t id = trace_db_id(rows, 0);
		struct trace_lane_node *lane = NULL;

		if (id)
			lane = trace_list_get(&trace->agents, id,
					      sizeof(*lane));
		if (!lane)
			continue;
		if (!lane->agent.id)
			lane->has_cells = -1;
		lane->agent.id = id;
		read_agent(trace, rows, lane);
	}
	return *trace_db_error(trace->db) ? -1 : 0;
}

static int by_agent_id(const void *a, const void *b)
{
	uint32_t x = (*(struct trace_lane_node *const *)a)->agent.id;
	uint32_t y = (*(struct trace_lane_node *const *)b)->agent.id;

	return x < y ? -1 : x > y;
}

/* Give the process its lane; its main agent goes first. */
static void link_lane(struct trace_process_node *node,
		      struct trace_lane_node *lane)
{
	if (!node->process.agent_id && !strcmp(lane->agent.role, "main")) {
		node->process.agent_id = lane->agent.id;
		lane->next = node->lanes;
		node->lanes = lane;
		if (!node->last_lane)
			node->last_lane = lane;
		return;
	}
	if (node->last_lane)
		node->last_lane->next = lane;
	else
		node->lanes = lane;
	node->last_lane = lane;
}

static int sort_agents(struct trace *trace)
{
	struct trace_list *list = &trace->agents;
	void **sorted;
	size_t count = 0;

	if (list->count == 0)
		return 0;
	sorted = malloc(list->count * sizeof(*sorted));
	if (!sorted)
		return -1;
	qsort(list->items, list->count, sizeof(*list->items), by_agent_id);
	for (size_t i = 0; i < list->count; i++) {
		struct trace_lane_node *lane = list->items[i];

		lane->next = NULL;
		lane->is_placed = false;
		struct trace_process_node *node = trace_list_find(
			&trace->processes, lane->agent.process_id);

		if (node)
			link_lane(node, lane);
		else
			lane->agent.process_id = 0;
	}
	for (size_t i = 0; i < trace->processes.count; i++) {
		struct trace_process_node *node = trace->processes.items[i];

		for (struct trace_lane_node *lane = node->lanes; lane;
		     lane = lane->next) {
			lane->is_placed = true;
			sorted[count++] = lane;
		}
	}
	for (size_t i = 0; i < list->count; i++) {
		struct trace_lane_node *lane = list->items[i];

		if (!lane->is_placed)
			sorted[count++] = lane;
	}
	memcpy(list->items, sorted, count * sizeof(*sorted));
	free(sorted);
	return 0;
}

int trace_tables_load(struct trace *trace)
{
	if (trace->kinds.count == 0
	    && (load_names(trace, TRACE_QUERY_KINDS, &trace->kinds) < 0
		|| load_names(trace, TRACE_QUERY_OBJECT_KINDS,
			      &trace->object_kinds) < 0
		|| load_states(trace) < 0))
		return -1;
	if (load_meta(trace) < 0 || load_processes(trace) < 0
	    || load_agents(trace) < 0)
		return -1;
	return sort_processes(trace) < 0 || sort_agents(trace) < 0 ? -1 : 0;
}

/* ---- what was read ---- */

size_t trace_process_count(const struct trace *trace)
{
	return trace->processes.count;
}

const struct trace_process *trace_process_at(const struct trace *trace,
					     size_t i)
{
	const struct trace_process_node *node = NULL;

	if (i < trace->processes.count)
		node = trace->processes.items[i];
	return node ? &node->process : NULL;
}

const struct trace_process *trace_process(const struct trace *trace,
					  uint32_t id)
{
	const struct trace_process_node *node =
		trace_list_find(&trace->processes, id);

	return node ? &node->process : NULL;
}

size_t trace_agent_count(const struct trace *trace)
{
	return trace->agents.count;
}

const struct trace_agent *trace_agent_at(const struct trace *trace, size_t i)
{
	const struct trace_lane_node *lane = NULL;

	if (i < trace->agents.count)
		lane = trace->agents.items[i];
	return lane ? &lane->agent : NULL;
}

const struct trace_agent *trace_agent(const struct trace *trace, uint32_t id)
{
	const struct trace_lane_node *lane = trace_list_find(&trace->agents,
							     id);

	return lane ? &lane->agent : NULL;
}
