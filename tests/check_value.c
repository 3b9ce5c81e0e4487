/* check_value.c - values: making, looking, comparing, printing as Python does */
#include "config.h"

#include <check.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"

/* ---- help ---------------------------------------------------------------- */

/* Takes over value. */
static void ck_repr(struct mp_value *value, const char *expected)
{
	char *text = mp_value_repr(value);

	ck_assert_msg(text != NULL, "%s", mp_error_message());
	ck_assert_str_eq(text, expected);
	free(text);
	mp_value_unref(value);
}

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

static void ck_failed(struct mp_value *value, int code, const char *message)
{
	ck_assert_ptr_null(value);
	ck_assert_int_eq(mp_error_code(), code);
	ck_assert_ptr_nonnull(strstr(mp_error_message(), message));
}

/* [[[...]]], so many brackets deep */
static struct mp_value *nested(int depth, bool in_tuples)
{
	struct mp_value *value = mp_list();

	while (--depth > 0)
		value = in_tuples ? mp_tuple(value) : mp_list(value);
	return value;
}

/* ---- making --------------------------------------------------------------- */

START_TEST(c_types_become_values)
{
	signed char sc = -1;
	unsigned char uc = 255;
	short s = -300;
	unsigned short us = 65535;
	unsigned u = 4000000000u;
	long l = -5000000000;
	unsigned long ul = 18446744073709551615u;
	long long ll = INT64_MIN;
	unsigned long long ull = 9223372036854775808u;
	_Bool b = true;
	float f = 1.5f;
	char array[] = "array";
	const char *missing = NULL;
	const int constant = 7;

	ck_repr(mp_list(sc, uc, s, us, -7, u, l, ul, ll, ull, constant),
		"[-1, 255, -300, 65535, -7, 4000000000, -5000000000, "
		"18446744073709551615, -9223372036854775808, "
		"9223372036854775808, 7]");
	ck_repr(mp_list(b, mp_bool(false), f, 2.5, array, "literal", missing,
			mp_none(), 'a'),
		"[True, False, 1.5, 2.5, 'array', 'literal', None, None, 97]");
}
END_TEST

START_TEST(macros_take_no_to_forty_arguments)
{
	ck_repr(mp_tuple(), "()");
	ck_repr(mp_list(), "[]");
	ck_repr(mp_dict(), "{}");
	struct mp_value *tuple =
		mp_tuple(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
			 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
			 33, 34, 35, 36, 37, 38, 39, 40);
	ck_assert_int_eq(mp_value_length(tuple), 40);
	for (int i = 0; i < 40; i++) {
		long number = 0;
		ck_assert_int_eq(mp_value_as_long(mp_value_item(tuple, i), &number),
				 0);
		ck_assert_int_eq(number, i + 1);
	}
	mp_value_unref(tuple);
}
END_TEST

START_TEST(containers_nest)
{
	ck_repr(mp_dict("b", mp_tuple(5, mp_list(mp_dict(1, mp_tuple()))), "c", 6),
		"{'b': (5, [{1: ()}]), 'c': 6}");
}
END_TEST

START_TEST(a_container_given_null_is_null)
{
	struct mp_value *kept = mp_str("kept by two", 11);

	ck_failed(mp_tuple(mp_value_ref(kept), mp_str("\xff", 1), 2), MP_EVALUE,
		  "0xff at position 0");
	ck_failed(mp_dict("a", mp_list(mp_text("\xc0\x80"))), MP_EVALUE, "UTF-8");
	ck_repr(kept, "'kept by two'");
}
END_TEST

