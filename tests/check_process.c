/* tests/check_process.c - Process objects: what they promise, and what they refuse
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

#include "tests/support/gate.h"

static struct gate gate, answer, third;

/* Check's own handlers, which our children would inherit, pass on signals to the
 * whole test. */
static void make_gates(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	gate_make(&gate);
	gate_make(&answer);
	gate_make(&third);
}

static void close_gates(void)
{
	gate_close(&gate);
	gate_close(&answer);
	gate_close(&third);
}

/* ---- targets ---- */

static int wait_at_gate(struct mp_call *call)
{
	(void)call;
	return gate_wait(&gate) ? 0 : mp_raise_error(MP_EUSER, "no gate");
}

static int exit_with(struct mp_call *call)
{
	int code;

	if (mp_bind(call, "code", &code) < 0)
		return mp_raise();
	mp_exit(code);
}

static int raise_error(struct mp_call *call)
{
	(void)call;
	fclose(stderr);
	return mp_raise_error(MP_EVALUE, "on purpose");
}

static int tell_pid(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, getpid());
	return 0;
}

static int add(struct mp_call *call)
{
	long a, b, c;

	if (mp_bind(call, "a b c", &a, &b, &c) < 0)
		return mp_raise();
	gate_tell(&answer, a * 100 + b * 10 + c);
	return 0;
}

static int code_of(struct mp_process *p)
{
	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	int code = mp_process_exitcode(p);
	mp_process_destroy(p);
	return code;
}

#define assert_fails(code, call, text) \
	do { \
		ck_assert_int_eq(call, code); \
		ck_assert_str_eq(mp_error_message(), text); \
	} while (0)

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

/* ---- run, join, is_alive ---- */

START_TEST(run_makes_no_process)
{
	struct mp_process *p = mp_Process(.target = tell_pid);

	ck_assert_int_eq(mp_process_run(p), 0);
	ck_assert_int_eq(gate_hear(&answer), getpid());
	ck_assert_int_eq(mp_process_pid(p), MP_NONE);
	mp_process_destroy(p);
}
END_TEST

START_TEST(join_with_timeout_does_not_end_it)	/* D22 */
{
	struct mp_process *p = mp_Process(.target = wait_at_gate);

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(mp_process_join(p, mp_after(0.02)), 0);
	ck_assert_int_eq(mp_process_join(p, MP_NOW), 0);
	ck_assert_int_eq(mp_process_join(p, mp_after(-1)), 0);
	ck_assert_int_eq(mp_process_is_alive(p), 1);	/* D21 */
	ck_assert_int_eq(mp_process_exitcode(p), MP_NONE);
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, mp_after(20)), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	ck_assert_int_eq(mp_process_is_alive(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
}
END_TEST

static int join_self(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, mp_process_join(mp_current_process(), MP_FOREVER));
	gate_tell(&answer, mp_process_is_alive(mp_current_process()));
	return 0;
}

START_TEST(a_process_cannot_join_itself)
{
	ck_assert_int_eq(mp_process_join(mp_current_process(), MP_FOREVER),
			 MP_EOWNER);
	ck_assert_int_eq(mp_process_is_alive(mp_current_process()), 1);
	ck_assert_int_eq(code_of(mp_Process(.target = join_self)), 0);
	ck_assert_int_eq(gate_hear(&answer), MP_EOWNER);
	ck_assert_int_eq(gate_hear(&answer), 1);
}
END_TEST

START_TEST(what_is_not_started_cannot_be_joined_or_ended)
{
	struct mp_process *p = mp_Process();

	assert_fails(MP_ESTATE, mp_process_join(p, MP_FOREVER),
		     "can only join a started process");
	ck_assert_int_eq(mp_process_terminate(p), MP_EATTRIBUTE);
	ck_assert_int_eq(mp_process_kill(p), MP_EATTRIBUTE);
	ck_assert_int_eq(mp_process_sentinel(p), MP_EVALUE);
	mp_process_destroy(p);
}
END_TEST

static volatile sig_atomic_t signals_seen;

static void count_signal(int number)
{
	(void)number;
	signals_seen++;
}

static int signal_parent(struct mp_call *call)
{
	(void)call;
	for (int i = 0; i < 50; i++)
		kill(getppid(), SIGUSR1);
	gate_wait(&gate);
	return 0;
}

START_TEST(signals_do_not_shorten_a_join)	/* G3 */
{
	struct sigaction action = { .sa_handler = count_signal };
	struct mp_process *p = mp_Process(.target = signal_parent);

	sigaction(SIGUSR1, &action, NULL);
	ck_assert_int_eq(mp_process_start(p), 0);
	double before = mp_monotonic();
	ck_assert_int_eq(mp_process_join(p, mp_after(0.2)), 0);
	ck_assert(mp_monotonic() - before >= 0.2);
	ck_assert_int_gt(signals_seen, 0);
	mp_set_interrupt(true);
	kill(mp_process_pid(p), 0);
	mp_set_interrupt(false);
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	mp_process_destroy(p);
}
END_TEST

