/* tests/support/recorded.h - what is the same in the suites of the recording */
#ifndef TESTS_SUPPORT_RECORDED_H
#define TESTS_SUPPORT_RECORDED_H

#include <check.h>

#include "mp.h"
#include "tests/support/rerun.h"

/* The program of the test that runs; a fixture ends it. */
extern struct rerun run;

void assert_is_consistent(void);
/* No file beside the trace is left. */
void assert_is_alone_in_its_folder(void);
/* Run and record it to its end; then both of the above. */
void record(const char *program);

#define assert_answer(sql, answer) \
	ck_assert_str_eq(rerun_ask(&run, sql), answer)

/* ---- parts of programs ---- */

void run_to_end(struct mp_process *p);
/* A target: one line. */
int print_line(struct mp_call *call);
/* Lines to stdout and stderr, one from a child, one without end; returns 3. */
int program_prints(const char *argument);

#endif
