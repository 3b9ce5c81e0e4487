/* tests/support/pool_tasks.h - what the suites of pools have workers do */
#ifndef TESTS_SUPPORT_POOL_TASKS_H
#define TESTS_SUPPORT_POOL_TASKS_H

#include <check.h>
#include <stdlib.h>

#include "mp.h"

/* ---- task functions ---- */

struct mp_value *task_square(struct mp_call *call);	/* x */
struct mp_value *task_same(struct mp_call *call);	/* x, of any type */
struct mp_value *task_pid(struct mp_call *call);
struct mp_value *task_fail(struct mp_call *call);	/* ValueError: no x */
struct mp_value *task_fail_at(struct mp_call *call);	/* x, if it is 3 */
struct mp_value *task_wait(struct mp_call *call);	/* at `gate`; its x */
struct mp_value *task_forever(struct mp_call *call);	/* tells `answer` first */
struct mp_value *task_exit(struct mp_call *call);	/* mp_exit(x) */
struct mp_value *task_crash(struct mp_call *call);	/* SIGSEGV */

/* ---- in the test ---- */

long long_of(struct mp_value *value);	/* which it gives up; an error code */

#define assert_value(value, text) \
	do { \
		struct mp_value *v_ = (value); \
		char *t_ = v_ ? mp_value_repr(v_) : NULL; \
		ck_assert_msg(t_, "%s", mp_error_message()); \
		ck_assert_str_eq(t_, text); \
		free(t_); \
		mp_value_unref(v_); \
	} while (0)

#define assert_no_value(value, code, text) \
	do { \
		ck_assert_ptr_null(value); \
		ck_assert_int_eq(mp_error_code(), code); \
		ck_assert_str_eq(mp_error_message(), text); \
	} while (0)

struct mp_value *numbers(long count);	/* [0, 1, ...] */

#endif
