/* check_calls.c - calls of managed objects: their rows, what readers make of them, and who
 * waits for whom through a server */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/story_manager.h"
#include "tests/support/trace_files.h"
#include "tests/support/trace_maker.h"
#include "traces/event.h"
#include "traces/reader.h"
#include "traces/stats.h"
#include "traces/tell.h"
#include "tui/buffer.h"
#include "tui/lanes.h"
#include "tui/stage.h"

enum { MAIN = 1, SERVER, ANN, BOB, FOR_MAIN = 11, FOR_ANN, FOR_BOB };
enum { MANAGER = 21, NAMES, DOOR };

static struct trace *open_story(int (*story)(const char *path))
{
	ck_assert_int_eq(story(file), 0);
	return open_it(file);
}

/* The n-th event of that kind. */
static uint64_t nth(struct trace *trace, uint32_t kind, int n)
{
	uint64_t seq = 0;

	while (n-- > 0)
		seq = trace_next(trace, seq, 1, 0, kind);
	ck_assert_uint_gt(seq, 0);
	return seq;
}

/* ---- the table and its view ---- */

START_TEST(each_call_is_a_row_of_the_view)
{
	ck_assert_int_eq(story_manager(file), 0);
	ck_assert_int_eq(maker_number(file, "SELECT count(*) FROM call"), 8);
	ck_assert_int_eq(maker_number(file, "SELECT count(*) FROM call"
		" WHERE object_id = 23 AND client_agent_id = 4"
		" AND server_agent_id = 13 AND method = 'acquire'"
		" AND sent_ns = 200000000 AND began_ns = 202000000"
		" AND ended_ns = 470000000 AND returned_ns = 471000000"
		" AND outcome = 'done'"), 1);
	ck_assert_int_eq(maker_number(file, "SELECT count(*) FROM call"
		" WHERE method = 'list' AND object_id = 21"), 1);
}
END_TEST

START_TEST(a_call_whose_caller_dies_is_lost)
{
	ck_assert_int_eq(story_manager_ring(file), 0);
	ck_assert_int_eq(maker_number(file, "SELECT count(*) FROM call"
		" WHERE client_agent_id = 4 AND returned_ns IS NULL"
		" AND outcome = 'lost'"), 1);
}
END_TEST

START_TEST(a_manager_counts_its_objects)
{
	struct trace *trace = open_story(story_manager);
	struct trace_used_object used[4];
	struct trace_level level;

	ck_assert_int_eq(trace_used_objects(trace, 0, 4, used), 3);
	ck_assert_uint_eq(used[0].partner_id, 0);
	ck_assert_uint_eq(used[1].partner_id, MANAGER);
	ck_assert_uint_eq(used[2].partner_id, MANAGER);
	ck_assert_int_eq(trace_level_after(trace, MANAGER,
					   nth(trace, TRACE_REFERENT_CREATE, 1),
					   &level), 0);
	ck_assert_int_eq(level.value, 1);
	ck_assert_int_eq(trace_level_after(trace, MANAGER, 60, &level), 0);
	ck_assert_int_eq(level.value, 2);
	trace_close(trace);
}
END_TEST

START_TEST(how_much_is_in_a_list_is_told_when_it_is_made)
{
	struct trace *trace = open_story(story_manager);
	struct trace_level level;

	/* Not before: it may be made with items in it. */
	ck_assert_int_eq(trace_level_after(trace, NAMES,
					   nth(trace, TRACE_REFERENT_INCREF, 1),
					   &level), -1);
	ck_assert_int_eq(trace_level_after(trace, NAMES,
					   nth(trace, TRACE_SERVE_END, 1),
					   &level), 0);
	ck_assert_int_eq(level.value, 0);
	ck_assert_int_eq(trace_level_after(trace, NAMES,
					   nth(trace, TRACE_SERVE_END, 4),
					   &level), 0);
	ck_assert_int_eq(level.value, 1);
	trace_close(trace);
}
END_TEST

/* ---- one call ---- */

