/* check_deadlock.c - deadlocks that are found, told, and not claimed */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/object_maker.h"
#include "tests/support/trace_files.h"
#include "traces/reader.h"
#include "traces/tell.h"

#define DO(ms, agent, kind, object, a, b) \
	object_event(maker, ms, agent, TRACE_##kind, object, a, b)

static struct maker *maker;
static struct trace_deadlock deadlocks[4];
static struct trace_edge edges[8];

static void begin(void)
{
	maker = object_maker_new(file);
	ck_assert_ptr_nonnull(maker);
}

/* End it, and find the deadlocks: how many. */
static struct trace *look(double ms, int count)
{
	ck_assert_int_eq(object_maker_close(maker, ms, true), 0);
	struct trace *trace = open_it(file);
	ck_assert_int_eq(trace_deadlocks(trace, 4, deadlocks), count);
	return trace;
}

static void ck_edges(struct trace *trace, int count)
{
	ck_assert_int_eq(trace_deadlock_edges(trace, deadlocks[0].id, 8, edges),
			 count);
}

static void ck_nothing(double ms)
{
	trace_close(look(ms, 0));
}

/* ---- certain ---- */

START_TEST(a_ring_of_locks_closes_with_the_last_wait)
{
	ck_assert_int_eq(object_maker_ring(file), 0);
	struct trace *trace = open_it(file);
	char text[600];

	ck_assert_int_eq(trace_deadlocks(trace, 4, deadlocks), 1);
	ck_assert_str_eq(deadlocks[0].kind, "ring");
	ck_assert_int_eq(deadlocks[0].t_ns, 3 * MS);
	ck_assert_int_eq(deadlocks[0].cleared_ns, -1);
	ck_edges(trace, 2);
	ck_assert_uint_eq(edges[0].agent_id, 3);
	ck_assert_uint_eq(edges[0].object_id, KITCHEN);
	ck_assert_uint_eq(edges[0].holder_agent_id, 2);
	ck_assert_uint_eq(edges[1].agent_id, 2);
	ck_assert_uint_eq(edges[1].holder_agent_id, 3);
	trace_tell_deadlock(trace, &deadlocks[0], text, sizeof(text));
	ck_assert_str_eq(text, "Deadlock: Process-2 waits for lock kitchen"
			 " [objects.c:13], held by Process-1 [objects.c:12];"
			 " Process-1 waits for lock hall [objects.c:12], held"
			 " by Process-2 [objects.c:13]. None of them can ever"
			 " go on.");
	for (size_t size = 1; size < sizeof(text); size++)
		ck_assert_uint_lt(trace_tell_deadlock(trace, &deadlocks[0],
						      text, size), size);
	trace_close(trace);
}
END_TEST

START_TEST(show_tells_a_deadlock_where_it_closes)
{
	struct trace_show_options options = { 0 };
	char *text = NULL;
	size_t length;

	ck_assert_int_eq(object_maker_ring(file), 0);
	struct trace *trace = open_it(file);
	FILE *out = open_memstream(&text, &length);
	ck_assert_int_eq(trace_show(trace, out, &options), 0);
	fclose(out);
	char *wait = strstr(text, "has to wait for lock kitchen");
	char *told = strstr(text, "Deadlock: Process-2");
	char *death = strstr(text, "is dead");
	ck_assert(wait && told && death);
	ck_assert(wait < told && told < death);
	ck_assert_ptr_nonnull(strstr(text, "Waits for lock hall: 1"));
	free(text);
	trace_close(trace);
}
END_TEST

START_TEST(waits_at_the_cursor_show_the_circle)
{
	struct trace_wait_for waits[5];
	char text[900];

	ck_assert_int_eq(object_maker_ring(file), 0);
	struct trace *trace = open_it(file);
	uint64_t seq = trace_seq_at(trace, 4 * MS);
	ck_assert_uint_eq(trace_waits(trace, seq, waits, 5), 3);
	ck_assert_uint_eq(waits[0].for_agent_id, 2);	/* main joins it */
	ck_assert(!waits[0].in_circle);
	ck_assert(waits[1].in_circle && waits[2].in_circle);
	ck_assert(waits[1].in_deadlock && waits[2].in_deadlock);
	trace_tell_waits(trace, seq, waits, 3, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "lock hall, held by Process-2"));
	trace_close(trace);
}
END_TEST

