#include "tests/support/pipes.h"

struct mp_connection *a, *b;

void make_pipe(bool one_way)
{
	ck_assert_int_eq(mp_Pipe(&a, &b, .one_way = one_way), 0);
}

void drop_pipe(void)
{
	mp_connection_destroy(a);
	mp_connection_destroy(b);
	a = b = NULL;
}

struct mp_process *start_child(mp_target target)
{
	struct mp_process *p = mp_Process(.target = target);

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

void finish_child(struct mp_process *p, int code)
{
	ck_assert_int_eq(mp_process_join(p, mp_after(20)), 0);
	ck_assert_int_eq(mp_process_exitcode(p), code);
	mp_process_destroy(p);
}

char *pattern(size_t size)
{
	char *bytes = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	return bytes;
}

int send_one(struct mp_call *call)
{
	(void)call;
	return mp_connection_send(b, mp_value("x"));
}
