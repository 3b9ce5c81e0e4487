/* tests/support/children.h - what children do in the suites of processes
 *
 * Gates of each test, and targets that wait at them or report through them. */
#ifndef TESTS_SUPPORT_CHILDREN_H
#define TESTS_SUPPORT_CHILDREN_H

#include <forkscope/mp.h>

#include "tests/support/gate.h"

extern struct gate gate, answer, third;

/* A checked fixture: new gates, and signals as a program finds them. */
void children_begin(void);
void children_end(void);

/* ---- targets ---- */

int wait_at_gate(struct mp_call *call);	/* fails if it is not opened */
int exit_with(struct mp_call *call);	/* code */
int raise_error(struct mp_call *call);
int tell_pid(struct mp_call *call);	/* through `answer` */
int add(struct mp_call *call);		/* a, b, c: tells 100 a + 10 b + c */

/* ---- in the test ---- */

/* Start it, join it, destroy it: the exit code. */
int code_of(struct mp_process *p);

#define assert_fails(code, call, text) \
	do { \
		ck_assert_int_eq(call, code); \
		ck_assert_str_eq(mp_error_message(), text); \
	} while (0)

#endif
