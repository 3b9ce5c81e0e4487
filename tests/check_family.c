/* tests/check_family.c - names and keys of processes, their parents and children
 *
 * Claims of the document are named by their numbers in document-claims: D13 ...
 * Children report through gates or by exit code; only the test asserts. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <forkscope/mp.h>

#include "tests/support/children.h"
#include "tests/support/gate.h"

/* ---- names, keys, repr ---- */

START_TEST(names_may_be_changed_and_shared)	/* D28 */
{
	struct mp_process *a = mp_Process(.name = "twin");
	struct mp_process *b = mp_Process(.name = "twin");

	ck_assert_str_eq(mp_process_name(a), mp_process_name(b));
	ck_assert_int_eq(mp_process_set_name(a, "other"), 0);
	ck_assert_str_eq(mp_process_name(a), "other");
	assert_fails(MP_ESTATE, mp_process_set_name(a, NULL),
		     "name must be a string");
	mp_process_destroy(a);
	mp_process_destroy(b);
}
END_TEST

START_TEST(authkey_is_inherited)
{
	size_t main_size, size;
	const void *key = mp_process_authkey(mp_current_process(), &main_size);
	struct mp_process *p = mp_Process();

	ck_assert_int_eq(main_size, 32);
	ck_assert_mem_eq(mp_process_authkey(p, &size), key, 32);
	ck_assert_int_eq(mp_process_set_authkey(p, "abc", 3), 0);
	ck_assert_mem_eq(mp_process_authkey(p, &size), "abc", 3);
	ck_assert_int_eq(size, 3);
	ck_assert_int_eq(mp_process_set_authkey(p, NULL, 0), MP_ETYPE);
	mp_process_destroy(p);
}
END_TEST

START_TEST(repr_is_pythons)	/* D36 */
{
	struct mp_process *p = mp_Process(.target = wait_at_gate,
					  .name = "it's", .daemon = true);
	char text[160], expected[160];

	mp_process_repr(p, text, sizeof(text));
	snprintf(expected, sizeof(expected),
		 "<Process name=\"it's\" parent=%d initial daemon>", getpid());
	ck_assert_str_eq(text, expected);

	ck_assert_int_eq(mp_process_start(p), 0);
	mp_process_repr(p, text, sizeof(text));
	snprintf(expected, sizeof(expected),
		 "<Process name=\"it's\" pid=%d parent=%d started daemon>",
		 mp_process_pid(p), getpid());
	ck_assert_str_eq(text, expected);

	mp_process_terminate(p);
	mp_process_join(p, MP_FOREVER);
	mp_process_repr(p, text, sizeof(text));
	snprintf(expected, sizeof(expected),
		 "<Process name=\"it's\" pid=%d parent=%d stopped "
		 "exitcode=-SIGTERM daemon>", mp_process_pid(p), getpid());
	ck_assert_str_eq(text, expected);
	mp_process_destroy(p);

	mp_process_repr(mp_current_process(), text, sizeof(text));
	ck_assert_str_eq(text, "<_MainProcess name='MainProcess' parent=None "
			       "started>");
}
END_TEST

/* ---- parent and children ---- */

static int tell_about_parent(struct mp_call *call)
{
	struct mp_process *parent = mp_parent_process();

	(void)call;
	gate_tell(&answer, parent && mp_process_pid(parent) == getppid());
	gate_tell(&answer, strcmp(mp_process_name(parent), "MainProcess") == 0);
	gate_tell(&answer, mp_process_is_alive(parent));
	gate_tell(&answer, mp_process_join(parent, mp_after(0.01)));
	gate_tell(&answer, mp_process_is_alive(parent));
	return 0;
}

