/* check_manager_sync.c - locks, conditions, events, barriers, queues and pools of a
 * manager, and types of the program's own */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/managed.h"

/* ---- locks ---- */

static int try_lock(struct mp_call *call)
{
	struct mp_proxy *lock;

	if (mp_bind(call, "lock", &lock) < 0)
		return mp_raise();
	gate_tell(&answer, mp_proxy_acquire(lock, MP_NOW));
	gate_tell(&answer, mp_proxy_acquire(lock, mp_after(0.01)));
	gate_tell(&answer, mp_proxy_release(lock));
	return 0;
}

static void assert_kept_out(struct mp_proxy *lock, int release)
{
	ck_assert_int_eq(run_child(try_lock, mp_tuple(lock)), 0);
	ck_assert_int_eq(gate_hear(&answer), 0);
	ck_assert_int_eq(gate_hear(&answer), 0);
	ck_assert_int_eq(gate_hear(&answer), release);
}

START_TEST(a_lock_is_taken_and_given_back)
{
	struct mp_proxy *lock = mp_manager_Lock(manager);

	assert_fails(MP_ERUNTIME, mp_proxy_release(lock),
		     "release unlocked lock");
	ck_assert_int_eq(mp_proxy_acquire(lock, MP_FOREVER), 1);
	assert_returns("True", lock, "locked");
	ck_assert_int_eq(mp_proxy_acquire(lock, mp_after(0.01)), 0);
	/* Anybody may release it. */
	assert_kept_out(lock, 0);
	assert_returns("False", lock, "locked");
	mp_proxy_destroy(lock);
}
END_TEST

START_TEST(an_rlock_belongs_to_its_clients_connection)
{
	struct mp_proxy *lock = mp_manager_RLock(manager);

	ck_assert_int_eq(mp_proxy_acquire(lock, MP_FOREVER), 1);
	ck_assert_int_eq(mp_proxy_acquire(lock, MP_FOREVER), 1);
	assert_kept_out(lock, MP_ERUNTIME);
	ck_assert_int_eq(mp_proxy_release(lock), 0);
	ck_assert_int_eq(mp_proxy_release(lock), 0);
	assert_fails(MP_ERUNTIME, mp_proxy_release(lock),
		     "cannot release un-acquired lock");
	mp_proxy_destroy(lock);
}
END_TEST

START_TEST(semaphores_count)
{
	struct mp_proxy *s = mp_manager_Semaphore(manager, 2);
	struct mp_proxy *b = mp_manager_BoundedSemaphore(manager, 1);

	ck_assert_int_eq(mp_proxy_acquire(s, MP_NOW), 1);
	ck_assert_int_eq(mp_proxy_acquire(s, MP_NOW), 1);
	ck_assert_int_eq(mp_proxy_acquire(s, MP_NOW), 0);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(mp_proxy_release(s), 0);
	ck_assert_int_eq(mp_proxy_release(b), MP_EVALUE);
	ck_assert_ptr_null(mp_manager_Semaphore(manager, -1));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
	mp_proxy_destroy(s);
	mp_proxy_destroy(b);
}
END_TEST

/* ---- Condition, Event, Barrier ---- */

static int wait_for_change(struct mp_call *call)
{
	struct mp_proxy *condition, *list;

	if (mp_bind(call, "condition list", &condition, &list) < 0)
		return mp_raise();
	MP_WITH_PROXY(condition) {
		gate_tell(&answer, 1);
		while (mp_proxy_length(list) == 0)
			if (mp_proxy_wait(condition, MP_FOREVER) != 1)
				return mp_raise();
	}
	return 0;
}

START_TEST(a_condition_wakes_who_waits)
{
	struct mp_proxy *c = mp_manager_Condition(manager);
	struct mp_proxy *l = mp_manager_list(manager);
	struct mp_process *p = mp_Process(.target = wait_for_change,
					  .args = mp_tuple(c, l));

	assert_fails(MP_ERUNTIME, mp_proxy_wait(c, MP_FOREVER),
		     "cannot wait on un-acquired lock");
	assert_fails(MP_ERUNTIME, mp_proxy_do(c, "notify"),
		     "cannot notify on un-acquired lock");
	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	MP_WITH_PROXY(c) {
		ck_assert_int_eq(mp_proxy_append(l, 1), 0);
		ck_assert_int_eq(mp_proxy_do(c, "notify_all"), 0);
	}
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
	MP_WITH_PROXY(c)
		ck_assert_int_eq(mp_proxy_wait(c, mp_after(0.01)), 0);
	mp_proxy_destroy(c);
	mp_proxy_destroy(l);
	assert_count(0);
}
END_TEST

