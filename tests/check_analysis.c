#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/analysis.h"

/* The analysis alone: events in, rows out, no database. */

static struct trace_analysis *analysis;
static struct trace_interval_row intervals[100];
static struct trace_arrow_row arrows[20];
static struct trace_process_row processes[10];
static struct trace_agent_row agents[10];
static struct trace_cell_row cells[4000];
static size_t interval_count, arrow_count, cell_count;
static uint64_t seq;

static void got_interval(void *user, const struct trace_interval_row *row)
{
	(void)user;
	intervals[interval_count++ % 100] = *row;
}

static void got_arrow(void *user, const struct trace_arrow_row *row)
{
	(void)user;
	arrows[arrow_count++ % 20] = *row;
}

static void got_process(void *user, const struct trace_process_row *row)
{
	(void)user;
	processes[row->id % 10] = *row;
}

static void got_agent(void *user, struct trace_agent_row *row)
{
	(void)user;
	agents[row->id % 10] = *row;
}

/* As the database does: the last row of a key stays. */
static void got_cell(void *user, const struct trace_cell_row *row)
{
	(void)user;
	for (size_t i = 0; i < cell_count; i++) {
		if (cells[i].level == row->level
		    && cells[i].agent_id == row->agent_id
		    && cells[i].bucket == row->bucket) {
			cells[i] = *row;
			return;
		}
	}
	ck_assert_uint_lt(cell_count, 4000);
	cells[cell_count++] = *row;
}

static const struct trace_analysis_ops ops = {
	.interval = got_interval,
	.arrow = got_arrow,
	.process = got_process,
	.agent = got_agent,
	.cell = got_cell,
};

static void begin(void)
{
	interval_count = arrow_count = cell_count = 0;
	seq = 0;
	memset(processes, 0, sizeof(processes));
	memset(agents, 0, sizeof(agents));
	analysis = trace_analysis_new(&ops, NULL);
	ck_assert_ptr_nonnull(analysis);
}

static void end(void)
{
	trace_analysis_free(analysis);
}

static void said(uint32_t agent, int64_t t, uint32_t kind, uint32_t object,
		 int64_t a, int64_t b, const char *first, const char *second)
{
	struct trace_event_row row = {
		.seq = ++seq, .t_ns = t, .agent_id = agent, .kind = kind,
		.object_id = object, .a = a, .b = b,
	};
	struct trace_analysis_input input = { .row = &row, .first = first,
					      .second = second };

	trace_analysis_event(analysis, &input);
}

static void event(uint32_t agent, int64_t t, uint32_t kind, uint32_t object,
		  int64_t a, int64_t b)
{
	said(agent, t, kind, object, a, b, "", "");
}

static void agent_begins(uint32_t id, int64_t t)
{
	said(id, t, TRACE_AGENT_BEGIN, id,
	     (int64_t)TRACE_ROLE_MAIN << 32 | (1000 + id), 0, "path",
	     "name");
}

static void process_made(uint32_t id, int64_t t)
{
	said(1, t, TRACE_PROC_NEW, id, 0, 0, "path", "name");
}

/* M, and its child 2, forked at 20 and awake at 30. */
static void family(void)
{
	agent_begins(1, 0);
	process_made(1, 1);
	process_made(2, 10);
	event(1, 15, TRACE_PROC_START, 2, 0, 0);
	event(1, 20, TRACE_PROC_FORK, 2, 1002, 0);
	agent_begins(2, 30);
}

static const struct trace_interval_row *interval_of(uint32_t agent,
						    uint32_t state)
{
	for (size_t i = 0; i < interval_count; i++)
		if (intervals[i].agent_id == agent
		    && intervals[i].state == state)
			return &intervals[i];
	return NULL;
}

static const struct trace_arrow_row *arrow_of(const char *kind)
{
	for (size_t i = 0; i < arrow_count; i++)
		if (strcmp(arrows[i].kind, kind) == 0)
			return &arrows[i];
	return NULL;
}

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

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, states_lie_on_a_stack);
	tcase_add_test(tcase, end_without_a_beginning_changes_nothing);
	tcase_add_test(tcase, states_deeper_than_the_stack_come_back_right);
	tcase_add_test(tcase, stall_is_time_spent_on_recording);
	tcase_add_test(tcase, agent_end_closes_everything);
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
	tcase_add_test(tcase, muted_analysis_says_nothing_and_remembers_all);
	tcase_add_test(tcase, every_level_counts_every_event_once);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
