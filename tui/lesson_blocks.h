/* tui/lesson_blocks.h - a narrative's Markdown as a flat list of blocks
 *
 * What md4c calls back about, put in order: headings, paragraphs, quotes, list
 * items and code, each as plain text. lesson_parse.c gives them their meaning.
 *
 * Emphasis and links lose their marks. A line that was only wrapped goes on with
 * a space, or with nothing between Chinese characters. */
#ifndef UI_LESSON_BLOCKS_H
#define UI_LESSON_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

enum lesson_block_kind {
	LESSON_TITLE,		/* # */
	LESSON_SECTION,		/* ## */
	LESSON_PARAGRAPH,	/* also headings further down */
	LESSON_QUOTE,
	LESSON_ITEM,		/* of a list; lists within are a part of it */
	LESSON_CODE,		/* fenced or indented */
};

/* A piece of `code` in a block's text: bytes [begin, end). */
struct lesson_code {
	size_t begin, end;
};

struct lesson_block {
	enum lesson_block_kind kind;
	char mark;		/* item of a task list: 'x' or ' '; else 0 */
	unsigned line;		/* where its text begins, from 1 */
	char *text;
	struct lesson_code *codes;
	size_t code_count;
};

struct lesson_blocks {
	struct lesson_block *list;
	size_t count;
};

/* lesson_blocks_read - never fails: any text is Markdown */
void lesson_blocks_read(const char *markdown, struct lesson_blocks *out);
void lesson_blocks_finish(struct lesson_blocks *blocks);

#endif