START_TEST(each_event_of_a_call_leads_to_it)
{
	static const uint32_t kinds[] = { TRACE_CALL_SENT, TRACE_SERVE_BEGIN,
					  TRACE_SERVE_END,
					  TRACE_CALL_RETURNED };
	struct trace *trace = open_story(story_manager);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct trace_record record;
		struct trace_call call;
		uint64_t seq = nth(trace, kinds[i], 4);

		ck_assert_int_eq(trace_events(trace, seq, 1, &record), 1);
		ck_assert_int_eq(trace_call_of(trace, &record, &call), 0);
		ck_assert_str_eq(call.method, "append");
		ck_assert_uint_eq(call.object_id, NAMES);
		ck_assert_uint_eq(call.client_agent_id, ANN);
		ck_assert_uint_eq(call.server_agent_id, FOR_ANN);
		ck_assert_int_eq(call.sent_ns, 130 * MS);
		ck_assert_int_eq(call.began_ns, 132 * MS);
		ck_assert_int_eq(call.ended_ns, 150 * MS);
		ck_assert_int_eq(call.returned_ns, 151 * MS);
		ck_assert_str_eq(call.outcome, "done");
	}
	trace_close(trace);
}
END_TEST

START_TEST(a_call_that_goes_on_is_told_as_far_as_it_is)
{
	struct trace *trace;
	struct trace_record record;
	struct trace_call call;

	/* As it is while Bob still waits. */
	ck_assert_int_eq(story_manager_ring(file), 0);
	ck_assert_int_eq(maker_sql(file, "DELETE FROM proxy_call"
					 " WHERE outcome = 'lost'"), 0);
	trace = open_it(file);
	ck_assert_int_eq(trace_events(trace, nth(trace, TRACE_CALL_SENT, 5), 1,
				      &record), 1);
	ck_assert_int_eq(trace_call_of(trace, &record, &call), 0);
	ck_assert_str_eq(call.method, "acquire");
	ck_assert_uint_eq(call.server_agent_id, FOR_BOB);
	ck_assert_int_eq(call.began_ns, 202 * MS);
	ck_assert_int_eq(call.ended_ns, -1);
	ck_assert_int_eq(call.returned_ns, -1);
	ck_assert_str_eq(call.outcome, "");
	trace_close(trace);
}
END_TEST

START_TEST(other_events_are_about_no_call)
{
	struct trace *trace = open_story(story_manager);
	struct trace_record record;
	struct trace_call call;

	for (uint64_t seq = 1; seq <= trace_info(trace)->events; seq++) {
		ck_assert_int_eq(trace_events(trace, seq, 1, &record), 1);
		bool is_call = record.kind >= TRACE_CALL_SENT
			       && record.kind <= TRACE_SERVE_END;
		ck_assert_int_eq(trace_call_of(trace, &record, &call),
				 is_call ? 0 : -1);
	}
	trace_close(trace);
}
END_TEST

START_TEST(an_object_knows_its_last_call_and_how_many)
{
	struct trace *trace = open_story(story_manager);
	struct trace_call call;
	uint64_t last = trace_info(trace)->events;
	uint64_t first = nth(trace, TRACE_CALL_SENT, 4);

	ck_assert_int_eq(trace_last_call(trace, NAMES, first - 1, &call), -1);
	ck_assert_int_eq(trace_last_call(trace, NAMES, first, &call), 0);
	ck_assert_uint_eq(call.client_agent_id, ANN);
	ck_assert_int_eq(trace_last_call(trace, NAMES, last, &call), 0);
	ck_assert_uint_eq(call.client_agent_id, BOB);
	ck_assert_uint_eq(trace_call_count(trace, NAMES, first, 100), 1);
	ck_assert_uint_eq(trace_call_count(trace, NAMES, last, 100), 2);
	ck_assert_uint_eq(trace_call_count(trace, DOOR, last, 3), 3);
	ck_assert_uint_eq(trace_client_of(trace, FOR_BOB), BOB);
	ck_assert_uint_eq(trace_client_of(trace, SERVER), 0);
	ck_assert_uint_eq(trace_client_of(trace, BOB), 0);
	trace_close(trace);
}
END_TEST

/* ---- who waits for whom ---- */

