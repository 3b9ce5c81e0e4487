/* tests/check_message.c - messages that are recorded, from whom to whom
 *
 * However a send ends, what comes after it is told to come from who sent it. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"
#include "tests/support/rerun.h"
#include "tests/support/waiting.h"

#define FILL 1000
#define LAST 77

static struct mp_connection *reader, *writer;

static void handle(int signal)
{
	(void)signal;
}

/* Send until there is no room and a signal comes. */
static int fill_until_signal(struct mp_call *call)
{
	static char bytes[FILL];

	(void)call;
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = handle }, NULL);
	mp_set_interrupt(true);
	while (mp_connection_send_bytes(writer, bytes, sizeof(bytes)) == 0)
		;
	return mp_error_code() == MP_EINTR ? 0 : mp_raise();
}

static int send_last(struct mp_call *call)
{
	static char bytes[LAST];

	(void)call;
	return mp_connection_send_bytes(writer, bytes, sizeof(bytes)) < 0
		       ? mp_raise()
		       : 0;
}

/* As long as it lives: some of these programs are killed. */
static void let_wait(struct mp_process *p)
{
	while (mp_process_exitcode(p) == MP_NONE
	       && !is_waiting_in(p, MP__OP_CONN_SEND))
		mp_sleep(0.0001);
}

static void drain(size_t until_size)
{
	size_t size = 0;
	void *bytes;

	while (size != until_size
	       && mp_connection_recv_bytes(reader, &bytes, &size, SIZE_MAX) == 0)
		free(bytes);
}

/* A second one, which sends when the first has found no room and is gone. A socket
 * has room for whole messages only: nothing of the last one went in. */
static int program_shared(const char *argument)
{
	int signal = atoi(argument);
	struct mp_process *first, *second;

	mp_Pipe(&reader, &writer, .one_way = false);
	first = mp_Process(.target = fill_until_signal);
	second = mp_Process(.target = send_last);
	mp_process_start(first);
	let_wait(first);
	while (mp_process_exitcode(first) == MP_NONE) {
		kill(mp_process_pid(first), signal);
		mp_sleep(0.001);
	}
	mp_process_start(second);
	drain(LAST);
	mp_process_join(second, MP_FOREVER);
	return 0;
}

/* One after the other, each of another size; the buffer is full in between. */
static int send_all(struct mp_call *call)
{
	static char bytes[2 * FILL];

	(void)call;
	for (size_t i = 0; i < 500; i++)
		if (mp_connection_send_bytes(writer, bytes, FILL + i) < 0)
			return mp_raise();
	return 0;
}

static int program_waits(const char *argument)
{
	mp_Pipe(&reader, &writer, .one_way = atoi(argument));
	struct mp_process *p = mp_Process(.target = send_all);
	mp_process_start(p);
	let_wait(p);
	drain(FILL + 499);
	mp_process_join(p, MP_FOREVER);
	return 0;
}

/* Nobody reads: what was not sent is on its way to nobody. */
static int program_broken(const char *argument)
{
	mp_Pipe(&reader, &writer, .one_way = atoi(argument));
	mp_connection_close(reader);
	return mp_connection_send(writer, mp_value(1)) == MP_EPIPE ? 0 : 1;
}

static const struct rerun_program programs[] = {
	{ "shared", program_shared },
	{ "waits", program_waits },
	{ "broken", program_broken },
	{ NULL, NULL }
};

/* ---- what must be true of them ---- */

/* Messages that were received, and not from and to whom it should be. */
static void is_paired(const struct rerun *run)
{
	ck_assert_int_eq(run->status, 0);
	ck_assert_str_eq(rerun_ask(run, "SELECT value FROM meta"
				   " WHERE key = 'anomalies'"), "0");
	ck_assert_str_eq(rerun_ask(run, "SELECT count(*) FROM delivery AS d"
				   " JOIN event AS r ON r.seq = d.received_seq"
				   " WHERE r.b <> d.bytes"), "0");
	ck_assert_str_eq(rerun_ask(run, "SELECT count(*) FROM event AS e"
				   " WHERE e.kind IN (124, 126) AND e.seq"
				   " NOT IN (SELECT received_seq FROM delivery"
				   " WHERE received_seq IS NOT NULL)"), "0");
	/* Nothing is on its way at the end. */
	ck_assert_str_eq(rerun_ask(run, "SELECT count(*) FROM delivery"
				   " WHERE received_seq IS NULL"), "0");
	ck_assert_str_eq(rerun_ask(run, "SELECT count(*) FROM level AS l"
				   " WHERE value <> 0 AND seq = (SELECT max(seq)"
				   " FROM level WHERE object_id = l.object_id)"),
			 "0");
}

static const char *const signals[] = { "10", "9" };	/* SIGUSR1, SIGKILL */

START_TEST(a_send_that_did_not_begin_leaves_the_next_its_number)
{
	struct rerun run;

	rerun(&run, "shared", signals[_i]);
	is_paired(&run);
	ck_assert_str_eq(rerun_ask(&run, "SELECT p.name FROM delivery AS d"
				   " JOIN agent AS a ON a.id = d.from_agent_id"
				   " JOIN process AS p ON p.id = a.process_id"
				   " WHERE d.bytes = 77"), "Process-2");
	rerun_end(&run);
}
END_TEST

START_TEST(one_that_waits_for_room_is_one_message)
{
	struct rerun run;

	rerun(&run, "waits", _i ? "1" : "0");
	is_paired(&run);
	ck_assert_str_eq(rerun_ask(&run, "SELECT count(*), sum(bytes)"
				   " FROM delivery"), "500|624750");
	rerun_end(&run);
}
END_TEST

START_TEST(what_cannot_be_sent_is_on_its_way_to_nobody)
{
	struct rerun run;

	rerun(&run, "broken", _i ? "1" : "0");
	is_paired(&run);
	rerun_end(&run);
}
END_TEST

/* ---- the suite ---- */

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

static Suite *message_suite(void)
{
	Suite *suite = suite_create("message");
	TCase *tc = tcase_create("message");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_loop_test(tc,
			    a_send_that_did_not_begin_leaves_the_next_its_number,
			    0, 2);
	tcase_add_loop_test(tc, one_that_waits_for_room_is_one_message, 0, 2);
	tcase_add_loop_test(tc, what_cannot_be_sent_is_on_its_way_to_nobody, 0,
			    2);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	return rerun_main(argc, argv, programs, message_suite);
}
