/* tests/check_connection.c - Pipe and Connection, across processes */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena/arena.h"
#include "connection/connection.h"
#include "mp.h"
#include "process/process.h"
#include "tests/support/children.h"
#include "tests/support/waiting.h"

#define MEGABYTE ((size_t)1 << 20)

static struct mp_connection *a, *b;

static void make_pipe(bool one_way)
{
	ck_assert_int_eq(mp_Pipe(&a, &b, .one_way = one_way), 0);
}

static void drop_pipe(void)
{
	mp_connection_destroy(a);
	mp_connection_destroy(b);
	a = b = NULL;
}

static struct mp_process *start(mp_target target)
{
	struct mp_process *p = mp_Process(.target = target);

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

static void finish(struct mp_process *p, int code)
{
	ck_assert_int_eq(mp_process_join(p, mp_after(20)), 0);
	ck_assert_int_eq(mp_process_exitcode(p), code);
	mp_process_destroy(p);
}

#define assert_recv(connection, text) \
	do { \
		struct mp_value *v_ = mp_connection_recv(connection); \
		char *t_ = v_ ? mp_value_repr(v_) : NULL; \
		ck_assert_msg(t_, "%s", mp_error_message()); \
		ck_assert_str_eq(t_, text); \
		free(t_); \
		mp_value_unref(v_); \
	} while (0)

#define assert_no_recv(connection, code) \
	do { \
		ck_assert_ptr_null(mp_connection_recv(connection)); \
		ck_assert_int_eq(mp_error_code(), code); \
	} while (0)

/* ---- messages ---- */

/* Send back what comes until nothing can come any more. */
static int echo(struct mp_call *call)
{
	struct mp_value *value;

	(void)call;
	mp_connection_close(a);
	while ((value = mp_connection_recv(b)))
		if (mp_connection_send(b, value) < 0)
			return mp_raise();
	return mp_error_code() == MP_EEOF ? 0 : mp_raise();
}

START_TEST(values_go_both_ways)
{
	make_pipe(false);
	struct mp_process *p = start(echo);
	mp_connection_close(b);
	mp_connection_send(a, mp_tuple(1, "two", 3.5));
	assert_recv(a, "(1, 'two', 3.5)");
	mp_connection_send(a, mp_none());
	mp_connection_send(a, mp_dict("k", mp_list(1, 2)));
	assert_recv(a, "None");
	assert_recv(a, "{'k': [1, 2]}");
	mp_connection_close(a);
	finish(p, 0);
	drop_pipe();
}
END_TEST

static const size_t sizes[] = { 0, 1, 3, 500, 507, 508, 509, 512, 513, 4092,
				4096, 4097, 16380, 16384, 16385, 65532, 65536,
				65537, 200000, 5 * MEGABYTE + 3 };

static char *pattern(size_t size)
{
	char *bytes = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	return bytes;
}

static int send_all_sizes(struct mp_call *call)
{
	(void)call;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *bytes = pattern(sizes[i]);
		int err = mp_connection_send_bytes(b, bytes, sizes[i]);
		free(bytes);
		if (err < 0)
			return mp_raise();
	}
	return 0;
}

START_TEST(a_message_of_any_size_arrives_whole)
{
	make_pipe(_i == 1);
	struct mp_process *p = start(send_all_sizes);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *expected = pattern(sizes[i]);
		void *bytes;
		size_t size;
		ck_assert_int_eq(mp_connection_recv_bytes(a, &bytes, &size,
							  SIZE_MAX), 0);
		ck_assert_uint_eq(size, sizes[i]);
		ck_assert_int_eq(memcmp(bytes, expected, size), 0);
		free(bytes);
		free(expected);
	}
	finish(p, 0);
	drop_pipe();
}
END_TEST

START_TEST(frames_look_like_those_of_CPython)
{
	static const unsigned char frame[] = { 0, 0, 0, 3, 'a', 'b', 'c',
					       0, 0, 0, 0 };
	static const unsigned char long_form[] = {
		255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 2, 'h', 'i' };
	unsigned char bytes[32];
	void *message;
	size_t size;

	make_pipe(true);
	mp_connection_send_bytes(b, "abc", 3);
	mp_connection_send_bytes(b, NULL, 0);
	ck_assert_int_eq(read(mp_connection_fileno(a), bytes, sizeof(bytes)),
			 sizeof(frame));
	ck_assert_mem_eq(bytes, frame, sizeof(frame));
	/* Long lengths, and bytes that come one by one. */
	for (size_t i = 0; i < sizeof(long_form) - 1; i++)
		ck_assert_int_eq(write(mp_connection_fileno(b), long_form + i,
				       1), 1);
	ck_assert_int_eq(write(mp_connection_fileno(b), "i", 1), 1);
	ck_assert_int_eq(mp_connection_recv_bytes(a, &message, &size, 10), 0);
	ck_assert_uint_eq(size, 2);
	ck_assert_mem_eq(message, "hi", 2);
	free(message);
	drop_pipe();
}
END_TEST

