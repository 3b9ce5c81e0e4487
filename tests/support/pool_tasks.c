#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/pool_tasks.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/children.h"

struct mp_value *task_square(struct mp_call *call)
{
	long x;

	return mp_bind(call, "x", &x) < 0 ? NULL : mp_int(x * x);
}

struct mp_value *task_same(struct mp_call *call)
{
	return mp_value_ref(mp_value_item(mp_call_args(call), 0));
}

struct mp_value *task_pid(struct mp_call *call)
{
	(void)call;
	return mp_int(getpid());
}

struct mp_value *task_fail(struct mp_call *call)
{
	long x;

	if (mp_bind(call, "x", &x) == 0)
		mp_raise_error(MP_EVALUE, "no %ld", x);
	return NULL;
}

struct mp_value *task_fail_at(struct mp_call *call)
{
	long x;

	if (mp_bind(call, "x", &x) == 0 && x == 3)
		mp_raise_error(MP_EKEY, "three");
	return x == 3 ? NULL : mp_int(x);
}

struct mp_value *task_wait(struct mp_call *call)
{
	if (!gate_wait(&gate)) {
		mp_raise_error(MP_ERUNTIME, "the gate stays closed");
		return NULL;
	}
	return task_same(call);
}

struct mp_value *task_forever(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, getpid());
	for (;;)
		pause();
}

struct mp_value *task_exit(struct mp_call *call)
{
	long x;

	if (mp_bind(call, "x", &x) == 0)
		mp_exit((int)x);
	return NULL;
}

struct mp_value *task_crash(struct mp_call *call)
{
	struct rlimit none = { 0, 0 };

	(void)call;
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	return NULL;
}

long long_of(struct mp_value *value)
{
	long number = mp_error_code();

	if (value)
		mp_value_as_long(value, &number);
	mp_value_unref(value);
	return number;
}

struct mp_value *numbers(long count)
{
	struct mp_value *list = mp_list();

	for (long i = 0; i < count; i++)
		mp_value_append(list, mp_int(i));
	return list;
}
