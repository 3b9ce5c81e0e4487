#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/trace_query.h"
#include "traces/clean.h"
#include "traces/event.h"
#include "traces/store.h"

static char *folder;
static char path[PATH_MAX];
static char error[256];

static void make_folder(void)
{
	folder = folder_make();
	snprintf(path, sizeof(path), "%s/x.fscope", folder);
}

static void remove_folder(void)
{
	folder_remove(folder);
}

static struct trace_store *create(void)
{
	struct trace_store *store = NULL;

	ck_assert_msg(trace_store_create(path, &store, error, sizeof(error))
			      == 0, "%s", error);
	return store;
}

static struct trace_event_row tick(int64_t t_ns)
{
	return (struct trace_event_row){ .t_ns = t_ns, .agent_id = 1,
					 .kind = TRACE_TICK };
}

START_TEST(new_trace_has_schema_kinds_and_state)
{
	ck_assert_int_eq(trace_store_close(create(), true), 0);
	ck_assert_int_eq(trace_ask(path, "PRAGMA application_id"),
			 TRACE_APPLICATION_ID);
	ck_assert_int_eq(trace_ask(path, "PRAGMA user_version"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT id FROM event_kind WHERE name"
					 " = 'proc.died'"), TRACE_PROC_DIED);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM meta WHERE key ="
					 " 'state' AND value = 'prepared'"), 1);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM state_kind"),
			 TRACE_STATE_COUNT - 1);
}
END_TEST

START_TEST(file_that_exists_is_not_overwritten)
{
	struct trace_store *store;

	close(open(path, O_WRONLY | O_CREAT, 0600));
	ck_assert_int_eq(trace_store_create(path, &store, error,
					    sizeof(error)), -1);
	ck_assert_ptr_nonnull(strstr(error, "exists"));
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(file_that_is_no_trace_is_refused)
{
	struct trace_store *store;
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_gt(write(fd, "some words, no database", 23), 0);
	close(fd);
	ck_assert_int_eq(trace_store_open(path, &store, error,
					  sizeof(error)), -1);
	ck_assert_str_ne(error, "");
}
END_TEST

START_TEST(events_are_numbered_across_batches_and_commits)
{
	struct trace_store *store = create();

	for (int64_t i = 1; i <= 1000; i++) {
		struct trace_event_row row = tick(i);

		trace_store_begin(store);
		ck_assert_int_eq(trace_store_event(store, &row), i);
		if (i % 77 == 0)
			ck_assert_int_eq(trace_store_commit(store), 0);
	}
	ck_assert_int_eq(trace_store_commit(store), 0);
	trace_store_close(store, true);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event WHERE"
					 " seq = t_ns"), 1000);
}
END_TEST

START_TEST(numbers_go_on_in_a_trace_that_is_opened_again)
{
	struct trace_store *store = create();
	struct trace_event_row row = tick(5);

	trace_store_begin(store);
	trace_store_event(store, &row);
	trace_store_commit(store);
	trace_store_close(store, false);
	ck_assert_int_eq(trace_store_open(path, &store, error,
					  sizeof(error)), 0);
	ck_assert_int_eq(trace_store_event(store, &row), 2);
	trace_store_close(store, true);
}
END_TEST

START_TEST(rows_without_commit_are_not_there)
{
	struct trace_store *store = create();
	struct trace_event_row row = tick(5);

	trace_store_wal(store);
	trace_store_begin(store);
	for (int i = 0; i < 100; i++)
		trace_store_event(store, &row);
	trace_store_close(store, true);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event"), 0);
}
END_TEST

START_TEST(second_writer_is_noticed)
{
	struct trace_store *store = create();
	struct trace_event_row row = tick(5);

	trace_ask(path, "INSERT INTO event VALUES (7, 1, 1, 1, 0, 0, 0, 0)");
	trace_store_begin(store);
	trace_store_event(store, &row);
	ck_assert_int_eq(trace_store_commit(store), -1);
	ck_assert(trace_store_failed(store));
	ck_assert_ptr_nonnull(strstr(trace_store_error(store), "somebody"));
	trace_store_close(store, false);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event"), 1);
}
END_TEST

START_TEST(readers_see_what_is_committed_while_it_is_written)
{
	struct trace_store *store = create();
	struct trace_event_row row = tick(5);

	trace_store_wal(store);
	trace_store_begin(store);
	trace_store_event(store, &row);
	trace_store_commit(store);
	trace_store_begin(store);
	trace_store_event(store, &row);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event"), 1);
	trace_store_commit(store);
	ck_assert_int_eq(trace_ask(path, "SELECT count(*) FROM event"), 2);
	trace_store_close(store, true);
	ck_assert_int_lt(access(in_folder(folder, "x.fscope-wal"), F_OK), 0);
}
END_TEST

START_TEST(unknown_values_become_null)
{
	struct trace_store *store = create();
	struct trace_event_row row = tick(5);
	char name[] = "p";
	struct trace_process_row process = {
		.id = 1, .path = name, .name = name,
		.created_ns = TRACE_NEVER, .started_ns = TRACE_NEVER,
		.exited_ns = TRACE_NEVER, .reaped_ns = TRACE_NEVER,
	};

	trace_store_begin(store);
	trace_store_event(store, &row);
	trace_store_process(store, &process);
	trace_store_commit(store);
	trace_store_close(store, true);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM event WHERE object_id IS NULL AND"
		" site_id IS NULL"), 1);
	ck_assert_int_eq(trace_ask(path,
		"SELECT count(*) FROM process WHERE pid IS NULL AND parent_id"
		" IS NULL AND created_ns IS NULL AND exitcode IS NULL AND"
		" ended_by IS NULL AND reaped_ns IS NULL"), 1);
}
END_TEST

static const struct {
	const char *bytes;
	size_t length;
	const char *text;
} texts[] = {
	{ "plain", 5, "plain" },
	{ "caf\xc3\xa9 \xe8\xbf\x9b", 9, "caf\xc3\xa9 \xe8\xbf\x9b" },
	{ "a\xff" "b", 3, "a\xef\xbf\xbd" "b" },
	{ "\xc3", 1, "\xef\xbf\xbd" },
	{ "\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd" },	/* overlong */
	{ "\xed\xa0\x80", 3,				/* a surrogate */
	  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xf4\x90\x80\x80", 4,			/* beyond Unicode */
	  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80" },
	{ "a\0b", 3, "a b" },
	{ "", 0, "" },
};

START_TEST(text_is_always_utf8)
{
	char out[64];
	size_t n = trace_clean(out, texts[_i].bytes, texts[_i].length, ' ');

	ck_assert_str_eq(out, texts[_i].text);
	ck_assert_uint_eq(n, strlen(texts[_i].text));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *tcase = tcase_create("store");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, make_folder, remove_folder);
	tcase_add_test(tcase, new_trace_has_schema_kinds_and_state);
	tcase_add_test(tcase, file_that_exists_is_not_overwritten);
	tcase_add_test(tcase, file_that_is_no_trace_is_refused);
	tcase_add_test(tcase, events_are_numbered_across_batches_and_commits);
	tcase_add_test(tcase, numbers_go_on_in_a_trace_that_is_opened_again);
	tcase_add_test(tcase, rows_without_commit_are_not_there);
	tcase_add_test(tcase, second_writer_is_noticed);
	tcase_add_test(tcase, readers_see_what_is_committed_while_it_is_written);
	tcase_add_test(tcase, unknown_values_become_null);
	tcase_add_loop_test(tcase, text_is_always_utf8, 0,
			    (int)(sizeof(texts) / sizeof(texts[0])));
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
