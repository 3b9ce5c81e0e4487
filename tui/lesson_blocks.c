#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/lesson_blocks.h"

#include <md4c.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"

struct reading {
	const char *source;
	size_t source_length;
	struct lesson_blocks *out;
	struct ui_buffer text;		/* of the block that is open */
	bool is_open, breaks;		/* breaks: a wrapped line ended here */
	unsigned quotes, items;		/* how deep we are in them */
};

/* ---- text ---- */

static bool is_wide(uint32_t c)
{
	return (c >= 0x2e80 && c <= 0x9fff) || (c >= 0xac00 && c <= 0xd7a3)
	       || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xff00 && c <= 0xff60)
	       || (c >= 0x20000 && c <= 0x3ffff);
}

/* Punctuation that brings its own space with it. */
static bool is_wide_punctuation(uint32_t c)
{
	return (c >= 0x3000 && c <= 0x303f) || (c >= 0xff01 && c <= 0xff0f)
	       || (c >= 0xff1a && c <= 0xff20);
}

/* Quotation marks, dashes and dots, as wide as the letters around them. */
static bool is_ambiguous(uint32_t c)
{
	return c == 0x2014 || (c >= 0x2018 && c <= 0x201d) || c == 0x2026;
}

static bool needs_space(uint32_t before, uint32_t after)
{
	if (is_wide_punctuation(before) || is_wide_punctuation(after))
		return false;
	if (!is_wide(before) && !is_wide(after))
		return true;
	return !((is_wide(before) || is_ambiguous(before))
		 && (is_wide(after) || is_ambiguous(after)));
}

static uint32_t last_character(const struct ui_buffer *b)
{
	size_t at = b->length - 1, used;

	while (at > 0 && (b->bytes[at] & 0xc0) == 0x80)
		at--;
	return ui_decode(b->bytes + at, b->length - at, &used);
}

static void add_text(struct reading *r, const char *text, size_t length)
{
	size_t used;

	if (r->breaks && length > 0 && r->text.length > 0
	    && needs_space(last_character(&r->text),
			   ui_decode(text, length, &used)))
		ui_buffer_puts(&r->text, " ");
	r->breaks = false;
	ui_buffer_add_safely(&r->text, text, length);
}

static void add_entity(struct reading *r, const char *entity, size_t length)
{
	static const struct {
		const char *name;
		uint32_t character;
	} names[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&apos;", '\'' }, { "&nbsp;", 0xa0 },
		{ "&mdash;", 0x2014 }, { "&hellip;", 0x2026 },
		{ "&rarr;", 0x2192 },
	};

	if (length > 3 && entity[1] == '#') {
		bool is_hex = entity[2] == 'x' || entity[2] == 'X';
		ui_buffer_add_character(
			&r->text, (uint32_t)strtoul(entity + 2 + is_hex, NULL,
						    is_hex ? 16 : 10));
		return;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].name) == length
		    && strncmp(names[i].name, entity, length) == 0) {
			ui_buffer_add_character(&r->text, names[i].character);
			return;
		}
	}
	add_text(r, entity, length);
}

/* ---- blocks ---- */

static struct lesson_block *open_block(struct reading *r)
{
	return &r->out->list[r->out->count - 1];
}

static void begin_block(struct reading *r, enum lesson_block_kind kind,
			char mark)
{
	r->out->list = ui_realloc(r->out->list, (r->out->count + 1)
							* sizeof(*r->out->list));
	r->out->list[r->out->count++] =
		(struct lesson_block){ .kind = kind, .mark = mark };
	r->is_open = true;
	r->breaks = false;
}

static void end_block(struct reading *r)
{
	ui_buffer_trim(&r->text);
	open_block(r)->text = ui_buffer_take(&r->text);
	r->is_open = false;
}

static enum lesson_block_kind kind_of_heading(const MD_BLOCK_H_DETAIL *h)
{
	return h->level == 1 ? LESSON_TITLE
	       : h->level == 2 ? LESSON_SECTION : LESSON_PARAGRAPH;
}

