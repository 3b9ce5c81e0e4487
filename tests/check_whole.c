/* tests/check_whole.c - what has begun comes to its end
 *
 * A deadline or a signal may end the wait for a message, or for room for one. It
 * never leaves half of one behind, whenever it comes. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "mp.h"
#include "queues/queue.h"
#include "tests/support/children.h"

#define LARGE 150000		/* bytes: more than a queue or a pipe holds */
#define MESSAGES 1000

static char message[LARGE];

/* Some large, some small; each of one letter only, another one than the last. */
static size_t make_message(int number)
{
	size_t size = number % 3 == 0 ? 10 : LARGE - (size_t)number;

	memset(message, 'a' + number % 26, size);
	return size;
}

static void assert_is_message(const char *bytes, size_t size, int number)
{
	ck_assert_uint_eq(size, make_message(number));
	ck_assert(memcmp(bytes, message, size) == 0);
}

/* ---- signals, all the time ---- */

static void nothing(int number)
{
	(void)number;
}

static void begin_signals(void)
{
	struct itimerval often = { { 0, 70 }, { 0, 70 } };

	signal(SIGALRM, nothing);
	mp_set_interrupt(true);
	setitimer(ITIMER_REAL, &often, NULL);
}

static void end_signals(void)
{
	struct itimerval never = { 0 };

	setitimer(ITIMER_REAL, &never, NULL);
	mp_set_interrupt(false);
}

/* ---- queues ---- */

static int put_all(struct mp_call *call)
{
	struct mp_queue *queue;
	long is_disturbed;

	if (mp_bind(call, "queue is_disturbed", &queue, &is_disturbed) < 0)
		return mp_raise();
	if (is_disturbed)
		begin_signals();
	for (int i = 0; i < MESSAGES; i++) {
		size_t size = make_message(i);
		int err;
		do
			err = mp_queue_put_bytes(queue, message, size,
						 MP_FOREVER);
		while (err == MP_EINTR);
		if (err < 0)
			return mp_raise();
		if (!is_disturbed)	/* at a moment of its own */
			mp_sleep(i % 97 / 1e6);
	}
	end_signals();
	return 0;
}

static void get_all(struct mp_queue *queue, double seconds, int gives_up)
{
	for (int i = 0; i < MESSAGES; i++) {
		void *bytes;
		size_t size;
		int err;
		do
			err = mp_queue_get_bytes(queue, &bytes, &size,
						 seconds < 0 ? MP_FOREVER
							     : mp_after(seconds));
		while (err == gives_up);
		ck_assert_msg(err == 0, "%s", mp_error_message());
		assert_is_message(bytes, size, i);
		free(bytes);
	}
}

