/* tests/check_wait.c - wait(), and the guards of connections
 *
 * In every state of every operation what a process that only maps the arena says
 * must be what `try` then does. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connection/connection.h"
#include "mp.h"
#include "process/process.h"
#include "tests/support/children.h"
#include "tests/support/observer.h"
#include "tests/support/waiting.h"

static struct mp_connection *a, *b, *c, *d;

static struct mp_process *start(mp_target target)
{
	struct mp_process *p = mp_Process(.target = target);

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

static int tell_and_wait(struct mp_call *call)
{
	gate_open(&answer);
	return wait_at_gate(call);
}

/* It holds its copies from now on. */
static struct mp_process *start_holder(void)
{
	struct mp_process *p = start(tell_and_wait);

	ck_assert(gate_wait(&answer));
	return p;
}

static void end(struct mp_process *p)
{
	gate_open(&gate);
	mp_process_join(p, mp_after(20));
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
}

static void make_pipes(void)
{
	ck_assert_int_eq(mp_Pipe(&a, &b), 0);
	ck_assert_int_eq(mp_Pipe(&c, &d, .one_way = true), 0);
}

static void drop_pipes(void)
{
	mp_connection_destroy(a);
	mp_connection_destroy(b);
	mp_connection_destroy(c);
	mp_connection_destroy(d);
}

/* ---- wait ---- */

START_TEST(wait_tells_which_are_ready)
{
	make_pipes();
	struct mp_process *p = start(wait_at_gate);
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	struct mp_waitable items[] = { { .connection = a }, { .process = p },
				       { .connection = c }, { .fd = fds[0] } };

	ck_assert_int_eq(mp_wait(items, 4, MP_NOW), 0);
	ck_assert_int_eq(mp_wait(items, 4, mp_after(0.01)), 0);
	mp_connection_send(b, mp_value(1));
	ck_assert_int_eq(mp_wait(items, 4, MP_FOREVER), 1);
	ck_assert(items[0].is_ready && !items[1].is_ready
		  && !items[2].is_ready && !items[3].is_ready);
	mp_value_unref(mp_connection_recv(a));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	mp_connection_close(d);
	ck_assert_int_eq(mp_wait(items, 4, MP_FOREVER), 3);
	ck_assert(!items[0].is_ready && items[1].is_ready && items[2].is_ready
		  && items[3].is_ready);
	close(fds[0]);
	close(fds[1]);
	mp_process_destroy(p);
	drop_pipes();
}
END_TEST

START_TEST(wait_for_nothing_just_sleeps)
{
	ck_assert_int_eq(mp_wait(NULL, 0, MP_NOW), 0);
	double before = mp_monotonic();
	ck_assert_int_eq(mp_wait(NULL, 0, mp_after(0.02)), 0);
	ck_assert_double_ge(mp_monotonic() - before, 0.02);
}
END_TEST

START_TEST(wait_refuses_what_it_cannot_wait_for)
{
	make_pipes();
	struct mp_process *p = mp_Process();
	struct mp_waitable twice[] = { { .connection = a }, { .connection = c },
				       { .fd = mp_connection_fileno(a) } };
	ck_assert_int_eq(mp_wait(twice, 3, MP_NOW), MP_EKEY);
	ck_assert_int_eq(mp_wait(twice, 2, MP_NOW), 0);
	ck_assert_int_eq(mp_wait(&(struct mp_waitable){ .process = p }, 1,
				 MP_NOW), MP_EVALUE);
	ck_assert_int_eq(mp_wait(&(struct mp_waitable){ .fd = -1 }, 1,
				 MP_NOW), MP_EVALUE);
	ck_assert_int_eq(mp_wait(&(struct mp_waitable){ 0 }, 1, MP_NOW),
			 MP_EVALUE);
	/* As in CPython: no such descriptor is not waited for. */
	ck_assert_int_eq(mp_wait(&(struct mp_waitable){ .fd = 9999 }, 1,
				 MP_FOREVER), 1);
	mp_connection_close(a);
	ck_assert_int_eq(mp_wait(twice, 2, MP_NOW), MP_EOS);
	mp_process_destroy(p);
	drop_pipes();
}
END_TEST

