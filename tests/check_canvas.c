/* tests/check_canvas.c - canvases, widths, broken lines, looks: what is pure */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tui/canvas.h"
#include "tui/flow.h"
#include "tui/source.h"
#include "tui/width.h"

static struct ui_canvas canvas;

static void make_canvas(void)
{
	ui_canvas_init(&canvas, 10, 4);
}

static void drop_canvas(void)
{
	ui_canvas_finish(&canvas);
}

static const char *row(int y)
{
	static char text[512];

	*text = '\0';
	for (int x = 0; x < canvas.columns; x++)
		strcat(text, ui_cell_at(&canvas, x, y)->text);
	return text;
}

START_TEST(chinese_takes_two_columns_and_accents_none)
{
	ck_assert_int_eq(ui_character_width('a'), 1);
	ck_assert_int_eq(ui_character_width(0x4e2d), 2);
	ck_assert_int_eq(ui_character_width(0xff0c), 2);
	ck_assert_int_eq(ui_character_width(0x301), 0);
	ck_assert_int_eq(ui_character_width(0x2501), 1);
	ck_assert_int_eq(ui_character_width(0x1b), 0);
	ck_assert_int_eq(ui_text_columns("进程 e\xcc\x81!", 12), 7);
}
END_TEST

START_TEST(text_is_cut_at_the_clip)
{
	ck_assert_int_eq(ui_put(&canvas, 7, 0, UI_ROLE_TEXT, "abcdef"), 6);
	ck_assert_str_eq(row(0), "       abc");
	ui_clip(&canvas, (struct ui_rect){ 2, 1, 3, 1 });
	ui_put(&canvas, 0, 1, UI_ROLE_TEXT, "0123456789");
	ui_put(&canvas, 0, 2, UI_ROLE_TEXT, "0123456789");
	ck_assert_str_eq(row(1), "  234     ");
	ck_assert_str_eq(row(2), "          ");
}
END_TEST

START_TEST(drawing_outside_does_nothing)
{
	ui_put(&canvas, -3, -1, UI_ROLE_TEXT, "abc");
	ui_put(&canvas, 100, 100, UI_ROLE_TEXT, "abc");
	ui_overlay(&canvas, -1, 0, UI_ROLE_TEXT, "x");
	ui_fill(&canvas, (struct ui_rect){ -5, -5, 100, 100 }, UI_ROLE_TEXT,
		"#");
	ck_assert_str_eq(row(3), "##########");
}
END_TEST

START_TEST(half_a_wide_character_becomes_a_space)
{
	ui_put(&canvas, 9, 0, UI_ROLE_TEXT, "中");
	ck_assert_str_eq(row(0), "          ");
	ui_put(&canvas, 0, 1, UI_ROLE_TEXT, "中文");
	ui_put(&canvas, 1, 1, UI_ROLE_TEXT, "x");
	ck_assert_str_eq(row(1), " x文      ");
	ui_put(&canvas, 0, 2, UI_ROLE_TEXT, "ab中");
	ui_put(&canvas, 1, 2, UI_ROLE_TEXT, "文");
	ck_assert_str_eq(row(2), "a文       ");
}
END_TEST

START_TEST(control_characters_never_reach_a_cell)
{
	ui_put(&canvas, 0, 0, UI_ROLE_TEXT, "a\x1b[2Jb\tc\xff");
	for (int x = 0; x < canvas.columns; x++)
		ck_assert_int_ge((unsigned char)*ui_cell_at(&canvas, x, 0)->text,
				 ' ');
}
END_TEST

START_TEST(long_text_ends_in_an_ellipsis)
{
	ui_put_fitted(&canvas, 0, 0, 6, UI_ROLE_TEXT, "abcdefgh");
	ck_assert_str_eq(row(0), "abcde…    ");
	ui_put_fitted(&canvas, 0, 1, 6, UI_ROLE_TEXT, "中文字符");
	ck_assert_str_eq(row(1), "中文…     ");
	canvas.ascii = true;
	ui_put_fitted(&canvas, 0, 2, 3, UI_ROLE_TEXT, "abcd");
	ck_assert_str_eq(row(2), "ab~       ");
}
END_TEST

START_TEST(an_overlay_keeps_the_paper)
{
	ui_put(&canvas, 0, 0, UI_ROLE_MARK, "x");
	ui_overlay(&canvas, 0, 0, UI_ROLE_ARROW_START, "|");
	ck_assert_int_eq(ui_cell_at(&canvas, 0, 0)->paper, UI_ROLE_MARK);
	ck_assert_int_eq(ui_cell_at(&canvas, 0, 0)->ink, UI_ROLE_ARROW_START);
}
END_TEST

START_TEST(lines_break_at_spaces_and_between_chinese)
{
	struct ui_flow flow = { .columns = 8 };

	ui_flow_add(&flow, UI_ROLE_TEXT, 0, "one two three");
	ck_assert_int_eq(flow.count, 2);
	ck_assert_str_eq(flow.lines[0].text, "one two");
	ck_assert_str_eq(flow.lines[1].text, "three");
	ui_flow_finish(&flow);
	ui_flow_add(&flow, UI_ROLE_TEXT, 0, "一二三四五六");
	ck_assert_str_eq(flow.lines[0].text, "一二三四");
	ck_assert_str_eq(flow.lines[1].text, "五六");
	ui_flow_finish(&flow);
}
END_TEST

