#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/lesson.h"
#include "tui/lesson_blocks.h"
#include "tui/lesson_selector.h"
#include "tui/say.h"

/* From blocks of Markdown to a lesson. The first thing that is wrong ends the
 * reading, with a message that names its line. */

enum section {
	CLAIM, PREDICTION, MOMENTS, KNOBS, BREAK, REPAIR, VERDICT, PRESENTER,
	SECTION_COUNT,
	ABOUT = SECTION_COUNT,	/* before the first section */
};

static const char *const section_names[] = {
	"claim", "prediction", "moments", "knobs", "break", "repair",
	"verdict", "presenter", NULL
};

struct parsing {
	struct lesson *lesson;
	struct ui_buffer texts[SECTION_COUNT + 1];
	enum lesson_block_kind last_kind;	/* in the section so far */
	enum section section;
	bool seen[SECTION_COUNT], strict;
	char *error;
	size_t error_size;
};

__attribute__((format(printf, 3, 4)))
static bool wrong(struct parsing *p, unsigned line, const char *format, ...)
{
	va_list args;
	char *what;

	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		what = NULL;
	va_end(args);
	if (line)
		snprintf(p->error, p->error_size, _("line %u: %s"), line,
			 what ? what : "");
	else
		snprintf(p->error, p->error_size, "%s", what ? what : "");
	free(what);
	return false;
}

/* Grows an array by one zeroed element and returns that. */
static void *grow(void *array, size_t *count, size_t size)
{
	void **list = array;

	*list = ui_realloc(*list, (*count + 1) * size);
	return memset((char *)*list + (*count)++ * size, 0, size);
}

/* ---- items ---- */

static bool read_answer(struct parsing *p, const struct lesson_block *b)
{
	struct lesson *l = p->lesson;
	const char *end = b->text + strlen(b->text), *dash = b->text;

	if (!b->mark)
		return wrong(p, b->line, _("an answer begins with - [x] if it "
					   "is right, else with - [ ]"));
	while ((dash = strstr(dash, "--")) && dash[2] && dash[2] != ' '
	       && dash[2] != '\n')
		dash += 2;
	struct lesson_answer *a = grow(&l->answers, &l->answer_count,
				       sizeof(*a));
	a->right = b->mark == 'x';
	a->text = ui_trimmed(b->text, dash ? dash : end);
	a->reply = ui_trimmed(dash ? dash + 2 : end, end);
	return a->text[0] || wrong(p, b->line, _("an answer is empty"));
}

/* What separates a code from the words that explain it. */
static const char *skip_separator(const char *text)
{
	static const char *const separators[] = { "：", ":", "——", "—", "--",
						  NULL };

	text += strspn(text, " \n");
	for (int i = 0; separators[i]; i++) {
		size_t length = strlen(separators[i]);
		if (strncmp(text, separators[i], length) == 0)
			return text + length + strspn(text + length, " \n");
	}
	return text;
}

static bool read_moment(struct parsing *p, const struct lesson_block *b)
{
	struct lesson *l = p->lesson;

	if (b->code_count == 0 || b->codes[0].begin != 0)
		return wrong(p, b->line, _("a moment begins with its selector "
					   "in backquotes, as `proc.fork M`"));
	struct lesson_moment *m = grow(&l->moments, &l->moment_count,
				       sizeof(*m));
	char *selector = ui_trimmed(b->text, b->text + b->codes[0].end);
	char *what = NULL;
	if (!lesson_selector_read(selector, p->strict, m, &what))
		wrong(p, b->line, "%s", what);
	free(selector);
	m->sentence = ui_strdup(skip_separator(b->text + b->codes[0].end));
	if (!what && !m->sentence[0])
		return wrong(p, b->line, _("a moment needs a sentence behind "
					   "its selector"));
	free(what);
	return !what;
}

static bool is_name(const char *name)
{
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	while (isalnum((unsigned char)*name) || *name == '_')
		name++;
	return *name == '\0';
}

