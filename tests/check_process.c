/* tests/check_process.c - Process objects: how they are made and started, and with
 * which exit code they end
 *
 * Claims of the document are named by their numbers in document-claims: D13 ...
 * Children report through gates or by exit code; only the test asserts. */
#include <check.h>
#include <pthread.h>
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

/* ---- construction ---- */

START_TEST(group_must_be_none_and_uses_no_number)	/* D18, D38 */
{
	int something;
	struct mp_process *p = mp_Process(.group = &something);

	ck_assert_ptr_null(p);
	ck_assert_int_eq(mp_error_code(), MP_EOWNER);
	ck_assert_str_eq(mp_error_python(mp_error_code()), "AssertionError");
	p = mp_Process(.group = NULL);
	ck_assert_str_eq(mp_process_name(p), "Process-1");
	mp_process_destroy(p);
}
END_TEST

START_TEST(default_names_count_constructions)	/* D29, N1, N2 */
{
	struct mp_process *a = mp_Process();
	struct mp_process *b = mp_Process(.name = "Bob");
	struct mp_process *c = mp_Process(.name = "");

	ck_assert_str_eq(mp_process_name(a), "Process-1");
	ck_assert_str_eq(mp_process_name(b), "Bob");	/* D17 */
	ck_assert_str_eq(mp_process_name(c), "Process-3");
	mp_process_destroy(a);
	mp_process_destroy(b);
	mp_process_destroy(c);
}
END_TEST

static int tell_if_name(struct mp_call *call)
{
	const char *expected;

	if (mp_bind(call, "expected", &expected) < 0)
		return mp_raise();
	struct mp_process *p = mp_Process();
	gate_tell(&answer, strcmp(mp_process_name(p), expected) == 0);
	return 0;
}

