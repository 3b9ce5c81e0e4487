/* tests/check_arena.c - shared memory: handed out once, to whoever asks, and
 * back, whatever becomes of those who ask
 *
 * All tests share the arena of the process that runs them, so they count
 * differences. */
#include <check.h>
#include <signal.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena/arena.h"
#include "mp.h"
#include "tests/support/gate.h"

#define PROCESSES 8
#define ROUNDS 20000
#define HELD 64			/* blocks a process has at a time */

static uint64_t blocks(void)
{
	return atomic_load(&mp__arena->blocks);
}

static uint64_t end(void)
{
	return atomic_load(&mp__arena->end);
}

static size_t random_size(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	unsigned size = (*seed >> 8) % 4096;

	return *seed >> 28 ? size % 256 + 1 : size + 1;
}

/* ---- one process ---- */

START_TEST(what_is_given_back_is_not_counted)
{
	uint64_t before = blocks();
	mp__ref refs[100];

	for (size_t i = 0; i < 100; i++)
		refs[i] = mp__arena_alloc(i * 37 + 1);
	ck_assert_uint_eq(blocks(), before + 100);
	for (size_t i = 0; i < 100; i++)
		mp__arena_free(refs[i], i * 37 + 1);
	ck_assert_uint_eq(blocks(), before);
	mp__arena_free(0, 64);
	ck_assert_uint_eq(blocks(), before);
}
END_TEST

START_TEST(a_block_is_zeroed_also_when_used_before)
{
	static const unsigned char zeros[1000];

	for (int i = 0; i < 3; i++) {
		mp__ref ref = mp__arena_alloc(sizeof(zeros));
		ck_assert_uint_ne(ref, 0);
		ck_assert_uint_eq((uintptr_t)mp__at(ref) % MP__ARENA_UNIT, 0);
		ck_assert_mem_eq(mp__at(ref), zeros, sizeof(zeros));
		memset(mp__at(ref), 0xff, sizeof(zeros));
		mp__arena_free(ref, sizeof(zeros));
	}
}
END_TEST

/* Two sizes share blocks if, and only if, they are of one class: units of 64
 * bytes, rounded up to 1, 2, 3, 4, 6, 8, 12, 16, ... */
START_TEST(sizes_come_in_classes)
{
	static const uint64_t classes[] = { 1, 2, 3, 4, 6, 8, 12, 16, 24, 32,
					    48, 64, 96, 128 };
	uint64_t smaller = 0;

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		size_t least = smaller * 64 + 1, most = classes[i] * 64;
		uint64_t before = end();
		mp__ref ref = mp__arena_alloc(least);
		while (end() == before)	/* used before, by another test */
			ref = mp__arena_alloc(least);
		ck_assert_uint_eq(end() - before, classes[i]);
		mp__arena_free(ref, least);
		ck_assert_uint_eq(mp__arena_alloc(most), ref);
		mp__arena_free(ref, most);
		smaller = classes[i];
	}
}
END_TEST

START_TEST(the_last_given_back_is_the_first_used_again)
{
	mp__ref a = mp__arena_alloc(100), b = mp__arena_alloc(100);

	ck_assert_uint_ne(a, b);
	mp__arena_free(a, 100);
	mp__arena_free(b, 100);
	ck_assert_uint_eq(mp__arena_alloc(100), b);
	ck_assert_uint_eq(mp__arena_alloc(100), a);
}
END_TEST

START_TEST(too_much_is_a_memory_error)
{
	static const size_t sizes[] = { 0, (size_t)1 << 40, SIZE_MAX,
					SIZE_MAX - 62 };
	uint64_t before = blocks();

	for (size_t i = 1; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ck_assert_uint_eq(mp__arena_alloc(sizes[i]), 0);
		ck_assert_int_eq(mp_error_code(), MP_EMEMORY);
	}
	ck_assert_uint_eq(mp__arena_alloc(sizes[0]), 0);
	ck_assert_uint_eq(blocks(), before);
}
END_TEST

START_TEST(it_can_be_used_up_and_is_whole_afterwards)
{
	const size_t size = (size_t)1 << 22;
	mp__ref refs[1024];
	uint64_t before = blocks();
	int count = 0;

	while (count < 1024 && (refs[count] = mp__arena_alloc(size)))
		count++;
	ck_assert_int_gt(count, 0);
	ck_assert_int_lt(count, 1024);
	ck_assert_uint_ne(mp__arena_alloc(64), 0);	/* still some left */
	for (int i = 0; i < count; i++)
		mp__arena_free(refs[i], size);
	ck_assert_uint_eq(blocks(), before + 1);
	ck_assert_uint_ne(mp__arena_alloc(size), 0);
}
END_TEST

/* ---- several ---- */

struct held {
	mp__ref ref;
	uint32_t size;
};

static void fill(const struct held *held, uint32_t owner)
{
	uint32_t *words = mp__at(held->ref);

	for (uint32_t i = 0; i < (held->size + 3) / 4; i++)
		words[i] = owner ^ held->ref ^ i * 2654435761u;
}

static bool is_ours(const struct held *held, uint32_t owner)
{
	const uint32_t *words = mp__at(held->ref);

	for (uint32_t i = 0; i < (held->size + 3) / 4; i++)
		if (words[i] != (owner ^ held->ref ^ i * 2654435761u))
			return false;
	return true;
}

