/* check_signs.c - what a colour or a sign on the stage means: told at the cursor, and in
 * a legend */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/story.h"
#include "tests/support/story_manager.h"
#include "tests/support/story_objects.h"
#include "traces/event.h"
#include "tui/keymap.h"
#include "tui/lesson.h"
#include "tui/stage.h"
#include "tui/tell.h"
#include "tui/update.h"
#include "tui/view.h"

static char path[] = "check_signs.fscope";
static struct ui_state state;
static struct ui_canvas canvas;
static struct trace *trace;

static int (*const stories[])(const char *path) = {
	story_make, story_lock, story_ring, story_dead_holder, story_queue,
	story_values, story_pool, story_manager, story_manager_ring,
};
#define STORIES ((int)(sizeof(stories) / sizeof(*stories)))

static void open_story(int index, int columns, int rows)
{
	char error[256];

	ck_assert_int_eq(stories[index](path), 0);
	trace = trace_open(path, error, sizeof(error));
	ck_assert_msg(trace != NULL, "%s", error);
	ui_state_init(&state, columns, rows);
	ui_view_reset(&state, UI_VIEW_STAGE);
	ui_state_open(&state, trace);
	ui_canvas_init(&canvas, columns, rows);
}

static void close_story(void)
{
	ui_canvas_finish(&canvas);
	ui_state_finish(&state);
	trace_close(trace);
	unlink(path);
}

static void press(int key)
{
	enum ui_where where = ui_view_ops(ui_view_now(&state))->where;

	ui_update(&state, ui_keymap_find(key, where), key);
}

static const char *row_text(int y)
{
	static char text[4096];
	size_t length = 0;

	for (int x = 0; x < canvas.columns; x++) {
		const char *cell = ui_cell_at(&canvas, x, y)->text;

		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "%s", cell);
	}
	return text;
}

static bool is_shown(const char *text)
{
	for (int y = 0; y < canvas.rows; y++)
		if (strstr(row_text(y), text))
			return true;
	return false;
}

/* Of a cell that is painted as a state; else 0. */
static unsigned painted(int x, int y)
{
	int role = ui_cell_at(&canvas, x, y)->paper;

	return role > UI_ROLE_STATE && role < UI_ROLE_FUTURE ?
	       (unsigned)(role - UI_ROLE_STATE) : 0;
}

/* Of the sample in the status row; else 0. */
static unsigned sample(void)
{
	for (int x = 0; x < canvas.columns; x++)
		if (painted(x, canvas.rows - 2))
			return painted(x, canvas.rows - 2);
	return 0;
}

/* What the lane is painted as there, when the cursor does not cover it. */
static unsigned painted_at(size_t lane)
{
	struct ui_state later = state;
	struct ui_stage_layout layout;
	struct ui_plot plot = { .state = &later, .layout = &layout };
	int column;

	ui_stage_layout(&later, &layout);
	column = ui_plot_column(&plot, state.cursor_ns, state.cursor_seq);
	later.cursor_seq = trace_info(trace)->events;
	later.cursor_ns = ui_end_ns(&later);
	if (ui_plot_column(&plot, later.cursor_ns, later.cursor_seq) == column)
		return 0;
	ui_draw(&later, &canvas);
	return painted(layout.plot.x + column, ui_plot_row(&plot, (int)lane));
}

/* The truth, from the intervals of the trace. */
static unsigned state_of(const struct ui_lane *lane)
{
	const struct trace_process *p = trace_process(trace, lane->process_id);
	struct trace_interval now;

	if (p && !lane->object_id && !lane->is_thread && p->parent_id
	    && p->exited_ns >= 0 && p->exited_ns <= state.cursor_ns
	    && (p->reaped_ns < 0 || p->reaped_ns > state.cursor_ns))
		return TRACE_STATE_ZOMBIE;
	if (!lane->agent_id
	    || trace_state_after(trace, lane->agent_id, state.cursor_seq, &now)
		       < 0)
		return 0;
	return now.state;
}

/* A pool draws what it knows of its tasks instead. */
static bool stands_for(unsigned shown, unsigned now)
{
	return shown == now
	       || (shown == TRACE_STATE_QUEUED && now == TRACE_STATE_PARTLY)
	       || (shown == TRACE_STATE_TASK && now == TRACE_STATE_RUNNING);
}

static void check_lane(size_t lane)
{
	unsigned now = state_of(&state.lanes[lane]), shown, is;
	char words[128], status[4096];

	ui_choose_lane(&state, lane);
	ui_draw(&state, &canvas);
	shown = sample();
	snprintf(status, sizeof(status), "%s", row_text(canvas.rows - 2));
	if (!shown) {
		ck_assert_msg(!now, "nothing said of %s in '%s'",
			      ui_state_name(now), status);
		return;
	}
	ck_assert_msg(strstr(status, ui_stage_state_name(shown)), "%s", status);
	snprintf(words, sizeof(words), "(now: %s)",
		 now ? ui_stage_state_name(now) : "not there");
	ck_assert_msg(stands_for(shown, now) || strstr(status, words),
		      "event %d, lane %zu: '%s' does not tell %s",
		      (int)state.cursor_seq, lane, status, words);
	is = painted_at(lane);
	ck_assert_msg(!is || is == shown, "event %d, lane %zu: is %s, not '%s'",
		      (int)state.cursor_seq, lane, ui_state_name(is), status);
}

