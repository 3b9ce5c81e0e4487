/* check_objects.c - what a trace says of locks, queues and the rest */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/object_maker.h"
#include "tests/support/trace_files.h"
#include "traces/check.h"
#include "traces/reader.h"
#include "traces/rows.h"
#include "traces/stats.h"
#include "traces/tell.h"

#define NS(ms) ((int64_t)((ms) * 1e6))

/* The first number an SQL question gives about `file`. */
static int64_t ask(const char *sql)
{
	return maker_number(file, sql);
}

#define ck_ask(sql, number) ck_assert_int_eq(ask("SELECT " sql), number)

static void use_everything(void)
{
	ck_assert_int_eq(object_maker_trace(file), 0);
}

/* ---- rows ---- */

START_TEST(holds_of_a_lock_say_who_and_how_they_ended)
{
	use_everything();
	ck_ask("count(*) FROM lock_hold", 2);
	ck_ask("count(*) FROM hold WHERE object_id = 10 AND agent_id = 2"
	       " AND begin_ns = 1000000 AND end_ns = 4000000"
	       " AND ended_by = 'released'", 1);
	ck_ask("count(*) FROM hold WHERE agent_id = 3 AND begin_ns = 4500000"
	       " AND end_ns = 5500000 AND ended_by = 'other'", 1);
}
END_TEST

START_TEST(waits_say_for_whom_and_how_they_ended)
{
	use_everything();
	ck_ask("count(*) FROM lock_wait", 3);
	ck_ask("count(*) FROM lock_wait WHERE object_id = 10 AND agent_id = 3"
	       " AND begin_ns = 2000000 AND end_ns = 4500000"
	       " AND holder_agent_id = 2 AND outcome = 'taken'", 1);
	ck_ask("count(*) FROM lock_wait WHERE agent_id = 1"
	       " AND holder_agent_id = 2 AND outcome = 'timeout'", 1);
	ck_ask("count(*) FROM wait WHERE object_id = 17 AND outcome = 'taken'",
	       2);
}
END_TEST

START_TEST(contention_is_summed_up)
{
	use_everything();
	ck_ask("acquires FROM contention WHERE object_id = 10", 2);
	ck_ask("contended FROM contention WHERE object_id = 10", 2);
	ck_ask("wait_total_ns FROM contention WHERE object_id = 10", 3500000);
	ck_ask("wait_max_ns FROM contention WHERE object_id = 10", 2500000);
	ck_ask("hold_total_ns FROM contention WHERE object_id = 10", 4000000);
	ck_ask("acquires FROM contention WHERE object_id = 12", 3);
}
END_TEST

START_TEST(messages_go_from_put_to_get)
{
	use_everything();
	ck_ask("count(*) FROM message WHERE object_id = 13", 4);
	ck_ask("count(*) FROM message WHERE object_id = 13 AND bytes = 100"
	       " AND from_agent_id = 2 AND to_agent_id = 3"
	       " AND sent_ns = 10000000 AND received_ns = 10500000", 1);
	/* One that waited for room was sent when it began to wait. */
	ck_ask("sent_ns FROM message WHERE object_id = 13 AND bytes = 7",
	       10600000);
	ck_ask("count(*) FROM message WHERE received_ns IS NULL"
	       " AND to_agent_id IS NULL AND bytes = 9", 1);
	ck_ask("count(*) FROM message WHERE object_id = 15 AND bytes = 30"
	       " AND from_agent_id = 2 AND to_agent_id = 3", 1);
	ck_ask("count(*) FROM message WHERE object_id = 14 AND bytes = 5", 1);
	ck_ask("partner_id FROM object_use WHERE object_id = 15", 14);
}
END_TEST

START_TEST(arrows_lead_from_what_somebody_did_to_whom_it_let_go_on)
{
	use_everything();
	ck_ask("count(*) FROM arrow WHERE kind = 'handover'"
	       " AND object_id = 10 AND from_agent_id = 2 AND from_ns = 4000000"
	       " AND to_agent_id = 3 AND to_ns = 4500000", 1);
	ck_ask("count(*) FROM arrow WHERE kind = 'handover'"
	       " AND object_id = 12 AND from_agent_id = 2 AND to_agent_id = 1",
	       1);
	ck_ask("count(*) FROM arrow WHERE kind = 'message'", 5);
	ck_ask("count(*) FROM arrow WHERE kind = 'set' AND from_agent_id = 2"
	       " AND to_agent_id = 3", 1);
	ck_ask("count(*) FROM arrow WHERE kind = 'notify'"
	       " AND from_agent_id = 2", 2);
	ck_ask("count(*) FROM arrow WHERE kind = 'trip'"
	       " AND from_agent_id = 2", 2);
}
END_TEST

