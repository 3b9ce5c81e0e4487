/* tests/check_guard.c - "could it go on now?", asked from outside
 *
 * In every state of every operation on processes the answer must be what `try` then
 * does. Locks, queues and the others have tests like this one beside theirs. */
#include <check.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena/arena.h"
#include "base/clock.h"
#include "base/fork.h"
#include "mp.h"
#include "operation/operation.h"
#include "probe/probe.h"
#include "process/process.h"
#include "tests/support/gate.h"
#include "tests/support/observer.h"
#include "traces/analysis.h"

/* ---- targets ---- */

static struct gate gate, answer, third;

static int wait_at_gate(struct mp_call *call)
{
	(void)call;
	return gate_wait(&gate) ? 0 : mp_raise_error(MP_EUSER, "no gate");
}

static struct mp_process *start_waiting(void)
{
	struct mp_process *p = mp_Process(.target = wait_at_gate);

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

static void wait_until_dead(struct mp_process *p)
{
	struct pollfd fd = { mp_process_sentinel(p), POLLIN, 0 };

	ck_assert_int_eq(poll(&fd, 1, 20000), 1);
}

static struct mp__op op_on(enum mp__operation code, struct mp_process *p)
{
	return (struct mp__op){ .code = code, .object = p->id, .ref = p->ref,
				.self = p, .until = MP_FOREVER };
}

/* ---- one scenario an operation ---- */

/* No state makes them wait. */
static void never_waits(enum mp__operation code)
{
	struct mp_process *p = mp_Process();
	struct mp__op op = op_on(code, p);

	op.argument = SIGCONT;
	if (code == MP__OP_SIGNAL || code == MP__OP_EXITCODE) {
		mp_process_destroy(p);
		p = start_waiting();
		op = op_on(code, p);
		op.argument = SIGCONT;
		assert_agree(&op, true);
		gate_open(&gate);
		wait_until_dead(p);
		assert_agree(&op, true);
		mp_process_join(p, MP_FOREVER);
	}
	assert_agree(&op, true);
	assert_agree(&op, true);
}

static void starts(enum mp__operation code)
{
	struct mp_process *p = mp_Process();
	struct mp__op op = op_on(code, p);

	assert_agree(&op, true);
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
}

static void joins(enum mp__operation code)
{
	struct mp_process *p = start_waiting();
	struct mp__op op = op_on(code, p);

	assert_agree(&op, false);
	gate_open(&gate);
	wait_until_dead(p);
	assert_agree(&op, true);	/* a zombie until now */
	ck_assert_int_eq(op.a, 0);
	assert_agree(&op, true);	/* reaped */
}

static void sleeps(enum mp__operation code)
{
	struct mp__op op = { .code = code, .argument = mp__now() + HOUR_NS,
			     .until = MP_FOREVER };

	assert_agree(&op, false);
	op.argument = mp__now();
	assert_agree(&op, true);
}

/* `exit` does not come back: a child tries. */
static void leaves(enum mp__operation code)
{
	struct mp__op op = { .code = code, .argument = 5,
			     .until = MP_FOREVER };

	ck_assert(observer_guard(&op));
	pid_t pid = mp__fork();
	if (pid == 0) {
		mp__this.is_child = true;
		mp__this.children = NULL;
		mp__op_row(code)->try(&op);
		_exit(99);
	}
	int status;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 5);
}

#define PARENT_TRIES 5

/* A grandchild of the test joins its parent; it tells the test what it tries,
 * and how that went. */
static int try_to_join_parent(struct mp_call *call)
{
	struct mp_process *parent = mp_parent_process();
	struct mp__op op = op_on(MP__OP_PARENT_JOIN, parent);

	(void)call;
	gate_tell(&answer, op.object);
	gate_tell(&answer, op.ref);
	for (int i = 0; i < PARENT_TRIES && gate_wait(&gate); i++)
		gate_tell(&answer, mp__op_row(op.code)->try(&op));
	return 0;
}

/* Not at the gate: there it would take what is meant for the grandchild. */
static int wait_for_third(struct mp_call *call)
{
	(void)call;
	gate_wait(&third);
	return 0;
}

static int start_and_die(struct mp_call *call)
{
	struct mp_process *p = mp_Process(.target = try_to_join_parent);

	(void)call;
	mp_process_start(p);
	gate_wait(&third);
	_exit(0);
}

static void assert_parent(struct mp__op *op, bool could)
{
	ck_assert_int_eq(observer_guard(op), could);
	gate_open(&gate);
	long outcome = gate_hear(&answer);
	ck_assert_int_ne(outcome, GATE_SILENCE);
	ck_assert_int_eq(outcome != MP__WOULD_BLOCK, could);
}

static void joins_parent(enum mp__operation code)
{
	struct mp_process *p = mp_Process(.target = start_and_die);
	struct mp__op op = { .code = code, .until = MP_FOREVER };

	mp_process_start(p);
	op.object = (uint32_t)gate_hear(&answer);
	op.ref = (mp__ref)gate_hear(&answer);
	ck_assert_uint_eq(op.ref, p->ref);
	assert_parent(&op, false);
	gate_open(&third);
	wait_until_dead(p);
	assert_parent(&op, true);
	mp_process_join(p, MP_FOREVER);
	assert_parent(&op, true);
	/* Its object is given up, and its memory is another process's. */
	mp_process_destroy(p);
	assert_parent(&op, true);
	p = mp_Process(.target = wait_for_third);
	mp_process_start(p);
	ck_assert_uint_eq(p->ref, op.ref);
	assert_parent(&op, true);
	gate_open(&third);
	mp_process_join(p, MP_FOREVER);
}

