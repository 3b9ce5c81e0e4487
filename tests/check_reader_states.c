/* check_reader_states.c - states, cells and arrows, and a trace that grows */
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

int main(void)
{
	TCase *tests = tcase_create("reader_states");

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
	return run_cases("reader_states", &tests, 1);
}
