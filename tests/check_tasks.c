/* check_tasks.c - what a trace says of the tasks of a pool */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/story_objects.h"
#include "tests/support/trace_files.h"
#include "tests/support/trace_maker.h"
#include "tests/support/trace_query.h"
#include "traces/reader.h"
#include "traces/rows.h"
#include "traces/stats.h"
#include "traces/tell.h"

/* Those of story_pool */
enum { MAIN = 1, A, B, C, D, E, KITCHEN = 10, WATCHES, RECEIVES };

#define ck_ask(sql, number) \
	ck_assert_int_eq(maker_number(file, "SELECT " sql), number)

static struct trace *open_story(void)
{
	ck_assert_int_eq(story_pool(file), 0);
	return open_it(file);
}

static struct trace_pool_task task_of(struct trace *trace, uint32_t number)
{
	struct trace_pool_task task;

	ck_assert_int_eq(trace_task(trace, KITCHEN, number, &task), 0);
	ck_assert_uint_eq(task.number, number);
	return task;
}

/* ---- readers ---- */

START_TEST(a_task_tells_its_whole_life)
{
	struct trace *trace = open_story();
	struct trace_pool_task task = task_of(trace, 1);

	ck_assert_str_eq(task.function, "cook");
	ck_assert_str_eq(task.outcome, "done");
	ck_assert_uint_eq(task.from_agent_id, MAIN);
	ck_assert_uint_eq(task.worker_agent_id, A);
	ck_assert_int_eq(task.submitted_ns, 30 * MS);
	ck_assert_int_eq(task.started_ns, 40 * MS);
	ck_assert_int_eq(task.ended_ns, 240 * MS);
	ck_assert_int_eq(task.collected_ns, 285 * MS);
	ck_assert_uint_eq(task.collector_agent_id, MAIN);
	ck_assert_int_eq(trace_task(trace, KITCHEN, 9, &task), -1);
	ck_assert_int_eq(trace_task(trace, KITCHEN + 1, 1, &task), -1);
	trace_close(trace);
}
END_TEST

START_TEST(only_what_failed_and_nobody_asked_for_is_uncollected)
{
	static const bool expected[] = { false, true, false, false, true, false,
					 false, false };
	struct trace *trace = open_story();

	for (uint32_t number = 1; number <= 8; number++) {
		struct trace_pool_task task = task_of(trace, number);
		ck_assert_int_eq(trace_task_is_uncollected(&task),
				 expected[number - 1]);
	}
	trace_close(trace);
}
END_TEST

START_TEST(those_that_did_not_end_well_come_in_order)
{
	static const char *const outcomes[] = { "error", "error", "lost", "cut",
						"cut", "dropped" };
	struct trace *trace = open_story();
	struct trace_pool_task tasks[10];

	ck_assert_int_eq(trace_bad_tasks(trace, KITCHEN, 0, 10, tasks), 6);
	for (int i = 0; i < 6; i++)
		ck_assert_str_eq(tasks[i].outcome, outcomes[i]);
	ck_assert_int_eq(trace_bad_tasks(trace, KITCHEN, 3, 2, tasks), 2);
	ck_assert_uint_eq(tasks[0].number, 5);
	trace_close(trace);
}
END_TEST

START_TEST(tasks_are_found_by_the_time_they_took)
{
	struct trace *trace = open_story();
	struct trace_pool_task tasks[10];

	ck_assert_int_eq(trace_tasks(trace, KITCHEN, 0, 900 * MS, 10, tasks),
			 7);		/* not the one that never began */
	ck_assert_int_eq(trace_tasks(trace, KITCHEN, 160 * MS, 200 * MS, 10,
				     tasks), 2);
	ck_assert_uint_eq(tasks[0].number, 1);
	ck_assert_uint_eq(tasks[1].number, 3);
	ck_assert_int_eq(trace_tasks(trace, KITCHEN, 0, 20 * MS, 10, tasks), 0);
	ck_assert_int_eq(trace_tasks(trace, 99, 0, 900 * MS, 10, tasks), 0);
	trace_close(trace);
}
END_TEST

/* 20,000 tasks of 10 us, one after the other */
static void make_many(void)
{
	struct maker *maker = maker_new(file);

	ck_assert_ptr_nonnull(maker);
	maker_process(maker, 0, MAIN, MAIN, false);
	maker_add(maker, (struct maker_event){ .t_ns = 1000, .agent = MAIN,
		  .kind = TRACE_OBJECT_NEW, .object = KITCHEN,
		  .a = TRACE_OBJECT_POOL, .text = "kitchen" });
	maker_process(maker, 2000, A, MAIN, true);
	for (int i = 1; i <= 20000; i++) {
		struct maker_event event = { .t_ns = MS + i * 10000,
			.agent = MAIN, .kind = TRACE_TASK_SUBMIT,
			.object = KITCHEN, .a = i, .b = (int64_t)i << 32 };
		maker_add(maker, event);
		event.agent = A;
		event.kind = TRACE_TASK_TAKE;
		event.t_ns += 1000;
		maker_add(maker, event);
		event.kind = TRACE_TASK_END;
		event.t_ns += 8000;
		event.b = 0;
		maker_add(maker, event);
		event.kind = TRACE_TASK_RESULT;
		event.agent = MAIN;
		maker_add(maker, event);
	}
	ck_assert_int_eq(maker_close(maker, "closed"), 0);
}

