/* tests/check_stuck_dead.c - what the dead had, and others wait for: it is said so
 *
 * In each program a process has something and is killed, and another one then waits
 * for it while the first goes on; so nothing is a deadlock but that. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mp.h"
#include "queues/queue.h"
#include "synchronize/lock.h"
#include "tests/support/gate.h"
#include "tests/support/rerun.h"
#include "tests/support/waiting.h"
#include "traces/check.h"

static struct mp_lock *lock;
static struct mp_queue *queue;
static struct mp_barrier *barrier;
static struct gate done;

#define LARGE ((size_t)1 << 20)

static int get_one(struct mp_call *call)
{
	(void)call;
	mp_value_unref(mp_queue_get(queue, MP_FOREVER));
	gate_open(&done);
	return 0;
}

static int get_and_stay(struct mp_call *call)
{
	get_one(call);
	mp_sleep(100);
	return 0;
}

static int put_large(struct mp_call *call)
{
	static char bytes[LARGE];

	(void)call;
	mp_queue_put_bytes(queue, bytes, LARGE, MP_FOREVER);
	mp_sleep(100);
	return 0;
}

static int put_one(struct mp_call *call)
{
	(void)call;
	mp_queue_put(queue, mp_value(1), MP_FOREVER);
	return 0;
}

static int join_queue(struct mp_call *call)
{
	(void)call;
	mp_queue_join(queue);
	return 0;
}

static int acquire(struct mp_call *call)
{
	(void)call;
	mp_lock_acquire(lock, MP_FOREVER);
	return 0;
}

static int acquire_and_stay(struct mp_call *call)
{
	acquire(call);
	gate_open(&done);
	mp_sleep(100);
	return 0;
}

/* Killed between taking it and saying so: nobody was told. */
static int take_silently(struct mp_call *call)
{
	(void)call;
	mp__mutex_take(&lock->mutex, false);
	gate_open(&done);
	mp_sleep(100);
	return 0;
}

static int read_silently(struct mp_call *call)
{
	(void)call;
	mp__mutex_take(&queue->read_lock, false);
	gate_open(&done);
	mp_sleep(100);
	return 0;
}

static int meet(struct mp_call *call)
{
	(void)call;
	mp_barrier_wait(barrier, MP_FOREVER);
	return 0;
}

/* ---- the programs ---- */

static struct mp_process *start(mp_target target)
{
	struct mp_process *p = mp_Process(.target = target);

	mp_process_start(p);
	return p;
}

static void let_wait(struct mp_process *p, enum mp__operation operation)
{
	while (!is_waiting_in(p, operation))
		mp_sleep(0.001);
}

static void end(struct mp_process *p)
{
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
}

/* One waits; the main process goes on until the test has seen what it wants. */
static int stay(struct mp_process *p)
{
	printf("%d\n", mp_process_pid(p));
	fflush(stdout);
	for (;;)
		mp_sleep(0.02);
	return 0;
}

static int program_lock(const char *unused)
{
	(void)unused;
	lock = mp_Lock(.name = "key");
	struct mp_process *p = start(take_silently);
	gate_wait(&done);
	end(p);
	return stay(start(acquire));
}

static int program_permit(const char *unused)
{
	(void)unused;
	lock = mp_Semaphore(1, .name = "key");
	struct mp_process *p = start(acquire_and_stay);
	gate_wait(&done);
	end(p);
	return stay(start(acquire));
}

static int program_reader(const char *kind)
{
	queue = *kind == 's' ? mp_SimpleQueue(.name = "shelf")
			     : mp_Queue(.name = "shelf");
	struct mp_process *p = start(get_one);
	let_wait(p, MP__OP_QUEUE_GET);
	end(p);
	return stay(start(get_one));
}

static int program_silent_reader(const char *unused)
{
	(void)unused;
	queue = mp_JoinableQueue(.name = "shelf");
	mp_queue_put(queue, mp_value(1), MP_FOREVER);
	struct mp_process *p = start(read_silently);
	gate_wait(&done);
	end(p);
	return stay(start(get_one));
}

static int program_writer(const char *kind)
{
	enum mp__operation op = *kind == 's' ? MP__OP_SIMPLE_PUT
					     : MP__OP_FEEDER_WRITE;

	queue = *kind == 's' ? mp_SimpleQueue(.name = "shelf")
			     : mp_Queue(.name = "shelf");
	struct mp_process *p = start(put_large);
	let_wait(p, op);
	end(p);
	return stay(start(put_one));
}

