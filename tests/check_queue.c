/* tests/check_queue.c - Queue, JoinableQueue, SimpleQueue
 *
 * What CPython's promise, and the pitfalls its documentation warns of
 * (multiprocessing.queues): children tell, the test asserts. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena/arena.h"
#include "mp.h"
#include "queues/queue.h"
#include "tests/support/putter.h"
#include "tests/support/waiting.h"

/* ---- Queue ---- */

START_TEST(what_is_put_comes_out_in_order)
{
	struct mp_queue *queue = mp_Queue();
	struct mp_process *p = start_putter(queue, 0, 1000);

	for (long i = 0; i < 1000; i++)
		ck_assert_int_eq(get_long(queue, MP_FOREVER), i);
	finish(p);
	ck_assert_int_eq(mp_queue_qsize(queue), 0);
	ck_assert_int_eq(mp_queue_empty(queue), 1);
	mp_queue_destroy(queue);
}
END_TEST

START_TEST(any_value_can_be_put)
{
	struct mp_queue *queue = mp_Queue();
	struct mp_lock *lock = mp_Lock();

	mp_queue_put(queue, mp_tuple(1, "two", mp_list(3.5, mp_none()),
				     mp_dict("k", mp_bytes("v", 1)), lock),
		     MP_FOREVER);
	struct mp_value *value = mp_queue_get(queue, MP_FOREVER);
	char *text = mp_value_repr(value);
	ck_assert_str_eq(text, "(1, 'two', [3.5, None], {'k': b'v'}, "
			       "<Lock(owner=None)>)");
	free(text);
	mp_value_unref(value);
	ck_assert_int_eq(mp_queue_put(queue, NULL, MP_NOW), mp_error_code());
	/* What can only be inherited cannot be sent. */
	ck_assert_int_eq(mp_queue_put(queue, mp_value(mp_Process()), MP_NOW),
			 MP_ERUNTIME);
	ck_assert_int_eq(mp_queue_qsize(queue), 0);
}
END_TEST

START_TEST(a_full_queue_lets_nobody_put)
{
	struct mp_queue *queue = mp_Queue(.maxsize = 2);

	ck_assert_int_eq(mp_queue_put(queue, mp_value(1), MP_NOW), 0);
	ck_assert_int_eq(mp_queue_full(queue), 0);
	ck_assert_int_eq(mp_queue_put_nowait(queue, mp_value(2)), 0);
	ck_assert_int_eq(mp_queue_full(queue), 1);
	assert_code(mp_queue_put_nowait(queue, mp_value(3)), MP_EFULL,
		    "the queue is full");
	ck_assert_int_eq(mp_queue_put(queue, mp_value(3), mp_after(0.02)),
			 MP_EFULL);
	struct mp_process *p = start_putter(queue, 3, 1);
	waiting_in(p, MP__OP_QUEUE_PUT);
	ck_assert_int_eq(get_long(queue, MP_FOREVER), 1);
	finish(p);
	ck_assert_int_eq(get_long(queue, MP_FOREVER), 2);
	ck_assert_int_eq(get_long(queue, MP_FOREVER), 3);
}
END_TEST

START_TEST(an_empty_queue_gives_nothing)
{
	struct mp_queue *queue = mp_Queue();

	ck_assert_int_eq(get_long(queue, MP_NOW), MP_EEMPTY);
	ck_assert_int_eq(get_long(queue, mp_after(0.02)), MP_EEMPTY);
	ck_assert_int_eq(mp_queue_empty(queue), 1);
}
END_TEST

START_TEST(a_large_item_goes_through_in_pieces)
{
	struct mp_queue *queue = mp_Queue();
	size_t size = 5 * 1000 * 1000, got;
	char *large = malloc(size);
	void *bytes;

	for (size_t i = 0; i < size; i++)
		large[i] = (char)(i * 7);
	ck_assert_int_eq(mp_queue_put_bytes(queue, "a", 1, MP_FOREVER), 0);
	ck_assert_int_eq(mp_queue_put_bytes(queue, large, size, MP_FOREVER), 0);
	ck_assert_int_eq(mp_queue_put_bytes(queue, "", 0, MP_FOREVER), 0);
	ck_assert_int_eq(mp_queue_get_bytes(queue, &bytes, &got, MP_FOREVER), 0);
	ck_assert_uint_eq(got, 1);
	free(bytes);
	ck_assert_int_eq(mp_queue_get_bytes(queue, &bytes, &got, MP_FOREVER), 0);
	ck_assert_uint_eq(got, size);
	ck_assert_int_eq(memcmp(bytes, large, size), 0);
	free(bytes);
	ck_assert_int_eq(mp_queue_get_bytes(queue, &bytes, &got, MP_FOREVER), 0);
	ck_assert_uint_eq(got, 0);
	free(bytes);
	free(large);
}
END_TEST