START_TEST(only_utf8_is_a_str)
{
	static const char *const wrong[] = {
		"\x80", "abc\xff", "\xc3", "\xc3(", "\xe2\x82", "\xc0\xaf",
		"\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\xaf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "12345678\xfe",
		"\xf0\x9f\x98", "\xe4\xbd\xa0\xe5"
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_failed(mp_text(wrong[i]), MP_EVALUE, "UTF-8");
	ck_repr(mp_text("\xf4\x8f\xbf\xbf"), "'\\U0010ffff'");
	ck_repr(mp_text("你好 \xf0\x9f\x98\x80"), "'你好 \xf0\x9f\x98\x80'");
}
END_TEST

START_TEST(a_dict_keeps_order_and_the_last_value)
{
	ck_repr(mp_dict("a", 1, "b", 2, "a", 3), "{'a': 3, 'b': 2}");
	ck_repr(mp_dict(1, "int", 1.0, "float", mp_bool(true), "bool"),
		"{1: 'bool'}");
	ck_failed(mp_dict("a", 1, "b"), MP_ETYPE, "no value");
	ck_failed(mp_dict(mp_list(), 1, "b", 2), MP_ETYPE, "unhashable type: 'list'");
	ck_failed(mp_dict(mp_tuple(1, mp_dict()), 1), MP_ETYPE,
		  "unhashable type: 'dict'");
}
END_TEST

START_TEST(a_tuple_is_made_of_anything_that_iterates)
{
	struct mp_value *sources[] = {
		mp_text("aé你"), mp_bytes("\x01\xff", 2), mp_list(1, 2),
		mp_tuple(3), mp_dict("k", 1, "l", 2), mp_text("")
	};
	static const char *const expected[] = {
		"('a', 'é', '你')", "(1, 255)", "(1, 2)", "(3,)", "('k', 'l')", "()"
	};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		ck_repr(mp_value_tuple_of(sources[i]), expected[i]);
		mp_value_unref(sources[i]);
	}
	ck_failed(mp_value_tuple_of(mp_none()), MP_ETYPE,
		  "'NoneType' object is not iterable");
	ck_failed(mp_value_tuple_of(NULL), MP_ETYPE, "not iterable");
}
END_TEST

/* ---- looking ---------------------------------------------------------------- */

START_TEST(numbers_come_out_as_c_numbers)
{
	struct mp_value *wide = mp_uint(UINT64_MAX), *real = mp_float(1.5);
	struct mp_value *negative = mp_int(-1), *text = mp_text("x");
	int64_t signed_number = 42;
	uint64_t number = 42;
	double result = 0;
	long number_long = 42;

	ck_assert_int_eq(mp_value_as_uint64(wide, &number), 0);
	ck_assert_uint_eq(number, UINT64_MAX);
	ck_assert_int_eq(mp_value_as_int64(wide, &signed_number), MP_EOVERFLOW);
	ck_assert_int_eq(mp_value_as_uint64(negative, &number), MP_EOVERFLOW);
	ck_assert_int_eq(mp_value_as_long(real, &number_long), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "'float' object cannot be interpreted as an integer");
	ck_assert_int_eq(signed_number, 42);
	ck_assert_int_eq(number_long, 42);
	ck_assert_int_eq(mp_value_as_long(mp_bool(true), &number_long), 0);
	ck_assert_int_eq(number_long, 1);
	ck_assert_int_eq(mp_value_as_double(wide, &result), 0);
	ck_assert(result == 0x1p64);
	ck_assert_int_eq(mp_value_as_double(text, &result), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(), "must be real number, not str");
	ck_assert_int_eq(mp_value_as_double(NULL, &result), MP_ETYPE);
	mp_value_unref(wide);
	mp_value_unref(real);
	mp_value_unref(negative);
	mp_value_unref(text);
}
END_TEST

START_TEST(text_and_bytes_are_counted)
{
	struct mp_value *text = mp_str("a\0é", 4), *bytes = mp_bytes("\0\xff", 2);
	const char *c;
	const void *raw;
	size_t len;

	ck_assert_int_eq(mp_value_as_str(text, &c, &len), 0);
	ck_assert_uint_eq(len, 4);
	ck_assert_int_eq(mp_value_length(text), 3);
	ck_assert_int_eq(mp_value_as_bytes(bytes, &raw, &len), 0);
	ck_assert_uint_eq(len, 2);
	ck_assert_mem_eq(raw, "\0\xff", 3);
	ck_assert_int_eq(mp_value_as_str(bytes, &c, NULL), MP_ETYPE);
	ck_assert_int_eq(mp_value_as_bytes(text, &raw, NULL), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "a bytes-like object is required, not 'str'");
	ck_assert_int_eq(mp_value_length(mp_none()), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "object of type 'NoneType' has no len()");
	mp_value_unref(text);
	mp_value_unref(bytes);
}
END_TEST

