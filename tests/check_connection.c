/* tests/check_connection.c - what goes through a pipe, and how it ends */
#include <check.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connection/connection.h"
#include "mp.h"
#include "tests/support/children.h"
#include "tests/support/pipes.h"

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
	struct mp_process *p = start_child(echo);
	mp_connection_close(b);
	mp_connection_send(a, mp_tuple(1, "two", 3.5));
	assert_recv(a, "(1, 'two', 3.5)");
	mp_connection_send(a, mp_none());
	mp_connection_send(a, mp_dict("k", mp_list(1, 2)));
	assert_recv(a, "None");
	assert_recv(a, "{'k': [1, 2]}");
	mp_connection_close(a);
	finish_child(p, 0);
	drop_pipe();
}
END_TEST

static const size_t sizes[] = { 0, 1, 3, 500, 507, 508, 509, 512, 513, 4092,
				4096, 4097, 16380, 16384, 16385, 65532, 65536,
				65537, 200000, 5 * 1024 * 1024 + 3 };

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
	struct mp_process *p = start_child(send_all_sizes);
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
	finish_child(p, 0);
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
	struct mp_process *p = start_child(send_slowly);
	for (int i = 0; i < 14; i++)
		gate_open(&gate);
	ck_assert_int_eq(mp_connection_recv_bytes(a, &message, &size,
						  SIZE_MAX), 0);
	ck_assert_uint_eq(size, 2);
	free(message);
	finish_child(p, 0);
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
	struct mp_process *p = start_child(wait_at_gate);
	mp_connection_send(b, mp_value(1));
	mp_connection_close(b);
	assert_recv(a, "1");
	/* The child's copy is open. */
	ck_assert_int_eq(mp_connection_poll(a, MP_NOW), 0);
	gate_open(&gate);
	finish_child(p, 0);
	ck_assert_int_eq(mp_connection_poll(a, MP_NOW), 1);
	assert_no_recv(a, MP_EEOF);
	assert_no_recv(a, MP_EEOF);
	drop_pipe();
}
END_TEST

START_TEST(a_writer_kept_open_by_the_reader_hides_the_end)
{
	make_pipe(true);
	finish_child(start_child(send_one), 0);
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