START_TEST(parent_process_is_none_in_main_only)
{
	ck_assert_ptr_null(mp_parent_process());
	ck_assert_int_eq(code_of(mp_Process(.target = tell_about_parent)), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(gate_hear(&answer), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
}
END_TEST

static int outlive_parent(struct mp_call *call)
{
	(void)call;
	gate_open(&third);
	mp_process_join(mp_parent_process(), MP_FOREVER);
	gate_tell(&answer, mp_process_is_alive(mp_parent_process()));
	return 0;
}

static int die_young(struct mp_call *call)
{
	struct mp_process *p = mp_Process(.target = outlive_parent);
	struct mp_process *later = mp_Process(.target = wait_at_gate);

	(void)call;
	mp_process_start(p);
	/* A later sibling holds no pipe that would keep the parent "alive". */
	mp_process_start(later);
	gate_wait(&third);
	_exit(0);
}

START_TEST(parent_process_sees_the_parents_death)	/* P12 done better */
{
	ck_assert_int_eq(code_of(mp_Process(.target = die_young)), 0);
	ck_assert_int_eq(gate_hear(&answer), 0);
	gate_open(&gate);
}
END_TEST

START_TEST(active_children_reaps)	/* D24 */
{
	struct mp_process *a = mp_Process(.target = wait_at_gate);
	struct mp_process *b = mp_Process();
	struct mp_process *list[4] = { NULL };
	siginfo_t info;

	mp_process_start(a);
	mp_process_start(b);
	waitid(P_PID, (id_t)mp_process_pid(b), &info, WEXITED | WNOWAIT);
	ck_assert_int_eq(mp_active_children(list, 4), 1);
	ck_assert_ptr_eq(list[0], a);
	ck_assert_int_eq(kill(mp_process_pid(b), 0), -1);
	gate_open(&gate);
	mp_process_join(a, MP_FOREVER);
	ck_assert_int_eq(mp_active_children(NULL, 0), 0);
	ck_assert_int_eq(mp_process_exitcode(b), 0);
	mp_process_destroy(a);
	mp_process_destroy(b);
}
END_TEST

START_TEST(the_next_start_reaps)	/* P18 */
{
	struct mp_process *a = mp_Process();
	struct mp_process *b = mp_Process();
	siginfo_t info;

	mp_process_start(a);
	waitid(P_PID, (id_t)mp_process_pid(a), &info, WEXITED | WNOWAIT);
	ck_assert_int_eq(kill(mp_process_pid(a), 0), 0);	/* a zombie */
	mp_process_start(b);
	ck_assert_int_eq(kill(mp_process_pid(a), 0), -1);
	mp_process_join(b, MP_FOREVER);
	mp_process_destroy(a);
	mp_process_destroy(b);
}
END_TEST

START_TEST(a_destroyed_object_is_still_reaped)
{
	struct mp_process *a = mp_Process(.target = tell_pid);

	mp_process_start(a);
	pid_t pid = mp_process_pid(a);
	siginfo_t info;
	mp_process_destroy(a);
	ck_assert_int_eq(gate_hear(&answer), pid);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	mp_active_children(NULL, 0);
	ck_assert_int_eq(kill(pid, 0), -1);
}
END_TEST

static int num = 100;

static int increment(struct mp_call *call)
{
	(void)call;
	num++;
	gate_tell(&answer, num);
	return 0;
}

static int look(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, num);
	return 0;
}

START_TEST(globals_are_not_shared)	/* D46, D47, D48, D50 */
{
	ck_assert_int_eq(code_of(mp_Process(.target = increment)), 0);
	ck_assert_int_eq(code_of(mp_Process(.target = look)), 0);
	ck_assert_int_eq(gate_hear(&answer), 101);
	ck_assert_int_eq(gate_hear(&answer), 100);
	ck_assert_int_eq(num, 100);
}
END_TEST

static int read_input(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, getchar());
	return 0;
}

START_TEST(standard_input_of_a_child_is_empty)
{
	ck_assert_int_eq(code_of(mp_Process(.target = read_input)), 0);
	ck_assert_int_eq(gate_hear(&answer), EOF);
}
END_TEST

START_TEST(sleep_refuses_what_is_no_time)
{
	ck_assert_int_eq(mp_sleep(-1), MP_EVALUE);
	ck_assert_int_eq(mp_sleep(0), 0);
	double before = mp_monotonic();
	ck_assert_int_eq(mp_sleep(0.02), 0);
	ck_assert(mp_monotonic() - before >= 0.02);
}
END_TEST

START_TEST(cpu_count_counts)
{
	ck_assert_int_ge(mp_cpu_count(), 1);
}
END_TEST

static int by_callback(void *user, struct mp_call *call)
{
	long n;

	if (mp_bind(call, "n", &n) < 0)
		return mp_raise();
	gate_tell(&answer, n + *(long *)user);
	return 0;
}

static void note_hook(void *user)
{
	gate_tell(user, getpid());
}

START_TEST(a_binding_gives_callbacks_and_fork_hooks)
{
	long user = 40;
	struct gate hooks;
	struct mp_process *p = mp_Process(.callback = by_callback,
					  .user = &user, .args = mp_tuple(2));

	gate_make(&hooks);
	mp_fork_hooks(note_hook, note_hook, note_hook, &hooks);
	ck_assert_int_eq(mp_process_start(p), 0);
	pid_t pid = mp_process_pid(p);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(gate_hear(&answer), 42);
	ck_assert_int_eq(gate_hear(&hooks), getpid());
	long one = gate_hear(&hooks), other = gate_hear(&hooks);
	ck_assert((one == pid && other == getpid())
		  || (one == getpid() && other == pid));
	mp_process_destroy(p);
}
END_TEST

static Suite *family_suite(void)
{
	Suite *suite = suite_create("family");
	TCase *tc = tcase_create("family");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_test(tc, names_may_be_changed_and_shared);
	tcase_add_test(tc, authkey_is_inherited);
	tcase_add_test(tc, repr_is_pythons);
	tcase_add_test(tc, parent_process_is_none_in_main_only);
	tcase_add_test(tc, parent_process_sees_the_parents_death);
	tcase_add_test(tc, active_children_reaps);
	tcase_add_test(tc, the_next_start_reaps);
	tcase_add_test(tc, a_destroyed_object_is_still_reaped);
	tcase_add_test(tc, globals_are_not_shared);
	tcase_add_test(tc, standard_input_of_a_child_is_empty);
	tcase_add_test(tc, sleep_refuses_what_is_no_time);
	tcase_add_test(tc, cpu_count_counts);
	tcase_add_test(tc, a_binding_gives_callbacks_and_fork_hooks);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(family_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
