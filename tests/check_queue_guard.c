/* tests/check_queue_guard.c - the guards of queues
 *
 * What a process that only maps the arena says of one that waits must be what that
 * one then does. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "arena/arena.h"
#include "mp.h"
#include "queues/queue.h"
#include "tests/support/children.h"
#include "tests/support/observer.h"
#include "tests/support/waiting.h"

static struct mp_process *start(mp_target target, struct mp_queue *queue)
{
	struct mp_process *p = mp_Process(.target = target,
					  .args = mp_tuple(queue));

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

static void finish(struct mp_process *p)
{
	mp_process_join(p, mp_after(20));
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
}

static struct mp_queue *queue_of(struct mp_call *call)
{
	struct mp_queue *queue;

	return mp_bind(call, "queue", &queue) < 0 ? NULL : queue;
}

static long get_long(struct mp_queue *queue, int64_t until)
{
	struct mp_value *value = mp_queue_get(queue, until);
	long number = -1;

	if (!value)
		return mp_error_code();
	mp_value_as_long(value, &number);
	mp_value_unref(value);
	return number;
}

/* ---- guards: one waits and is stopped; the observer says whether it could go on ---- */

static uint32_t waiting_agent(pid_t pid, enum mp__operation code)
{
	for (uint32_t i = 0; i < MP__AGENT_SLOTS; i++) {
		const struct mp__agent_shm *agent = &mp__arena->agents[i];
		if (atomic_load(&agent->id) && agent->pid == pid
		    && atomic_load(&agent->pending.operation) == code)
			return i + 1;
	}
	return 0;
}

/* Stopped where it waits, so that it cannot go on before it has been asked about. */
static struct observer_question stop_in(struct mp_process *p,
					enum mp__operation code)
{
	struct observer_question question = { .now = 1 };

	waiting_in(p, code);
	kill(mp_process_pid(p), SIGSTOP);
	question.agent = waiting_agent(mp_process_pid(p), code);
	ck_assert_uint_ne(question.agent, 0);
	return question;
}

static void let_go(struct mp_process *p)
{
	kill(mp_process_pid(p), SIGCONT);
}

static int get_one(struct mp_call *call)
{
	gate_tell(&answer, get_long(queue_of(call), MP_FOREVER));
	return 0;
}

START_TEST(get_can_go_on_when_an_item_is_there)
{
	struct mp_queue *queue = mp_SimpleQueue();
	struct mp_process *p = start(get_one, queue);
	struct observer_question question = stop_in(p, MP__OP_QUEUE_GET);

	ck_assert(!observer_ask(&question));
	mp_queue_put(queue, mp_value(7), MP_FOREVER);
	ck_assert(observer_ask(&question));
	let_go(p);
	ck_assert_int_eq(gate_hear(&answer), 7);
	finish(p);
	/* Behind one who has the read lock nobody can. */
	p = start(get_one, queue);
	waiting_in(p, MP__OP_QUEUE_GET);
	struct mp_process *q = start(get_one, queue);
	question = stop_in(q, MP__OP_QUEUE_GET);
	stop_in(p, MP__OP_QUEUE_GET);
	mp_queue_put(queue, mp_value(8), MP_FOREVER);
	ck_assert(!observer_ask(&question));
	let_go(p);
	ck_assert_int_eq(gate_hear(&answer), 8);
	finish(p);
	ck_assert(!observer_ask(&question));
	mp_queue_put(queue, mp_value(9), MP_FOREVER);
	ck_assert(observer_ask(&question));
	let_go(q);
	ck_assert_int_eq(gate_hear(&answer), 9);
	finish(q);
	mp_queue_destroy(queue);
}
END_TEST

static int put_two(struct mp_call *call)
{
	struct mp_queue *queue = queue_of(call);

	for (long i = 1; i <= 2; i++)
		if (mp_queue_put(queue, mp_value(i), MP_FOREVER) < 0)
			return mp_raise();
	return 0;
}

START_TEST(put_can_go_on_when_a_slot_is_free)
{
	struct mp_queue *queue = mp_Queue(1);
	struct mp_process *p = start(put_two, queue);

	/* Its feeder has done all it can before the process is stopped. */
	waiting_in(p, MP__OP_QUEUE_PUT);
	while (mp_queue_empty(queue))
		mp_sleep(0.001);
	struct observer_question question = stop_in(p, MP__OP_QUEUE_PUT);
	ck_assert(!observer_ask(&question));
	ck_assert_int_eq(get_long(queue, MP_FOREVER), 1);
	ck_assert(observer_ask(&question));
	let_go(p);
	ck_assert_int_eq(get_long(queue, MP_FOREVER), 2);
	finish(p);
	mp_queue_destroy(queue);
}
END_TEST

