/* check_manager_death.c - servers, clients and makers that die */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/support/managed.h"

START_TEST(a_server_that_is_killed_is_an_error_for_its_clients)
{
	struct mp_proxy *l = mp_manager_list(manager);

	ck_assert_int_eq(mp_process_kill(mp_manager_process(manager)), 0);
	ck_assert_int_eq(mp_process_join(mp_manager_process(manager),
					 MP_FOREVER), 0);
	ck_assert_int_lt(mp_proxy_append(l, 1), 0);
	ck_assert(mp_error_code() == MP_EEOF || mp_error_code() == MP_EPIPE);
	ck_assert_int_lt(mp_proxy_append(l, 1), 0);
	ck_assert(mp_error_code() == MP_EREFUSED
		  || mp_error_code() == MP_ENOTFOUND);
	mp_proxy_destroy(l);
}
END_TEST

static void *kill_server(void *unused)
{
	(void)unused;
	gate_wait(&gate);
	mp_process_kill(mp_manager_process(manager));
	return NULL;
}

START_TEST(also_for_one_that_waits)
{
	struct mp_proxy *q = mp_manager_Queue(manager);
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, kill_server, NULL), 0);
	gate_open(&gate);
	ck_assert_ptr_null(mp_proxy_get(q, MP_FOREVER));
	ck_assert(mp_error_code() == MP_EEOF || mp_error_code() == MP_EPIPE);
	pthread_join(thread, NULL);
	mp_proxy_destroy(q);
}
END_TEST

static int take_and_wait(struct mp_call *call)
{
	struct mp_proxy *lock;

	if (mp_bind(call, "lock", &lock) < 0)
		return mp_raise();
	gate_tell(&answer, mp_proxy_acquire(lock, MP_FOREVER));
	gate_wait(&gate);
	return 0;
}

/* As in Python, G7. */
START_TEST(what_a_dead_client_held_stays_taken)
{
	struct mp_proxy *lock = mp_manager_Lock(manager);
	struct mp_process *p = mp_Process(.target = take_and_wait,
					  .args = mp_tuple(lock));

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(mp_process_kill(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	ck_assert_int_eq(mp_proxy_acquire(lock, mp_after(0.05)), 0);
	/* Any client may release a Lock. */
	ck_assert_int_eq(mp_proxy_release(lock), 0);
	ck_assert_int_eq(mp_proxy_acquire(lock, MP_FOREVER), 1);
	mp_proxy_destroy(lock);
}
END_TEST

static int have_a_manager(struct mp_call *call)
{
	struct mp_manager *m = mp_Manager();

	(void)call;
	if (!m)
		return mp_raise();
	gate_tell(&answer, mp_process_pid(mp_manager_process(m)));
	gate_wait(&gate);
	return 0;
}

START_TEST(the_server_goes_with_its_parent)
{
	struct mp_process *p = mp_Process(.target = have_a_manager);
	int pid;

	ck_assert_int_eq(mp_process_start(p), 0);
	pid = (int)gate_hear(&answer);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(mp_process_kill(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	for (int i = 0; i < 5000 && mp__pid_is_alive(pid); i++)
		usleep(1000);
	ck_assert(!mp__pid_is_alive(pid));
}
END_TEST

static int leave_with_manager(struct mp_call *call)
{
	(void)call;
	struct mp_manager *m = mp_Manager();
	gate_tell(&answer, mp_process_pid(mp_manager_process(m)));
	return mp_manager_list(m) ? 0 : MP_EUSER;
}

START_TEST(the_end_of_its_process_ends_it)
{
	ck_assert_int_eq(run_child(leave_with_manager, NULL), 0);
	ck_assert(!mp__pid_is_alive((int)gate_hear(&answer)));
}
END_TEST

START_TEST(a_server_that_does_not_end_is_made_to)
{
	struct mp_manager *other = mp_Manager(.shutdown_timeout = 0.1);
	struct mp_process *server = mp_manager_process(other);

	kill(mp_process_pid(server), SIGSTOP);
	mp_deadline begun = mp_after(0);
	ck_assert_int_eq(mp_manager_shutdown(other), 0);
	ck_assert_int_eq(mp_process_exitcode(server), -SIGKILL);
	/* Also if there was no connection to ask it by. */
	ck_assert_int_lt(mp_after(0) - begun, INT64_C(5000000000));
	mp_manager_destroy(other);
}
END_TEST

START_TEST(an_interrupt_from_the_terminal_does_not_end_it)
{
	ck_assert_int_eq(mp_process_interrupt(mp_manager_process(manager)), 0);
	ck_assert_int_eq(mp_manager_count(manager), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager death");
	TCase *tcase = tcase_create("death");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, a_server_that_is_killed_is_an_error_for_its_clients);
	tcase_add_test(tcase, also_for_one_that_waits);
	tcase_add_test(tcase, what_a_dead_client_held_stays_taken);
	tcase_add_test(tcase, the_server_goes_with_its_parent);
	tcase_add_test(tcase, the_end_of_its_process_ends_it);
	tcase_add_test(tcase, a_server_that_does_not_end_is_made_to);
	tcase_add_test(tcase, an_interrupt_from_the_terminal_does_not_end_it);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
