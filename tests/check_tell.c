/* check_tell.c - a trace told in words and figures */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/trace_files.h"
#include "tests/support/trace_maker.h"
#include "traces/reader.h"
#include "traces/sanitize.h"
#include "traces/stats.h"
#include "traces/tell.h"
#include "traces/width.h"

/* ---- words ---- */

START_TEST(every_kind_has_its_sentence)
{
	struct trace *trace = open_it(lesson);
	char text[500];

	for (uint32_t kind = 1; kind < TRACE_KIND_COUNT; kind++) {
		struct trace_record record = { .seq = 1, .agent_id = 1,
			.kind = kind, .object_id = 2, .text = "text" };

		if (!strcmp(trace_kind_name(trace, kind), "?"))
			continue;
		for (record.a = -1; record.a < 3; record.a++) {
			trace_tell(trace, &record, text, sizeof(text));
			ck_assert_ptr_null(strchr(text, '{'));
			ck_assert_msg(strstr(text, ": ") != text + 4
				      || strstr(text, "text") || kind == 12,
				      "%s: %s", trace_kind_name(trace, kind),
				      text);
			ck_assert_uint_gt(strlen(text), 8);
		}
	}
	trace_close(trace);
}
END_TEST

static void ck_told(struct trace *trace, uint64_t seq, const char *sentence)
{
	struct trace_record record;
	char text[200];

	ck_assert_int_eq(trace_events(trace, seq, 1, &record), 1);
	ck_assert_uint_eq(trace_tell(trace, &record, text, sizeof(text)),
			  strlen(sentence));
	ck_assert_str_eq(text, sentence);
}

START_TEST(sentences_name_who_and_whom)
{
	struct trace *trace = open_it(lesson);

	ck_told(trace, 4, "main starts Process-1");
	ck_told(trace, 12, "main goes to sleep for 6 ms");
	ck_told(trace, 21, "main takes note of Process-1's end (exit code 0);"
		" it was a zombie for 3 ms");
	ck_told(trace, 27, "Process-2 is dead (killed by SIGTERM): it was a"
		" daemon and main had ended");
	trace_close(trace);
}
END_TEST

START_TEST(an_error_is_told_by_its_name_in_python)
{
	struct trace_record failed = { .seq = 1, .agent_id = 1,
		.kind = TRACE_CALL_RETURNED, .object_id = 2, .a = 7,
		.b = -1021, .text = "" };
	struct trace *trace = open_it(lesson);
	char text[200];

	trace_tell(trace, &failed, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "failed (KeyError)"));
	trace_tell_error(-99999, text, sizeof(text));
	ck_assert_str_eq(text, "error -99999");
	ck_assert_uint_eq(trace_tell_error(-1021, text, 4), 3);
	ck_assert_str_eq(text, "Key");
	trace_close(trace);
}
END_TEST

START_TEST(a_sentence_is_cut_at_a_character)
{
	struct trace *trace = open_it(lesson);
	struct trace_record record = { .agent_id = 1, .kind = TRACE_MARK,
				       .text = "\u8fdb\u7a0b\u8fdb\u7a0b" };
	char text[64];

	for (size_t size = 1; size < sizeof(text); size++) {
		size_t n = trace_tell(trace, &record, text, size);

		ck_assert_uint_eq(n, strlen(text));
		ck_assert_uint_lt(n, size);
		ck_clean(text);
	}
	trace_close(trace);
}
END_TEST

START_TEST(kinds_and_states_that_only_the_file_knows_have_its_names)
{
	change("INSERT INTO event_kind VALUES (900, 'lock.taken', 'lock',"
	       " 'takes a lock', '', ''); INSERT INTO state_kind VALUES (40,"
	       " 'dancing', 90, ''); UPDATE event SET kind = 900 WHERE seq = 22;"
	       "UPDATE state_interval SET state = 40 WHERE agent_id = 3");
	struct trace *trace = open_it(file);
	int64_t edges[] = { 0, 13 * MS };
	struct trace_cell cell;

	ck_assert_str_eq(trace_kind_name(trace, 900), "lock.taken");
	ck_assert_str_eq(trace_kind_name(trace, 901), "?");
	ck_assert_str_eq(trace_state_name(trace, 40), "dancing");
	ck_assert_str_eq(trace_state_name(trace, 41), "?");
	ck_told(trace, 22, "main: takes a lock");
	ck_assert_uint_eq(trace_search(trace, 0, 1, "lock.t"), 22);
	ck_assert_int_eq(trace_cells(trace, 3, edges, 1, &cell), 0);
	ck_assert_uint_eq(cell.state, 40);
	trace_close(trace);
}
END_TEST

