/* tests/support/putter.h - children that put numbers into a queue
 *
 * For the suites of queues: children tell, the test asserts. */
#ifndef TESTS_SUPPORT_PUTTER_H
#define TESTS_SUPPORT_PUTTER_H

#include "mp.h"
#include "tests/support/gate.h"

extern struct gate gate, answer;

/* A checked fixture: new gates, and signals as a program finds them. */
void putter_begin(void);
void putter_end(void);

/* Start a child that puts so many numbers, from the first on. */
struct mp_process *start_putter(struct mp_queue *queue, long first, long count);

/* A target: takes numbers out of `queue` up to a 0, and tells their sum. */
int get_some(struct mp_call *call);

/* Join it: it has come to a good end. */
void finish(struct mp_process *p);

/* Take a number; or the error. */
long get_long(struct mp_queue *queue, int64_t until);

#define assert_hears(number) ck_assert_int_eq(gate_hear(&answer), number)

#define assert_code(expression, code, message) \
	do { \
		ck_assert_int_eq(expression, code); \
		ck_assert_str_eq(mp_error_message(), message); \
	} while (0)

#endif