static int send_slowly(struct mp_call *call)
{
	static const unsigned char frame[] = { 255, 255, 255, 255, 0, 0, 0, 0,
					       0, 0, 0, 2, 'h', 'i' };

	(void)call;
	for (size_t i = 0; i < sizeof(frame); i++) {
		gate_wait(&gate);
		if (write(mp_connection_fileno(b), frame + i, 1) != 1)
			return 1;
		sched_yield();
	}
	return 0;
}

START_TEST(a_frame_that_has_begun_is_waited_for)
{
	void *message;
	size_t size;

	make_pipe(true);
	struct mp_process *p = start(send_slowly);
	for (int i = 0; i < 14; i++)
		gate_open(&gate);
	ck_assert_int_eq(mp_connection_recv_bytes(a, &message, &size,
						  SIZE_MAX), 0);
	ck_assert_uint_eq(size, 2);
	free(message);
	finish(p, 0);
	drop_pipe();
}
END_TEST

/* A sender may be killed between sending and counting. What it sent is still a
 * message, and so are those that follow. */
START_TEST(uncounted_messages_do_not_mix_with_others)
{
	static const char *const texts[] = { "x", "a longer one", "", "yy" };

	make_pipe(true);
	for (int round = 0; round < 16; round++) {
		for (int i = 0; i < 4; i++) {
			uint64_t in = b->end->in;
			mp_connection_send(b, mp_value(texts[i]));
			if (round >> i & 1)
				b->end->in = in;
		}
		for (int i = 0; i < 4; i++) {
			struct mp_value *value = mp_connection_recv(a);
			const char *text;
			ck_assert_int_eq(mp_value_as_str(value, &text, NULL),
					 0);
			ck_assert_str_eq(text, texts[i]);
			mp_value_unref(value);
		}
	}
	drop_pipe();
}
END_TEST

/* ---- the end of the stream ---- */

START_TEST(the_end_comes_when_every_copy_is_closed)
{
	make_pipe(true);
	struct mp_process *p = start(wait_at_gate);
	mp_connection_send(b, mp_value(1));
	mp_connection_close(b);
	assert_recv(a, "1");
	/* The child's copy is open. */
	ck_assert_int_eq(mp_connection_poll(a, MP_NOW), 0);
	gate_open(&gate);
	finish(p, 0);
	ck_assert_int_eq(mp_connection_poll(a, MP_NOW), 1);
	assert_no_recv(a, MP_EEOF);
	assert_no_recv(a, MP_EEOF);
	drop_pipe();
}
END_TEST

static int send_one(struct mp_call *call)
{
	(void)call;
	return mp_connection_send(b, mp_value("x"));
}

START_TEST(a_writer_kept_open_by_the_reader_hides_the_end)
{
	make_pipe(true);
	finish(start(send_one), 0);
	assert_recv(a, "'x'");
	ck_assert_int_eq(mp_connection_poll(a, mp_after(0.05)), 0);
	mp_connection_close(b);
	ck_assert_int_eq(mp_connection_poll(a, MP_FOREVER), 1);
	assert_no_recv(a, MP_EEOF);
	drop_pipe();
}
END_TEST

static void assert_ends_inside(const void *bytes, size_t size)
{
	make_pipe(true);
	ck_assert_int_eq(write(mp_connection_fileno(b), bytes, size),
			 (ssize_t)size);
	mp_connection_close(b);
	assert_no_recv(a, MP_EOS);
	ck_assert_str_eq(mp_error_message(), "got end of file during message");
	drop_pipe();
}

START_TEST(an_end_inside_a_message_is_an_error)
{
	assert_ends_inside("\0", 1);
	assert_ends_inside("\0\0\0\5", 4);
	assert_ends_inside("\0\0\0\5ab", 6);
	assert_ends_inside("\377\377\377\377\0", 5);
}
END_TEST

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

/* ---- misuse ---- */

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
	struct mp_process *p = start(wait_at_gate);
	mp_connection_send(b, mp_value(1));
	ck_assert_int_eq(mp_connection_poll(a, MP_NOW), 1);
	ck_assert_int_eq(mp_connection_poll(a, MP_FOREVER), 1);
	assert_recv(a, "1");
	gate_open(&gate);
	finish(p, 0);
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
	struct mp_process *p = start(fill);
	waiting_in(p, MP__OP_CONN_SEND);
	for (int i = 0; i < 2000; i++) {
		char bytes[1000];
		ck_assert_int_eq(mp_connection_recv_bytes_into(
			a, bytes, sizeof(bytes), NULL, NULL), 1000);
	}
	finish(p, 0);
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
		finish(p, 0);
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
	struct mp_process *p = start(read_passed);
	waiting_in(p, MP__OP_CONN_RECV_FD);
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], "hello", 5), 5);
	ck_assert_int_eq(mp_connection_send_fd(a, fds[0]), 0);
	ck_assert_int_eq(gate_hear(&answer), FD_CLOEXEC);
	ck_assert_int_eq(gate_hear(&answer), 5);
	finish(p, 0);
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