static char *shown(struct trace *trace, struct trace_show_options options)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	ck_assert_int_eq(trace_show(trace, out, &options), 0);
	fclose(out);
	return text;
}

static int lines_of(const char *text)
{
	int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

START_TEST(show_tells_the_whole_trace_or_a_part)
{
	struct trace *trace = open_it(lesson);
	struct trace_show_options options = { 0 };
	char *text = shown(trace, options);

	ck_assert_ptr_nonnull(strstr(text, "Process-1 prints: hello"));
	ck_assert_ptr_nonnull(strstr(text, "[lesson.c:12]"));
	ck_assert_ptr_nonnull(strstr(text, "Process-1 was a zombie for 3 ms."));
	ck_assert_ptr_null(strchr(text, '\033'));
	free(text);
	options.search = "HELLO";
	text = shown(trace, options);
	ck_assert_int_eq(lines_of(text), 1);
	free(text);
	options = (struct trace_show_options){ .agent_id = 3, .raw = true };
	text = shown(trace, options);
	ck_assert_int_eq(lines_of(text), 3);
	free(text);
	options = (struct trace_show_options){ .from_ns = 5 * MS,
					       .to_ns = 6 * MS, .color = true };
	text = shown(trace, options);
	ck_assert_int_eq(lines_of(text), 3);
	ck_assert_ptr_nonnull(strchr(text, '\033'));
	free(text);
	trace_close(trace);
}
END_TEST

START_TEST(a_circle_of_waits_is_found_and_told)
{
	struct maker *maker = maker_new(file);
	struct trace_wait_for waits[4];
	char text[500];

	maker_process(maker, 0, 1, 1, false);
	maker_process(maker, 1000, 2, 1, false);
	maker_process(maker, 2000, 3, 1, false);
	maker_add(maker, (struct maker_event){ .t_ns = 3000, .agent = 3,
		.kind = TRACE_JOIN_BEGIN, .object = 2, .a = -1 });
	maker_add(maker, (struct maker_event){ .t_ns = 4000, .agent = 1,
		.kind = TRACE_JOIN_BEGIN, .object = 2, .a = -1 });
	uint64_t before = maker_add(maker, (struct maker_event){
		.t_ns = 4500, .agent = 2, .kind = TRACE_TICK });
	uint64_t after = maker_add(maker, (struct maker_event){
		.t_ns = 5000, .agent = 2, .kind = TRACE_PARENT_JOIN_BEGIN,
		.object = 1, .a = -1 });
	maker_add(maker, (struct maker_event){ .t_ns = 9000, .agent = 2,
		.kind = TRACE_TICK });
	ck_assert_int_eq(maker_close(maker, "closed"), 0);
	struct trace *trace = open_it(file);
	ck_assert_uint_eq(trace_waits(trace, before, waits, 4), 2);
	ck_assert(!waits[0].in_circle && !waits[1].in_circle);
	ck_assert_uint_eq(trace_waits(trace, after, waits, 4), 3);
	ck_assert(waits[0].in_circle && waits[1].in_circle);
	ck_assert(!waits[2].in_circle);
	ck_assert_uint_eq(waits[0].for_agent_id, 2);
	trace_tell_waits(trace, after, waits, 3, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "A circle: main waits for Process-1,"
				     " who waits for main."));
	ck_assert_uint_eq(trace_waits(trace, after, waits, 1), 3);
	trace_close(trace);
}
END_TEST

START_TEST(durations_are_short_and_never_rounded_up)
{
	static const struct { int64_t ns; const char *text; } rows[] = {
		{ 0, "0 ns" }, { 999, "999 ns" }, { 1000, "1 us" },
		{ 999999, "999 us" }, { 1500000, "1.5 ms" },
		{ 12340000, "12.3 ms" }, { 1234567890, "1.23 s" },
		{ 59 * INT64_C(1000000000), "59 s" }, { -1, "for ever" },
	};
	char text[32];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		trace_tell_duration(rows[i].ns, text, sizeof(text));
		ck_assert_str_eq(text, rows[i].text);
	}
}
END_TEST

