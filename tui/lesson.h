/* tui/lesson.h - a lesson: its folder and its narrative
 *
 * A lesson is a folder `NN-slug` (or a teacher's own, any name) that holds
 * SLUG.c, original.py, lesson.en.md and lesson.zh.md; forkscope-lesson(7)
 * describes them. A narrative is Markdown with a few fixed sections, told apart
 * by the {#id} at the end of their headings, so that the headings themselves may
 * be in any language:
 *
 *   # Title
 *   first paragraph: one line that says what it is about
 *   ## ... {#claim}       the document's sentence (a block quote) and what holds
 *   ## ... {#prediction}  a question, then a task list: `- [x] right answer`,
 *                         `- [ ] wrong answer`; the text after ` -- ` in an item
 *                         is told once the learner has chosen it
 *   ## ... {#moments}     a list; each item begins with `selector` and goes on
 *                         with the sentence told when that event is reached;
 *                         {#moments .events}: the stage begins with one column
 *                         an event, not with true time
 *   ## ... {#knobs}       a list: `name` = `default` | `other` ... question
 *   ## ... {#break}       what to try so that it fails
 *   ## ... {#repair}      how to mend it
 *   ## ... {#verdict}     what a search over all schedules must find
 *   ## ... {#presenter}   notes for the teacher
 *
 * A selector is `EVENT [AGENT] ["TEXT"] [#N]`: an event's name, the path of its
 * agent (M.1; * for any), a part of its text, and which such event (default:
 * the first). It names an event, never a time. */
#ifndef UI_LESSON_H
#define UI_LESSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace;

struct lesson_answer {
	char *text;		/* what can be chosen */
	char *reply;		/* what is told once it was; "" if nothing */
	bool right;
};

struct lesson_moment {
	char *event, *agent, *needle;	/* agent, needle: "" = any */
	unsigned nth;			/* 1 = the first */
	char *sentence;
	uint64_t seq;			/* set by lesson_locate; 0: not there */
};

struct lesson_knob {
	char *name, *question;
	char **values;			/* the first one is the default */
	size_t value_count;
};

struct lesson {
	char *slug;			/* "daemon" */
	char *folder;			/* "" when it came out of a trace */
	unsigned number;		/* 10 for 10-daemon, 0 for a teacher's own */
	char *title, *about;
	char *part;		/* heading of its part of the course; NULL: none */
	/* Sections as plain text, paragraphs separated by an empty line,
	 * quotes prefixed by "> ", list items by "- "; "" if missing. */
	char *claim, *question, *breaking, *repair, *verdict, *presenter;
	struct lesson_answer *answers;
	struct lesson_moment *moments;
	struct lesson_knob *knobs;
	size_t answer_count, moment_count, knob_count;
	bool by_events;			/* its moments are too close for true time */
};

/* lesson_parse - read a narrative
 * slug      may be NULL
 * Returns   a lesson for lesson_free; NULL with a message that names the line
 *           or section that is wrong */
struct lesson *lesson_parse(const char *markdown, const char *slug,
			    char *error, size_t error_size);
/* The same for a lesson that is being written: a selector must also name an event
 * we know. (A trace may bring the lesson of a newer forkscope.) */
struct lesson *lesson_parse_strictly(const char *markdown, const char *slug,
				     char *error, size_t error_size);
/* lesson_load - the lesson of a folder, in `language` ("zh"), else English */
struct lesson *lesson_load(const char *folder, const char *language,
			   char *error, size_t error_size);
void lesson_free(struct lesson *lesson);

/* lesson_list - the lessons that came with the program, in order, with the headings
 * of their parts; the array ends with NULL and is freed by lesson_list_free. A broken lesson is left out and
 * reported in error. */
struct lesson **lesson_list(const char *language, char *error,
			    size_t error_size);
void lesson_list_free(struct lesson **lessons);
/* Whether a part of the course begins with lessons[at]. */
bool lesson_begins_part(struct lesson *const *lessons, size_t at);
/* lesson_find - a lesson by slug, number, or path of a folder (one that contains
 * a slash or is a directory). */
struct lesson *lesson_find(const char *what, const char *language,
			   char *error, size_t error_size);

/* lesson_knob_index - which of the values that a knob offers is this one?
 * "0.30" is "0.3", and "1", as traces have it, is "true".
 * Returns  its index, -1 if it is none of them */
int lesson_knob_index(const struct lesson_knob *knob, const char *value);

/* lesson_check_setting - is "name=value" a knob of this lesson, and a value?
 * Returns  whether it is; if not, one line in error that lists the knobs */
bool lesson_check_setting(const struct lesson *lesson, const char *setting,
			  char *error, size_t error_size);

/* lesson_locate - find the moments' events in a trace (again, as it grows) */
void lesson_locate(struct lesson *lesson, struct trace *trace);
/* The next trace is another one. */
void lesson_forget(struct lesson *lesson);
/* The moment that is told when the cursor stands on seq: the last one at or
 * before it; NULL before the first. */
const struct lesson_moment *lesson_moment_at(const struct lesson *lesson,
					     uint64_t seq);
/* lesson_language - "zh" or "en", from LC_ALL/LC_MESSAGES/LANG/LANGUAGE */
const char *lesson_language(void);

#endif
