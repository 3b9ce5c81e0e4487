/* check_compare.c - values compare as in Python */
#include "config.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"

static void ck_equal(struct mp_value *a, struct mp_value *b, int expected)
{
	uint64_t hash_a, hash_b;

	ck_assert_int_eq(mp_value_equal(a, b), expected);
	ck_assert_int_eq(mp_value_equal(b, a), expected);
	if (expected == 1 && mp_value_hash(a, &hash_a) == 0) {
		ck_assert_int_eq(mp_value_hash(b, &hash_b), 0);
		ck_assert_uint_eq(hash_a, hash_b);
	}
	mp_value_unref(a);
	mp_value_unref(b);
}

/* [[[...]]], so many brackets deep */
static struct mp_value *nested(int depth, bool in_tuples)
{
	struct mp_value *value = mp_list();

	while (--depth > 0)
		value = in_tuples ? mp_tuple(value) : mp_list(value);
	return value;
}

/* ---- comparing --------------------------------------------------------------- */

START_TEST(numbers_compare_across_types)
{
	ck_equal(mp_int(1), mp_float(1.0), 1);
	ck_equal(mp_int(1), mp_bool(true), 1);
	ck_equal(mp_float(0.0), mp_bool(false), 1);
	ck_equal(mp_float(-0.0), mp_int(0), 1);
	ck_equal(mp_int((1ll << 53) + 1), mp_float(0x1p53), 0);
	ck_equal(mp_int(INT64_MAX), mp_float(0x1p63), 0);
	ck_equal(mp_int(INT64_MIN), mp_float(-0x1p63), 1);
	ck_equal(mp_uint(1ull << 63), mp_float(0x1p63), 1);
	ck_equal(mp_uint(UINT64_MAX), mp_float(0x1p64), 0);
	ck_equal(mp_uint(UINT64_MAX), mp_int(-1), 0);
	ck_equal(mp_float(NAN), mp_float(NAN), 0);
	ck_equal(mp_float(INFINITY), mp_int(INT64_MAX), 0);
	ck_equal(mp_int(1), mp_text("1"), 0);
	ck_equal(mp_none(), mp_int(0), 0);
	ck_equal(mp_none(), mp_none(), 1);
}
END_TEST

START_TEST(containers_compare_by_their_items)
{
	struct mp_value *nan_value = mp_float(NAN);

	ck_equal(mp_tuple(1, "a"), mp_tuple(1.0, "a"), 1);
	ck_equal(mp_tuple(1), mp_list(1), 0);
	ck_equal(mp_tuple(1), mp_tuple(1, 2), 0);
	ck_equal(mp_dict("a", 1, "b", 2), mp_dict("b", 2, "a", 1), 1);
	ck_equal(mp_dict("a", 1), mp_dict("b", 1), 0);
	ck_equal(mp_dict("a", 1), mp_dict("a", 2), 0);
	ck_equal(mp_text("a"), mp_bytes("a", 1), 0);
	ck_equal(mp_list(mp_value_ref(nan_value)), mp_list(mp_value_ref(nan_value)),
		 1);
	ck_equal(mp_value_ref(nan_value), nan_value, 0);
}
END_TEST

START_TEST(deep_values_give_an_error_not_a_crash)
{
	struct mp_value *deep = nested(300000, false);
	struct mp_value *other = nested(300000, false);
	struct mp_value *tuples = nested(300000, true);
	uint64_t hash;

	ck_assert_ptr_null(mp_value_repr(deep));
	ck_assert_int_eq(mp_error_code(), MP_ERUNTIME);
	ck_assert_int_eq(mp_value_equal(deep, other), MP_ERUNTIME);
	ck_assert_int_eq(mp_value_hash(tuples, &hash), MP_ERUNTIME);
	mp_value_unref(deep);
	mp_value_unref(other);
	mp_value_unref(tuples);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compare");
	TCase *tcase = tcase_create("compare");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, numbers_compare_across_types);
	tcase_add_test(tcase, containers_compare_by_their_items);
	tcase_add_test(tcase, deep_values_give_an_error_not_a_crash);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