static int is_true(void *user)
{
	return *(int *)user;
}

START_TEST(a_condition_can_have_a_managed_lock)
{
	struct mp_proxy *lock = mp_manager_Lock(manager);
	struct mp_proxy *c = mp_manager_Condition(manager, lock);
	int flag = 1;

	ck_assert_msg(c != NULL, "%s", mp_error_message());
	ck_assert_int_eq(mp_proxy_acquire(c, MP_FOREVER), 1);
	assert_returns("True", lock, "locked");
	ck_assert_int_eq(mp_proxy_wait_for(c, is_true, &flag, MP_FOREVER), 1);
	flag = 0;
	ck_assert_int_eq(mp_proxy_wait_for(c, is_true, &flag, mp_after(0.01)),
			 0);
	ck_assert_int_eq(mp_proxy_release(c), 0);
	mp_proxy_destroy(lock);
	assert_count(2);	/* the condition keeps it */
	mp_proxy_destroy(c);
	assert_count(0);
	ck_assert_ptr_null(mp_manager_Condition(manager, 5));
	ck_assert_int_eq(mp_error_code(), MP_EATTRIBUTE);
}
END_TEST

static int wait_for_event(struct mp_call *call)
{
	struct mp_proxy *event;

	if (mp_bind(call, "event", &event) < 0)
		return mp_raise();
	return mp_proxy_wait(event, MP_FOREVER) == 1 ? 0 : MP_EUSER;
}

START_TEST(an_event_is_waited_for)
{
	struct mp_proxy *e = mp_manager_Event(manager);
	struct mp_process *p = mp_Process(.target = wait_for_event,
					  .args = mp_tuple(e));

	ck_assert_int_eq(mp_proxy_wait(e, mp_after(0.01)), 0);
	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(mp_proxy_do(e, "set"), 0);
	assert_returns("True", e, "is_set");
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
	ck_assert_int_eq(mp_proxy_do(e, "clear"), 0);
	assert_returns("False", e, "is_set");
	mp_proxy_destroy(e);
}
END_TEST

static int open_door(void *unused)
{
	(void)unused;
	gate_tell(&third, getpid());
	return 0;
}

static int arrive(struct mp_call *call)
{
	struct mp_proxy *barrier;

	if (mp_bind(call, "barrier", &barrier) < 0)
		return mp_raise();
	gate_tell(&answer, mp_proxy_wait(barrier, MP_FOREVER));
	return 0;
}

START_TEST(a_barrier_lets_all_through_and_acts_in_the_server)
{
	struct mp_proxy *b = mp_manager_Barrier(manager, 2,
						mp_action(open_door));
	struct mp_process *p = mp_Process(.target = arrive,
					  .args = mp_tuple(b));
	long parties = 0;

	ck_assert_int_eq(mp_proxy_attr_long(b, "parties", &parties), 0);
	ck_assert_int_eq(parties, 2);
	ck_assert_int_eq(mp_process_start(p), 0);
	int order = mp_proxy_wait(b, MP_FOREVER);
	ck_assert_int_eq(order + gate_hear(&answer), 1);
	ck_assert_int_eq(gate_hear(&third),
			 mp_process_pid(mp_manager_process(manager)));
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	ck_assert_int_eq(mp_proxy_wait(b, mp_after(0.01)), MP_EBROKEN);
	ck_assert_str_eq(repr_of(mp_proxy_attr(b, "broken")), "True");
	ck_assert_int_eq(mp_proxy_do(b, "reset"), 0);
	ck_assert_str_eq(repr_of(mp_proxy_attr(b, "n_waiting")), "0");
	ck_assert_int_eq(mp_proxy_do(b, "abort"), 0);
	ck_assert_int_eq(mp_proxy_wait(b, MP_FOREVER), MP_EBROKEN);
	mp_proxy_destroy(b);
}
END_TEST

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

/* ---- types of the program's own ---- */

struct counter {
	long n;
};

