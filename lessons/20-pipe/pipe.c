/* Two ends, two processes, and when the stream ends. */
#include <forkscope/mp.h>

static int clerk(struct mp_call *call)
{
	struct mp_connection *ours, *theirs;
	struct mp_value *value;
	long number = 0;

	if (mp_bind(call, "ours theirs", &ours, &theirs) < 0)	/* def clerk(ours, theirs): */
		return mp_raise();
	if (!mp_knob("forget", false))		/* if not knob("forget", False): */
		mp_connection_close(theirs);	/* theirs.close() */
	while (mp_connection_poll(ours, mp_after(1)) == 1) {	/* while ours.poll(1): */
		value = mp_connection_recv(ours);	/* number = ours.recv() */
		if (!value) {			/* except EOFError: */
			mp_print("clerk: that was all");	/* print('clerk: that was all') */
			return 0;		/* return */
		}
		mp_value_as_long(value, &number);
		mp_value_unref(value);
		mp_connection_send(	/* ours.send(number * number) */
			ours, mp_value(number * number));
	}
	mp_print("clerk: nobody says anything");	/* print('clerk: nobody says anything') */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_connection *a, *b;
	struct mp_process *p;
	long square = 0;

	mp_Pipe(&a, &b, .name = "pipe");	/* a, b = Pipe() */
	p = mp_Process(	/* p = Process(target=clerk, args=(b, a)) */
		.target = clerk, .args = mp_tuple(b, a));
	mp_process_start(p);			/* p.start() */
	mp_connection_close(b);			/* b.close() */
	for (long i = 3; i <= 4; i++) {		/* for i in (3, 4): */
		mp_connection_send(a, mp_value(i));	/* a.send(i) */
		struct mp_value *answer = mp_connection_recv(a);
		mp_value_as_long(answer, &square);
		mp_value_unref(answer);
		mp_print("main: %ld times %ld is %ld",	/* print('main:', i, 'times', i, 'is', a.recv()) */
			 i, i, square);
	}
	mp_connection_close(a);			/* a.close() */
	mp_process_join(p, MP_FOREVER);		/* p.join() */
	mp_print("main: exit code %d",		/* print('main: exit code', p.exitcode) */
		 mp_process_exitcode(p));
	return 0;
}
