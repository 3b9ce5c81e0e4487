/* tests/check_connection_use.c - connections used wrongly, waited for, and for
 * descriptors */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connection/connection.h"
#include "mp.h"
#include "tests/support/children.h"
#include "tests/support/pipes.h"
#include "tests/support/waiting.h"

/* ---- misuse ---- */

START_TEST(nobody_reads_is_an_error_and_not_death)
{
	for (int one_way = 0; one_way < 2; one_way++) {
		make_pipe(one_way);
		mp_connection_close(a);
		ck_assert_int_eq(mp_connection_send(b, mp_value(1)), MP_EPIPE);
		drop_pipe();
	}
}
END_TEST

START_TEST(unread_data_resets_a_socket)
{
	make_pipe(false);
	mp_connection_send(a, mp_value(1));
	mp_connection_close(b);
	assert_no_recv(a, MP_EOS);
	ck_assert_ptr_nonnull(strstr(mp_error_message(), strerror(ECONNRESET)));
	drop_pipe();
}
END_TEST

START_TEST(one_way_is_one_way)
{
	make_pipe(true);
	ck_assert(mp_connection_readable(a) && !mp_connection_writable(a));
	ck_assert(!mp_connection_readable(b) && mp_connection_writable(b));
	assert_fails(MP_EOS, mp_connection_send(a, mp_value(1)),
		     "connection is read-only");
	assert_fails(MP_EOS, mp_connection_send_bytes(a, "", 0),
		     "connection is read-only");
	assert_no_recv(b, MP_EOS);
	ck_assert_str_eq(mp_error_message(), "connection is write-only");
	assert_fails(MP_EOS, mp_connection_poll(b, MP_NOW),
		     "connection is write-only");
	assert_fails(MP_EOS, mp_connection_send_fd(b, 0),
		     "a descriptor needs a socket, and this is a pipe of one "
		     "way");
	drop_pipe();
}
END_TEST

START_TEST(a_closed_connection_does_nothing)
{
	char buffer[4];

	make_pipe(false);
	int fd = mp_connection_fileno(a);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert(!mp_connection_closed(a));
	ck_assert_int_eq(mp_connection_close(a), 0);
	ck_assert_int_eq(mp_connection_close(a), 0);
	ck_assert(mp_connection_closed(a));
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	assert_fails(MP_EOS, mp_connection_send(a, mp_value(1)),
		     "handle is closed");
	assert_no_recv(a, MP_EOS);
	assert_fails(MP_EOS, mp_connection_poll(a, MP_FOREVER),
		     "handle is closed");
	assert_fails(MP_EOS, mp_connection_fileno(a), "handle is closed");
	ck_assert_int_eq(mp_connection_recv_bytes_into(a, buffer, 4, NULL,
						       NULL), MP_EOS);
	ck_assert_int_eq(mp_connection_recv_fd(a), MP_EOS);
	mp_connection_destroy(NULL);
	drop_pipe();
}
END_TEST

START_TEST(a_connection_can_be_made_of_a_descriptor)
{
	int fds[2];

	ck_assert_ptr_null(mp_connection_open(-1, true, true));
	assert_fails(MP_EVALUE, mp_error_code(), "invalid handle");
	ck_assert_ptr_null(mp_connection_open(0, false, false));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
	ck_assert_int_eq(pipe(fds), 0);
	a = mp_connection_open(fds[0], true, false);
	b = mp_connection_open(fds[1], false, true);
	ck_assert_int_eq(mp_connection_fileno(b), fds[1]);
	mp_connection_send(b, mp_value("made"));
	assert_recv(a, "'made'");
	mp_connection_close(b);
	assert_no_recv(a, MP_EEOF);
	drop_pipe();
}
END_TEST

START_TEST(what_cannot_be_encoded_is_not_sent)
{
	make_pipe(false);
	ck_assert_int_lt(mp_connection_send(a, mp_value((void *)&a)), 0);
	ck_assert_int_eq(mp_connection_send(a, NULL), MP_EVALUE);
	ck_assert_int_eq(mp_connection_poll(b, MP_NOW), 0);
	mp_connection_send(a, mp_value(7));
	assert_recv(b, "7");
	drop_pipe();
}
END_TEST

/* ---- limits ---- */