static const struct trace_wait_for *
wait_of(const struct trace_wait_for *waits, size_t count, uint32_t agent_id)
{
	for (size_t i = 0; i < count; i++)
		if (waits[i].agent_id == agent_id)
			return &waits[i];
	return NULL;
}

START_TEST(who_has_called_waits_for_the_thread_that_does_it)
{
	struct trace *trace = open_story(story_manager);
	struct trace_wait_for waits[8];
	uint64_t seq = trace_seq_at(trace, 300 * MS);
	size_t count = trace_waits(trace, seq, waits, 8);
	char text[1000];

	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(wait_of(waits, count, BOB)->for_agent_id, FOR_BOB);
	ck_assert_uint_eq(wait_of(waits, count, FOR_BOB)->for_agent_id,
			  FOR_ANN);
	ck_assert_uint_eq(wait_of(waits, count, MAIN)->for_agent_id, ANN);
	trace_tell_waits(trace, seq, waits, count, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "Bob is waiting for a reply: lock"
				     " door, from SyncManager-1 server 3"));
	/* Those who only serve, and have nothing to do, wait for nobody. */
	ck_assert_ptr_null(strstr(text, "idle"));
	trace_close(trace);
}
END_TEST

START_TEST(before_a_call_is_begun_nobody_is_known_to_do_it)
{
	struct trace *trace = open_story(story_manager);
	struct trace_wait_for waits[8];
	size_t count = trace_waits(trace, nth(trace, TRACE_CALL_SENT, 4),
				   waits, 8);

	ck_assert_uint_eq(wait_of(waits, count, ANN)->for_agent_id, 0);
	trace_close(trace);
}
END_TEST

START_TEST(a_ring_may_lead_through_an_idle_server)
{
	struct trace *trace = open_story(story_manager_ring);
	struct trace_deadlock deadlocks[4];
	struct trace_edge edges[8];
	struct trace_wait_for waits[8];
	size_t count;

	/* It closes with Ann's join, the last wait of the four. */
	ck_assert_int_ge(trace_deadlocks(trace, 4, deadlocks), 1);
	ck_assert_str_eq(deadlocks[0].kind, "ring");
	ck_assert_int_eq(deadlocks[0].t_ns, 460 * MS);
	ck_assert_int_eq(trace_deadlock_edges(trace, deadlocks[0].id, 8,
					      edges), 4);
	count = trace_waits(trace, trace_seq_at(trace, 1000 * MS), waits, 8);
	ck_assert_uint_eq(count, 5);
	ck_assert(wait_of(waits, count, FOR_ANN)->in_circle);
	ck_assert(wait_of(waits, count, FOR_BOB)->in_circle);
	ck_assert(wait_of(waits, count, ANN)->in_circle);
	ck_assert(wait_of(waits, count, BOB)->in_circle);
	ck_assert(!wait_of(waits, count, MAIN)->in_circle);
	trace_close(trace);
}
END_TEST

/* ---- figures ---- */

START_TEST(methods_are_counted_and_timed)
{
	struct trace *trace = open_story(story_manager);
	struct trace_method_stats methods[8];

	ck_assert_int_eq(trace_method_stats(trace, methods, 8), 5);
	ck_assert_uint_eq(methods[0].object_id, DOOR);
	ck_assert_str_eq(methods[0].method, "acquire");
	ck_assert_uint_eq(methods[0].calls, 2);
	ck_assert_uint_eq(methods[0].errors, 0);
	ck_assert_int_eq(methods[0].total_ns, 278 * MS);
	ck_assert_int_eq(methods[0].max_ns, 271 * MS);
	ck_assert_int_eq(methods[0].served_ns, 272 * MS);
	ck_assert_int_eq(trace_method_stats(trace, methods, 1), 1);
	trace_close(trace);
}
END_TEST

static void ck_printed(struct trace *trace, bool tsv, const char *line)
{
	struct trace_stats_options options = { .tsv = tsv };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	ck_assert_int_eq(trace_stats_print(trace, out, &options), 0);
	fclose(out);
	ck_assert_msg(strstr(text, line) != NULL, "%s", text);
	free(text);
}

