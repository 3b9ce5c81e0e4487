#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/flow.h"
#include "tui/source.h"
#include "tui/width.h"
#include "traces/i18n.h"

#define TAB_COLUMNS 4
#define MOST_AGENTS 24		/* whose lines are marked at once */

/* What is shown, and which line each agent has reached in it. */
struct page {
	struct ui_source c, python;
	const struct ui_source *shown;
	int now;		/* the chosen agent's line, 0: not known */
	struct {
		int line;
		const char *path;
	} others[MOST_AGENTS];
	int other_count;
};

static int line_of(const struct ui_state *state, const struct page *page,
		   uint32_t agent_id, const char *file)
{
	const struct trace_site *site =
		trace_place(state->trace, agent_id, state->cursor_seq);

	if (!site || (file && strcmp(site->file, file) != 0))
		return 0;
	if (page->shown == &page->python)
		return ui_source_twin(&page->c, site->line, &page->python);
	return site->line;
}

static void place_agents(const struct ui_state *state, struct page *page,
			 const char *file)
{
	const struct ui_lane *now = ui_lane_now(state);
	uint32_t agent_id = ui_agent_now(state);

	if (agent_id)
		page->now = line_of(state, page, agent_id, file);
	for (size_t i = 0; i < state->lane_count &&
	     page->other_count < MOST_AGENTS; i++) {
		const struct trace_agent *agent =
			trace_agent(state->trace, state->lanes[i].agent_id);
		int line;

		if (!agent || &state->lanes[i] == now ||
		    agent->started_ns > state->cursor_ns ||
		    (agent->ended_ns >= 0 &&
		     agent->ended_ns <= state->cursor_ns))
			continue;
		line = line_of(state, page, agent->id, file);
		if (!line)
			continue;
		page->others[page->other_count].line = line;
		page->others[page->other_count++].path = agent->path;
	}
}

static bool load(const struct ui_state *state, struct page *page)
{
	uint32_t agent_id = ui_agent_now(state);
	const struct trace_site *site = agent_id ?
		trace_place(state->trace, agent_id, state->cursor_seq) : NULL;
	const char *file = site ? site->file : NULL, *found = NULL;
	const char *c, *python;

	memset(page, 0, sizeof(*page));
	c = trace_source(state->trace, file, file ? NULL : "c", &found);
	if (!c)
		c = trace_source(state->trace, NULL, "c", &found);
	python = trace_source(state->trace, NULL, "python", NULL);
	if (c)
		ui_source_split(&page->c, c);
	if (python)
		ui_source_split(&page->python, python);
	page->shown = state->python && python ? &page->python : &page->c;
	if (page->shown->count == 0)
		return false;
	place_agents(state, page, file);
	return true;
}

static bool is_keyword(const char *word, size_t length)
{
	static const char *const words[] = {
		"int", "long", "char", "void", "struct", "static", "const",
		"return", "if", "else", "for", "while", "break", "double",
		"def", "import", "from", "as", "class", "in", "not", "and",
		"or", "None", "True", "False", "with", "try", "except",
		"unsigned", "bool", "true", "false", "NULL", "size_t",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == length &&
		    memcmp(words[i], word, length) == 0)
			return true;
	return false;
}

/* The next piece of a line that has one look. */
static size_t token(const char *text, size_t length, bool python,
		    enum ui_role *role)
{
	size_t used = 1;

	*role = UI_ROLE_TEXT;
	if ((python && *text == '#') ||
	    (length > 1 && *text == '/' && (text[1] == '*' || text[1] == '/'))) {
		*role = UI_ROLE_COMMENT;
		return length;
	}
	if (*text == '"' || *text == '\'') {
		while (used < length && text[used] != *text)
			used += text[used] == '\\' ? 2 : 1;
		*role = UI_ROLE_STRING;
		return used < length ? used + 1 : length;
	}
	if (!isalpha((unsigned char)*text) && *text != '_')
		return used;
	while (used < length &&
	       (isalnum((unsigned char)text[used]) || text[used] == '_'))
		used++;
	if (is_keyword(text, used))
		*role = UI_ROLE_KEYWORD;
	return used;
}