START_TEST(who_waits_for_the_lock_it_holds_waits_for_ever)
{
	begin();
	DO(1, 2, LOCK_ACQUIRED, KITCHEN, 1, 0);
	DO(2, 2, LOCK_WAIT, KITCHEN, -1, 2);
	struct trace *trace = look(9, 1);
	char text[300];

	ck_assert_str_eq(deadlocks[0].kind, "self");
	ck_edges(trace, 1);
	ck_assert_uint_eq(edges[0].holder_agent_id, 2);
	trace_tell_deadlock(trace, &deadlocks[0], text, sizeof(text));
	ck_assert_str_eq(text, "Deadlock: Process-1 waits for lock kitchen"
			 " [objects.c:12], which it holds itself"
			 " [objects.c:12]. It can never go on.");
	trace_close(trace);
}
END_TEST

START_TEST(what_the_dead_hold_is_waited_for_in_vain)
{
	begin();
	DO(1, 2, LOCK_ACQUIRED, KITCHEN, 1, 0);
	DO(2, 3, LOCK_WAIT, KITCHEN, -1, 2);
	DO(3, 2, PROC_DIED, 2, -9, 0);
	DO(4, 1, LOCK_WAIT, KITCHEN, -1, 2);
	struct trace *trace = look(9, 2);
	char text[300];

	ck_assert_str_eq(deadlocks[0].kind, "dead");
	ck_assert_int_eq(deadlocks[0].t_ns, 3 * MS);
	ck_assert_int_eq(deadlocks[1].t_ns, 4 * MS);
	ck_edges(trace, 1);
	ck_assert_uint_eq(edges[0].holder_agent_id, 2);
	trace_tell_deadlock(trace, &deadlocks[1], text, sizeof(text));
	ck_assert_str_eq(text, "Deadlock: main waits for lock kitchen"
			 " [objects.c:11], held by Process-1 [objects.c:12],"
			 " which is dead. It can never go on.");
	trace_close(trace);
}
END_TEST

/* Each of them: how it comes to be with Process-1, which dies; and who waits then. */
static const struct {
	uint32_t kind, object, kind_of_wait;
	const char *told;
} with_the_dead[] = {
	{ TRACE_SEM_ACQUIRED, PERMITS, TRACE_SEM_WAIT,
	  "Deadlock: main waits for a permit of semaphore permits [objects.c:11],"
	  " but Process-1, which has it, is dead. It can never go on." },
	{ TRACE_QUEUE_DEAD, QUEUE, TRACE_QUEUE_GET_WAIT,
	  "Deadlock: main waits for an item from queue tasks [objects.c:11],"
	  " but Process-1, which was reading from it, is dead. It can never go"
	  " on." },
	{ TRACE_QUEUE_DEAD, QUEUE, TRACE_FEEDER_WAIT,
	  "Deadlock: main waits for room in queue tasks [objects.c:11],"
	  " but Process-1, which was writing into it, is dead. It can never go"
	  " on." },
	{ TRACE_LOCK_DEAD, KITCHEN, TRACE_LOCK_WAIT,
	  "Deadlock: main waits for lock kitchen [objects.c:11], held by"
	  " Process-1 [objects.c:13], which is dead. It can never go on." },
	{ TRACE_BARRIER_WAIT, GATE, TRACE_BARRIER_HOLD,
	  "Deadlock: main waits until the others have left barrier gate"
	  " [objects.c:11], but Process-1, which would have to leave it, is"
	  " dead. It can never go on." },
};
#define DEAD_ROWS ((int)(sizeof(with_the_dead) / sizeof(*with_the_dead)))

static void let_it_have(int row)
{
	uint32_t object = with_the_dead[row].object;

	switch (with_the_dead[row].kind) {
	case TRACE_SEM_ACQUIRED:
		DO(1, 2, SEM_ACQUIRED, object, 1, 0);
		DO(1.1, 2, SEM_ACQUIRED, object, 0, 0);
		break;
	case TRACE_BARRIER_WAIT:
		DO(1, 2, BARRIER_WAIT, object, 0, 2 | TRACE_BARRIER_FOREVER);
		DO(1.1, 3, BARRIER_TRIP, object, 1, 2);
		break;
	}
	DO(2, 2, PROC_DIED, 2, -9, 0);
	if (with_the_dead[row].kind == TRACE_LOCK_DEAD)
		DO(2.5, 3, LOCK_DEAD, object, 2, 0);
	if (with_the_dead[row].kind == TRACE_QUEUE_DEAD)
		DO(2.5, 3, QUEUE_DEAD, object, 2,
		   with_the_dead[row].kind_of_wait == TRACE_QUEUE_GET_WAIT
			   ? TRACE_QUEUE_READS : TRACE_QUEUE_WRITES);
}