START_TEST(stats_and_show_tell_of_methods)
{
	struct trace *trace = open_story(story_manager);
	struct trace_show_options options = { 0 };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	ck_printed(trace, false, "managed list names append                 2"
				 "      0     42 ms     21 ms     36 ms");
	ck_printed(trace, true, "call\tmanaged list names\tappend\t2\t0\t42000000"
				"\t21000000\t36000000\n");
	ck_assert_int_eq(trace_show(trace, out, &options), 0);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "Calls of managed list names, append:"
				     " 2, 42 ms in all, 21 ms at most.\n"));
	free(text);
	trace_close(trace);
}
END_TEST

/* ---- the screen ---- */

static char *details_at(struct trace *trace, uint64_t seq)
{
	struct ui_rect rect = { 0, 0, 60, 20 };
	struct ui_state state;
	struct ui_canvas canvas;
	struct ui_buffer text = { 0 };

	ui_state_init(&state, 60, 20);
	ui_state_open(&state, trace);
	state.cursor_seq = seq;
	ui_canvas_init(&canvas, 60, 20);
	ui_pane_draw_details(&state, &canvas, rect);
	for (int y = 0; y < 20; y++)
		for (int x = 0; x < 60; x++)
			ui_buffer_puts(&text, ui_cell_at(&canvas, x, y)->text);
	ui_canvas_finish(&canvas);
	ui_state_finish(&state);
	return text.bytes;
}

START_TEST(details_tell_a_call_whole)
{
	static const char *const parts[] = {
		"method    append", "of        managed list names",
		"sent      0.130000000 s, Ann", "begun     0.132000000 s, ",
		"done      0.150000000 s", "returned  0.151000000 s, 21.0 ms",
	};
	struct trace *trace = open_story(story_manager);
	char *text = details_at(trace, nth(trace, TRACE_SERVE_END, 4));

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		ck_assert_msg(strstr(text, parts[i]) != NULL, "%s: %s",
			      parts[i], text);
	free(text);
	trace_close(trace);
}
END_TEST

START_TEST(what_a_manager_has_stands_below_it)
{
	struct trace *trace = open_story(story_manager);
	struct ui_state state;

	ui_state_init(&state, 80, 24);
	ui_state_open(&state, trace);
	ck_assert_uint_eq(state.lane_count, 10);
	ck_assert_str_eq(ui_lane_name(&state, &state.lanes[3]),
			 "server 2: Ann");
	ck_assert_uint_eq(state.lanes[7].object_id, MANAGER);
	ck_assert_uint_eq(state.lanes[7].depth, 0);
	ck_assert_uint_eq(state.lanes[8].object_id, NAMES);
	ck_assert_uint_eq(state.lanes[8].depth, 1);
	ck_assert_uint_eq(state.lanes[9].object_id, DOOR);
	ui_state_finish(&state);
	trace_close(trace);
}
END_TEST

int main(void)
{
	TCase *rows = tcase_create("rows"), *told = tcase_create("told");
	TCase *const cases[] = { rows, told };

	tcase_add_test(rows, each_call_is_a_row_of_the_view);
	tcase_add_test(rows, a_call_whose_caller_dies_is_lost);
	tcase_add_test(rows, a_manager_counts_its_objects);
	tcase_add_test(rows,
		       how_much_is_in_a_list_is_told_when_it_is_made);
	tcase_add_test(rows, each_event_of_a_call_leads_to_it);
	tcase_add_test(rows, a_call_that_goes_on_is_told_as_far_as_it_is);
	tcase_add_test(rows, other_events_are_about_no_call);
	tcase_add_test(rows, an_object_knows_its_last_call_and_how_many);
	tcase_add_test(told, who_has_called_waits_for_the_thread_that_does_it);
	tcase_add_test(told, before_a_call_is_begun_nobody_is_known_to_do_it);
	tcase_add_test(told, a_ring_may_lead_through_an_idle_server);
	tcase_add_test(told, methods_are_counted_and_timed);
	tcase_add_test(told, stats_and_show_tell_of_methods);
	tcase_add_test(told, details_tell_a_call_whole);
	tcase_add_test(told, what_a_manager_has_stands_below_it);
	return run_cases("calls", cases, 2);
}