START_TEST(items_are_found_by_index_and_key)
{
	struct mp_value *list = mp_list("a", "b"), *dict = mp_dict("k", 1, 2, "v");
	struct mp_value *key = mp_float(2.0), *other = mp_text("other");

	ck_assert_ptr_eq(mp_value_item(list, -2), mp_value_item(list, 0));
	ck_failed(mp_value_item(list, 2), MP_EINDEX, "list index out of range");
	ck_failed(mp_value_item(list, -3), MP_EINDEX, "list index out of range");
	ck_failed(mp_value_item(dict, 0), MP_ETYPE, "'dict' object");
	ck_repr(mp_value_ref(mp_value_lookup(dict, key)), "'v'");
	ck_repr(mp_value_ref(mp_value_lookup_text(dict, "k")), "1");
	ck_failed(mp_value_lookup(dict, other), MP_EKEY, "'other'");
	ck_failed(mp_value_lookup_text(dict, "q"), MP_EKEY, "'q'");
	ck_failed(mp_value_lookup(list, key), MP_ETYPE, "'list' object");
	ck_failed(mp_value_lookup(dict, list), MP_ETYPE, "unhashable type: 'list'");
	ck_assert_int_eq(mp_value_contains(dict, key), 1);
	ck_assert_int_eq(mp_value_contains(list, key), 0);
	ck_assert_int_eq(mp_value_contains(key, key), MP_ETYPE);
	mp_value_unref(list);
	mp_value_unref(dict);
	mp_value_unref(key);
	mp_value_unref(other);
}
END_TEST

START_TEST(truth_is_pythons)
{
	struct mp_value *is_true[] = { mp_int(-1), mp_float(NAN), mp_text("0"),
				       mp_tuple(0), mp_bool(true),
				       mp_uint(1ull << 63), mp_dict(0, 0) };
	struct mp_value *is_false[] = { mp_int(0), mp_float(-0.0), mp_text(""),
					mp_tuple(), mp_bool(false), mp_none(),
					mp_dict(), mp_list(), mp_bytes("", 0) };

	for (size_t i = 0; i < sizeof(is_true) / sizeof(is_true[0]); i++) {
		ck_assert(mp_value_truth(is_true[i]));
		mp_value_unref(is_true[i]);
	}
	for (size_t i = 0; i < sizeof(is_false) / sizeof(is_false[0]); i++) {
		ck_assert(!mp_value_truth(is_false[i]));
		mp_value_unref(is_false[i]);
	}
}
END_TEST

START_TEST(lists_and_dicts_change)
{
	struct mp_value *list = mp_list(), *dict = mp_dict(), *index = mp_int(-1);

	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(mp_value_append(list, mp_value(i)), 0);
	ck_assert_int_eq(mp_value_put(list, mp_value(-1), mp_value("last")), 0);
	ck_repr(mp_value_ref(mp_value_item(list, 99)), "'last'");
	ck_assert_int_eq(mp_value_delete(list, index), 0);
	ck_assert_int_eq(mp_value_length(list), 99);
	ck_assert_int_eq(mp_value_put(list, mp_value(99), mp_value(1)), MP_EINDEX);
	ck_assert_int_eq(mp_value_put(list, mp_value("a"), mp_value(1)), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "list indices must be integers or slices, not str");
	ck_assert_int_eq(mp_value_append(dict, mp_value(1)), MP_ETYPE);
	ck_assert_str_eq(mp_error_message(),
			 "'dict' object has no attribute 'append'");
	ck_assert_int_lt(mp_value_append(list, NULL), 0);
	ck_assert_int_lt(mp_value_put(dict, mp_value("k"), NULL), 0);
	ck_assert_int_eq(mp_value_delete(dict, index), MP_EKEY);
	ck_assert_str_eq(mp_error_message(), "-1");
	mp_value_unref(list);
	mp_value_unref(dict);
	mp_value_unref(index);
}
END_TEST

START_TEST(a_dict_of_many_keys_finds_each)
{
	struct mp_value *dict = mp_dict();
	char name[32];

	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "key %d", i % 4000);
		ck_assert_int_eq(mp_value_put(dict, mp_value(name), mp_value(i)), 0);
	}
	ck_assert_int_eq(mp_value_length(dict), 4000);
	for (int i = 0; i < 4000; i += 100) {
		snprintf(name, sizeof(name), "key %d", i);
		struct mp_value *key = mp_value(name);
		ck_assert_int_eq(mp_value_delete(dict, key), 0);
		ck_assert_int_eq(mp_value_contains(dict, key), 0);
		mp_value_unref(key);
	}
	size_t at = 0;
	struct mp_value *key, *item;
	for (int i = 0; i < 4000; i++) {
		long number;
		if (i % 100 == 0)
			continue;
		ck_assert(mp_value_next(dict, &at, &key, &item));
		ck_assert_int_eq(mp_value_as_long(item, &number), 0);
		ck_assert_int_eq(number, i < 1000 ? i + 4000 : i);
		ck_assert_ptr_eq(mp_value_lookup(dict, key), item);
	}
	ck_assert(!mp_value_next(dict, &at, &key, &item));
	mp_value_unref(dict);
}
END_TEST

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