START_TEST(stats_add_up)
{
	struct trace *trace = open_it(lesson);
	struct trace_process_stats stats;
	struct trace_kind_count kinds[64];
	struct trace_interval waits[3];
	uint64_t events = 0;

	ck_assert_int_eq(trace_process_stats(trace, 1, &stats), 0);
	ck_assert_int_eq(stats.lifetime_ns, 13 * MS + 4);
	ck_assert_int_eq(stats.state_ns[TRACE_STATE_SLEEPING], 6 * MS);
	ck_assert_int_eq(stats.waiting_ns, 1 * MS - 1);
	ck_assert_int_eq(stats.zombie_ns, 0);
	ck_assert_int_eq(trace_process_stats(trace, 2, &stats), 0);
	ck_assert_int_eq(stats.zombie_ns, 3 * MS + 4);
	ck_assert_int_eq(stats.recording_ns, (int64_t)stats.events * 40);
	int count = trace_kind_counts(trace, kinds, 64);
	for (int i = 0; i < count; i++)
		events += kinds[i].count;
	ck_assert_uint_eq(events, 32);
	ck_assert_int_eq(trace_longest_waits(trace, waits, 3), 3);
	ck_assert_int_eq(waits[0].end_ns - waits[0].begin_ns, 7 * MS);
	trace_close(trace);
}
END_TEST

START_TEST(stats_are_printed_for_people_and_for_machines)
{
	struct trace *trace = open_it(lesson);
	struct trace_stats_options options = { 0 };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	ck_assert_int_eq(trace_stats_print(trace, out, &options), 0);
	options.tsv = true;
	ck_assert_int_eq(trace_stats_print(trace, out, &options), 0);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "Longest waits"));
	ck_assert_ptr_nonnull(strstr(text, "\nprocess\tM.2\tProcess-2\t"));
	ck_assert_ptr_nonnull(strstr(text, "\nkind\tjoin.done\t1\n"));
	free(text);
	trace_close(trace);
}
END_TEST

/* ---- texts ---- */

START_TEST(wide_and_combining_characters_have_their_width)
{
	ck_assert_uint_eq(trace_width("abc"), 3);
	ck_assert_uint_eq(trace_width("\u8fdb\u7a0b"), 4);
	ck_assert_uint_eq(trace_width("e\u0301"), 1);
	ck_assert_uint_eq(trace_width("\u2501"), 1);
	ck_assert_uint_eq(trace_width("\xff"), 1);
}
END_TEST

static void ck_sanitized(const char *bytes, size_t length, bool many_lines,
			 const char *wanted)
{
	char text[64];

	trace_sanitize(text, sizeof(text), bytes, length, many_lines);
	ck_assert_str_eq(text, wanted);
}

START_TEST(sanitizing_shows_what_would_act)
{
	ck_sanitized("a\tb\033[1m\n", 8, false, "a b\u241b[1m\u240a");
	ck_sanitized("a\tb\r\nc\r", 7, true, "a\tb\nc\u240d");
	ck_sanitized("\0\x7f", 2, false, "\u2400\u2421");
	ck_sanitized("\xc2\x9b\xe2\x80\xae", 5, false, "\ufffd\ufffd");
	ck_sanitized("\xc0\x80\xed\xa0\x80\xf5", 6, false,
		     "\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd");
	ck_sanitized("\u8fdb\u7a0b\xe8", 7, false, "\u8fdb\u7a0b\ufffd");
}
END_TEST

START_TEST(sanitizing_cuts_at_a_character)
{
	char text[64];

	for (size_t size = 1; size < 20; size++) {
		size_t n = trace_sanitize(text, size, "\u8fdb\u7a0b\u8fdb\u7a0b",
					  12, false);

		ck_assert_uint_lt(n, size);
		ck_assert_uint_eq(n, strlen(text));
		ck_clean(text);
	}
	ck_assert_str_eq(text, "\u8fdb\u7a0b\u8fdb\u7a0b");
	trace_sanitize(text, 10, "\u8fdb\u7a0b\u8fdb\u7a0b", 12, false);
	ck_assert_str_eq(text, "\u8fdb\u7a0b...");
}
END_TEST

#define ADD(test) tcase_add_test(tests, test)

static TCase *telling(void)
{
	TCase *tests = tcase_create("telling");

	ADD(every_kind_has_its_sentence);
	ADD(sentences_name_who_and_whom);
	ADD(an_error_is_told_by_its_name_in_python);
	ADD(a_sentence_is_cut_at_a_character);
	ADD(kinds_and_states_that_only_the_file_knows_have_its_names);
	ADD(show_tells_the_whole_trace_or_a_part);
	ADD(a_circle_of_waits_is_found_and_told);
	ADD(durations_are_short_and_never_rounded_up);
	ADD(stats_add_up);
	ADD(stats_are_printed_for_people_and_for_machines);
	ADD(wide_and_combining_characters_have_their_width);
	ADD(sanitizing_shows_what_would_act);
	ADD(sanitizing_cuts_at_a_character);
	return tests;
}

int main(void)
{
	TCase *cases[] = { telling() };

	return run_cases("tell", cases, 1);
}
