#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/term.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>

bool ui_term_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static bool is_same(struct ui_look a, struct ui_look b)
{
	return a.ink == b.ink && a.paper == b.paper &&
	       a.attributes == b.attributes;
}

static void print_color(short color, int base, enum ui_depth depth)
{
	if (color < 0)
		return;
	if (depth == UI_8_COLORS)
		printf(";%d", base + color);
	else
		printf(";%d;5;%d", base + 8, color);
}

static void print_look(struct ui_look look, enum ui_depth depth)
{
	static const struct {
		unsigned attribute;
		int code;
	} codes[] = {
		{ UI_BOLD, 1 }, { UI_DIM, 2 }, { UI_UNDERLINE, 4 },
		{ UI_REVERSE, 7 },
	};

	printf("\033[0");
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (look.attributes & codes[i].attribute)
			printf(";%d", codes[i].code);
	print_color(look.ink, 30, depth);
	print_color(look.paper, 40, depth);
	putchar('m');
}

/* The last column of a row that is not bare space. */
static int row_end(const struct ui_canvas *canvas, int y, enum ui_depth depth)
{
	int end = canvas->columns;

	while (end > 0) {
		const struct ui_cell *cell = ui_cell_at(canvas, end - 1, y);

		if (cell->width != 1 || strcmp(cell->text, " ") != 0 ||
		    (depth != UI_MONO && cell->paper != UI_ROLE_TEXT))
			break;
		end--;
	}
	return end;
}

void ui_term_print(const struct ui_canvas *canvas, enum ui_depth depth)
{
	const struct ui_look plain = { -1, -1, 0 };
	bool utf8 = ui_term_is_utf8();

	for (int y = 0; y < canvas->rows; y++) {
		struct ui_look look = plain;
		int end = row_end(canvas, y, depth);

		for (int x = 0; x < end; x++) {
			const struct ui_cell *cell = ui_cell_at(canvas, x, y);
			struct ui_look next = ui_theme(cell->ink, cell->paper,
						       depth);

			if (depth != UI_MONO && !is_same(look, next)) {
				print_look(next, depth);
				look = next;
			}
			const char *text = ui_cell_text(cell, depth);

			if (!utf8 && (text[0] & 0x80))
				fputs(cell->width == 2 ? "??" : "?", stdout);
			else
				fputs(text, stdout);
		}
		if (!is_same(look, plain))
			fputs("\033[0m", stdout);
		putchar('\n');
	}
}