START_TEST(a_trace_with_objects_is_sound)
{
	struct trace_checker checker = { 0 };

	use_everything();
	ck_assert_int_eq(trace_check(file, &checker, error, sizeof(error)), 0);
	ck_ask("count(*) FROM agent", 3);
}
END_TEST

/* ---- readers ---- */

static void ck_state(struct trace *trace, uint32_t object, double ms,
		     unsigned state)
{
	struct trace_interval interval = { 0 };

	ck_assert_int_eq(trace_state_at(trace, TRACE_LANE_OBJECT(object),
					NS(ms), &interval), 0);
	ck_assert_msg(interval.state == state, "%u at %g ms: %s", object, ms,
		      trace_state_name(trace, interval.state));
}

START_TEST(lanes_of_objects_have_states)
{
	static const struct {
		uint32_t object;
		double ms;
		unsigned state;
	} states[] = {
		{ KITCHEN, 0.9, TRACE_STATE_FREE },
		{ KITCHEN, 1.5, TRACE_STATE_HELD },
		{ KITCHEN, 3, TRACE_STATE_CONTENDED },
		{ KITCHEN, 4.2, TRACE_STATE_FREE },
		{ KITCHEN, 4.7, TRACE_STATE_HELD },
		{ PERMITS, 5, TRACE_STATE_FREE },
		{ PERMITS, 6.05, TRACE_STATE_PARTLY },
		{ PERMITS, 6.15, TRACE_STATE_FULL },
		{ PERMITS, 6.5, TRACE_STATE_CONTENDED },
		{ PERMITS, 8, TRACE_STATE_FREE },
		{ QUEUE, 9, TRACE_STATE_EMPTY },
		{ QUEUE, 10.2, TRACE_STATE_PARTLY },
		{ QUEUE, 10.65, TRACE_STATE_CONTENDED },
		{ RIGHT, 12.7, TRACE_STATE_PARTLY },
		{ RIGHT, 13.05, TRACE_STATE_EMPTY },
		{ FLAG, 20.5, TRACE_STATE_EMPTY },
		{ FLAG, 21.2, TRACE_STATE_SET },
		{ FLAG, 22.5, TRACE_STATE_EMPTY },
		{ ROOM, 23.5, TRACE_STATE_PARTLY },
		{ ROOM, 24.5, TRACE_STATE_EMPTY },
		{ GATE, 25.2, TRACE_STATE_PARTLY },
		{ GATE, 26.2, TRACE_STATE_SET },
		{ GATE, 26.7, TRACE_STATE_EMPTY },
		{ GATE, 29, TRACE_STATE_BROKEN },
	};
	use_everything();
	struct trace *trace = open_it(file);

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		ck_state(trace, states[i].object, states[i].ms,
			 states[i].state);
	trace_close(trace);
}
END_TEST

START_TEST(lanes_of_objects_are_painted_like_those_of_agents)
{
	use_everything();
	struct trace *trace = open_it(file);
	int64_t edges[] = { NS(0.9), NS(1.2), NS(3.2), NS(5), NS(6) };
	struct trace_cell cells[4];

	ck_assert_int_eq(trace_cells(trace, TRACE_LANE_OBJECT(KITCHEN), edges,
				     4, cells), 0);
	ck_assert_uint_eq(cells[0].state, TRACE_STATE_HELD);
	ck_assert_uint_eq(cells[1].state, TRACE_STATE_CONTENDED);
	ck_assert_uint_eq(cells[1].events, 2);
	ck_assert_uint_eq(cells[2].events, 3);
	ck_assert_uint_eq(cells[3].last, TRACE_STATE_FREE);
	ck_assert_ptr_null(trace_agent(trace, TRACE_LANE_OBJECT(KITCHEN)));
	uint64_t seq = trace_next(trace, 0, 1, TRACE_LANE_OBJECT(FLAG), 0);
	ck_assert_int_eq(trace_time_of(trace, seq), 400000 + FLAG);
	seq = trace_next(trace, seq, 1, TRACE_LANE_OBJECT(FLAG), 0);
	ck_assert_int_eq(trace_time_of(trace, seq), NS(20));
	trace_close(trace);
}
END_TEST

