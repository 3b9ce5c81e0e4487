/* check_manager_types.c - what the types of a manager do, and how they fail */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/managed.h"

/* ---- list ---- */

START_TEST(a_list_has_pythons_methods)
{
	struct mp_proxy *l = mp_manager_list(manager, mp_list(3, 1, 2));

	ck_assert_int_eq(mp_proxy_length(l), 3);
	ck_assert_int_eq(mp_proxy_append(l, "x"), 0);
	ck_assert_str_eq(repr_of(mp_proxy_pop(l)), "'x'");
	ck_assert_str_eq(repr_of(mp_proxy_item(l, -1)), "2");
	ck_assert_int_eq(mp_proxy_set_item(l, 0, 5), 0);
	ck_assert_int_eq(mp_proxy_contains(l, 5), 1);
	ck_assert_int_eq(mp_proxy_contains(l, 6), 0);
	ck_assert_int_eq(mp_proxy_do(l, "insert", mp_tuple(1, 7)), 0);
	ck_assert_str_eq(str_of(l), "[5, 7, 1, 2]");
	assert_returns("1", l, "index", mp_tuple(7));
	assert_returns("1", l, "count", mp_tuple(2));
	ck_assert_int_eq(mp_proxy_do(l, "remove", mp_tuple(7)), 0);
	ck_assert_int_eq(mp_proxy_do(l, "extend", mp_tuple("ab")), 0);
	ck_assert_int_eq(mp_proxy_do(l, "reverse"), 0);
	ck_assert_str_eq(str_of(l), "['b', 'a', 2, 1, 5]");
	assert_returns("'b'", l, "pop", mp_tuple(0));
	ck_assert_int_eq(mp_proxy_delete_item(l, 0), 0);
	assert_returns("[2, 1, 5, 9]", l, "__add__", mp_tuple(mp_list(9)));
	assert_returns("[2, 1, 5, 2, 1, 5]", l, "__mul__", mp_tuple(2));
	assert_returns("[5, 1, 2]", l, "__reversed__");
	assert_returns("[2, 1, 5]", l, "copy");
	ck_assert_ptr_null(mp_proxy_call(l, "__mul__",
					 mp_tuple(INT64_C(1) << 60)));
	ck_assert_int_eq(mp_error_code(), MP_EMEMORY);
	ck_assert_int_eq(mp_proxy_do(l, "__imul__", mp_tuple(2)), 0);
	ck_assert_int_eq(mp_proxy_do(l, "__iadd__", mp_tuple(mp_list(0))), 0);
	ck_assert_str_eq(str_of(l), "[2, 1, 5, 2, 1, 5, 0]");
	ck_assert_int_eq(mp_proxy_do(l, "clear"), 0);
	ck_assert_int_eq(mp_proxy_length(l), 0);
	mp_proxy_destroy(l);
}
END_TEST

START_TEST(a_list_fails_as_python_does)
{
	struct mp_proxy *l = mp_manager_list(manager, mp_list(1, "x"));

	assert_raises(MP_EINDEX, "list index out of range",
		      mp_proxy_item(l, 2));
	assert_raises(MP_ETYPE, "list indices must be integers, not str",
		      mp_proxy_item(l, "a"));
	assert_fails(MP_EVALUE, mp_proxy_do(l, "remove", mp_tuple(5)),
		     "list.remove(x): x not in list");
	assert_fails(MP_EVALUE, mp_proxy_do(l, "index", mp_tuple(5)),
		     "5 is not in list");
	assert_fails(MP_ETYPE, mp_proxy_do(l, "sort"),
		     "'<' not supported between instances of 'str' and 'int'");
	assert_fails(MP_ETYPE, mp_proxy_do(l, "append"),
		     "append() takes exactly one argument (0 given)");
	assert_fails(MP_ETYPE, mp_proxy_do(l, "extend", mp_tuple(5)),
		     "'int' object is not iterable");
	ck_assert_int_eq(mp_proxy_do(l, "clear"), 0);
	assert_raises(MP_EINDEX, "pop from empty list", mp_proxy_pop(l));
	ck_assert(strstr(mp_error_traceback(), "In SyncManager-2:"));
	mp_proxy_destroy(l);
	ck_assert_ptr_null(mp_manager_list(manager, 5));
	ck_assert_int_eq(mp_error_code(), MP_ETYPE);
}
END_TEST

START_TEST(sort_is_stable_and_can_be_reversed)
{
	struct mp_proxy *l = mp_manager_list(
		manager, mp_list(mp_tuple(2, "a"), mp_tuple(1, "b"),
				 mp_tuple(1, "a")));

	ck_assert_int_eq(mp_proxy_do(l, "sort"), 0);
	ck_assert_str_eq(str_of(l), "[(1, 'a'), (1, 'b'), (2, 'a')]");
	ck_assert_int_eq(mp_proxy_do(l, "sort", .kwds = mp_dict(
				"reverse", mp_bool(true))), 0);
	ck_assert_str_eq(str_of(l), "[(2, 'a'), (1, 'b'), (1, 'a')]");
	mp_proxy_destroy(l);
	l = mp_manager_list(manager, mp_list(2, 1.5, mp_bool(true), -7, 1));
	ck_assert_int_eq(mp_proxy_do(l, "sort"), 0);
	ck_assert_str_eq(str_of(l), "[-7, True, 1, 1.5, 2]");
	ck_assert_int_eq(mp_proxy_do(l, "sort", .kwds = mp_dict(
				"reverse", mp_bool(true))), 0);
	ck_assert_str_eq(str_of(l), "[2, 1.5, True, 1, -7]");
	mp_proxy_destroy(l);
}
END_TEST

