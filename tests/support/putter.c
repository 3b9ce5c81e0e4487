#include "tests/support/putter.h"

#include <check.h>
#include <signal.h>

struct gate gate, answer;

void putter_begin(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	gate_make(&gate);
	gate_make(&answer);
}

void putter_end(void)
{
	gate_close(&gate);
	gate_close(&answer);
}

long get_long(struct mp_queue *queue, int64_t until)
{
	struct mp_value *value = mp_queue_get(queue, until);
	long number = -1;

	if (!value)
		return mp_error_code();
	mp_value_as_long(value, &number);
	mp_value_unref(value);
	return number;
}

void finish(struct mp_process *p)
{
	mp_process_join(p, MP_FOREVER);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
}

static int put_some(struct mp_call *call)
{
	struct mp_queue *queue;
	long first, count;

	if (mp_bind(call, "queue first count", &queue, &first, &count) < 0)
		return mp_raise();
	for (long i = 0; i < count; i++)
		if (mp_queue_put(queue, mp_value(first + i), MP_FOREVER) < 0)
			return mp_raise();
	return 0;
}

struct mp_process *start_putter(struct mp_queue *queue, long first, long count)
{
	struct mp_process *p = mp_Process(
		.target = put_some, .args = mp_tuple(queue, first, count));

	mp_process_start(p);
	return p;
}

int get_some(struct mp_call *call)
{
	struct mp_queue *queue;
	long sum = 0, number;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	while ((number = get_long(queue, MP_FOREVER)) > 0)
		sum += number;
	gate_tell(&answer, number == 0 ? sum : number);
	return 0;
}
