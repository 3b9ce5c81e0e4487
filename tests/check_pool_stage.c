/* tests/check_pool_stage.c - what the stage shows of a pool, drawn without a screen */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/story_objects.h"
#include "tui/buffer.h"
#include "tui/keymap.h"
#include "tui/lanes.h"
#include "tui/stage.h"
#include "tui/update.h"
#include "tui/view.h"
#include "traces/event.h"

#define MS INT64_C(1000000)

static char path[] = "check_pool_stage.fscope";
static struct ui_state state;
static struct ui_canvas canvas;
static struct trace *trace;
static char *drawn;

static void open_story(void)
{
	char error[256];

	ck_assert_int_eq(story_pool(path), 0);
	trace = trace_open(path, error, sizeof(error));
	ck_assert_msg(trace != NULL, "%s", error);
	ui_state_init(&state, 80, 24);
	ui_view_reset(&state, UI_VIEW_STAGE);
	ui_state_open(&state, trace);
	ui_canvas_init(&canvas, 80, 24);
}

static void close_story(void)
{
	free(drawn);
	drawn = NULL;
	ui_canvas_finish(&canvas);
	ui_state_finish(&state);
	trace_close(trace);
	unlink(path);
}

/* The screen as text, line by line. */
static const char *draw(int columns, int rows)
{
	struct ui_buffer text = { 0 };

	ui_state_resize(&state, columns, rows);
	ui_canvas_finish(&canvas);
	ui_canvas_init(&canvas, columns, rows);
	ui_draw(&state, &canvas);
	for (int y = 0; y < rows; y++) {
		for (int x = 0; x < columns; x++)
			ui_buffer_puts(&text, ui_cell_at(&canvas, x, y)->text);
		ui_buffer_puts(&text, "\n");
	}
	free(drawn);
	drawn = ui_buffer_take(&text);
	return drawn;
}

#define ck_has(text, words) \
	ck_assert_msg(strstr(text, words), "\"%s\" is not in\n%s", words, text)

static void show(int64_t from, int64_t to)
{
	state.fit_all = false;
	state.scale.begin = from;
	state.scale.span = to - from;
}

/* The cell under the sign of a task on a worker's lane. */
static const struct ui_cell *cell_at(uint32_t agent, int64_t ns)
{
	struct ui_stage_layout layout;
	struct ui_plot plot = { .state = &state, .layout = &layout };

	ui_stage_layout(&state, &layout);
	return ui_cell_at(&canvas, layout.plot.x + ui_plot_column(&plot, ns, 0),
			  ui_plot_row(&plot, ui_lane_of(&state, agent)));
}

START_TEST(workers_know_their_pool_and_who_takes_their_place)
{
	const struct ui_lane *first = &state.lanes[ui_lane_of(&state, 2)];

	ck_assert_uint_eq(first->pool_id, 10);
	ck_assert_uint_eq(first->successor_id, 5);
	ck_assert_uint_eq(state.lanes[0].pool_id, 0);
	ck_assert_uint_eq(state.lanes[ui_lane_of(&state, 6)].successor_id, 0);
}
END_TEST

START_TEST(what_is_busy_idle_and_red_differs)
{
	draw(80, 24);
	ck_assert_uint_eq(cell_at(2, 120 * MS)->paper,
			  ui_role_of_future(TRACE_STATE_TASK));
	ck_assert_uint_eq(cell_at(3, 120 * MS)->paper,
			  ui_role_of_future(TRACE_STATE_UNCOLLECTED));
	ck_assert_uint_eq(cell_at(4, 370 * MS)->paper,
			  ui_role_of_future(TRACE_STATE_IDLE));
	ui_cursor_to_time(&state, 820 * MS);
	draw(80, 24);
	ck_assert_uint_eq(cell_at(3, 120 * MS)->paper,
			  ui_role_of_state(TRACE_STATE_UNCOLLECTED));
	/* Its error was asked for. */
	ck_assert_uint_eq(cell_at(3, 220 * MS)->paper,
			  ui_role_of_state(TRACE_STATE_TASK));
}
END_TEST

