/* check_manager_threads.c - the threads of a client: calls, forks, connections */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "managers/managers.h"
#include "tests/support/managed.h"

/* ---- calls ---- */

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

static struct mp_proxy *list;

/* Also in a child, where nothing is asserted. */
static void *in_thread(void *(*body)(void *), void *argument)
{
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, body, argument) != 0
	    || pthread_join(thread, &result) != 0)
		abort();
	return result;
}

/* ---- threads of a child ---- */

static void *give_up(void *unused)
{
	(void)unused;
	if (mp_proxy_length(list) != 1)
		return list;
	mp_proxy_destroy(list);
	return NULL;
}

static int give_up_in_a_thread(struct mp_call *call)
{
	(void)call;
	gate_wait(&gate);
	if (in_thread(give_up, NULL))
		return mp_raise();
	for (int i = 0; i < 2000 && mp_manager_count(manager) > 0; i++)
		usleep(1000);
	return mp_manager_count(manager) == 0 ? 0 : MP_EUSER;
}

START_TEST(any_thread_of_a_child_can_give_up_what_it_inherited)
{
	list = mp_manager_list(manager, mp_list(1));
	struct mp_process *p = mp_Process(.target = give_up_in_a_thread);

	ck_assert_int_eq(mp_process_start(p), 0);
	mp_proxy_destroy(list);
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
}
END_TEST

static int use_late(struct mp_call *call)
{
	(void)call;
	gate_wait(&gate);
	return mp_proxy_length(list) == 1 ? 0 : mp_raise();
}

static void *start_grandchild(void *unused)
{
	struct mp_process *p = mp_Process(.target = use_late);

	(void)unused;
	return mp_proxy_length(list) == 1 && mp_process_start(p) == 0 ? p : NULL;
}

static int have_a_child_from_a_thread(struct mp_call *call)
{
	struct mp_process *p = in_thread(start_grandchild, NULL);

	(void)call;
	mp_proxy_destroy(list);
	mp_manager_count(manager);
	gate_tell(&answer, p != NULL);
	mp_process_join(p, MP_FOREVER);
	return mp_process_exitcode(p) == 0 ? 0 : MP_EUSER;
}

START_TEST(a_child_of_any_thread_inherits)
{
	list = mp_manager_list(manager, mp_list(1));
	struct mp_process *p = mp_Process(.target = have_a_child_from_a_thread);

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	mp_proxy_destroy(list);
	mp_manager_count(manager);
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
	assert_count(0);
}
END_TEST

static int use(struct mp_call *call)
{
	(void)call;
	return mp_proxy_length(list) == 1 ? 0 : mp_raise();
}

static void *start_many(void *unused)
{
	for (int i = 0; i < 20; i++)
		if (code_of(mp_Process(.target = use)) != 0)
			return list;
	(void)unused;
	return NULL;
}

START_TEST(threads_may_fork_at_the_same_time)
{
	pthread_t threads[4];
	void *failed;

	list = mp_manager_list(manager, mp_list(1));
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, start_many,
						NULL), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		ck_assert_ptr_null(failed);
	}
	mp_proxy_destroy(list);
	assert_count(0);
}
END_TEST

/* ---- connections ---- */

static void *make_and_wait(void *unused)
{
	(void)unused;
	list = mp_manager_list(manager, mp_list(1));
	gate_tell(&answer, list != NULL);
	gate_wait(&gate);
	return NULL;
}

static void *ask_length(void *unused)
{
	(void)unused;
	return (void *)(intptr_t)mp_proxy_length(list);
}

static int lines(void)
{
	int count = 0;

	pthread_mutex_lock(&mp__lines);
	for (struct mp__line *l = manager->place->lines; l; l = l->next)
		count += l->fd >= 0;
	pthread_mutex_unlock(&mp__lines);
	return count;
}

START_TEST(a_connection_that_is_not_through_yet_keeps_nothing)
{
	pid_t server = mp_process_pid(mp_manager_process(manager));
	pthread_t first, second;
	void *length;

	ck_assert_int_eq(pthread_create(&first, NULL, make_and_wait, NULL), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	kill(server, SIGSTOP);
	ck_assert_int_eq(pthread_create(&second, NULL, ask_length, NULL), 0);
	while (lines() < 2)
		usleep(100);
	gate_open(&gate);
	pthread_join(first, NULL);
	kill(server, SIGCONT);
	pthread_join(second, &length);
	ck_assert_int_eq((intptr_t)length, 1);
	mp_proxy_destroy(list);
	assert_count(0);
}
END_TEST

static void *get_one(void *queue)
{
	return mp_proxy_get(queue, MP_FOREVER);
}

static bool is_any_busy(void)
{
	bool is_busy = false;

	pthread_mutex_lock(&mp__lines);
	for (struct mp__line *l = manager->place->lines; l; l = l->next)
		is_busy |= l->is_busy;
	pthread_mutex_unlock(&mp__lines);
	return is_busy;
}

START_TEST(a_call_under_way_ends_with_the_server)
{
	struct mp_proxy *queue = mp_manager_Queue(manager);
	pthread_t thread;
	void *value;

	ck_assert_int_eq(pthread_create(&thread, NULL, get_one, queue), 0);
	while (!is_any_busy())
		usleep(100);
	ck_assert_int_eq(mp_manager_shutdown(manager), 0);
	pthread_join(thread, &value);
	ck_assert_ptr_null(value);
	mp_proxy_destroy(queue);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager threads");
	TCase *tcase = tcase_create("threads");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, threads_call_at_the_same_time);
	tcase_add_test(tcase, a_proxy_outlives_the_thread_that_made_it);
	tcase_add_test(tcase, any_thread_of_a_child_can_give_up_what_it_inherited);
	tcase_add_test(tcase, a_child_of_any_thread_inherits);
	tcase_add_test(tcase, threads_may_fork_at_the_same_time);
	tcase_add_test(tcase, a_connection_that_is_not_through_yet_keeps_nothing);
	tcase_add_test(tcase, a_call_under_way_ends_with_the_server);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
