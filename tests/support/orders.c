#include "tests/support/orders.h"

#include <check.h>
#include <signal.h>

struct gate gate, answer;

void orders_begin(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	gate_make(&gate);
	gate_make(&answer);
}

void orders_end(void)
{
	gate_close(&gate);
	gate_close(&answer);
}

static int obey(struct mp_call *call)
{
	struct mp_lock *lock;
	const char *orders;

	if (mp_bind(call, "lock orders", &lock, &orders) < 0)
		return mp_raise();
	for (; *orders; orders++) {
		long result = 0;
		switch (*orders) {
		case 't': result = mp_lock_acquire(lock, MP_NOW); break;
		case 'a': result = mp_lock_acquire(lock, MP_FOREVER); break;
		case 'r': result = mp_lock_release(lock); break;
		case 'g': result = gate_wait(&gate); break;
		case 'v': result = mp_lock_value(lock); break;
		}
		gate_tell(&answer, result);
	}
	return 0;
}

struct mp_process *start(struct mp_lock *lock, const char *orders)
{
	struct mp_process *p = mp_Process(.target = obey,
					  .args = mp_tuple(lock, orders));

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

void finish(struct mp_process *p)
{
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
}
