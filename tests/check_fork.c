/* check_fork.c - forks: the library's, and those that the program makes by itself */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena/arena.h"
#include "base/fork.h"
#include "tests/support/managed.h"

static int exit_code_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* ---- hooks ---- */

static int steps;

static void step(int digit)
{
	steps = 10 * steps + digit;
}

static void low_before(void) { step(1); }
static void low_parent(void) { step(2); }
static void low_child(void) { step(3); }
static void high_before(void) { step(4); }
static void high_parent(void) { step(5); }
static void high_child(void) { step(6); }

static struct mp__fork_hooks low = { .order = 1001, .foreign = true,
				     .prepare = low_before,
				     .parent = low_parent,
				     .child = low_child };
static struct mp__fork_hooks high = { .order = 1002, .prepare = high_before,
				      .parent = high_parent,
				      .child = high_child };

START_TEST(hooks_run_in_order_around_our_fork)
{
	mp__fork_hooks_add(&high);
	mp__fork_hooks_add(&low);
	pid_t pid = mp__fork();
	if (pid == 0)
		_exit(steps == 4136 ? 0 : 1);
	ck_assert_int_eq(steps, 4125);
	ck_assert_int_eq(exit_code_of(pid), 0);
}
END_TEST

START_TEST(those_that_are_for_it_run_around_the_programs)
{
	mp__fork_hooks_add(&high);
	mp__fork_hooks_add(&low);
	pid_t pid = fork();
	if (pid == 0)
		_exit(steps == 13 ? 0 : 1);
	ck_assert_int_eq(steps, 12);
	ck_assert_int_eq(exit_code_of(pid), 0);
}
END_TEST

/* ---- what a child inherits, whoever forks ---- */

/* A child that the program makes keeps what there is of it as a process. */
static uint64_t blocks_of_a_child(void)
{
	uint64_t before = mp__arena->blocks;
	pid_t pid = fork();

	if (pid == 0) {
		mp_current_process();
		_exit(0);
	}
	ck_assert_int_eq(exit_code_of(pid), 0);
	return mp__arena->blocks - before;
}

START_TEST(the_ends_of_a_pipe_are_the_childs_too)
{
	uint64_t child = blocks_of_a_child(), before = mp__arena->blocks;
	struct mp_connection *a, *b;

	ck_assert_int_eq(mp_Pipe(&a, &b), 0);
	uint64_t with_pipe = mp__arena->blocks;
	pid_t pid = fork();
	if (pid == 0) {
		gate_wait(&gate);
		mp_connection_destroy(a);
		mp_connection_destroy(b);
		_exit(0);
	}
	mp_connection_destroy(a);
	mp_connection_destroy(b);
	ck_assert_uint_ge(mp__arena->blocks, with_pipe);
	gate_open(&gate);
	ck_assert_int_eq(exit_code_of(pid), 0);
	ck_assert_uint_eq(mp__arena->blocks, before + child);
}
END_TEST

START_TEST(proxies_are_the_childs_too)
{
	struct mp_proxy *list = mp_manager_list(manager, mp_list(1));
	pid_t pid = fork();

	if (pid == 0) {
		gate_wait(&gate);
		_exit(mp_proxy_length(list) == 1 ? 0 : 1);
	}
	mp_proxy_destroy(list);
	ck_assert_int_eq(mp_manager_count(manager), 1);
	gate_open(&gate);
	ck_assert_int_eq(exit_code_of(pid), 0);
	assert_count(0);
}
END_TEST

/* ---- threads that are in the middle of something ---- */

#define FORKS 300

static _Atomic int is_enough;

/* What keeps lists of all there is in a process, and names by numbers. */
static bool use_everything(unsigned turn)
{
	char address[64];
	struct mp_connection *a, *b;
	struct mp_process *children[4];

	snprintf(address, sizeof(address), "@check-fork-%d-%u", (int)getpid(),
		 turn);
	if (mp_Pipe(&a, &b) < 0)
		return false;
	mp_connection_destroy(a);
	mp_connection_destroy(b);
	struct mp_listener *listener = mp_Listener(.address = address);
	if (!listener)
		return false;
	mp_listener_destroy(listener);
	mp_active_children(children, 4);
	return true;
}

