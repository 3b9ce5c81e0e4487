#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdarg.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/reader.h"
#include "traces/tell.h"

/* A deadlock as a story: who waits for what, where, and who has it since when. */

#define MOST_EDGES 64

struct text {
	char *bytes;
	size_t size, used;
};

struct story {
	struct trace *trace;
	const struct trace_edge *edge;
	bool is_dead;			/* who would have to act */
	struct trace_record wait;	/* the event that began the wait */
	char who[300], what[300], whom[300];
	char where[300], since[300];
};

__attribute__((format(printf, 2, 3)))
static void add(struct text *text, const char *format, ...)
{
	va_list arguments;

	if (text->used + 1 >= text->size)
		return;
	va_start(arguments, format);
	int n = vsnprintf(text->bytes + text->used, text->size - text->used,
			  format, arguments);
	va_end(arguments);
	if (n > 0)
		text->used += (size_t)n;
	if (text->used < text->size)
		return;
	text->used = text->size - 1;
	while (text->used > 0
	       && ((unsigned char)text->bytes[text->used - 1] & 0xc0) == 0x80)
		text->used--;
	if (text->used > 0
	    && (unsigned char)text->bytes[text->used - 1] >= 0xc0)
		text->used--;
	text->bytes[text->used] = '\0';
}

/* " [file.c:12]", or "" */
static void tell_place(struct trace *trace, uint32_t site_id, char *buffer,
		       size_t size)
{
	const struct trace_site *site = trace_site(trace, site_id);
	const char *slash = site ? strrchr(site->file, '/') : NULL;

	buffer[0] = '\0';
	if (site)
		snprintf(buffer, size, " [%s:%d]",
			 slash && slash[1] ? slash + 1 : site->file,
			 site->line);
}

/* Who has the lock, and where it was taken. False: nobody knows. */
static bool find_holder(struct story *story)
{
	const struct trace_edge *edge = story->edge;
	struct trace_record taken;
	struct trace_hold hold;

	story->since[0] = '\0';
	if (trace_holder_after(story->trace, edge->object_id, edge->wait_seq,
			       &hold) < 0)
		return false;
	trace_tell_agent(story->trace, hold.agent_id, story->whom,
			 sizeof(story->whom));
	if (trace_events(story->trace, hold.begin_seq, 1, &taken) == 1)
		tell_place(story->trace, taken.site_id, story->since,
			   sizeof(story->since));
	return true;
}

static void tell_lock(struct story *story, struct text *text)
{
	const struct trace_edge *edge = story->edge;
	bool is_known = find_holder(story);

	if (edge->holder_agent_id == edge->agent_id)
		/* Translators: who, for which lock, where in the source; where
		 * in the source it was taken. */
		add(text, _("%s waits for %s%s, which it holds itself%s"),
		    story->who, story->what, story->where, story->since);
	else if (story->is_dead && is_known)
		add(text, _("%s waits for %s%s, held by %s%s, which is dead"),
		    story->who, story->what, story->where, story->whom,
		    story->since);
	else if (story->is_dead || !edge->holder_agent_id)
		add(text, _("%s waits for %s%s, held by the dead"), story->who,
		    story->what, story->where);
	else
		add(text, _("%s waits for %s%s, held by %s%s"), story->who,
		    story->what, story->where, story->whom, story->since);
}

/* What the others could do and do not. */
static const char *sentence_of(uint32_t kind)
{
	switch (kind) {
	case TRACE_JOIN_BEGIN:
	case TRACE_EXIT_JOIN_BEGIN:
	case TRACE_PARENT_JOIN_BEGIN:
		return N_("%s waits for %s to end%s");
	case TRACE_SEM_WAIT:
		return N_("%s waits for a permit of %s%s");
	case TRACE_COND_WAIT:
		return N_("%s waits to be notified in %s%s");
	case TRACE_EVENT_WAIT:
		return N_("%s waits until %s is set%s");
	case TRACE_BARRIER_HOLD:
		return N_("%s waits until the others have left %s%s");
	case TRACE_BARRIER_WAIT:
		return N_("%s waits for the others at %s%s");
	case TRACE_CONN_RECV_WAIT:
	case TRACE_CONN_POLL_WAIT:
		return N_("%s waits for a message from %s%s");
	case TRACE_CONN_SEND_WAIT:
	case TRACE_QUEUE_PUT_WAIT:
	case TRACE_FEEDER_WAIT:
		return N_("%s waits for room in %s%s");
	case TRACE_QUEUE_GET_WAIT:
		return N_("%s waits for an item from %s%s");
	case TRACE_QUEUE_FLUSH_WAIT:
		return N_("%s waits for its feeder to empty its buffer of"
			  " %s%s");
	case TRACE_QUEUE_JOIN_WAIT:
		return N_("%s waits until all items of %s are dealt with%s");
	}
	return N_("%s waits for %s%s");
}