START_TEST(of_very_many_tasks_some_are_shown_evenly)
{
	struct trace_pool_task tasks[101];
	struct trace *trace;

	make_many();
	trace = open_it(file);
	int count = trace_tasks(trace, KITCHEN, 0, 300 * MS, 100, tasks);
	ck_assert_int_ge(count, 50);
	ck_assert_int_le(count, 100);
	for (int i = 1; i < count; i++)
		ck_assert_uint_gt(tasks[i].number, tasks[i - 1].number + 100);
	/* In a short stretch all are. */
	count = trace_tasks(trace, KITCHEN, 100 * MS, 100 * MS + 50000, 100,
			    tasks);
	ck_assert_int_ge(count, 5);
	ck_assert_int_le(count, 7);
	ck_assert_int_le(tasks[0].started_ns, 100 * MS + 10000);
	trace_close(trace);
}
END_TEST

START_TEST(what_a_worker_is_at_is_known_at_each_moment)
{
	struct trace *trace = open_story();
	struct trace_pool_task task;
	uint64_t seq = trace_seq_at(trace, 200 * MS);

	ck_assert_int_eq(trace_task_after(trace, A, seq, &task), 0);
	ck_assert_uint_eq(task.number, 1);
	ck_assert_int_eq(trace_task_after(trace, B, seq, &task), 0);
	ck_assert_uint_eq(task.number, 3);
	ck_assert_int_eq(trace_task_after(trace, MAIN, seq, &task), -1);
	seq = trace_seq_at(trace, 20 * MS);
	ck_assert_int_eq(trace_task_after(trace, A, seq, &task), -1);
	/* The dead are at nothing. */
	seq = trace_seq_at(trace, 562 * MS);
	ck_assert_int_eq(trace_task_after(trace, C, seq, &task), -1);
	trace_close(trace);
}
END_TEST

START_TEST(of_a_task_that_is_not_over_its_beginning_is_known)
{
	struct trace_pool_task task;
	struct trace *trace = open_story();

	trace_close(trace);
	ck_assert_int_eq(maker_sql(file, "DELETE FROM pool_task"), 0);
	trace = open_it(file);
	ck_assert_int_eq(trace_task_after(trace, A,
					  trace_seq_at(trace, 200 * MS),
					  &task), 0);
	ck_assert_uint_eq(task.number, 1);
	ck_assert_int_eq(task.started_ns, 40 * MS);
	ck_assert_int_eq(task.ended_ns, -1);
	ck_assert_str_eq(task.outcome, "");
	trace_close(trace);
}
END_TEST

/* ---- rows ---- */

START_TEST(results_go_to_whom_collects_them)
{
	trace_close(open_story());
	ck_ask("count(*) FROM arrow WHERE kind = 'task'", 7);
	ck_ask("count(*) FROM arrow WHERE kind = 'result'", 4);
	ck_ask("count(*) FROM arrow WHERE kind = 'collect'", 2);
	ck_ask("count(*) FROM arrow WHERE kind = 'collect'"
	       " AND from_agent_id = 12 AND to_agent_id = 1"
	       " AND from_ns = 243000000 AND to_ns = 285000000", 1);
}
END_TEST

START_TEST(a_callback_is_a_state_of_the_thread_that_calls_it)
{
	struct trace_interval state;
	struct trace *trace = open_story();

	ck_assert_int_eq(trace_state_at(trace, RECEIVES, 260 * MS, &state), 0);
	ck_assert_uint_eq(state.state, TRACE_STATE_CALLBACK);
	ck_assert_int_eq(trace_state_at(trace, RECEIVES, 300 * MS, &state), 0);
	ck_assert_uint_eq(state.state, TRACE_STATE_IDLE);
	trace_close(trace);
}
END_TEST

START_TEST(each_worker_has_its_utilisation)
{
	trace_close(open_story());
	ck_ask("count(*) FROM utilisation", 5);
	ck_ask("busy_ns FROM utilisation WHERE agent_id = 2", 359 * MS);
	/* What is cut or lost is over when its worker is. */
	ck_ask("busy_ns FROM utilisation WHERE agent_id = 4", 131 * MS);
	ck_ask("busy_ns FROM utilisation WHERE agent_id = 6", 225 * MS);
}
END_TEST