START_TEST(no_line_begins_with_a_comma)
{
	struct ui_flow flow = { .columns = 8 };

	ui_flow_add(&flow, UI_ROLE_TEXT, 0, "一二三四，五六");
	ck_assert_str_eq(flow.lines[0].text, "一二三");
	ck_assert_str_eq(flow.lines[1].text, "四，五六");
	ui_flow_finish(&flow);
}
END_TEST

START_TEST(a_word_longer_than_the_line_is_cut)
{
	struct ui_flow flow = { .columns = 4 };

	ui_flow_add(&flow, UI_ROLE_TEXT, 0, "abcdefghij");
	ck_assert_int_eq(flow.count, 3);
	ck_assert_str_eq(flow.lines[2].text, "ij");
	ui_flow_finish(&flow);
	flow.columns = 0;
	ui_flow_add(&flow, UI_ROLE_TEXT, 3, "ab 中");
	ck_assert_int_ge(flow.count, 2);
	ui_flow_finish(&flow);
}
END_TEST

START_TEST(a_c_line_finds_its_python_line)
{
	struct ui_source c, python;

	ui_source_split(&c, "a();\t/* p.start() */\nb(\n\t1);\n"
			"a();\t/* p.start() */\n}\n");
	ui_source_split(&python, "import x\n    p.start()  # go\n"
			"    q()\n    p.start()\n");
	ck_assert_int_eq(c.count, 5);
	ck_assert_int_eq(ui_source_twin(&c, 1, &python), 2);
	ck_assert_int_eq(ui_source_twin(&c, 3, &python), 2);
	ck_assert_int_eq(ui_source_twin(&c, 4, &python), 4);
	ck_assert_int_eq(ui_source_twin(&c, 99, &python), 0);
	ui_source_finish(&c);
	ui_source_finish(&python);
}
END_TEST

START_TEST(states_differ_without_colour_and_with_it)
{
	static const unsigned states[] = {
		TRACE_STATE_RUNNING, TRACE_STATE_SLEEPING,
		TRACE_STATE_WAIT_JOIN, TRACE_STATE_EXITING, TRACE_STATE_ZOMBIE
	};
	int count = sizeof(states) / sizeof(*states);

	for (int i = 0; i < count; i++)
		for (int j = 0; j < i; j++) {
			enum ui_role a = ui_role_of_state(states[i]);
			enum ui_role b = ui_role_of_state(states[j]);

			ck_assert_str_ne(ui_state_glyph(false, states[i]),
					 ui_state_glyph(false, states[j]));
			ck_assert_str_ne(ui_state_glyph(true, states[i]),
					 ui_state_glyph(true, states[j]));
			ck_assert_int_ne(ui_theme(a, a, UI_8_COLORS).paper,
					 ui_theme(b, b, UI_8_COLORS).paper);
			ck_assert_int_ne(ui_theme(a, a, UI_256_COLORS).paper,
					 ui_theme(b, b, UI_256_COLORS).paper);
		}
}
END_TEST

START_TEST(no_role_is_bold_black_on_8_colours_or_coloured_in_mono)
{
	for (int role = 0; role < UI_ROLE_COUNT; role++) {
		struct ui_look few = ui_theme(role, role, UI_8_COLORS);
		struct ui_look mono = ui_theme(role, role, UI_MONO);

		ck_assert(!(few.ink == 0 && (few.attributes & UI_BOLD)));
		ck_assert_int_lt(few.ink, 8);
		ck_assert_int_lt(few.paper, 8);
		ck_assert_int_eq(mono.ink, -1);
		ck_assert_int_eq(mono.paper, -1);
	}
}
END_TEST

START_TEST(ascii_glyphs_are_ascii)
{
	for (int i = 0; i < UI_GLYPH_COUNT; i++) {
		ck_assert_uint_eq(strlen(ui_glyph(true, i)), 1);
		ck_assert_int_eq(ui_text_columns(ui_glyph(false, i),
				 strlen(ui_glyph(false, i))), 1);
	}
	for (unsigned sides = 0; sides < 16; sides++)
		ck_assert_uint_eq(strlen(ui_line_glyph(true, sides)), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("canvas");
	TCase *cells = tcase_create("cells"), *texts = tcase_create("texts");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cells, make_canvas, drop_canvas);
	tcase_add_test(cells, text_is_cut_at_the_clip);
	tcase_add_test(cells, drawing_outside_does_nothing);
	tcase_add_test(cells, half_a_wide_character_becomes_a_space);
	tcase_add_test(cells, control_characters_never_reach_a_cell);
	tcase_add_test(cells, long_text_ends_in_an_ellipsis);
	tcase_add_test(cells, an_overlay_keeps_the_paper);
	tcase_add_test(texts, chinese_takes_two_columns_and_accents_none);
	tcase_add_test(texts, lines_break_at_spaces_and_between_chinese);
	tcase_add_test(texts, no_line_begins_with_a_comma);
	tcase_add_test(texts, a_word_longer_than_the_line_is_cut);
	tcase_add_test(texts, a_c_line_finds_its_python_line);
	tcase_add_test(texts, states_differ_without_colour_and_with_it);
	tcase_add_test(texts,
		       no_role_is_bold_black_on_8_colours_or_coloured_in_mono);
	tcase_add_test(texts, ascii_glyphs_are_ascii);
	suite_add_tcase(suite, cells);
	suite_add_tcase(suite, texts);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