static void *counter_create(struct mp_call *call)
{
	long n = 0;

	if (mp_bind(call, "n=0", &n) < 0)
		return NULL;
	if (n < 0) {
		mp_raise_error(MP_EVALUE, "n is negative");
		return NULL;
	}
	struct counter *c = calloc(1, sizeof(*c));
	if (c)
		c->n = n;
	return c;
}

static struct mp_value *counter_add(void *object, struct mp_call *call)
{
	struct counter *c = object;
	long n = 1;

	if (mp_bind(call, "n=1", &n) < 0)
		return NULL;
	long before = c->n;
	usleep(10);		/* others would come in between */
	c->n = before + n;
	return mp_int(c->n);
}

static struct mp_value *counter_fail(void *object, struct mp_call *call)
{
	(void)object;
	(void)call;
	mp_raise_error(MP_EUSER, "as it was told to");
	return NULL;
}

static struct mp_value *counter_steps(void *object, struct mp_call *call)
{
	struct counter *c = object;

	(void)call;
	return mp_list(0, c->n);
}

static void counter_destroy(void *object)
{
	gate_tell(&third, ((struct counter *)object)->n);
	free(object);
}

static const struct mp_manager_method counter_methods[] = {
	{ "add", counter_add, NULL },
	{ "fail", counter_fail, NULL },
	{ "steps", counter_steps, "list" },
	{ NULL, NULL, NULL }
};

static const struct mp_manager_type counter = {
	.name = "Counter",
	.create = counter_create,
	.destroy = counter_destroy,
	.methods = counter_methods,
};

static int add_often(struct mp_call *call)
{
	struct mp_proxy *c;

	if (mp_bind(call, "counter", &c) < 0)
		return mp_raise();
	for (int i = 0; i < 50; i++)
		if (mp_proxy_do(c, "add") < 0)
			return mp_raise();
	return 0;
}

START_TEST(types_of_the_program_can_be_managed)
{
	struct mp_manager *m = mp_SyncManager();

	ck_assert_int_eq(mp_manager_register(m, &counter), 0);
	ck_assert_int_eq(mp_manager_start(m), 0);
	ck_assert_int_eq(mp_manager_register(m, &counter), MP_EPROCESS);
	struct mp_proxy *c = mp_manager_new(m, "Counter", mp_tuple(100));
	struct mp_process *p[3];
	for (int i = 0; i < 3; i++) {
		p[i] = mp_Process(.target = add_often, .args = mp_tuple(c));
		ck_assert_int_eq(mp_process_start(p[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(mp_process_join(p[i], MP_FOREVER), 0);
		mp_process_destroy(p[i]);
	}
	assert_returns("251", c, "add");
	struct mp_proxy *steps = mp_proxy_of(mp_proxy_call(c, "steps"));
	ck_assert_str_eq(str_of(steps), "[0, 251]");
	mp_proxy_destroy(steps);
	assert_raises(MP_EUSER, "as it was told to", mp_proxy_call(c, "fail"));
	ck_assert(strstr(mp_error_traceback(), "counter_fail"));
	assert_raises(MP_EATTRIBUTE, "'AutoProxy' object has no attribute 'sub'",
		      mp_proxy_call(c, "sub"));
	ck_assert_ptr_null(mp_manager_new(m, "Counter", mp_tuple(-1)));
	ck_assert_str_eq(mp_error_message(), "n is negative");
	mp_proxy_destroy(c);
	ck_assert_int_eq(gate_hear(&third), 251);
	mp_manager_destroy(m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager sync");
	TCase *tcase = tcase_create("sync");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, a_lock_is_taken_and_given_back);
	tcase_add_test(tcase, an_rlock_belongs_to_its_clients_connection);
	tcase_add_test(tcase, semaphores_count);
	tcase_add_test(tcase, a_condition_wakes_who_waits);
	tcase_add_test(tcase, a_condition_can_have_a_managed_lock);
	tcase_add_test(tcase, an_event_is_waited_for);
	tcase_add_test(tcase, a_barrier_lets_all_through_and_acts_in_the_server);
	tcase_add_test(tcase, a_queue_hands_items_over_in_order);
	tcase_add_test(tcase, a_joinable_queue_is_joined);
	tcase_add_test(tcase, a_managed_pool_does_tasks);
	tcase_add_test(tcase, types_of_the_program_can_be_managed);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
