/* tests/support/managed.h - a manager for the suites of managers */
#ifndef TESTS_SUPPORT_MANAGED_H
#define TESTS_SUPPORT_MANAGED_H

#include "tests/support/children.h"

extern struct mp_manager *manager;

/* A checked fixture: gates, and a manager that is started. Afterwards no child, no
 * folder and no descriptor may be left. */
void managed_begin(void);
void managed_end(void);

/* The repr of a value, or str() of a proxy, in memory that is used again. Takes the
 * value over; NULL gives "NULL". */
const char *repr_of(struct mp_value *value);
const char *str_of(struct mp_proxy *proxy);

/* Call a method; the repr of what it returns. */
#define returned(...) repr_of(mp_proxy_call(__VA_ARGS__))

#define assert_returns(text, ...) \
	ck_assert_str_eq(repr_of(mp_proxy_call(__VA_ARGS__)), text)
#define assert_raises(code, text, call) \
	do { \
		struct mp_value *value_ = call; \
		ck_assert_ptr_null(value_); \
		ck_assert_int_eq(mp_error_code(), code); \
		ck_assert_str_eq(mp_error_message(), text); \
	} while (0)

/* Run a target in a child with these arguments (taken over), and be done with it. */
int run_child(mp_target target, struct mp_value *args);

/* Wait until the server has so many objects. */
void assert_count(long count);

#endif