START_TEST(whatever_the_dead_have_is_waited_for_in_vain)
{
	struct trace_wait_for waits[4];
	char text[400];

	begin();
	let_it_have(_i);
	object_event(maker, 3, 1, with_the_dead[_i].kind_of_wait,
		     with_the_dead[_i].object, -1, 0);
	struct trace *trace = look(9, 1);
	ck_assert_str_eq(deadlocks[0].kind, "dead");
	ck_assert_int_eq(deadlocks[0].t_ns, 3 * MS);
	ck_edges(trace, 1);
	ck_assert_uint_eq(edges[0].holder_agent_id, 2);
	trace_tell_deadlock(trace, &deadlocks[0], text, sizeof(text));
	ck_assert_str_eq(text, with_the_dead[_i].told);
	uint64_t seq = trace_seq_at(trace, 4 * MS);
	ck_assert_uint_eq(trace_waits(trace, seq, waits, 4), 1);
	ck_assert(waits[0].is_for_dead && waits[0].in_deadlock);
	ck_assert_uint_eq(waits[0].for_agent_id, 2);
	trace_tell_waits(trace, seq, waits, 1, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "Process-1"));
	ck_assert_ptr_nonnull(strstr(text, "which is dead"));
	trace_close(trace);
}
END_TEST

/* Permits that somebody else gives back belong to nobody; nor is a deadlock what a
 * living one can still end. */
START_TEST(permits_that_others_give_back_are_not_the_dead_s)
{
	begin();
	DO(1, 2, SEM_ACQUIRED, PERMITS, 1, 0);
	DO(1.1, 3, SEM_RELEASED, PERMITS, 2, 0);
	DO(1.2, 2, SEM_ACQUIRED, PERMITS, 1, 0);
	DO(1.3, 2, SEM_ACQUIRED, PERMITS, 0, 0);
	DO(2, 2, PROC_DIED, 2, -9, 0);
	DO(3, 1, SEM_WAIT, PERMITS, -1, 0);
	ck_nothing(100);
}
END_TEST

START_TEST(one_permit_of_two_may_come_back)
{
	begin();
	DO(1, 2, SEM_ACQUIRED, PERMITS, 1, 0);
	DO(1.1, 3, SEM_ACQUIRED, PERMITS, 0, 0);
	DO(2, 2, PROC_DIED, 2, -9, 0);
	DO(3, 1, SEM_WAIT, PERMITS, -1, 0);
	DO(50, 3, SEM_RELEASED, PERMITS, 1, 1);
	DO(50.1, 1, SEM_WAITED, PERMITS, 0, 0);
	ck_nothing(100);
}
END_TEST

START_TEST(join_of_a_process_that_waits_for_the_one_who_joins)
{
	begin();
	DO(1, 1, LOCK_ACQUIRED, KITCHEN, 1, 0);
	DO(2, 1, JOIN_BEGIN, 2, -1, 0);
	DO(3, 2, LOCK_WAIT, KITCHEN, -1, 1);
	struct trace *trace = look(9, 1);

	ck_assert_str_eq(deadlocks[0].kind, "ring");
	trace_close(trace);
}
END_TEST

START_TEST(a_ring_that_is_opened_is_cleared)
{
	begin();
	DO(1, 2, LOCK_ACQUIRED, KITCHEN, 1, 0);
	DO(1.5, 3, LOCK_ACQUIRED, HALL, 1, 0);
	DO(2, 2, LOCK_WAIT, HALL, -1, 3);
	DO(3, 3, LOCK_WAIT, KITCHEN, -1, 2);
	DO(4, 1, LOCK_RELEASED, HALL, 3, 1);
	DO(5, 2, LOCK_WAITED, HALL, 1, 0);
	trace_close(look(9, 1));
	ck_assert_int_eq(deadlocks[0].cleared_ns, 5 * MS);
}
END_TEST

/* ---- nobody is left ---- */

START_TEST(nobody_is_left_to_put)
{
	begin();
	DO(1, 2, QUEUE_GET_WAIT, QUEUE, -1, 0);
	DO(2, 3, EVENT_WAIT, FLAG, -1, 0);
	DO(3, 1, COND_WAIT, ROOM, -1, 1);
	struct trace *trace = look(400, 1);

	ck_assert_str_eq(deadlocks[0].kind, "nobody");
	ck_assert_int_eq(deadlocks[0].t_ns, 3 * MS);
	ck_edges(trace, 3);
	trace_close(trace);
}
END_TEST

