/* check_analysis_process.c - what the analysis makes of the lives of processes */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "tests/support/analysed.h"

/* ---- processes ---- */

START_TEST(start_arrow_goes_from_fork_to_first_word)
{
	family();
	const struct trace_arrow_row *row = arrow_of("start");
	ck_assert_ptr_nonnull(row);
	ck_assert_uint_eq(row->from_agent_id, 1);
	ck_assert_int_eq(row->from_ns, 20);
	ck_assert_uint_eq(row->to_agent_id, 2);
	ck_assert_int_eq(row->to_ns, 30);
}
END_TEST

START_TEST(start_arrow_of_a_quick_child_leaves_from_start)
{
	agent_begins(1, 0);
	process_made(2, 10);
	event(1, 15, TRACE_PROC_START, 2, 0, 0);
	agent_begins(2, 18);
	event(1, 20, TRACE_PROC_FORK, 2, 1002, 0);
	trace_analysis_flush(analysis);
	ck_assert_int_eq(arrow_of("start")->from_ns, 15);
	ck_assert_int_eq(arrow_of("start")->to_ns, 18);
	ck_assert_int_eq(processes[2].started_ns, 18);
}
END_TEST

START_TEST(death_makes_a_zombie_until_it_is_reaped)
{
	family();
	event(1, 40, TRACE_JOIN_BEGIN, 2, -1, 0);
	event(2, 50, TRACE_PROC_EXIT, 2, 3, TRACE_ENDED_BY_RETURN);
	event(2, 60, TRACE_PROC_DIED, 2, 3, 0);
	event(1, 80, TRACE_PROC_REAP, 2, 3, TRACE_ENDED_BY_RETURN);
	event(1, 81, TRACE_JOIN_END, 2, 3, 0);
	trace_analysis_flush(analysis);
	const struct trace_interval_row *zombie =
		interval_of(2, TRACE_STATE_ZOMBIE);
	ck_assert_ptr_nonnull(zombie);
	ck_assert_int_eq(zombie->begin_ns, 60);
	ck_assert_int_eq(zombie->end_ns, 80);
	ck_assert_int_eq(processes[2].exited_ns, 60);
	ck_assert_int_eq(processes[2].reaped_ns, 80);
	ck_assert_int_eq(processes[2].exitcode, 3);
	ck_assert_uint_eq(processes[2].ended_by, TRACE_ENDED_BY_RETURN);
	ck_assert_int_eq(arrow_of("join")->from_ns, 60);
	ck_assert_int_eq(arrow_of("join")->to_ns, 81);
	ck_assert_int_eq(agents[2].ended_ns, 60);
}
END_TEST

START_TEST(zombie_of_a_dead_parent_is_reaped_by_another)
{
	family();
	event(2, 60, TRACE_PROC_DIED, 2, -9, 0);
	event(1, 90, TRACE_PROC_DIED, 1, -9, 0);
	ck_assert_int_eq(interval_of(2, TRACE_STATE_ZOMBIE)->end_ns, 90);
}
END_TEST

START_TEST(orphan_is_never_a_zombie)
{
	family();
	event(1, 60, TRACE_PROC_DIED, 1, -9, 0);
	event(2, 90, TRACE_PROC_DIED, 2, 0, 0);
	trace_analysis_flush(analysis);
	ck_assert_ptr_null(interval_of(2, TRACE_STATE_ZOMBIE));
	ck_assert_uint_eq(agents[2].state, 0);
}
END_TEST

START_TEST(last_signal_that_fits_is_what_ended_it)
{
	family();
	event(1, 40, TRACE_PROC_SIGNAL, 2, SIGTERM, TRACE_ENDED_BY_TERMINATE);
	event(2, 60, TRACE_PROC_DIED, 2, -SIGTERM, 0);
	trace_analysis_flush(analysis);
	ck_assert_uint_eq(processes[2].ended_by, TRACE_ENDED_BY_TERMINATE);
	ck_assert_int_eq(arrow_of("signal")->from_ns, 40);
	ck_assert_int_eq(arrow_of("signal")->to_ns, 60);
}
END_TEST

