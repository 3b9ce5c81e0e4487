/* check_manager_life.c - a manager from its start to its end, and deaths in between */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "tests/support/managed.h"

/* ---- states ---- */

START_TEST(a_manager_is_started_once)
{
	struct mp_manager *other = mp_SyncManager();

	ck_assert_ptr_null(mp_manager_list(other));
	ck_assert_int_eq(mp_error_code(), MP_ESTATE);
	ck_assert_ptr_null(mp_manager_address(other));
	ck_assert_int_eq(mp_manager_shutdown(other), MP_EATTRIBUTE);
	ck_assert_int_eq(mp_manager_start(other), 0);
	assert_fails(MP_EPROCESS, mp_manager_start(other),
		     "Already started server");
	assert_fails(MP_EPROCESS, mp_manager_connect(other),
		     "the server was started by this manager");
	ck_assert_int_eq(mp_manager_shutdown(other), 0);
	ck_assert_int_eq(mp_manager_shutdown(other), 0);
	assert_fails(MP_EPROCESS, mp_manager_start(other),
		     "Manager has shut down");
	ck_assert_ptr_null(mp_manager_list(other));
	ck_assert_int_eq(mp_error_code(), MP_ESTATE);
	ck_assert_int_eq(mp_manager_join(other, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(mp_manager_process(other)), 0);
	mp_manager_destroy(other);
}
END_TEST

START_TEST(a_block_starts_it_and_shuts_it_down)
{
	struct mp_manager *other = mp_SyncManager();
	int times = 0;

	MP_WITH_MANAGER(other) {
		struct mp_proxy *l = mp_manager_list(other);
		ck_assert_int_eq(mp_proxy_append(l, 1), 0);
		mp_proxy_destroy(l);
		times++;
	}
	MP_WITH_MANAGER(other)
		times++;
	ck_assert_int_eq(times, 1);
	ck_assert_int_eq(mp_error_code(), MP_EPROCESS);
	mp_manager_destroy(other);
}
END_TEST

static int initialize(struct mp_call *call)
{
	long x;

	if (mp_bind(call, "x", &x) < 0)
		return mp_raise();
	if (x < 0)
		return mp_raise_error(MP_EVALUE, "too small");
	gate_tell(&answer, x);
	return 0;
}

START_TEST(the_initializer_runs_in_the_server)
{
	struct mp_manager *other = mp_Manager(.initializer = initialize,
					      .initargs = mp_tuple(5));

	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(gate_hear(&answer), 5);
	mp_manager_destroy(other);
	ck_assert_ptr_null(mp_Manager(.initializer = initialize,
				      .initargs = mp_tuple(-1)));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
	ck_assert_str_eq(mp_error_message(), "too small");
}
END_TEST

static int try_to_start(struct mp_call *call)
{
	(void)call;
	if (mp_Manager())
		return 1;
	return mp_error_code() == MP_EOWNER ? 0 : mp_raise();
}

/* D61 */
START_TEST(a_daemon_cannot_have_one)
{
	ck_assert_int_eq(code_of(mp_Process(.target = try_to_start,
					    .daemon = true)), 0);
}
END_TEST

static int shut_down(struct mp_call *call)
{
	(void)call;
	return mp_manager_shutdown(manager) == MP_EOWNER ? 0 : MP_EUSER;
}

START_TEST(only_its_maker_shuts_it_down)
{
	ck_assert_int_eq(run_child(shut_down, NULL), 0);
	ck_assert_int_eq(mp_manager_count(manager), 0);
}
END_TEST

static int make_list(struct mp_call *call)
{
	struct mp_proxy *l = mp_manager_list(manager, mp_list(1, 2));

	(void)call;
	return l && mp_proxy_length(l) == 2 ? 0 : mp_raise();
}

START_TEST(a_child_can_make_objects_and_leaves_none)
{
	ck_assert_int_eq(run_child(make_list, NULL), 0);
	assert_count(0);
}
END_TEST

/* ---- by its address ---- */

static int serve(struct mp_call *call)
{
	const char *address;

	if (mp_bind(call, "address", &address) < 0)
		return mp_raise();
	struct mp_manager *m = mp_SyncManager(.address = address,
					      .authkey = "secret",
					      .authkey_size = 6);
	int err = mp_manager_serve_forever(m);
	mp_manager_destroy(m);
	return err ? mp_raise() : 0;
}

static struct mp_manager *connect_to(const char *address, const char *key)
{
	struct mp_manager *m = mp_SyncManager(.address = address,
					      .authkey = key,
					      .authkey_size = strlen(key));

	for (int i = 0; i < 5000 && mp_manager_connect(m) < 0; i++) {
		if (mp_error_code() == MP_EAUTH)
			break;
		usleep(1000);
	}
	return m;
}

START_TEST(one_can_connect_to_a_server_by_address_and_key)
{
	char address[256];

	snprintf(address, sizeof(address), "@check-manager-%d", (int)getpid());
	struct mp_process *p = mp_Process(.target = serve,
					  .args = mp_tuple(address));
	ck_assert_int_eq(mp_process_start(p), 0);
	struct mp_manager *m = connect_to(address, "secret");
	struct mp_proxy *l = mp_manager_list(m, mp_list(1));
	ck_assert_msg(l != NULL, "%s", mp_error_message());
	ck_assert_str_eq(str_of(l), "[1]");
	/* Another connection sees it, by the proxy. */
	struct mp_proxy *d = mp_manager_dict(m, mp_dict("l", l));
	struct mp_proxy *again = mp_proxy_of(mp_proxy_item(d, "l"));
	ck_assert_int_eq(mp_proxy_append(again, 2), 0);
	ck_assert_str_eq(str_of(l), "[1, 2]");
	mp_proxy_destroy(again);
	mp_proxy_destroy(d);
	mp_proxy_destroy(l);
	ck_assert_int_eq(mp_manager_shutdown(m), MP_EATTRIBUTE);

	struct mp_manager *wrong = connect_to(address, "other");
	ck_assert_int_eq(mp_manager_connect(wrong), MP_EAUTH);
	mp_manager_destroy(wrong);
	ck_assert_int_eq(mp_process_terminate(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	ck_assert_int_eq(mp_manager_connect(m), MP_EREFUSED);
	mp_manager_destroy(m);
}
END_TEST

START_TEST(an_address_that_is_none_is_an_error)
{
	struct mp_manager *m = mp_SyncManager(.address = "/no/such/folder/x");

	ck_assert_int_eq(mp_manager_connect(m), MP_ENOTFOUND);
	ck_assert_int_eq(mp_manager_start(m), MP_ENOTFOUND);
	mp_manager_destroy(m);
	m = mp_SyncManager();
	assert_fails(MP_EVALUE, mp_manager_connect(m), "an address is needed");
	mp_manager_destroy(m);
	ck_assert_ptr_null(mp_SyncManager(.address = ""));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
}
END_TEST

/* ---- deaths ---- */

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
	ck_assert_int_eq(mp_manager_shutdown(other), 0);
	ck_assert_int_eq(mp_process_exitcode(server), -SIGKILL);
	mp_manager_destroy(other);
}
END_TEST

START_TEST(an_interrupt_from_the_terminal_does_not_end_it)
{
	ck_assert_int_eq(mp_process_interrupt(mp_manager_process(manager)), 0);
	ck_assert_int_eq(mp_manager_count(manager), 0);
}
END_TEST

/* ---- threads ---- */

static struct mp_proxy *shared;

static void *append_many(void *unused)
{
	for (int i = 0; i < 200; i++)
		if (mp_proxy_append(shared, i) < 0)
			return shared;
	(void)unused;
	return NULL;
}

START_TEST(threads_call_at_the_same_time)
{
	pthread_t threads[8];
	void *failed;

	shared = mp_manager_list(manager);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, append_many,
						NULL), 0);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], &failed);
		ck_assert_ptr_null(failed);
	}
	ck_assert_int_eq(mp_proxy_length(shared), 1600);
	mp_proxy_destroy(shared);
	assert_count(0);
}
END_TEST