static int send_late(struct mp_call *call)
{
	(void)call;
	if (!gate_wait(&gate) || mp_connection_send(d, mp_value(1)) < 0)
		return 1;
	return !gate_wait(&gate);
}

static int wait_for_two(struct mp_call *call)
{
	struct mp_waitable items[] = { { .connection = a }, { .connection = c } };

	(void)call;
	gate_tell(&answer, mp_wait(items, 2, MP_FOREVER));
	gate_tell(&answer, items[0].is_ready + 2 * items[1].is_ready);
	return 0;
}

START_TEST(wait_ends_when_one_becomes_ready)
{
	make_pipes();
	struct mp_process *p = start(wait_for_two), *q = start(send_late);
	waiting_in(p, MP__OP_POLL_MANY);
	gate_open(&gate);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(gate_hear(&answer), 2);
	end(q);
	mp_process_join(p, MP_FOREVER);
	mp_process_destroy(p);
	drop_pipes();
}
END_TEST

/* ---- guards ---- */

static struct mp__outgoing message(struct mp_connection *connection, size_t size)
{
	static char bytes[1 << 20];

	return (struct mp__outgoing){ .connection = connection,
				      .bytes = bytes, .size = size,
				      .head = { 0, (unsigned char)(size >> 16),
						(unsigned char)(size >> 8),
						(unsigned char)size },
				      .head_size = 4 };
}

static bool could_send(struct mp_connection *connection, size_t size)
{
	struct mp__outgoing out = message(connection, size);
	struct mp__op op = mp__connection_op(connection, MP__OP_CONN_SEND, &out,
					     MP_FOREVER);
	bool could = observer_guard(&op);

	ck_assert_int_eq(mp__op_row(op.code)->try(&op) != MP__WOULD_BLOCK,
			 could);
	return could;
}

/* What is received must be asked for by a new struct each time. */
static void assert_receives(struct mp_connection *connection, bool could)
{
	struct mp__incoming in = { .connection = connection, .max = SIZE_MAX };
	struct mp__op op = mp__connection_op(connection, MP__OP_CONN_RECV, &in,
					     MP_FOREVER);
	struct mp__op poll = mp__connection_op(connection, MP__OP_CONN_POLL,
					       connection, MP_FOREVER);

	/* Before it waits it does not look for the end so closely. */
	op.is_waiting = true;
	assert_agree(&poll, could);
	assert_agree(&op, could);
	mp__frame_free(&in);
}

START_TEST(recv_can_go_on_when_something_is_there_or_all_is_over)
{
	make_pipes();
	assert_receives(a, false);
	mp_connection_send(b, mp_value(1));
	mp_connection_send(b, mp_value(2));
	assert_receives(a, true);
	assert_receives(a, true);
	assert_receives(a, false);
	struct mp_process *p = start_holder();
	mp_connection_close(b);
	assert_receives(a, false);	/* the child has a copy, the observer
					 * was born before the pipe */
	end(p);
	assert_receives(a, true);
	drop_pipes();
}
END_TEST

START_TEST(a_holder_that_was_killed_holds_no_more)
{
	make_pipes();
	struct mp_process *p = start_holder();
	mp_connection_close(b);
	mp_connection_close(d);
	assert_receives(a, false);
	assert_receives(c, false);
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
	assert_receives(a, true);
	assert_receives(c, true);
	mp_process_destroy(p);
	drop_pipes();
}
END_TEST

START_TEST(send_can_go_on_when_there_is_room)
{
	make_pipes();
	struct mp_connection *from[] = { a, d }, *to[] = { b, c };

	for (int i = 0; i < 2; i++) {
		int sent = 0;
		struct mp__outgoing out = message(from[i], 1000);
		struct mp__op op = mp__connection_op(
			from[i], MP__OP_CONN_SEND, &out, MP_FOREVER);
		/* The first that fails has not been announced yet. */
		while (mp__op_row(op.code)->try(&op) == 0) {
			sent++;
			out.done = 0;
		}
		ck_assert_int_gt(sent, 10);
		ck_assert(!could_send(from[i], 1000));
		ck_assert(!could_send(from[i], 1000));
		for (; sent > 0; sent--) {
			struct mp__incoming in = { .connection = to[i],
						   .max = SIZE_MAX };
			if (out.done > 0 && sent == 1)
				break;
			ck_assert_int_eq(mp__frame_receive(&in, MP_FOREVER),
					 0);
			mp__frame_free(&in);
		}
		ck_assert(observer_guard(&op));
		if (out.done == 0)
			ck_assert(could_send(from[i], 1000));
		mp_connection_close(to[i]);
		ck_assert(observer_guard(&op));
	}
	drop_pipes();
}
END_TEST

