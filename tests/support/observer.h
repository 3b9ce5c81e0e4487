/* support/observer.h - a process that sees the arena only, and answers guards
 *
 * It has mapped the arena at another address and given up the one it was born
 * with: what it can tell, anybody can who has the file. */
#ifndef TESTS_SUPPORT_OBSERVER_H
#define TESTS_SUPPORT_OBSERVER_H

#include <check.h>

#include "operation/operation.h"

#define HOUR_NS (INT64_C(3600) * 1000000000)

struct observer_question {
	struct mp__pending_shm pending;
	int64_t now;
	uint32_t agent;		/* slot + 1: ask about what it has announced */
};

/* Fork the observer; a fixture starts it before anything else runs. */
void observer_start(void);
void observer_stop(void);

/* mp__could_go_on, as the observer sees it. */
bool observer_ask(const struct observer_question *question);

struct mp__pending_shm observer_pending(const struct mp__op *op);

/* Could this operation go on, if it were announced now? */
bool observer_guard(const struct mp__op *op);

/* In this state guard and try must both say `could`. The guard is asked first: a try
 * that succeeds changes the state. */
#define assert_agree(op, could) \
	do { \
		ck_assert_int_eq(observer_guard(op), could); \
		ck_assert_int_eq(mp__op_row((op)->code)->try(op) \
					 != MP__WOULD_BLOCK, could); \
	} while (0)

#endif