static bool is_for_room(uint32_t kind)
{
	return kind == TRACE_CONN_SEND_WAIT || kind == TRACE_QUEUE_PUT_WAIT
	       || kind == TRACE_FEEDER_WAIT;
}

static bool is_for_item(uint32_t kind)
{
	return kind == TRACE_CONN_RECV_WAIT || kind == TRACE_QUEUE_GET_WAIT
	       || kind == TRACE_CONN_POLL_WAIT;
}

/* What they have not done, and will not do. */
static void tell_dead(const struct story *story, struct text *text)
{
	const char *sentence = N_(", but %s, which has it, is dead");

	switch (story->wait.kind) {
	case TRACE_QUEUE_GET_WAIT:
		sentence = N_(", but %s, which was reading from it, is dead");
		break;
	case TRACE_FEEDER_WAIT:
		sentence = N_(", but %s, which was writing into it, is dead");
		break;
	case TRACE_QUEUE_JOIN_WAIT:
		sentence = N_(", but %s, which had the last of them, is dead");
		break;
	case TRACE_BARRIER_HOLD:
		sentence = N_(", but %s, which would have to leave it, is dead");
		break;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	add(text, _(sentence), story->whom);
#pragma GCC diagnostic pop
}

static void tell_wait(struct story *story, struct text *text)
{
	uint32_t kind = story->wait.kind;

	if (kind == TRACE_LOCK_WAIT) {
		tell_lock(story, text);
		return;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	/* Translators: who, for what, where in the source. */
	add(text, _(sentence_of(kind)), story->who, story->what, story->where);
#pragma GCC diagnostic pop
	if (!story->edge->holder_agent_id)
		return;
	trace_tell_agent(story->trace, story->edge->holder_agent_id,
			 story->whom, sizeof(story->whom));
	if (story->is_dead)
		tell_dead(story, text);
	else if (is_for_room(kind))
		add(text, _(", and %s takes nothing out"), story->whom);
	else if (is_for_item(kind))
		add(text, _(", and %s puts nothing in"), story->whom);
}

static void tell_edge(struct trace *trace, const struct trace_edge *edge,
		      bool is_dead, struct text *text)
{
	struct story story = { .trace = trace, .edge = edge,
			       .is_dead = is_dead };

	if (trace_events(trace, edge->wait_seq, 1, &story.wait) != 1)
		story.wait.kind = 0;
	trace_tell_agent(trace, edge->agent_id, story.who, sizeof(story.who));
	trace_tell_object(trace, edge->object_id, story.what,
			  sizeof(story.what));
	tell_place(trace, edge->site_id, story.where, sizeof(story.where));
	tell_wait(&story, text);
}

static const char *verdict(const char *kind, int count)
{
	if (!strcmp(kind, "nobody"))
		return _(". Nobody is left who could let them go on.");
	if (count == 1)
		return _(". It can never go on.");
	return _(". None of them can ever go on.");
}

size_t trace_tell_deadlock(struct trace *trace,
			   const struct trace_deadlock *deadlock, char *buffer,
			   size_t size)
{
	struct trace_edge edges[MOST_EDGES];
	struct text text = { buffer, size, 0 };
	int count = trace_deadlock_edges(trace, deadlock->id, MOST_EDGES,
					 edges);

	if (size == 0)
		return 0;
	buffer[0] = '\0';
	add(&text, "%s", _("Deadlock: "));
	for (int i = 0; i < count; i++) {
		if (i > 0)
			add(&text, "%s", _("; "));
		tell_edge(trace, &edges[i], !strcmp(deadlock->kind, "dead"),
			  &text);
	}
	add(&text, "%s", verdict(deadlock->kind, count));
	return text.used;
}

size_t trace_tell_wait(struct trace *trace, const struct trace_wait_for *wait,
		       char *buffer, size_t size)
{
	struct text text = { buffer, size, 0 };
	struct trace_record begin;
	struct trace_edge edge = {
		.agent_id = wait->agent_id,
		.object_id = wait->object_id,
		.holder_agent_id = wait->for_agent_id,
		.wait_seq = wait->since_seq,
	};

	if (size == 0)
		return 0;
	buffer[0] = '\0';
	if (trace_events(trace, wait->since_seq, 1, &begin) == 1)
		edge.site_id = begin.site_id;
	tell_edge(trace, &edge, wait->is_for_dead, &text);
	return text.used;
}
