#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/trace_query.h"
#include "traces/event.h"
#include "traces/intake.h"
#include "traces/store.h"

#define START 1000

static char *folder;
static char path[PATH_MAX];
static struct trace_store *store;
static struct trace_intake *intake;

static void begin(void)
{
	char error[256];

	folder = folder_make();
	snprintf(path, sizeof(path), "%s/x.fscope", folder);
	ck_assert_int_eq(trace_store_create(path, &store, error,
					    sizeof(error)), 0);
	trace_store_begin(store);
	trace_store_set_meta(store, "state", "recording");
	ck_assert_int_eq(trace_store_commit(store), 0);
	intake = trace_intake_new(store, START);
	ck_assert_ptr_nonnull(intake);
}

static void end(void)
{
	trace_intake_free(intake);
	trace_store_close(store, true);
	folder_remove(folder);
}

static void commit(void)
{
	ck_assert_int_eq(trace_intake_commit(intake), 0);
}

static void finish(void)
{
	trace_intake_finish(intake, UINT64_MAX);
	commit();
}

static void add(uint32_t agent, uint64_t index, const struct trace_slot *slots,
		uint32_t count)
{
	struct trace_run run = { .agent = agent, .process = agent,
				 .index = index, .slots = slots,
				 .count = count };

	ck_assert_int_eq(trace_intake_add(intake, &run), 0);
}

static struct trace_slot tick(uint64_t t, int64_t a)
{
	return (struct trace_slot){ .t_ns = START + t, .kind = TRACE_TICK,
				    .a = a };
}

/* An event with a text of up to 64 bytes, in three slots. */
static void texted(struct trace_slot slots[3], uint64_t t, uint16_t kind,
		   uint32_t object, int64_t a, const char *text, size_t length)
{
	memset(slots, 0, 3 * sizeof(*slots));
	memcpy(&slots[1], text, length);
	slots[0] = (struct trace_slot){ .t_ns = START + t, .kind = kind,
					.object = object, .a = a,
					.b = (int64_t)length };
}

/* agent.begin of a process's main agent; 2 slots at index 0 */
static void introduce(uint32_t id, uint64_t t)
{
	struct trace_slot slots[3];

	texted(slots, t, TRACE_AGENT_BEGIN, id,
	       (int64_t)TRACE_ROLE_MAIN << 32 | (100 + id), "M\0main", 6);
	add(id, 0, slots, 2);
}

static long anomalies(void)
{
	return trace_ask(path, "SELECT value FROM meta WHERE key ="
			       " 'anomalies'");
}

START_TEST(rows_come_in_order_of_time_over_all_agents)
{
	introduce(1, 0);
	introduce(2, 1);
	introduce(3, 2);
	for (uint32_t agent = 1; agent <= 3; agent++) {
		struct trace_slot slots[100];

		for (uint32_t i = 0; i < 100; i++)
			slots[i] = tick(10 + i * 7 / agent * 3, i);
		add(agent, 2, slots, 100);
	}
	finish();
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event"), 303);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM event AS e JOIN event AS p ON p.seq ="
		" e.seq - 1 WHERE (e.t_ns, e.agent_id) < (p.t_ns, p.agent_id)"),
		0);
}
END_TEST

START_TEST(nothing_above_the_watermark_is_told)
{
	struct trace_slot slots[] = { tick(10, 1), tick(20, 2), tick(30, 3) };

	introduce(1, 0);
	add(1, 2, slots, 3);
	ck_assert(!trace_intake_emit(intake, START + 20, 1000));
	commit();
	ck_assert_int_eq(trace_ask(path, "SELECT max(a) FROM event WHERE"
					 " kind = 12"), 2);
	ck_assert_uint_eq(trace_intake_queued(intake), 1);
	ck_assert_uint_eq(trace_intake_committed(intake, 1), 4);
}
END_TEST

START_TEST(slots_that_come_again_are_dropped)
{
	struct trace_slot slots[] = { tick(10, 1), tick(20, 2), tick(30, 3) };

	introduce(1, 0);
	add(1, 2, slots, 2);
	add(1, 2, slots, 2);
	add(1, 3, slots + 1, 2);
	introduce(1, 0);
	finish();
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event WHERE"
					 " kind = 12"), 3);
	ck_assert_int_eq(trace_ask(path, "SELECT slots FROM agent"), 5);
	ck_assert_int_eq(anomalies(), LONG_MIN);
}
END_TEST

START_TEST(late_event_is_moved_forward)
{
	struct trace_slot one = tick(50, 1), late = tick(20, 2);

	introduce(1, 0);
	introduce(2, 1);
	add(1, 2, &one, 1);
	trace_intake_emit(intake, START + 60, 1000);
	add(2, 2, &late, 1);
	finish();
	ck_assert_int_eq(trace_ask(path, "SELECT t_ns FROM event WHERE kind ="
					 " 12 AND a = 2"), 50);
}
END_TEST

