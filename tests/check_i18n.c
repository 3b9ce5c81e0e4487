/* tests/check_i18n.c - sentences out of a catalogue, also a damaged one */
#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/i18n.h"

#define CATALOGUE "locale/zh_CN/LC_MESSAGES/forkscope.mo"

static char bytes[1 << 20];
static size_t size;
static char path[] = "/tmp/forkscope-i18n-XXXXXX";

static void read_catalogue(void)
{
	FILE *in = fopen(CATALOGUE, "rb");

	ck_assert_msg(in, "%s is missing", CATALOGUE);
	size = fread(bytes, 1, sizeof(bytes), in);
	ck_assert_uint_gt(size, 1000);
	ck_assert_uint_lt(size, sizeof(bytes));
	fclose(in);
}

/* The first bytes of it as they are now. */
static bool use(size_t length)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
	close(fd);
	bool ok = trace_i18n_use(path);
	unlink(path);
	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	return ok;
}

static void write_word(size_t offset, unsigned word)
{
	memcpy(bytes + offset, &word, sizeof(word));
}

START_TEST(without_a_catalogue_it_is_english)
{
	ck_assert(!trace_i18n_use("/nowhere/forkscope.mo"));
	ck_assert_str_eq(_("REPLAY"), "REPLAY");
	ck_assert_str_eq(TRACE_PLURAL("a lesson", "lessons", 1), "a lesson");
	ck_assert_str_eq(TRACE_PLURAL("a lesson", "lessons", 2), "lessons");
}
END_TEST

/* The words of its head: magic, revision, number of texts, and where the tables are. */
START_TEST(what_is_no_catalogue_is_refused)
{
	static const unsigned places[] = { 0, 8, 12, 16 };

	read_catalogue();
	ck_assert(!use(0));
	ck_assert(!use(19));
	ck_assert(!use(28));
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		read_catalogue();
		write_word(places[i], 0xfffffff0);
		ck_assert(!use(size));
	}
	ck_assert_str_eq(_("REPLAY"), "REPLAY");
}
END_TEST

/* The revision says whether there are texts that are made when the file is read, for
 * macros as PRIu64: they would not be found. */
START_TEST(no_sentence_has_a_macro_in_it)
{
	unsigned revision;

	read_catalogue();
	memcpy(&revision, bytes + 4, sizeof(revision));
	ck_assert_uint_eq(revision, 0);
}
END_TEST

/* Each text leads out of the file, or has no end: it is English then. */
START_TEST(damaged_texts_are_not_believed)
{
	unsigned count, table;

	read_catalogue();
	memcpy(&count, bytes + 8, sizeof(count));
	memcpy(&table, bytes + 16, sizeof(table));
	for (unsigned i = 0; i < count; i++)
		write_word(table + i * 8 + 4 * (i % 2), 0xfffffff0);
	ck_assert(use(size));
	ck_assert_str_eq(_("REPLAY"), "REPLAY");
	ck_assert_str_eq(_("Who waits for whom"), "Who waits for whom");
}
END_TEST

/* Also in C, which gettext(3) has no translations for. */
START_TEST(it_translates_in_every_locale)
{
	static const char *const locales[] = { "C", "C.UTF-8", "POSIX" };

	ck_assert(trace_i18n_use(CATALOGUE));
	for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
		setlocale(LC_ALL, locales[i]);
		ck_assert_str_eq(_("REPLAY"), "回放");
	}
	ck_assert_str_eq(TRACE_PLURAL("%s: %ld task", "%s: %ld tasks", 1),
			 "%s：%ld 个任务");
	ck_assert_str_eq(_("nobody has written this"),
			 "nobody has written this");
	ck_assert(trace_i18n_use(NULL));
	ck_assert_str_eq(_("REPLAY"), "REPLAY");
	ck_assert(trace_i18n_use(CATALOGUE));
	ck_assert_str_eq(_("REPLAY"), "回放");
}
END_TEST

static Suite *i18n_suite(void)
{
	Suite *suite = suite_create("i18n");
	TCase *tc = tcase_create("i18n");

	tcase_add_test(tc, without_a_catalogue_it_is_english);
	tcase_add_test(tc, what_is_no_catalogue_is_refused);
	tcase_add_test(tc, no_sentence_has_a_macro_in_it);
	tcase_add_test(tc, damaged_texts_are_not_believed);
	tcase_add_test(tc, it_translates_in_every_locale);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(i18n_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
