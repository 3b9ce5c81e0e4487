#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/analysis-private.h"

/* Calls to managers: sent by a client, done by a thread of the server, returned. A
 * client has at most one call that has not come back, and it numbers them; so what
 * a server tells of a client's agent and a number belongs to one call.
 *
 * A server's thread that has nothing to do waits for its client. That is no wait for
 * somebody who owes it something; but while the client waits for ever, so does it,
 * and with it who waits for a lock it has taken for the client. */

static void sent(struct trace_analysis *analysis, struct trace_lane *lane,
		 const struct trace_event_row *row)
{
	trace_call_abandon(analysis, lane);	/* its return was lost */
	lane->call = (struct trace_call){
		.is_open = true,
		.object = row->object_id,
		.number = row->a,
		.sent = analysis->now,
	};
}

/* The call that this agent of the server does. */
static struct trace_call *served(struct trace_analysis *analysis,
				 const struct trace_lane *lane)
{
	struct trace_lane *client = trace_idmap_get(&analysis->lanes,
						    lane->client);

	if (!client || client->is_object || !client->call.is_open
	    || client->call.began.agent != lane->row.id)
		return NULL;
	return &client->call;
}

static void begun(struct trace_analysis *analysis, struct trace_lane *lane,
		  const struct trace_event_row *row)
{
	struct trace_lane *client;

	lane->client = (uint32_t)row->a;
	lane->made = 0;
	client = trace_idmap_get(&analysis->lanes, lane->client);
	if (!client || !client->call.is_open || client->call.began.agent
	    || client->call.number != row->b)
		return;
	client->call.began = analysis->now;
	trace_story_arrow(analysis, "call", client->call.sent, analysis->now,
			  row->object_id);
}

static void ended(struct trace_analysis *analysis, struct trace_thing *thing,
		  const struct trace_lane *lane,
		  const struct trace_event_row *row)
{
	struct trace_call *call = served(analysis, lane);

	if (call)
		call->ended = analysis->now;
	if (row->b >= 0 && lane->made && thing->kind == TRACE_OBJECT_MANAGER)
		thing = trace_thing_find(analysis, lane->made);
	if (row->b < 0 || !thing)
		return;
	thing->level = row->b;
	trace_thing_settle(analysis, thing);
}

/* A manager has as many objects as were made for it and are not given up. */
static void count_object(struct trace_analysis *analysis, uint32_t manager_id,
			 int change)
{
	struct trace_thing *manager =
		manager_id ? trace_thing_find(analysis, manager_id) : NULL;

	if (!manager || manager->kind != TRACE_OBJECT_MANAGER)
		return;
	manager->level += change;
	trace_thing_settle(analysis, manager);
}

static void made(struct trace_analysis *analysis, struct trace_thing *thing,
		 struct trace_lane *lane, uint32_t manager_id)
{
	lane->made = thing->use.object_id;
	if (manager_id == thing->use.object_id || thing->use.partner_id)
		return;
	thing->use.partner_id = manager_id;
	/* How much is in a list is told at the end of the call that makes it. */
	if (trace_thing_is_container(thing))
		thing->level = -1;
	count_object(analysis, manager_id, 1);
}

static void tell(struct trace_analysis *analysis, const struct trace_lane *lane,
		 int64_t returned_ns, int64_t code,
		 enum trace_call_outcome outcome)
{
	const struct trace_call *call = &lane->call;
	struct trace_call_row row = {
		.object_id = call->object,
		.number = call->number,
		.client_agent_id = lane->row.id,
		.server_agent_id = call->began.agent,
		.sent_ns = call->sent.t_ns,
		.sent_seq = call->sent.seq,
		.began_ns = call->began.agent ? call->began.t_ns : TRACE_NEVER,
		.ended_ns = call->ended.agent ? call->ended.t_ns : TRACE_NEVER,
		.returned_ns = returned_ns,
		.code = code,
		.outcome = outcome,
	};

	TRACE_TELL_ROW(analysis, call, &row);
}

static void returned(struct trace_analysis *analysis, struct trace_lane *lane,
		     const struct trace_event_row *row)
{
	struct trace_call *call = &lane->call;

	if (!call->is_open || call->number != row->a) {
		analysis->anomalies++;
		return;
	}
	if (call->ended.agent)
		trace_story_arrow(analysis, "reply", call->ended, analysis->now,
				  call->object);
	tell(analysis, lane, row->t_ns, row->b,
	     row->b ? TRACE_CALL_ERROR : TRACE_CALL_DONE);
	call->is_open = false;
}

void trace_call_abandon(struct trace_analysis *analysis,
			struct trace_lane *lane)
{
	if (!lane->call.is_open)
		return;
	tell(analysis, lane, TRACE_NEVER, 0, TRACE_CALL_LOST);
	lane->call.is_open = false;
}

void trace_call_event(struct trace_analysis *analysis,
		      struct trace_thing *thing, struct trace_lane *lane,
		      const struct trace_event_row *row)
{
	switch (row->kind) {
	case TRACE_CALL_SENT:
		sent(analysis, lane, row);
		break;
	case TRACE_CALL_RETURNED:
		returned(analysis, lane, row);
		break;
	case TRACE_SERVER_IDLE:
		lane->client = (uint32_t)row->a;
		break;
	case TRACE_SERVE_BEGIN:
		begun(analysis, lane, row);
		break;
	case TRACE_SERVE_END:
		ended(analysis, thing, lane, row);
		break;
	case TRACE_REFERENT_CREATE:
		made(analysis, thing, lane, (uint32_t)row->a);
		break;
	case TRACE_REFERENT_DELETE:
		count_object(analysis, thing->use.partner_id, -1);
		break;
	}
}

/* ---- who waits for whom ---- */

struct trace_lane *trace_call_next(struct trace_analysis *analysis,
				   const struct trace_lane *lane)
{
	if (lane->wait.kind == TRACE_CALL_SENT)
		return lane->call.is_open
			       ? trace_idmap_get(&analysis->lanes,
						 lane->call.began.agent)
			       : NULL;
	return trace_idmap_get(&analysis->lanes, lane->client);
}

/* Nobody is known to come any more if the client is over, and the server sees that. */
static bool may_serve(struct trace_analysis *analysis,
		      const struct trace_lane *lane)
{
	const struct trace_lane *client =
		trace_idmap_get(&analysis->lanes, lane->client);

	return !client || client->depth == 0
	       || (client->call.is_open && !client->call.began.agent);
}

bool trace_call_may_go_on(struct trace_analysis *analysis,
			  const struct trace_lane *lane)
{
	switch (lane->wait.kind) {
	case TRACE_CALL_SENT:
		return !lane->call.is_open || !lane->call.began.agent
		       || lane->call.ended.agent;
	case TRACE_SERVER_IDLE:
		return may_serve(analysis, lane);
	case TRACE_MANAGER_IDLE:
		return false;
	}
	return true;
}