START_TEST(a_worker_without_a_task_is_idle_all_its_life)
{
	trace_close(open_story());
	ck_assert_int_eq(maker_sql(file, "DELETE FROM pool_task"
					 " WHERE worker_agent_id = 2"), 0);
	ck_ask("busy_ns FROM utilisation WHERE agent_id = 2", 0);
	ck_ask("idle_ns > 390000000 FROM utilisation WHERE agent_id = 2", 1);
}
END_TEST

START_TEST(the_story_is_sound)
{
	trace_close(open_story());
	ck_assert_int_eq(trace_errors(file), 0);
}
END_TEST

/* ---- statistics, words ---- */

START_TEST(tasks_and_workers_are_summed_up)
{
	struct trace *trace = open_story();
	struct trace_worker_stats workers[8];
	struct trace_pool_stats stats;

	ck_assert_int_eq(trace_pool_stats(trace, KITCHEN, &stats), 0);
	ck_assert_uint_eq(stats.tasks, 8);
	ck_assert_uint_eq(stats.failed, 2);
	ck_assert_uint_eq(stats.lost, 1);
	ck_assert_uint_eq(stats.cut, 2);
	ck_assert_uint_eq(stats.dropped, 1);
	ck_assert_int_eq(stats.queued_max_ns, 205 * MS);
	ck_assert_int_eq(stats.ran_max_ns, 200 * MS);
	ck_assert_int_eq(trace_worker_stats(trace, KITCHEN, workers, 8), 5);
	ck_assert_uint_eq(workers[0].agent_id, A);
	ck_assert_uint_eq(workers[0].tasks, 2);
	ck_assert_int_eq(workers[0].busy_ns, 359 * MS);
	trace_close(trace);
}
END_TEST

static char *printed(struct trace *trace, bool is_show)
{
	const struct trace_show_options show = { 0 };
	const struct trace_stats_options options = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(is_show ? trace_show(trace, out, &show)
				 : trace_stats_print(trace, out, &options), 0);
	fclose(out);
	return text;
}

#define ck_has(text, words) \
	ck_assert_msg(strstr(text, words), "\"%s\" is not in\n%s", words, text)

START_TEST(statistics_name_the_errors_nobody_got)
{
	struct trace *trace = open_story();
	char *text = printed(trace, false);

	ck_has(text, "task 2 of pool kitchen, cook() failed, and nobody asked"
		     " for its result: a stone is no food\n");
	ck_has(text, "task 3 of pool kitchen, cook() failed: a stone");
	ck_has(text, "task 5 of pool kitchen, cook() was lost with"
		     " ForkPoolWorker-3: killed by SIGSEGV\n");
	ck_has(text, "task 8 of pool kitchen, cook() was never begun\n");
	ck_has(text, "ForkPoolWorker-5");
	free(text);
	trace_close(trace);
}
END_TEST

START_TEST(the_trace_as_text_names_functions_and_outcomes)
{
	struct trace *trace = open_story();
	char *text = printed(trace, true);

	ck_has(text, "main hands task 1, cook() to pool kitchen");
	ck_has(text, "ForkPoolWorker-1 has done task 1 of pool kitchen,"
		     " cook()");
	ck_has(text, "Tasks of pool kitchen: 8, 2 failed, 1 lost, 3 not done.");
	ck_has(text, "task 6 of pool kitchen, cook() was not finished by"
		     " ForkPoolWorker-4\n");
	free(text);
	trace_close(trace);
}
END_TEST

int main(void)
{
	TCase *readers = tcase_create("readers"), *rows = tcase_create("rows");
	TCase *words = tcase_create("words");
	TCase *const cases[] = { readers, rows, words };

	tcase_add_test(readers, a_task_tells_its_whole_life);
	tcase_add_test(readers,
		       only_what_failed_and_nobody_asked_for_is_uncollected);
	tcase_add_test(readers, those_that_did_not_end_well_come_in_order);
	tcase_add_test(readers, tasks_are_found_by_the_time_they_took);
	tcase_add_test(readers, of_very_many_tasks_some_are_shown_evenly);
	tcase_add_test(readers, what_a_worker_is_at_is_known_at_each_moment);
	tcase_add_test(readers,
		       of_a_task_that_is_not_over_its_beginning_is_known);
	tcase_add_test(rows, results_go_to_whom_collects_them);
	tcase_add_test(rows,
		       a_callback_is_a_state_of_the_thread_that_calls_it);
	tcase_add_test(rows, each_worker_has_its_utilisation);
	tcase_add_test(rows, a_worker_without_a_task_is_idle_all_its_life);
	tcase_add_test(rows, the_story_is_sound);
	tcase_add_test(words, tasks_and_workers_are_summed_up);
	tcase_add_test(words, statistics_name_the_errors_nobody_got);
	tcase_add_test(words, the_trace_as_text_names_functions_and_outcomes);
	return run_cases("tasks", cases, 3);
}
