/* The life of a process, as is_alive, join and exitcode tell it. */
#include <stdio.h>

#include <forkscope/mp.h>

static int work(struct mp_call *call)		/* def work(): */
{
	int code = (int)mp_knob("code", 0);

	(void)call;
	mp_sleep(0.6);				/* time.sleep(0.6) */
	if (code)				/* if knob("code", 0): */
		mp_exit(code);			/* sys.exit(knob("code", 0)) */
	return 0;
}

static void show(const char *moment, struct mp_process *p) /* def show(moment, p): */
{
	bool alive = mp_process_is_alive(p);	/* alive = p.is_alive() */
	int code = mp_process_exitcode(p);	/* code = p.exitcode */
	char text[128] = "None";

	if (code != MP_NONE)
		snprintf(text, sizeof(text), "%d", code);
	mp_print(		/* print(moment, 'is_alive', alive, 'exitcode', code) */
		"%s is_alive %s exitcode %s", moment,
		alive ? "True" : "False", text);
	mp_process_repr(p, text, sizeof(text));
	mp_print("%s %s", moment, text);	/* print(moment, p) */
}

/* C's 0 says no more than Python's None: the wait is over, not the process. */
static const char *none(int result)
{
	return result == 0 ? "None" : mp_error_python(result);
}

int main(void)					/* if __name__ == '__main__': */
{
	double timeout = mp_knob("timeout", 0.2);
	struct mp_process *p;
	int result;

	p = mp_Process(.target = work);		/* p = multiprocessing.Process(target=work) */
	show("made:", p);			/* show('made:', p) */
	mp_process_start(p);			/* p.start() */
	show("started:", p);			/* show('started:', p) */
	result = mp_process_join(p, mp_after(timeout));	/* result = p.join(knob("timeout", 0.2)) */
	mp_print("join(timeout) returned %s",	/* print('join(timeout) returned', result) */
		 none(result));
	show("after join(timeout):", p);	/* show('after join(timeout):', p) */
	result = mp_process_join(p, MP_FOREVER);	/* result = p.join() */
	mp_print("join() returned %s",		/* print('join() returned', result) */
		 none(result));
	show("after join():", p);		/* show('after join():', p) */
	return 0;
}