START_TEST(used_objects_are_listed_with_what_they_cost)
{
	struct trace_used_object used[20];

	use_everything();
	struct trace *trace = open_it(file);
	ck_assert_int_eq(trace_used_objects(trace, 0, 20, used), 10);
	ck_assert_str_eq(used[0].object.name, "kitchen");
	ck_assert_str_eq(used[0].object.kind_name, "lock");
	ck_assert_uint_eq(used[0].object.creator_agent_id, 1);
	ck_assert_uint_eq(used[0].contended, 2);
	ck_assert_int_eq(trace_used_objects(trace, used[2].object.id, 2, used),
			 2);
	ck_assert_uint_eq(used[0].partner_id, RIGHT);
	ck_assert_int_ge(trace_contended(trace, 3, used), 3);
	ck_assert_uint_eq(used[0].object.id, KITCHEN);
	trace_close(trace);
}
END_TEST

START_TEST(holders_and_those_who_wait_are_known_at_each_moment)
{
	struct trace_object_wait waits[5];
	struct trace_hold holds[5];

	use_everything();
	struct trace *trace = open_it(file);
	uint64_t seq = trace_seq_at(trace, NS(3));
	ck_assert_int_eq(trace_holder_after(trace, KITCHEN, seq, holds), 0);
	ck_assert_uint_eq(holds[0].agent_id, 2);
	ck_assert_int_eq(trace_waiters_after(trace, KITCHEN, seq, 5, waits), 2);
	ck_assert_uint_eq(waits[0].agent_id, 3);
	ck_assert_uint_eq(waits[1].agent_id, 1);
	seq = trace_seq_at(trace, NS(4.2));
	ck_assert_int_eq(trace_holder_after(trace, KITCHEN, seq, holds), -1);
	ck_assert_int_eq(trace_waiters_after(trace, KITCHEN, seq, 5, waits), 1);
	ck_assert_int_eq(trace_holds(trace, KITCHEN, NS(2), NS(4.2), 5, holds),
			 1);
	ck_assert_int_eq(trace_holds(trace, KITCHEN, NS(2), NS(9), 5, holds),
			 2);
	ck_assert_str_eq(holds[1].ended_by, "other");
	ck_assert_int_eq(trace_object_waits(trace, KITCHEN, NS(3), NS(9), 5,
					    waits), 2);
	ck_assert_str_eq(waits[1].outcome, "timeout");
	trace_close(trace);
}
END_TEST

START_TEST(levels_are_known_at_each_moment_and_in_columns)
{
	int64_t edges[] = { NS(9), NS(10.05), NS(10.4), NS(12) };
	struct trace_level_cell cells[3];
	struct trace_level level;

	use_everything();
	struct trace *trace = open_it(file);
	uint64_t seq = trace_seq_at(trace, NS(10.2));
	ck_assert_int_eq(trace_level_after(trace, QUEUE, seq, &level), 0);
	ck_assert_int_eq(level.value, 2);
	ck_assert_int_eq(level.bytes, 150);
	ck_assert_int_eq(trace_level_after(trace, QUEUE, 3, &level), -1);
	ck_assert_int_eq(trace_levels(trace, QUEUE, edges, 3, cells), 0);
	ck_assert_int_eq(cells[0].last, 1);
	ck_assert_int_eq(cells[1].most, 2);
	ck_assert_int_eq(cells[1].least, 1);
	ck_assert_int_eq(cells[2].last, 1);
	seq = trace_seq_at(trace, NS(27.2));
	ck_assert_int_eq(trace_level_after(trace, NUMBER, seq, &level), 0);
	ck_assert_int_eq(level.value, 5);
	trace_close(trace);
}
END_TEST

/* How often an Array was written; the event says what, and where. */
START_TEST(of_an_array_writes_are_counted)
{
	struct trace_level level;
	struct trace_record record;

	use_everything();
	struct trace *trace = open_it(file);
	uint64_t seq = trace_seq_at(trace, NS(27.65));
	ck_assert_int_eq(trace_level_after(trace, NUMBERS, seq, &level), 0);
	ck_assert_int_eq(level.value, 1);
	ck_assert_int_eq(trace_events(trace, level.seq, 1, &record), 1);
	ck_assert_int_eq(record.a, 2);
	ck_assert_int_eq(record.b, 9);
	seq = trace_seq_at(trace, NS(27.9));
	ck_assert_int_eq(trace_level_after(trace, NUMBERS, seq, &level), 0);
	ck_assert_int_eq(level.value, 3);
	trace_close(trace);
}
END_TEST

START_TEST(who_waited_for_whom_is_summed_up)
{
	struct trace_wait_pair pairs[5];

	use_everything();
	struct trace *trace = open_it(file);
	ck_assert_int_eq(trace_wait_pairs(trace, pairs, 5), 2);
	ck_assert_uint_eq(pairs[0].agent_id, 3);
	ck_assert_uint_eq(pairs[0].holder_agent_id, 2);
	ck_assert_int_eq(pairs[0].total_ns, 2500000);
	trace_close(trace);
}
END_TEST

