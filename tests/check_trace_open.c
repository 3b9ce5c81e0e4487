/* check_trace_open.c - which files are opened as traces, and why others are not */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/trace_files.h"
#include "tests/support/trace_maker.h"
#include "traces/reader.h"

static void ck_refused(const char *path, const char *why)
{
	ck_assert_ptr_null(trace_open(path, error, sizeof(error)));
	ck_assert_msg(strstr(error, why) != NULL, "'%s' lacks '%s'", error,
		      why);
	ck_assert_ptr_null(strchr(error, '\n'));
}

static void write_file(const char *path, const char *bytes, size_t length)
{
	FILE *out = fopen(path, "wb");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(bytes, 1, length, out), length);
	fclose(out);
}

/* ---- opening ---- */

START_TEST(what_is_no_trace_is_refused_with_the_reason)
{
	ck_refused("/nowhere/x.fscope", "no such file");
	ck_refused(folder, "is a directory");
	write_file(file, "", 0);
	ck_refused(file, "is empty");
	write_file(file, "hello", 5);
	ck_refused(file, "is not a trace");
	unlink(file);
	ck_assert_int_eq(maker_sql(file, "CREATE TABLE t (x)"), 0);
	ck_refused(file, "not a trace");
	unlink(file);
	ck_assert_int_eq(mkfifo(file, 0600), 0);
	ck_refused(file, "not a regular file");
	unlink(file);
}
END_TEST

START_TEST(a_newer_version_needs_a_newer_forkscope)
{
	change("PRAGMA user_version = 2");
	ck_refused(file, "needs a newer forkscope");
}
END_TEST

START_TEST(a_damaged_file_is_refused_with_a_way_out)
{
	ck_assert_int_eq(maker_copy(lesson, file), 0);
	ck_assert_int_eq(truncate(file, 4096 + 100), 0);
	ck_refused(file, "copy it anew");
	change("DROP TABLE summary");
	ck_refused(file, "summary");
	change("ALTER TABLE event RENAME COLUMN t_ns TO t");
	ck_refused(file, "event");
	change("DROP VIEW zombie; DROP VIEW span; DROP VIEW story");
	trace_close(open_it(file));
}
END_TEST

START_TEST(a_view_or_a_virtual_table_is_no_table)
{
	change("DROP TABLE knob; CREATE VIEW knob (name, value, changed) AS"
	       " WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1"
	       " FROM n) SELECT x, x, x FROM n");
	ck_refused(file, "knob");
	change("DROP TABLE knob; CREATE VIRTUAL TABLE knob USING"
	       " fts5(name, value, changed)");
	ck_refused(file, "knob");
	change("DROP TABLE knob; CREATE TABLE knob (name TEXT PRIMARY KEY,"
	       " value, changed AS (zeroblob(1000000)))");
	ck_refused(file, "knob");
}
END_TEST

START_TEST(a_prepared_trace_opens_only_for_one_who_waits)
{
	struct maker *maker = maker_new(file);

	ck_assert_int_eq(maker_close(maker, "prepared"), 0);
	ck_refused(file, "never recorded");
	struct trace *trace = trace_open_live(file, error, sizeof(error));
	ck_assert_ptr_nonnull(trace);
	ck_assert(trace_info(trace)->live);
	ck_assert_uint_eq(trace_info(trace)->events, 0);
	ck_assert_uint_eq(trace_next(trace, 0, 1, 0, 0), 0);
	trace_close(trace);
}
END_TEST

START_TEST(a_recording_without_a_recorder_is_unfinished)
{
	change("UPDATE meta SET value = 'recording' WHERE key = 'state'");
	struct trace *trace = open_it(file);
	ck_assert(!trace_info(trace)->live);
	ck_assert(trace_info(trace)->unfinished);
	trace_close(trace);
}
END_TEST

START_TEST(any_path_is_a_path)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/50%%41 ?mode=rw#:memory:", folder);
	ck_assert_int_eq(maker_copy(lesson, path), 0);
	trace_close(open_it(path));
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(maker_copy(lesson, ":memory:"), 0);
	trace_close(open_it(":memory:"));
	ck_assert_int_eq(maker_copy(lesson, "file:x"), 0);
	trace_close(open_it("file:x"));
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

START_TEST(a_closed_trace_needs_no_permission_to_write)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/locked", folder);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/locked/x.fscope", folder);
	ck_assert_int_eq(maker_copy(lesson, path), 0);
	chmod(path, 0400);
	snprintf(path, sizeof(path), "%s/locked", folder);
	chmod(path, 0500);
	snprintf(path, sizeof(path), "%s/locked/x.fscope", folder);
	trace_close(open_it(path));
	ck_assert_int_ne(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/locked", folder);
	chmod(path, 0700);
}
END_TEST

START_TEST(reading_changes_nothing_in_the_folder)
{
	char command[256];
	struct trace *trace = open_it(lesson);

	trace_next(trace, 1, 1, 1, 0);
	snprintf(command, sizeof(command), "test ! -e %s-wal && test ! -e %s-shm"
		 " && test ! -e %s-journal", lesson, lesson, lesson);
	ck_assert_int_eq(system(command), 0);
	trace_close(trace);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

#define ADD(test) tcase_add_test(tests, test)

static TCase *opening(void)
{
	TCase *tests = tcase_create("opening");

	ADD(what_is_no_trace_is_refused_with_the_reason);
	ADD(a_newer_version_needs_a_newer_forkscope);
	ADD(a_damaged_file_is_refused_with_a_way_out);
	ADD(a_view_or_a_virtual_table_is_no_table);
	ADD(a_prepared_trace_opens_only_for_one_who_waits);
	ADD(a_recording_without_a_recorder_is_unfinished);
	ADD(any_path_is_a_path);
	ADD(a_closed_trace_needs_no_permission_to_write);
	ADD(reading_changes_nothing_in_the_folder);
	return tests;
}

int main(void)
{
	TCase *cases[] = { opening() };

	return run_cases("trace_open", cases, 1);
}
