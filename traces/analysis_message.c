#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "traces/analysis-private.h"

/* Messages and items on their way. They are numbered, one after the other, by who
 * sends them; numbers on their way lie close together. So a table in which each
 * has the place its number says, and which grows where two would have the same,
 * stays about as large as there are messages on their way.
 *
 * One that had to wait for room is told to be sent after it was: it may be there
 * before. Then it was sent when its sender began to wait. */

#define FIRST_SIZE 16u
#define MOST (1u << 20)			/* on their way to one object */

static struct trace_letter *slot_of(const struct trace_letters *letters,
				    int64_t number)
{
	return &letters->slots[(uint64_t)number & (letters->size - 1)];
}

/* Twice as large; false: no memory, or too large. */
static bool grow(struct trace_letters *letters)
{
	struct trace_letters bigger = {
		.size = letters->size ? letters->size * 2 : FIRST_SIZE,
		.count = letters->count,
	};

	if (bigger.size > MOST
	    || !(bigger.slots = calloc(bigger.size, sizeof(*bigger.slots))))
		return false;
	for (uint32_t i = 0; i < letters->size; i++)
		if (letters->slots[i].is_used)
			*slot_of(&bigger, letters->slots[i].number) =
				letters->slots[i];
	free(letters->slots);
	*letters = bigger;
	return true;
}

static struct trace_letter *find(const struct trace_letters *letters,
				 int64_t number)
{
	struct trace_letter *letter;

	if (letters->size == 0)
		return NULL;
	letter = slot_of(letters, number);
	return letter->is_used && letter->number == number ? letter : NULL;
}

/* A place for it. What lies there and cannot be moved is given up. */
static struct trace_letter *place(struct trace_analysis *analysis,
				  struct trace_letters *letters, int64_t number)
{
	struct trace_letter *letter;

	while (letters->size == 0 || slot_of(letters, number)->is_used)
		if (!grow(letters))
			break;
	if (letters->size == 0)
		return NULL;
	letter = slot_of(letters, number);
	if (letter->is_used)
		analysis->anomalies++;
	else
		letters->count++;
	*letter = (struct trace_letter){ .is_used = true, .number = number };
	return letter;
}

static void tell(struct trace_analysis *analysis,
		 const struct trace_thing *thing,
		 const struct trace_letter *letter)
{
	bool has_come = letter->received.agent != 0;
	struct trace_delivery_row row = {
		.object_id = thing->use.object_id,
		.from_agent_id = letter->sent.agent,
		.sent_ns = letter->sent.t_ns,
		.sent_seq = letter->sent.seq,
		.to_agent_id = letter->received.agent,
		.received_ns = has_come ? letter->received.t_ns : TRACE_NEVER,
		.received_seq = letter->received.seq,
		.bytes = letter->bytes,
	};

	TRACE_TELL_ROW(analysis, delivery, &row);
}

static void arrive(struct trace_analysis *analysis, struct trace_thing *thing,
		   struct trace_letter *letter)
{
	tell(analysis, thing, letter);
	trace_story_arrow(analysis, "message", letter->sent, letter->received,
			 thing->use.object_id);
	letter->is_used = false;
	thing->letters.count--;
}

void trace_message_sent(struct trace_analysis *analysis,
			struct trace_thing *thing, struct trace_point began,
			int64_t number, int64_t bytes)
{
	struct trace_letter *letter = find(&thing->letters, number);

	thing->level++;
	thing->bytes += bytes;
	thing->put_seq = analysis->now.seq;
	if (letter && letter->is_early) {
		letter->bytes = bytes;
		letter->sent = began;
		if (began.seq > letter->received.seq)
			analysis->anomalies++;
		arrive(analysis, thing, letter);
		return;
	}
	letter = place(analysis, &thing->letters, number);
	if (!letter)
		return;
	letter->bytes = bytes;
	letter->sent = analysis->now;
}

void trace_message_withdraw(struct trace_analysis *analysis,
			    struct trace_thing *thing, int64_t number)
{
	struct trace_letter *letter = find(&thing->letters, number);

	if (!letter || letter->is_early
	    || letter->sent.agent != analysis->now.agent)
		return;
	thing->level--;
	thing->bytes -= letter->bytes;
	letter->is_used = false;
	thing->letters.count--;
}

void trace_message_received(struct trace_analysis *analysis,
			    struct trace_thing *thing, int64_t number,
			    int64_t bytes)
{
	struct trace_letter *letter = find(&thing->letters, number);

	thing->level--;
	thing->bytes -= bytes;
	thing->renewed_seq = analysis->now.seq;
	if (letter && !letter->is_early) {
		letter->received = analysis->now;
		arrive(analysis, thing, letter);
		return;
	}
	letter = place(analysis, &thing->letters, number);
	if (!letter)
		return;
	letter->is_early = true;
	letter->received = analysis->now;
}

void trace_message_finish(struct trace_analysis *analysis,
			  struct trace_thing *thing)
{
	struct trace_letters *letters = &thing->letters;

	for (uint32_t i = 0; i < letters->size; i++)
		if (letters->slots[i].is_used && !letters->slots[i].is_early)
			tell(analysis, thing, &letters->slots[i]);
	free(letters->slots);
	*letters = (struct trace_letters){ 0 };
}