static void process(uint32_t id, const char *text, size_t length, uint64_t t,
		    uint64_t index)
{
	struct trace_slot slots[3];

	texted(slots, t, TRACE_PROC_NEW, id, 0, text, length);
	add(1, index, slots, 2);
}

START_TEST(death_comes_before_the_event_that_knows_of_it)
{
	struct trace_slot reap = { .t_ns = START + 40, .kind = TRACE_PROC_REAP,
				   .object = 2, .a = -9,
				   .b = TRACE_ENDED_BY_KILL };

	introduce(1, 0);
	process(1, "M\0main", 6, 1, 2);
	process(2, "M.1\0child", 9, 2, 4);
	introduce(2, 5);
	add(1, 6, &reap, 1);
	ck_assert_int_eq(trace_intake_died(intake, 2, START + 70, -9,
					   false), 0);
	finish();
	ck_assert_int_eq(trace_ask(path,
		"SELECT (SELECT seq FROM event WHERE kind = 36) = (SELECT seq"
		" FROM event WHERE kind = 31) - 1"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM process WHERE"
					 " id = 2 AND exited_ns = 40 AND"
					 " reaped_ns = 40 AND ended_by ="
					 " 'kill' AND exitcode = -9"), 1);
}
END_TEST

/* agent.begin of a thread, and an event of it */
static void add_thread(uint32_t id, uint32_t process, uint64_t begin, uint64_t t)
{
	struct trace_slot slots[3], later = tick(t, 0);

	texted(slots, begin, TRACE_AGENT_BEGIN, process,
	       (int64_t)TRACE_ROLE_THREAD << 32 | (100 + id), "M\0thread", 8);
	add(id, 0, slots, 2);
	add(id, 2, &later, 1);
}

/* The recorder looks at young processes now and then only. */
START_TEST(a_process_that_left_is_not_dead_later)
{
	struct trace_slot leaves[] = {
		{ .t_ns = START + 20, .kind = TRACE_PROC_EXIT, .object = 2,
		  .b = TRACE_ENDED_BY_RETURN },
		{ .t_ns = START + 25, .kind = TRACE_AGENT_END, .object = 2 },
		{ .t_ns = START + 40, .kind = TRACE_TICK },
	};

	introduce(1, 0);
	process(1, "M\0main", 6, 1, 2);
	process(2, "M.1\0left", 8, 2, 4);
	process(3, "M.2\0killed", 10, 3, 6);
	process(4, "M.3\0threads", 11, 4, 8);
	introduce(2, 5);
	introduce(3, 5);
	introduce(4, 5);
	add_thread(5, 4, 6, 60);
	add(2, 2, leaves, 2);
	add(1, 10, leaves + 2, 1);
	trace_intake_died(intake, 2, START + 70, 0, true);
	trace_intake_died(intake, 3, START + 80, -9, true);
	leaves[0].object = leaves[1].object = 4;
	add(4, 2, leaves, 2);
	trace_intake_died(intake, 4, START + 90, 0, true);
	finish();
	/* Its thread went on for a while. */
	ck_assert_int_eq(trace_ask(path, "SELECT exited_ns FROM process WHERE"
					 " id = 4"), 90);
	ck_assert_int_eq(trace_ask(path, "SELECT exited_ns FROM process WHERE"
					 " id = 2"), 25);
	ck_assert_int_eq(trace_ask(path, "SELECT exited_ns FROM process WHERE"
					 " id = 3"), 80);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM zombie WHERE"
					 " begin_ns = 25 OR begin_ns = 80"),
			 2);
}
END_TEST

START_TEST(zombie_is_the_time_from_death_to_reap)
{
	struct trace_slot reap = { .t_ns = START + 90, .kind = TRACE_PROC_REAP,
				   .object = 2, .a = 0,
				   .b = TRACE_ENDED_BY_RETURN };

	introduce(1, 0);
	process(1, "M\0main", 6, 1, 2);
	process(2, "M.1\0child", 9, 2, 4);
	introduce(2, 5);
	add(1, 6, &reap, 1);
	trace_intake_died(intake, 2, START + 30, 0, false);
	finish();
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM span WHERE agent_id = 2 AND state ="
		" 'zombie' AND begin_ns = 30 AND end_ns = 90"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT end_ns - begin_ns FROM zombie"
					 " WHERE process_id = 2"), 60);
}
END_TEST

