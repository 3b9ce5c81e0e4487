/* check_pool_map.c - map, starmap: chunks, order, errors */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/children.h"
#include "tests/support/pool_tasks.h"

static struct mp_pool *pool;

static void begin(void)
{
	children_begin();
	pool = mp_Pool(2);
}

static void end(void)
{
	mp_pool_destroy(pool);
	children_end();
}

/* ---- map ---- */

START_TEST(a_map_keeps_the_order)
{
	assert_value(mp_pool_map(pool, task_square, mp_list(1, 2, 3, 4, 5)),
		     "[1, 4, 9, 16, 25]");
	assert_value(mp_pool_map(pool, task_same, mp_tuple("a", 2.5)),
		     "['a', 2.5]");
	assert_value(mp_pool_map(pool, task_same, mp_value("xyz")),
		     "['x', 'y', 'z']");
	assert_value(mp_pool_map(pool, task_same, mp_dict("k", 1, "l", 2)),
		     "['k', 'l']");
	assert_value(mp_pool_map(pool, task_same, mp_list()), "[]");
	assert_no_value(mp_pool_map(pool, task_same, mp_value(5)), MP_ETYPE,
			"'int' object is not iterable");
}
END_TEST

/* Integers of a map lie many in one piece of memory, among others that do not. */
START_TEST(a_result_outlives_its_list)
{
	struct mp_value *items = mp_list(), *kept[20];

	for (long i = 0; i < 1000; i++)
		mp_value_append(items, i % 7 ? mp_int(i * i * i * 1000)
					     : mp_float((double)i));
	struct mp_value *all = mp_pool_map(pool, task_same, items,
					   .chunksize = 170);
	for (long i = 0; i < 20; i++)
		kept[i] = mp_value_ref(mp_value_item(all, 50 * i + 1));
	mp_value_unref(all);
	for (long i = 0, x = 1; i < 20; i++, x += 50) {
		double number = 0;
		mp_value_as_double(kept[i], &number);
		ck_assert(number == (double)(x % 7 ? x * x * x * 1000 : x));
		mp_value_unref(kept[i]);
	}
}
END_TEST

/* Every task tells its items' worker; so a chunk is a run of one pid, and with one
 * task for each worker no run is longer than a chunk. */
START_TEST(chunks_are_as_large_as_in_python)
{
	static const struct {
		long count, workers, chunks;
	} rows[] = {
		{ 10, 2, 5 },		/* chunks of 2 */
		{ 100, 4, 15 },		/* of 7 */
		{ 3, 4, 3 },
		{ 32, 4, 16 },
	};
	long count = rows[_i].count, distinct = 0;

	mp_pool_destroy(pool);
	pool = mp_Pool(rows[_i].workers, .maxtasksperchild = 1);
	struct mp_value *pids = mp_pool_map(pool, task_pid, numbers(count));
	ck_assert_msg(pids, "%s", mp_error_message());
	ck_assert_int_eq(mp_value_length(pids), count);
	for (long i = 0, before = 0; i < count; i++) {
		long pid = 0;
		mp_value_as_long(mp_value_item(pids, i), &pid);
		distinct += pid != before;
		before = pid;
	}
	ck_assert_int_eq(distinct, rows[_i].chunks);
	mp_value_unref(pids);
}
END_TEST

START_TEST(a_chunksize_of_zero_gives_nothing)
{
	assert_value(mp_pool_map(pool, task_square, mp_list(1, 2),
				 .chunksize = 0), "[None, None]");
	assert_value(mp_pool_map(pool, task_square, mp_list(1, 2),
				 .chunksize = -1), "[None, None]");
	assert_value(mp_pool_map(pool, task_square, mp_list(1, 2),
				 .chunksize = 1000), "[1, 4]");
}
END_TEST

START_TEST(starmap_takes_items_apart)
{
	assert_value(mp_pool_starmap(pool, task_same,
				     mp_list(mp_tuple(1, 2), mp_list(3))),
		     "[1, 3]");
	assert_no_value(mp_pool_starmap(pool, task_same, mp_list(7)), MP_ETYPE,
			"'int' object is not iterable");
}
END_TEST

static struct mp_value *fail_first(struct mp_call *call)
{
	long x;

	if (mp_bind(call, "x", &x) < 0)
		return NULL;
	if (x == 0)
		mp_raise_error(MP_EKEY, "zero");
	else if (gate_wait(&gate))
		return mp_int(x);
	return NULL;
}

