/* tests/support/trace_files.h - a folder with traces, for tests of readers */
#ifndef TESTS_TRACE_FILES_H
#define TESTS_TRACE_FILES_H

#include <check.h>
#include <stdint.h>

struct trace;

#define MS INT64_C(1000000)

/* lesson: what maker_lesson_trace makes; big: 30000 events; file: for the test's
 * own use. error: of the last trace_open */
extern char folder[32], lesson[64], big[64], file[64], error[512];

/* An unchecked fixture. */
void make_folder(void);
void remove_folder(void);

/* Open a trace that can be opened. */
struct trace *open_it(const char *path);
/* Make `file` a copy of `lesson`, changed by SQL. */
void change(const char *sql);
/* The text is UTF-8 without control characters. */
void ck_clean(const char *text);

/* Run these cases, each with the folder. Returns the exit status. */
int run_cases(const char *name, TCase *const *cases, size_t count);

#endif
