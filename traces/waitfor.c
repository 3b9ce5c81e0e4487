#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/idmap.h"
#include "traces/reader.h"
#include "traces/tell.h"

/* Who waits for whom. What an agent waits for is in its state; whose doing would
 * end the wait depends on the kind of object. An agent waits for at most one
 * other, so a circle is found by following the arrows. */

#define MOST_EDGES 64
#define MOST_DEADLOCKS 64

static bool is_wait(uint8_t state)
{
	switch (state) {
	case TRACE_STATE_WAIT_JOIN:
	case TRACE_STATE_WAIT_LOCK:
	case TRACE_STATE_WAIT_SEM:
	case TRACE_STATE_WAIT_COND:
	case TRACE_STATE_WAIT_EVENT:
	case TRACE_STATE_WAIT_BARRIER:
	case TRACE_STATE_WAIT_GET:
	case TRACE_STATE_WAIT_PUT:
	case TRACE_STATE_WAIT_RESULT:
	case TRACE_STATE_WAIT_CALL:
	case TRACE_STATE_IDLE:		/* maybe, see drop_idle() */
		return true;
	}
	return false;
}

/* A process ends by its main agent's doing. */
static void find_process(struct trace *trace, uint64_t seq,
			 struct trace_wait_for *wait)
{
	const struct trace_process *process = trace_process(trace,
							    wait->object_id);

	(void)seq;
	wait->for_agent_id = process ? process->agent_id : 0;
}

static void find_holder(struct trace *trace, uint64_t seq,
			struct trace_wait_for *wait)
{
	struct trace_hold hold;

	if (trace_holder_after(trace, wait->object_id, seq, &hold) < 0)
		return;
	wait->for_agent_id = hold.agent_id;
	wait->is_for_dead = hold.is_dead;
}

/* Who has called waits for the thread of the server that does it. */
static void find_server(struct trace *trace, uint64_t seq,
			struct trace_wait_for *wait)
{
	struct trace_arrow arrow;

	if (trace_arrow_at(trace, wait->since_seq, 1, &arrow) == 0
	    && arrow.to_seq <= seq && strcmp(arrow.kind, "call") == 0)
		wait->for_agent_id = arrow.to_agent_id;
}

/* A thread of a server that has nothing to serve waits for nobody. But if its client
 * waits for ever, so do all who want what the thread has taken for it: a ring may
 * lead through here. */
static void find_client(struct trace *trace, uint64_t seq,
			struct trace_wait_for *wait)
{
	(void)seq;
	wait->for_agent_id = trace_client_of(trace, wait->agent_id);
}

/* Who ends with items that its feeder has not moved yet waits for that thread: the one
 * of its process that waits for room in the same queue, or the only one. */
static void find_feeder(struct trace *trace, uint64_t seq,
			struct trace_wait_for *wait)
{
	const struct trace_agent *waiter = trace_agent(trace, wait->agent_id);
	struct trace_record begin;
	uint32_t found = 0, feeders = 0;

	if (!waiter
	    || trace_events(trace, wait->since_seq, 1, &begin) != 1
	    || begin.kind != TRACE_QUEUE_FLUSH_WAIT)
		return;
	for (size_t i = 0; i < trace_agent_count(trace); i++) {
		const struct trace_agent *agent = trace_agent_at(trace, i);
		struct trace_interval now;

		if (agent->process_id != waiter->process_id
		    || strcmp(agent->role, "feeder") != 0
		    || trace_state_after(trace, agent->id, seq, &now) < 0)
			continue;
		found = agent->id;
		feeders++;
		if (now.state == TRACE_STATE_WAIT_PUT
		    && now.object_id == wait->object_id) {
			feeders = 1;
			break;
		}
	}
	wait->for_agent_id = feeders == 1 ? found : 0;
}

/* For each state of waiting, how to find whom the agent waits for. For others it is
 * known in a deadlock only. */
static const struct {
	uint8_t state;
	void (*find)(struct trace *trace, uint64_t seq,
		     struct trace_wait_for *wait);
} finders[] = {
	{ TRACE_STATE_WAIT_JOIN, find_process },
	{ TRACE_STATE_WAIT_LOCK, find_holder },
	{ TRACE_STATE_WAIT_PUT, find_feeder },
	{ TRACE_STATE_WAIT_CALL, find_server },
	{ TRACE_STATE_IDLE, find_client },
};

