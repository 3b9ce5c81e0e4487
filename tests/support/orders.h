/* tests/support/orders.h - children that do with a lock what they are told
 *
 * For the suites of locks: children tell, the test asserts. */
#ifndef TESTS_SUPPORT_ORDERS_H
#define TESTS_SUPPORT_ORDERS_H

#include "mp.h"
#include "tests/support/gate.h"

extern struct gate gate, answer;	/* `answer` carries the results */

/* A checked fixture: new gates, and signals as a program finds them. */
void orders_begin(void);
void orders_end(void);

/* Start a child that does these with the lock, one letter each, and tells the
 * results: t try, a acquire, r release, g wait at the gate, v tell the value. */
struct mp_process *start(struct mp_lock *lock, const char *orders);

/* Join it: it has come to a good end. */
void finish(struct mp_process *p);

#define assert_hears(number) ck_assert_int_eq(gate_hear(&answer), number)

#define assert_repr(lock, text) \
	do { \
		char buffer_[128]; \
		ck_assert_int_eq(mp_lock_repr(lock, buffer_, \
					      sizeof(buffer_)), \
				 strlen(text)); \
		ck_assert_str_eq(buffer_, text); \
	} while (0)

#endif