static int program_task(const char *unused)
{
	(void)unused;
	queue = mp_JoinableQueue(.name = "shelf");
	mp_queue_put(queue, mp_value(1), MP_FOREVER);
	struct mp_process *p = start(get_and_stay);
	gate_wait(&done);
	struct mp_process *joins = start(join_queue);
	let_wait(joins, MP__OP_QUEUE_JOIN);
	end(p);
	return stay(joins);
}

/* What a feeder had not moved is gone with it, and nobody will deal with that. */
static int program_lost(const char *unused)
{
	(void)unused;
	queue = mp_JoinableQueue(.name = "shelf");
	struct mp_process *p = start(put_large);
	let_wait(p, MP__OP_FEEDER_WRITE);
	struct mp_process *more = start(put_one);
	let_wait(more, MP__OP_FEEDER_WRITE);
	end(p);
	return stay(more);
}

static int program_barrier(const char *unused)
{
	(void)unused;
	barrier = mp_Barrier(2, .name = "gate");
	struct mp_process *p = start(meet);
	let_wait(p, MP__OP_BARRIER_WAIT);
	end(p);
	mp_barrier_wait(barrier, MP_FOREVER);
	return stay(start(meet));
}

static const struct rerun_program programs[] = {
	{ "barrier", program_barrier },
	{ "lock", program_lock },
	{ "lost", program_lost },
	{ "permit", program_permit },
	{ "reader", program_reader },
	{ "silent_reader", program_silent_reader },
	{ "task", program_task },
	{ "writer", program_writer },
	{ NULL, NULL }
};

/* ---- what is said of them ---- */

/* What happened, and what the lane of the object shows. */
static const struct {
	const char *program, *argument, *state;
} cases[] = {
	{ "lock", "-", "held by the dead" },
	{ "permit", "-", "held by the dead" },
	{ "reader", "queue", "held by the dead" },
	{ "reader", "simple", "held by the dead" },
	{ "silent_reader", "-", "held by the dead" },
	{ "writer", "queue", "held by the dead" },
	{ "writer", "simple", "held by the dead" },
	{ "task", "-", "empty" },
	{ "lost", "-", "held by the dead" },
	{ "barrier", "-", "-" },
};
#define CASES ((int)(sizeof(cases) / sizeof(*cases)))

#define CLAIM "SELECT d.kind, p.name FROM deadlock AS d JOIN deadlock_edge" \
	" AS e ON e.deadlock_id = d.id JOIN agent AS a" \
	" ON a.id = e.holder_agent_id JOIN process AS p ON p.id = a.process_id" \
	" WHERE d.cleared_ns IS NULL"

static void wait_for_claim(const struct rerun *run)
{
	for (int i = 0; i < 2000; i++) {
		if (strcmp(rerun_ask(run, CLAIM), "dead|Process-1") == 0)
			return;
		usleep(10000);
	}
	ck_abort_msg("nothing was claimed: %s",
		     rerun_ask(run, "SELECT * FROM deadlock"));
}

static void complain(void *unused, const struct trace_violation *violation)
{
	(void)unused;
	if (!violation->invariant.is_warning)
		fprintf(stderr, "%s: %s\n", violation->invariant.name,
			violation->what);
}

static const struct trace_checker checker = { .violated = complain };

START_TEST(who_waits_for_what_the_dead_had_is_told_so)
{
	struct rerun run;
	int pid;

	rerun_begin(&run);
	rerun_start(&run, run.trace, cases[_i].program, cases[_i].argument);
	FILE *out = fdopen(dup(run.out_fd), "r");
	ck_assert_int_eq(fscanf(out, "%d", &pid), 1);
	fclose(out);
	wait_for_claim(&run);
	if (strcmp(cases[_i].state, "-") != 0)
		ck_assert_str_eq(rerun_ask(&run, "SELECT k.name FROM object_use"
					   " AS u JOIN state_kind AS k"
					   " ON k.id = u.state"
					   " JOIN object AS o"
					   " ON o.id = u.object_id"
					   " WHERE o.name IN ('key', 'shelf')"),
				 cases[_i].state);
	kill(run.pid, SIGKILL);
	kill(pid, SIGKILL);
	rerun_finish(&run);
	char error[256] = "";
	ck_assert_msg(trace_check(run.trace, &checker, error, sizeof(error))
			      == 0, "%s", error);
	rerun_end(&run);
}
END_TEST

/* ---- the suite ---- */

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

static Suite *stuck_dead_suite(void)
{
	Suite *suite = suite_create("stuck_dead");
	TCase *tc = tcase_create("stuck_dead");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_loop_test(tc, who_waits_for_what_the_dead_had_is_told_so, 0,
			    CASES);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(int argc, char **argv)
{
	gate_make(&done);
	int status = rerun_be(argc, argv, programs);

	if (status >= 0)
		return status;
	SRunner *runner = srunner_create(stuck_dead_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