static int signal_parent_when_it_waits(struct mp_call *call)
{
	(void)call;
	/* Again and again: the first ones may come before it waits. */
	while (!gate_is_deserted(&gate))
		;
	return 0;
}

START_TEST(a_binding_can_have_join_interrupted)
{
	struct sigaction action = { .sa_handler = count_signal };
	struct mp_process *p = mp_Process(.target = signal_parent_when_it_waits);
	struct itimerval again = { { 0, 2000 }, { 0, 2000 } };
	struct itimerval never = { { 0, 0 }, { 0, 0 } };

	sigaction(SIGALRM, &action, NULL);
	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert(!mp_set_interrupt(true));
	setitimer(ITIMER_REAL, &again, NULL);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), MP_EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
	ck_assert(mp_set_interrupt(false));
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), -SIGKILL);
	mp_process_destroy(p);
}
END_TEST

/* ---- terminate, kill, interrupt ---- */

START_TEST(terminate_kill_and_interrupt_send_their_signal)	/* D23 */
{
	struct {
		int (*send)(struct mp_process *);
		int signal;
	} ways[] = { { mp_process_terminate, SIGTERM },
		     { mp_process_kill, SIGKILL },
		     { mp_process_interrupt, SIGINT } };

	for (size_t i = 0; i < 3; i++) {
		struct mp_process *p = mp_Process(.target = wait_at_gate);
		ck_assert_int_eq(mp_process_start(p), 0);
		ck_assert_int_eq(ways[i].send(p), 0);
		ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
		ck_assert_int_eq(mp_process_exitcode(p), -ways[i].signal);
		ck_assert_int_eq(ways[i].send(p), 0);	/* too late: no error */
		mp_process_destroy(p);
	}
}
END_TEST

static void on_term(int number)
{
	(void)number;
	gate_tell(&answer, 15);
}

static int survive_term(struct mp_call *call)
{
	struct sigaction action = { .sa_handler = on_term };

	(void)call;
	sigaction(SIGTERM, &action, NULL);
	gate_tell(&answer, 1);
	return gate_wait(&gate) ? 0 : 1;
}

START_TEST(a_handler_survives_terminate)	/* D23 */
{
	struct mp_process *p = mp_Process(.target = survive_term);

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(mp_process_terminate(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 15);
	ck_assert_int_eq(mp_process_is_alive(p), 1);
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
}
END_TEST

/* ---- close ---- */

START_TEST(a_running_process_cannot_be_closed)
{
	struct mp_process *p = mp_Process(.target = wait_at_gate);

	ck_assert_int_eq(mp_process_start(p), 0);
	assert_fails(MP_EVALUE, mp_process_close(p),
		     "Cannot close a process while it is still running. You "
		     "should first call join() or terminate().");
	gate_open(&gate);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_close(p), 0);
	mp_process_destroy(p);
}
END_TEST

START_TEST(a_closed_process_answers_name_and_daemon_only)
{
	struct mp_process *p = mp_Process();
	char text[128];

	ck_assert_int_eq(mp_process_close(p), 0);
	ck_assert_int_eq(mp_process_close(p), 0);
	assert_fails(MP_ECLOSED, mp_process_start(p),
		     "process object is closed");
	ck_assert_int_eq(mp_process_join(p, MP_NOW), MP_ECLOSED);
	ck_assert_int_eq(mp_process_is_alive(p), MP_ECLOSED);
	ck_assert_int_eq(mp_process_terminate(p), MP_ECLOSED);
	ck_assert_int_eq(mp_process_kill(p), MP_ECLOSED);
	ck_assert_int_eq(mp_process_exitcode(p), MP_ECLOSED);
	ck_assert_int_eq(mp_process_pid(p), MP_ECLOSED);
	ck_assert_int_eq(mp_process_sentinel(p), MP_ECLOSED);
	ck_assert_str_eq(mp_process_name(p), "Process-1");
	ck_assert(!mp_process_daemon(p));
	mp_process_repr(p, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, " closed>"));
	mp_process_destroy(p);
}
END_TEST

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

static Suite *process_suite(void)
{
	Suite *suite = suite_create("process");
	TCase *tc = tcase_create("process");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, make_gates, close_gates);
	tcase_add_test(tc, group_must_be_none_and_uses_no_number);
	tcase_add_test(tc, default_names_count_constructions);
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
	tcase_add_test(tc, run_makes_no_process);
	tcase_add_test(tc, join_with_timeout_does_not_end_it);
	tcase_add_test(tc, a_process_cannot_join_itself);
	tcase_add_test(tc, what_is_not_started_cannot_be_joined_or_ended);
	tcase_add_test(tc, signals_do_not_shorten_a_join);
	tcase_add_test(tc, a_binding_can_have_join_interrupted);
	tcase_add_test(tc, terminate_kill_and_interrupt_send_their_signal);
	tcase_add_test(tc, a_handler_survives_terminate);
	tcase_add_test(tc, a_running_process_cannot_be_closed);
	tcase_add_test(tc, a_closed_process_answers_name_and_daemon_only);
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
	SRunner *runner = srunner_create(process_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
