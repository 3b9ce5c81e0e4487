/* check_bind.c - arguments by name: what mp_bind does where Python calls a function */
#include "config.h"

#include <check.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"
#include "tests/support/bind_values.h"
#include "value/call.h"

static void ck_repr(const struct mp_value *value, const char *expected)
{
	char *text = mp_value_repr(value);

	ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(positional_and_keyword_arguments_meet_their_names)
{
	struct mp_call call = call_with(mp_tuple(4), mp_dict("b", 5, "c", 6));
	long a = 0, b = 0, c = 0;

	ck_assert_int_eq(mp_bind(&call, "a b c", &a, &b, &c), 0);
	ck_assert_int_eq(a, 4);
	ck_assert_int_eq(b, 5);
	ck_assert_int_eq(c, 6);
	ck_assert_str_eq(mp_call_name(&call), "test");
	ck_repr(mp_call_args(&call), "(4,)");
	ck_repr(mp_call_kwargs(&call), "{'b': 5, 'c': 6}");
	mp__call_finish(&call);
}
END_TEST

START_TEST(a_call_without_arguments_binds_nothing)
{
	struct mp_call call;

	ck_assert_int_eq(mp__call_init(&call, "test", NULL, NULL), 0);
	ck_assert_int_eq(mp_bind(&call, ""), 0);
	ck_repr(mp_call_args(&call), "()");
	ck_repr(mp_call_kwargs(&call), "{}");
	mp__call_finish(&call);
}
END_TEST

START_TEST(every_c_type_receives_its_argument)
{
	struct mp_call call = call_with(
		mp_tuple(mp_bool(true), -1, 255, -300, 65535, -7, 4000000000u,
			 -5000000000, 5000000000u, INT64_MIN, UINT64_MAX, 1, 2.5,
			 "text", mp_list(1)), mp_dict());
	bool b = false;
	signed char sc = 0;
	unsigned char uc = 0;
	short s = 0;
	unsigned short us = 0;
	int i = 0;
	unsigned u = 0;
	long l = 0;
	unsigned long ul = 0;
	long long ll = 0;
	unsigned long long ull = 0;
	float f = 0;
	double d = 0;
	const char *text = NULL;
	struct mp_value *value = NULL;

	int err = mp_bind(&call, "b sc uc s us i u l ul ll ull f d text value", &b,
			  &sc, &uc, &s, &us, &i, &u, &l, &ul, &ll, &ull, &f, &d,
			  &text, &value);
	ck_assert_msg(err == 0, "%s", mp_error_message());
	ck_assert(b && sc == -1 && uc == 255 && s == -300 && us == 65535);
	ck_assert(i == -7 && u == 4000000000u && l == -5000000000);
	ck_assert(ul == 5000000000u && ll == INT64_MIN && ull == UINT64_MAX);
	ck_assert(f == 1.0f && d == 2.5);
	ck_assert_str_eq(text, "text");
	ck_repr(value, "[1]");
	mp__call_finish(&call);
}
END_TEST

START_TEST(an_optional_parameter_keeps_what_its_variable_had)
{
	struct mp_call call = call_with(mp_tuple(1), mp_dict());
	int a = 0, b = 20, c = 30;

	ck_assert_int_eq(mp_bind(&call, "a b? c=", &a, &b, &c), 0);
	ck_assert_int_eq(a, 1);
	ck_assert_int_eq(b, 20);
	ck_assert_int_eq(c, 30);
	mp__call_finish(&call);
}
END_TEST

START_TEST(a_default_is_a_literal)
{
	struct mp_call call = call_with(mp_tuple(), mp_dict("given", 8));
	int i = 0, given = 0;
	double d = 0, e = 0;
	bool t = false, f = true;
	const char *none = "set", *one = NULL, *two = NULL, *empty = NULL;

	setlocale(LC_ALL, "de_DE.UTF-8");	/* no decimal point there */
	int err = mp_bind(&call, "i=-5 d=2.5 e=1e3 t=True f=False none=None "
			  "one='a b' two=\"it's\" empty='' given=1", &i, &d, &e,
			  &t, &f, &none, &one, &two, &empty, &given);
	setlocale(LC_ALL, "C");
	ck_assert_msg(err == 0, "%s", mp_error_message());
	ck_assert_int_eq(i, -5);
	ck_assert(d == 2.5 && e == 1000);
	ck_assert(t && !f);
	ck_assert_ptr_null(none);
	ck_assert_str_eq(one, "a b");
	ck_assert_str_eq(two, "it's");
	ck_assert_str_eq(empty, "");
	ck_assert_int_eq(given, 8);
	mp__call_finish(&call);
}
END_TEST

START_TEST(surplus_arguments_are_collected)
{
	struct mp_call call = call_with(mp_list(1, 2, "x"),
					mp_dict("k", 3, "c", 4, "z", 5));
	struct mp_value *rest, *keywords;
	int a, c;

	ck_assert_int_eq(mp_bind(&call, "a *rest c **kw", &a, &rest, &c, &keywords),
			 0);
	ck_assert_int_eq(a, 1);
	ck_assert_int_eq(c, 4);
	ck_repr(rest, "(2, 'x')");
	ck_repr(keywords, "{'k': 3, 'z': 5}");
	mp__call_finish(&call);

	call = call_with(mp_tuple(), mp_dict());
	ck_assert_int_eq(mp_bind(&call, "*rest **kw", &rest, &keywords), 0);
	ck_repr(rest, "()");
	ck_repr(keywords, "{}");
	mp__call_finish(&call);
}
END_TEST

static void ck_type_error(const char *spec, struct mp_value *args,
			  struct mp_value *kwargs, const char *message)
{
	ck_assert_int_eq(bind_values(spec, args, kwargs), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(), message);
}

START_TEST(missing_arguments_are_named)
{
	ck_type_error("a b c", mp_tuple(1, 2), mp_dict(),
		      "test() missing 1 required positional argument: 'c'");
	ck_type_error("a b c", mp_tuple(1), mp_dict(),
		      "test() missing 2 required positional arguments: 'b' and 'c'");
	ck_type_error("a b c", mp_tuple(), mp_dict(),
		      "test() missing 3 required positional arguments: "
		      "'a', 'b', and 'c'");
	ck_type_error("a b c", mp_tuple(), mp_dict("b", 1),
		      "test() missing 2 required positional arguments: 'a' and 'c'");
	ck_type_error("a b=1", mp_tuple(), mp_dict("b", 1),
		      "test() missing 1 required positional argument: 'a'");
	ck_type_error("a * b c", mp_tuple(1), mp_dict(),
		      "test() missing 2 required keyword-only arguments: "
		      "'b' and 'c'");
	ck_type_error("*rest b c=1", mp_tuple(1), mp_dict(),
		      "test() missing 1 required keyword-only argument: 'b'");
}
END_TEST

START_TEST(surplus_arguments_are_counted)
{
	ck_type_error("a b c", mp_tuple(1, 2, 3, 4), mp_dict(),
		      "test() takes 3 positional arguments but 4 were given");
	ck_type_error("a b=2", mp_tuple(1, 2, 3), mp_dict(),
		      "test() takes from 1 to 2 positional arguments but 3 were "
		      "given");
	ck_type_error("a?", mp_tuple(1, 2), mp_dict(),
		      "test() takes from 0 to 1 positional arguments but 2 were "
		      "given");
	ck_type_error("a", mp_tuple(1, 2), mp_dict(),
		      "test() takes 1 positional argument but 2 were given");
	ck_type_error("", mp_tuple(1), mp_dict(),
		      "test() takes 0 positional arguments but 1 was given");
	ck_type_error("a * b=1 c=2", mp_tuple(1, 2), mp_dict("b", 3),
		      "test() takes 1 positional argument but 2 positional arguments "
		      "(and 1 keyword-only argument) were given");
	ck_type_error("* b=1 c=2", mp_tuple(1), mp_dict("b", 3, "c", 4),
		      "test() takes 0 positional arguments but 1 positional argument "
		      "(and 2 keyword-only arguments) were given");
}
END_TEST

START_TEST(wrong_keywords_are_named)
{
	ck_type_error("a b c", mp_tuple(1, 2, 3), mp_dict("d", 4),
		      "test() got an unexpected keyword argument 'd'");
	ck_type_error("a b c", mp_tuple(1, 2, 3), mp_dict("a", 4),
		      "test() got multiple values for argument 'a'");
	ck_type_error("a b c", mp_tuple(), mp_dict("d", 4, "a", 1),
		      "test() got an unexpected keyword argument 'd'");
	ck_type_error("*rest", mp_tuple(), mp_dict("rest", 4),
		      "test() got an unexpected keyword argument 'rest'");
}
END_TEST

START_TEST(a_call_needs_a_sequence_and_a_dict_with_names)
{
	struct mp_value *number = mp_int(1000), *dict = mp_dict(1, 2);
	struct mp_call call;

	ck_assert_int_eq(mp__call_init(&call, "test", number, NULL), MP_ETYPE);
	ck_assert_int_eq(mp__call_init(&call, "test", NULL, number), MP_ETYPE);
	ck_assert_int_eq(mp__call_init(&call, "test", NULL, dict), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(), "test() keywords must be strings");
	mp_value_unref(number);
	mp_value_unref(dict);
}
END_TEST

/* ---- what a C variable cannot hold ------------------------------------------------- */

START_TEST(a_wrong_type_names_its_argument_and_changes_nothing)
{
	struct mp_call call = call_with(mp_tuple(1, "two"), mp_dict());
	long a = 10, b = 20;
	double d = 30;
	bool flag = true;
	const char *text = "text";

	ck_assert_int_eq(mp_bind(&call, "a b", &a, &b), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "test() argument 'b' must be int, not str");
	ck_assert_int_eq(mp_bind(&call, "a b", &a, &d), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "test() argument 'b' must be float, not str");
	ck_assert_int_eq(mp_bind(&call, "a b", &a, &flag), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "test() argument 'b' must be bool, not str");
	ck_assert_int_eq(mp_bind(&call, "a b", &text, &text), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "test() argument 'a' must be str or None, not int");
	ck_assert(a == 10 && b == 20 && d == 30 && flag);
	ck_assert_str_eq(text, "text");
	mp__call_finish(&call);
}
END_TEST

START_TEST(a_number_out_of_range_is_an_overflow)
{
	struct mp_call call = call_with(mp_tuple(256, -1, UINT64_MAX, 2147483648u),
					mp_dict());
	unsigned char uc = 1;
	unsigned u = 1;
	long l = 1;
	int i = 1;
	struct mp_value *other;

	ck_assert_int_eq(mp_bind(&call, "a b c d", &uc, &other, &other, &other),
			 MP_EOVERFLOW);
	ck_assert_str_eq(mp_error_message(),
			 "test() argument 'a' does not fit a C unsigned char");
	ck_assert_int_eq(mp_bind(&call, "a b c d", &other, &u, &other, &other),
			 MP_EOVERFLOW);
	ck_assert_int_eq(mp_bind(&call, "a b c d", &other, &other, &l, &other),
			 MP_EOVERFLOW);
	ck_assert_int_eq(mp_bind(&call, "a b c d", &other, &other, &other, &i),
			 MP_EOVERFLOW);
	ck_assert(uc == 1 && u == 1 && l == 1 && i == 1);
	mp__call_finish(&call);
}
END_TEST

START_TEST(text_with_a_null_character_is_no_c_string)
{
	struct mp_call call = call_with(mp_tuple(mp_str("a\0b", 3)), mp_dict());
	const char *text = NULL;

	ck_assert_int_eq(mp_bind(&call, "a", &text), MP_EVALUE);
	ck_assert_ptr_null(text);
	mp__call_finish(&call);
}
END_TEST

START_TEST(mistakes_in_the_specification_are_explained)
{
	static const char *const wrong[] = {
		"a=1 b", "a a", "*a *b", "**k a", "**k **l", "***k", "1a", "a=x", "a=0x1",
		"a='open", "a='b'c", "a!", "**", "a=1.2.3", "a? b", "a b", "=1"
	};
	struct mp_value *value = NULL;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct mp_call call = call_with(mp_tuple(1), mp_dict());
		ck_assert_int_eq(mp_bind(&call, wrong[i], &value), MP_EVALUE);
		ck_assert_ptr_nonnull(strstr(mp_error_message(), "mp_bind in test()"));
		mp__call_finish(&call);
	}
	struct mp_call call = call_with(mp_tuple(), mp_dict());
	long number;
	ck_assert_int_eq(mp_bind(&call, "*rest", &number), MP_EVALUE);
	ck_assert_int_eq(mp_bind(&call, "a"), MP_EVALUE);
	mp__call_finish(&call);
}
END_TEST

