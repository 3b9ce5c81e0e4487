/* check_pool_scribble.c - a worker that writes where it should not harms its pool at most
 *
 * A task does what a stray pointer might: it changes what all processes of the pool
 * share. The main process must not believe it, and everybody who waits must be told. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "pool/pool.h"
#include "tests/support/children.h"
#include "tests/support/pool_tasks.h"

enum how {
	HUGE_SIZE,		/* a result that is longer than what is there */
	HALF_A_FRAME,
	FAR_AHEAD,		/* more results than the ring can hold */
	BLOCK_OUTSIDE,		/* a result that lies outside of what is shared */
	BLOCK_OF_ANOTHER,	/* or in what is no result */
	ANOTHERS_TASK,		/* of a task that never was */
	NO_CODE,
	TASK_RING,		/* the next task is longer than any */
	ITS_OWN_PLACE,		/* in the table of workers */
	HOWS
};

static struct mp_pool *pool;

static void begin(void)
{
	children_begin();
	pool = NULL;
}

static void end(void)
{
	mp_pool_destroy(pool);
	ck_assert_uint_eq(mp_active_children(NULL, 0), 0);
	children_end();
}

/* ---- in a worker ---- */

static struct mp__worker_shm *place_of(const struct mp__pool_shm *shm)
{
	for (uint32_t i = 0; i < shm->size; i++)
		if (mp__pool_worker(shm, i)->agent == mp__self.id)
			return mp__pool_worker(shm, i);
	abort();
}

static void put(struct mp__pool_shm *shm, const void *bytes, size_t size)
{
	struct mp__ring_shm *ring = mp__at(shm->results);

	while (!mp__mutex_take(&shm->result_lock, false))
		;
	mp__ring_put(ring, ring->written, bytes, size);
	atomic_fetch_add(&ring->written, size);
	mp__mutex_give(&shm->result_lock);
}

static void scribble_result(struct mp__pool_shm *shm, enum how how)
{
	struct mp__result_frame frame = { .id = place_of(shm)->task };
	struct mp__ring_shm *ring = mp__at(shm->results);

	switch (how) {
	case HUGE_SIZE:
		frame.size = 1u << 30;
		break;
	case BLOCK_OUTSIDE:
		frame.block = UINT32_MAX - 1;
		frame.block_bytes = 100000;
		break;
	case BLOCK_OF_ANOTHER:
		frame.block = mp__object_ref(shm);
		frame.block_bytes = 20000;
		break;
	case ANOTHERS_TASK:
		frame.id = MP__TASK_ID(1000000, 17);
		break;
	case NO_CODE:
		frame.code = 12;
		break;
	case FAR_AHEAD:
		atomic_fetch_add(&ring->written, 1u << 20);
		return;
	default:
		break;
	}
	put(shm, &frame, how == HALF_A_FRAME ? 7 : sizeof(frame));
}

static struct mp_value *scribble(struct mp_call *call)
{
	struct mp__pool_shm *shm;
	struct mp__ring_shm *ring;
	uint32_t huge = 1u << 30;
	long ref, how;

	if (mp_bind(call, "ref how", &ref, &how) < 0)
		return NULL;
	shm = mp__at((mp__ref)ref);
	ring = mp__at(shm->tasks);
	gate_tell(&answer, 1);
	gate_wait(&gate);
	if (how == TASK_RING) {
		mp__ring_put(ring, ring->read, &huge, sizeof(huge));
		return mp_none();
	}
	if (how != ITS_OWN_PLACE) {
		scribble_result(shm, (enum how)how);
		for (;;)
			pause();	/* it is ended */
	}
	memset(place_of(shm), 0xff, sizeof(struct mp__worker_shm));
	raise(SIGKILL);
	return NULL;
}

/* ---- in the test ---- */

static struct mp_async_result *scribble_as(long how)
{
	long ref = mp__object_ref(pool->shm);
	struct mp_async_result *result =
		mp_pool_apply_async(pool, scribble, mp_tuple(ref, how));

	ck_assert_int_eq(gate_hear(&answer), 1);
	return result;
}

static void assert_spoilt(struct mp_async_result *result)
{
	ck_assert_ptr_null(mp_async_result_get(result, mp_after(30)));
	ck_assert_int_eq(mp_error_code(), MP_EWORKER);
	ck_assert_msg(strstr(mp_error_message(), "where it should not"), "%s",
		      mp_error_message());
}

/* What had not begun is done as if nothing had been. */
START_TEST(what_makes_no_sense_fails_what_is_under_way)
{
	pool = mp_Pool(1);
	struct mp_async_result *result = scribble_as(_i);
	struct mp_async_result *next =
		mp_pool_apply_async(pool, task_square, mp_tuple(7));
	gate_open(&gate);
	if (_i == TASK_RING)
		assert_spoilt(next);
	else
		assert_spoilt(result);
	if (_i != TASK_RING)
		assert_value(mp_async_result_get(next, mp_after(30)), "49");
	assert_value(mp_pool_map(pool, task_square, mp_list(1, 2, 3)),
		     "[1, 4, 9]");
	mp_pool_close(pool);
	ck_assert_int_eq(mp_pool_join(pool), 0);
}
END_TEST

/* Nobody knows who it was: all are replaced, and what they did is lost. */
START_TEST(others_are_told_as_well)
{
	struct mp_process *workers[3];
	pid_t before[3];

	pool = mp_Pool(3);
	struct mp_async_result *others[2];
	for (int i = 0; i < 2; i++) {
		others[i] = mp_pool_apply_async(pool, task_forever, mp_tuple(i));
		ck_assert_int_gt(gate_hear(&answer), 0);
	}
	ck_assert_uint_eq(mp_active_children(workers, 3), 3);
	for (int i = 0; i < 3; i++)
		before[i] = mp_process_pid(workers[i]);
	struct mp_async_result *result = scribble_as(HUGE_SIZE);
	struct mp_async_result *waiting = mp_pool_map_async(
		pool, task_square, numbers(2000), .chunksize = 1);
	gate_open(&gate);
	assert_spoilt(result);
	for (int i = 0; i < 2; i++)
		assert_spoilt(others[i]);
	struct mp_value *squares = mp_async_result_get(waiting, mp_after(30));
	ck_assert_msg(squares, "%s", mp_error_message());
	ck_assert_int_eq(mp_value_length(squares), 2000);
	mp_value_unref(squares);
	for (size_t i = mp_active_children(workers, 3); i-- > 0;)
		for (int k = 0; k < 3; k++)
			ck_assert_int_ne(mp_process_pid(workers[i]), before[k]);
}
END_TEST

START_TEST(it_can_be_ended_meanwhile)
{
	pool = mp_Pool(2);
	struct mp_async_result *result = scribble_as(HUGE_SIZE);
	gate_open(&gate);
	ck_assert_int_eq(mp_pool_terminate(pool), 0);
	ck_assert_ptr_null(mp_async_result_get(result, MP_FOREVER));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool_scribble");
	TCase *tcase = tcase_create("scribble");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_loop_test(tcase, what_makes_no_sense_fails_what_is_under_way,
			    0, HOWS);
	tcase_add_test(tcase, others_are_told_as_well);
	tcase_add_test(tcase, it_can_be_ended_meanwhile);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