static void check_all(void)
{
	uint64_t last = trace_info(trace)->events;

	for (uint64_t seq = 1; seq <= last; seq++) {
		ui_cursor_to_event(&state, seq);
		for (size_t lane = 0; lane < state.lane_count; lane++)
			check_lane(lane);
	}
}

START_TEST(the_state_at_the_cursor_is_told_as_it_is)
{
	open_story(_i, 110, 40);
	check_all();
	press('o');
	ck_assert(state.scale.ordinal);
	check_all();
	close_story();
}
END_TEST

/* A lesson's knobs stand in the same row, and give way to that. */
START_TEST(three_knobs_leave_room_for_the_state_at_the_cursor)
{
	char error[256] = "";
	struct lesson *lesson = lesson_parse("# A lesson\n\n"
		"## Knobs {#knobs}\n\n- `daemon` = `true` | `false` ?\n"
		"- `pause` = `0.2` | `0` | `1` ?\n- `join` = `false` | `true` ?\n",
		"late", error, sizeof(error));

	ck_assert_msg(lesson != NULL, "%s", error);
	open_story(_i, 80, 24);
	ui_state_set_lesson(&state, lesson);
	ui_draw(&state, &canvas);
	ck_assert(is_shown("daemon=true"));
	check_all();
	ui_state_set_lesson(&state, NULL);
	lesson_free(lesson);
	close_story();
}
END_TEST

/* On 80x24, too, and scrolled to the end if it must be. */
START_TEST(the_legend_names_every_state_on_the_stage)
{
	open_story(_i, 80, 24);
	press('K');
	for (size_t lane = 0; lane < state.lane_count; lane++) {
		ui_choose_lane(&state, lane);
		uint64_t states = ui_stage_states(&state);

		for (unsigned i = 1; i < TRACE_STATE_COUNT; i++) {
			const char *name = ui_stage_state_name(i);
			bool found = false;

			state.legend_scroll = 0;
			for (int n = 0; n < 12 && !found; n++) {
				ui_draw(&state, &canvas);
				/* Not the one that the status row tells. */
				ui_fill(&canvas, (struct ui_rect){ 0, 22, 80,
					1 }, UI_ROLE_TEXT, " ");
				found = is_shown(name);
				press('D' & 31);
			}
			ck_assert_msg(found || !(states >> i & 1), "%s", name);
		}
	}
	close_story();
}
END_TEST

/* What stands on the lane of a process. */
START_TEST(without_utf8_no_two_signs_of_a_process_are_the_same)
{
	const char *seen[TRACE_STATE_COUNT + 16];
	int count = 0;

	for (unsigned i = 1; i < TRACE_STATE_COUNT; i++)
		if (i < TRACE_STATE_FREE || i == TRACE_STATE_TASK
		    || i == TRACE_STATE_CALLBACK || i == TRACE_STATE_IDLE)
			seen[count++] = ui_state_glyph(true, i);
	for (const struct ui_sign *sign = ui_signs_of_lives;
	     sign->glyph != UI_GLYPH_COUNT; sign++)
		seen[count++] = ui_glyph(true, sign->glyph);
	seen[count++] = ui_state_glyph(true, TRACE_STATE_HELD_BY_DEAD);
	for (int i = 0; i < count; i++)
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(seen[i], seen[k]);
}
END_TEST

static const char *plain(unsigned state, enum ui_depth depth)
{
	struct ui_cell *cell = ui_cell_at(&canvas, 0, 0);

	ui_put(&canvas, 0, 0, ui_role_of_state(state),
	       ui_state_glyph(false, state));
	return ui_cell_text(cell, depth);
}

/* Nor with eight colours, where many kinds of waiting share one. */
START_TEST(without_colour_no_two_states_of_a_process_look_the_same)
{
	unsigned shown[TRACE_STATE_COUNT];
	int count = 0;

	ui_canvas_init(&canvas, 1, 1);
	for (unsigned i = 1; i < TRACE_STATE_COUNT; i++)
		if (i < TRACE_STATE_FREE || i == TRACE_STATE_TASK
		    || i >= TRACE_STATE_UNCOLLECTED)
			shown[count++] = i;
	for (int i = 0; i < count; i++)
		for (int k = 0; k < i; k++) {
			char first[UI_CELL_BYTES];

			for (int depth = UI_MONO; depth < UI_256_COLORS;
			     depth++) {
				strcpy(first, plain(shown[i], depth));
				ck_assert_str_ne(first,
						 plain(shown[k], depth));
			}
			ck_assert_str_ne(ui_state_glyph(true, shown[i]),
					 ui_state_glyph(true, shown[k]));
		}
	ck_assert_str_eq(plain(TRACE_STATE_WAIT_LOCK, UI_256_COLORS), "▒");
	ui_canvas_finish(&canvas);
}
END_TEST