START_TEST(join_before_drain_is_a_ring)
{
	begin();
	maker_add(maker, (struct maker_event){ .t_ns = MS, .agent = 7,
		.kind = TRACE_AGENT_BEGIN, .object = 2,
		.a = (int64_t)TRACE_ROLE_FEEDER << 32 | 1007,
		.text = "M.1 feeder", .second = "feeder" });
	DO(1.1, 3, PROC_DIED, 3, 0, 0);
	DO(2, 2, QUEUE_PUT, QUEUE, 1, 100000);
	DO(3, 7, FEEDER_WAIT, QUEUE, 0, 0);
	DO(4, 1, JOIN_BEGIN, 2, -1, 0);
	DO(5, 2, QUEUE_FLUSH_WAIT, QUEUE, 1, 0);
	struct trace *trace = look(400, 1);
	char text[600];

	ck_assert_str_eq(deadlocks[0].kind, "ring");
	ck_edges(trace, 3);
	trace_tell_deadlock(trace, &deadlocks[0], text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "main waits for Process-1 to end"));
	ck_assert_ptr_nonnull(strstr(text, "Process-1 feeder waits for room in"
				     " queue tasks [objects.c:17], and main"
				     " takes nothing out"));
	ck_assert_ptr_nonnull(strstr(text, "None of them can ever go on."));
	trace_close(trace);
}
END_TEST

/* What had been taken out when the feeder last found no room is what has been taken
 * out by now: nobody has made room since. Which of the two was told first says
 * nothing. */
static void drain_in_part(int64_t taken_then)
{
	begin();
	maker_add(maker, (struct maker_event){ .t_ns = MS, .agent = 7,
		.kind = TRACE_AGENT_BEGIN, .object = 2,
		.a = (int64_t)TRACE_ROLE_FEEDER << 32 | 1007,
		.text = "M.1 feeder", .second = "feeder" });
	DO(1.1, 3, PROC_DIED, 3, 0, 0);
	DO(2, 2, QUEUE_PUT, QUEUE, 1, 10000);
	DO(2.1, 2, QUEUE_PUT, QUEUE, 2, 100000);
	DO(3, 7, FEEDER_WAIT, QUEUE, -1, 0);
	DO(4, 7, FEEDER_ROOM, QUEUE, 0, 0);
	DO(4.1, 7, FEEDER_WAIT, QUEUE, -1, taken_then);
	DO(4.2, 1, QUEUE_GET, QUEUE, 1, 10000);
	DO(5, 1, JOIN_BEGIN, 2, -1, 0);
	DO(6, 2, QUEUE_FLUSH_WAIT, QUEUE, 1, 0);
}

START_TEST(join_before_all_is_drained_is_a_ring)
{
	drain_in_part(10008);
	struct trace *trace = look(400, 1);

	ck_assert_str_eq(deadlocks[0].kind, "ring");
	ck_edges(trace, 3);
	trace_close(trace);
}
END_TEST

/* Another feeder has the lock and waits for room: who waits for it is stuck, too. */
START_TEST(who_waits_behind_a_stuck_feeder_is_stuck)
{
	drain_in_part(10008);
	maker_add(maker, (struct maker_event){ .t_ns = 7 * MS, .agent = 8,
		.kind = TRACE_AGENT_BEGIN, .object = 1,
		.a = (int64_t)TRACE_ROLE_FEEDER << 32 | 1008,
		.text = "M feeder", .second = "feeder" });
	DO(8, 8, FEEDER_WAIT, QUEUE, -1, -1);
	struct trace *trace = look(400, 2);

	ck_assert_str_eq(deadlocks[0].kind, "ring");
	ck_assert_str_eq(deadlocks[1].kind, "nobody");
	trace_close(trace);
}
END_TEST

/* ---- not claimed ---- */

START_TEST(room_that_the_feeder_has_not_seen_lets_it_go_on)
{
	drain_in_part(0);
	ck_nothing(900);
}
END_TEST

START_TEST(a_wait_with_a_time_limit_ends_by_itself)
{
	begin();
	DO(1, 2, LOCK_ACQUIRED, KITCHEN, 1, 0);
	DO(1.5, 3, LOCK_ACQUIRED, HALL, 1, 0);
	DO(2, 2, LOCK_WAIT, HALL, 5000000000, 3);
	DO(3, 3, LOCK_WAIT, KITCHEN, -1, 2);
	ck_nothing(900);
}
END_TEST

