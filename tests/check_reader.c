/* check_reader.c - a trace as its readers see it: tables and events */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/trace_files.h"
#include "tests/support/trace_maker.h"
#include "traces/reader.h"
#include "traces/tell.h"

/* ---- tables ---- */

START_TEST(info_says_what_the_trace_is)
{
	struct trace *trace = open_it(lesson);
	const struct trace_info *info = trace_info(trace);

	ck_assert_uint_eq(info->events, 32);
	ck_assert_int_eq(info->last_ns, 13 * MS + 4);
	ck_assert_uint_eq(info->cost_ps, 40000);
	ck_assert(!info->live && !info->recovered && !info->unfinished);
	ck_assert_str_eq(info->program, "maker");
	ck_assert_str_eq(trace_meta(trace, "state"), "closed");
	ck_assert_ptr_null(trace_meta(trace, "nothing"));
	trace_close(trace);
}
END_TEST

START_TEST(processes_come_in_tree_order)
{
	change("INSERT INTO process (id, path, parent_id, name, daemon) VALUES"
	       " (9, 'M.1.1', 2, 'grandchild', 0),"
	       " (8, 'lost', 77, 'orphan', 0)");
	struct trace *trace = open_it(file);
	static const uint32_t order[] = { 1, 2, 9, 3, 8 };

	ck_assert_uint_eq(trace_process_count(trace), 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(trace_process_at(trace, i)->id, order[i]);
	ck_assert_uint_eq(trace_process(trace, 8)->parent_id, 0);
	ck_assert_ptr_null(trace_process(trace, 77));
	ck_assert_ptr_null(trace_process_at(trace, 5));
	ck_assert_uint_eq(trace_process(trace, 2)->agent_id, 2);
	ck_assert_uint_eq(trace_process(trace, 9)->agent_id, 0);
	ck_assert_str_eq(trace_process(trace, 3)->ended_by, "daemon");
	ck_assert_int_eq(trace_process(trace, 3)->exitcode, -15);
	ck_assert(trace_process(trace, 3)->daemon);
	trace_close(trace);
}
END_TEST

START_TEST(processes_in_a_circle_are_each_met_once)
{
	change("UPDATE process SET parent_id = 3 WHERE id = 1;"
	       "UPDATE process SET parent_id = 2 WHERE id = 3;"
	       "INSERT INTO process (id, path, parent_id, name, daemon) VALUES"
	       " (5, 'self', 5, 'self', 0)");
	struct trace *trace = open_it(file);

	ck_assert_uint_eq(trace_process_count(trace), 4);
	for (size_t i = 0; i < 4; i++) {
		const struct trace_process *p = trace_process_at(trace, i);
		int depth = 0;

		for (; p->parent_id; p = trace_process(trace, p->parent_id))
			ck_assert_int_lt(depth++, 4);
	}
	trace_close(trace);
}
END_TEST

START_TEST(lanes_are_main_agents_then_threads_then_children)
{
	change("INSERT INTO agent (id, process_id, role, path, name) VALUES"
	       " (4, 1, 'feeder', 'M feeder', 'feeder'),"
	       " (7, 99, 'thread', '?', 'stray')");
	struct trace *trace = open_it(file);
	static const uint32_t order[] = { 1, 4, 2, 3, 7 };

	ck_assert_uint_eq(trace_agent_count(trace), 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_uint_eq(trace_agent_at(trace, i)->id, order[i]);
	trace_close(trace);
}
END_TEST

START_TEST(absurd_numbers_come_out_harmless)
{
	change("UPDATE process SET pid = -5, created_ns = -1,"
	       " exited_ns = 9223372036854775807, parent_id = 'x' WHERE id = 2;"
	       "UPDATE agent SET state = 4000, events = -7 WHERE id = 2;"
	       "INSERT INTO process (id, path, name, daemon) VALUES"
	       " (-3, 'negative', '', 0), (99999999999, 'huge', '', 0);"
	       "UPDATE site SET line = 99999999999 WHERE id = 1;"
	       "UPDATE event SET t_ns = -9 WHERE seq = 5;"
	       "UPDATE meta SET value = x'00ff' WHERE key = 'lost'");
	struct trace *trace = open_it(file);
	const struct trace_process *process = trace_process(trace, 2);

	ck_assert_uint_eq(trace_process_count(trace), 3);
	ck_assert_int_eq(process->pid, 0);
	ck_assert_int_eq(process->created_ns, -1);
	ck_assert_int_gt(process->exited_ns, 0);
	ck_assert_int_eq(trace_site(trace, 1)->line, 0);
	ck_assert_uint_eq(trace_agent(trace, 2)->events, 0);
	ck_assert_uint_eq(trace_info(trace)->lost, 0);
	trace_close(trace);
}
END_TEST

START_TEST(no_control_character_comes_out)
{
	struct trace_record records[40];
	struct trace_output line;
	char text[5000];

	change("UPDATE process SET name = char(27) || '[2J' || char(155, 8, 13);"
	       "UPDATE agent SET path = char(7) || x'fffe80' || char(0x202e);"
	       "UPDATE object SET name = 'a' || char(10) || 'b';"
	       "UPDATE event_text SET text = char(27) || ']0;x' || char(7);"
	       "UPDATE output SET line = 'x' || char(0) || char(27) || 'c';"
	       "UPDATE site SET file = char(27) || 'c', function = char(1);"
	       "UPDATE meta SET value = char(27) WHERE key = 'program'");
	struct trace *trace = open_it(file);
	for (size_t i = 0; i < 3; i++) {
		ck_clean(trace_process_at(trace, i)->name);
		ck_clean(trace_agent_at(trace, i)->path);
	}
	ck_clean(trace_info(trace)->program);
	ck_clean(trace_site(trace, 1)->file);
	int count = trace_events(trace, 1, 40, records);
	ck_assert_int_eq(count, 32);
	for (int i = 0; i < count; i++)
		ck_clean(records[i].text);
	for (int i = 0; i < count; i++) {
		trace_tell(trace, &records[i], text, sizeof(text));
		ck_clean(text);
	}
	ck_assert_int_eq(trace_outputs(trace, 32, 1, &line), 1);
	ck_clean(line.line);
	trace_outputs_free(&line, 1);
	trace_close(trace);
}
END_TEST

START_TEST(texts_of_the_file_are_found)
{
	struct trace *trace = open_it(lesson);
	const char *path = NULL, *slug = NULL;
	struct trace_object object;

	ck_assert_str_eq(trace_source(trace, "lesson.c", NULL, &path),
			 "int main(void)\n{\n}\n");
	ck_assert_str_eq(path, "lesson.c");
	ck_assert_ptr_nonnull(trace_source(trace, NULL, "c", NULL));
	ck_assert_ptr_null(trace_source(trace, NULL, "python", NULL));
	ck_assert_str_eq(trace_lesson(trace, "zh", &slug),
			 "# Made\n\nBy hand.\n");
	ck_assert_str_eq(slug, "made");
	ck_assert_int_eq(trace_object(trace, 2, &object), 0);
	ck_assert_str_eq(object.name, "Process-1");
	ck_assert_str_eq(object.kind_name, "process");
	ck_assert_int_eq(trace_object(trace, 200, &object), -1);
	ck_assert_int_eq(trace_site(trace, 3)->line, 4);
	ck_assert_ptr_null(trace_site(trace, 30));
	trace_close(trace);
}
END_TEST

START_TEST(knobs_are_listed)
{
	const struct trace_knob *knobs;

	change("INSERT INTO knob VALUES ('daemon', 'True', 1)");
	struct trace *trace = open_it(file);
	ck_assert_uint_eq(trace_knobs(trace, &knobs), 1);
	ck_assert_str_eq(knobs[0].name, "daemon");
	ck_assert_str_eq(knobs[0].value, "True");
	ck_assert(knobs[0].changed);
	trace_close(trace);
}
END_TEST

/* ---- events ---- */

START_TEST(events_come_with_their_texts)
{
	struct trace_record records[40];
	struct trace *trace = open_it(lesson);

	ck_assert_int_eq(trace_events(trace, 0, 40, records), 32);
	ck_assert_uint_eq(records[0].seq, 1);
	ck_assert_uint_eq(records[0].kind, TRACE_AGENT_BEGIN);
	ck_assert_str_eq(records[0].text, "M MainProcess");
	ck_assert_str_eq(records[12].text, "hello");
	ck_assert_str_eq(records[31].text, "");
	ck_assert_int_eq(trace_events(trace, 30, 40, records), 3);
	ck_assert_int_eq(trace_events(trace, 33, 40, records), 0);
	trace_close(trace);
}
END_TEST

/* All events, a page after the other: an answer may take only so long. */
static struct trace_record *all_of(struct trace *trace)
{
	uint64_t events = trace_info(trace)->events;
	struct trace_record *all = calloc(events, sizeof(*all));

	ck_assert_ptr_nonnull(all);
	for (uint64_t done = 0; done < events;) {
		uint64_t left = events - done;
		int n = trace_events(trace, done + 1, left < 500 ? left : 500,
				     all + done);
		ck_assert_int_gt(n, 0);
		done += (uint64_t)n;
	}
	return all;
}

START_TEST(a_time_leads_to_its_last_event_and_back)
{
	struct trace *trace = open_it(big);
	uint64_t events = trace_info(trace)->events;
	struct trace_record *all = all_of(trace);

	for (uint64_t seq = 1; seq <= events; seq += 97) {
		int64_t t_ns = all[seq - 1].t_ns;
		uint64_t last = seq;

		while (last < events && all[last].t_ns <= t_ns)
			last++;
		ck_assert_uint_eq(trace_seq_at(trace, t_ns), last);
		ck_assert_uint_le(trace_seq_at(trace, t_ns - 1), seq - 1);
		ck_assert_int_eq(trace_time_of(trace, seq), t_ns);
	}
	ck_assert_uint_eq(trace_seq_at(trace, -1), 0);
	ck_assert_uint_eq(trace_seq_at(trace, INT64_MAX), events);
	ck_assert_int_eq(trace_time_of(trace, events + 9),
			 all[events - 1].t_ns);
	free(all);
	trace_close(trace);
}
END_TEST

static uint64_t brute_next(const struct trace_record *all, uint64_t events,
			   uint64_t seq, int step, uint32_t agent,
			   uint32_t kind)
{
	for (uint64_t i = seq + (uint64_t)(int64_t)step; i >= 1 && i <= events;
	     i += (uint64_t)(int64_t)step)
		if ((!agent || all[i - 1].agent_id == agent)
		    && (!kind || all[i - 1].kind == kind))
			return i;
	return 0;
}

START_TEST(next_finds_the_nearest_event_of_an_agent_and_of_a_kind)
{
	static const uint32_t kinds[] = { 0, TRACE_SLEEP_BEGIN, TRACE_OUTPUT,
					  TRACE_AGENT_BEGIN, TRACE_MARK };
	struct trace *trace = open_it(big);
	uint64_t events = trace_info(trace)->events;
	struct trace_record *all = all_of(trace);

	for (int round = 0; round < 2; round++)
		for (uint64_t seq = 0; seq <= events + 1; seq += 619)
			for (uint32_t agent = 0; agent < 8; agent++)
				for (size_t k = 0; k < 5; k++)
					for (int step = -1; step < 2; step += 2)
						ck_assert_uint_eq(trace_next(
							trace, seq, step, agent,
							kinds[k]),
							brute_next(all, events,
							seq, step, agent,
							kinds[k]));
	free(all);
	trace_close(trace);
}
END_TEST

START_TEST(next_works_without_a_summary)
{
	ck_assert_int_eq(maker_copy(big, file), 0);
	ck_assert_int_eq(maker_sql(file, "DELETE FROM summary"), 0);
	struct trace *with = open_it(big), *without = open_it(file);

	for (uint64_t seq = 1; seq < 30000; seq += 3001)
		for (uint32_t agent = 1; agent < 7; agent++)
			ck_assert_uint_eq(trace_next(with, seq, 1, agent, 0),
					  trace_next(without, seq, 1, agent,
						     0));
	trace_close(with);
	trace_close(without);
}
END_TEST

START_TEST(search_looks_into_kinds_texts_lines_agents_and_objects)
{
	struct trace *trace = open_it(lesson);

	ck_assert_uint_eq(trace_search(trace, 0, 1, "HELLO"), 13);
	ck_assert_uint_eq(trace_search(trace, 13, 1, "hello"), 0);
	ck_assert_uint_eq(trace_search(trace, 32, -1, "work("), 7);
	ck_assert_uint_eq(trace_search(trace, 0, 1, "sleep.b"), 12);
	ck_assert_uint_eq(trace_search(trace, 12, 1, "sleep.b"), 14);
	ck_assert_uint_eq(trace_search(trace, 33, -1, "sleep."), 20);
	ck_assert_uint_eq(trace_search(trace, 20, 1, "process-2"), 24);
	ck_assert_uint_eq(trace_search(trace, 0, 1, "nowhere"), 0);
	ck_assert_uint_eq(trace_search(trace, 0, 1, ""), 0);
	trace_close(trace);
}
END_TEST

START_TEST(the_place_of_an_agent_is_its_last_known_one)
{
	struct trace *trace = open_it(lesson);

	ck_assert_int_eq(trace_place(trace, 1, 21)->line, 12);
	ck_assert_int_eq(trace_place(trace, 2, 19)->line, 4);
	ck_assert_int_eq(trace_place(trace, 1, 32)->line, 12);
	ck_assert_ptr_null(trace_place(trace, 3, 32));
	ck_assert_ptr_null(trace_place(trace, 2, 5));
	trace_close(trace);
}
END_TEST

START_TEST(outputs_are_the_last_lines_up_to_an_event)
{
	struct trace *trace = open_it(big);
	struct trace_output lines[5];

	uint64_t second = trace_next(trace, trace_next(trace, 0, 1, 0,
						       TRACE_OUTPUT),
				     1, 0, TRACE_OUTPUT);
	ck_assert_int_eq(trace_outputs(trace, second, 5, lines), 2);
	ck_assert_uint_eq(lines[1].seq, second);
	ck_assert_uint_lt(lines[0].seq, second);
	ck_assert_str_eq(lines[0].line, "a line");
	trace_outputs_free(lines, 2);
	ck_assert_int_eq(trace_outputs(trace, second - 1, 5, lines), 1);
	trace_outputs_free(lines, 1);
	trace_close(trace);
}
END_TEST

#define ADD(test) tcase_add_test(tests, test)

int main(void)
{
	TCase *tests = tcase_create("reader");

	ADD(info_says_what_the_trace_is);
	ADD(processes_come_in_tree_order);
	ADD(processes_in_a_circle_are_each_met_once);
	ADD(lanes_are_main_agents_then_threads_then_children);
	ADD(absurd_numbers_come_out_harmless);
	ADD(no_control_character_comes_out);
	ADD(texts_of_the_file_are_found);
	ADD(knobs_are_listed);
	ADD(events_come_with_their_texts);
	ADD(a_time_leads_to_its_last_event_and_back);
	ADD(next_finds_the_nearest_event_of_an_agent_and_of_a_kind);
	ADD(next_works_without_a_summary);
	ADD(search_looks_into_kinds_texts_lines_agents_and_objects);
	ADD(the_place_of_an_agent_is_its_last_known_one);
	ADD(outputs_are_the_last_lines_up_to_an_event);
	return run_cases("reader", &tests, 1);
}