static void find_awaited(struct trace *trace, uint64_t seq,
			 struct trace_wait_for *wait)
{
	for (size_t i = 0; i < sizeof(finders) / sizeof(*finders); i++)
		if (finders[i].state == wait->state)
			finders[i].find(trace, seq, wait);
}

static void mark_edges(struct trace *trace,
		       const struct trace_deadlock *deadlock,
		       struct trace_wait_for *waits, size_t count)
{
	struct trace_edge edges[MOST_EDGES];
	int found = trace_deadlock_edges(trace, deadlock->id, MOST_EDGES, edges);

	for (int i = 0; i < found; i++)
		for (size_t k = 0; k < count; k++) {
			struct trace_wait_for *wait = &waits[k];

			if (wait->agent_id != edges[i].agent_id
			    || wait->since_seq != edges[i].wait_seq)
				continue;
			wait->in_deadlock = true;
			if (!wait->for_agent_id)
				wait->for_agent_id = edges[i].holder_agent_id;
			wait->is_for_dead |= wait->for_agent_id
					     && !strcmp(deadlock->kind, "dead");
		}
}

/* What was found out while it was recorded. */
static void mark_deadlocks(struct trace *trace, uint64_t seq,
			   struct trace_wait_for *waits, size_t count)
{
	struct trace_deadlock deadlocks[MOST_DEADLOCKS];
	int found = trace_deadlocks(trace, MOST_DEADLOCKS, deadlocks);
	int64_t now_ns = trace_time_of(trace, seq);

	for (int i = 0; i < found; i++)
		if (deadlocks[i].seq <= seq
		    && (deadlocks[i].cleared_ns < 0
			|| deadlocks[i].cleared_ns > now_ns))
			mark_edges(trace, &deadlocks[i], waits, count);
}

static struct trace_wait_for *follow(const struct trace_idmap *by_agent,
				     const struct trace_wait_for *wait)
{
	return wait->is_for_dead ? NULL : trace_idmap_get(by_agent,
							  wait->for_agent_id);
}

/* Walk from each wait until nobody waits, or one is met who was met before: if
 * that was on this very walk, it is in a circle. */
static void mark_circles(struct trace_wait_for *waits, size_t count)
{
	struct trace_idmap by_agent = { 0 };
	size_t *walks = calloc(count + 1, sizeof(*walks));

	for (size_t i = 0; walks && i < count; i++)
		if (!trace_idmap_put(&by_agent, waits[i].agent_id, &waits[i]))
			goto done;
	for (size_t i = 0; walks && i < count; i++) {
		struct trace_wait_for *at = &waits[i];

		while (at && !walks[at - waits]) {
			walks[at - waits] = i + 1;
			at = follow(&by_agent, at);
		}
		if (!at || walks[at - waits] != i + 1)
			continue;
		for (; !at->in_circle; at = follow(&by_agent, at))
			at->in_circle = true;
	}
done:
	free(walks);
	trace_idmap_free(&by_agent);
}

/* Who is idle is told only as a part of what others wait for. Returns how many there
 * are. */
static size_t drop_idle(struct trace_wait_for *waits, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (waits[i].state != TRACE_STATE_IDLE || waits[i].in_circle
		    || waits[i].in_deadlock)
			waits[kept++] = waits[i];
	return kept;
}

size_t trace_waits(struct trace *trace, uint64_t seq,
		   struct trace_wait_for *out, size_t max)
{
	size_t count = 0, stored;

	for (size_t i = 0; i < trace_agent_count(trace); i++) {
		uint32_t id = trace_agent_at(trace, i)->id;
		struct trace_interval wait;

		if (trace_state_after(trace, id, seq, &wait) < 0
		    || !is_wait(wait.state))
			continue;
		if (count++ >= max)
			continue;
		out[count - 1] = (struct trace_wait_for){
			.agent_id = id,
			.object_id = wait.object_id,
			.state = wait.state,
			.since_ns = wait.begin_ns,
			.since_seq = wait.begin_seq,
		};
		find_awaited(trace, seq, &out[count - 1]);
	}
	stored = count < max ? count : max;
	mark_deadlocks(trace, seq, out, stored);
	mark_circles(out, stored);
	return count - stored + drop_idle(out, stored);
}