/* Where it is drawn over, and in ordinary text, a sign stays; the cursor only tints. */
START_TEST(only_a_lane_in_that_state_becomes_a_letter)
{
	struct ui_cell *cell;

	ui_canvas_init(&canvas, 1, 1);
	cell = ui_cell_at(&canvas, 0, 0);
	ui_put(&canvas, 0, 0, UI_ROLE_TEXT, "░");
	ck_assert_str_eq(ui_cell_text(cell, UI_MONO), "░");
	ui_put(&canvas, 0, 0, ui_role_of_future(TRACE_STATE_WAIT_GET), "░");
	ck_assert_str_eq(ui_cell_text(cell, UI_MONO), "G");
	ui_tint(&canvas, ui_canvas_rect(&canvas), UI_ROLE_CURSOR);
	ck_assert_str_eq(ui_cell_text(cell, UI_MONO), "G");
	ui_overlay(&canvas, 0, 0, UI_ROLE_ARROW_JOIN, "░");
	ck_assert_str_eq(ui_cell_text(cell, UI_MONO), "░");
	ui_canvas_finish(&canvas);
}
END_TEST

/* One who does not know the keys sees that there is more, and how to see it. */
START_TEST(a_legend_with_more_than_fits_says_which_key_shows_it)
{
	open_story(6, 60, 20);
	press('K');
	ui_draw(&state, &canvas);
	ck_assert(is_shown(" Ctrl-D: more below "));
	ck_assert(!is_shown("more above"));
	for (int i = 0; i < 9; i++)
		press('D' & 31);
	ui_draw(&state, &canvas);
	ck_assert(is_shown(" Ctrl-U: more above "));
	ck_assert(!is_shown("more below"));
	close_story();
	open_story(6, 200, 60);
	press('K');
	ui_draw(&state, &canvas);
	ck_assert(is_shown("Signs and colours"));
	ck_assert(!is_shown(": more "));
	close_story();
}
END_TEST

/* Of the ways in which a task can end, too. */
START_TEST(the_legend_names_only_ends_of_tasks_that_are_there)
{
	for (int i = 0; i < STORIES; i++) {
		bool is_pool = stories[i] == story_pool;

		open_story(i, 200, 60);
		press('K');
		ui_draw(&state, &canvas);
		ck_assert_int_eq(is_shown("a task that failed"), is_pool);
		ck_assert_int_eq(is_shown("a task that was lost"), is_pool);
		close_story();
	}
}
END_TEST

START_TEST(the_legend_gives_way_to_the_panes)
{
	static const int keys[] = { 'K', '\t', '1', '2', '3', UI_KEY_ENTER, 27,
				    'q' };

	open_story(0, 80, 24);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		ui_draw(&state, &canvas);
		ck_assert(is_shown("Source: C"));
		press('K');
		ui_draw(&state, &canvas);
		ck_assert(is_shown("Signs and colours"));
		ck_assert(!is_shown("Source: C"));
		ck_assert(is_shown("end of a daemon"));
		press(keys[i]);
	}
	ui_draw(&state, &canvas);
	ck_assert(is_shown("Source: C"));
	ck_assert_int_eq(ui_view_now(&state), UI_VIEW_STAGE);
	close_story();
}
END_TEST

START_TEST(a_legend_of_any_size_does_no_harm)
{
	open_story(6, 80, 24);
	press('K');
	ui_canvas_finish(&canvas);
	for (int rows = 1; rows <= 45; rows += 2)
		for (int columns = 1; columns <= 150; columns += 7) {
			ui_canvas_init(&canvas, columns, rows);
			ui_state_resize(&state, columns, rows);
			ui_draw(&state, &canvas);
			ui_canvas_finish(&canvas);
		}
	ui_canvas_init(&canvas, 80, 24);
	close_story();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("signs");
	TCase *tcase = tcase_create("signs");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, the_state_at_the_cursor_is_told_as_it_is, 0,
			    STORIES);
	tcase_add_loop_test(tcase,
			    three_knobs_leave_room_for_the_state_at_the_cursor,
			    0, STORIES);
	tcase_add_loop_test(tcase, the_legend_names_every_state_on_the_stage, 0,
			    STORIES);
	tcase_add_test(tcase,
		       without_utf8_no_two_signs_of_a_process_are_the_same);
	tcase_add_test(tcase,
		       without_colour_no_two_states_of_a_process_look_the_same);
	tcase_add_test(tcase, only_a_lane_in_that_state_becomes_a_letter);
	tcase_add_test(tcase,
		       a_legend_with_more_than_fits_says_which_key_shows_it);
	tcase_add_test(tcase,
		       the_legend_names_only_ends_of_tasks_that_are_there);
	tcase_add_test(tcase, the_legend_gives_way_to_the_panes);
	tcase_add_test(tcase, a_legend_of_any_size_does_no_harm);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
