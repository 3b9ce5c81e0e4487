/* tests/check_connection_copies.c - who holds an end of a pipe, and has held it
 *
 * A pipe is given back with its last copy, also when who held one was killed. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "arena/arena.h"
#include "base/fork.h"
#include "connection/connection.h"
#include "mp.h"
#include "tests/support/children.h"
#include "tests/support/pipes.h"

static int count_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

START_TEST(pipes_leave_nothing_behind)
{
	/* The first start opens what all others use. */
	finish_child(start_child(tell_pid), 0);
	int fds = count_fds();
	uint64_t blocks = atomic_load(&mp__arena->blocks);

	for (int i = 0; i < 20000; i++) {
		make_pipe(i % 2);
		if (i % 500 == 0)
			finish_child(start_child(send_one), 0);
		drop_pipe();
	}
	ck_assert_int_eq(count_fds(), fds);
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
}
END_TEST

static int make_one_and_leave(struct mp_call *call)
{
	(void)call;
	make_pipe(false);
	if (mp_connection_send(a, mp_value(1)) < 0)
		return mp_raise();
	return 0;
}

static int tell_and_wait(struct mp_call *call)
{
	gate_open(&answer);
	return wait_at_gate(call);
}

START_TEST(what_a_process_leaves_open_is_given_back_at_its_end)
{
	uint64_t blocks = atomic_load(&mp__arena->blocks);

	for (int i = 0; i < 3; i++)
		finish_child(start_child(make_one_and_leave), 0);
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
	/* The last one to have a copy is a child. */
	make_pipe(false);
	struct mp_process *p = start_child(wait_at_gate);
	drop_pipe();
	gate_open(&gate);
	finish_child(p, 0);
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
	/* One is killed with its copies. */
	make_pipe(false);
	p = start_child(tell_and_wait);
	ck_assert(gate_wait(&answer));
	mp_process_kill(p);
	finish_child(p, -SIGKILL);
	drop_pipe();
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
}
END_TEST

/* It dies before it can do anything as itself. */
static bool kills_child;

static void die_at_birth(void)
{
	if (kills_child)
		raise(SIGKILL);
}

static struct mp__fork_hooks death = { .order = 1, .child = die_at_birth };

START_TEST(a_child_killed_at_its_birth_holds_nothing)
{
	mp__fork_hooks_add(&death);
	finish_child(start_child(tell_pid), 0);
	uint64_t blocks = atomic_load(&mp__arena->blocks);

	kills_child = true;
	make_pipe(_i);
	for (int i = 0; i < MP__END_HOLDERS + 4; i++)
		finish_child(start_child(send_one), -SIGKILL);
	mp_connection_close(b);
	assert_no_recv(a, MP_EEOF);
	drop_pipe();
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
}
END_TEST

/* A child is held up at its birth until its parent is about to make the next one. */
static bool is_slow, lets_go;

static void be_slow(void)
{
	if (is_slow)
		gate_wait(&gate);
}

static void let_the_slow_go(void)
{
	if (!lets_go)
		return;
	lets_go = is_slow = false;
	gate_open(&gate);
	gate_wait(&answer);
}

static struct mp__fork_hooks slowness = {
	.order = 1, .prepare = let_the_slow_go, .child = be_slow
};

static int answer_and_end(struct mp_call *call)
{
	(void)call;
	gate_open(&answer);
	return 0;
}

START_TEST(a_slow_child_does_not_take_its_brothers_place)
{
	mp__fork_hooks_add(&slowness);
	finish_child(start_child(tell_pid), 0);
	gate_hear(&answer);
	uint64_t blocks = atomic_load(&mp__arena->blocks);

	make_pipe(false);
	is_slow = true;
	struct mp_process *slow = start_child(answer_and_end);
	lets_go = true;
	struct mp_process *brother = start_child(wait_at_gate);
	finish_child(slow, 0);
	drop_pipe();
	/* The brother still has its copies. */
	ck_assert_uint_gt(atomic_load(&mp__arena->blocks), blocks + 1);
	gate_open(&gate);
	finish_child(brother, 0);
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
}
END_TEST

