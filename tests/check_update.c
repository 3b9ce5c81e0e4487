/* tests/check_update.c - keys, and what becomes of the state: no screen needed */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/story.h"
#include "tests/support/story_objects.h"
#include "tests/support/trace_maker.h"
#include "tui/keymap.h"
#include "tui/lanes.h"
#include "tui/stage.h"
#include "tui/update.h"
#include "tui/view.h"

static char path[] = "check_update.fscope";
static struct ui_state state;
static struct ui_canvas canvas;
static struct trace *trace;

static void open_this(int (*make)(const char *path))
{
	char error[256];

	ck_assert_int_eq(make(path), 0);
	trace = trace_open(path, error, sizeof(error));
	ck_assert_msg(trace != NULL, "%s", error);
	ui_state_init(&state, 80, 24);
	ui_view_reset(&state, UI_VIEW_STAGE);
	ui_state_open(&state, trace);
	ui_canvas_init(&canvas, 80, 24);
}

static void open_story(void)
{
	open_this(story_make);
}

static void close_story(void)
{
	ui_canvas_finish(&canvas);
	ui_state_finish(&state);
	trace_close(trace);
	unlink(path);
}

static enum ui_request press(int key)
{
	enum ui_where where = ui_view_ops(ui_view_now(&state))->where;

	return ui_update(&state, ui_keymap_find(key, where), key);
}

static enum ui_request type(const char *keys)
{
	enum ui_request request = UI_REQUEST_NONE;

	for (; *keys; keys++)
		request = press(*keys);
	return request;
}

START_TEST(every_key_of_the_table_exists)
{
	for (int action = 1; action < UI_ACTION_COUNT; action++) {
		const char *at = ui_action_row(action)->keys, *name;
		size_t length;

		while ((name = ui_keys_next(&at, &length)))
			ck_assert_msg(ui_key_named(name, length) !=
				      UI_KEY_NONE, "%s",
				      ui_action_row(action)->keys);
	}
}
END_TEST

static bool has_key(int action, int wanted)
{
	const char *at = ui_action_row(action)->keys, *name;
	size_t length;

	while ((name = ui_keys_next(&at, &length)))
		if (ui_key_named(name, length) == wanted)
			return true;
	return false;
}

static void check_keys_of(int a, int b)
{
	const char *at = ui_action_row(a)->keys, *name;
	size_t length;

	if (!(ui_action_row(a)->where & ui_action_row(b)->where))
		return;
	while ((name = ui_keys_next(&at, &length)))
		ck_assert_msg(!has_key(b, ui_key_named(name, length)),
			      "%.*s: %s, %s", (int)length, name,
			      ui_action_row(a)->help, ui_action_row(b)->help);
}

START_TEST(no_key_means_two_things_in_one_view)
{
	for (int a = 1; a < UI_ACTION_COUNT; a++)
		for (int b = 1; b < a; b++)
			check_keys_of(a, b);
}
END_TEST

START_TEST(a_step_goes_one_event_and_back)
{
	ck_assert_uint_eq(state.cursor_seq, 1);
	type("...");
	ck_assert_uint_eq(state.cursor_seq, 4);
	ck_assert_int_eq(state.cursor_ns, trace_time_of(trace, 4));
	type(",,");
	ck_assert_uint_eq(state.cursor_seq, 2);
	type(",,,,");
	ck_assert_uint_eq(state.cursor_seq, 1);
	ck_assert(*state.message);
}
END_TEST

START_TEST(lane_steps_stay_on_the_lane)
{
	struct trace_record record;

	type("jj");
	for (int i = 0; i < 3; i++) {
		type("}");
		ck_assert_int_eq(trace_events(trace, state.cursor_seq, 1,
					      &record), 1);
		ck_assert_uint_eq(record.agent_id,
				  ui_lane_now(&state)->agent_id);
	}
	type("{");
	ck_assert_int_eq(trace_events(trace, state.cursor_seq, 1, &record), 1);
	ck_assert_uint_eq(record.agent_id, ui_lane_now(&state)->agent_id);
}
END_TEST

static void check_follows(void)
{
	struct trace_record record;

	ck_assert_int_eq(trace_events(trace, state.cursor_seq, 1, &record), 1);
	ck_assert_uint_eq(record.agent_id, ui_agent_now(&state));
}

START_TEST(the_source_follows_the_events)
{
	for (int i = 0; i < 20; i++) {
		type(".");
		check_follows();
	}
	for (int i = 0; i < 10; i++) {
		type(",");
		check_follows();
	}
}
END_TEST

START_TEST(the_lanes_of_an_event_come_into_view)
{
	struct ui_stage_layout layout;

	close_story();
	open_this(story_pool);
	ui_state_resize(&state, 80, 9);
	ui_stage_layout(&state, &layout);
	ck_assert_uint_lt(layout.lanes_shown, state.lane_count);
	while (state.cursor_seq < trace_info(trace)->events) {
		type(".");
		check_follows();
		ck_assert_uint_ge(state.lane, state.lane_top);
		ck_assert_uint_lt(state.lane,
				  state.lane_top + layout.lanes_shown);
	}
}
END_TEST

