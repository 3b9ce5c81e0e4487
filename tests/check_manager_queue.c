/* check_manager_queue.c - queues and pools of a manager */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/managed.h"

/* ---- queues ---- */

static int feed(struct mp_call *call)
{
	struct mp_proxy *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	for (int i = 0; i < 50; i++)
		if (mp_proxy_put(queue, i, MP_FOREVER) < 0)
			return mp_raise();
	return 0;
}

START_TEST(a_queue_hands_items_over_in_order)
{
	struct mp_proxy *q = mp_manager_Queue(manager, 3);
	struct mp_process *p = mp_Process(.target = feed, .args = mp_tuple(q));

	ck_assert_int_eq(mp_process_start(p), 0);
	for (int i = 0; i < 50; i++) {
		char text[16];
		snprintf(text, sizeof(text), "%d", i);
		ck_assert_str_eq(repr_of(mp_proxy_get(q, MP_FOREVER)), text);
	}
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
	assert_raises(MP_EEMPTY, "the queue is empty", mp_proxy_get(q, MP_NOW));
	assert_raises(MP_EEMPTY, "the queue is empty",
		      mp_proxy_get(q, mp_after(0.01)));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(mp_proxy_put(q, i, MP_NOW), 0);
	assert_returns("True", q, "full");
	assert_returns("3", q, "qsize");
	assert_fails(MP_EFULL, mp_proxy_put(q, 1, MP_NOW), "the queue is full");
	assert_fails(MP_EFULL, mp_proxy_put(q, 1, mp_after(0.01)),
		     "the queue is full");
	assert_returns("0", q, "get_nowait");
	assert_returns("False", q, "empty");
	mp_proxy_destroy(q);
	assert_count(0);
}
END_TEST

static int finish_tasks(struct mp_call *call)
{
	struct mp_proxy *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	for (int i = 0; i < 2; i++) {
		mp_value_unref(mp_proxy_get(queue, MP_FOREVER));
		if (mp_proxy_do(queue, "task_done") < 0)
			return mp_raise();
	}
	return 0;
}

START_TEST(a_joinable_queue_is_joined)
{
	struct mp_proxy *q = mp_manager_JoinableQueue(manager);
	struct mp_process *p = mp_Process(.target = finish_tasks,
					  .args = mp_tuple(q));

	ck_assert_int_eq(mp_proxy_do(q, "join"), 0);
	ck_assert_int_eq(mp_proxy_put(q, 1, MP_FOREVER), 0);
	ck_assert_int_eq(mp_proxy_put(q, 2, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(mp_proxy_do(q, "join"), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	assert_fails(MP_EVALUE, mp_proxy_do(q, "task_done"),
		     "task_done() called too many times");
	mp_proxy_destroy(q);
}
END_TEST

/* ---- Pool ---- */

static struct mp_value *square(struct mp_call *call)
{
	long x;

	if (mp_bind(call, "x", &x) < 0)
		return NULL;
	return mp_int(x * x);
}

START_TEST(a_managed_pool_does_tasks)
{
	struct mp_proxy *p = mp_manager_Pool(manager, 2);

	ck_assert_msg(p != NULL, "%s", mp_error_message());
	assert_returns("9", p, "apply", mp_tuple(mp_task(square), mp_tuple(3)));
	assert_returns("[1, 4, 9]", p, "map",
		       mp_tuple(mp_task(square), mp_list(1, 2, 3)));
	struct mp_proxy *r = mp_proxy_of(mp_proxy_call(
		p, "apply_async", mp_tuple(mp_task(square), mp_tuple(5))));
	ck_assert_str_eq(mp_proxy_typeid(r), "AsyncResult");
	assert_returns("25", r, "get");
	assert_returns("True", r, "ready");
	assert_returns("True", r, "successful");
	struct mp_proxy *i = mp_proxy_of(mp_proxy_call(
		p, "imap", mp_tuple(mp_task(square), mp_list(2, 3))));
	assert_returns("4", i, "next");
	assert_returns("9", i, "next");
	assert_raises(MP_ESTOP, "there are no more results",
		      mp_proxy_call(i, "next"));
	assert_fails(MP_EVALUE, mp_proxy_do(p, "join"), "Pool is still running");
	ck_assert_int_eq(mp_proxy_do(p, "close"), 0);
	ck_assert_int_eq(mp_proxy_do(p, "join"), 0);
	mp_proxy_destroy(p);
	assert_returns("25", r, "get");	/* the result keeps its pool */
	mp_proxy_destroy(r);
	mp_proxy_destroy(i);
	assert_count(0);
	ck_assert_ptr_null(mp_manager_new(manager, "AsyncResult"));
	ck_assert_int_eq(mp_error_code(), MP_EATTRIBUTE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager queue");
	TCase *tcase = tcase_create("queue");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, a_queue_hands_items_over_in_order);
	tcase_add_test(tcase, a_joinable_queue_is_joined);
	tcase_add_test(tcase, a_managed_pool_does_tasks);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