static void *make_in_thread(void *unused)
{
	(void)unused;
	return mp_manager_list(manager, mp_list(1));
}

START_TEST(a_proxy_outlives_the_thread_that_made_it)
{
	pthread_t thread;
	void *list;

	ck_assert_int_eq(pthread_create(&thread, NULL, make_in_thread, NULL), 0);
	pthread_join(thread, &list);
	ck_assert_ptr_nonnull(list);
	ck_assert_str_eq(str_of(list), "[1]");
	mp_proxy_destroy(list);
	assert_count(0);
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

int main(void)
{
	Suite *suite = suite_create("manager life");
	TCase *tcase = tcase_create("life");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, a_manager_is_started_once);
	tcase_add_test(tcase, a_block_starts_it_and_shuts_it_down);
	tcase_add_test(tcase, the_initializer_runs_in_the_server);
	tcase_add_test(tcase, a_daemon_cannot_have_one);
	tcase_add_test(tcase, only_its_maker_shuts_it_down);
	tcase_add_test(tcase, a_child_can_make_objects_and_leaves_none);
	tcase_add_test(tcase, one_can_connect_to_a_server_by_address_and_key);
	tcase_add_test(tcase, an_address_that_is_none_is_an_error);
	tcase_add_test(tcase, a_server_that_is_killed_is_an_error_for_its_clients);
	tcase_add_test(tcase, also_for_one_that_waits);
	tcase_add_test(tcase, what_a_dead_client_held_stays_taken);
	tcase_add_test(tcase, the_server_goes_with_its_parent);
	tcase_add_test(tcase, the_end_of_its_process_ends_it);
	tcase_add_test(tcase, a_server_that_does_not_end_is_made_to);
	tcase_add_test(tcase, an_interrupt_from_the_terminal_does_not_end_it);
	tcase_add_test(tcase, threads_call_at_the_same_time);
	tcase_add_test(tcase, a_proxy_outlives_the_thread_that_made_it);
	tcase_add_test(tcase, a_managed_lock_keeps_others_out);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
