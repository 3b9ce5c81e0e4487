/* tests/check_connection.c - Pipe, Connection, wait
 *
 * Messages whole and in order, ends and errors as CPython has them
 * (multiprocessing.connection). */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mp.h"
#include "connection/connection.h"
#include "tests/support/gate.h"
#include "tests/support/waiting.h"

static struct gate gate, answer;
static struct mp_connection *a, *b;

#define assert_code(expression, code, message) \
	do { \
		ck_assert_int_eq(expression, code); \
		ck_assert_str_eq(mp_error_message(), message); \
	} while (0)

static const char *told(struct mp_value *value)
{
	static char text[256];
	char *repr = value ? mp_value_repr(value) : NULL;

	snprintf(text, sizeof(text), "%s",
		 repr ? repr : mp_error_python(mp_error_code()));
	free(repr);
	mp_value_unref(value);
	return text;
}

static void finish(struct mp_process *p)
{
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
}

/* Sends everything back; ends at the end of the stream. */
static int echo(struct mp_call *call)
{
	struct mp_connection *ours, *theirs;
	struct mp_value *value;

	if (mp_bind(call, "ours theirs", &ours, &theirs) < 0)
		return mp_raise();
	mp_connection_close(theirs);
	while ((value = mp_connection_recv(ours)))
		if (mp_connection_send(ours, value) < 0)
			return mp_raise();
	return mp_error_code() == MP_EEOF ? 0 : mp_raise();
}

static struct mp_process *start_echo(void)
{
	struct mp_process *p = mp_Process(.target = echo,
					  .args = mp_tuple(b, a));

	mp_process_start(p);
	return p;
}

/* ---- both ways ---- */

START_TEST(what_is_sent_is_received_and_comes_back)
{
	struct mp_process *p = start_echo();

	for (int i = 0; i < 200; i++) {
		ck_assert_int_eq(mp_connection_send(a, mp_tuple(i, "x")), 0);
		struct mp_value *value = mp_connection_recv(a);
		char *repr = mp_value_repr(value), wanted[32];
		snprintf(wanted, sizeof(wanted), "(%d, 'x')", i);
		ck_assert_str_eq(repr, wanted);
		free(repr);
		mp_value_unref(value);
	}
	mp_connection_close(b);
	mp_connection_close(a);
	finish(p);
}
END_TEST

START_TEST(a_large_message_is_one_message)
{
	size_t size = 3 * 1000 * 1000, got;
	char *large = malloc(size);
	struct mp_process *p = start_echo();
	const void *bytes;

	for (size_t i = 0; i < size; i++)
		large[i] = (char)(i * 11);
	ck_assert_int_eq(mp_connection_send(a, mp_bytes(large, size)), 0);
	struct mp_value *value = mp_connection_recv(a);
	ck_assert_int_eq(mp_value_as_bytes(value, &bytes, &got), 0);
	ck_assert_uint_eq(got, size);
	ck_assert_int_eq(memcmp(bytes, large, size), 0);
	mp_value_unref(value);
	free(large);
	mp_connection_close(b);
	mp_connection_close(a);
	finish(p);
}
END_TEST

START_TEST(who_sends_too_much_waits)
{
	struct mp_process *p = mp_Process(.target = echo,
					  .args = mp_tuple(b, a));
	char kilobyte[1000] = "";

	for (int i = 0; i < 90; i++)
		ck_assert_int_eq(mp_connection_send_bytes(
					 a, kilobyte, sizeof(kilobyte)), 0);
	mp_process_destroy(p);
	for (int i = 0; i < 90; i++) {
		void *bytes;
		size_t size;
		ck_assert_int_eq(mp_connection_recv_bytes(b, &bytes, &size,
							  SIZE_MAX), 0);
		ck_assert_uint_eq(size, sizeof(kilobyte));
		free(bytes);
	}
	ck_assert_int_eq(mp_connection_poll(b, MP_NOW), 0);
}
END_TEST

/* ---- one way, ends ---- */

START_TEST(a_one_way_pipe_has_a_reader_and_a_writer)
{
	struct mp_connection *reader, *writer;

	ck_assert_int_eq(mp_Pipe(&reader, &writer, .one_way = true), 0);
	ck_assert(mp_connection_readable(reader));
	ck_assert(!mp_connection_writable(reader));
	assert_code(mp_connection_send(reader, mp_value(1)), MP_EOS,
		    "connection is read-only");
	ck_assert_ptr_null(mp_connection_recv(writer));
	ck_assert_str_eq(mp_error_message(), "connection is write-only");
	assert_code(mp_connection_poll(writer, MP_NOW), MP_EOS,
		    "connection is write-only");
	mp_connection_send(writer, mp_value(5));
	ck_assert_int_eq(mp_connection_close(writer), 0);
	ck_assert_int_eq(mp_connection_close(writer), 0);
	ck_assert_str_eq(told(mp_connection_recv(reader)), "5");
	ck_assert_int_eq(mp_connection_poll(reader, MP_FOREVER), 1);
	ck_assert_str_eq(told(mp_connection_recv(reader)), "EOFError");
	assert_code(mp_connection_fileno(writer), MP_EOS, "handle is closed");
	ck_assert(mp_connection_closed(writer));
	mp_connection_destroy(reader);
	mp_connection_destroy(writer);
}
END_TEST