/* ---- dict, set ---- */

START_TEST(a_dict_has_pythons_methods)
{
	struct mp_proxy *d = mp_manager_dict(manager, mp_dict("a", 1, "b", 2));
	long number = 0;

	ck_assert_int_eq(mp_proxy_length(d), 2);
	ck_assert_int_eq(mp_proxy_get_long(d, "b", &number), 0);
	ck_assert_int_eq(number, 2);
	ck_assert_int_eq(mp_proxy_set_item(d, 5, 1.5), 0);
	assert_returns("['a', 'b', 5]", d, "keys");
	assert_returns("[1, 2, 1.5]", d, "values");
	assert_returns("[('a', 1), ('b', 2), (5, 1.5)]", d, "items");
	assert_returns("[5, 'b', 'a']", d, "__reversed__");
	assert_returns("None", d, "get", mp_tuple("x"));
	assert_returns("0", d, "get", mp_tuple("x", 0));
	assert_returns("(5, 1.5)", d, "popitem");
	assert_returns("1", d, "pop", mp_tuple("a"));
	assert_returns("7", d, "pop", mp_tuple("a", 7));
	assert_returns("3", d, "setdefault", mp_tuple("c", 3));
	assert_returns("3", d, "setdefault", mp_tuple("c", 4));
	ck_assert_int_eq(mp_proxy_do(d, "update", mp_tuple(mp_dict("d", 4)),
				     .kwds = mp_dict("e", 5)), 0);
	ck_assert_int_eq(mp_proxy_do(d, "update", mp_tuple(
				mp_list(mp_tuple("f", 6)))), 0);
	ck_assert_str_eq(str_of(d),
			 "{'b': 2, 'c': 3, 'd': 4, 'e': 5, 'f': 6}");
	ck_assert_int_eq(mp_proxy_delete_item(d, "b"), 0);
	ck_assert_int_eq(mp_proxy_contains(d, "b"), 0);
	ck_assert_int_eq(mp_proxy_contains(d, "c"), 1);
	assert_returns("{'c': 0, 'd': 4, 'e': 5, 'f': 6}", d, "__or__",
		       mp_tuple(mp_dict("c", 0)));
	ck_assert_str_eq(repr_of(mp_proxy_value(d)),
			 "{'c': 3, 'd': 4, 'e': 5, 'f': 6}");
	ck_assert_int_eq(mp_proxy_do(d, "clear"), 0);
	assert_returns("{}", d, "copy");
	mp_proxy_destroy(d);
}
END_TEST

START_TEST(a_dict_fails_as_python_does)
{
	struct mp_proxy *d = mp_manager_dict(manager);

	assert_raises(MP_EKEY, "'x'", mp_proxy_item(d, "x"));
	assert_raises(MP_EKEY, "'x'", mp_proxy_call(d, "pop", mp_tuple("x")));
	assert_raises(MP_EKEY, "'popitem(): dictionary is empty'",
		      mp_proxy_call(d, "popitem"));
	assert_fails(MP_EKEY, mp_proxy_delete_item(d, "x"), "'x'");
	assert_fails(MP_ETYPE, mp_proxy_set_item(d, mp_list(), 1),
		     "unhashable type: 'list'");
	mp_proxy_destroy(d);
}
END_TEST

START_TEST(a_dict_is_iterated_over_as_long_as_it_keeps_its_size)
{
	struct mp_proxy *d = mp_manager_dict(manager, mp_dict("a", 1, "b", 2));
	struct mp_proxy *i = mp_proxy_of(mp_proxy_call(d, "__iter__"));

	ck_assert_str_eq(mp_proxy_typeid(i), "Iterator");
	assert_returns("'a'", i, "__next__");
	assert_returns("'b'", i, "next");
	assert_raises(MP_ESTOP, "there are no more items",
		      mp_proxy_call(i, "__next__"));
	mp_proxy_destroy(i);
	i = mp_proxy_of(mp_proxy_call(d, "__iter__"));
	ck_assert_int_eq(mp_proxy_set_item(d, "c", 3), 0);
	assert_raises(MP_ERUNTIME, "dictionary changed size during iteration",
		      mp_proxy_call(i, "__next__"));
	/* The iterator keeps what it walks over. */
	mp_proxy_destroy(d);
	assert_raises(MP_ERUNTIME, "dictionary changed size during iteration",
		      mp_proxy_call(i, "__next__"));
	mp_proxy_destroy(i);
	assert_count(0);
}
END_TEST