/* Four put, four get: nothing is lost, nothing comes twice. */
START_TEST(many_may_put_and_get)
{
	struct mp_queue *queue = mp_Queue(.maxsize = 100);
	struct mp_process *putters[4], *getters[4];
	long sum = 0;

	for (int i = 0; i < 4; i++) {
		getters[i] = mp_Process(.target = get_some,
					.args = mp_tuple(queue));
		mp_process_start(getters[i]);
		putters[i] = start_putter(queue, 1 + 5000 * i, 5000);
	}
	for (int i = 0; i < 4; i++)
		finish(putters[i]);
	for (int i = 0; i < 4; i++)
		mp_queue_put(queue, mp_value(0), MP_FOREVER);
	for (int i = 0; i < 4; i++)
		sum += gate_hear(&answer);
	for (int i = 0; i < 4; i++)
		finish(getters[i]);
	ck_assert_int_eq(sum, 20000L * 20001 / 2);
}
END_TEST

/* Made after the fork, handed over through another queue. */
static int answer_through(struct mp_call *call)
{
	struct mp_queue *queue, *back;
	void *object;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	struct mp_value *value = mp_queue_get(queue, MP_FOREVER);
	if (mp_value_as_object(value, MP_OBJECT_QUEUE, &object) < 0)
		return mp_raise();
	back = object;
	mp_value_unref(value);
	return mp_queue_put(back, mp_value(42), MP_FOREVER);
}

START_TEST(a_queue_travels_through_a_queue)
{
	struct mp_queue *queue = mp_Queue(), *back;
	struct mp_process *p = mp_Process(.target = answer_through,
					  .args = mp_tuple(queue));

	mp_process_start(p);
	waiting_in(p, MP__OP_QUEUE_GET);
	back = mp_Queue();
	mp_queue_put(queue, mp_value(back), MP_FOREVER);
	ck_assert_int_eq(get_long(back, MP_FOREVER), 42);
	finish(p);
}
END_TEST

/* ---- JoinableQueue ---- */

static int join_it(struct mp_call *call)
{
	struct mp_queue *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	gate_tell(&answer, mp_queue_join(queue));
	return 0;
}

START_TEST(join_waits_for_every_task)
{
	struct mp_queue *queue = mp_JoinableQueue();
	struct mp_process *p = mp_Process(.target = join_it,
					  .args = mp_tuple(queue));

	ck_assert_int_eq(mp_queue_join(queue), 0);	/* nothing to do */
	for (int i = 0; i < 3; i++)
		mp_queue_put(queue, mp_value(i), MP_FOREVER);
	mp_process_start(p);
	for (int i = 0; i < 3; i++) {
		waiting_in(p, MP__OP_QUEUE_JOIN);
		get_long(queue, MP_FOREVER);
		ck_assert_int_eq(mp_queue_task_done(queue), 0);
	}
	assert_hears(0);
	finish(p);
	assert_code(mp_queue_task_done(queue), MP_EVALUE,
		    "task_done() called too many times");
	ck_assert_int_eq(mp_queue_task_done(mp_Queue()), MP_EATTRIBUTE);
	ck_assert_int_eq(mp_queue_join(mp_Queue()), MP_EATTRIBUTE);
}
END_TEST

/* ---- SimpleQueue ---- */

START_TEST(a_simple_queue_has_no_feeder)
{
	struct mp_queue *queue = mp_SimpleQueue();

	ck_assert_int_eq(mp_queue_empty(queue), 1);
	mp_queue_put(queue, mp_value(5), MP_FOREVER);
	ck_assert_int_eq(mp_queue_empty(queue), 0);	/* at once */
	struct mp_process *p = mp_Process(.target = get_some,
					  .args = mp_tuple(queue));
	mp_process_start(p);
	mp_queue_put(queue, mp_value(0), MP_FOREVER);
	assert_hears(5);
	finish(p);
	p = start_putter(queue, 1, 30000);	/* waits in put, not at exit */
	waiting_in(p, MP__OP_SIMPLE_PUT);
	for (long i = 0; i < 30000; i++)
		ck_assert_int_eq(get_long(queue, MP_FOREVER), 1 + i);
	finish(p);
	mp_queue_close(queue);
	assert_code(mp_queue_put(queue, mp_value(1), MP_FOREVER), MP_EOS,
		    "handle is closed");
}
END_TEST

/* ---- the suite ---- */

static Suite *queue_suite(void)
{
	Suite *suite = suite_create("queue");
	TCase *tc = tcase_create("queue");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, putter_begin, putter_end);
	tcase_add_test(tc, what_is_put_comes_out_in_order);
	tcase_add_test(tc, any_value_can_be_put);
	tcase_add_test(tc, a_full_queue_lets_nobody_put);
	tcase_add_test(tc, an_empty_queue_gives_nothing);
	tcase_add_test(tc, a_large_item_goes_through_in_pieces);
	tcase_add_test(tc, many_may_put_and_get);
	tcase_add_test(tc, a_queue_travels_through_a_queue);
	tcase_add_test(tc, join_waits_for_every_task);
	tcase_add_test(tc, a_simple_queue_has_no_feeder);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(queue_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