static char *expand_tabs(const char *text, size_t length)
{
	struct ui_buffer out = { 0 };
	size_t at = 0;

	for (; at < length && text[at] == '\t'; at++)
		for (int i = 0; i < TAB_COLUMNS; i++)
			ui_buffer_puts(&out, " ");
	for (; at < length; at++)
		ui_buffer_add(&out, text[at] == '\t' ? " " : text + at, 1);
	return ui_buffer_take(&out);
}

static void draw_code(struct ui_canvas *canvas, int x, int y, const char *text,
		      bool python)
{
	size_t length = strlen(text);
	enum ui_role role;

	while (length > 0) {
		size_t used = 0, next;

		/* Bytes of one character stay together. */
		do {
			next = token(text + used, length - used, python, &role);
			used += next;
		} while (used < length && ((unsigned char)text[used] & 0xc0) ==
			 0x80);
		x += ui_put_n(canvas, x, y, role, text, used);
		text += used;
		length -= used;
	}
}

/* Where it is narrow, a comment at the end of a C line is left out as a whole. */
static void drop_comment(char *text, int columns)
{
	char *comment = strstr(text, "/*"), *end;

	if (!comment || ui_text_columns(text, strlen(text)) <= columns)
		return;
	for (end = comment; end > text && end[-1] == ' '; end--)
		;
	if (end > text)
		*end = '\0';
}

static const char *other_at(const struct page *page, int line)
{
	for (int i = 0; i < page->other_count; i++)
		if (page->others[i].line == line)
			return page->others[i].path;
	return NULL;
}

static void draw_line(const struct page *page, struct ui_canvas *canvas,
		      struct ui_rect rect, int line)
{
	const struct ui_source *shown = page->shown;
	char *text = expand_tabs(shown->lines[line - 1],
				 shown->lengths[line - 1]);
	const char *other = other_at(page, line);
	struct ui_rect row = { rect.x, rect.y, rect.columns, 1 };

	if (shown == &page->c)
		drop_comment(text, rect.columns - 4);
	ui_putf(canvas, rect.x, rect.y, UI_ROLE_LINE_NUMBER, "%3d ", line);
	draw_code(canvas, rect.x + 4, rect.y, text, shown == &page->python);
	if (ui_text_columns(text, strlen(text)) > rect.columns - 4)
		ui_put_glyph(canvas, rect.x + rect.columns - 1, rect.y,
			     UI_ROLE_DIM, UI_GLYPH_ELLIPSIS);
	if (line == page->now) {
		ui_tint(canvas, row, UI_ROLE_LINE_NOW);
		ui_put_glyph(canvas, rect.x + 3, rect.y, UI_ROLE_LINE_NOW,
			     UI_GLYPH_SELECTED);
	}
	if (other)
		ui_putf(canvas, rect.x + rect.columns -
			ui_text_columns(other, strlen(other)) - 2, rect.y,
			UI_ROLE_LINE_OTHER, " %s ", other);
	free(text);
}

void ui_pane_draw_source(const struct ui_state *state,
			 struct ui_canvas *canvas, struct ui_rect rect)
{
	struct page page;
	int first;

	if (!load(state, &page)) {
		ui_put(canvas, rect.x + 1, rect.y, UI_ROLE_DIM,
		       _("The trace holds no source."));
	} else {
		first = page.now - 1 - rect.rows * 2 / 5 +
			state->pane_scroll[UI_PANE_SOURCE];
		if (first > ui_scroll_limit(page.shown->count, rect.rows))
			first = ui_scroll_limit(page.shown->count, rect.rows);
		if (first < 0)
			first = 0;
		for (int i = 0; i < rect.rows &&
		     first + i < page.shown->count; i++)
			draw_line(&page, canvas, (struct ui_rect){
				  rect.x, rect.y + i, rect.columns, 1 },
				  first + i + 1);
	}
	ui_source_finish(&page.c);
	ui_source_finish(&page.python);
}
