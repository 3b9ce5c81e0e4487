#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "traces/reader-private.h"

/* Calls of managed objects. A call that is over has a row, which is found by its object
 * and the event that sent it; of one that goes on the events are there, and the
 * arrow to the one who does it. */

#define METHOD_BYTES 128

/* So many events of an agent are looked at to find the other end of a call. */
#define LOOK_BACK 64

static struct trace_call read_call(struct trace *trace,
				   struct sqlite3_stmt *rows)
{
	return (struct trace_call){
		.object_id = trace_db_id(rows, 0),
		.sent_seq = trace_db_seq(rows, 1),
		.number = trace_db_int(rows, 2),
		.client_agent_id = trace_db_id(rows, 3),
		.sent_ns = trace_db_time(rows, 4),
		.server_agent_id = trace_db_id(rows, 5),
		.began_ns = trace_db_time(rows, 6),
		.ended_ns = trace_db_time(rows, 7),
		.returned_ns = trace_db_time(rows, 8),
		.code = trace_db_int(rows, 9),
		.outcome = trace_pool_column(&trace->pool, rows, 10, 16),
		.method = trace_pool_column(&trace->pool, rows, 11,
					    METHOD_BYTES),
	};
}

/* The last one of an object that was sent in these events. */
static int find_call(struct trace *trace, uint32_t object_id, uint64_t first,
		     uint64_t last, struct trace_call *out)
{
	struct sqlite3_stmt *rows;
	int result = -1;

	if (!trace_db_has_objects(trace->db)
	    || last > (uint64_t)TRACE_MAX_NUMBER)
		return -1;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_LAST_CALL,
			      (int64_t)object_id, (int64_t)first,
			      (int64_t)last);
	if (trace_db_step(trace->db, rows)) {
		*out = read_call(trace, rows);
		trace_db_done(rows);
		result = 0;
	}
	trace_db_release(trace->db);
	return result;
}

int trace_last_call(struct trace *trace, uint32_t object_id, uint64_t seq,
		    struct trace_call *out)
{
	return find_call(trace, object_id, 1, seq, out);
}

uint64_t trace_call_count(struct trace *trace, uint32_t object_id, uint64_t seq,
			  uint64_t most)
{
	struct sqlite3_stmt *rows;
	uint64_t count = 0;

	if (!trace_db_has_objects(trace->db)
	    || seq > (uint64_t)TRACE_MAX_NUMBER || most > 1 << 20)
		return 0;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_CALL_COUNT,
			      (int64_t)object_id, (int64_t)seq, (int64_t)most);
	if (trace_db_step(trace->db, rows)) {
		count = trace_db_seq(rows, 0);
		trace_db_done(rows);
	}
	trace_db_release(trace->db);
	return count;
}

/* ---- the call of an event ---- */

static bool fetch(struct trace *trace, uint64_t seq, struct trace_record *out)
{
	return seq > 0 && trace_events(trace, seq, 1, out) == 1;
}

/* The agent's last event of that kind before `seq`. */
static bool look_back(struct trace *trace, uint64_t seq, uint32_t agent_id,
		      uint32_t kind, struct trace_record *out)
{
	for (int i = 0; i < LOOK_BACK && agent_id; i++) {
		seq = trace_next(trace, seq, -1, agent_id, 0);
		if (!fetch(trace, seq, out))
			return false;
		if (out->kind == kind)
			return true;
	}
	return false;
}

static bool find_sent(struct trace *trace, const struct trace_record *record,
		      struct trace_record *sent)
{
	struct trace_record begin = *record;

	switch (record->kind) {
	case TRACE_CALL_SENT:
		return fetch(trace, record->seq, sent);
	case TRACE_CALL_RETURNED:
		return look_back(trace, record->seq, record->agent_id,
				 TRACE_CALL_SENT, sent)
		       && sent->a == record->a;
	case TRACE_SERVE_END:
		if (!look_back(trace, record->seq, record->agent_id,
			       TRACE_SERVE_BEGIN, &begin))
			return false;
		/* fall through */
	case TRACE_SERVE_BEGIN:
		return look_back(trace, begin.seq, (uint32_t)begin.a,
				 TRACE_CALL_SENT, sent)
		       && sent->a == begin.b;
	}
	return false;
}

/* The thread of the server that does what was sent with that event. */
static void find_server(struct trace *trace, struct trace_call *call)
{
	struct trace_arrow arrow;

	if (trace_arrow_at(trace, call->sent_seq, 1, &arrow) < 0
	    || strcmp(arrow.kind, "call") != 0)
		return;
	call->server_agent_id = arrow.to_agent_id;
	call->began_ns = arrow.to_ns;
}

int trace_call_of(struct trace *trace, const struct trace_record *record,
		  struct trace_call *out)
{
	struct trace_record sent;

	if (!find_sent(trace, record, &sent))
		return -1;
	*out = (struct trace_call){
		.object_id = sent.object_id,
		.client_agent_id = sent.agent_id,
		.sent_seq = sent.seq,
		.number = sent.a,
		.sent_ns = sent.t_ns,
		.began_ns = -1,
		.ended_ns = -1,
		.returned_ns = -1,
		.method = trace_pool_keep(&trace->pool, sent.text),
		.outcome = "",
	};
	if (find_call(trace, sent.object_id, sent.seq, sent.seq, out) < 0)
		find_server(trace, out);
	return out->method ? 0 : -1;
}

uint32_t trace_client_of(struct trace *trace, uint32_t agent_id)
{
	const struct trace_agent *agent = trace_agent(trace, agent_id);
	struct trace_record record;
	uint64_t seq = 0;

	if (!agent || strcmp(agent->role, "server") != 0)
		return 0;
	for (int i = 0; i < LOOK_BACK; i++) {
		seq = trace_next(trace, seq, 1, agent_id, 0);
		if (!fetch(trace, seq, &record))
			return 0;
		if ((record.kind == TRACE_SERVE_BEGIN
		     || record.kind == TRACE_SERVER_IDLE) && record.a > 0)
			return (uint32_t)record.a;
	}
	return 0;
}
