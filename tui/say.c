#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/buffer.h"

static const char *speaker;

void ui_say_as(const char *command)
{
	speaker = command;
}

/* One line in one write, so that lines of several programs do not mix. */
static void say(const char *format, va_list args, const char *end)
{
	struct ui_buffer line = { 0 };
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return;
	ui_buffer_printf(&line, speaker ? "forkscope %s: " : "forkscope: ",
			 speaker);
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	ui_buffer_add_safely(&line, text, strlen(text));
	ui_buffer_puts(&line, end);
	ui_buffer_puts(&line, "\n");
	fflush(stdout);
	fwrite(line.bytes, 1, line.length, stderr);
	ui_buffer_finish(&line);
	free(text);
}

int ui_complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args, "");
	va_end(args);
	return UI_FAILED;
}

int ui_misused(const char *format, ...)
{
	va_list args;
	char *hint = speaker ? ui_format(_("; see `forkscope %s --help`"),
					 speaker)
			     : ui_strdup(_("; see `forkscope --help`"));

	/* Who was asked "did you mean?" has been told what to do. */
	if (format[strlen(format) - 1] == '?')
		*hint = '\0';

	va_start(args, format);
	say(format, args, hint);
	va_end(args);
	free(hint);
	return UI_USAGE;
}

void ui_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args, "");
	va_end(args);
}

/* ---- slips of the fingers ---- */

#define WORD_MAX 64

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters to insert, delete, replace or swap with their neighbour. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1], la = strlen(a), lb = strlen(b);
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= lb; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= la; i++) {
		now[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t cost = a[i - 1] != b[j - 1];
			now[j] = least(last[j - 1] + cost,
				       least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2]
			    && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		size_t *reuse = before;
		before = last;
		last = now;
		now = reuse;
	}
	return last[lb];
}

const char *ui_nearest(const char *word, const char *const *names)
{
	size_t length = strlen(word), limit = length < 4 ? 1 : 2;
	const char *best = NULL, *begins = NULL;

	if (length < 2)
		return NULL;
	for (; *names; names++) {
		size_t d = distance(word, *names);
		if (d <= limit && (!best || d < distance(word, best)))
			best = *names;
		if (!begins && strncasecmp(word, *names, length) == 0)
			begins = *names;
	}
	return best ? best : begins;
}