static int just_wait(struct mp_call *call)
{
	(void)call;
	gate_wait(&gate);
	return 0;
}

/* Pitfall 13: a copy of the writing end in any process keeps the end away. */
START_TEST(the_end_comes_when_every_copy_is_closed)
{
	struct mp_connection *reader, *writer;
	struct mp_process *p = mp_Process(.target = just_wait);

	mp_Pipe(&reader, &writer, .one_way = true);
	mp_process_start(p);
	mp_connection_close(writer);
	ck_assert_int_eq(mp_connection_poll(reader, mp_after(0.05)), 0);
	gate_open(&gate);
	finish(p);
	ck_assert_int_eq(mp_connection_poll(reader, MP_FOREVER), 1);
	ck_assert_str_eq(told(mp_connection_recv(reader)), "EOFError");
}
END_TEST

START_TEST(nobody_to_read_is_a_broken_pipe)
{
	struct mp_connection *reader, *writer;

	mp_Pipe(&reader, &writer, .one_way = true);
	mp_connection_close(reader);
	ck_assert_int_eq(mp_connection_send(writer, mp_value(1)), MP_EPIPE);
	mp_connection_close(b);
	ck_assert_int_eq(mp_connection_send(a, mp_value(1)), MP_EPIPE);
}
END_TEST

START_TEST(half_a_message_is_an_error)
{
	ck_assert_int_eq(write(mp_connection_fileno(a), "\0\0\0\5ab", 6), 6);
	mp_connection_close(a);
	ck_assert_ptr_null(mp_connection_recv(b));
	ck_assert_int_eq(mp_error_code(), MP_EOS);
}
END_TEST

static const char *const rubbish[] = {
	"\x80\0\0\0", "\xff\xff\xff\xff\x7f\0\0\0\0\0\0\0", "\xff\xff\xff\xfe",
	"\0\0\0\1\xc1"
};
static const size_t rubbish_sizes[] = { 4, 12, 4, 5 };

START_TEST(rubbish_is_an_error)
{
	size_t size = rubbish_sizes[_i];

	ck_assert_int_eq(write(mp_connection_fileno(a), rubbish[_i], size),
			 size);
	ck_assert_ptr_null(mp_connection_recv(b));
	ck_assert(mp_error_code() == MP_EOS || mp_error_code() == MP_EVALUE);
}
END_TEST

/* ---- bytes ---- */

START_TEST(bytes_keep_their_borders)
{
	void *bytes;
	size_t size;

	ck_assert_int_eq(mp_connection_send_bytes(a, "one", 3), 0);
	ck_assert_int_eq(mp_connection_send_bytes(a, "", 0), 0);
	ck_assert_int_eq(mp_connection_send_bytes(a, "three", 5), 0);
	ck_assert_int_eq(mp_connection_recv_bytes(b, &bytes, &size, 3), 0);
	ck_assert_uint_eq(size, 3);
	free(bytes);
	ck_assert_int_eq(mp_connection_recv_bytes(b, &bytes, &size, 3), 0);
	ck_assert_uint_eq(size, 0);
	free(bytes);
	/* Too long: a duplex end can only send then. */
	assert_code(mp_connection_recv_bytes(b, &bytes, &size, 3), MP_EOS,
		    "bad message length");
	ck_assert(!mp_connection_readable(b));
	ck_assert_int_eq(mp_connection_send_bytes(b, "x", 1), 0);
}
END_TEST

START_TEST(what_does_not_fit_is_handed_over_whole)
{
	char small[4];
	void *rest;
	size_t size;

	mp_connection_send_bytes(a, "abc", 3);
	mp_connection_send_bytes(a, "abcdefgh", 8);
	mp_connection_send_bytes(a, "z", 1);
	ck_assert_int_eq(mp_connection_recv_bytes_into(b, small, sizeof(small),
						       NULL, NULL), 3);
	ck_assert_int_eq(memcmp(small, "abc", 3), 0);
	ck_assert_int_eq(mp_connection_recv_bytes_into(b, small, sizeof(small),
						       &rest, &size),
			 MP_ESHORT);
	ck_assert_uint_eq(size, 8);
	ck_assert_int_eq(memcmp(rest, "abcdefgh", 8), 0);
	free(rest);
	ck_assert_int_eq(mp_connection_recv_bytes_into(b, small, sizeof(small),
						       NULL, NULL), 1);
}
END_TEST