/* Between code i - 1 and code i stands this and nothing else. */
static bool is_between(const struct lesson_block *b, size_t i, const char *what)
{
	if (i >= b->code_count)
		return false;
	char *text = ui_trimmed(b->text + b->codes[i - 1].end,
			     b->text + b->codes[i].begin);
	bool same = strcmp(text, what) == 0;
	free(text);
	return same;
}

static bool read_knob(struct parsing *p, const struct lesson_block *b)
{
	struct lesson *l = p->lesson;
	size_t i = 1;

	if (b->code_count < 2 || b->codes[0].begin != 0
	    || !is_between(b, 1, "="))
		return wrong(p, b->line, _("a knob is written as `name` = "
					   "`default` | `other` question"));
	char *name = ui_strndup(b->text, b->codes[0].end);
	for (size_t k = 0; k < l->knob_count; k++)
		if (strcmp(l->knobs[k].name, name) == 0)
			name[0] = '\0';
	struct lesson_knob *knob = grow(&l->knobs, &l->knob_count,
					sizeof(*knob));
	knob->name = name;
	do {
		char **value = grow(&knob->values, &knob->value_count,
				    sizeof(*value));
		*value = ui_strndup(b->text + b->codes[i].begin,
				    b->codes[i].end - b->codes[i].begin);
	} while (is_between(b, ++i, "|"));
	knob->question = ui_strdup(skip_separator(b->text
						  + b->codes[i - 1].end));
	return is_name(name) || wrong(p, b->line, _("a knob's name consists of "
						    "letters, digits and _, "
						    "and is there once"));
}

/* ---- sections ---- */

static void add_lines(struct ui_buffer *out, const char *text,
		      const char *prefix)
{
	for (;;) {
		size_t length = strcspn(text, "\n");
		if (length > 0)
			ui_buffer_puts(out, prefix);
		ui_buffer_add(out, text, length);
		if (!text[length])
			return;
		ui_buffer_puts(out, "\n");
		text += length + 1;
	}
}

/* Items of a list follow each other line by line, all else has an empty line in
 * between. */
static void add_plainly(struct parsing *p, const struct lesson_block *b)
{
	struct ui_buffer *out = &p->texts[p->section];

	if (out->length > 0)
		ui_buffer_puts(out, b->kind == LESSON_ITEM
				    && p->last_kind == LESSON_ITEM ? "\n"
								   : "\n\n");
	if (b->kind == LESSON_QUOTE)
		add_lines(out, b->text, "> ");
	else if (b->kind == LESSON_CODE)
		add_lines(out, b->text, "    ");
	else
		ui_buffer_printf(out, "%s%s",
				 b->kind == LESSON_ITEM ? "- " : "", b->text);
	p->last_kind = b->kind;
}

static bool begin_section(struct parsing *p, const struct lesson_block *b)
{
	const char *open = strrchr(b->text, '{'), *end = strrchr(b->text, '}');

	if (!open || open[1] != '#' || !end || end < open || end[1])
		return wrong(p, b->line, _("the heading \"%s\" does not say "
					   "which section it is: add {#claim}, "
					   "{#prediction}, ..."), b->text);
	char *name = ui_strndup(open + 2, (size_t)(end - open - 2));
	bool by_events = strcmp(name, "moments .events") == 0;
	int i = 0;

	if (by_events)
		name[strlen("moments")] = '\0';
	while (i < SECTION_COUNT && strcmp(name, section_names[i]) != 0)
		i++;
	const char *near = ui_nearest(name, section_names);
	bool good = i < SECTION_COUNT && !p->seen[i];
	if (i == SECTION_COUNT)
		wrong(p, b->line, near ? _("there is no section {#%s}; did you "
					   "mean {#%s}?")
				       : _("there is no section {#%s}; "
					   "forkscope-lesson(7) lists them"),
		      name, near);
	else if (!good)
		wrong(p, b->line, _("the section {#%s} is there twice"), name);
	free(name);
	if (good) {
		p->section = (enum section)i;
		p->seen[i] = true;
		p->lesson->by_events |= by_events;
	}
	return good;
}