START_TEST(sixty_four_parameters_are_the_limit)
{
	char spec[65 * 5 + 1] = "";
	struct mp_call call = call_with(mp_tuple(), mp_dict());
	struct mp_out outs[65];
	int number = 7;

	for (int i = 0; i < 64; i++) {
		sprintf(spec + strlen(spec), "p%02d? ", i);
		outs[i] = (struct mp_out){ MP_OUT_INT, &number };
	}
	ck_assert_int_eq(mp_bind_outs(&call, spec, outs, 64), 0);
	strcat(spec, "more");
	ck_assert_int_eq(mp_bind_outs(&call, spec, outs, 64), MP_EVALUE);
	mp__call_finish(&call);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bind");
	TCase *tcase = tcase_create("bind");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, positional_and_keyword_arguments_meet_their_names);
	tcase_add_test(tcase, a_call_without_arguments_binds_nothing);
	tcase_add_test(tcase, every_c_type_receives_its_argument);
	tcase_add_test(tcase, an_optional_parameter_keeps_what_its_variable_had);
	tcase_add_test(tcase, a_default_is_a_literal);
	tcase_add_test(tcase, surplus_arguments_are_collected);
	tcase_add_test(tcase, missing_arguments_are_named);
	tcase_add_test(tcase, surplus_arguments_are_counted);
	tcase_add_test(tcase, wrong_keywords_are_named);
	tcase_add_test(tcase, a_call_needs_a_sequence_and_a_dict_with_names);
	tcase_add_test(tcase, a_wrong_type_names_its_argument_and_changes_nothing);
	tcase_add_test(tcase, a_number_out_of_range_is_an_overflow);
	tcase_add_test(tcase, text_with_a_null_character_is_no_c_string);
	tcase_add_test(tcase, mistakes_in_the_specification_are_explained);
	tcase_add_test(tcase, sixty_four_parameters_are_the_limit);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