START_TEST(a_chosen_object_stays_chosen)
{
	close_story();
	open_this(story_ring);
	type("jjj");
	ck_assert_uint_ne(ui_lane_now(&state)->object_id, 0);
	for (int i = 0; i < 10; i++)
		type(".");
	ck_assert_uint_eq(state.lane, 3);
	check_follows();
}
END_TEST

START_TEST(an_arrow_leads_to_the_child_and_back)
{
	type("]");
	ck_assert_uint_eq(state.lane, 1);
	ck_assert_uint_eq(ui_lane_now(&state)->agent_id, 2);
	type("[");
	ck_assert_uint_eq(state.lane, 0);
}
END_TEST

START_TEST(playing_reaches_the_end_and_stops)
{
	type(" ");
	ck_assert(state.playing);
	for (int i = 0; i < 200 && state.playing; i++)
		ui_tick(&state, 20000000, 0);
	ck_assert(!state.playing);
	ck_assert_uint_eq(state.cursor_seq, trace_info(trace)->events);
	type(" ");
	ck_assert_uint_eq(state.cursor_seq, 1);
}
END_TEST

START_TEST(speed_has_two_ends)
{
	for (int i = 0; i < 50; i++)
		type("<");
	ck_assert(ui_speed(state.speed) == 0.01);
	for (int i = 0; i < 50; i++)
		type(">");
	ck_assert(ui_speed(state.speed) == 100);
}
END_TEST

START_TEST(marks_come_in_order_and_go)
{
	press(UI_KEY_END);
	type("m");
	press(UI_KEY_HOME);
	type("m");
	ck_assert(state.marks[0].is_set && state.marks[1].is_set);
	ck_assert_int_lt(state.marks[0].ns, state.marks[1].ns);
	type("'");
	type("'");
	ck_assert_int_eq(state.cursor_ns, state.marks[0].ns);
	type("m");
	ck_assert(!state.marks[0].is_set);
}
END_TEST

START_TEST(search_finds_goes_round_and_says_when_nothing_is)
{
	uint64_t first;

	type("/JOIN");
	press(UI_KEY_ENTER);
	first = state.cursor_seq;
	ck_assert_str_eq(state.needle, "JOIN");
	ck_assert_uint_gt(first, 1);
	for (int i = 0; i < 20; i++)
		type("n");
	type("N");
	ck_assert_uint_gt(state.cursor_seq, 0);
	type("/zzzzz");
	press(UI_KEY_ENTER);
	ck_assert(*state.message);
}
END_TEST

START_TEST(a_prompt_takes_keys_that_mean_something_else)
{
	type("/qQ\x15x");
	ck_assert_str_eq(state.typed, "x");
	press(0x4e2d);
	ck_assert_str_eq(state.typed, "x中");
	press(UI_KEY_BACKSPACE);
	ck_assert_str_eq(state.typed, "x");
	press(27);
	ck_assert_int_eq(state.prompt, UI_PROMPT_NONE);
}
END_TEST

START_TEST(the_list_of_events_filters)
{
	type("v");
	ck_assert_int_gt(state.listed_count, 10);
	type("\\sleep");
	press(UI_KEY_ENTER);
	ck_assert_int_gt(state.listed_count, 0);
	ck_assert_int_lt(state.listed_count, 8);
	for (int i = 0; i < state.listed_count; i++)
		ck_assert_uint_eq(trace_search(trace, state.listed[i] - 1, 1,
					       "sleep"), state.listed[i]);
}
END_TEST

START_TEST(q_closes_one_view_and_the_last_one_leaves)
{
	type("t");
	ck_assert_int_eq(ui_view_now(&state), UI_VIEW_TREE);
	ck_assert_int_eq(type("q"), UI_REQUEST_NONE);
	ck_assert_int_eq(ui_view_now(&state), UI_VIEW_STAGE);
	ck_assert_int_eq(press(27), UI_REQUEST_NONE);
	ck_assert_int_eq(type("q"), UI_REQUEST_QUIT);
	ck_assert_int_eq(type("Q"), UI_REQUEST_QUIT);
}
END_TEST

START_TEST(a_prediction_is_confronted_only_at_the_end)
{
	char error[256];
	struct lesson *lesson = lesson_parse(trace_lesson(trace, "en", NULL),
					     NULL, error, sizeof(error));

	ck_assert_msg(lesson != NULL, "%s", error);
	ui_state_set_lesson(&state, lesson);
	ck_assert(!ui_is_decided(&state));
	press(UI_KEY_PAGE_DOWN);
	ck_assert_uint_eq(state.cursor_seq, lesson->moments[0].seq);
	ck_assert(!ui_is_decided(&state));
	press(UI_KEY_END);
	ck_assert(ui_is_decided(&state));
	lesson_free(lesson);
}
END_TEST

