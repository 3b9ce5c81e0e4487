/* check_manager_life.c - a manager from its start to its end */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>

#include "tests/support/managed.h"

START_TEST(a_manager_is_started_once)
{
	struct mp_manager *other = mp_SyncManager();

	ck_assert_ptr_null(mp_manager_list(other));
	ck_assert_int_eq(mp_error_code(), MP_ESTATE);
	ck_assert_ptr_null(mp_manager_address(other));
	ck_assert_int_eq(mp_manager_shutdown(other), MP_EATTRIBUTE);
	ck_assert_int_eq(mp_manager_start(other), 0);
	assert_fails(MP_EPROCESS, mp_manager_start(other),
		     "Already started server");
	assert_fails(MP_EPROCESS, mp_manager_connect(other),
		     "the server was started by this manager");
	ck_assert_int_eq(mp_manager_shutdown(other), 0);
	ck_assert_int_eq(mp_manager_shutdown(other), 0);
	assert_fails(MP_EPROCESS, mp_manager_start(other),
		     "Manager has shut down");
	ck_assert_ptr_null(mp_manager_list(other));
	ck_assert_int_eq(mp_error_code(), MP_ESTATE);
	ck_assert_int_eq(mp_manager_join(other, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(mp_manager_process(other)), 0);
	mp_manager_destroy(other);
}
END_TEST

START_TEST(a_block_starts_it_and_shuts_it_down)
{
	struct mp_manager *other = mp_SyncManager();
	int times = 0;

	MP_WITH_MANAGER(other) {
		struct mp_proxy *l = mp_manager_list(other);
		ck_assert_int_eq(mp_proxy_append(l, 1), 0);
		mp_proxy_destroy(l);
		times++;
	}
	MP_WITH_MANAGER(other)
		times++;
	ck_assert_int_eq(times, 1);
	ck_assert_int_eq(mp_error_code(), MP_EPROCESS);
	mp_manager_destroy(other);
}
END_TEST

static int initialize(struct mp_call *call)
{
	long x;

	if (mp_bind(call, "x", &x) < 0)
		return mp_raise();
	if (x < 0)
		return mp_raise_error(MP_EVALUE, "too small");
	gate_tell(&answer, x);
	return 0;
}

START_TEST(the_initializer_runs_in_the_server)
{
	struct mp_manager *other = mp_Manager(.initializer = initialize,
					      .initargs = mp_tuple(5));

	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(gate_hear(&answer), 5);
	mp_manager_destroy(other);
	ck_assert_ptr_null(mp_Manager(.initializer = initialize,
				      .initargs = mp_tuple(-1)));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
	ck_assert_str_eq(mp_error_message(), "too small");
}
END_TEST

static int try_to_start(struct mp_call *call)
{
	(void)call;
	if (mp_Manager())
		return 1;
	return mp_error_code() == MP_EOWNER ? 0 : mp_raise();
}

/* D61 */
START_TEST(a_daemon_cannot_have_one)
{
	ck_assert_int_eq(code_of(mp_Process(.target = try_to_start,
					    .daemon = true)), 0);
}
END_TEST

static int shut_down(struct mp_call *call)
{
	(void)call;
	return mp_manager_shutdown(manager) == MP_EOWNER ? 0 : MP_EUSER;
}

START_TEST(only_its_maker_shuts_it_down)
{
	ck_assert_int_eq(run_child(shut_down, NULL), 0);
	ck_assert_int_eq(mp_manager_count(manager), 0);
}
END_TEST

static int make_list(struct mp_call *call)
{
	struct mp_proxy *l = mp_manager_list(manager, mp_list(1, 2));

	(void)call;
	return l && mp_proxy_length(l) == 2 ? 0 : mp_raise();
}

START_TEST(a_child_can_make_objects_and_leaves_none)
{
	ck_assert_int_eq(run_child(make_list, NULL), 0);
	assert_count(0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager life");
	TCase *tcase = tcase_create("life");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, a_manager_is_started_once);
	tcase_add_test(tcase, a_block_starts_it_and_shuts_it_down);
	tcase_add_test(tcase, the_initializer_runs_in_the_server);
	tcase_add_test(tcase, a_daemon_cannot_have_one);
	tcase_add_test(tcase, only_its_maker_shuts_it_down);
	tcase_add_test(tcase, a_child_can_make_objects_and_leaves_none);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
