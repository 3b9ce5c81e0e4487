/* tests/check_queue_feeder.c - closing a queue, and the feeder behind it
 *
 * Who has put something waits for it to be taken, and what becomes of it otherwise
 * (multiprocessing.queues). */
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

START_TEST(a_closed_queue_is_closed_here_only)
{
	struct mp_queue *queue = mp_Queue();

	mp_queue_put(queue, mp_value(1), MP_FOREVER);
	assert_code(mp_queue_join_thread(queue), MP_ESTATE,
		    "Queue Queue not closed");
	ck_assert_int_eq(mp_queue_close(queue), 0);
	ck_assert_int_eq(mp_queue_close(queue), 0);
	ck_assert_int_eq(mp_queue_join_thread(queue), 0);
	assert_code(mp_queue_put(queue, mp_value(2), MP_NOW), MP_ECLOSED,
		    "Queue is closed");
	ck_assert_int_eq(get_long(queue, MP_NOW), MP_ECLOSED);
	ck_assert_int_eq(mp_queue_empty(queue), MP_EOS);
	ck_assert_int_eq(mp_queue_qsize(queue), 1);
	struct mp_process *p = mp_Process(.target = get_some,
					  .args = mp_tuple(queue));
	mp_process_start(p);
	struct mp_process *q = start_putter(queue, 0, 1);
	finish(q);
	assert_hears(1);
	finish(p);
}
END_TEST

/* Pitfall 1: it cannot end before what it has put has been taken. */
START_TEST(who_has_put_does_not_end_before_it_is_drained)
{
	struct mp_queue *queue = mp_Queue();
	struct mp_process *p = start_putter(queue, 0, 30000);

	mp_process_join(p, mp_after(0.2));
	ck_assert_int_eq(mp_process_is_alive(p), 1);
	waiting_in(p, MP__OP_QUEUE_FLUSH);
	for (long i = 0; i < 30000; i++)
		ck_assert_int_eq(get_long(queue, MP_FOREVER), i);
	finish(p);
}
END_TEST

static int put_and_leave(struct mp_call *call)
{
	struct mp_queue *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	mp_queue_cancel_join_thread(queue);
	for (long i = 0; i < 30000; i++)
		mp_queue_put(queue, mp_value(i), MP_FOREVER);
	return 0;
}

START_TEST(without_waiting_for_the_feeder_data_is_lost)
{
	struct mp_queue *queue = mp_Queue();
	struct mp_process *p = mp_Process(.target = put_and_leave,
					  .args = mp_tuple(queue));

	mp_process_start(p);
	finish(p);
	long count = 0;
	while (get_long(queue, mp_after(0.05)) >= 0)
		count++;
	ck_assert_int_lt(count, 30000);
}
END_TEST

/* Pitfall 5: who is killed while it waits for an item keeps the read lock. */
START_TEST(who_dies_in_get_keeps_the_read_lock)
{
	struct mp_queue *queue = mp_Queue();
	struct mp_process *p = mp_Process(.target = get_some,
					  .args = mp_tuple(queue));

	mp_process_start(p);
	waiting_in(p, MP__OP_QUEUE_GET);
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
	mp_queue_put(queue, mp_value(1), MP_FOREVER);
	ck_assert_int_eq(get_long(queue, mp_after(0.05)), MP_EEMPTY);
	ck_assert_int_eq(mp_queue_qsize(queue), 1);
}
END_TEST

/* One that dies in the middle of a large item. */
START_TEST(half_an_item_is_an_error_not_a_hang)
{
	struct mp_queue *queue = mp_SimpleQueue();
	struct mp__ring_shm *ring = mp__queue_ring(queue);
	struct mp_process *p = start_putter(queue, 0, 0);

	finish(p);
	struct mp__frame frame = { 100000, 1 };
	mp__ring_put(ring, 0, &frame, sizeof(frame));
	mp__ring_publish(ring, sizeof(frame));
	ck_assert_int_eq(get_long(queue, MP_FOREVER), MP_EOS);
	mp_queue_put(queue, mp_value(7), MP_FOREVER);
	ck_assert_int_eq(get_long(queue, MP_FOREVER), 7);
}
END_TEST

/* ---- the suite ---- */

static Suite *queue_feeder_suite(void)
{
	Suite *suite = suite_create("queue_feeder");
	TCase *tc = tcase_create("queue_feeder");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, putter_begin, putter_end);
	tcase_add_test(tc, a_closed_queue_is_closed_here_only);
	tcase_add_test(tc, who_has_put_does_not_end_before_it_is_drained);
	tcase_add_test(tc, without_waiting_for_the_feeder_data_is_lost);
	tcase_add_test(tc, who_dies_in_get_keeps_the_read_lock);
	tcase_add_test(tc, half_an_item_is_an_error_not_a_hang);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(queue_feeder_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
