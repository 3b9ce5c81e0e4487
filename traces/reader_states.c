#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/reader-private.h"

/* What an agent was doing at a moment: the interval that holds it. The present one
 * is not in the table yet but in the agent's own row. */

static bool find_interval(struct trace *trace, uint32_t agent_id, int64_t t_ns,
			  uint64_t seq, struct trace_interval *out)
{
	struct sqlite3_stmt *rows = trace_db_query(trace->db,
		TRACE_QUERY_INTERVAL_AT, (int64_t)agent_id, t_ns, (int64_t)seq);

	if (!trace_db_step(trace->db, rows))
		return false;
	uint32_t state = trace_db_id(rows, 4);
	*out = (struct trace_interval){
		.agent_id = agent_id,
		.begin_ns = trace_db_time(rows, 0),
		.begin_seq = trace_db_seq(rows, 1),
		.end_ns = trace_db_time(rows, 2),
		.end_seq = trace_db_seq(rows, 3),
		.state = state < 63 ? (uint8_t)state : 0,
		.object_id = trace_db_id(rows, 5),
	};
	trace_db_done(rows);
	return out->state != 0;
}

static bool find_open(const struct trace_lane_node *lane, int64_t t_ns,
		      uint64_t seq, struct trace_interval *out)
{
	if (!lane->state || lane->state_since_ns > t_ns
	    || lane->state_since_seq > seq)
		return false;
	*out = (struct trace_interval){
		.agent_id = lane->agent.id,
		.begin_ns = lane->state_since_ns,
		.begin_seq = lane->state_since_seq,
		.end_ns = -1,
		.state = lane->state,
		.object_id = lane->state_object_id,
	};
	return true;
}

int trace_state_at(struct trace *trace, uint32_t agent_id, int64_t t_ns,
		   struct trace_interval *out)
{
	const struct trace_lane_node *lane = trace_lane_node(trace, agent_id);
	struct trace_interval found;

	if (!lane || t_ns < 0)
		return -1;
	if (find_interval(trace, agent_id, t_ns, (uint64_t)TRACE_MAX_NUMBER,
			  &found)
	    && t_ns < found.end_ns) {
		*out = found;
		return 0;
	}
	return find_open(lane, t_ns, UINT64_MAX, out) ? 0 : -1;
}

int trace_state_after(struct trace *trace, uint32_t agent_id, uint64_t seq,
		      struct trace_interval *out)
{
	const struct trace_lane_node *lane = trace_lane_node(trace, agent_id);
	struct trace_interval found;

	if (!lane || seq == 0)
		return -1;
	int64_t t_ns = trace_time_of(trace, seq);
	if (find_interval(trace, agent_id, t_ns, seq, &found)
	    && seq < found.end_seq) {
		*out = found;
		return 0;
	}
	return find_open(lane, t_ns, seq, out) ? 0 : -1;
}