/* ---- printing ------------------------------------------------------------------ */

static const struct {
	double real;
	const char *text;
} floats[] = {
	{ 0.0, "0.0" }, { -0.0, "-0.0" }, { 1.0, "1.0" }, { -1.5, "-1.5" },
	{ 0.1, "0.1" }, { 0.1 + 0.2, "0.30000000000000004" },
	{ 100.0, "100.0" }, { 1e15, "1000000000000000.0" },
	{ 9999999999999998.0, "9999999999999998.0" }, { 1e16, "1e+16" },
	{ 1.5e16, "1.5e+16" }, { 12345678901234567890.0, "1.2345678901234567e+19" },
	{ 0.0001, "0.0001" }, { 0.00012345, "0.00012345" },
	{ 0.00001, "1e-05" }, { 1.5e-5, "1.5e-05" }, { 1e100, "1e+100" },
	{ 1e-100, "1e-100" }, { 5e-324, "5e-324" },
	{ 2.2250738585072014e-308, "2.2250738585072014e-308" },
	{ 2.225073858507201e-308, "2.225073858507201e-308" },
	{ 1.7976931348623157e308, "1.7976931348623157e+308" },
	{ 0x1p-44, "5.684341886080802e-14" }, { 0x1p-1017, "7.120236347223045e-307" },
	{ 9007199254740993.0, "9007199254740992.0" },
	{ 3.141592653589793, "3.141592653589793" }, { 1.0 / 3, "0.3333333333333333" },
	{ INFINITY, "inf" }, { -INFINITY, "-inf" }, { NAN, "nan" }, { -NAN, "nan" }
};

START_TEST(floats_print_as_in_python)
{
	for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++)
		ck_repr(mp_float(floats[i].real), floats[i].text);
}
END_TEST

START_TEST(floats_do_not_depend_on_the_locale)
{
	static const char *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8",
					     "ps_AF.UTF-8" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		setlocale(LC_ALL, names[i]);	/* stays as it is if unknown */
		ck_repr(mp_tuple(1.5, 1e-7, 0.1), "(1.5, 1e-07, 0.1)");
	}
	setlocale(LC_ALL, "C");
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *as_str, *as_bytes;
} texts[] = {
#define TEXT(s) s, sizeof(s) - 1
	{ TEXT("egon"), "'egon'", "b'egon'" },
	{ TEXT("it's"), "\"it's\"", "b\"it's\"" },
	{ TEXT("say \"hi\""), "'say \"hi\"'", "b'say \"hi\"'" },
	{ TEXT("it's \"it\""), "'it\\'s \"it\"'", "b'it\\'s \"it\"'" },
	{ TEXT("a\\b"), "'a\\\\b'", "b'a\\\\b'" },
	{ TEXT("\t\n\r\v\x1b\x7f\0!"), "'\\t\\n\\r\\x0b\\x1b\\x7f\\x00!'",
	  "b'\\t\\n\\r\\x0b\\x1b\\x7f\\x00!'" },
	{ TEXT("主......"), "'主......'", "b'\\xe4\\xb8\\xbb......'" },
	{ TEXT("\xc2\xa0\xc2\xad\xc3\xa9"), "'\\xa0\\xad\xc3\xa9'",
	  "b'\\xc2\\xa0\\xc2\\xad\\xc3\\xa9'" },
	{ TEXT("\xe2\x80\xa8\xe2\x80\x8b"), "'\\u2028\\u200b'",
	  "b'\\xe2\\x80\\xa8\\xe2\\x80\\x8b'" },
	{ TEXT("\xf0\x9f\x98\x80\xf3\xa0\x80\x81"), "'\xf0\x9f\x98\x80\\U000e0001'",
	  "b'\\xf0\\x9f\\x98\\x80\\xf3\\xa0\\x80\\x81'" },
	{ TEXT(""), "''", "b''" }
};

START_TEST(text_and_bytes_print_as_in_python)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_repr(mp_str(texts[i].text, texts[i].len), texts[i].as_str);
		ck_repr(mp_bytes(texts[i].text, texts[i].len), texts[i].as_bytes);
	}
}
END_TEST