/* ---- in words ---- */

struct text {
	char *bytes;
	size_t size, used;
};

__attribute__((format(printf, 2, 3)))
static void add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int n = vsnprintf(text->bytes + text->used, text->size - text->used,
			  format, arguments);
	va_end(arguments);
	if (n > 0)
		text->used += (size_t)n;
	if (text->used >= text->size)
		text->used = text->size - 1;
}

static void tell_one(struct trace *trace, const struct trace_wait_for *wait,
		     int64_t now_ns, struct text *text)
{
	char who[300], what[300], whom[300], since[32];

	trace_tell_agent(trace, wait->agent_id, who, sizeof(who));
	trace_tell_object(trace, wait->object_id, what, sizeof(what));
	trace_tell_duration(now_ns > wait->since_ns ? now_ns - wait->since_ns
						    : 0, since, sizeof(since));
	trace_tell_agent(trace, wait->for_agent_id, whom, sizeof(whom));
	if (wait->state == TRACE_STATE_WAIT_LOCK && wait->for_agent_id) {
		add(text, wait->is_for_dead
				  ? _("%s is %s: %s, held by %s, which is dead"
				      " (for %s)\n")
				  : _("%s is %s: %s, held by %s (for %s)\n"),
		    who, _(trace_state_name(trace, wait->state)), what, whom,
		    since);
		return;
	}
	if (wait->is_for_dead) {
		/* Translators: who, is waiting for an item, of what, who would
		 * have to act. */
		add(text, _("%s is %s: %s, where %s would have to act, which is"
			    " dead (for %s)\n"),
		    who, _(trace_state_name(trace, wait->state)), what, whom,
		    since);
		return;
	}
	if (wait->state == TRACE_STATE_WAIT_CALL && wait->for_agent_id) {
		/* Translators: who, is waiting for a reply, of what, from whom. */
		add(text, _("%s is %s: %s, from %s (for %s)\n"), who,
		    _(trace_state_name(trace, wait->state)), what, whom, since);
		return;
	}
	/* Translators: who, a state as in states.def, for what, how long. */
	add(text, _("%s is %s: %s (for %s)\n"), who,
	    _(trace_state_name(trace, wait->state)), what, since);
}

static const struct trace_wait_for *
wait_of(const struct trace_wait_for *waits, size_t count, uint32_t agent_id)
{
	for (size_t i = 0; i < count; i++)
		if (waits[i].agent_id == agent_id)
			return &waits[i];
	return NULL;
}

/* Go once round, from the one with the lowest id. */
static void tell_circle(struct trace *trace, const struct trace_wait_for *waits,
			size_t count, const struct trace_wait_for *first,
			struct text *text)
{
	const struct trace_wait_for *at = first;
	char name[300];

	do {
		if (at->agent_id < first->agent_id)
			return;		/* it is told from there */
		at = wait_of(waits, count, at->for_agent_id);
	} while (at && at != first);
	trace_tell_agent(trace, first->agent_id, name, sizeof(name));
	add(text, _("A circle: %s"), name);
	at = first;
	do {
		trace_tell_agent(trace, at->for_agent_id, name, sizeof(name));
		add(text, at == first ? _(" waits for %s")
				      : _(", who waits for %s"), name);
		at = wait_of(waits, count, at->for_agent_id);
	} while (at && at != first);
	add(text, "%s\n", _(". None of them can ever go on."));
}

size_t trace_tell_waits(struct trace *trace, uint64_t seq,
			const struct trace_wait_for *waits, size_t count,
			char *buffer, size_t size)
{
	struct text text = { buffer, size, 0 };
	int64_t now_ns = trace_time_of(trace, seq);

	if (size == 0)
		return 0;
	buffer[0] = '\0';
	if (count == 0)
		add(&text, "%s\n", _("Nobody waits for anybody."));
	for (size_t i = 0; i < count; i++)
		tell_one(trace, &waits[i], now_ns, &text);
	for (size_t i = 0; i < count; i++)
		if (waits[i].in_circle)
			tell_circle(trace, waits, count, &waits[i], &text);
	return text.used;
}