START_TEST(children_of_a_named_child_keep_the_numbers)	/* N3 */
{
	struct mp_process *p = mp_Process(.target = tell_if_name,
					  .name = "Bob",
					  .args = mp_tuple("Process-1:1"));

	ck_assert_int_eq(code_of(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
}
END_TEST

START_TEST(wrong_args_are_a_type_error_and_use_a_number)	/* D15, D16, D41 */
{
	ck_assert_ptr_null(mp_Process(.target = add, .args = mp_value(4)));
	ck_assert_int_eq(mp_error_code(), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(), "'int' object is not iterable");
	ck_assert_ptr_null(mp_Process(.target = add, .kwargs = mp_list(1)));
	ck_assert_int_eq(mp_error_code(), MP_ETYPE);
	struct mp_process *p = mp_Process();
	ck_assert_str_eq(mp_process_name(p), "Process-3");
	mp_process_destroy(p);
}
END_TEST

START_TEST(arguments_arrive)	/* D40, D41, D42 */
{
	ck_assert_int_eq(code_of(mp_Process(.target = add,
					    .args = mp_tuple(1, 2, 3))), 0);
	ck_assert_int_eq(gate_hear(&answer), 123);
	ck_assert_int_eq(code_of(mp_Process(.target = add,
					    .args = mp_tuple(4),
					    .kwargs = mp_dict("b", 5, "c", 6))),
			 0);
	ck_assert_int_eq(gate_hear(&answer), 456);
	ck_assert_int_eq(code_of(mp_Process(.target = add,
					    .args = mp_list(7, 8, 9))), 0);
	ck_assert_int_eq(gate_hear(&answer), 789);
}
END_TEST

START_TEST(without_target_it_does_nothing_and_returns_0)	/* D14 */
{
	ck_assert_int_eq(code_of(mp_Process()), 0);
}
END_TEST

/* ---- exit codes ---- */

START_TEST(exit_codes_are_taken_modulo_256)
{
	static const int codes[][2] = { { 0, 0 }, { 1, 1 }, { 42, 42 },
					{ 255, 255 }, { 256, 0 }, { -1, 255 } };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		ck_assert_int_eq(code_of(mp_Process(
					 .target = exit_with,
					 .args = mp_tuple(codes[i][0]))),
				 codes[i][1]);
}
END_TEST

static int leave_by(struct mp_call *call)
{
	const char *how;

	if (mp_bind(call, "how", &how) < 0)
		return mp_raise();
	if (strcmp(how, "exit") == 0)
		exit(7);
	if (strcmp(how, "_exit") == 0)
		_exit(8);
	return 9;	/* what a target returns is no exit code */
}

START_TEST(every_way_out_has_its_exit_code)
{
	ck_assert_int_eq(code_of(mp_Process(.target = leave_by,
					    .args = mp_tuple("exit"))), 7);
	ck_assert_int_eq(code_of(mp_Process(.target = leave_by,
					    .args = mp_tuple("_exit"))), 8);
	ck_assert_int_eq(code_of(mp_Process(.target = leave_by,
					    .args = mp_tuple("return"))), 0);
	ck_assert_int_eq(code_of(mp_Process(.target = raise_error)), 1);
}
END_TEST

static int kill_self(struct mp_call *call)
{
	int number;

	if (mp_bind(call, "number", &number) < 0)
		return mp_raise();
	signal(number, SIG_DFL);
	raise(number);
	return 0;
}

START_TEST(a_signal_is_a_negative_exit_code)	/* D23 */
{
	static const int signals[] = { SIGTERM, SIGKILL, SIGINT, SIGUSR1 };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		ck_assert_int_eq(code_of(mp_Process(
					 .target = kill_self,
					 .args = mp_tuple(signals[i]))),
				 -signals[i]);
}
END_TEST

static int parent_handlers;

static void parent_at_exit(void)
{
	if (parent_handlers)
		gate_tell(&answer, 1);
}

START_TEST(a_child_does_not_run_its_parents_atexit)
{
	parent_handlers = 1;
	atexit(parent_at_exit);
	ck_assert_int_eq(code_of(mp_Process(.target = leave_by,
					    .args = mp_tuple("exit"))), 7);
	parent_handlers = 0;
	gate_tell(&answer, 2);
	ck_assert_int_eq(gate_hear(&answer), 2);
}
END_TEST

/* ---- start ---- */

START_TEST(the_process_exists_from_start_on)	/* D20, D1, D44 */
{
	struct mp_process *p = mp_Process(.target = tell_pid);

	ck_assert_int_eq(mp_process_pid(p), MP_NONE);
	ck_assert_int_eq(mp_process_exitcode(p), MP_NONE);
	ck_assert_int_eq(mp_process_is_alive(p), 0);
	ck_assert_int_eq(mp_process_start(p), 0);
	long pid = gate_hear(&answer);
	ck_assert_int_eq(mp_process_pid(p), pid);
	ck_assert_int_ne(pid, getpid());
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_pid(p), pid);
	mp_process_destroy(p);
}
END_TEST

START_TEST(starting_twice_is_refused)	/* D20 */
{
	struct mp_process *p = mp_Process(.target = wait_at_gate);

	ck_assert_int_eq(mp_process_start(p), 0);
	assert_fails(MP_ESTATE, mp_process_start(p),
		     "cannot start a process twice");
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	assert_fails(MP_ESTATE, mp_process_start(p),
		     "cannot start a process twice");
	mp_process_destroy(p);
}
END_TEST

static struct mp_process *theirs;

static int use_theirs(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, mp_process_start(theirs));
	gate_tell(&answer, mp_process_join(theirs, MP_FOREVER));
	gate_tell(&answer, mp_process_is_alive(theirs));
	gate_tell(&answer, mp_process_exitcode(theirs));
	return 0;
}

START_TEST(only_the_creator_may_start_join_and_ask)	/* D31, D32, D33 */
{
	theirs = mp_Process(.target = wait_at_gate);
	struct mp_process *other = mp_Process(.target = use_theirs);

	ck_assert_int_eq(code_of(other), 0);
	ck_assert_int_eq(gate_hear(&answer), MP_EOWNER);
	ck_assert_int_eq(gate_hear(&answer), MP_EOWNER);
	ck_assert_int_eq(gate_hear(&answer), MP_EOWNER);
	ck_assert_int_eq(gate_hear(&answer), MP_NONE);
	mp_process_destroy(theirs);
}
END_TEST

static int terminate_theirs(struct mp_call *call)
{
	(void)call;
	return mp_process_terminate(theirs);
}

