#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/lesson_selector.h"

#include <stdlib.h>
#include <string.h>

#include "traces/event.h"
#include "tui/buffer.h"
#include "tui/lesson.h"
#include "tui/say.h"

#define NTH_MAX 1000000

static const char *const event_names[] = {
#define TRACE_EVENT(id, symbol, event, ...) event,
#include "traces/events.def"
#undef TRACE_EVENT
	NULL
};

static char *check_event(const char *name)
{
	for (const char *const *known = event_names; *known; known++)
		if (strcmp(name, *known) == 0)
			return NULL;
	const char *near = ui_nearest(name, event_names);
	if (near)
		return ui_format(_("there is no event \"%s\"; did you mean "
				   "%s?"), name, near);
	return ui_format(_("there is no event \"%s\"; fscope(5) lists them"),
			 name);
}

/* "TEXT" ends at the last quote, so that the text may hold some. */
static char *read_needle(const char **rest, struct lesson_moment *m)
{
	const char *text = *rest;

	if (*text != '"') {
		m->needle = ui_strdup("");
		return NULL;
	}
	const char *end = strrchr(text + 1, '"');
	if (!end) {
		m->needle = ui_strdup("");
		return ui_format(_("the text of a selector has no closing "
				   "quotation mark: %s"), text);
	}
	m->needle = ui_strndup(text + 1, (size_t)(end - text - 1));
	*rest = end + 1 + strspn(end + 1, " ");
	return NULL;
}

static char *read_nth(const char **rest, struct lesson_moment *m)
{
	char *end = (char *)*rest;

	m->nth = 1;
	if (**rest == '#') {
		const char *digits = *rest + 1;
		unsigned long n = strtoul(digits, &end, 10);
		if (!strchr("123456789", *digits) || !*digits || n > NTH_MAX)
			return ui_format(_("behind # in a selector comes a "
					   "number from 1 on, not \"%s\""),
					 digits);
		m->nth = (unsigned)n;
	}
	end += strspn(end, " ");
	if (*end)
		return ui_format(_("a selector is EVENT AGENT \"TEXT\" #N; "
				   "what is \"%s\"?"), end);
	return NULL;
}

bool lesson_selector_read(const char *selector, bool strict,
			  struct lesson_moment *m, char **wrong)
{
	size_t length = strcspn(selector, " ");
	const char *agent = selector + length;
	/* An agent's path may hold spaces: M.1 feeder. */
	const char *rest = agent + strcspn(agent, "\"#");

	m->event = ui_strndup(selector, length);
	m->agent = ui_trimmed(agent, rest);
	if (strcmp(m->agent, "*") == 0)
		m->agent[0] = '\0';
	*wrong = read_needle(&rest, m);
	if (!*wrong)
		*wrong = read_nth(&rest, m);
	if (!*wrong && strict)
		*wrong = check_event(m->event);
	return !*wrong;
}