START_TEST(a_set_has_each_item_once)
{
	struct mp_proxy *s = mp_manager_set(manager, mp_list(1, 2, 2));

	ck_assert_int_eq(mp_proxy_length(s), 2);
	ck_assert_int_eq(mp_proxy_do(s, "add", mp_tuple(3)), 0);
	ck_assert_int_eq(mp_proxy_do(s, "add", mp_tuple(3)), 0);
	ck_assert_int_eq(mp_proxy_do(s, "discard", mp_tuple(9)), 0);
	ck_assert_int_eq(mp_proxy_do(s, "remove", mp_tuple(1)), 0);
	ck_assert_str_eq(str_of(s), "{2, 3}");
	assert_returns("2", s, "pop");
	ck_assert_int_eq(mp_proxy_contains(s, 3), 1);
	ck_assert_int_eq(mp_proxy_do(s, "clear"), 0);
	ck_assert_str_eq(str_of(s), "set()");
	mp_proxy_destroy(s);
}
END_TEST

/* ---- Namespace, Value, Array ---- */

START_TEST(a_namespace_has_attributes)
{
	struct mp_proxy *n = mp_manager_Namespace(manager);

	ck_assert_int_eq(mp_proxy_set_attr(n, "x", mp_list(1)), 0);
	ck_assert_str_eq(repr_of(mp_proxy_attr(n, "x")), "[1]");
	ck_assert_str_eq(str_of(n), "Namespace(x=[1])");
	ck_assert_int_eq(mp_proxy_delete_attr(n, "x"), 0);
	assert_raises(MP_EATTRIBUTE, "'Namespace' object has no attribute 'x'",
		      mp_proxy_attr(n, "x"));
	mp_proxy_destroy(n);
}
END_TEST

/* In Python these are attributes of the proxy, which nobody else sees; here it has none. */
START_TEST(names_that_begin_with_an_underscore_are_not_shared)
{
	struct mp_proxy *n =
		mp_manager_Namespace(manager, mp_dict("_x", 1, "y", 2));

	ck_assert_str_eq(str_of(n), "Namespace(y=2)");
	assert_raises(MP_EATTRIBUTE,
		      "'NamespaceProxy' object has no attribute '_x'",
		      mp_proxy_attr(n, "_x"));
	assert_fails(MP_EATTRIBUTE, mp_proxy_set_attr(n, "_z", 1),
		     "'_z' would be an attribute of the proxy, not of the "
		     "object");
	ck_assert_int_eq(mp_proxy_delete_attr(n, "_x"), MP_EATTRIBUTE);
	mp_proxy_destroy(n);
}
END_TEST

START_TEST(a_value_does_not_mind_its_code)
{
	struct mp_proxy *v = mp_manager_Value(manager, "i", 5);
	long number = 0;

	ck_assert_int_eq(mp_proxy_attr_long(v, "value", &number), 0);
	ck_assert_int_eq(number, 5);
	ck_assert_int_eq(mp_proxy_set_attr(v, "value", "text"), 0);
	assert_returns("'text'", v, "get");
	ck_assert_int_eq(mp_proxy_do(v, "set", mp_tuple(1.5)), 0);
	ck_assert_str_eq(str_of(v), "Value('i', 1.5)");
	mp_proxy_destroy(v);
}
END_TEST

START_TEST(an_array_does)
{
	struct mp_proxy *a = mp_manager_Array(manager, "b", mp_list(1, 2));

	ck_assert_int_eq(mp_proxy_set_item(a, 1, -128), 0);
	ck_assert_str_eq(str_of(a), "array('b', [1, -128])");
	ck_assert_int_eq(mp_proxy_set_item(a, 0, 200), MP_EOVERFLOW);
	ck_assert_int_eq(mp_proxy_set_item(a, 0, "x"), MP_ETYPE);
	ck_assert_int_eq(mp_proxy_set_item(a, 2, 1), MP_EINDEX);
	ck_assert_int_eq(mp_proxy_length(a), 2);
	mp_proxy_destroy(a);
	ck_assert_ptr_null(mp_manager_Array(manager, "z", mp_list()));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager types");
	TCase *tcase = tcase_create("types");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, a_list_has_pythons_methods);
	tcase_add_test(tcase, a_list_fails_as_python_does);
	tcase_add_test(tcase, sort_is_stable_and_can_be_reversed);
	tcase_add_test(tcase, a_dict_has_pythons_methods);
	tcase_add_test(tcase, a_dict_fails_as_python_does);
	tcase_add_test(tcase, a_dict_is_iterated_over_as_long_as_it_keeps_its_size);
	tcase_add_test(tcase, a_set_has_each_item_once);
	tcase_add_test(tcase, a_namespace_has_attributes);
	tcase_add_test(tcase,
		       names_that_begin_with_an_underscore_are_not_shared);
	tcase_add_test(tcase, a_value_does_not_mind_its_code);
	tcase_add_test(tcase, an_array_does);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