static struct mp_process *start_putting(struct mp_queue *queue,
					long is_disturbed)
{
	struct mp_process *p = mp_Process(
		.target = put_all, .args = mp_tuple(queue, is_disturbed));

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

static void finish(struct mp_process *p)
{
	mp_process_join(p, mp_after(20));
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
}

START_TEST(a_deadline_does_not_cut_an_item)
{
	struct mp_queue *queue = _i ? mp_Queue() : mp_SimpleQueue();
	struct mp_process *p = start_putting(queue, false);

	get_all(queue, 3e-6, MP_EEMPTY);
	finish(p);
	mp_queue_destroy(queue);
}
END_TEST

START_TEST(a_signal_does_not_cut_an_item)
{
	struct mp_queue *queue = _i ? mp_Queue() : mp_SimpleQueue();
	struct mp_process *p = start_putting(queue, true);

	begin_signals();
	get_all(queue, -1, MP_EINTR);
	end_signals();
	finish(p);
	mp_queue_destroy(queue);
}
END_TEST

/* A signal at the worst moment: while the reader sleeps. Its handler writes the first
 * half of an item; the second comes later. */
static struct mp__ring_shm *ring;
static char half_item[10000];

static void write_half(int number)
{
	struct mp__frame frame = { .length = sizeof(half_item), .number = 1 };

	(void)number;
	mp__ring_put(ring, 0, &frame, sizeof(frame));
	mp__ring_put(ring, sizeof(frame), half_item, sizeof(half_item) / 2);
	mp__ring_publish(ring, sizeof(frame) + sizeof(half_item) / 2);
}

static int writes_other_half(struct mp_call *call)
{
	struct mp_queue *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	mp__mutex_take(&queue->write_lock, false);
	gate_open(&answer);
	while (mp__ring_used(ring) > 0 || ring->read == 0)
		mp_sleep(0.001);
	mp__ring_put(ring, ring->written, half_item, sizeof(half_item) / 2);
	mp__ring_publish(ring, ring->written + sizeof(half_item) / 2);
	mp__mutex_give(&queue->write_lock);
	return 0;
}

START_TEST(a_signal_that_brings_half_an_item_does_not_cut_it)
{
	struct mp_queue *queue = mp_SimpleQueue();
	struct mp_process *p = mp_Process(.target = writes_other_half,
					  .args = mp_tuple(queue));
	struct itimerval once = { .it_value = { 0, 100000 } };
	void *bytes;
	size_t size;

	ring = mp__queue_ring(queue);
	memset(half_item, 'x', sizeof(half_item));
	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert(gate_wait(&answer));
	signal(SIGALRM, write_half);
	mp_set_interrupt(true);
	setitimer(ITIMER_REAL, &once, NULL);
	ck_assert_int_eq(mp_queue_get_bytes(queue, &bytes, &size, MP_FOREVER),
			 0);
	mp_set_interrupt(false);
	ck_assert_uint_eq(size, sizeof(half_item));
	ck_assert(memcmp(bytes, half_item, size) == 0);
	free(bytes);
	finish(p);
	mp_queue_destroy(queue);
}
END_TEST

/* ---- connections ---- */

static struct mp_connection *reader, *writer;

static int send_all(struct mp_call *call)
{
	(void)call;
	begin_signals();
	for (int i = 0; i < MESSAGES; i++) {
		size_t size = make_message(i);
		int err;
		do
			err = mp_connection_send_bytes(writer, message, size);
		while (err == MP_EINTR);
		if (err < 0)
			return mp_raise();
	}
	end_signals();
	return 0;
}

static void receive(int number)
{
	void *bytes;
	size_t size;
	int err;

	do
		err = mp_connection_recv_bytes(reader, &bytes, &size, SIZE_MAX);
	while (err == MP_EINTR);
	ck_assert_msg(err == 0, "%s", mp_error_message());
	assert_is_message(bytes, size, number);
	free(bytes);
}

static void send_half(int number)
{
	static bool is_second;
	const char *part = is_second ? "lo" : "\0\0\0\5hel";
	ssize_t done = write(mp_connection_fileno(writer), part,
			     is_second ? 2 : 7);

	(void)number;
	is_second = done == 7;
}

START_TEST(a_signal_that_brings_half_a_message_does_not_cut_it)
{
	struct itimerval twice = { { 0, 100000 }, { 0, 100000 } };
	void *bytes;
	size_t size;

	ck_assert_int_eq(mp_Pipe(&reader, &writer, .one_way = _i), 0);
	signal(SIGALRM, send_half);
	mp_set_interrupt(true);
	setitimer(ITIMER_REAL, &twice, NULL);
	ck_assert_int_eq(mp_connection_recv_bytes(reader, &bytes, &size,
						  SIZE_MAX), 0);
	end_signals();
	ck_assert_uint_eq(size, 5);
	ck_assert(memcmp(bytes, "hello", 5) == 0);
	free(bytes);
	mp_connection_destroy(reader);
	mp_connection_destroy(writer);
}
END_TEST

START_TEST(a_signal_does_not_cut_a_message)
{
	ck_assert_int_eq(mp_Pipe(&reader, &writer, .one_way = _i), 0);
	struct mp_process *p = mp_Process(.target = send_all);
	ck_assert_int_eq(mp_process_start(p), 0);
	begin_signals();
	for (int i = 0; i < MESSAGES; i++)
		receive(i);
	end_signals();
	finish(p);
	mp_connection_destroy(reader);
	mp_connection_destroy(writer);
}
END_TEST

/* ---- the suite ---- */

static Suite *whole_suite(void)
{
	Suite *suite = suite_create("whole");
	TCase *tc = tcase_create("whole");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_loop_test(tc, a_deadline_does_not_cut_an_item, 0, 2);
	tcase_add_loop_test(tc, a_signal_does_not_cut_an_item, 0, 2);
	tcase_add_test(tc, a_signal_that_brings_half_an_item_does_not_cut_it);
	tcase_add_loop_test(tc, a_signal_does_not_cut_a_message, 0, 2);
	tcase_add_loop_test(tc,
			    a_signal_that_brings_half_a_message_does_not_cut_it,
			    0, 2);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(whole_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
