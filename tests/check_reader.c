/* check_reader.c - a trace as its readers see it */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
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

START_TEST(a_time_leads_to_its_last_event_and_back)
{
	struct trace *trace = open_it(big);
	uint64_t events = trace_info(trace)->events;
	struct trace_record *all = calloc(events, sizeof(*all));

	ck_assert_int_eq(trace_events(trace, 1, events, all), (int)events);
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
	struct trace_record *all = calloc(events, sizeof(*all));

	ck_assert_int_eq(trace_events(trace, 1, events, all), (int)events);
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

/* ---- states ---- */

START_TEST(the_state_at_a_time_is_the_one_that_lasts)
{
	struct trace *trace = open_it(lesson);
	struct trace_interval at;

	ck_assert_int_eq(trace_state_at(trace, 1, 5 * MS, &at), 0);
	ck_assert_int_eq(at.state, TRACE_STATE_SLEEPING);
	ck_assert_int_eq(at.begin_ns, 4 * MS);
	ck_assert_int_eq(at.end_ns, 10 * MS);
	ck_assert_int_eq(trace_state_at(trace, 2, 8 * MS, &at), 0);
	ck_assert_int_eq(at.state, TRACE_STATE_ZOMBIE);
	ck_assert_int_eq(trace_state_at(trace, 2, 11 * MS, &at), -1);
	ck_assert_int_eq(trace_state_at(trace, 2, 0, &at), -1);
	ck_assert_int_eq(trace_state_at(trace, 99, 0, &at), -1);
	trace_close(trace);
}
END_TEST

START_TEST(the_state_after_an_event_is_the_one_it_leaves)
{
	struct trace *trace = open_it(lesson);
	struct trace_interval at;

	ck_assert_int_eq(trace_state_after(trace, 1, 11, &at), 0);
	ck_assert_int_eq(at.state, TRACE_STATE_RUNNING);
	ck_assert_int_eq(trace_state_after(trace, 1, 12, &at), 0);
	ck_assert_int_eq(at.state, TRACE_STATE_SLEEPING);
	ck_assert_int_eq(trace_state_after(trace, 1, 19, &at), 0);
	ck_assert_int_eq(at.state, TRACE_STATE_SLEEPING);
	ck_assert_int_eq(trace_state_after(trace, 1, 20, &at), 0);
	ck_assert_int_eq(at.state, TRACE_STATE_RUNNING);
	ck_assert_int_eq(trace_state_after(trace, 2, 19, &at), 0);
	ck_assert_int_eq(at.state, TRACE_STATE_ZOMBIE);
	ck_assert_int_eq(trace_state_after(trace, 2, 21, &at), -1);
	trace_close(trace);
}
END_TEST

/* What a column holds, found the slow way. */
static uint64_t brute_states(struct trace *trace, uint32_t agent, int64_t from,
			     int64_t to)
{
	struct trace_interval at;
	uint64_t states = 0;

	while (from < to) {
		if (trace_state_at(trace, agent, from, &at) == 0) {
			states |= UINT64_C(1) << at.state;
			from = at.end_ns < 0 ? to : at.end_ns;
		} else {
			uint64_t seq = trace_next(trace, trace_seq_at(trace,
								      from),
						  1, 0, 0);

			from = seq ? trace_time_of(trace, seq) : to;
		}
	}
	return states;
}

#define COLUMNS 50

/* Compare all columns of all agents with what is found the slow way. */
static void ck_cells(struct trace *trace, int64_t from, int64_t width)
{
	struct trace_cell cells[COLUMNS];
	int64_t edges[COLUMNS + 1];

	for (int i = 0; i <= COLUMNS; i++)
		edges[i] = from + i * width;
	for (size_t k = 0; k < trace_agent_count(trace); k++) {
		uint32_t id = trace_agent_at(trace, k)->id;

		ck_assert_int_eq(trace_cells(trace, id, edges, COLUMNS, cells),
				 0);
		for (int i = 0; i < COLUMNS; i++) {
			struct trace_interval at;
			int there = trace_state_at(trace, id, edges[i + 1] - 1,
						   &at);

			ck_assert_uint_eq(cells[i].states,
					  brute_states(trace, id, edges[i],
						       edges[i + 1]));
			ck_assert_uint_eq(cells[i].last,
					  there == 0 ? at.state : 0);
			ck_assert_uint_eq(cells[i].state == 0,
					  cells[i].states == 0);
		}
	}
}

START_TEST(cells_of_few_events_are_exact)
{
	struct trace *trace = open_it(lesson);

	ck_cells(trace, -2 * MS, 333333);
	ck_cells(trace, 3 * MS, 100000);
	ck_cells(trace, 11 * MS, 3);
	trace_close(trace);
}
END_TEST

START_TEST(cells_of_whole_buckets_are_exact)
{
	struct trace *trace = open_it(big);

	ck_assert_int_gt(trace_info(trace)->last_ns, 25 * MS);
	ck_cells(trace, 0, INT64_C(1) << 18);
	ck_cells(trace, 0, INT64_C(1) << 20);
	ck_cells(trace, INT64_C(1) << 20, INT64_C(1) << 19);
	trace_close(trace);
}
END_TEST

START_TEST(cells_count_every_event_once)
{
	struct trace *trace = open_it(big);
	int64_t last = trace_info(trace)->last_ns, edges[COLUMNS + 1];
	struct trace_cell cells[COLUMNS];

	for (size_t k = 0; k < trace_agent_count(trace); k++) {
		const struct trace_agent *agent = trace_agent_at(trace, k);
		uint64_t events = 0;

		for (int i = 0; i <= COLUMNS; i++)
			edges[i] = (last + 70000) * i / COLUMNS;
		ck_assert_int_eq(trace_cells(trace, agent->id, edges, COLUMNS,
					     cells), 0);
		for (int i = 0; i < COLUMNS; i++)
			events += cells[i].events;
		ck_assert_uint_eq(events, agent->events);
	}
	trace_close(trace);
}
END_TEST

START_TEST(cells_of_uneven_columns_lose_no_state)
{
	struct trace *trace = open_it(big);
	uint64_t events = trace_info(trace)->events, all = 0, seen = 0;
	int64_t edges[COLUMNS + 1];
	struct trace_cell cells[COLUMNS];

	/* As on an axis of events, with a wide column now and then. */
	for (int i = 0; i <= COLUMNS; i++)
		edges[i] = trace_time_of(trace, 1 + events * (uint64_t)(i * i)
						/ (COLUMNS * COLUMNS));
	ck_assert_int_eq(trace_cells(trace, 3, edges, COLUMNS, cells), 0);
	for (int i = 0; i < COLUMNS; i++)
		seen |= cells[i].states;
	all = brute_states(trace, 3, 0, trace_info(trace)->last_ns);
	ck_assert_uint_eq(seen, all);
	trace_close(trace);
}
END_TEST

START_TEST(the_rare_state_wins_a_cell)
{
	struct trace *trace = open_it(lesson);
	int64_t edges[2] = { 0, 13 * MS };
	struct trace_cell cell;

	ck_assert_int_eq(trace_cells(trace, 1, edges, 1, &cell), 0);
	ck_assert_uint_eq(cell.state, TRACE_STATE_EXITING);
	ck_assert_int_eq(trace_cells(trace, 2, edges, 1, &cell), 0);
	ck_assert_uint_eq(cell.state, TRACE_STATE_ZOMBIE);
	ck_assert_uint_eq(cell.last, 0);
	trace_close(trace);
}
END_TEST

/* ---- arrows ---- */

START_TEST(arrows_lead_from_one_event_to_another_and_back)
{
	struct trace *trace = open_it(lesson);
	struct trace_arrow arrows[20], back;
	int count = trace_arrows(trace, 0, 13 * MS, 20, arrows);

	ck_assert_int_ge(count, 4);
	ck_assert_str_eq(arrows[0].kind, "start");
	for (int i = 0; i < count; i++) {
		if (i > 0)
			ck_assert_int_ge(arrows[i].from_ns,
					 arrows[i - 1].from_ns);
		ck_assert_int_eq(trace_arrow_at(trace, arrows[i].to_seq, -1,
						&back), 0);
		ck_assert_uint_eq(back.to_seq, arrows[i].to_seq);
		ck_assert_int_eq(trace_arrow_at(trace, arrows[i].from_seq, 1,
						&back), 0);
	}
	ck_assert_int_eq(trace_arrow_at(trace, 13, 1, &back), -1);
	ck_assert_int_eq(trace_arrows(trace, 0, 13 * MS, 1, arrows), 1);
	trace_close(trace);
}
END_TEST

START_TEST(an_arrow_touches_where_it_begins_ends_and_passes)
{
	struct trace *trace = open_it(lesson);
	struct trace_arrow arrows[20];

	/* The start of Process-1: 1.0001 ms to 1.0002 ms. */
	ck_assert_int_eq(trace_arrows(trace, 1 * MS + 110, 1 * MS + 120, 20,
				      arrows), 1);
	ck_assert_int_eq(trace_arrows(trace, 1 * MS + 150, 2 * MS, 20, arrows),
			 1);
	ck_assert_int_eq(trace_arrows(trace, 0, 1 * MS + 100, 20, arrows), 1);
	ck_assert_int_eq(trace_arrows(trace, 0, 1 * MS + 99, 20, arrows), 0);
	ck_assert_int_eq(trace_arrows(trace, 1 * MS + 201, 2 * MS, 20, arrows),
			 0);
	trace_close(trace);
}
END_TEST

/* ---- a recording that goes on ---- */

static void put_byte(int fd)
{
	if (write(fd, "x", 1) != 1)
		_exit(2);
}

static void await_byte(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		_exit(3);
}

static void record_two_commits(int go, int done)
{
	struct maker *maker = maker_new(file);

	maker_record(maker);
	maker_process(maker, 0, 1, 1, false);
	maker_add(maker, (struct maker_event){ .t_ns = 1000, .agent = 1,
		.kind = TRACE_SLEEP_BEGIN, .a = 500 });
	maker_commit(maker);
	put_byte(done);
	await_byte(go);
	maker_process(maker, 2000, 2, 1, false);
	maker_commit(maker);
	put_byte(done);
	await_byte(go);
	maker_add(maker, (struct maker_event){ .t_ns = 3000, .agent = 1,
		.kind = TRACE_PROC_EXIT, .object = 1 });
	int result = maker_close(maker, "closed");
	put_byte(done);
	_exit(result == 0 ? 0 : 1);
}

static bool has_byte(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 1;
}

START_TEST(a_growing_trace_is_followed_to_its_end)
{
	int go[2], done[2], status;
	struct trace_interval at;

	ck_assert_int_eq(pipe(go), 0);
	ck_assert_int_eq(pipe(done), 0);
	pid_t pid = fork();
	if (pid == 0)
		record_two_commits(go[0], done[1]);
	ck_assert(has_byte(done[0]));
	struct trace *trace = open_it(file);
	ck_assert_uint_eq(trace_info(trace)->events, 3);
	ck_assert_int_eq(trace_state_at(trace, 1, 1000, &at), 0);
	ck_assert_int_eq(at.state, TRACE_STATE_SLEEPING);
	ck_assert_int_eq(at.end_ns, -1);
	ck_assert_int_eq(trace_refresh(trace), 0);
	const struct trace_process *main = trace_process(trace, 1);
	put_byte(go[1]);
	ck_assert(has_byte(done[0]));
	ck_assert_int_eq(trace_refresh(trace), 1);
	ck_assert_uint_eq(trace_process_count(trace), 2);
	ck_assert_ptr_eq(trace_process(trace, 1), main);
	ck_assert_uint_eq(trace_info(trace)->events, 7);
	put_byte(go[1]);
	/* The recorder gets the file for itself only if we let it go. */
	ck_assert_int_eq(fcntl(done[0], F_SETFL, O_NONBLOCK), 0);
	while (!has_byte(done[0]))
		ck_assert_int_ge(trace_refresh(trace), 0);
	ck_assert_int_ge(trace_refresh(trace), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert(!trace_info(trace)->live && !trace_info(trace)->unfinished);
	ck_assert_uint_eq(trace_info(trace)->events, 8);
	trace_close(trace);
	char wal[80];
	snprintf(wal, sizeof(wal), "%s-wal", file);
	ck_assert_int_eq(access(wal, F_OK), -1);
}
END_TEST

#define ADD(test) tcase_add_test(tests, test)

static TCase *reading(void)
{
	TCase *tests = tcase_create("reading");

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
	ADD(the_state_at_a_time_is_the_one_that_lasts);
	ADD(the_state_after_an_event_is_the_one_it_leaves);
	ADD(cells_of_few_events_are_exact);
	ADD(cells_of_whole_buckets_are_exact);
	ADD(cells_count_every_event_once);
	ADD(cells_of_uneven_columns_lose_no_state);
	ADD(the_rare_state_wins_a_cell);
	ADD(arrows_lead_from_one_event_to_another_and_back);
	ADD(an_arrow_touches_where_it_begins_ends_and_passes);
	ADD(a_growing_trace_is_followed_to_its_end);
	return tests;
}

int main(void)
{
	TCase *cases[] = { reading() };

	return run_cases("reader", cases, 1);
}