static void find(const char *needle)
{
	type("/");
	type(needle);
	press(UI_KEY_ENTER);
}

START_TEST(the_menu_finds_a_lesson_by_number_and_by_word)
{
	struct lesson lessons[] = {
		{ .slug = (char *)"pid", .number = 3, .title = (char *)"Numbers",
		  .about = (char *)"Who am I?" },
		{ .slug = (char *)"lock", .number = 13, .title = (char *)"Lock",
		  .about = (char *)"One at a time" },
		{ .slug = (char *)"queue", .number = 14,
		  .title = (char *)"Queue", .about = (char *)"33 items" },
	};
	struct lesson *list[] = { &lessons[0], &lessons[1], &lessons[2], NULL };

	ui_view_reset(&state, UI_VIEW_MENU);
	state.lessons = list;
	state.lesson_count = 3;
	find("14");
	ck_assert_uint_eq(state.menu_at, 2);
	find("3");
	ck_assert_uint_eq(state.menu_at, 0);
	find("LOCK");
	ck_assert_uint_eq(state.menu_at, 1);
	find("I");
	ck_assert_uint_eq(state.menu_at, 2);
	press('n');
	ck_assert_uint_eq(state.menu_at, 0);
	press('N');
	ck_assert_uint_eq(state.menu_at, 2);
	find("33");
	ck_assert_uint_eq(state.menu_at, 2);
	ck_assert_str_eq(state.message, "Nothing found.");
}
END_TEST

START_TEST(any_size_and_any_key_is_survived)
{
	static const int keys[] = {
		'.', 'o', '+', '+', '-', 'f', '0', 'e', '1', '1', '2', '3',
		'\t', 'v', 'a', 'q', 't', 'q', 'g', 'q', 'i', 'q', '?', 'q',
		'm', '\'', '~', 'p', 'q', 'j', 'k', ']', 'H', 'L', 'c', 'C',
		UI_KEY_LEFT, UI_KEY_RIGHT, UI_KEY_UP, UI_KEY_DOWN, UI_KEY_ENTER,
		UI_KEY_PAGE_DOWN, UI_KEY_HOME, UI_KEY_END, UI_KEY_MOUSE, '/', 27
	};
	int count = sizeof(keys) / sizeof(*keys);

	for (int size = 0; size < 500; size++) {
		int columns = 1 + size * 7 % 150, rows = 1 + size * 11 % 60;

		ui_state_resize(&state, columns, rows);
		ui_canvas_finish(&canvas);
		ui_canvas_init(&canvas, columns, rows);
		press(keys[size % count]);
		ui_update_mouse(&state, size % 90, size % 30, size % 3 - 1);
		ui_draw(&state, &canvas);
		if (ui_view_now(&state) == UI_VIEW_MENU)
			ui_view_reset(&state, UI_VIEW_STAGE);
	}
}
END_TEST

START_TEST(lanes_come_as_a_tree)
{
	char prefix[64];

	ck_assert_uint_eq(state.lane_count, 4);
	ck_assert_str_eq(ui_lane_name(&state, &state.lanes[1]), "egon");
	ui_lane_prefix(&state.lanes[1], false, prefix, sizeof(prefix));
	ck_assert_str_eq(prefix, "├─");
	ui_lane_prefix(&state.lanes[3], true, prefix, sizeof(prefix));
	ck_assert_str_eq(prefix, "`-");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("update");
	TCase *keys = tcase_create("keys"), *story = tcase_create("story");
	SRunner *runner;
	int failed;

	tcase_add_test(keys, every_key_of_the_table_exists);
	tcase_add_test(keys, no_key_means_two_things_in_one_view);
	tcase_add_checked_fixture(story, open_story, close_story);
	tcase_set_timeout(story, 60);
	tcase_add_test(story, a_step_goes_one_event_and_back);
	tcase_add_test(story, lane_steps_stay_on_the_lane);
	tcase_add_test(story, the_source_follows_the_events);
	tcase_add_test(story, a_chosen_object_stays_chosen);
	tcase_add_test(story, the_lanes_of_an_event_come_into_view);
	tcase_add_test(story, an_arrow_leads_to_the_child_and_back);
	tcase_add_test(story, playing_reaches_the_end_and_stops);
	tcase_add_test(story, speed_has_two_ends);
	tcase_add_test(story, marks_come_in_order_and_go);
	tcase_add_test(story, search_finds_goes_round_and_says_when_nothing_is);
	tcase_add_test(story, a_prompt_takes_keys_that_mean_something_else);
	tcase_add_test(story, the_list_of_events_filters);
	tcase_add_test(story, q_closes_one_view_and_the_last_one_leaves);
	tcase_add_test(story, a_prediction_is_confronted_only_at_the_end);
	tcase_add_test(story, the_menu_finds_a_lesson_by_number_and_by_word);
	tcase_add_test(story, any_size_and_any_key_is_survived);
	tcase_add_test(story, lanes_come_as_a_tree);
	suite_add_tcase(suite, keys);
	suite_add_tcase(suite, story);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
