/* check_repr.c - values print as in Python */
#include "config.h"

#include <check.h>
#include <locale.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mp.h"

/* Takes over value. */
static void ck_repr(struct mp_value *value, const char *expected)
{
	char *text = mp_value_repr(value);

	ck_assert_msg(text != NULL, "%s", mp_error_message());
	ck_assert_str_eq(text, expected);
	free(text);
	mp_value_unref(value);
}

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

int main(void)
{
	Suite *suite = suite_create("repr");
	TCase *tcase = tcase_create("repr");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, floats_print_as_in_python);
	tcase_add_test(tcase, floats_do_not_depend_on_the_locale);
	tcase_add_test(tcase, text_and_bytes_print_as_in_python);
	tcase_add_test(tcase, str_of_a_text_is_bare_but_not_inside);
	tcase_add_test(tcase, a_list_inside_itself_prints_dots);
	tcase_add_test(tcase, python_prints_the_same);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