static void *use_it_all_the_time(void *failed)
{
	for (unsigned turn = 0; !atomic_load(&is_enough); turn++)
		if (!use_everything(turn))
			atomic_store((_Atomic int *)failed, 1);
	return NULL;
}

static int user(struct mp_call *call)
{
	(void)call;
	alarm(20);	/* a lock that nobody gives back */
	mp_exit(use_everything(0) ? 7 : 1);
}

START_TEST(a_child_can_use_what_a_thread_was_using)
{
	_Atomic int failed = 0;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, use_it_all_the_time, &failed), 0);
	for (int i = 0; i < FORKS; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			alarm(20);
			_exit(use_everything(0) ? 7 : 1);
		}
		ck_assert_int_eq(exit_code_of(pid), 7);
		ck_assert_int_eq(code_of(mp_Process(.target = user)), 7);
	}
	atomic_store(&is_enough, 1);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(failed, 0);
}
END_TEST

/* ---- a server whose program forks ---- */

static void *forker_create(struct mp_call *call)
{
	(void)call;
	return &gate;
}

static struct mp_value *forker_fork(void *object, struct mp_call *call)
{
	pid_t pid = fork();

	(void)call;
	if (pid == 0) {
		gate_tell(&answer, getpid());
		gate_tell(&answer, gate_wait(object));
		_exit(0);
	}
	return mp_int(pid);
}

static const struct mp_manager_method forker_methods[] = {
	{ "fork", forker_fork, NULL },
	{ NULL, NULL, NULL }
};

static const struct mp_manager_type forker = {
	.name = "Forker",
	.create = forker_create,
	.methods = forker_methods,
};

START_TEST(the_clients_of_a_server_are_not_its_childs)
{
	char address[64];

	snprintf(address, sizeof(address), "@check-fork-%d", (int)getpid());
	struct mp_manager *m = mp_SyncManager(.address = address);
	ck_assert_int_eq(mp_manager_register(m, &forker), 0);
	ck_assert_int_eq(mp_manager_start(m), 0);
	struct mp_proxy *f = mp_manager_new(m, "Forker");
	ck_assert_int_eq(mp_proxy_do(f, "fork"), 0);
	/* Only behind its fork(2) a child has closed what is not its own. */
	ck_assert_int_gt(gate_hear(&answer), 0);
	ck_assert_int_eq(mp_process_kill(mp_manager_process(m)), 0);
	ck_assert_int_eq(mp_process_join(mp_manager_process(m), MP_FOREVER), 0);
	/* Neither the connection nor the address is the child's. */
	ck_assert_int_lt(mp_proxy_do(f, "fork"), 0);
	ck_assert_ptr_null(mp_Client(address));
	ck_assert_int_eq(mp_error_code(), MP_EREFUSED);
	gate_open(&gate);
	ck_assert_int_eq(gate_hear(&answer), 1);
	mp_proxy_destroy(f);
	mp_manager_destroy(m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fork");
	TCase *hooks = tcase_create("hooks");
	TCase *inherited = tcase_create("inherited");

	tcase_add_test(hooks, hooks_run_in_order_around_our_fork);
	tcase_add_test(hooks, those_that_are_for_it_run_around_the_programs);
	suite_add_tcase(suite, hooks);
	tcase_set_timeout(inherited, 60);
	tcase_add_checked_fixture(inherited, managed_begin, managed_end);
	tcase_add_test(inherited, the_ends_of_a_pipe_are_the_childs_too);
	tcase_add_test(inherited, proxies_are_the_childs_too);
	/* AddressSanitizer's own lock is not given back in a child: GCC 12's malloc() hangs
	 * there if another thread was in it. */
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(inherited, a_child_can_use_what_a_thread_was_using);
#else
	(void)a_child_can_use_what_a_thread_was_using;
#endif
	tcase_add_test(inherited, the_clients_of_a_server_are_not_its_childs);
	suite_add_tcase(suite, inherited);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
