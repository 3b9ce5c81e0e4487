#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/lesson_parts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/lesson.h"
#include "tui/lesson_blocks.h"
#include "tui/say.h"

static char *read_file(const char *folder, const char *language, char **path)
{
	const char *order[] = { language ? language : "en", "en" };
	char *text = NULL;

	*path = NULL;
	for (int i = 0; i < 2 && !text; i++) {
		free(*path);
		*path = ui_format("%s/parts.%s.md", folder, order[i]);
		text = ui_read_file(*path, NULL);
		if (!text && errno != ENOENT)
			break;
	}
	return text;
}

/* "`13` Synchronising"; the text is without the quotes. */
static bool read_item(const struct lesson_block *item, unsigned *number,
		      char **heading)
{
	char *end;
	unsigned long n = strtoul(item->text, &end, 10);

	if (item->code_count < 1 || item->codes[0].begin != 0
	    || end != item->text + item->codes[0].end || end == item->text
	    || n > 9999 || !strchr("0123456789", *item->text))
		return false;
	*number = (unsigned)n;
	*heading = ui_trimmed(end, end + strlen(end));
	if (**heading)
		return true;
	free(*heading);
	return false;
}

/* All from that lesson on; the next part takes its own away again. */
static void give(struct lesson **lessons, unsigned number, const char *heading)
{
	for (size_t i = 0; lessons[i]; i++) {
		if (lessons[i]->number < number)
			continue;
		free(lessons[i]->part);
		lessons[i]->part = ui_strdup(heading);
	}
}

void lesson_parts_read(struct lesson **lessons, const char *folder,
		       const char *language, char *error, size_t error_size)
{
	struct lesson_blocks blocks;
	char *path, *heading, *text = read_file(folder, language, &path);
	unsigned number;

	if (!text) {
		if (errno != ENOENT)
			snprintf(error, error_size, _("%s cannot be read: %m"),
				 path);
		free(path);
		return;
	}
	lesson_blocks_read(text, &blocks);
	for (size_t i = 0; i < blocks.count; i++) {
		const struct lesson_block *block = &blocks.list[i];

		if (block->kind != LESSON_ITEM)
			continue;
		if (read_item(block, &number, &heading)) {
			give(lessons, number, heading);
			free(heading);
		} else {
			snprintf(error, error_size, _("%s: line %u: an item is "
				 "a lesson's number in backquotes and a "
				 "heading"), path, block->line);
		}
	}
	lesson_blocks_finish(&blocks);
	free(text);
	free(path);
}
