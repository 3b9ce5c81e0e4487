/* tests/check_semaphore.c - Semaphore, BoundedSemaphore
 *
 * What each promises (multiprocessing.synchronize), across processes. */
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"
#include "tests/support/orders.h"
#include "tests/support/waiting.h"

START_TEST(a_semaphore_has_so_many_permits)
{
	struct mp_lock *semaphore = mp_Semaphore(2);
	struct mp_process *p = start(semaphore, "ttrv");

	assert_hears(1);
	assert_hears(1);
	assert_hears(0);
	assert_hears(1);
	finish(p);
	ck_assert_int_eq(mp_lock_acquire(semaphore, MP_NOW), 1);
	ck_assert_int_eq(mp_lock_acquire(semaphore, MP_NOW), 0);
	ck_assert(mp_lock_locked(semaphore));
	for (int i = 1; i <= 5; i++)	/* more than it began with */
		ck_assert_int_eq(mp_lock_release(semaphore), 0);
	ck_assert_int_eq(mp_lock_value(semaphore), 5);
	assert_repr(semaphore, "<Semaphore(value=5)>");
}
END_TEST

START_TEST(a_bounded_semaphore_refuses_more)
{
	struct mp_lock *semaphore = mp_BoundedSemaphore(2);

	ck_assert_int_eq(mp_lock_release(semaphore), MP_EVALUE);
	ck_assert_int_eq(mp_lock_acquire(semaphore, MP_NOW), 1);
	ck_assert_int_eq(mp_lock_release(semaphore), 0);
	ck_assert_int_eq(mp_lock_release(semaphore), MP_EVALUE);
	assert_repr(semaphore, "<BoundedSemaphore(value=2, maxvalue=2)>");
	struct mp_lock *closed = mp_BoundedSemaphore(0);
	ck_assert_int_eq(mp_lock_release(closed), MP_EVALUE);
}
END_TEST

START_TEST(a_semaphore_begins_within_its_limits)
{
	ck_assert_ptr_null(mp_Semaphore(-1));
	ck_assert_int_eq(mp_error_code(), MP_EOS);
	ck_assert_ptr_null(mp_Semaphore(2147483648));
	ck_assert_int_eq(mp_error_code(), MP_EOVERFLOW);
	struct mp_lock *full = mp_Semaphore(INT_MAX);
	ck_assert_int_eq(mp_lock_release(full), MP_EVALUE);
	ck_assert_int_eq(mp_lock_value(full), INT_MAX);
}
END_TEST

/* Two permits given back at once wake two, also if only one wake-up was sent. */
START_TEST(every_permit_wakes_somebody)
{
	struct mp_lock *semaphore = mp_Semaphore(0);
	struct mp_process *p[4];

	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 4; i++)
			p[i] = start(semaphore, "a");
		for (int i = 0; i < 4; i++)
			waiting_in(p[i], MP__OP_SEM_ACQUIRE);
		for (int i = 0; i < 4; i++)
			mp_lock_release(semaphore);
		for (int i = 0; i < 4; i++) {
			assert_hears(1);
			finish(p[i]);
			mp_process_destroy(p[i]);
		}
	}
	ck_assert_int_eq(mp_lock_value(semaphore), 0);
}
END_TEST

/* ---- the suite ---- */

static Suite *semaphore_suite(void)
{
	Suite *suite = suite_create("semaphore");
	TCase *tc = tcase_create("semaphore");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, orders_begin, orders_end);
	tcase_add_test(tc, a_semaphore_has_so_many_permits);
	tcase_add_test(tc, a_bounded_semaphore_refuses_more);
	tcase_add_test(tc, a_semaphore_begins_within_its_limits);
	tcase_add_test(tc, every_permit_wakes_somebody);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(semaphore_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
