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
	ALWAYS, A_ZERO, A_POSITIVE, A_NEGATIVE, A_STDERR, SELF, HAS_ZOMBIE,
	B_IS,				/* + id in ends.def */
	ENDED_IS = B_IS + 64		/* + id in ends.def */
};
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

static size_t tell_parent(const struct trace *trace, uint32_t process_id,
			  char *buffer, size_t size)
{
	const struct trace_process *process = trace_process(trace, process_id);

	return trace_tell_process(trace, process ? process->parent_id : 0,
				  buffer, size);
}

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

static bool is_word(const char *word, size_t length, const char *name)
{
	return strlen(name) == length && !memcmp(word, name, length);
}

static size_t tell_word(struct trace *trace, const struct trace_record *record,
			const char *word, size_t length, char *buffer,
			size_t size)
{
	if (is_word(word, length, "who"))
		return trace_tell_agent(trace, record->agent_id, buffer, size);
	if (is_word(word, length, "object"))
		return trace_tell_object(trace, record->object_id, buffer,
					 size);
	if (is_word(word, length, "parent"))
		return tell_parent(trace, record->object_id, buffer, size);
	if (is_word(word, length, "a"))
		return tell_number(record->a, buffer, size);
	if (is_word(word, length, "b"))
		return tell_number(record->b, buffer, size);
	if (is_word(word, length, "text"))
		return copy(buffer, size, record->text, strlen(record->text));
	if (is_word(word, length, "time"))
		return trace_tell_duration(record->a, buffer, size);
	if (is_word(word, length, "signal"))
		return trace_tell_signal(record->a, buffer, size);
	if (is_word(word, length, "exit"))
		return trace_tell_exit(record->a, buffer, size);
	if (is_word(word, length, "zombie"))
		return trace_tell_duration(zombie_ns(trace, record), buffer,
					   size);
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
