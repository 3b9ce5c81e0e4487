/* check_lesson_use.c - lessons in use: found, set, and told */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tui/lesson.h"

static const char narrative[] =
	"# The late child\n"
	"\n"
	"## Moments {#moments}\n"
	"\n"
	"- `proc.fork M` Main starts it.\n"
	"- `output M.1 \"late\"` It says something.\n"
	"- `proc.died *` Dead.\n"
	"\n"
	"## Knobs {#knobs}\n"
	"\n"
	"- `daemon` = `no` | `yes` What if it is a daemon?\n"
	"- `seconds` = `0.5`\n";

static struct lesson *must_parse(void)
{
	char error[256] = "";
	struct lesson *lesson = lesson_parse_strictly(narrative, "late", error,
						      sizeof(error));

	ck_assert_msg(lesson != NULL, "%s", error);
	return lesson;
}

START_TEST(a_setting_must_name_a_knob)
{
	struct lesson *l = must_parse();
	char error[256];

	ck_assert(lesson_check_setting(l, "daemon=yes", error, sizeof(error)));
	ck_assert(!lesson_check_setting(l, "demon=yes", error, sizeof(error)));
	ck_assert_ptr_nonnull(strstr(error, "did you mean daemon?"));
	ck_assert_ptr_nonnull(strstr(error, "daemon, seconds"));
	ck_assert(!lesson_check_setting(l, "daemon", error, sizeof(error)));
	ck_assert(!lesson_check_setting(l, "=1", error, sizeof(error)));
	lesson_free(l);
}
END_TEST

START_TEST(a_setting_must_be_a_number_or_a_truth)
{
	struct lesson *l = must_parse();
	char error[256];

	ck_assert(lesson_check_setting(l, "daemon=0.5", error, sizeof(error)));
	ck_assert(!lesson_check_setting(l, "daemon=maybe", error,
					sizeof(error)));
	ck_assert_ptr_nonnull(strstr(error, "true or false, not \"maybe\""));
	ck_assert(!lesson_check_setting(l, "daemon=1x", error,
					sizeof(error)));
	lesson_free(l);
}
END_TEST

START_TEST(a_value_is_known_however_it_is_written)
{
	char *truths[] = { (char *)"true", (char *)"false" };
	char *numbers[] = { (char *)"0.30", (char *)"0", (char *)"12" };
	struct lesson_knob truth = { .values = truths, .value_count = 2 };
	struct lesson_knob number = { .values = numbers, .value_count = 3 };

	ck_assert_int_eq(lesson_knob_index(&truth, "false"), 1);
	ck_assert_int_eq(lesson_knob_index(&truth, "0"), 1);
	ck_assert_int_eq(lesson_knob_index(&truth, "on"), 0);
	ck_assert_int_eq(lesson_knob_index(&truth, "2"), -1);
	ck_assert_int_eq(lesson_knob_index(&number, "0.3"), 0);
	ck_assert_int_eq(lesson_knob_index(&number, "1.2e1"), 2);
	ck_assert_int_eq(lesson_knob_index(&number, "many"), -1);
}
END_TEST

START_TEST(the_last_moment_reached_is_told)
{
	struct lesson *l = must_parse();

	l->moments[0].seq = 5;
	l->moments[1].seq = 9;
	l->moments[2].seq = 7;
	ck_assert_ptr_null(lesson_moment_at(l, 4));
	ck_assert_ptr_eq(lesson_moment_at(l, 5), &l->moments[0]);
	ck_assert_ptr_eq(lesson_moment_at(l, 8), &l->moments[2]);
	ck_assert_ptr_eq(lesson_moment_at(l, 1000), &l->moments[1]);
	lesson_free(l);
}
END_TEST

START_TEST(the_language_is_that_of_the_locale)
{
	unsetenv("LANGUAGE");
	setenv("LC_ALL", "zh_CN.UTF-8", 1);
	ck_assert_str_eq(lesson_language(), "zh");
	setenv("LC_ALL", "C", 1);
	setenv("LANGUAGE", "zh", 1);
	ck_assert_str_eq(lesson_language(), "en");
	unsetenv("LC_ALL");
	setenv("LC_MESSAGES", "", 1);
	setenv("LANG", "en_US.UTF-8", 1);
	setenv("LANGUAGE", "fr:zh:en", 1);
	ck_assert_str_eq(lesson_language(), "zh");
	unsetenv("LANGUAGE");
	ck_assert_str_eq(lesson_language(), "en");
}
END_TEST

/* The lessons of the source tree, in both languages, have the same moments. */
START_TEST(every_lesson_can_be_read_in_both_languages)
{
	char error[512];

	setenv("FORKSCOPE_LESSONS", ABS_TOP_SRCDIR "/lessons", 1);
	struct lesson **en = lesson_list("en", error, sizeof(error));
	ck_assert_msg(!*error, "%s", error);
	ck_assert_ptr_nonnull(en[0]);
	for (size_t i = 0; en[i]; i++) {
		struct lesson *zh = lesson_find(en[i]->slug, "zh", error,
						sizeof(error));
		ck_assert_msg(zh != NULL, "%s", error);
		ck_assert_msg(zh->moment_count == en[i]->moment_count
			      && zh->knob_count == en[i]->knob_count
			      && zh->answer_count == en[i]->answer_count
			      && zh->by_events == en[i]->by_events,
			      "%s differs in zh", en[i]->slug);
		for (size_t k = 0; k < zh->moment_count; k++) {
			const struct lesson_moment *a = &en[i]->moments[k];
			const struct lesson_moment *b = &zh->moments[k];
			ck_assert_str_eq(a->event, b->event);
			ck_assert_str_eq(a->agent, b->agent);
			ck_assert_str_eq(a->needle, b->needle);
			ck_assert_uint_eq(a->nth, b->nth);
		}
		lesson_free(zh);
	}
	lesson_list_free(en);
}
END_TEST

START_TEST(a_lesson_is_found_by_name_number_and_folder)
{
	char error[512];

	setenv("FORKSCOPE_LESSONS", ABS_TOP_SRCDIR "/lessons", 1);
	const char *ways[] = { "first-process", "1", "01-first-process",
			       ABS_TOP_SRCDIR "/lessons/01-first-process/" };
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct lesson *l = lesson_find(ways[i], "en", error,
					       sizeof(error));
		ck_assert_msg(l != NULL, "%s: %s", ways[i], error);
		ck_assert_str_eq(l->slug, "first-process");
		ck_assert_uint_eq(l->number, 1);
		lesson_free(l);
	}
	ck_assert_ptr_null(lesson_find("frist-process", "en", error,
				       sizeof(error)));
	ck_assert_ptr_nonnull(strstr(error, "did you mean first-process?"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lesson use");
	TCase *narrative = tcase_create("narrative");
	TCase *folder = tcase_create("folder");

	tcase_set_timeout(narrative, 60);
	tcase_add_test(narrative, a_setting_must_name_a_knob);
	tcase_add_test(narrative, a_setting_must_be_a_number_or_a_truth);
	tcase_add_test(narrative, a_value_is_known_however_it_is_written);
	tcase_add_test(narrative, the_last_moment_reached_is_told);
	suite_add_tcase(suite, narrative);
	tcase_set_timeout(folder, 60);
	tcase_add_test(folder, the_language_is_that_of_the_locale);
	tcase_add_test(folder, every_lesson_can_be_read_in_both_languages);
	tcase_add_test(folder, a_lesson_is_found_by_name_number_and_folder);
	suite_add_tcase(suite, folder);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