START_TEST(an_error_nobody_got_is_seen_in_one_column)
{
	ui_cursor_to_time(&state, 820 * MS);
	/* The next task begins in its last column. */
	show(0, 5000 * MS);
	draw(80, 24);
	ck_assert_str_eq(cell_at(3, 149 * MS)->text, "!");
	state.ascii = true;
	draw(80, 24);
	ck_assert_str_eq(cell_at(3, 149 * MS)->text, "!");
}
END_TEST

START_TEST(a_task_that_began_left_of_the_stage_has_its_number)
{
	ui_cursor_to_time(&state, 120 * MS);
	show(100 * MS, 140 * MS);
	const char *screen = draw(80, 24);
	ck_has(screen, "1 cook");
	ck_assert_ptr_null(strstr(screen, "[1 cook"));
}
END_TEST

START_TEST(the_pools_lane_tells_how_it_stands_at_the_cursor)
{
	ui_cursor_to_time(&state, 35 * MS);
	ck_has(draw(140, 45), "3 wait, 0 at work, 0 done");
	ui_cursor_to_time(&state, 200 * MS);
	ck_has(draw(140, 45), "1 waits, 2 at work, 0 done, 1 failed");
	ui_cursor_to_time(&state, 820 * MS);
	ck_has(draw(140, 45), "1 dropped, 0 at work, 2 done, 3 failed, 2 cut");
}
END_TEST

static void to_event(uint32_t kind, int64_t a)
{
	struct trace_record record;
	uint64_t seq = 0;

	while ((seq = trace_next(trace, seq, 1, 0, kind))
	       && trace_events(trace, seq, 1, &record) == 1)
		if (record.a == a)
			break;
	ck_assert_uint_gt(seq, 0);
	ui_cursor_to_event(&state, seq);
}

START_TEST(details_tell_a_tasks_whole_life)
{
	state.details = true;
	to_event(TRACE_TASK_RESULT, 2);
	const char *screen = draw(140, 45);
	ck_has(screen, "task      2, cook()");
	ck_has(screen, "submitted 32.0 ms by main");
	ck_has(screen, "in line   9.00 ms");
	ck_has(screen, "begun     41.0 ms by ForkPoolWorker-2");
	ck_has(screen, "failed    a stone is no food");
	ck_has(screen, "collected by nobody");
	to_event(TRACE_TASK_TAKEN, 1);
	ck_has(draw(140, 45), "collected 285 ms by main");
	to_event(TRACE_TASK_LOST, 5);
	ck_has(draw(140, 45), "failed    killed by SIGSEGV");
}
END_TEST

START_TEST(any_size_and_zoom_is_survived)
{
	static const int keys[] = { '.', 'o', '+', '-', 'f', '0', ']', '[', 'L',
				    '~', UI_KEY_END, UI_KEY_HOME, UI_KEY_ENTER };
	int count = sizeof(keys) / sizeof(*keys);

	for (int size = 0; size < 400; size++) {
		int key = keys[size % count];

		draw(1 + size * 7 % 150, 1 + size * 11 % 60);
		ui_update(&state, ui_keymap_find(key, ui_view_ops(
				  ui_view_now(&state))->where), key);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool_stage");
	TCase *tcase = tcase_create("stage");

	tcase_add_checked_fixture(tcase, open_story, close_story);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase,
		       workers_know_their_pool_and_who_takes_their_place);
	tcase_add_test(tcase, what_is_busy_idle_and_red_differs);
	tcase_add_test(tcase, an_error_nobody_got_is_seen_in_one_column);
	tcase_add_test(tcase, a_task_that_began_left_of_the_stage_has_its_number);
	tcase_add_test(tcase,
		       the_pools_lane_tells_how_it_stands_at_the_cursor);
	tcase_add_test(tcase, details_tell_a_tasks_whole_life);
	tcase_add_test(tcase, any_size_and_zoom_is_survived);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
