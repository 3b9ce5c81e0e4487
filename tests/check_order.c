/* tests/check_order.c - order, where the kernel's choice would show it once in a
 * thousand runs */
#include <check.h>
#include <stdlib.h>

#include "companion/recorder.h"
#include "tests/support/recorded.h"
#include "traces/intake.h"
#include "traces/store.h"

static struct trace_store *store;
static struct trace_intake *intake;

static void open_store(void)
{
	char error[256];

	rerun_begin(&run);
	ck_assert_int_eq(trace_store_create(run.trace, &store, error,
					    sizeof(error)), 0);
	trace_store_begin(store);
	intake = trace_intake_new(store, 0);
}

static void close_store(void)
{
	trace_intake_finish(intake, 1000000);
	ck_assert_int_eq(trace_intake_commit(intake), 0);
	trace_intake_free(intake);
	trace_store_close(store, true);
}

static void add_tick(uint32_t agent, uint64_t index, uint64_t t_ns)
{
	struct trace_slot slot = { .t_ns = t_ns, .kind = TRACE_TICK };
	struct trace_run one = { agent, 0, index, &slot, 1 };

	ck_assert_int_eq(trace_intake_add(intake, &one), 0);
}

/* Agent 1 has nothing more before the watermark, agent 2 has. */
START_TEST(a_death_does_not_overtake_what_was_before_it)
{
	open_store();
	add_tick(1, 0, 10);
	add_tick(1, 1, 100);
	add_tick(2, 0, 20);
	add_tick(2, 1, 30);
	ck_assert_int_eq(trace_intake_died(intake, 9, 40, 0, false), 0);
	while (trace_intake_emit(intake, 50, 4096))
		;
	close_store();
	assert_answer("SELECT t_ns, kind FROM event ORDER BY seq",
		      "10|12\n20|12\n30|12\n40|36\n100|12");
}
END_TEST

static void fill_chunk(struct trace_ring *ring, uint32_t number)
{
	struct trace_chunk *chunk = (struct trace_chunk *)(
		(char *)ring + TRACE_RING_HEADER_BYTES
		+ (size_t)number * TRACE_CHUNK_BYTES);

	chunk->serial = (uint64_t)number * TRACE_CHUNK_SLOTS;
	for (uint32_t i = 0; i < TRACE_CHUNK_SLOTS; i++)
		chunk->slots[i] = (struct trace_slot){
			.t_ns = chunk->serial + i + 1, .kind = TRACE_TICK,
			.a = (int64_t)(chunk->serial + i),
		};
	chunk->head = TRACE_CHUNK_SLOTS;
	chunk->flags = TRACE_CHUNK_FULL;
	chunk->owner = 7;
}

/* A pass is interrupted after it has looked at chunk 0, and goes on when its
 * writer has filled it and all the others. */
START_TEST(chunks_wait_for_the_one_before_them)
{
	enum { CHUNKS = 16 };
	struct trace_ring *ring = calloc(CHUNKS + 1, TRACE_CHUNK_BYTES);
	struct mp__rings rings;

	open_store();
	ring->chunk_count = CHUNKS;
	ck_assert_int_eq(mp__rings_init(&rings, ring), 0);
	for (uint32_t i = 1; i < CHUNKS; i++)
		fill_chunk(ring, i);
	mp__rings_look(&rings, intake);
	ck_assert_int_eq(mp__rings_feed(&rings, intake), 0);
	fill_chunk(ring, 0);
	mp__rings_look(&rings, intake);
	ck_assert_int_eq(mp__rings_feed(&rings, intake), 0);
	mp__rings_finish(&rings);
	close_store();
	assert_answer("SELECT count(*) = 16 * 510, sum(seq <> a + 1)"
		      " FROM event WHERE kind = 12", "1|0");
	free(ring);
}
END_TEST

/* ---- the suite ---- */

static void tear_down(void)
{
	rerun_end(&run);
}

static Suite *order_suite(void)
{
	Suite *suite = suite_create("order");
	TCase *tc = tcase_create("order");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, NULL, tear_down);
	tcase_add_test(tc, a_death_does_not_overtake_what_was_before_it);
	tcase_add_test(tc, chunks_wait_for_the_one_before_them);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(order_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
