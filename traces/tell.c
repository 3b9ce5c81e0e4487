#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/tell.h"

#include <inttypes.h>
#include <string.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/reader.h"

enum condition {
	ALWAYS, A_ZERO, A_POSITIVE, A_NEGATIVE, A_STDERR, A_OTHER,
	B_POSITIVE, B_SELF, SELF, HAS_ZOMBIE,
	B_IS,				/* + the number */
	ENDED_IS = B_IS + 64		/* + id in ends.def */
};
#define B_NUMBER(n) (B_IS + (n))
#define B_END(symbol) (B_IS + TRACE_ENDED_BY_##symbol)
#define ENDED(symbol) (ENDED_IS + TRACE_ENDED_BY_##symbol)

static const struct {
	uint32_t kind;
	int condition;
	const char *sentence;
} sentences[] = {
#define TRACE_TELL(kind, condition, sentence) \
	{ TRACE_##kind, condition, sentence },
#include "traces/tell.def"
#undef TRACE_TELL
};

static const char *const ends[] = {
#define TRACE_END(id, symbol, name, d) [id] = name,
#include "traces/ends.def"
#undef TRACE_END
};

/* ---- which sentence ---- */

static int64_t zombie_ns(const struct trace *trace,
			 const struct trace_record *record)
{
	const struct trace_process *process = trace_process(trace,
							    record->object_id);

	if (!process || process->exited_ns < 0)
		return 0;
	return record->t_ns - process->exited_ns;
}

static bool is_own_process(const struct trace *trace,
			   const struct trace_record *record)
{
	const struct trace_agent *agent = trace_agent(trace, record->agent_id);

	return agent && agent->process_id == record->object_id;
}

static bool ended_by(const struct trace *trace, uint32_t object_id, int end)
{
	const struct trace_process *process = trace_process(trace, object_id);

	return process && !strcmp(process->ended_by, ends[end]);
}

static bool fits(const struct trace *trace, const struct trace_record *record,
		 int condition)
{
	switch (condition) {
	case ALWAYS:
		return true;
	case A_ZERO:
		return record->a == 0;
	case A_POSITIVE:
		return record->a > 0;
	case A_NEGATIVE:
		return record->a < 0;
	case A_STDERR:
		return (record->a & 0xff) == 2;
	case A_OTHER:
		return record->a > 0 && record->a != record->agent_id;
	case B_POSITIVE:
		return record->b > 0;
	case B_SELF:
		return record->b == record->agent_id;
	case SELF:
		return is_own_process(trace, record);
	case HAS_ZOMBIE:
		return zombie_ns(trace, record) > 0;
	}
	if (condition < ENDED_IS)
		return record->b == condition - B_IS;
	return ended_by(trace, record->object_id, condition - ENDED_IS);
}

/* The rows of a kind follow each other. */
static const char *sentence_of(const struct trace *trace,
			       const struct trace_record *record)
{
	for (size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++)
		if (sentences[i].kind == record->kind
		    && fits(trace, record, sentences[i].condition))
			return _(sentences[i].sentence);
	return NULL;
}

/* ---- its words ---- */

static size_t copy(char *buffer, size_t size, const char *text, size_t length)
{
	if (size == 0)
		return 0;
	if (length >= size) {
		length = size - 1;
		while (length > 0
		       && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(buffer, text, length);
	buffer[length] = '\0';
	return length;
}

static size_t tell_number(int64_t number, char *buffer, size_t size)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%" PRId64, number);

	return copy(buffer, size, text, (size_t)length);
}

#define WORD(name) \
	static size_t word_##name(struct trace *trace, \
				  const struct trace_record *record, \
				  char *buffer, size_t size)

WORD(who)
{
	return trace_tell_agent(trace, record->agent_id, buffer, size);
}

WORD(agent_a)
{
	return trace_tell_agent(trace, (uint32_t)record->a, buffer, size);
}

WORD(agent_b)
{
	return trace_tell_agent(trace, (uint32_t)record->b, buffer, size);
}

WORD(object)
{
	return trace_tell_object(trace, record->object_id, buffer, size);
}

WORD(object_a)
{
	return trace_tell_object(trace, (uint32_t)record->a, buffer, size);
}

WORD(object_b)
{
	return trace_tell_object(trace, (uint32_t)record->b, buffer, size);
}

WORD(parent)
{
	const struct trace_process *process = trace_process(trace,
							    record->object_id);

	return trace_tell_process(trace, process ? process->parent_id : 0,
				  buffer, size);
}

WORD(a)
{
	(void)trace;
	return tell_number(record->a, buffer, size);
}

WORD(b)
{
	(void)trace;
	return tell_number(record->b, buffer, size);
}

WORD(nth)
{
	(void)trace;
	return tell_number(record->a < INT64_MAX ? record->a + 1 : record->a,
			   buffer, size);
}

WORD(parties)
{
	(void)trace;
	return tell_number(record->b & ~TRACE_BARRIER_FOREVER, buffer, size);
}

WORD(text)
{
	(void)trace;
	return copy(buffer, size, record->text, strlen(record->text));
}

WORD(time)
{
	(void)trace;
	return trace_tell_duration(record->a, buffer, size);
}

WORD(at_most)
{
	char time[32], text[128];

	(void)trace;
	if (record->a < 0)
		return copy(buffer, size, "", 0);
	trace_tell_duration(record->a, time, sizeof(time));
	int length = snprintf(text, sizeof(text), _(", at most %s"), time);
	return copy(buffer, size, text, (size_t)length < sizeof(text)
						? (size_t)length
						: sizeof(text) - 1);
}

WORD(signal)
{
	(void)trace;
	return trace_tell_signal(record->a, buffer, size);
}

WORD(exit)
{
	(void)trace;
	return trace_tell_exit(record->a, buffer, size);
}

WORD(exit_b)
{
	(void)trace;
	return trace_tell_exit(record->b, buffer, size);
}

WORD(error_a)
{
	(void)trace;
	return trace_tell_error(record->a, buffer, size);
}

WORD(error_b)
{
	(void)trace;
	return trace_tell_error(record->b, buffer, size);
}

WORD(bytes)
{
	long n = (long)record->b;
	char text[64];
	int length = snprintf(text, sizeof(text),
			      TRACE_PLURAL("%ld byte", "%ld bytes", n), n);

	(void)trace;
	return copy(buffer, size, text, (size_t)length);
}

WORD(task)
{
	(void)trace;
	return tell_number((uint32_t)record->a, buffer, size);
}

/* Which task, or job, which is the number of its first one. */
static uint32_t task_number(const struct trace_record *record)
{
	return (uint32_t)(record->kind == TRACE_RESULT_WAIT ? record->b
							    : record->a);
}

WORD(function)
{
	const char *name = "";
	struct trace_pool_task task;
	char text[300];
	int length = 0;

	if (record->kind == TRACE_TASK_SUBMIT)
		name = trace_pool_function(trace, record->object_id,
					   (uint32_t)((uint64_t)record->a
						      >> 48));
	else if (trace_task(trace, record->object_id, task_number(record),
			    &task) == 0)
		name = task.function;
	if (*name)
		length = snprintf(text, sizeof(text), ", %s()", name);
	return copy(buffer, size, text, length < (int)sizeof(text)
						? (size_t)length : 0);
}

WORD(zombie)
{
	return trace_tell_duration(zombie_ns(trace, record), buffer, size);
}

WORD(value)
{
	(void)trace;
	return trace_tell_value(record->b, buffer, size);
}

WORD(yes)
{
	const char *text = record->a ? _("yes") : _("no");

	(void)trace;
	return copy(buffer, size, text, strlen(text));
}

static const struct {
	const char *name;
	size_t (*tell)(struct trace *trace, const struct trace_record *record,
		       char *buffer, size_t size);
} words[] = {
	{ "who", word_who }, { "object", word_object }, { "a", word_a },
	{ "b", word_b }, { "text", word_text }, { "time", word_time },
	{ "at_most", word_at_most }, { "agent_a", word_agent_a },
	{ "agent_b", word_agent_b }, { "object_a", word_object_a },
	{ "object_b", word_object_b }, { "exit_b", word_exit_b },
	{ "task", word_task }, { "function", word_function },
	{ "parent", word_parent }, { "nth", word_nth },
	{ "parties", word_parties },
	{ "signal", word_signal }, { "exit", word_exit },
	{ "zombie", word_zombie }, { "value", word_value },
	{ "yes", word_yes }, { "error_a", word_error_a },
	{ "error_b", word_error_b }, { "bytes", word_bytes },
};

static size_t tell_word(struct trace *trace, const struct trace_record *record,
			const char *word, size_t length, char *buffer,
			size_t size)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strncmp(words[i].name, word, length)
		    && !words[i].name[length])
			return words[i].tell(trace, record, buffer, size);
	return copy(buffer, size, word, length);
}

/* A kind that only the file knows: its agent, and its description. */
static size_t tell_stranger(struct trace *trace,
			    const struct trace_record *record, char *buffer,
			    size_t size)
{
	size_t used = trace_tell_agent(trace, record->agent_id, buffer, size);
	const char *words = trace_kind_description(trace, record->kind);

	used += copy(buffer + used, size - used, ": ", 2);
	return used + copy(buffer + used, size - used, words, strlen(words));
}

size_t trace_tell(struct trace *trace, const struct trace_record *record,
		  char *buffer, size_t size)
{
	const char *s = sentence_of(trace, record);
	size_t used = 0;

	if (size == 0)
		return 0;
	if (!s)
		return tell_stranger(trace, record, buffer, size);
	buffer[0] = '\0';
	while (*s) {
		const char *brace = strchr(s, '{');
		const char *end = brace ? strchr(brace, '}') : NULL;

		if (!end)
			return used + copy(buffer + used, size - used, s,
					   strlen(s));
		used += copy(buffer + used, size - used, s,
			     (size_t)(brace - s));
		used += tell_word(trace, record, brace + 1,
				  (size_t)(end - brace - 1), buffer + used,
				  size - used);
		s = end + 1;
	}
	return used;
}