START_TEST(texts_are_split_and_cleaned)
{
	struct trace_slot slots[3];

	introduce(1, 0);
	texted(slots, 5, TRACE_OUTPUT, 0, 1 | TRACE_STREAM_PARTIAL, "a\xff" "b",
	       3);
	add(1, 2, slots, 2);
	texted(slots, 6, TRACE_SITE_NEW, 9, 42, "dir/f.c\0main", 12);
	add(1, 4, slots, 2);
	texted(slots, 7, TRACE_KNOB, 1, 1, "daemon\0True", 11);
	add(1, 6, slots, 2);
	finish();
	char *line = trace_ask_text(path, "SELECT line FROM output WHERE"
					  " partial = 1 AND stream = 1");
	ck_assert_str_eq(line, "a\xef\xbf\xbd" "b");
	free(line);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM site WHERE id ="
					 " 9 AND file = 'dir/f.c' AND line ="
					 " 42 AND function = 'main'"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM knob WHERE name"
					 " = 'daemon' AND value = 'True' AND"
					 " changed = 1"), 1);
}
END_TEST

START_TEST(unknown_kind_is_skipped_and_counted)
{
	struct trace_slot slots[] = { tick(10, 1), tick(20, 2), tick(30, 3) };

	slots[1].kind = 60000;
	introduce(1, 0);
	add(1, 2, slots, 3);
	finish();
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event WHERE"
					 " kind = 12"), 2);
	ck_assert_int_eq(trace_ask(path, "SELECT slots FROM agent"), 5);
	ck_assert_int_eq(anomalies(), 1);
}
END_TEST

START_TEST(text_longer_than_it_can_be_is_skipped)
{
	static const int64_t lengths[] = { -1, TRACE_TEXT_BYTES + 1, INT64_MAX,
					   64, INT64_MIN };
	struct trace_slot slots[3], after = tick(30, 1);

	introduce(1, 0);
	texted(slots, 5, TRACE_OUTPUT, 0, 1, "x", 1);
	slots[0].b = lengths[_i];
	add(1, 2, slots, 2);
	trace_intake_emit(intake, START + 10, 1000);
	add(1, 4, &after, 1);
	finish();
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM output"), 0);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event WHERE"
					 " kind = 12"), 1);
	ck_assert_int_eq(anomalies(), 1);
}
END_TEST

START_TEST(agent_without_a_beginning_has_a_row)
{
	struct trace_slot slot = tick(10, 1);

	add(7, 0, &slot, 1);
	finish();
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM agent WHERE id ="
					 " 7"), 1);
	ck_assert_int_ge(anomalies(), 1);
}
END_TEST

START_TEST(gap_is_counted_and_the_rest_goes_on)
{
	struct trace_slot slot = tick(10, 1);

	introduce(1, 0);
	add(1, 12, &slot, 1);
	finish();
	ck_assert_int_eq(trace_ask(path, "SELECT slots FROM agent"), 13);
	ck_assert_int_eq(anomalies(), 1);
}
END_TEST

START_TEST(trace_that_is_continued_is_the_same_as_one_in_a_piece)
{
	struct trace_slot slots[] = {
		{ .t_ns = START + 10, .kind = TRACE_SLEEP_BEGIN, .a = 5 },
		tick(20, 1),
		{ .t_ns = START + 30, .kind = TRACE_SLEEP_END },
		tick(40, 2),
	};

	introduce(1, 0);
	process(1, "M\0main", 6, 1, 2);
	add(1, 4, slots, 2);
	trace_intake_emit(intake, START + 100, 1000);
	commit();
	trace_intake_free(intake);
	intake = trace_intake_new(store, START);
	ck_assert_int_eq(trace_intake_resume(intake), 0);
	ck_assert_uint_eq(trace_intake_received(intake, 1), 6);
	introduce(1, 0);
	add(1, 4, slots, 4);
	finish();
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event"), 6);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM span WHERE state = 'sleeping' AND"
		" begin_ns = 10 AND end_ns = 30"), 1);
	ck_assert_int_eq(trace_ask(path,
		"SELECT events FROM summary WHERE level = 11"), 6);
	ck_assert_int_eq(trace_errors(path), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("intake");
	TCase *tcase = tcase_create("intake");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, rows_come_in_order_of_time_over_all_agents);
	tcase_add_test(tcase, nothing_above_the_watermark_is_told);
	tcase_add_test(tcase, slots_that_come_again_are_dropped);
	tcase_add_test(tcase, late_event_is_moved_forward);
	tcase_add_test(tcase, death_comes_before_the_event_that_knows_of_it);
	tcase_add_test(tcase, a_process_that_left_is_not_dead_later);
	tcase_add_test(tcase, zombie_is_the_time_from_death_to_reap);
	tcase_add_test(tcase, texts_are_split_and_cleaned);
	tcase_add_test(tcase, unknown_kind_is_skipped_and_counted);
	tcase_add_loop_test(tcase, text_longer_than_it_can_be_is_skipped, 0, 5);
	tcase_add_test(tcase, agent_without_a_beginning_has_a_row);
	tcase_add_test(tcase, gap_is_counted_and_the_rest_goes_on);
	tcase_add_test(tcase,
		trace_that_is_continued_is_the_same_as_one_in_a_piece);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
