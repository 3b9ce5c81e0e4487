#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/source.h"

#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"

struct piece {
	const char *text;
	size_t length;
};

void ui_source_split(struct ui_source *source, const char *text)
{
	int size = 0;

	memset(source, 0, sizeof(*source));
	while (*text) {
		size_t length = strcspn(text, "\n");

		if (source->count == size) {
			size = size ? 2 * size : 128;
			source->lines = ui_realloc(source->lines, (size_t)size *
						   sizeof(*source->lines));
			source->lengths = ui_realloc(source->lengths,
						     (size_t)size *
						     sizeof(*source->lengths));
		}
		source->lines[source->count] = text;
		source->lengths[source->count++] = length;
		text += length + (text[length] == '\n');
	}
}

void ui_source_finish(struct ui_source *source)
{
	free(source->lines);
	free(source->lengths);
	memset(source, 0, sizeof(*source));
}

static struct piece trim(struct piece piece)
{
	while (piece.length > 0 &&
	       (*piece.text == ' ' || *piece.text == '\t')) {
		piece.text++;
		piece.length--;
	}
	while (piece.length > 0 &&
	       strchr(" \t\r", piece.text[piece.length - 1]))
		piece.length--;
	return piece;
}

/* What the comment at the end of a C line says; empty if there is none. */
static struct piece quotation(const struct ui_source *c, int line)
{
	struct piece whole = trim((struct piece){ c->lines[line - 1],
						  c->lengths[line - 1] });

	if (whole.length < 5 ||
	    memcmp(whole.text + whole.length - 2, "*/", 2) != 0)
		return (struct piece){ "", 0 };
	for (size_t i = whole.length - 2; i-- > 0;)
		if (whole.text[i] == '/' && whole.text[i + 1] == '*')
			return trim((struct piece){ whole.text + i + 2,
						    whole.length - i - 4 });
	return (struct piece){ "", 0 };
}

static bool is_same(struct piece a, struct piece b)
{
	return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/* A Python line may go on with a comment of its own. */
static bool is_quoted(struct piece line, struct piece quoted)
{
	if (line.length < quoted.length ||
	    memcmp(line.text, quoted.text, quoted.length) != 0)
		return false;
	line.text += quoted.length;
	line.length -= quoted.length;
	line = trim(line);
	return line.length == 0 || *line.text == '#';
}

static bool contains(struct piece line, struct piece quoted)
{
	return memmem(line.text, line.length, quoted.text, quoted.length);
}

static int find(const struct ui_source *python, struct piece quoted, int nth,
		bool (*fits)(struct piece, struct piece))
{
	int last = 0;

	for (int i = 1; i <= python->count; i++) {
		struct piece line = trim((struct piece){
			python->lines[i - 1], python->lengths[i - 1] });

		if (!fits(line, quoted))
			continue;
		last = i;
		if (nth-- == 0)
			return i;
	}
	return last;
}

int ui_source_twin(const struct ui_source *c, int line,
		   const struct ui_source *python)
{
	struct piece quoted = { "", 0 };
	int nth = 0, found;

	if (line > c->count)
		return 0;
	for (int up = 0; up < 6 && line > 0 && !quoted.length; up++, line--)
		quoted = quotation(c, line);
	if (!quoted.length)
		return 0;
	for (int i = 1; i <= line; i++)
		nth += is_same(quotation(c, i), quoted);
	found = find(python, quoted, nth, is_quoted);
	return found ? found : find(python, quoted, nth, contains);
}
