/* tests/support/pipes.h - a pipe, and a child at its other end
 *
 * For the suites of connections, beside support/children.h. */
#ifndef TESTS_SUPPORT_PIPES_H
#define TESTS_SUPPORT_PIPES_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

#include "mp.h"

/* The pipe of a test; one way, `a` reads. Its children find it here. */
extern struct mp_connection *a, *b;

void make_pipe(bool one_way);
void drop_pipe(void);

struct mp_process *start_child(mp_target target);

/* Join and destroy it: this must be its exit code. */
void finish_child(struct mp_process *p, int code);

/* Bytes that a test can know again; to be freed. */
char *pattern(size_t size);

/* A target: sends "x" through b. */
int send_one(struct mp_call *call);

#define assert_recv(connection, text) \
	do { \
		struct mp_value *v_ = mp_connection_recv(connection); \
		char *t_ = v_ ? mp_value_repr(v_) : NULL; \
		ck_assert_msg(t_, "%s", mp_error_message()); \
		ck_assert_str_eq(t_, text); \
		free(t_); \
		mp_value_unref(v_); \
	} while (0)

#define assert_no_recv(connection, code) \
	do { \
		ck_assert_ptr_null(mp_connection_recv(connection)); \
		ck_assert_int_eq(mp_error_code(), code); \
	} while (0)

#endif