#define OF_OTHER_COMPONENTS 20

static void (*const scenarios[OF_OTHER_COMPONENTS])(enum mp__operation) = {
	[MP__OP_START] = starts,
	[MP__OP_JOIN] = joins,
	[MP__OP_IS_ALIVE] = never_waits,
	[MP__OP_SIGNAL] = never_waits,
	[MP__OP_CLOSE] = never_waits,
	[MP__OP_EXITCODE] = never_waits,
	[MP__OP_ACTIVE_CHILDREN] = never_waits,
	[MP__OP_SLEEP] = sleeps,
	[MP__OP_EXIT_JOIN] = joins,
	[MP__OP_PARENT_JOIN] = joins_parent,
	[MP__OP_EXIT] = leaves,
};

START_TEST(guard_and_try_agree_in_every_state)
{
	enum mp__operation code = (enum mp__operation)_i;

	if (!mp__op_row(code) || code >= OF_OTHER_COMPONENTS)
		return;		/* those have their scenarios themselves */
	ck_assert_msg(scenarios[code] != NULL, "no scenario for %s",
		      mp__op_row(code)->name);
	scenarios[code](code);
}
END_TEST

static void has_effect(uint32_t kind, enum trace_effect effect)
{
	if (kind)
		ck_assert_int_eq(trace_kind_row(kind)->effect, effect);
}

/* What does not wait must not be told as the end of a wait, or the trace contradicts
 * itself. */
START_TEST(events_of_an_operation_begin_and_end_its_wait)
{
	for (uint32_t code = 1; code < MP__OP_COUNT; code++) {
		const struct mp__op_row *row = mp__op_row(code);

		if (!row)
			continue;
		has_effect(row->now, TRACE_SAME);
		has_effect(row->wait, TRACE_ENTER);
		has_effect(row->done, TRACE_LEAVE);
		has_effect(row->timeout, TRACE_LEAVE);
	}
}
END_TEST

/* ---- time, and what is announced ---- */

START_TEST(what_is_past_its_deadline_can_go_on)
{
	struct mp_process *p = start_waiting();

	for (uint32_t code = 1; code < MP__OP_COUNT; code++) {
		struct mp__op op = op_on((enum mp__operation)code, p);
		if (!mp__op_row(code))
			continue;
		op.until = mp__now();
		ck_assert(observer_guard(&op));
		op.until = MP_NOW;
		ck_assert(observer_guard(&op));
	}
	struct mp__op join = op_on(MP__OP_JOIN, p);
	join.until = mp__now() + HOUR_NS;
	ck_assert(!observer_guard(&join));
	struct observer_question later = { observer_pending(&join), join.until, 0 };
	ck_assert(observer_ask(&later));
	later.now--;
	ck_assert(!observer_ask(&later));
	/* And that is what happens: the operation ends with a timeout. */
	join.until = mp__now();
	ck_assert_int_eq(mp__perform(&join), MP_ETIMEOUT);
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
}
END_TEST

START_TEST(what_is_unknown_or_nothing_can_go_on)
{
	struct mp__op op = { .code = MP__OP_NONE };

	ck_assert(observer_guard(&op));
	op.code = MP__OP_COUNT;
	ck_assert(observer_guard(&op));
}
END_TEST

static int join_another(struct mp_call *call)
{
	struct mp_process *p = mp_Process(.target = wait_at_gate);

	(void)call;
	mp_process_start(p);
	gate_tell(&answer, mp__agent() - mp__arena->agents + 1);
	mp_process_join(p, MP_FOREVER);
	gate_open(&answer);
	return 0;
}

START_TEST(what_an_agent_waits_for_is_seen_from_outside)
{
	struct mp_process *p = mp_Process(.target = join_another);
	struct observer_question question = { .now = mp__now() };

	mp_process_start(p);
	question.agent = (uint32_t)gate_hear(&answer);
	struct mp__agent_shm *agent = &mp__arena->agents[question.agent - 1];
	while (atomic_load(&agent->state) != MP__AGENT_WAITING)
		sched_yield();
	ck_assert_uint_eq(agent->pending.operation, MP__OP_JOIN);
	ck_assert_int_eq(agent->pid, mp_process_pid(p));
	ck_assert_int_le(agent->pending.since_ns, mp__now());
	ck_assert(!observer_ask(&question));
	gate_open(&gate);
	ck_assert(gate_wait(&answer));
	while (atomic_load(&agent->state) == MP__AGENT_WAITING)
		sched_yield();
	ck_assert(observer_ask(&question));
	mp_process_join(p, MP_FOREVER);
}
END_TEST

/* ---- the suite ---- */

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	gate_make(&gate);
	gate_make(&answer);
	gate_make(&third);
	observer_start();
}

static void tear_down(void)
{
	gate_close(&gate);
	gate_close(&answer);
	gate_close(&third);
	observer_stop();
}

static Suite *guard_suite(void)
{
	Suite *suite = suite_create("guard");
	TCase *tc = tcase_create("guard");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, guard_and_try_agree_in_every_state, 1,
			    OF_OTHER_COMPONENTS);
	tcase_add_test(tc, events_of_an_operation_begin_and_end_its_wait);
	tcase_add_test(tc, what_is_past_its_deadline_can_go_on);
	tcase_add_test(tc, what_is_unknown_or_nothing_can_go_on);
	tcase_add_test(tc, what_an_agent_waits_for_is_seen_from_outside);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(guard_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