/* ---- leaks, and death ---- */

static int count_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

START_TEST(pipes_leave_nothing_behind)
{
	/* The first start opens what all others use. */
	finish(start(tell_pid), 0);
	int fds = count_fds();
	uint64_t blocks = atomic_load(&mp__arena->blocks);

	for (int i = 0; i < 20000; i++) {
		make_pipe(i % 2);
		if (i % 500 == 0)
			finish(start(send_one), 0);
		drop_pipe();
	}
	ck_assert_int_eq(count_fds(), fds);
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
}
END_TEST

static int make_one_and_leave(struct mp_call *call)
{
	(void)call;
	make_pipe(false);
	if (mp_connection_send(a, mp_value(1)) < 0)
		return mp_raise();
	return 0;
}

static int tell_and_wait(struct mp_call *call)
{
	gate_open(&answer);
	return wait_at_gate(call);
}

START_TEST(what_a_process_leaves_open_is_given_back_at_its_end)
{
	uint64_t blocks = atomic_load(&mp__arena->blocks);

	for (int i = 0; i < 3; i++)
		finish(start(make_one_and_leave), 0);
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
	/* The last one to have a copy is a child. */
	make_pipe(false);
	struct mp_process *p = start(wait_at_gate);
	drop_pipe();
	gate_open(&gate);
	finish(p, 0);
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
	/* One is killed with its copies. */
	make_pipe(false);
	p = start(tell_and_wait);
	ck_assert(gate_wait(&answer));
	mp_process_kill(p);
	finish(p, -SIGKILL);
	drop_pipe();
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
}
END_TEST

START_TEST(more_holders_than_are_listed_are_only_counted)
{
	struct mp_process *p[MP__END_HOLDERS + 4];
	size_t count = sizeof(p) / sizeof(p[0]);
	uint64_t blocks = atomic_load(&mp__arena->blocks);

	make_pipe(true);
	for (size_t i = 0; i < count; i++)
		p[i] = start(wait_at_gate);
	drop_pipe();
	for (size_t i = 0; i < count; i++)
		gate_open(&gate);
	for (size_t i = 0; i < count; i++)
		finish(p[i], 0);
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
}
END_TEST

static int send_for_ever(struct mp_call *call)
{
	char *bytes = pattern(100000);

	(void)call;
	mp_connection_close(a);
	for (size_t i = 0;; i++)
		if (mp_connection_send_bytes(b, bytes, i * 37 % 100000) < 0)
			return mp_raise();
}

START_TEST(a_sender_killed_anywhere_leaves_whole_messages_and_an_end)
{
	char *expected = pattern(100000);

	for (int round = 0; round < 20; round++) {
		make_pipe(round % 2);
		struct mp_process *p = start(send_for_ever);
		void *bytes;
		size_t size;
		int err;
		mp_connection_close(b);
		for (int i = 0; i < round * 5; i++) {
			ck_assert_int_eq(mp_connection_recv_bytes(
				a, &bytes, &size, SIZE_MAX), 0);
			free(bytes);
		}
		mp_process_kill(p);
		while (!(err = mp_connection_recv_bytes(a, &bytes, &size,
							SIZE_MAX))) {
			ck_assert_mem_eq(bytes, expected, size);
			free(bytes);
		}
		ck_assert(err == MP_EEOF || err == MP_EOS);
		finish(p, -SIGKILL);
		drop_pipe();
	}
	free(expected);
}
END_TEST

/* ---- the suite ---- */

static Suite *connection_suite(void)
{
	Suite *suite = suite_create("connection");
	TCase *tc = tcase_create("connection");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_test(tc, values_go_both_ways);
	tcase_add_loop_test(tc, a_message_of_any_size_arrives_whole, 0, 2);
	tcase_add_test(tc, frames_look_like_those_of_CPython);
	tcase_add_test(tc, a_frame_that_has_begun_is_waited_for);
	tcase_add_test(tc, uncounted_messages_do_not_mix_with_others);
	tcase_add_test(tc, the_end_comes_when_every_copy_is_closed);
	tcase_add_test(tc, a_writer_kept_open_by_the_reader_hides_the_end);
	tcase_add_test(tc, an_end_inside_a_message_is_an_error);
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
	tcase_add_test(tc, pipes_leave_nothing_behind);
	tcase_add_test(tc,
		       what_a_process_leaves_open_is_given_back_at_its_end);
	tcase_add_test(tc, more_holders_than_are_listed_are_only_counted);
	tcase_add_test(tc,
		       a_sender_killed_anywhere_leaves_whole_messages_and_an_end);
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
