/* check_pool_imap.c - imap: order, errors at their place, and giving up */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>

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

struct source {
	long next, end, error_at;
};

static int pull(void *user, struct mp_value **item)
{
	struct source *source = user;

	if (source->next == source->error_at)
		return mp_raise_error(MP_EOVERFLOW, "at %ld", source->next);
	if (source->next >= source->end)
		return 0;
	*item = mp_int(source->next++);
	return 1;
}

START_TEST(imap_gives_results_in_order)
{
	struct source source = { 0, 5000, -1 };
	struct mp_pool_iterator *iterator =
		_i ? mp_pool_imap(pool, task_same, .next = pull,
				  .next_user = &source, .chunksize = _i)
		   : mp_pool_imap(pool, task_same, numbers(5000));

	for (long i = 0; i < 5000; i++)
		ck_assert_int_eq(long_of(mp_pool_iterator_next(iterator,
							       MP_FOREVER)), i);
	for (int i = 0; i < 2; i++)
		assert_no_value(mp_pool_iterator_next(iterator, MP_FOREVER),
				MP_ESTOP, "there are no more results");
	mp_pool_iterator_destroy(iterator);
}
END_TEST

START_TEST(imap_unordered_gives_each_once)
{
	struct mp_pool_iterator *iterator = mp_pool_imap_unordered(
		pool, task_same, numbers(1000), .chunksize = _i);
	char seen[1000] = "";

	for (long i = 0; i < 1000; i++) {
		long x = long_of(mp_pool_iterator_next(iterator, MP_FOREVER));
		ck_assert_int_ge(x, 0);
		ck_assert_int_eq(seen[x]++, 0);
	}
	assert_no_value(mp_pool_iterator_next(iterator, MP_FOREVER), MP_ESTOP,
			"there are no more results");
}
END_TEST

START_TEST(an_item_that_fails_does_so_at_its_place)
{
	struct mp_pool_iterator *iterator =
		mp_pool_imap(pool, task_fail_at, mp_list(2, 3, 4));

	assert_value(mp_pool_iterator_next(iterator, MP_FOREVER), "2");
	assert_no_value(mp_pool_iterator_next(iterator, MP_FOREVER), MP_EKEY,
			"three");
	assert_value(mp_pool_iterator_next(iterator, MP_FOREVER), "4");
	/* With larger chunks, that is the end. */
	iterator = mp_pool_imap(pool, task_fail_at, mp_list(1, 2, 3, 4, 5, 6),
				.chunksize = 2);
	assert_value(mp_pool_iterator_next(iterator, MP_FOREVER), "1");
	assert_value(mp_pool_iterator_next(iterator, MP_FOREVER), "2");
	assert_no_value(mp_pool_iterator_next(iterator, MP_FOREVER), MP_EKEY,
			"three");
	assert_no_value(mp_pool_iterator_next(iterator, MP_FOREVER), MP_ESTOP,
			"there are no more results");
}
END_TEST

START_TEST(an_error_of_the_source_comes_at_its_place)
{
	struct source source = { 0, 10, 2 };
	struct mp_pool_iterator *iterator = mp_pool_imap(
		pool, task_same, .next = pull, .next_user = &source);

	assert_value(mp_pool_iterator_next(iterator, MP_FOREVER), "0");
	assert_value(mp_pool_iterator_next(iterator, MP_FOREVER), "1");
	assert_no_value(mp_pool_iterator_next(iterator, MP_FOREVER),
			MP_EOVERFLOW, "at 2");
	assert_no_value(mp_pool_iterator_next(iterator, MP_FOREVER), MP_ESTOP,
			"there are no more results");
	source = (struct source){ 0, 10, 2 };
	assert_no_value(mp_pool_map(pool, task_same, .next = pull,
				    .next_user = &source), MP_EOVERFLOW, "at 2");
}
END_TEST

START_TEST(next_may_time_out_and_go_on)
{
	struct mp_pool_iterator *iterator =
		mp_pool_imap(pool, task_wait, mp_list(5));

	ck_assert_ptr_null(mp_pool_iterator_next(iterator, mp_after(0.01)));
	ck_assert_int_eq(mp_error_code(), MP_ETIMEOUT);
	ck_assert_ptr_null(mp_pool_iterator_next(iterator, MP_NOW));
	ck_assert_int_eq(mp_error_code(), MP_ETIMEOUT);
	gate_open(&gate);
	assert_value(mp_pool_iterator_next(iterator, MP_FOREVER), "5");
}
END_TEST

START_TEST(an_empty_imap_ends_at_once)
{
	struct source source = { 0, 0, -1 };

	assert_no_value(mp_pool_iterator_next(
				mp_pool_imap(pool, task_same, mp_list()),
				MP_FOREVER), MP_ESTOP,
			"there are no more results");
	assert_no_value(mp_pool_iterator_next(
				mp_pool_imap(pool, task_same, .next = pull,
					     .next_user = &source),
				MP_FOREVER), MP_ESTOP,
			"there are no more results");
	assert_no_value(mp_pool_imap(pool, task_same, mp_list(1),
				     .chunksize = 0), MP_EVALUE,
			"Chunksize must be 1+, not 0");
	assert_no_value(mp_pool_imap(pool, task_same, mp_value(1)), MP_ETYPE,
			"'int' object is not iterable");
}
END_TEST

START_TEST(an_iterator_may_be_given_up)
{
	for (int i = 0; i < 20; i++) {
		struct mp_pool_iterator *iterator =
			mp_pool_imap(pool, task_same, numbers(200));
		if (i % 2)
			mp_value_unref(mp_pool_iterator_next(iterator,
							     MP_FOREVER));
		mp_pool_iterator_destroy(iterator);
	}
	mp_pool_iterator_destroy(NULL);
	mp_pool_close(pool);
	ck_assert_int_eq(mp_pool_join(pool), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pool_imap");
	TCase *tcase = tcase_create("imap");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_loop_test(tcase, imap_gives_results_in_order, 0, 4);
	tcase_add_loop_test(tcase, imap_unordered_gives_each_once, 1, 4);
	tcase_add_test(tcase, an_item_that_fails_does_so_at_its_place);
	tcase_add_test(tcase, an_error_of_the_source_comes_at_its_place);
	tcase_add_test(tcase, next_may_time_out_and_go_on);
	tcase_add_test(tcase, an_empty_imap_ends_at_once);
	tcase_add_test(tcase, an_iterator_may_be_given_up);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