START_TEST(a_trace_of_an_earlier_program_has_no_objects_and_opens)
{
	struct trace_used_object used;
	struct trace_deadlock deadlock;
	struct trace_hold hold;
	struct trace_cell cell;
	int64_t edges[] = { 0, NS(1) };

	change("DROP VIEW lock_hold; DROP VIEW lock_wait; DROP VIEW message;"
	       " DROP VIEW contention; DROP VIEW object_span;"
	       " DROP TABLE object_use; DROP TABLE hold; DROP TABLE wait;"
	       " DROP TABLE level; DROP TABLE delivery; DROP TABLE deadlock;"
	       " DROP TABLE deadlock_edge");
	struct trace *trace = open_it(file);
	ck_assert_int_eq(trace_used_objects(trace, 0, 1, &used), 0);
	ck_assert_int_eq(trace_deadlocks(trace, 1, &deadlock), 0);
	ck_assert_int_eq(trace_holder_after(trace, 2, 5, &hold), -1);
	ck_assert_int_eq(trace_cells(trace, TRACE_LANE_OBJECT(2), edges, 1,
				     &cell), 0);
	ck_assert_uint_eq(cell.state, 0);
	trace_close(trace);
	struct trace_checker checker = { 0 };
	ck_assert_int_eq(trace_check(file, &checker, error, sizeof(error)), 0);
}
END_TEST

/* ---- dead holders ---- */

START_TEST(what_the_dead_held_stays_taken)
{
	struct maker *maker = object_maker_new(file);
	struct trace_hold hold;

	object_event(maker, 1, 2, TRACE_LOCK_ACQUIRED, KITCHEN, 1, 0);
	object_event(maker, 2, 2, TRACE_PROC_DIED, 2, -9, 0);
	object_event(maker, 3, 3, TRACE_LOCK_RELEASED, KITCHEN, 2, 0);
	object_event(maker, 4, 3, TRACE_LOCK_ACQUIRED, KITCHEN, 1, 0);
	object_event(maker, 5, 3, TRACE_LOCK_RELEASED, KITCHEN, 3, 0);
	ck_assert_int_eq(object_maker_close(maker, 9, true), 0);
	struct trace *trace = open_it(file);
	ck_state(trace, KITCHEN, 2.5, TRACE_STATE_HELD_BY_DEAD);
	ck_state(trace, KITCHEN, 3.5, TRACE_STATE_FREE);
	uint64_t seq = trace_seq_at(trace, NS(2.5));
	ck_assert_int_eq(trace_holder_after(trace, KITCHEN, seq, &hold), 0);
	ck_assert(hold.is_dead);
	ck_assert_uint_eq(hold.agent_id, 2);
	ck_assert_str_eq(hold.ended_by, "dead");
	seq = trace_seq_at(trace, NS(3.5));
	ck_assert_int_eq(trace_holder_after(trace, KITCHEN, seq, &hold), -1);
	trace_close(trace);
}
END_TEST

int main(void)
{
	TCase *rows = tcase_create("rows"), *readers = tcase_create("readers");
	TCase *const cases[] = { rows, readers };

	tcase_add_test(rows, holds_of_a_lock_say_who_and_how_they_ended);
	tcase_add_test(rows, waits_say_for_whom_and_how_they_ended);
	tcase_add_test(rows, contention_is_summed_up);
	tcase_add_test(rows, messages_go_from_put_to_get);
	tcase_add_test(rows,
		       arrows_lead_from_what_somebody_did_to_whom_it_let_go_on);
	tcase_add_test(rows, a_trace_with_objects_is_sound);
	tcase_add_test(readers, lanes_of_objects_have_states);
	tcase_add_test(readers,
		       lanes_of_objects_are_painted_like_those_of_agents);
	tcase_add_test(readers, of_an_array_writes_are_counted);
	tcase_add_test(readers, used_objects_are_listed_with_what_they_cost);
	tcase_add_test(readers,
		       holders_and_those_who_wait_are_known_at_each_moment);
	tcase_add_test(readers,
		       levels_are_known_at_each_moment_and_in_columns);
	tcase_add_test(readers, who_waited_for_whom_is_summed_up);
	tcase_add_test(readers,
		       a_trace_of_an_earlier_program_has_no_objects_and_opens);
	tcase_add_test(readers, what_the_dead_held_stays_taken);
	return run_cases("objects", cases, 2);
}
