/* check_analysis.c - what the analysis makes of events: states, and the summary */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>

#include "tests/support/analysed.h"

/* ---- states ---- */

START_TEST(states_lie_on_a_stack)
{
	agent_begins(1, 0);
	event(1, 10, TRACE_EXIT_BEGIN, 1, 0, 0);
	event(1, 20, TRACE_EXIT_JOIN_BEGIN, 2, 0, 0);
	event(1, 30, TRACE_EXIT_JOIN_END, 2, 0, 0);
	event(1, 40, TRACE_EXIT_END, 1, 0, 0);
	trace_analysis_flush(analysis);
	ck_assert_uint_eq(interval_count, 3);
	const uint32_t states[] = { TRACE_STATE_RUNNING, TRACE_STATE_EXITING,
				    TRACE_STATE_WAIT_JOIN };
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(intervals[i].state, states[i]);
		ck_assert_int_eq(intervals[i].begin_ns, 10 * i);
		ck_assert_int_eq(intervals[i].end_ns, 10 * i + 10);
	}
	ck_assert_uint_eq(intervals[2].object_id, 2);
	ck_assert_uint_eq(agents[1].state, TRACE_STATE_EXITING);
	ck_assert_int_eq(agents[1].state_since_ns, 30);
	ck_assert_uint_eq(trace_analysis_anomalies(analysis), 0);
}
END_TEST

START_TEST(end_without_a_beginning_changes_nothing)
{
	agent_begins(1, 0);
	event(1, 10, TRACE_SLEEP_END, 0, 0, 0);
	trace_analysis_flush(analysis);
	ck_assert_uint_eq(agents[1].state, TRACE_STATE_RUNNING);
	ck_assert_uint_eq(trace_analysis_anomalies(analysis), 1);
}
END_TEST

START_TEST(states_deeper_than_the_stack_come_back_right)
{
	agent_begins(1, 0);
	for (int i = 1; i <= 50; i++)
		event(1, i, TRACE_SLEEP_BEGIN, 0, 0, 0);
	for (int i = 51; i <= 100; i++)
		event(1, i, TRACE_SLEEP_END, 0, 0, 0);
	trace_analysis_flush(analysis);
	ck_assert_uint_eq(agents[1].state, TRACE_STATE_RUNNING);
}
END_TEST

START_TEST(stall_is_time_spent_on_recording)
{
	agent_begins(1, 0);
	event(1, 100, TRACE_STALL, 0, 40, 0);
	const struct trace_interval_row *row =
		interval_of(1, TRACE_STATE_RECORDING);
	ck_assert_ptr_nonnull(row);
	ck_assert_int_eq(row->begin_ns, 60);
	ck_assert_int_eq(row->end_ns, 100);
}
END_TEST

START_TEST(agent_end_closes_everything)
{
	agent_begins(1, 0);
	event(1, 10, TRACE_SLEEP_BEGIN, 0, 0, 0);
	event(1, 20, TRACE_AGENT_END, 1, 0, 0);
	trace_analysis_flush(analysis);
	ck_assert_uint_eq(agents[1].state, 0);
	ck_assert_int_eq(agents[1].ended_ns, 20);
	ck_assert_int_eq(interval_of(1, TRACE_STATE_SLEEPING)->end_ns, 20);
}
END_TEST

/* ---- processes ---- */

START_TEST(muted_analysis_says_nothing_and_remembers_all)
{
	trace_analysis_mute(analysis, true);
	family();
	event(1, 40, TRACE_SLEEP_BEGIN, 0, 0, 0);
	trace_analysis_flush(analysis);
	ck_assert_uint_eq(interval_count + arrow_count + cell_count, 0);
	trace_analysis_mute(analysis, false);
	event(1, 50, TRACE_SLEEP_END, 0, 0, 0);
	ck_assert_int_eq(interval_of(1, TRACE_STATE_SLEEPING)->begin_ns, 40);
}
END_TEST

/* ---- summary ---- */

START_TEST(every_level_counts_every_event_once)
{
	int64_t t = 0;
	uint64_t events = 1, seed = 12345;

	agent_begins(1, 0);
	for (int i = 0; i < 300; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		t += (int64_t)(seed >> 40);
		event(1, t, i % 2 ? TRACE_SLEEP_END : TRACE_SLEEP_BEGIN, 0, 0,
		      0);
		events++;
		if (i % 17 == 0)
			trace_analysis_flush(analysis);
	}
	trace_analysis_flush(analysis);
	for (uint32_t level = 0; level < TRACE_SUMMARY_LEVELS; level++) {
		uint64_t sum = 0;

		for (size_t i = 0; i < cell_count; i++)
			if (cells[i].level == level)
				sum += cells[i].events;
		ck_assert_uint_eq(sum, events);
	}
	uint64_t both = UINT64_C(1) << TRACE_STATE_RUNNING
			| UINT64_C(1) << TRACE_STATE_SLEEPING;
	for (size_t i = 0; i < cell_count; i++)
		if (cells[i].level == TRACE_SUMMARY_LEVELS - 1)
			ck_assert_uint_eq(cells[i].states, both);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("analysis");
	TCase *tcase = tcase_create("analysis");

	tcase_add_checked_fixture(tcase, analysed_begin, analysed_end);
	tcase_add_test(tcase, states_lie_on_a_stack);
	tcase_add_test(tcase, end_without_a_beginning_changes_nothing);
	tcase_add_test(tcase, states_deeper_than_the_stack_come_back_right);
	tcase_add_test(tcase, stall_is_time_spent_on_recording);
	tcase_add_test(tcase, agent_end_closes_everything);
	tcase_add_test(tcase, muted_analysis_says_nothing_and_remembers_all);
	tcase_add_test(tcase, every_level_counts_every_event_once);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