/* In a process of its own, for the limit stays. Exit code 1: it could fork; 2:
 * something is left. */
static int fail_to_start(struct mp_call *call)
{
	struct rlimit none = { 0, 0 };

	(void)call;
	mp_process_destroy(mp_Process(.target = send_one));
	uint64_t blocks = atomic_load(&mp__arena->blocks);
	make_pipe(false);
	if (setrlimit(RLIMIT_NPROC, &none) < 0
	    || (geteuid() == 0 && setuid(65534) < 0))
		mp_exit(3);
	for (int i = 0; i < 3; i++) {
		struct mp_process *p = mp_Process(.target = send_one);
		if (mp_process_start(p) != MP_EOS)
			mp_exit(1);
		mp_process_destroy(p);
	}
	if (atomic_load(&a->end->copies) != 1)
		mp_exit(4);
	drop_pipe();
	mp_exit(atomic_load(&mp__arena->blocks) == blocks ? 0 : 2);
}

START_TEST(a_start_that_fails_holds_nothing)
{
	finish_child(start_child(fail_to_start), 0);
}
END_TEST

START_TEST(more_holders_than_are_listed_are_only_counted)
{
	struct mp_process *p[MP__END_HOLDERS + 4];
	size_t count = sizeof(p) / sizeof(p[0]);
	uint64_t blocks = atomic_load(&mp__arena->blocks);

	make_pipe(true);
	for (size_t i = 0; i < count; i++)
		p[i] = start_child(wait_at_gate);
	drop_pipe();
	for (size_t i = 0; i < count; i++)
		gate_open(&gate);
	for (size_t i = 0; i < count; i++)
		finish_child(p[i], 0);
	ck_assert_uint_eq(atomic_load(&mp__arena->blocks), blocks);
}
END_TEST

static int send_for_ever(struct mp_call *call)
{
	char *bytes = pattern(100000);

	(void)call;
	mp_connection_close(a);
	for (size_t i = 0;; i++)
		if (mp_connection_send_bytes(b, bytes, i * 37 % 100000) < 0)
			return mp_raise();
}

START_TEST(a_sender_killed_anywhere_leaves_whole_messages_and_an_end)
{
	char *expected = pattern(100000);

	for (int round = 0; round < 20; round++) {
		make_pipe(round % 2);
		struct mp_process *p = start_child(send_for_ever);
		void *bytes;
		size_t size;
		int err;
		mp_connection_close(b);
		for (int i = 0; i < round * 5; i++) {
			ck_assert_int_eq(mp_connection_recv_bytes(
				a, &bytes, &size, SIZE_MAX), 0);
			free(bytes);
		}
		mp_process_kill(p);
		while (!(err = mp_connection_recv_bytes(a, &bytes, &size,
							SIZE_MAX))) {
			ck_assert_mem_eq(bytes, expected, size);
			free(bytes);
		}
		ck_assert(err == MP_EEOF || err == MP_EOS);
		finish_child(p, -SIGKILL);
		drop_pipe();
	}
	free(expected);
}
END_TEST

/* ---- the suite ---- */

static Suite *copies_suite(void)
{
	Suite *suite = suite_create("connection_copies");
	TCase *tc = tcase_create("connection_copies");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_test(tc, pipes_leave_nothing_behind);
	tcase_add_test(tc, what_a_process_leaves_open_is_given_back_at_its_end);
	tcase_add_loop_test(tc, a_child_killed_at_its_birth_holds_nothing, 0,
			    2);
	tcase_add_test(tc, a_slow_child_does_not_take_its_brothers_place);
	tcase_add_test(tc, a_start_that_fails_holds_nothing);
	tcase_add_test(tc, more_holders_than_are_listed_are_only_counted);
	tcase_add_test(tc,
		       a_sender_killed_anywhere_leaves_whole_messages_and_an_end);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(copies_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