/* One that is asked directly: what is written is known. */
START_TEST(writing_can_go_on_when_its_frame_fits)
{
	struct mp_queue *queue = mp_SimpleQueue();
	static char bytes[2 * MP__RING_BYTES_SHARED];
	struct mp__frame frame = { MP__RING_BYTES_SHARED / 2, 1 };
	struct mp__queue_job job = {
		.queue = queue, .bytes = bytes,
		.length = sizeof(frame) + frame.length, .is_quiet = true };
	struct mp__op op = {
		.code = MP__OP_SIMPLE_PUT, .object = queue->head.id,
		.ref = mp__object_ref(queue), .self = &job,
		.until = MP_FOREVER,
		.argument = (int64_t)((uint64_t)job.length << 32
				      | mp__self.id) };
	void *got;
	size_t size;

	memcpy(bytes, &frame, sizeof(frame));
	assert_agree(&op, true);
	job.done = 0;
	assert_agree(&op, false);
	assert_agree(&op, false);
	ck_assert(job.has_lock);
	ck_assert_int_eq(mp_queue_get_bytes(queue, &got, &size, MP_NOW), 0);
	free(got);
	assert_agree(&op, true);
	/* Somebody else writes. */
	queue->write_lock.word = 77777;
	job.done = 0;
	op.argument = (int64_t)(UINT64_C(1) << 32 | mp__self.id);
	assert_agree(&op, false);
	queue->write_lock.word = 0;
	mp_queue_destroy(queue);
}
END_TEST

START_TEST(join_can_go_on_when_no_task_is_left)
{
	struct mp_queue *queue = mp_JoinableQueue();
	struct mp__op op = { .code = MP__OP_QUEUE_JOIN,
			     .object = queue->head.id,
			     .ref = mp__object_ref(queue), .self = queue,
			     .until = MP_FOREVER };

	assert_agree(&op, true);
	mp_queue_put(queue, mp_value(1), MP_FOREVER);
	assert_agree(&op, false);
	get_long(queue, MP_FOREVER);
	assert_agree(&op, false);
	mp_queue_task_done(queue);
	assert_agree(&op, true);
	mp_queue_destroy(queue);
}
END_TEST

START_TEST(a_feeder_can_go_on_when_something_is_buffered)
{
	mp__ref ref = mp__arena_alloc(sizeof(struct mp__feeder_shm));
	struct mp__feeder_shm *feeder = mp__at(ref);
	struct mp__op idle = { .code = MP__OP_FEEDER_IDLE, .ref = ref,
			       .until = MP_FOREVER };
	struct mp__op flush = { .code = MP__OP_QUEUE_FLUSH, .ref = ref,
				.until = MP_FOREVER };

	assert_agree(&idle, false);
	assert_agree(&flush, false);
	feeder->buffered = 1;
	assert_agree(&idle, true);
	feeder->buffered = 0;
	feeder->quits = 1;
	assert_agree(&idle, true);
	feeder->is_over = 1;
	assert_agree(&flush, true);
	mp__arena_free(ref, sizeof(*feeder));
}
END_TEST

START_TEST(looking_and_task_done_never_wait)
{
	static const enum mp__operation codes[] = { MP__OP_QUEUE_LOOK,
						    MP__OP_TASK_DONE };
	struct mp_queue *queue = mp_JoinableQueue();

	for (size_t i = 0; i < 2; i++) {
		struct mp__op op = { .code = codes[i],
				     .object = queue->head.id,
				     .ref = mp__object_ref(queue),
				     .self = queue, .until = MP_FOREVER };
		assert_agree(&op, true);
	}
	mp_queue_destroy(queue);
}
END_TEST

/* ---- the suite ---- */

static void set_up(void)
{
	children_begin();
	observer_start();
}

static void tear_down(void)
{
	observer_stop();
	children_end();
}

static Suite *queue_guard_suite(void)
{
	Suite *suite = suite_create("queue_guard");
	TCase *tc = tcase_create("queue_guard");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, get_can_go_on_when_an_item_is_there);
	tcase_add_test(tc, put_can_go_on_when_a_slot_is_free);
	tcase_add_test(tc, writing_can_go_on_when_its_frame_fits);
	tcase_add_test(tc, join_can_go_on_when_no_task_is_left);
	tcase_add_test(tc, a_feeder_can_go_on_when_something_is_buffered);
	tcase_add_test(tc, looking_and_task_done_never_wait);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(queue_guard_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