/* Takes and gives back; false if another process wrote into what is ours. */
static bool churn(uint32_t owner, unsigned rounds)
{
	struct held held[HELD] = { { 0, 0 } };
	unsigned seed = owner * 7919;

	for (unsigned i = 0; i < rounds; i++) {
		struct held *h = &held[random_size(&seed) % HELD];

		if (h->ref && !is_ours(h, owner))
			return false;
		mp__arena_free(h->ref, h->size);
		h->size = (uint32_t)random_size(&seed);
		h->ref = mp__arena_alloc(h->size);
		if (!h->ref)
			return false;
		fill(h, owner);
	}
	for (int i = 0; i < HELD; i++) {
		if (held[i].ref && !is_ours(&held[i], owner))
			return false;
		mp__arena_free(held[i].ref, held[i].size);
	}
	return true;
}

static int churn_and_tell(struct mp_call *call)
{
	unsigned owner;

	if (mp_bind(call, "owner", &owner) < 0)
		return mp_raise();
	mp_exit(churn(owner, ROUNDS) ? 0 : 1);
}

START_TEST(processes_do_not_get_each_others_blocks)
{
	struct mp_process *p[PROCESSES];
	uint64_t before;

	for (int i = 0; i < PROCESSES; i++)
		p[i] = mp_Process(.target = churn_and_tell,
				  .args = mp_tuple(i + 1));
	before = blocks();
	for (int i = 0; i < PROCESSES; i++)
		ck_assert_int_eq(mp_process_start(p[i]), 0);
	for (int i = 0; i < PROCESSES; i++) {
		mp_process_join(p[i], MP_FOREVER);
		ck_assert_int_eq(mp_process_exitcode(p[i]), 0);
	}
	ck_assert_uint_eq(blocks(), before);
}
END_TEST

static struct gate gate;

static int fill_and_tell(struct mp_call *call)
{
	struct held h = { .size = 3000 };

	(void)call;
	h.ref = mp__arena_alloc(h.size);
	fill(&h, 1);
	gate_tell(&gate, (long)h.ref);
	return 0;
}

START_TEST(what_a_child_made_its_parent_may_read_and_give_back)
{
	struct mp_process *p = mp_Process(.target = fill_and_tell);
	uint64_t before = blocks();

	mp_process_start(p);
	struct held h = { (mp__ref)gate_hear(&gate), 3000 };
	mp_process_join(p, MP_FOREVER);
	ck_assert(is_ours(&h, 1));
	ck_assert_uint_eq(blocks(), before + 1);
	mp__arena_free(h.ref, h.size);
	ck_assert_uint_eq(blocks(), before);
}
END_TEST

static int churn_until_killed(struct mp_call *call)
{
	(void)call;
	gate_open(&gate);
	for (;;)
		churn((uint32_t)getpid(), 1000);
	return 0;
}

/* A killed allocator may take the block with it that it was just moving. The
 * lists stay whole: who comes after gets what nobody else has. */
START_TEST(survivors_of_killed_allocators_go_on)
{
	for (int round = 0; round < 20; round++) {
		struct mp_process *victims[3];

		for (int i = 0; i < 3; i++) {
			victims[i] = mp_Process(.target = churn_until_killed);
			mp_process_start(victims[i]);
			ck_assert(gate_wait(&gate));
		}
		ck_assert(churn(1, 200 + 37 * (unsigned)round));
		for (int i = 0; i < 3; i++) {
			mp_process_kill(victims[i]);
			ck_assert(churn(1, 100));
			mp_process_join(victims[i], MP_FOREVER);
			mp_process_destroy(victims[i]);
		}
	}
	ck_assert(churn(1, ROUNDS));
}
END_TEST

static unsigned agents(void)
{
	unsigned used = 0;

	for (unsigned i = 0; i < MP__AGENT_SLOTS; i++)
		used += atomic_load(&mp__arena->agents[i].id) != 0;
	return used;
}

START_TEST(agents_are_given_back_by_whoever_reaps)
{
	unsigned before = agents();

	for (int i = 0; i < 50; i++) {
		struct mp_process *p = mp_Process();

		mp_process_start(p);
		if (i % 2)
			mp_process_kill(p);
		mp_process_join(p, MP_FOREVER);
		mp_process_destroy(p);
	}
	ck_assert_uint_eq(agents(), before);
}
END_TEST

/* ---- the suite ---- */

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	gate_make(&gate);
}

static void tear_down(void)
{
	gate_close(&gate);
}

static Suite *arena_suite(void)
{
	Suite *suite = suite_create("arena");
	TCase *tc = tcase_create("arena");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_is_given_back_is_not_counted);
	tcase_add_test(tc, a_block_is_zeroed_also_when_used_before);
	tcase_add_test(tc, sizes_come_in_classes);
	tcase_add_test(tc, the_last_given_back_is_the_first_used_again);
	tcase_add_test(tc, too_much_is_a_memory_error);
	tcase_add_test(tc, it_can_be_used_up_and_is_whole_afterwards);
	tcase_add_test(tc, processes_do_not_get_each_others_blocks);
	tcase_add_test(tc, what_a_child_made_its_parent_may_read_and_give_back);
	tcase_add_test(tc, survivors_of_killed_allocators_go_on);
	tcase_add_test(tc, agents_are_given_back_by_whoever_reaps);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(arena_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