START_TEST(str_of_a_text_is_bare_but_not_inside)
{
	struct mp_value *text = mp_text("it's"), *list = mp_list("it's");
	char *bare = mp_value_str(text), *inside = mp_value_str(list);

	ck_assert_str_eq(bare, "it's");
	ck_assert_str_eq(inside, "[\"it's\"]");
	free(bare);
	free(inside);
	mp_value_unref(text);
	mp_value_unref(list);
}
END_TEST

START_TEST(a_list_inside_itself_prints_dots)
{
	struct mp_value *list = mp_list(1), *dict = mp_dict();
	struct mp_value *key = mp_value("d");

	ck_assert_int_eq(mp_value_append(list, mp_value_ref(list)), 0);
	ck_repr(mp_value_ref(list), "[1, [...]]");
	ck_assert_int_eq(mp_value_put(dict, mp_value_ref(key), mp_value_ref(dict)), 0);
	ck_repr(mp_value_ref(dict), "{'d': {...}}");
	ck_assert_int_eq(mp_value_put(list, mp_value(1), mp_value(2)), 0);
	ck_assert_int_eq(mp_value_delete(dict, key), 0);
	mp_value_unref(list);
	mp_value_unref(dict);
	mp_value_unref(key);
}
END_TEST

/* ---- beside the real interpreter -------------------------------------------------- */

static uint64_t state = 0x243f6a8885a308d3u;

