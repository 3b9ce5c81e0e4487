#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/manual.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/command.h"
#include "tui/say.h"

/* ---- text for troff ---- */

/* Backslashes and hyphens as they are; `code` in bold. */
static void put(const char *text)
{
	bool bold = false;

	for (; *text; text++) {
		if (*text == '`')
			fputs((bold = !bold) ? "\\fB" : "\\fR", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-' && (bold || text[1] == '-'
					  || isdigit((unsigned char)text[1])))
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
}

/* A line of text; one that begins like a request gets a guard. */
static void put_line(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	put(text);
	putchar('\n');
}

/* A term whose every hyphen is one that can be typed. */
static void put_term(const char *text)
{
	for (; *text; text++)
		fputs(*text == '-' ? "\\-" : *text == '\\' ? "\\e"
			: (char[]){ *text, 0 }, stdout);
}

static void put_row(const char *term, const char *description)
{
	fputs(".TP\n.B ", stdout);
	put_term(term);
	putchar('\n');
	put_line(description);
}

/* ---- the lists ---- */

static void put_option(const struct ui_option *o)
{
	const char *argument = o->argument;

	fputs(".TP\n", stdout);
	if (o->letter)
		printf("\\fB\\-%c\\fR, ", o->letter);
	fputs("\\fB\\-\\-", stdout);
	put_term(o->name);
	if (*argument == '[')
		printf("\\fR[=\\fI%.*s\\fR]\n", (int)strcspn(argument + 2, "]"),
		       argument + 2);
	else
		printf("\\fR%s\\fI%s\\fR\n", *argument ? "=" : "", argument);
	put_line(o->help);
}

static int list_options(const char *name)
{
	const struct ui_option *o;
	size_t place = 0;

	for (int i = 0; i < UI_COMMAND_COUNT; i++) {
		if (strcmp(ui_command(i)->name, name) != 0)
			continue;
		while ((o = ui_option_each(i, &place)))
			if (o->command != -1)
				put_option(o);
		return UI_OK;
	}
	return ui_complain(_("there is no command \"%s\" to list options of"),
			   name);
}

static void list_commands(void)
{
	for (int i = 1; i < UI_COMMAND_COUNT; i++) {
		const struct ui_command *c = ui_command(i);
		printf(".SS \"%s %s\"\n", c->name, c->operands);
		char *summary = ui_format("%c%s.",
					  toupper((unsigned char)c->summary[0]),
					  c->summary + 1);
		put_line(summary);
		free(summary);
		if (*c->more)
			put_line(c->more);
		list_options(c->name);
	}
}

struct row {
	const char *term, *description, *a, *b;
};

static const struct row events[] = {
#define TRACE_EVENT(id, symbol, name, component, effect, state, text, a, b, d) \
	{ name, d, a, TEXT_##text(b) },
#define TEXT_TEXT(b) ""
#define TEXT_NOTEXT(b) b
#include "traces/events.def"
#undef TRACE_EVENT
	{ 0 }
};

static const struct row states[] = {
#define TRACE_STATE(id, symbol, name, rank, glyph, ascii, d) \
	{ name, d, NULL, NULL },
#include "traces/states.def"
#undef TRACE_STATE
	{ 0 }
};

static const struct row objects[] = {
#define TRACE_OBJECT(id, symbol, name, python) { name, python, NULL, NULL },
#include "traces/objects.def"
#undef TRACE_OBJECT
	{ 0 }
};

static const struct row roles[] = {
#define TRACE_ROLE(id, symbol, name, d) { name, d, NULL, NULL },
#include "traces/roles.def"
#undef TRACE_ROLE
	{ 0 }
};

static const struct row ends[] = {
#define TRACE_END(id, symbol, name, d) { name, d, NULL, NULL },
#include "traces/ends.def"
#undef TRACE_END
	{ 0 }
};

static const struct row keys[] = {
#define UI_ACTION(symbol, keys, where, rank, section, hint, help) \
	{ keys, help, NULL, NULL },
#include "tui/actions.def"
#undef UI_ACTION
	{ 0 }
};

static void list_rows(const struct row *row)
{
	for (; row->term; row++) {
		put_row(row->term, row->description);
		if (row->a && *row->a)
			printf(".br\n\\fIa\\fR: %s\n", row->a);
		if (row->b && *row->b)
			printf(".br\n\\fIb\\fR: %s\n", row->b);
	}
}

static int list(const char *what)
{
	static const struct {
		const char *name;
		const struct row *rows;
	} lists[] = {
		{ "events", events }, { "states", states },
		{ "objects", objects }, { "roles", roles }, { "ends", ends },
		{ "keys", keys },
	};

	if (strcmp(what, "commands") == 0)
		return list_commands(), UI_OK;
	if (strncmp(what, "options", 7) == 0)
		return list_options(what + 7 + (what[7] == ' '));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strcmp(what, lists[i].name) == 0)
			return list_rows(lists[i].rows), UI_OK;
	}
	return ui_complain(_("there is no list \"%s\""), what);
}

/* ---- the page ---- */

int ui_manual_print(const char *path)
{
	static const char begin[] = ".\\\" begin ", end[] = ".\\\" end";
	char *page = path ? ui_read_file(path, NULL) : NULL;
	bool inside = false;
	int status = UI_OK;

	if (!path)
		return ui_misused(_("a manual page is missing"));
	if (!page)
		return ui_complain(_("%s cannot be read: %m"), path);
	for (char *line = page, *next; *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (strcmp(line, end) == 0)
			inside = false;
		if (!inside)
			puts(line);
		if (strncmp(line, begin, strlen(begin)) == 0) {
			inside = true;
			if (list(line + strlen(begin)) != UI_OK)
				status = UI_FAILED;
		}
	}
	free(page);
	return status;
}
