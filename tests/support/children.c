#include "tests/support/children.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

struct gate gate, answer, third;

/* Check's own handlers, which our children would inherit, pass on signals to the
 * whole test. */
void children_begin(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	gate_make(&gate);
	gate_make(&answer);
	gate_make(&third);
}

void children_end(void)
{
	gate_close(&gate);
	gate_close(&answer);
	gate_close(&third);
}

/* ---- targets ---- */

int wait_at_gate(struct mp_call *call)
{
	(void)call;
	return gate_wait(&gate) ? 0 : mp_raise_error(MP_EUSER, "no gate");
}

int exit_with(struct mp_call *call)
{
	int code;

	if (mp_bind(call, "code", &code) < 0)
		return mp_raise();
	mp_exit(code);
}

int raise_error(struct mp_call *call)
{
	(void)call;
	fclose(stderr);
	return mp_raise_error(MP_EVALUE, "on purpose");
}

int tell_pid(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, getpid());
	return 0;
}

int add(struct mp_call *call)
{
	long a, b, c;

	if (mp_bind(call, "a b c", &a, &b, &c) < 0)
		return mp_raise();
	gate_tell(&answer, a * 100 + b * 10 + c);
	return 0;
}

int code_of(struct mp_process *p)
{
	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	int code = mp_process_exitcode(p);
	mp_process_destroy(p);
	return code;
}