START_TEST(a_longer_message_than_allowed_ends_receiving)
{
	void *bytes;
	size_t size;

	make_pipe(false);
	mp_connection_send_bytes(a, "12345", 5);
	assert_fails(MP_EOS, mp_connection_recv_bytes(b, &bytes, &size, 4),
		     "bad message length");
	ck_assert(!mp_connection_readable(b) && !mp_connection_closed(b));
	assert_no_recv(b, MP_EOS);
	ck_assert_int_eq(mp_connection_send(b, mp_value(1)), 0);
	assert_recv(a, "1");
	drop_pipe();

	make_pipe(true);
	mp_connection_send_bytes(b, "12345", 5);
	mp_connection_send_bytes(b, "1234", 4);
	ck_assert_int_eq(mp_connection_recv_bytes(a, &bytes, &size, 5), 0);
	free(bytes);
	ck_assert_int_eq(mp_connection_recv_bytes(a, &bytes, &size, 3), MP_EOS);
	ck_assert(mp_connection_closed(a));
	drop_pipe();
}
END_TEST

START_TEST(a_short_buffer_gets_an_error_with_the_whole_message)
{
	char buffer[4];
	void *rest;
	size_t size;

	make_pipe(false);
	mp_connection_send_bytes(a, "1234", 4);
	mp_connection_send_bytes(a, "12345", 5);
	mp_connection_send_bytes(a, "123456", 6);
	mp_connection_send_bytes(a, "", 0);
	ck_assert_int_eq(mp_connection_recv_bytes_into(b, buffer, 4, &rest,
						       &size), 4);
	ck_assert_mem_eq(buffer, "1234", 4);
	ck_assert_int_eq(mp_connection_recv_bytes_into(b, buffer, 4, &rest,
						       &size), MP_ESHORT);
	ck_assert_uint_eq(size, 5);
	ck_assert_mem_eq(rest, "12345", 5);
	free(rest);
	ck_assert_int_eq(mp_connection_recv_bytes_into(b, buffer, 4, NULL,
						       NULL), MP_ESHORT);
	ck_assert_int_eq(mp_connection_recv_bytes_into(b, buffer, 4, NULL,
						       NULL), 0);
	drop_pipe();
}
END_TEST

static void assert_refused(const char *bytes, size_t size, const char *text)
{
	make_pipe(false);
	ck_assert_int_eq(write(mp_connection_fileno(a), bytes, size),
			 (ssize_t)size);
	mp_connection_close(a);
	assert_no_recv(b, strcmp(text, "") == 0 ? MP_EVALUE : MP_EOS);
	if (*text)
		ck_assert_str_eq(mp_error_message(), text);
	drop_pipe();
}

START_TEST(garbage_costs_an_error_and_nothing_else)
{
	assert_refused("\0\0\0\1\301", 5, "");
	assert_refused("\0\0\0\0", 4, "");
	assert_refused("\200\0\0\0", 4, "bad message length");
	assert_refused("\377\377\377\376", 4, "bad message length");
	assert_refused("\377\377\377\377\377\377\377\377\377\377\377\377", 12,
		       "bad message length");
	/* Three gigabytes are claimed, and do not come. */
	assert_refused("\377\377\377\377\0\0\0\0\300\0\0\0", 12,
		       "bad message length");
	assert_refused("\77\377\377\377", 4, "got end of file during message");
}
END_TEST

/* ---- waiting ---- */

START_TEST(poll_looks_or_waits)
{
	make_pipe(false);
	ck_assert_int_eq(mp_connection_poll(a, MP_NOW), 0);
	ck_assert_int_eq(mp_connection_poll(a, mp_after(0.01)), 0);
	struct mp_process *p = start_child(wait_at_gate);
	mp_connection_send(b, mp_value(1));
	ck_assert_int_eq(mp_connection_poll(a, MP_NOW), 1);
	ck_assert_int_eq(mp_connection_poll(a, MP_FOREVER), 1);
	assert_recv(a, "1");
	gate_open(&gate);
	finish_child(p, 0);
	drop_pipe();
}
END_TEST

static int fill(struct mp_call *call)
{
	static char bytes[1000];

	(void)call;
	for (int i = 0; i < 2000; i++)
		if (mp_connection_send_bytes(b, bytes, sizeof(bytes)) < 0)
			return mp_raise();
	return 0;
}

START_TEST(a_sender_waits_while_the_buffer_is_full)
{
	make_pipe(_i == 1);
	struct mp_process *p = start_child(fill);
	waiting_in(p, MP__OP_CONN_SEND);
	for (int i = 0; i < 2000; i++) {
		char bytes[1000];
		ck_assert_int_eq(mp_connection_recv_bytes_into(
			a, bytes, sizeof(bytes), NULL, NULL), 1000);
	}
	finish_child(p, 0);
	/* Both sides count the same. */
	ck_assert_uint_eq(a->end->received, 2000);
	ck_assert_uint_eq(b->end->sent, 2000);
	ck_assert_uint_eq(a->end->out, b->end->in);
	drop_pipe();
}
END_TEST

