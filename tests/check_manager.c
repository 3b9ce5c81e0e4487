/* check_manager.c - Manager: its server, its types, and what their proxies do */
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

/* ---- references ---- */

static int hold_until_told(struct mp_call *call)
{
	struct mp_proxy *list;

	if (mp_bind(call, "list", &list) < 0)
		return mp_raise();
	gate_tell(&answer, mp_proxy_length(list));
	return gate_wait(&gate) ? 0 : MP_EUSER;
}

START_TEST(an_object_goes_with_its_last_proxy)
{
	struct mp_proxy *list = mp_manager_list(manager, mp_list(1));
	struct mp_process *p = mp_Process(.target = hold_until_told,
					  .args = mp_tuple(list));

	ck_assert_int_eq(mp_process_start(p), 0);
	mp_proxy_destroy(list);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(mp_manager_count(manager), 1);
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	assert_count(0);
}
END_TEST

START_TEST(also_when_its_owner_was_killed)
{
	struct mp_proxy *list = mp_manager_list(manager, mp_list(1));
	struct mp_process *p = mp_Process(.target = hold_until_told,
					  .args = mp_tuple(list));

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	mp_proxy_destroy(list);
	ck_assert_int_eq(mp_manager_count(manager), 1);
	ck_assert_int_eq(mp_process_kill(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	assert_count(0);
}
END_TEST

static int send_proxy(struct mp_call *call)
{
	struct mp_queue *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	struct mp_proxy *list = mp_manager_list(manager, mp_list("made"));
	if (!list || mp_queue_put(queue, mp_value(list), MP_FOREVER) < 0)
		return mp_raise();
	return gate_wait(&gate) ? 0 : MP_EUSER;
}

START_TEST(a_proxy_travels_through_a_queue)
{
	struct mp_queue *queue = mp_Queue();
	struct mp_process *p = mp_Process(.target = send_proxy,
					  .args = mp_tuple(queue));

	ck_assert_int_eq(mp_process_start(p), 0);
	struct mp_proxy *list = mp_proxy_of(mp_queue_get(queue, MP_FOREVER));
	ck_assert_msg(list != NULL, "%s", mp_error_message());
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
	ck_assert_str_eq(str_of(list), "['made']");
	mp_proxy_destroy(list);
	mp_queue_destroy(queue);
	assert_count(0);
}
END_TEST

START_TEST(a_copy_of_a_proxy_is_one_more)
{
	struct mp_proxy *list = mp_manager_list(manager);

	mp_proxy_ref(list);
	mp_proxy_destroy(list);
	ck_assert_int_eq(mp_proxy_append(list, 1), 0);
	mp_proxy_destroy(list);
	assert_count(0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("manager");
	TCase *types = tcase_create("types");
	TCase *references = tcase_create("references");

	tcase_set_timeout(types, 30);
	tcase_set_timeout(references, 30);
	tcase_add_checked_fixture(types, managed_begin, managed_end);
	tcase_add_checked_fixture(references, managed_begin, managed_end);
	tcase_add_test(types, what_a_child_changes_its_parent_sees);
	tcase_add_test(types, the_server_is_a_process_of_its_own);
	tcase_add_test(types, a_list_has_pythons_methods);
	tcase_add_test(types, a_list_fails_as_python_does);
	tcase_add_test(types, sort_is_stable_and_can_be_reversed);
	tcase_add_test(types, a_dict_has_pythons_methods);
	tcase_add_test(types, a_dict_fails_as_python_does);
	tcase_add_test(types, a_dict_is_iterated_over_as_long_as_it_keeps_its_size);
	tcase_add_test(types, a_set_has_each_item_once);
	tcase_add_test(types, a_namespace_has_attributes);
	tcase_add_test(types, a_value_does_not_mind_its_code);
	tcase_add_test(types, an_array_does);
	tcase_add_test(types, a_list_that_comes_out_of_a_dict_is_a_copy);
	tcase_add_test(types, a_proxy_in_a_list_is_the_object_itself);
	tcase_add_test(types, a_list_can_hold_itself);
	tcase_add_test(types, a_method_that_is_not_exposed_is_not_there);
	tcase_add_test(types, what_cannot_be_sent_fails_alone);
	tcase_add_test(types, large_values_go_through);
	tcase_add_test(types, a_proxy_says_what_it_is);
	tcase_add_test(references, an_object_goes_with_its_last_proxy);
	tcase_add_test(references, also_when_its_owner_was_killed);
	tcase_add_test(references, a_proxy_travels_through_a_queue);
	tcase_add_test(references, a_copy_of_a_proxy_is_one_more);
	suite_add_tcase(suite, types);
	suite_add_tcase(suite, references);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