START_TEST(a_sibling_may_terminate)	/* D34: the document says otherwise */
{
	theirs = mp_Process(.target = wait_at_gate);
	ck_assert_int_eq(mp_process_start(theirs), 0);
	ck_assert_int_eq(code_of(mp_Process(.target = terminate_theirs)), 0);
	ck_assert_int_eq(mp_process_join(theirs, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(theirs), -SIGTERM);
	mp_process_destroy(theirs);
}
END_TEST

static int start_a_child(struct mp_call *call)
{
	(void)call;
	struct mp_process *p = mp_Process();
	gate_tell(&answer, p != NULL);
	int err = mp_process_start(p);
	gate_tell(&answer, err);
	gate_tell(&answer, strcmp(mp_error_message(),
				  "daemonic processes are not allowed to "
				  "have children"));
	gate_tell(&answer, mp_process_daemon(p));
	return 0;
}

START_TEST(a_daemon_may_not_start_children)	/* D61, D52 */
{
	struct mp_process *p = mp_Process(.target = start_a_child,
					  .daemon = true);

	ck_assert(mp_process_daemon(p));
	ck_assert_int_eq(code_of(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(gate_hear(&answer), MP_EOWNER);
	ck_assert_int_eq(gate_hear(&answer), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);	/* inherited */
}
END_TEST

START_TEST(daemon_is_set_before_start_only)	/* D27, D67 */
{
	struct mp_process *p = mp_Process(.target = wait_at_gate);

	ck_assert(!mp_process_daemon(p));	/* D52 */
	ck_assert_int_eq(mp_process_set_daemon(p, true), 0);
	ck_assert(mp_process_daemon(p));
	ck_assert_int_eq(mp_process_set_daemon(p, false), 0);
	ck_assert_int_eq(mp_process_start(p), 0);
	assert_fails(MP_ESTATE, mp_process_set_daemon(p, true),
		     "process has already started");
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_set_daemon(p, true), MP_ESTATE);
	ck_assert_int_eq(mp_process_close(p), 0);
	ck_assert_int_eq(mp_process_set_daemon(p, true), 0);
	mp_process_destroy(p);
}
END_TEST

/* ---- what a child reads ---- */

static int tell_if_at_end(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, getc(stdin) == EOF && feof(stdin));
	return 0;
}

static void *do_nothing(void *unused)
{
	return unused;
}

/* Let this be stdin. */
static FILE *three_bytes(void)
{
	FILE *own = stdin;

	stdin = fmemopen((void *)"abc", 3, "r");
	ck_assert_ptr_nonnull(stdin);
	return own;
}

START_TEST(the_input_of_a_child_is_at_its_end_and_its_parents_goes_on)
{
	FILE *own = three_bytes();
	pthread_t thread;

	ck_assert_int_eq(getc(stdin), 'a');
	ck_assert_int_eq(code_of(mp_Process(.target = tell_if_at_end)), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(getc(stdin), 'b');
	/* With more than one thread it is another way to the same. */
	ck_assert_int_eq(pthread_create(&thread, NULL, do_nothing, NULL), 0);
	ck_assert_int_eq(code_of(mp_Process(.target = tell_if_at_end)), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(getc(stdin), 'c');
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	fclose(stdin);
	stdin = own;
}
END_TEST

static Suite *process_suite(void)
{
	Suite *suite = suite_create("process");
	TCase *tc = tcase_create("process");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_test(tc, group_must_be_none_and_uses_no_number);
	tcase_add_test(tc, default_names_count_constructions);
	tcase_add_test(
		tc,
		the_input_of_a_child_is_at_its_end_and_its_parents_goes_on);
	tcase_add_test(tc, children_of_a_named_child_keep_the_numbers);
	tcase_add_test(tc, wrong_args_are_a_type_error_and_use_a_number);
	tcase_add_test(tc, arguments_arrive);
	tcase_add_test(tc, without_target_it_does_nothing_and_returns_0);
	tcase_add_test(tc, exit_codes_are_taken_modulo_256);
	tcase_add_test(tc, every_way_out_has_its_exit_code);
	tcase_add_test(tc, a_signal_is_a_negative_exit_code);
	tcase_add_test(tc, a_child_does_not_run_its_parents_atexit);
	tcase_add_test(tc, the_process_exists_from_start_on);
	tcase_add_test(tc, starting_twice_is_refused);
	tcase_add_test(tc, only_the_creator_may_start_join_and_ask);
	tcase_add_test(tc, a_sibling_may_terminate);
	tcase_add_test(tc, a_daemon_may_not_start_children);
	tcase_add_test(tc, daemon_is_set_before_start_only);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(process_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