START_TEST(a_lock_that_was_given_back_closes_no_ring)
{
	begin();
	DO(1, 2, LOCK_ACQUIRED, KITCHEN, 1, 0);
	DO(1.5, 3, LOCK_ACQUIRED, HALL, 1, 0);
	DO(2, 2, LOCK_WAIT, HALL, -1, 3);
	DO(2.5, 3, LOCK_RELEASED, HALL, 3, 1);
	DO(3, 3, LOCK_WAIT, KITCHEN, -1, 2);
	DO(3.5, 2, LOCK_WAITED, HALL, 1, 0);
	ck_nothing(900);
}
END_TEST

START_TEST(one_who_runs_may_still_act)
{
	begin();
	DO(1, 2, QUEUE_GET_WAIT, QUEUE, -1, 0);
	DO(2, 3, EVENT_WAIT, FLAG, -1, 0);
	DO(3, 1, SLEEP_BEGIN, 0, 900000000, 0);
	ck_nothing(800);
}
END_TEST

START_TEST(what_is_on_its_way_lets_somebody_go_on)
{
	begin();
	DO(1, 3, PROC_DIED, 3, 0, 0);
	DO(2, 2, CONN_RECV_WAIT, RIGHT, 0, 0);
	DO(3, 1, CONN_SEND, LEFT, 1, 30);
	DO(4, 1, JOIN_BEGIN, 2, -1, 0);
	ck_nothing(900);
}
END_TEST

START_TEST(all_who_wait_for_a_moment_only_are_not_deadlocked)
{
	begin();
	DO(1, 3, PROC_DIED, 3, 0, 0);
	DO(2, 2, CONN_RECV_WAIT, RIGHT, 0, 0);
	DO(4, 1, JOIN_BEGIN, 2, -1, 0);
	DO(100, 2, WAIT_END, RIGHT, -1, 0);
	ck_nothing(900);
}
END_TEST

START_TEST(a_process_that_was_told_to_go_may_be_joined)
{
	begin();
	DO(1, 1, LOCK_ACQUIRED, KITCHEN, 1, 0);
	DO(2, 2, LOCK_WAIT, KITCHEN, -1, 1);
	DO(2.5, 1, PROC_SIGNAL, 2, 15, TRACE_ENDED_BY_TERMINATE);
	DO(3, 1, JOIN_BEGIN, 2, -1, 0);
	ck_nothing(900);
}
END_TEST

int main(void)
{
	TCase *certain = tcase_create("certain");
	TCase *nobody = tcase_create("nobody"), *not = tcase_create("not");
	TCase *const cases[] = { certain, nobody, not };

	tcase_add_test(certain, a_ring_of_locks_closes_with_the_last_wait);
	tcase_add_test(certain, show_tells_a_deadlock_where_it_closes);
	tcase_add_test(certain, waits_at_the_cursor_show_the_circle);
	tcase_add_test(certain,
		       who_waits_for_the_lock_it_holds_waits_for_ever);
	tcase_add_test(certain, what_the_dead_hold_is_waited_for_in_vain);
	tcase_add_loop_test(certain,
			    whatever_the_dead_have_is_waited_for_in_vain, 0,
			    DEAD_ROWS);
	tcase_add_test(certain,
		       join_of_a_process_that_waits_for_the_one_who_joins);
	tcase_add_test(certain, a_ring_that_is_opened_is_cleared);
	tcase_add_test(nobody, nobody_is_left_to_put);
	tcase_add_test(nobody, join_before_drain_is_a_ring);
	tcase_add_test(nobody, join_before_all_is_drained_is_a_ring);
	tcase_add_test(nobody, who_waits_behind_a_stuck_feeder_is_stuck);
	tcase_add_test(not, room_that_the_feeder_has_not_seen_lets_it_go_on);
	tcase_add_test(not, a_wait_with_a_time_limit_ends_by_itself);
	tcase_add_test(not, a_lock_that_was_given_back_closes_no_ring);
	tcase_add_test(not, one_who_runs_may_still_act);
	tcase_add_test(not, permits_that_others_give_back_are_not_the_dead_s);
	tcase_add_test(not, one_permit_of_two_may_come_back);
	tcase_add_test(not, what_is_on_its_way_lets_somebody_go_on);
	tcase_add_test(not,
		       all_who_wait_for_a_moment_only_are_not_deadlocked);
	tcase_add_test(not, a_process_that_was_told_to_go_may_be_joined);
	return run_cases("deadlock", cases, 3);
}