static void handle(int signal)
{
	(void)signal;
}

static bool has_news(const struct gate *waited, int milliseconds)
{
	struct pollfd fd = { waited->fds[0], POLLIN, 0 };

	return poll(&fd, 1, milliseconds) > 0;
}

static int wait_for_interruption(struct mp_call *call)
{
	int is_on;

	if (mp_bind(call, "is_on", &is_on) < 0)
		return mp_raise();
	sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = handle }, NULL);
	mp_set_interrupt(is_on);
	struct mp_value *value = mp_connection_recv(a);
	gate_tell(&answer, value ? 0 : mp_error_code());
	mp_value_unref(value);
	return 0;
}

START_TEST(a_signal_ends_a_wait_only_if_it_is_asked_to)
{
	make_pipe(true);
	for (int is_on = 0; is_on < 2; is_on++) {
		struct mp_process *p = mp_Process(
			.target = wait_for_interruption,
			.args = mp_tuple(is_on));
		mp_process_start(p);
		waiting_in(p, MP__OP_CONN_RECV);
		/* It may announce that it waits a little before it sleeps. */
		do
			kill(mp_process_pid(p), SIGUSR1);
		while (is_on && !has_news(&answer, 1));
		if (!is_on)
			mp_connection_send(b, mp_value(1));
		ck_assert_int_eq(gate_hear(&answer), is_on ? MP_EINTR : 0);
		finish_child(p, 0);
	}
	drop_pipe();
}
END_TEST

/* ---- descriptors ---- */

static int read_passed(struct mp_call *call)
{
	char text[8];

	(void)call;
	int fd = mp_connection_recv_fd(b);
	if (fd < 0)
		return mp_raise();
	gate_tell(&answer, fcntl(fd, F_GETFD));
	gate_tell(&answer, read(fd, text, 5));
	return 0;
}

START_TEST(a_descriptor_can_be_sent)
{
	int fds[2];

	make_pipe(false);
	struct mp_process *p = start_child(read_passed);
	waiting_in(p, MP__OP_CONN_RECV_FD);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], "hello", 5), 5);
	ck_assert_int_eq(mp_connection_send_fd(a, fds[0]), 0);
	ck_assert_int_eq(gate_hear(&answer), FD_CLOEXEC);
	ck_assert_int_eq(gate_hear(&answer), 5);
	finish_child(p, 0);
	ck_assert_int_eq(mp_connection_send_fd(a, 9999), MP_EOS);
	close(fds[0]);
	close(fds[1]);
	drop_pipe();
}
END_TEST

START_TEST(data_without_a_descriptor_is_an_error)
{
	make_pipe(false);
	ck_assert_int_eq(write(mp_connection_fileno(a), "x", 1), 1);
	ck_assert_int_eq(mp_connection_recv_fd(b), MP_ERUNTIME);
	mp_connection_close(a);
	ck_assert_int_eq(mp_connection_recv_fd(b), MP_EEOF);
	drop_pipe();
}
END_TEST

/* ---- the suite ---- */

static Suite *connection_use_suite(void)
{
	Suite *suite = suite_create("connection_use");
	TCase *tc = tcase_create("connection_use");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_test(tc, nobody_reads_is_an_error_and_not_death);
	tcase_add_test(tc, unread_data_resets_a_socket);
	tcase_add_test(tc, one_way_is_one_way);
	tcase_add_test(tc, a_closed_connection_does_nothing);
	tcase_add_test(tc, a_connection_can_be_made_of_a_descriptor);
	tcase_add_test(tc, what_cannot_be_encoded_is_not_sent);
	tcase_add_test(tc, a_longer_message_than_allowed_ends_receiving);
	tcase_add_test(tc, a_short_buffer_gets_an_error_with_the_whole_message);
	tcase_add_test(tc, garbage_costs_an_error_and_nothing_else);
	tcase_add_test(tc, poll_looks_or_waits);
	tcase_add_loop_test(tc, a_sender_waits_while_the_buffer_is_full, 0, 2);
	tcase_add_test(tc, a_signal_ends_a_wait_only_if_it_is_asked_to);
	tcase_add_test(tc, a_descriptor_can_be_sent);
	tcase_add_test(tc, data_without_a_descriptor_is_an_error);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(connection_use_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