START_TEST(a_connection_from_outside_may_always_go_on)
{
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	a = mp_connection_open(fds[0], true, false);
	struct mp__op op = mp__connection_op(a, MP__OP_CONN_POLL, a,
					     MP_FOREVER);
	ck_assert(observer_guard(&op));
	mp_connection_destroy(a);
	close(fds[1]);
}
END_TEST

/* A child waits; the observer says whether it could go on. */
START_TEST(a_wait_for_several_is_seen_from_outside)
{
	make_pipes();
	struct mp_process *p = start(wait_for_two);
	struct observer_question question = { .now = 1 };

	waiting_in(p, MP__OP_POLL_MANY);
	for (uint32_t i = 0; i < MP__AGENT_SLOTS; i++)
		if (atomic_load(&mp__arena->agents[i].id)
		    && mp__arena->agents[i].pid == mp_process_pid(p))
			question.agent = i + 1;
	ck_assert(!observer_ask(&question));
	/* Seen before the child has seen it: it is stopped. */
	kill(mp_process_pid(p), SIGSTOP);
	mp_connection_send(d, mp_value(1));
	ck_assert(observer_ask(&question));
	kill(mp_process_pid(p), SIGCONT);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(gate_hear(&answer), 2);
	mp_process_join(p, MP_FOREVER);
	mp_process_destroy(p);
	drop_pipes();
}
END_TEST

static int wait_for_child(struct mp_call *call)
{
	(void)call;
	struct mp_process *p = start(wait_at_gate);
	struct mp_waitable item = { .process = p };
	gate_tell(&answer, mp__agent() - mp__arena->agents + 1);
	gate_tell(&answer, mp_wait(&item, 1, MP_FOREVER));
	gate_wait(&third);
	return 0;
}

START_TEST(a_wait_for_a_process_is_seen_from_outside)
{
	struct mp_process *p = start(wait_for_child);
	struct observer_question question = { .now = 1 };

	question.agent = (uint32_t)gate_hear(&answer);
	waiting_in(p, MP__OP_POLL_MANY);
	ck_assert(!observer_ask(&question));
	gate_open(&gate);
	ck_assert_int_eq(gate_hear(&answer), 1);
	gate_open(&third);
	mp_process_join(p, MP_FOREVER);
	mp_process_destroy(p);
}
END_TEST

/* ---- the suite ---- */

static void set_up(void)
{
	children_begin();
	observer_start();
}

static void tear_down(void)
{
	observer_stop();
	children_end();
}

static Suite *wait_suite(void)
{
	Suite *suite = suite_create("wait");
	TCase *tc = tcase_create("wait");
	TCase *guards = tcase_create("guards");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_test(tc, wait_tells_which_are_ready);
	tcase_add_test(tc, wait_for_nothing_just_sleeps);
	tcase_add_test(tc, wait_refuses_what_it_cannot_wait_for);
	tcase_add_test(tc, wait_ends_when_one_becomes_ready);
	suite_add_tcase(suite, tc);
	tcase_set_timeout(guards, 60);
	tcase_add_checked_fixture(guards, set_up, tear_down);
	tcase_add_test(guards,
		       recv_can_go_on_when_something_is_there_or_all_is_over);
	tcase_add_test(guards, a_holder_that_was_killed_holds_no_more);
	tcase_add_test(guards, send_can_go_on_when_there_is_room);
	tcase_add_test(guards, a_connection_from_outside_may_always_go_on);
	tcase_add_test(guards, a_wait_for_several_is_seen_from_outside);
	tcase_add_test(guards, a_wait_for_a_process_is_seen_from_outside);
	suite_add_tcase(suite, guards);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(wait_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