/* A paragraph or a nested list within an item begins a new line of it. */
static void continue_item(struct reading *r, const char *with)
{
	if (r->text.length > 0) {
		ui_buffer_trim(&r->text);
		ui_buffer_puts(&r->text, with);
	}
	r->breaks = false;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *user)
{
	struct reading *r = user;

	switch (type) {
	case MD_BLOCK_QUOTE:
		r->quotes++;
		break;
	case MD_BLOCK_LI:
		if (r->items++ > 0) {
			continue_item(r, "\n- ");
			break;
		}
		const MD_BLOCK_LI_DETAIL *li = detail;
		begin_block(r, LESSON_ITEM, !li->is_task ? 0
				: li->task_mark == ' ' ? ' ' : 'x');
		break;
	case MD_BLOCK_H:
	case MD_BLOCK_P:
	case MD_BLOCK_CODE:
		if (r->items > 0)
			continue_item(r, "\n");
		else if (type == MD_BLOCK_H)
			begin_block(r, kind_of_heading(detail), 0);
		else
			begin_block(r, type == MD_BLOCK_CODE ? LESSON_CODE
				       : r->quotes ? LESSON_QUOTE
						   : LESSON_PARAGRAPH, 0);
		break;
	default:
		break;
	}
	return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *user)
{
	struct reading *r = user;

	(void)detail;
	if (type == MD_BLOCK_QUOTE)
		r->quotes--;
	else if (type == MD_BLOCK_LI && --r->items == 0)
		end_block(r);
	else if ((type == MD_BLOCK_H || type == MD_BLOCK_P
		  || type == MD_BLOCK_CODE) && r->items == 0)
		end_block(r);
	return 0;
}

static int enter_span(MD_SPANTYPE type, void *detail, void *user)
{
	struct reading *r = user;

	(void)detail;
	if (type != MD_SPAN_CODE || !r->is_open)
		return 0;
	/* The space of a wrapped line is not a part of the code. */
	add_text(r, "`", 1);
	r->text.bytes[--r->text.length] = '\0';
	struct lesson_block *b = open_block(r);
	b->codes = ui_realloc(b->codes,
			      (b->code_count + 1) * sizeof(*b->codes));
	b->codes[b->code_count++] = (struct lesson_code){ r->text.length,
							  r->text.length };
	return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *user)
{
	struct reading *r = user;

	(void)detail;
	if (type == MD_SPAN_CODE && r->is_open) {
		struct lesson_block *b = open_block(r);
		b->codes[b->code_count - 1].end = r->text.length;
	}
	return 0;
}

/* md4c passes most text as it lies in the source, which tells us the line. */
static void note_line(struct reading *r, const char *text)
{
	struct lesson_block *b = open_block(r);

	if (b->line || text < r->source || text > r->source + r->source_length)
		return;
	b->line = 1;
	for (const char *p = r->source; p < text; p++)
		b->line += *p == '\n';
}

static int on_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size,
		   void *user)
{
	struct reading *r = user;

	if (!r->is_open)
		return 0;
	note_line(r, text);
	switch (type) {
	case MD_TEXT_SOFTBR:
		r->breaks = true;
		break;
	case MD_TEXT_BR:
		ui_buffer_puts(&r->text, "\n");
		break;
	case MD_TEXT_NULLCHAR:
		ui_buffer_add_character(&r->text, 0xfffd);
		break;
	case MD_TEXT_ENTITY:
		add_entity(r, text, size);
		break;
	default:
		add_text(r, text, size);
		break;
	}
	return 0;
}

void lesson_blocks_read(const char *markdown, struct lesson_blocks *out)
{
	struct reading r = {
		.source = markdown,
		.source_length = strlen(markdown),
		.out = out,
	};
	const MD_PARSER parser = {
		.flags = MD_FLAG_TASKLISTS | MD_FLAG_NOHTML,
		.enter_block = enter_block,
		.leave_block = leave_block,
		.enter_span = enter_span,
		.leave_span = leave_span,
		.text = on_text,
	};

	*out = (struct lesson_blocks){ 0 };
	/* Only lack of memory makes it stop early; then the block that was open
	 * has no text yet. */
	md_parse(markdown, (MD_SIZE)r.source_length, &parser, &r);
	if (r.is_open)
		end_block(&r);
	ui_buffer_finish(&r.text);
}

void lesson_blocks_finish(struct lesson_blocks *blocks)
{
	for (size_t i = 0; i < blocks->count; i++) {
		free(blocks->list[i].text);
		free(blocks->list[i].codes);
	}
	free(blocks->list);
	*blocks = (struct lesson_blocks){ 0 };
}
