/* check_invariants.c - every invariant holds for sound traces and catches its break */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/object_maker.h"
#include "tests/support/trace_maker.h"
#include "traces/check.h"

static char folder[40], lesson[64], big[64], file[64];
static char objects[64], ring[64];
static char error[512];

static void make_folder(void)
{
	strcpy(folder, "/tmp/check_invariants.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(lesson, sizeof(lesson), "%s/lesson.fscope", folder);
	snprintf(big, sizeof(big), "%s/big.fscope", folder);
	snprintf(file, sizeof(file), "%s/x.fscope", folder);
	snprintf(objects, sizeof(objects), "%s/objects.fscope", folder);
	snprintf(ring, sizeof(ring), "%s/ring.fscope", folder);
	ck_assert_int_eq(object_maker_trace(objects), 0);
	ck_assert_int_eq(object_maker_ring(ring), 0);
	ck_assert_int_eq(maker_lesson_trace(lesson), 0);
	ck_assert_int_eq(maker_generate(big, 50000, 8), 0);
}

static void remove_folder(void)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

#define MOST 64
struct found {
	size_t count;
	char names[MOST][32];
	struct trace_violation last;
	char what[200];
};

static void note(void *user, const struct trace_violation *violation)
{
	struct found *found = user;

	if (found->count < MOST)
		snprintf(found->names[found->count++], 32, "%s",
			 violation->invariant.name);
	found->last = *violation;
	snprintf(found->what, sizeof(found->what), "%s", violation->what);
}

static int look_at(const char *path, struct found *found)
{
	struct trace_checker checker = { .violated = note, .user = found };

	*found = (struct found){ 0 };
	return trace_check(path, &checker, error, sizeof(error));
}

static bool has(const struct found *found, const char *name)
{
	for (size_t i = 0; i < found->count; i++)
		if (!strcmp(found->names[i], name))
			return true;
	return false;
}

START_TEST(sound_traces_have_no_violation)
{
	const char *const paths[] = { lesson, big, objects, ring };
	struct found found;

	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(look_at(paths[i], &found), 0);
		ck_assert_msg(found.count == 0, "%s", found.names[0]);
	}
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
	struct found found;

	ck_assert_int_eq(look_at("/nowhere/x.fscope", &found), -1);
	ck_assert_ptr_nonnull(strstr(error, "no such file"));
}
END_TEST

/* How to break each invariant. */
struct break_row {
	const char *name, *sql;
};

static const struct break_row breaks[] = {
	{ "closed", "UPDATE meta SET value = 'recording' WHERE key = 'state'" },
	{ "lossless", "UPDATE meta SET value = 3 WHERE key = 'lost'" },
	{ "understood", "INSERT INTO meta VALUES ('anomalies', 2)" },
	{ "seq-dense", "DELETE FROM event WHERE seq = 9" },
	{ "time-order", "UPDATE event SET t_ns = 5 WHERE seq = 20" },
	{ "event-agent", "UPDATE event SET agent_id = 77 WHERE seq = 20" },
	{ "event-kind", "UPDATE event SET kind = 777 WHERE seq = 20" },
	{ "event-object", "UPDATE event SET object_id = 777 WHERE seq = 22" },
	{ "event-site", "UPDATE event SET site_id = 777 WHERE seq = 22" },
	{ "meta-events", "UPDATE meta SET value = 31 WHERE key = 'events'" },
	{ "meta-last", "UPDATE meta SET value = 31 WHERE key = 'last_ns'" },
	{ "lost-counted", "UPDATE event SET kind = 10, a = 5 WHERE seq = 22" },
	{ "text-event", "INSERT INTO event_text VALUES (99, 'x')" },
	{ "output-event", "UPDATE output SET agent_id = 3" },
	{ "output-row", "DELETE FROM output" },
	{ "path-unique", "UPDATE process SET path = 'M.1'" },
	{ "process-parent", "UPDATE process SET parent_id = 9 WHERE id = 2" },
	{ "process-object", "DELETE FROM object WHERE id = 2" },
	{ "child-after-parent",
	  "UPDATE process SET started_ns = 9000000 WHERE id = 1" },
	{ "process-order",
	  "UPDATE process SET reaped_ns = exited_ns - 1 WHERE id = 2" },
	{ "process-death", "UPDATE process SET ended_by = NULL WHERE id = 2" },
	{ "exit-code", "UPDATE process SET ended_by = 'kill' WHERE id = 3" },
	{ "exit-code", "UPDATE process SET exitcode = -9 WHERE id = 2" },
	{ "agent-process", "UPDATE agent SET process_id = 9 WHERE id = 2" },
	{ "agent-life", "UPDATE agent SET ended_ns = 1000 WHERE id = 1" },
	{ "agent-begin", "UPDATE event SET kind = 12 WHERE seq = 1" },
	{ "agent-end", "UPDATE agent SET ended_ns = NULL WHERE id = 2" },
	{ "agent-events", "UPDATE agent SET events = 1 WHERE id = 2" },
	{ "span-balanced", "UPDATE event SET kind = 12 WHERE seq = 20" },
	{ "interval-agent",
	  "UPDATE state_interval SET agent_id = 9 WHERE agent_id = 3" },
	{ "interval-order",
	  "UPDATE state_interval SET end_ns = begin_ns - 1 WHERE agent_id = 3" },
	{ "interval-join",
	  "UPDATE state_interval SET end_ns = end_ns + 5 WHERE agent_id = 1" },
	{ "interval-join",
	  "UPDATE state_interval SET end_ns = end_ns - 5 WHERE agent_id = 1" },
	{ "interval-event", "UPDATE state_interval SET end_seq = 900" },
	{ "arrow-agents", "UPDATE arrow SET to_agent_id = 900" },
	{ "arrow-order", "UPDATE arrow SET to_ns = 1" },
	{ "summary-events",
	  "UPDATE summary SET events = events + 1 WHERE level = 0" },
	{ "summary-total",
	  "UPDATE summary SET events = events + 1 WHERE level = 11" },
	{ "summary-states", "UPDATE summary SET states = 0 WHERE level = 0" },
	{ "summary-last", "UPDATE summary SET state = 9 WHERE level = 0" },
	{ "summary-levels", "UPDATE summary SET states = 0 WHERE level = 5" },
	{ "file", "PRAGMA writable_schema = ON; UPDATE sqlite_schema"
		  " SET rootpage = (SELECT rootpage FROM sqlite_schema"
		  " WHERE name = 'output') WHERE name = 'knob'" },
};
/* A task that was submitted at 5000. */
#define TASK(rest) \
	"INSERT INTO pool_task VALUES (10, 1, 1, 1, 1, 1, 5, 5000, 1, " \
	rest ")"

