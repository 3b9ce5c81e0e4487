#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/flow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/width.h"

static struct ui_flow_line *append(struct ui_flow *flow)
{
	struct ui_flow_line *line;

	if (flow->count == flow->size) {
		flow->size = flow->size ? 2 * flow->size : 32;
		flow->lines = ui_realloc(flow->lines, (size_t)flow->size *
					 sizeof(*flow->lines));
	}
	line = &flow->lines[flow->count++];
	memset(line, 0, sizeof(*line));
	return line;
}

/* No line begins with one of these. */
static bool is_closing(uint32_t character)
{
	static const uint32_t closing[] = {
		0x3001, 0x3002, 0x300b, 0x300d, 0x300f, 0x3011, 0xff01,
		0xff09, 0xff0c, 0xff1a, 0xff1b, 0xff1f, 0x201d, 0x2019,
		0x2026, ',', '.', ';', ':', '!', '?', ')', ']',
	};

	for (size_t i = 0; i < sizeof(closing) / sizeof(*closing); i++)
		if (closing[i] == character)
			return true;
	return false;
}

static bool is_opening(uint32_t character)
{
	return character == 0x300a || character == 0x300c ||
	       character == 0x300e || character == 0xff08 ||
	       character == 0x201c || character == 0x2018 || character == '(';
}

/* What opens, opens for the next; a straight quote does so after a space. */
static bool is_open_quote(uint32_t character, uint32_t before)
{
	return character == '"' && (!before || before == ' ');
}

/* Whether a line may end between these two. */
static bool may_break(uint32_t before, int before_columns, uint32_t after,
		      int after_columns)
{
	if (after == ' ' || is_closing(after) || is_opening(before))
		return false;
	return before == ' ' || before_columns == 2 || after_columns == 2;
}

/* How many bytes of the text go on a line of so many columns. */
static size_t fit(const char *text, size_t length, int columns)
{
	size_t at = 0, last_break = 0, used;
	int taken = 0, width, width_before = 0;
	uint32_t before = 0;
	bool is_open = false;

	while (at < length) {
		size_t next = ui_grapheme(text + at, length - at, &width);
		uint32_t character = ui_decode(text + at, length - at, &used);

		if (at > 0 && !is_open &&
		    may_break(before, width_before, character, width))
			last_break = at;
		if (taken + width > columns && character != ' ')
			return last_break ? last_break : at ? at : next;
		taken += width;
		is_open = is_open_quote(character, before);
		before = character;
		width_before = width;
		at += next;
	}
	return length;
}

static void add_line(struct ui_flow *flow, enum ui_role role, int indent,
		     const char *text, size_t length)
{
	int room = flow->columns - indent;

	if (room < 1)
		room = 1;
	do {
		size_t used = fit(text, length, room), shown = used;
		struct ui_flow_line *line = append(flow);

		while (shown > 0 && text[shown - 1] == ' ')
			shown--;
		line->text = ui_strndup(text, shown);
		line->indent = indent;
		line->role = role;
		text += used;
		length -= used;
		while (length > 0 && *text == ' ') {
			text++;
			length--;
		}
	} while (length > 0);
}

void ui_flow_add(struct ui_flow *flow, enum ui_role role, int indent,
		 const char *text)
{
	size_t length = strcspn(text, "\n");

	add_line(flow, role, indent, text, length);
	while (text[length] == '\n' && text[length + 1]) {
		text += length + 1;
		length = strcspn(text, "\n");
		add_line(flow, role, indent, text, length);
	}
}

void ui_flow_addf(struct ui_flow *flow, enum ui_role role, int indent,
		  const char *format, ...)
{
	char *text;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return;
	ui_flow_add(flow, role, indent, text);
	free(text);
}

void ui_flow_pair(struct ui_flow *flow, enum ui_role label_role,
		  const char *label, int indent, enum ui_role role,
		  const char *text)
{
	int first = flow->count;

	if (ui_text_columns(label, strlen(label)) >= indent) {
		ui_flow_add(flow, label_role, 0, label);
		ui_flow_add(flow, role, indent, text);
		return;
	}
	ui_flow_add(flow, role, indent, text);
	flow->lines[first].label = ui_strdup(label);
	flow->lines[first].label_role = label_role;
}

void ui_flow_gap(struct ui_flow *flow)
{
	if (flow->count > 0 && *flow->lines[flow->count - 1].text)
		ui_flow_add(flow, UI_ROLE_TEXT, 0, "");
}

void ui_flow_plain(struct ui_flow *flow, bool ascii, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = ui_strndup(text, length);

		if (strncmp(line, "> ", 2) == 0)
			ui_flow_pair(flow, UI_ROLE_QUOTE,
				     ui_glyph(ascii, UI_GLYPH_QUOTE), 2,
				     UI_ROLE_QUOTE, line + 2);
		else if (strncmp(line, "- ", 2) == 0)
			ui_flow_pair(flow, UI_ROLE_TEXT,
				     ui_glyph(ascii, UI_GLYPH_BULLET), 2,
				     UI_ROLE_TEXT, line + 2);
		else if (length == 0)
			ui_flow_gap(flow);
		else
			ui_flow_add(flow, UI_ROLE_TEXT, 0, line);
		free(line);
		text += length + (text[length] == '\n');
	}
}

int ui_scroll_limit(int count, int rows)
{
	return count > rows ? count - rows : 0;
}

void ui_flow_draw(const struct ui_flow *flow, struct ui_canvas *canvas,
		  struct ui_rect rect, int from)
{
	int limit = ui_scroll_limit(flow->count, rect.rows);
	int right = rect.x + rect.columns - 1;

	from = from > limit ? limit : from < 0 ? 0 : from;
	for (int i = 0; i < rect.rows && from + i < flow->count; i++) {
		const struct ui_flow_line *line = &flow->lines[from + i];

		if (line->label)
			ui_put(canvas, rect.x, rect.y + i, line->label_role,
			       line->label);
		ui_put(canvas, rect.x + line->indent, rect.y + i, line->role,
		       line->text);
	}
	if (from > 0)
		ui_put_glyph(canvas, right, rect.y, UI_ROLE_MARK,
			     UI_GLYPH_MORE_UP);
	if (from < limit && rect.rows > 0)
		ui_put_glyph(canvas, right, rect.y + rect.rows - 1,
			     UI_ROLE_MARK, UI_GLYPH_MORE_DOWN);
}

void ui_flow_finish(struct ui_flow *flow)
{
	for (int i = 0; i < flow->count; i++) {
		free(flow->lines[i].label);
		free(flow->lines[i].text);
	}
	free(flow->lines);
	flow->lines = NULL;
	flow->count = flow->size = 0;
}