START_TEST(other_signal_came_from_elsewhere)
{
	family();
	event(1, 40, TRACE_PROC_SIGNAL, 2, SIGTERM, TRACE_ENDED_BY_TERMINATE);
	event(2, 60, TRACE_PROC_DIED, 2, -SIGKILL, 0);
	trace_analysis_flush(analysis);
	ck_assert_uint_eq(processes[2].ended_by, TRACE_ENDED_BY_SIGNAL);
	ck_assert_ptr_null(arrow_of("signal"));
}
END_TEST

START_TEST(daemon_dies_by_its_parents_leaving)
{
	family();
	event(1, 40, TRACE_EXIT_KILL_DAEMON, 2, 1002, 0);
	event(2, 60, TRACE_PROC_DIED, 2, -SIGTERM, 0);
	trace_analysis_flush(analysis);
	ck_assert_uint_eq(processes[2].ended_by, TRACE_ENDED_BY_DAEMON);
	ck_assert_ptr_nonnull(arrow_of("daemon"));
}
END_TEST

START_TEST(last_word_does_not_hide_a_kill)
{
	family();
	event(2, 50, TRACE_PROC_EXIT, 2, 0, TRACE_ENDED_BY_RETURN);
	event(2, 60, TRACE_PROC_DIED, 2, -SIGKILL, 0);
	trace_analysis_flush(analysis);
	ck_assert_uint_eq(processes[2].ended_by, TRACE_ENDED_BY_SIGNAL);
	ck_assert_int_eq(processes[2].exitcode, -SIGKILL);
}
END_TEST

START_TEST(unknown_exit_code_stays_unknown)
{
	family();
	event(2, 60, TRACE_PROC_DIED, 2, TRACE_EXIT_UNKNOWN, 0);
	trace_analysis_flush(analysis);
	ck_assert(!processes[2].has_exitcode);
	ck_assert_uint_eq(processes[2].ended_by, TRACE_ENDED_BY_SIGNAL);
}
END_TEST

START_TEST(reap_alone_tells_of_the_death)
{
	family();
	event(2, 50, TRACE_PROC_EXIT, 2, 4, TRACE_ENDED_BY_EXIT);
	event(1, 70, TRACE_PROC_REAP, 2, 4, TRACE_ENDED_BY_EXIT);
	trace_analysis_flush(analysis);
	ck_assert_int_eq(processes[2].exited_ns, 50);
	ck_assert_int_eq(processes[2].reaped_ns, 70);
	ck_assert_int_eq(agents[2].ended_ns, 50);
	ck_assert_uint_eq(agents[2].state, 0);
}
END_TEST

START_TEST(finish_closes_what_nobody_saw_end)
{
	family();
	event(1, 40, TRACE_SLEEP_BEGIN, 0, 0, 0);
	trace_analysis_finish(analysis, 99, seq);
	trace_analysis_flush(analysis);
	for (int id = 1; id <= 2; id++) {
		ck_assert_uint_eq(agents[id].state, 0);
		ck_assert_int_eq(agents[id].ended_ns, 99);
		ck_assert_int_eq(processes[id].exited_ns, 99);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("analysis process");
	TCase *tcase = tcase_create("process");

	tcase_add_checked_fixture(tcase, analysed_begin, analysed_end);
	tcase_add_test(tcase, start_arrow_goes_from_fork_to_first_word);
	tcase_add_test(tcase, start_arrow_of_a_quick_child_leaves_from_start);
	tcase_add_test(tcase, death_makes_a_zombie_until_it_is_reaped);
	tcase_add_test(tcase, zombie_of_a_dead_parent_is_reaped_by_another);
	tcase_add_test(tcase, orphan_is_never_a_zombie);
	tcase_add_test(tcase, last_signal_that_fits_is_what_ended_it);
	tcase_add_test(tcase, other_signal_came_from_elsewhere);
	tcase_add_test(tcase, daemon_dies_by_its_parents_leaving);
	tcase_add_test(tcase, last_word_does_not_hide_a_kill);
	tcase_add_test(tcase, unknown_exit_code_stays_unknown);
	tcase_add_test(tcase, reap_alone_tells_of_the_death);
	tcase_add_test(tcase, finish_closes_what_nobody_saw_end);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