/* A call that was sent by agent 1 with event 5, at 5000; server, began, ended,
 * returned, code, outcome */
#define CALL(rest) \
	"INSERT INTO proxy_call VALUES (5, 10, 1, 1, 5000, " rest ")"

/* These in a trace with objects, those of deadlocks in one that has a ring. */
static const struct break_row object_breaks[] = {
	{ "lock-holds", "UPDATE event SET kind = 61 WHERE kind = 65"
			" AND t_ns = 4000000" },
	{ "lock-release", "UPDATE event SET kind = 65 WHERE kind = 61"
			  " AND t_ns = 1000000" },
	{ "lane-object", "DELETE FROM object_use WHERE object_id = 10" },
	{ "hold-overlap", "UPDATE hold SET end_seq = end_seq + 2"
			  " WHERE begin_ns = 1000000" },
	{ "hold-overlap", "UPDATE hold SET end_ns = NULL, end_seq = NULL,"
			  " ended_by = NULL WHERE begin_ns = 1000000" },
	{ "hold-event", "UPDATE hold SET agent_id = 1" },
	{ "hold-order", "UPDATE hold SET end_ns = 5" },
	{ "wait-order", "UPDATE wait SET end_ns = 5" },
	{ "wait-event", "UPDATE wait SET agent_id = 2 WHERE agent_id = 3" },
	{ "open-rows", "UPDATE wait SET end_ns = NULL, outcome = NULL" },
	{ "level-negative", "UPDATE level SET value = -1 WHERE object_id = 12" },
	{ "level-event", "UPDATE level SET t_ns = t_ns + 1" },
	{ "message-order", "UPDATE delivery SET received_ns = 5"
			   " WHERE received_ns > 0" },
	{ "message-sent", "DELETE FROM delivery WHERE bytes = 100" },
	{ "message-agents", "UPDATE delivery SET from_agent_id = 77" },
	{ "task-order", TASK("4000, 6000, 0, 'done'") },
	{ "task-agents", TASK("6000, 7000, 0, 'done'")
	  "; UPDATE pool_task SET worker_agent_id = 77" },
	{ "task-alone", TASK("6000, 9000, 0, 'done'") "; INSERT INTO pool_task"
	  " VALUES (10, 2, 2, 1, 1, 1, 5, 5000, 1, 8000, 9000, 0, 'done')" },
	{ "task-outcome", TASK("6000, 7000, -1004, 'done'") },
	{ "call-order", CALL("2, 4000, 6000, 7000, 0, 'done'") },
	{ "call-order", CALL("2, 6000, 7000, 6500, 0, 'done'") },
	{ "call-agents", CALL("77, 6000, 7000, 8000, 0, 'done'") },
	{ "call-overlap", CALL("2, 6000, 7000, 8000, 0, 'done'") "; INSERT INTO"
	  " proxy_call VALUES (6, 10, 2, 1, 7500, 2, 7600, 7700, 9000, 0,"
	  " 'done')" },
	{ "call-overlap", CALL("2, 6000, 7000, 8000, 0, 'done'") "; INSERT INTO"
	  " proxy_call VALUES (6, 10, 2, 3, 5500, 2, 6500, 7700, 9000, 0,"
	  " 'done')" },
	{ "call-outcome", CALL("2, 6000, 7000, 8000, -1004, 'done'") },
	{ "call-outcome", CALL("2, 6000, 7000, NULL, 0, 'done'") },
	{ "call-sent", "UPDATE event SET kind = 243 WHERE kind = 62" },
	{ "contention", "UPDATE object_use SET acquires = 9"
			" WHERE object_id = 10" },
	{ "contention", "UPDATE wait SET end_ns = end_ns + 1" },
	{ "deadlock-edges", "DELETE FROM deadlock_edge" },
	{ "deadlock-edges", "UPDATE deadlock_edge SET wait_seq = 3" },
	{ "deadlock-cleared", "UPDATE deadlock SET cleared_ns = 1" },
};
#define BREAKS (int)(sizeof(breaks) / sizeof(*breaks))
#define OBJECT_BREAKS (int)(sizeof(object_breaks) / sizeof(*object_breaks))

