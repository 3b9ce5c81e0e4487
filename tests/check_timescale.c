/* tests/check_timescale.c - which column shows which moment */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tui/timescale.h"

START_TEST(every_column_maps_back_to_itself)
{
	static const int64_t spans[] = { 57, 58, 100, 999, 1000000007,
					 INT64_C(31536000000000000) };

	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++) {
		struct ui_timescale scale = { false, 12345, spans[i], 57 };

		for (int column = -3; column < 60; column++)
			ck_assert_int_eq(ui_timescale_column(&scale,
				ui_timescale_position(&scale, column)), column);
	}
}
END_TEST

START_TEST(an_event_may_have_several_columns)
{
	struct ui_timescale scale = { true, 10, 20, 80 };

	ck_assert_int_eq(ui_timescale_column(&scale, 11), 4);
	for (int column = 4; column < 8; column++)
		ck_assert_int_eq(ui_timescale_position(&scale, column), 11);
}
END_TEST

/* The cursor stands on it where the lanes have its sign. */
START_TEST(an_event_is_in_the_first_column_of_its_own)
{
	for (int64_t span = 11; span < 80; span++) {
		struct ui_timescale scale = { true, 1, span, 80 };

		for (int64_t event = 1; event <= span; event++) {
			int column = (int)ui_timescale_column(&scale, event);

			ck_assert_int_eq(ui_timescale_position(&scale, column),
					 event);
			ck_assert(column == 0
				  || ui_timescale_position(&scale, column - 1)
					     < event);
		}
	}
}
END_TEST

START_TEST(zooming_keeps_the_anchor_in_its_column)
{
	struct ui_timescale scale = { false, 0, 1000000000, 80 };
	int64_t anchor = 400000000;
	int64_t column = ui_timescale_column(&scale, anchor);

	for (int i = 0; i < 15; i++) {
		ui_timescale_zoom(&scale, 0.5, anchor, 1000000000);
		ck_assert_int_le(llabs(ui_timescale_column(&scale, anchor) -
				       column), 1);
	}
}
END_TEST

START_TEST(zoom_ends_at_a_nanosecond_a_column_and_at_all)
{
	struct ui_timescale scale = { false, 0, 1000000000, 80 };

	for (int i = 0; i < 100; i++)
		ui_timescale_zoom(&scale, 0.5, 5, 1000000000);
	ck_assert_int_eq(scale.span, 80);
	for (int i = 0; i < 100; i++)
		ui_timescale_zoom(&scale, 2, 5, 1000000000);
	ck_assert_int_eq(scale.span, 1250000000);
	ck_assert_int_eq(scale.begin, 0);
}
END_TEST

START_TEST(panning_stops_at_both_ends)
{
	struct ui_timescale scale = { false, 0, 1000, 80 };

	for (int i = 0; i < 1000; i++)
		ui_timescale_pan(&scale, 8, 100000);
	ck_assert_int_le(scale.begin, 100000);
	ck_assert_int_ge(scale.begin, 98000);
	for (int i = 0; i < 2000; i++)
		ui_timescale_pan(&scale, -8, 100000);
	ck_assert_int_eq(scale.begin, 0);
}
END_TEST

START_TEST(fit_shows_both_ends_and_reveal_any_moment)
{
	struct ui_timescale scale = { false, 0, 80, 80 };

	ui_timescale_fit(&scale, 1000, 2000000);
	ck_assert_int_eq(ui_timescale_column(&scale, 1000), 0);
	ck_assert_int_lt(ui_timescale_column(&scale, 2000000), 80);
	ui_timescale_zoom(&scale, 0.01, 1000, 2000000);
	ui_timescale_reveal(&scale, 1500000);
	ck_assert_int_ge(ui_timescale_column(&scale, 1500000), 0);
	ck_assert_int_lt(ui_timescale_column(&scale, 1500000), 80);
	ui_timescale_reveal(&scale, 0);
	ck_assert_int_eq(ui_timescale_column(&scale, 0), 0);
}
END_TEST

START_TEST(hostile_numbers_do_no_harm)
{
	struct ui_timescale scale = { false, INT64_MAX / 5, INT64_MAX / 5, 1 };

	ui_timescale_fit(&scale, INT64_MIN, INT64_MAX);
	ui_timescale_zoom(&scale, 1e30, INT64_MAX, INT64_MAX);
	ui_timescale_pan(&scale, -1000, 0);
	ui_timescale_column(&scale, INT64_MIN);
	ui_timescale_position(&scale, 1000);
	ui_timescale_step(&scale, 1000);
	ck_assert_int_gt(scale.span, 0);
	ck_assert_int_ge(scale.begin, 0);
}
END_TEST

START_TEST(steps_are_round_and_wide_enough)
{
	struct ui_timescale scale = { false, 0, 1010000000, 58 };
	int64_t step = ui_timescale_step(&scale, 10);

	ck_assert_int_eq(step, 200000000);
	ck_assert_int_ge(ui_timescale_column(&scale, step), 10);
}
END_TEST

static const char *time_text(int64_t ns, int64_t step)
{
	static char text[64];

	ui_format_time(text, sizeof(text), ns, step, true);
	return text;
}

static const char *span_text(int64_t ns)
{
	static char text[64];

	ui_format_span(text, sizeof(text), ns, true);
	return text;
}

START_TEST(times_are_told_in_the_unit_of_the_step)
{
	ck_assert_str_eq(time_text(1200000000, 200000000), "1.2 s");
	ck_assert_str_eq(time_text(2000000000, 1000000000), "2 s");
	ck_assert_str_eq(time_text(1250000000, 10000000), "1.25 s");
	ck_assert_str_eq(time_text(1250030000, 10000), "1250.03 ms");
	ck_assert_str_eq(time_text(1500, 100), "1.5 us");
	ck_assert_str_eq(span_text(0), "0 ns");
	ck_assert_str_eq(span_text(30500), "30.5 us");
	ck_assert_str_eq(span_text(202000000), "202 ms");
	ck_assert_str_eq(span_text(1250000000), "1.25 s");
	ck_assert_str_eq(span_text(-1250000000), "-1.25 s");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("timescale");
	TCase *tcase = tcase_create("timescale");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, every_column_maps_back_to_itself);
	tcase_add_test(tcase, an_event_may_have_several_columns);
	tcase_add_test(tcase, an_event_is_in_the_first_column_of_its_own);
	tcase_add_test(tcase, zooming_keeps_the_anchor_in_its_column);
	tcase_add_test(tcase, zoom_ends_at_a_nanosecond_a_column_and_at_all);
	tcase_add_test(tcase, panning_stops_at_both_ends);
	tcase_add_test(tcase, fit_shows_both_ends_and_reveal_any_moment);
	tcase_add_test(tcase, hostile_numbers_do_no_harm);
	tcase_add_test(tcase, steps_are_round_and_wide_enough);
	tcase_add_test(tcase, times_are_told_in_the_unit_of_the_step);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