START_TEST(a_map_waits_for_all_chunks_also_after_an_error)
{
	struct mp_async_result *result = mp_pool_map_async(
		pool, fail_first, mp_list(0, 1, 2), .chunksize = 1);

	ck_assert_int_eq(mp_async_result_wait(result, mp_after(0.05)), 0);
	ck_assert(!mp_async_result_ready(result));
	gate_open(&gate);
	gate_open(&gate);
	assert_no_value(mp_async_result_get(result, MP_FOREVER), MP_EKEY,
			"zero");
}
END_TEST

static int calls, errors;

static void count_call(void *user, struct mp_value *value)
{
	ck_assert_int_eq(mp_value_length(value), *(int *)user);
	calls++;
}

static void count_error(void *user, int code, const char *message)
{
	(void)user;
	ck_assert_int_eq(code, MP_EVALUE);
	ck_assert_str_eq(message, "no 5");
	errors++;
}

START_TEST(a_callback_is_called_once_for_a_map)
{
	int length = 3;

	calls = errors = 0;
	mp_async_result_wait(
		mp_pool_map_async(pool, task_square, mp_list(1, 2, 3),
				  .callback = count_call, .user = &length),
		MP_FOREVER);
	mp_async_result_wait(
		mp_pool_starmap_async(pool, task_fail, mp_list(mp_tuple(5)),
				      .error_callback = count_error),
		MP_FOREVER);
	ck_assert_int_eq(calls, 1);
	ck_assert_int_eq(errors, 1);
}
END_TEST

START_TEST(many_items_in_small_chunks)
{
	long count = 30000;
	struct mp_value *all = mp_pool_map(pool, task_same, numbers(count),
					   .chunksize = 1);

	ck_assert_int_eq(mp_value_length(all), count);
	for (long i = 0; i < count; i++) {
		long number;
		mp_value_as_long(mp_value_item(all, i), &number);
		ck_assert_int_eq(number, i);
	}
	mp_value_unref(all);
}
END_TEST

/* ---- interrupted ---- */

static struct mp_event *go;
static struct mp_shared *sum;

/* Until `go` is set it interrupts whoever waits for the map. */
static struct mp_value *add_to_sum(struct mp_call *call)
{
	long x;

	if (mp_bind(call, "x", &x) < 0)
		return NULL;
	while (!mp_event_is_set(go)) {
		kill(getppid(), SIGUSR1);
		mp_sleep(0.005);
	}
	*(long *)mp_shared_memory(sum) += x;
	return mp_int(x);
}

static void ignore(int signal)
{
	(void)signal;
}

/* More than there is room for in the ring; and the list is the program's again. */
START_TEST(an_interrupted_map_goes_on_with_what_it_was_given)
{
	struct sigaction action = { .sa_handler = ignore };
	struct mp_value *list = numbers(5000);

	sigaction(SIGUSR1, &action, NULL);
	mp_pool_destroy(pool);
	go = mp_Event();
	sum = mp_RawValue('l', 0);
	pool = mp_Pool(1);
	mp_set_interrupt(true);
	assert_no_value(mp_pool_map(pool, add_to_sum, mp_value_ref(list),
				    .chunksize = 1), MP_EINTR,
			"interrupted by a signal");
	mp_set_interrupt(false);
	while (mp_value_length(list) > 10)
		mp_value_delete(list, mp_int(-1));
	mp_value_unref(list);
	mp_event_set(go);
	mp_pool_close(pool);
	ck_assert_int_eq(mp_pool_join(pool), 0);
	ck_assert_int_eq(*(long *)mp_shared_memory(sum), 4999 * 5000 / 2);
	mp_shared_destroy(sum);
	mp_event_destroy(go);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool_map");
	TCase *tcase = tcase_create("map");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_map_keeps_the_order);
	tcase_add_test(tcase, a_result_outlives_its_list);
	tcase_add_loop_test(tcase, chunks_are_as_large_as_in_python, 0, 4);
	tcase_add_test(tcase, a_chunksize_of_zero_gives_nothing);
	tcase_add_test(tcase, starmap_takes_items_apart);
	tcase_add_test(tcase, a_map_waits_for_all_chunks_also_after_an_error);
	tcase_add_test(tcase, a_callback_is_called_once_for_a_map);
	tcase_add_test(tcase, many_items_in_small_chunks);
	tcase_add_test(tcase, an_interrupted_map_goes_on_with_what_it_was_given);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