static const struct break_row *break_at(int i)
{
	return i < BREAKS ? &breaks[i] : &object_breaks[i - BREAKS];
}

static const char *base_of(int i)
{
	if (i < BREAKS)
		return lesson;
	return strncmp(break_at(i)->name, "deadlock", 8) ? objects : ring;
}

START_TEST(a_break_is_found_by_its_invariant)
{
	struct found found;

	ck_assert_int_eq(maker_copy(base_of(_i), file), 0);
	ck_assert_int_eq(maker_sql(file, break_at(_i)->sql), 0);
	ck_assert_msg(look_at(file, &found) >= 0, "%s", error);
	ck_assert_msg(has(&found, break_at(_i)->name), "%s is not found",
		      break_at(_i)->name);
}
END_TEST

START_TEST(every_invariant_has_its_break)
{
	size_t i = 0;

	for (; trace_invariant_at(i).name; i++) {
		bool is_there = false;

		for (int k = 0; k < BREAKS + OBJECT_BREAKS; k++)
			if (!strcmp(break_at(k)->name,
				    trace_invariant_at(i).name))
				is_there = true;
		ck_assert_msg(is_there, "%s", trace_invariant_at(i).name);
		ck_assert_uint_gt(strlen(trace_invariant_at(i).sentence), 10);
	}
	ck_assert_uint_gt(i, 30);
}
END_TEST

START_TEST(a_violation_counts_its_cases_and_names_the_first)
{
	struct found found;

	ck_assert_int_eq(maker_copy(lesson, file), 0);
	ck_assert_int_eq(maker_sql(file, "UPDATE event SET site_id = 700"
				   " WHERE seq IN (22, 20, 21)"), 0);
	ck_assert_int_eq(look_at(file, &found), 1);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_uint_eq(found.last.count, 3);
	ck_assert_uint_eq(found.last.seq, 20);
	ck_assert_str_eq(found.what, "700");
	ck_assert(!found.last.invariant.is_warning);
}
END_TEST

START_TEST(a_warning_is_no_error)
{
	struct found found;

	ck_assert_int_eq(maker_copy(lesson, file), 0);
	ck_assert_int_eq(maker_sql(file, "UPDATE meta SET value = 1"
				   " WHERE key = 'lost'"), 0);
	ck_assert_int_eq(look_at(file, &found), 0);
	ck_assert_uint_eq(found.count, 1);
	ck_assert(found.last.invariant.is_warning);
}
END_TEST

START_TEST(what_a_violation_says_is_safe_to_print)
{
	struct found found;

	ck_assert_int_eq(maker_copy(lesson, file), 0);
	ck_assert_int_eq(maker_sql(file, "UPDATE process SET path ="
				   " char(27) || '[2J'"), 0);
	ck_assert_int_ge(look_at(file, &found), 1);
	ck_assert(has(&found, "path-unique"));
	ck_assert_ptr_null(strchr(found.what, '\033'));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("invariants");
	TCase *tests = tcase_create("invariants");

	tcase_add_unchecked_fixture(tests, make_folder, remove_folder);
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, sound_traces_have_no_violation);
	tcase_add_test(tests, what_cannot_be_read_is_an_error);
	tcase_add_loop_test(tests, a_break_is_found_by_its_invariant, 0,
			    BREAKS + OBJECT_BREAKS);
	tcase_add_test(tests, every_invariant_has_its_break);
	tcase_add_test(tests, a_violation_counts_its_cases_and_names_the_first);
	tcase_add_test(tests, a_warning_is_no_error);
	tcase_add_test(tests, what_a_violation_says_is_safe_to_print);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