static uint64_t draw(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static double draw_float(void)
{
	uint64_t bits = draw();
	double real;

	switch (draw() % 4) {
	case 0:
		return (double)(int64_t)(bits >> draw() % 60) / 100;
	case 1:
		return ldexp(1.0, (int)(bits % 2098) - 1074);
	case 2:
		return (double)(bits >> 40) * pow(10, (int)(bits % 40) - 20);
	default:
		memcpy(&real, &bits, sizeof(real));
		return isnan(real) ? 0.5 : real;
	}
}

static size_t put_character(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static struct mp_value *draw_text(void)
{
	char text[128];
	size_t len = 0;

	for (size_t count = draw() % 12; count > 0; count--) {
		uint32_t c = (uint32_t)(draw() % 0x110000) >> draw() % 21;
		if (c < 0xd800 || c > 0xdfff)
			len += put_character(text + len, c);
	}
	return mp_str(text, len);
}

static struct mp_value *draw_value(int depth)
{
	uint64_t bits = draw();
	struct mp_value *value;

	switch (draw() % (depth ? 9 : 6)) {
	case 0:
		return mp_bool(bits & 1);
	case 1:
		return mp_int((int64_t)bits >> draw() % 64);
	case 2:
		return mp_uint(bits);
	case 3:
		return mp_float(draw_float());
	case 4:
		return draw_text();
	case 5:
		return mp_bytes(&bits, bits % 9);
	case 6:
		return mp_tuple(draw_value(depth - 1), mp_none());
	case 7:
		value = mp_list();
		for (size_t count = draw() % 5; count > 0; count--)
			mp_value_append(value, draw_value(depth - 1));
		return mp_value_truth(value) ? value
			: mp_tuple(draw_value(depth - 1), value);
	default:
		value = mp_dict();
		for (size_t count = draw() % 12; count > 0; count--)
			mp_value_put(value, draw_value(0), draw_value(depth - 1));
		return value;
	}
}

/* Takes over value. Writes the way the interpreter gets at it, and what it has to
 * print for it. */
static void tell(FILE *python, const char *how, struct mp_value *value)
{
	const char *text;
	size_t len;
	double real;
	char *repr = mp_value_repr(value);

	ck_assert_ptr_nonnull(repr);
	fprintf(python, "%s ", how);
	if (*how == 'f') {
		mp_value_as_double(value, &real);
		fprintf(python, "%a", real);
	} else if (*how == 's') {
		mp_value_as_str(value, &text, &len);
		for (size_t i = 0; i < len; i++)
			fprintf(python, "%02x", (unsigned char)text[i]);
	} else {
		fputs("-", python);
	}
	fprintf(python, " %s\n", repr);
	free(repr);
	mp_value_unref(value);
}

/* Unassigned characters differ from one version of Unicode to the next. */
static const char script[] =
	"import sys, unicodedata as u\n"
	"same = u.unidata_version == '14.0.0'\n"
	"inf = float('inf'); nan = float('nan')\n"
	"for line in sys.stdin.buffer.read().decode().split('\\n')[:-1]:\n"
	"    how, what, text = line.split(' ', 2)\n"
	"    try:\n"
	"        if how == 'f': right = repr(float.fromhex(what))\n"
	"        elif how == 's': right = repr(bytes.fromhex(what).decode())\n"
	"        else: right = repr(eval(text))\n"
	"    except Exception as e: right = repr(e)\n"
	"    if right != text and (same or right.isascii() or how == 'f'):\n"
	"        sys.exit('%s: %s, not %s' % (what, right, text))\n";

START_TEST(python_prints_the_same)
{
	char *command, block[64 * 4];

	if (system("python3 -c 0 2>/dev/null") != 0)
		return;		/* the tables above have to do */
	ck_assert_int_gt(asprintf(&command, "python3 -c \"%s\"", script), 0);
	signal(SIGPIPE, SIG_IGN);	/* it ends at the first difference */
	FILE *python = popen(command, "w");
	ck_assert_ptr_nonnull(python);
	for (int exponent = -1074; exponent < 1024; exponent++)
		tell(python, "f", mp_float(ldexp(1.0, exponent)));
	for (int i = 0; i < 20000; i++)
		tell(python, "f", mp_float(draw_float()));
	for (uint32_t c = 0; c < 0x110000;) {
		size_t len = 0;
		for (int i = 0; i < 64; i++, c++)
			if (c < 0xd800 || c > 0xdfff)
				len += put_character(block + len, c);
		if (len)
			tell(python, "s", mp_str(block, len));
	}
	for (int i = 0; i < 3000; i++)
		tell(python, "s", draw_text());
	for (int i = 0; i < 5000; i++)
		tell(python, "v", draw_value(4));
	int status = pclose(python);
	free(command);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- counting -------------------------------------------------------------------- */

static void *count_up_and_down(void *value)
{
	for (int i = 0; i < 100000; i++)
		mp_value_unref(mp_value_ref(value));
	return NULL;
}

START_TEST(references_are_counted_across_threads)
{
	struct mp_value *value = mp_tuple("shared", 1000);
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						count_up_and_down, value), 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ck_repr(value, "('shared', 1000)");
}
END_TEST

START_TEST(null_is_borne_where_nothing_is_asked)
{
	mp_value_unref(NULL);
	ck_assert_ptr_null(mp_value_ref(NULL));
	ck_assert_int_eq(mp_value_type(NULL), MP_TYPE_NULL);
	ck_assert_str_eq(mp_value_type_name(NULL), "NULL");
	ck_assert(!mp_value_truth(NULL));
	ck_assert_int_eq(mp_value_equal(NULL, mp_none()), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("value");
	TCase *tcase = tcase_create("value");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, c_types_become_values);
	tcase_add_test(tcase, macros_take_no_to_forty_arguments);
	tcase_add_test(tcase, containers_nest);
	tcase_add_test(tcase, a_container_given_null_is_null);
	tcase_add_test(tcase, only_utf8_is_a_str);
	tcase_add_test(tcase, a_dict_keeps_order_and_the_last_value);
	tcase_add_test(tcase, a_tuple_is_made_of_anything_that_iterates);
	tcase_add_test(tcase, numbers_come_out_as_c_numbers);
	tcase_add_test(tcase, text_and_bytes_are_counted);
	tcase_add_test(tcase, items_are_found_by_index_and_key);
	tcase_add_test(tcase, truth_is_pythons);
	tcase_add_test(tcase, lists_and_dicts_change);
	tcase_add_test(tcase, a_dict_of_many_keys_finds_each);
	tcase_add_test(tcase, numbers_compare_across_types);
	tcase_add_test(tcase, containers_compare_by_their_items);
	tcase_add_test(tcase, deep_values_give_an_error_not_a_crash);
	tcase_add_test(tcase, floats_print_as_in_python);
	tcase_add_test(tcase, floats_do_not_depend_on_the_locale);
	tcase_add_test(tcase, text_and_bytes_print_as_in_python);
	tcase_add_test(tcase, str_of_a_text_is_bare_but_not_inside);
	tcase_add_test(tcase, a_list_inside_itself_prints_dots);
	tcase_add_test(tcase, python_prints_the_same);
	tcase_add_test(tcase, references_are_counted_across_threads);
	tcase_add_test(tcase, null_is_borne_where_nothing_is_asked);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
