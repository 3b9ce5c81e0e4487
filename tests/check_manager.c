/* check_manager.c - Manager: its server, what it shares, and calls to it */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/managed.h"

/* ---- shared between processes ---- */

static int change_all(struct mp_call *call)
{
	struct mp_proxy *list, *dict, *space;

	if (mp_bind(call, "list dict space", &list, &dict, &space) < 0)
		return mp_raise();
	if (mp_proxy_append(list, 4) < 0 || mp_proxy_set_item(dict, "b", 2) < 0
	    || mp_proxy_set_attr(space, "x", "changed") < 0)
		return mp_raise();
	return mp_process_pid(mp_current_process())
			       == mp_process_pid(mp_manager_process(manager))
		       ? MP_EUSER : 0;
}

/* D6 */
START_TEST(what_a_child_changes_its_parent_sees)
{
	struct mp_proxy *list = mp_manager_list(manager, mp_list(1, 2, 3));
	struct mp_proxy *dict = mp_manager_dict(manager, mp_dict("a", 1));
	struct mp_proxy *space = mp_manager_Namespace(manager, mp_dict("x", 1));

	ck_assert_int_eq(run_child(change_all, mp_tuple(list, dict, space)), 0);
	ck_assert_str_eq(str_of(list), "[1, 2, 3, 4]");
	ck_assert_str_eq(str_of(dict), "{'a': 1, 'b': 2}");
	ck_assert_str_eq(str_of(space), "Namespace(x='changed')");
	mp_proxy_destroy(list);
	mp_proxy_destroy(dict);
	mp_proxy_destroy(space);
}
END_TEST

/* D6, D29 */
START_TEST(the_server_is_a_process_of_its_own)
{
	struct mp_process *server = mp_manager_process(manager);

	ck_assert_int_ne(mp_process_pid(server), getpid());
	ck_assert(!mp_process_daemon(server));
	/* The second manager of this test: the fixture has made one. */
	ck_assert_str_eq(mp_process_name(server), "SyncManager-2");
	struct mp_process *next = mp_Process();
	ck_assert_str_eq(mp_process_name(next), "Process-3");
	mp_process_destroy(next);
}
END_TEST

/* ---- copies, and proxies inside ---- */

/* P19 */
START_TEST(a_list_that_comes_out_of_a_dict_is_a_copy)
{
	struct mp_proxy *d = mp_manager_dict(manager, mp_dict("k", mp_list()));
	struct mp_value *copy = mp_proxy_item(d, "k");

	mp_value_append(copy, mp_int(1));
	ck_assert_str_eq(str_of(d), "{'k': []}");
	ck_assert_int_eq(mp_proxy_set_item(d, "k", copy), 0);
	ck_assert_str_eq(str_of(d), "{'k': [1]}");
	mp_proxy_destroy(d);
}
END_TEST

START_TEST(a_proxy_in_a_list_is_the_object_itself)
{
	struct mp_proxy *inner = mp_manager_list(manager);
	struct mp_proxy *outer = mp_manager_list(manager, mp_list(inner));
	struct mp_proxy *again = mp_proxy_of(mp_proxy_item(outer, 0));

	ck_assert_uint_eq(mp_proxy_id(again), mp_proxy_id(inner));
	ck_assert_int_eq(mp_proxy_append(again, 1), 0);
	ck_assert_str_eq(str_of(inner), "[1]");
	mp_proxy_destroy(again);
	mp_proxy_destroy(inner);
	assert_count(2);		/* the outer one holds it */
	again = mp_proxy_of(mp_proxy_item(outer, 0));
	ck_assert_str_eq(str_of(again), "[1]");
	ck_assert_int_eq(mp_proxy_do(outer, "clear"), 0);
	assert_count(2);		/* now it is we who do */
	mp_proxy_destroy(again);
	assert_count(1);
	mp_proxy_destroy(outer);
	assert_count(0);
}
END_TEST

START_TEST(a_list_can_hold_itself)
{
	struct mp_proxy *l = mp_manager_list(manager);

	ck_assert_int_eq(mp_proxy_append(l, l), 0);
	ck_assert_int_eq(mp_proxy_length(l), 1);
	mp_proxy_destroy(l);
	assert_count(1);		/* nobody can get at it any more */
}
END_TEST

/* ---- calls ---- */

START_TEST(a_method_that_is_not_exposed_is_not_there)
{
	struct mp_proxy *l = mp_manager_list(manager);

	assert_raises(MP_EATTRIBUTE, "'ListProxy' object has no attribute 'put'",
		      mp_proxy_call(l, "put", mp_tuple(1)));
	assert_raises(MP_EREMOTE, "method 'put' of 'list' object is not exposed",
		      mp_proxy_callmethod(l, "put", NULL, NULL));
	ck_assert_str_eq(repr_of(mp_proxy_callmethod(l, "__len__", NULL, NULL)),
			 "0");
	mp_proxy_destroy(l);
	ck_assert_ptr_null(mp_manager_new(manager, "tree"));
	ck_assert_int_eq(mp_error_code(), MP_EATTRIBUTE);
}
END_TEST

START_TEST(what_cannot_be_sent_fails_alone)
{
	struct mp_proxy *l = mp_manager_list(manager);

	ck_assert_int_eq(mp_proxy_append(l, (void *)&manager), MP_ERUNTIME);
	ck_assert_int_eq(mp_proxy_append(l, 1), 0);
	ck_assert_str_eq(str_of(l), "[1]");
	mp_proxy_destroy(l);
	l = mp_manager_Lock(manager);
	ck_assert_ptr_null(mp_proxy_value(l));
	ck_assert_int_eq(mp_error_code(), MP_EREMOTE);
	mp_proxy_destroy(l);
}
END_TEST

START_TEST(large_values_go_through)
{
	size_t size = 5000000;
	char *bytes = calloc(1, size);
	const void *back;
	size_t back_size;
	struct mp_proxy *l = mp_manager_list(manager);

	memset(bytes, 'x', size);
	ck_assert_int_eq(mp_proxy_append(l, mp_bytes(bytes, size)), 0);
	struct mp_value *value = mp_proxy_item(l, 0);
	ck_assert_int_eq(mp_value_as_bytes(value, &back, &back_size), 0);
	ck_assert_uint_eq(back_size, size);
	ck_assert_int_eq(memcmp(back, bytes, size), 0);
	mp_value_unref(value);
	free(bytes);
	mp_proxy_destroy(l);
}
END_TEST

START_TEST(a_proxy_says_what_it_is)
{
	struct mp_proxy *l = mp_manager_list(manager);
	char text[128];

	mp_proxy_repr(l, text, sizeof(text));
	ck_assert(!strncmp(text, "<ListProxy object, typeid 'list' at 0x", 38));
	ck_assert_str_eq(mp_proxy_typeid(l), "list");
	mp_proxy_destroy(l);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager");
	TCase *tcase = tcase_create("manager");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, what_a_child_changes_its_parent_sees);
	tcase_add_test(tcase, the_server_is_a_process_of_its_own);
	tcase_add_test(tcase, a_list_that_comes_out_of_a_dict_is_a_copy);
	tcase_add_test(tcase, a_proxy_in_a_list_is_the_object_itself);
	tcase_add_test(tcase, a_list_can_hold_itself);
	tcase_add_test(tcase, a_method_that_is_not_exposed_is_not_there);
	tcase_add_test(tcase, what_cannot_be_sent_fails_alone);
	tcase_add_test(tcase, large_values_go_through);
	tcase_add_test(tcase, a_proxy_says_what_it_is);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
