/* check_manager_sync.c - locks, conditions, events and barriers of a manager */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>
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

static int count_in(struct mp_call *call)
{
	struct mp_proxy *d, *lock;
	long n = 0;

	if (mp_bind(call, "d lock", &d, &lock) < 0)
		return mp_raise();
	for (int i = 0; i < 100; i++)
		MP_WITH_PROXY(lock) {
			if (mp_proxy_get_long(d, "n", &n) < 0
			    || mp_proxy_set_item(d, "n", n + 1) < 0)
				return mp_raise();
		}
	return 0;
}

START_TEST(a_managed_lock_keeps_others_out)
{
	struct mp_proxy *d = mp_manager_dict(manager, mp_dict("n", 0));
	struct mp_proxy *lock = mp_manager_Lock(manager);
	struct mp_process *p[4];

	for (int i = 0; i < 4; i++) {
		p[i] = mp_Process(.target = count_in, .args = mp_tuple(d, lock));
		ck_assert_int_eq(mp_process_start(p[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(mp_process_join(p[i], MP_FOREVER), 0);
		ck_assert_int_eq(mp_process_exitcode(p[i]), 0);
		mp_process_destroy(p[i]);
	}
	ck_assert_str_eq(str_of(d), "{'n': 400}");
	mp_proxy_destroy(d);
	mp_proxy_destroy(lock);
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

int main(void)
{
	Suite *suite = suite_create("manager sync");
	TCase *tcase = tcase_create("sync");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, a_lock_is_taken_and_given_back);
	tcase_add_test(tcase, an_rlock_belongs_to_its_clients_connection);
	tcase_add_test(tcase, semaphores_count);
	tcase_add_test(tcase, a_managed_lock_keeps_others_out);
	tcase_add_test(tcase, a_condition_wakes_who_waits);
	tcase_add_test(tcase, a_condition_can_have_a_managed_lock);
	tcase_add_test(tcase, an_event_is_waited_for);
	tcase_add_test(tcase, a_barrier_lets_all_through_and_acts_in_the_server);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