static bool read_block(struct parsing *p, const struct lesson_block *b)
{
	bool is_item = b->kind == LESSON_ITEM;

	if (b->kind == LESSON_TITLE) {
		if (p->lesson->title)
			return wrong(p, b->line, _("there is a second title: "
						   "\"%s\""), b->text);
		p->lesson->title = ui_strdup(b->text);
		return true;
	}
	if (b->kind == LESSON_SECTION)
		return begin_section(p, b);
	if (p->section == PREDICTION && is_item)
		return read_answer(p, b);
	if (p->section == MOMENTS && is_item)
		return read_moment(p, b);
	if (p->section == KNOBS && is_item)
		return read_knob(p, b);
	if (p->section == ABOUT && p->texts[ABOUT].length > 0)
		return true;	/* one paragraph says what it is about */
	add_plainly(p, b);
	return true;
}

static bool check(struct parsing *p)
{
	const struct lesson *l = p->lesson;
	size_t right = 0;

	if (!l->title || !l->title[0])
		return wrong(p, 0, _("the narrative has no title; begin it with "
				     "a line `# Title`"));
	for (size_t i = 0; i < l->answer_count; i++)
		right += l->answers[i].right;
	if (!p->seen[PREDICTION])
		return true;
	if (!p->texts[PREDICTION].length)
		return wrong(p, 0, _("the section {#prediction} has no "
				     "question"));
	if (l->answer_count < 2 || right != 1)
		return wrong(p, 0, _("the section {#prediction} needs two or "
				     "more answers, one of them right: - [x]"));
	return true;
}

static void hand_over(struct parsing *p)
{
	struct lesson *l = p->lesson;

	l->about = ui_buffer_take(&p->texts[ABOUT]);
	l->claim = ui_buffer_take(&p->texts[CLAIM]);
	l->question = ui_buffer_take(&p->texts[PREDICTION]);
	l->breaking = ui_buffer_take(&p->texts[BREAK]);
	l->repair = ui_buffer_take(&p->texts[REPAIR]);
	l->verdict = ui_buffer_take(&p->texts[VERDICT]);
	l->presenter = ui_buffer_take(&p->texts[PRESENTER]);
	if (!l->title)
		l->title = ui_strdup("");
	/* Words between the moments or knobs are for readers of the file. */
	ui_buffer_finish(&p->texts[MOMENTS]);
	ui_buffer_finish(&p->texts[KNOBS]);
}

static struct lesson *parse(const char *markdown, const char *slug, bool strict,
			    char *error, size_t error_size)
{
	struct lesson_blocks blocks;
	struct parsing p = {
		.lesson = ui_alloc(sizeof(*p.lesson)),
		.section = ABOUT,
		.strict = strict,
		.error = error,
		.error_size = error_size,
	};
	bool good = true;

	lesson_blocks_read(markdown, &blocks);
	for (size_t i = 0; good && i < blocks.count; i++)
		good = read_block(&p, &blocks.list[i]);
	lesson_blocks_finish(&blocks);
	good = good && check(&p);
	hand_over(&p);
	p.lesson->slug = ui_strdup(slug ? slug : "");
	p.lesson->folder = ui_strdup("");
	if (good)
		return p.lesson;
	lesson_free(p.lesson);
	return NULL;
}

struct lesson *lesson_parse(const char *markdown, const char *slug,
			    char *error, size_t error_size)
{
	return parse(markdown, slug, false, error, error_size);
}

struct lesson *lesson_parse_strictly(const char *markdown, const char *slug,
				     char *error, size_t error_size)
{
	return parse(markdown, slug, true, error, error_size);
}