START_TEST(a_descriptor_can_be_sent)
{
	int fds[2], fd;
	char byte;

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(mp_connection_send_fd(a, fds[1]), 0);
	close(fds[1]);
	fd = mp_connection_recv_fd(b);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(write(fd, "!", 1), 1);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	close(fd);
	close(fds[0]);
	ck_assert_int_eq(write(mp_connection_fileno(a), "x", 1), 1);
	assert_code(mp_connection_recv_fd(b), MP_ERUNTIME,
		    "what came is data without a descriptor");
}
END_TEST

START_TEST(a_connection_can_be_made_of_a_descriptor)
{
	int fds[2];

	ck_assert_ptr_null(mp_connection_open(-1, true, true));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_ptr_null(mp_connection_open(fds[0], false, false));
	struct mp_connection *c = mp_connection_open(fds[0], true, true);
	struct mp_connection *d = mp_connection_open(fds[1], true, true);
	mp_connection_send(c, mp_text("hello"));
	ck_assert_str_eq(told(mp_connection_recv(d)), "'hello'");
	mp_connection_destroy(c);
	ck_assert_str_eq(told(mp_connection_recv(d)), "EOFError");
	mp_connection_destroy(d);
}
END_TEST

/* ---- wait ---- */

START_TEST(wait_tells_who_is_ready)
{
	struct mp_connection *c, *d;
	struct mp_process *p = mp_Process(.target = just_wait);
	int fds[2];

	mp_Pipe(&c, &d);
	mp_process_start(p);
	ck_assert_int_eq(pipe(fds), 0);
	struct mp_waitable items[] = {
		{ .connection = b }, { .connection = d }, { .process = p },
		{ .fd = fds[0] },
	};
	ck_assert_int_eq(mp_wait(items, 4, MP_NOW), 0);
	ck_assert_int_eq(mp_wait(items, 4, mp_after(0.02)), 0);
	mp_connection_send(a, mp_value(1));
	ck_assert_int_eq(mp_wait(items, 4, MP_FOREVER), 1);
	ck_assert(items[0].is_ready && !items[1].is_ready);
	mp_connection_close(c);		/* an end is ready, too */
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert_int_eq(mp_wait(items, 4, MP_FOREVER), 4);
	items[3].fd = mp_connection_fileno(b);
	ck_assert_int_eq(mp_wait(items, 4, MP_NOW), MP_EKEY);
	mp_connection_close(b);
	ck_assert_int_eq(mp_wait(items, 1, MP_NOW), MP_EOS);
	ck_assert_int_eq(mp_wait(NULL, 0, mp_after(0.01)), 0);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static int send_later(struct mp_call *call)
{
	struct mp_connection *to;

	if (mp_bind(call, "to", &to) < 0)
		return mp_raise();
	gate_wait(&gate);
	return mp_connection_send(to, mp_value(9));
}

static int recv_and_tell(struct mp_call *call)
{
	struct mp_connection *from;
	long number = -1;

	if (mp_bind(call, "from", &from) < 0)
		return mp_raise();
	struct mp_value *value = mp_connection_recv(from);
	mp_value_as_long(value, &number);
	gate_tell(&answer, number);
	return 0;
}

START_TEST(who_waits_for_a_message_is_woken)
{
	struct mp_process *p = mp_Process(.target = recv_and_tell,
					  .args = mp_tuple(b));
	struct mp_process *q = mp_Process(.target = send_later,
					  .args = mp_tuple(a));

	mp_process_start(p);
	mp_process_start(q);
	waiting_in(p, MP__OP_CONN_RECV);
	gate_open(&gate);
	ck_assert_int_eq(gate_hear(&answer), 9);
	finish(p);
	finish(q);
}
END_TEST

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	gate_make(&gate);
	gate_make(&answer);
	ck_assert_int_eq(mp_Pipe(&a, &b), 0);
}

static void tear_down(void)
{
	gate_close(&gate);
	gate_close(&answer);
	mp_connection_destroy(a);
	mp_connection_destroy(b);
}

static Suite *connection_suite(void)
{
	Suite *suite = suite_create("connection");
	TCase *tc = tcase_create("connection");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_is_sent_is_received_and_comes_back);
	tcase_add_test(tc, a_large_message_is_one_message);
	tcase_add_test(tc, who_sends_too_much_waits);
	tcase_add_test(tc, a_one_way_pipe_has_a_reader_and_a_writer);
	tcase_add_test(tc, the_end_comes_when_every_copy_is_closed);
	tcase_add_test(tc, nobody_to_read_is_a_broken_pipe);
	tcase_add_test(tc, half_a_message_is_an_error);
	tcase_add_loop_test(tc, rubbish_is_an_error, 0, 4);
	tcase_add_test(tc, bytes_keep_their_borders);
	tcase_add_test(tc, what_does_not_fit_is_handed_over_whole);
	tcase_add_test(tc, a_descriptor_can_be_sent);
	tcase_add_test(tc, a_connection_can_be_made_of_a_descriptor);
	tcase_add_test(tc, wait_tells_who_is_ready);
	tcase_add_test(tc, who_waits_for_a_message_is_woken);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(connection_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
