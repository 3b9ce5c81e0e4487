/* tests/check_footprint.c - what objects cost, and that all of it comes back
 *
 * A lock costs at most 128 bytes of the shared memory; however many objects are made
 * and destroyed, memory, descriptors and threads are afterwards as they were. */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>

#include "arena/arena.h"
#include "mp.h"
#include "tests/support/children.h"

static int entries_of(const char *folder)
{
	DIR *dir = opendir(folder);
	int count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

/* ---- one of each ---- */

static void make_lock(void)
{
	mp_lock_destroy(mp_Lock());
}

static void make_rlock(void)
{
	mp_lock_destroy(mp_RLock());
}

static void make_semaphore(void)
{
	mp_lock_destroy(mp_Semaphore(3));
}

static void make_condition(void)
{
	mp_condition_destroy(mp_Condition());
}

static void make_event(void)
{
	mp_event_destroy(mp_Event());
}

static void make_barrier(void)
{
	mp_barrier_destroy(mp_Barrier(3));
}

static void make_value(void)
{
	mp_shared_destroy(mp_Value('q', 1));
}

static void make_array(void)
{
	mp_shared_destroy(mp_Array('q', 100));
}

static void make_pipe(void)
{
	struct mp_connection *a, *b;

	ck_assert_int_eq(mp_Pipe(&a, &b), 0);
	mp_connection_destroy(a);
	mp_connection_destroy(b);
}

static void make_queue(void)
{
	mp_queue_destroy(mp_Queue());
}

static void make_simple_queue(void)
{
	mp_queue_destroy(mp_SimpleQueue());
}

/* With what its user has of it in this process: a buffer and a thread. */
static void use_queue(void)
{
	struct mp_queue *queue = mp_JoinableQueue();

	mp_queue_put(queue, mp_value(1), MP_FOREVER);
	mp_value_unref(mp_queue_get(queue, MP_FOREVER));
	mp_queue_destroy(queue);
}

static const struct kind {
	const char *name;
	void (*make)(void);
	int times;
} kinds[] = {
	{ "Lock", make_lock, 100000 },
	{ "RLock", make_rlock, 100000 },
	{ "Semaphore", make_semaphore, 100000 },
	{ "Condition", make_condition, 100000 },
	{ "Event", make_event, 100000 },
	{ "Barrier", make_barrier, 100000 },
	{ "Value", make_value, 100000 },
	{ "Array", make_array, 100000 },
	{ "Pipe", make_pipe, 10000 },
	{ "Queue", make_queue, 100000 },
	{ "SimpleQueue", make_simple_queue, 100000 },
	{ "Queue in use", use_queue, 3000 },
};
#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

/* The end of what is in use must not move either: what is given back is used again. */
START_TEST(what_is_destroyed_leaves_nothing)
{
	const struct kind *kind = &kinds[_i];

	kind->make();	/* the first one may open what all use */
	uint64_t blocks = mp__arena->blocks, end = mp__arena->end;
	int fds = entries_of("/proc/self/fd");
	int threads = entries_of("/proc/self/task");
	for (int i = 0; i < kind->times; i++)
		kind->make();
	ck_assert_msg(mp__arena->blocks == blocks, "%s", kind->name);
	ck_assert_msg(mp__arena->end == end, "%s", kind->name);
	ck_assert_int_eq(entries_of("/proc/self/fd"), fds);
	ck_assert_int_eq(entries_of("/proc/self/task"), threads);
}
END_TEST

START_TEST(a_lock_costs_at_most_128_bytes)
{
	enum { COUNT = 100000 };
	static struct mp_lock *locks[COUNT];
	uint64_t end = mp__arena->end;

	for (int i = 0; i < COUNT; i++) {
		locks[i] = i % 2 ? mp_Lock() : mp_RLock();
		ck_assert_ptr_nonnull(locks[i]);
	}
	uint64_t bytes = (mp__arena->end - end) * MP__ARENA_UNIT;
	ck_assert_uint_le(bytes / COUNT, 128);
	for (int i = 0; i < COUNT; i++)
		mp_lock_destroy(locks[i]);
}
END_TEST

/* ---- processes, pools ---- */

START_TEST(processes_leave_nothing)
{
	ck_assert_int_eq(code_of(mp_Process()), 0);
	uint64_t blocks = mp__arena->blocks, end = mp__arena->end;
	int fds = entries_of("/proc/self/fd");
	for (int i = 0; i < 300; i++)
		ck_assert_int_eq(code_of(mp_Process()), 0);
	ck_assert_uint_eq(mp__arena->blocks, blocks);
	ck_assert_uint_eq(mp__arena->end, end);
	ck_assert_int_eq(entries_of("/proc/self/fd"), fds);
}
END_TEST

static struct mp_value *same(struct mp_call *call)
{
	long number;

	if (mp_bind(call, "number", &number) < 0)
		return NULL;
	return mp_int(number);
}

static void use_pool(int results)
{
	struct mp_pool *pool = mp_Pool(2);

	ck_assert_ptr_nonnull(pool);
	for (int i = 0; i < results; i++) {
		struct mp_async_result *result = mp_pool_apply_async(
			pool, same, .args = mp_tuple(i));
		mp_value_unref(mp_async_result_get(result, MP_FOREVER));
		mp_async_result_destroy(result);
	}
	mp_pool_close(pool);
	ck_assert_int_eq(mp_pool_join(pool), 0);
	mp_pool_destroy(pool);
}

/* A thousand pools take a while on a busy machine: a hundred at a time. */
START_TEST(pools_leave_nothing)
{
	use_pool(1);
	uint64_t blocks = mp__arena->blocks, end = mp__arena->end;
	int fds = entries_of("/proc/self/fd");
	int threads = entries_of("/proc/self/task");
	for (int i = 0; i < 100; i++)
		use_pool(1);
	use_pool(10000);
	ck_assert_uint_eq(mp__arena->blocks, blocks);
	ck_assert_uint_eq(mp__arena->end, end);
	ck_assert_int_eq(entries_of("/proc/self/fd"), fds);
	ck_assert_int_eq(entries_of("/proc/self/task"), threads);
}
END_TEST

/* ---- the suite ---- */

static Suite *footprint_suite(void)
{
	Suite *suite = suite_create("footprint");
	TCase *tc = tcase_create("footprint");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, children_begin, children_end);
	tcase_add_loop_test(tc, what_is_destroyed_leaves_nothing, 0, KINDS);
	tcase_add_test(tc, a_lock_costs_at_most_128_bytes);
	tcase_add_test(tc, processes_leave_nothing);
	tcase_add_loop_test(tc, pools_leave_nothing, 0, 10);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(footprint_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
