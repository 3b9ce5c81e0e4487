#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/reader-private.h"

/* Objects that were used, and their lanes. There may be very many, so a lane is
 * read when it is asked for. */

#define NAME_BYTES 256

static void read_lane(struct trace *trace, struct trace_lane_node *lane,
		      uint32_t object_id)
{
	struct sqlite3_stmt *rows = trace_db_query(trace->db,
						   TRACE_QUERY_OBJECT_LANE,
						   (int64_t)object_id);

	lane->state = 0;
	if (!trace_db_step(trace->db, rows))
		return;
	uint32_t state = trace_db_id(rows, 0);
	lane->state_since_ns = trace_db_time(rows, 1);
	lane->state_since_seq = trace_db_seq(rows, 2);
	lane->agent.events = trace_db_seq(rows, 3);
	if (state < 63 && lane->state_since_ns >= 0)
		lane->state = (uint8_t)state;
	trace_db_done(rows);
}

static struct trace_lane_node *object_lane(struct trace *trace, uint32_t id)
{
	struct trace_lane_node *lane;

	if (!trace_db_has_objects(trace->db))
		return NULL;
	lane = trace_list_get(&trace->object_lanes, id, sizeof(*lane));
	if (!lane || (lane->agent.id && lane->generation == trace->generation))
		return lane;
	if (!lane->agent.id || lane->has_cells == 0)
		lane->has_cells = -1;
	lane->agent.id = id;
	lane->generation = trace->generation;
	read_lane(trace, lane, id - TRACE_LANE_OBJECT_BIT);
	return lane;
}

struct trace_lane_node *trace_lane_node(struct trace *trace, uint32_t id)
{
	if (TRACE_LANE_IS_OBJECT(id))
		return object_lane(trace, id);
	return trace_list_find(&trace->agents, id);
}

/* ---- lists ---- */

static uint64_t count(struct sqlite3_stmt *rows, int column)
{
	return trace_db_seq(rows, column);
}

static int64_t span(struct sqlite3_stmt *rows, int column)
{
	int64_t ns = trace_db_time(rows, column);

	return ns > 0 ? ns : 0;
}

static void read_used(struct trace *trace, struct sqlite3_stmt *rows,
		      struct trace_used_object *out)
{
	uint32_t kind = trace_db_id(rows, 1);

	*out = (struct trace_used_object){
		.object = {
			.id = trace_db_id(rows, 0),
			.kind = kind,
			.kind_name = trace_object_kind_name(trace, kind),
			.name = trace_pool_column(&trace->pool, rows, 2,
						  NAME_BYTES),
			.creator_agent_id = trace_db_id(rows, 3),
			.created_ns = trace_db_time(rows, 4),
			.ended_ns = trace_db_time(rows, 5),
		},
		.partner_id = trace_db_id(rows, 6),
		.events = count(rows, 7),
		.acquires = count(rows, 8),
		.contended = count(rows, 9),
		.wait_total_ns = span(rows, 10),
		.wait_max_ns = span(rows, 11),
		.hold_total_ns = span(rows, 12),
	};
}

static int read_list(struct trace *trace, struct sqlite3_stmt *rows, size_t max,
		     struct trace_used_object *out)
{
	size_t found = 0;

	while (found < max && trace_db_step(trace->db, rows)) {
		read_used(trace, rows, &out[found]);
		if (out[found].object.id
		    && out[found].object.id < TRACE_LANE_OBJECT_BIT)
			found++;
	}
	if (rows)
		trace_db_done(rows);
	return *trace_db_error(trace->db) ? trace_fail(trace) : (int)found;
}

int trace_used_objects(struct trace *trace, uint32_t above, size_t max,
		       struct trace_used_object *out)
{
	if (!trace_db_has_objects(trace->db) || max == 0)
		return 0;
	if (max > INT32_MAX)
		max = INT32_MAX;
	return read_list(trace, trace_db_query(trace->db,
					       TRACE_QUERY_USED_OBJECTS,
					       (int64_t)above, (int64_t)max),
			 max, out);
}

int trace_contended(struct trace *trace, size_t max,
		    struct trace_used_object *out)
{
	if (!trace_db_has_objects(trace->db) || max == 0)
		return 0;
	if (max > INT32_MAX)
		max = INT32_MAX;
	return read_list(trace, trace_db_query(trace->db,
					       TRACE_QUERY_CONTENDED,
					       (int64_t)max), max, out);
}
