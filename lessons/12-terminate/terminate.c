/* terminate() asks, kill() does not. */
#include <signal.h>
#include <stdio.h>

#include <forkscope/mp.h>

static volatile sig_atomic_t asked;

static void on_term(int signal)			/* def on_term(signum, frame): */
{
	(void)signal;
	asked = 1;				/* asked = True */
}

static int work(struct mp_call *call)		/* def work(): */
{
	(void)call;
	if (mp_knob("handler", false))		/* if knob("handler", False): */
		signal(SIGTERM, on_term);	/* signal.signal(signal.SIGTERM, on_term) */
	mp_print("work: begins");		/* print('work: begins') */
	fflush(stdout);				/* sys.stdout.flush() */
	mp_sleep(1);				/* time.sleep(1) */
	if (asked)				/* if asked: */
		mp_print(	/* print('work: somebody asked me to stop') */
			"work: somebody asked me to stop");
	mp_print("work: ends");			/* print('work: ends') */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_process *p;
	int code;

	p = mp_Process(.target = work);		/* p = Process(target=work) */
	mp_process_start(p);			/* p.start() */
	mp_sleep(0.4);				/* time.sleep(0.4) */
	if (mp_knob("kill", false))		/* if knob("kill", False): */
		mp_process_kill(p);		/* p.kill() */
	else					/* else: */
		mp_process_terminate(p);	/* p.terminate() */
	if (mp_knob("ask", false)) {		/* if knob("ask", False): */
		while (mp_process_is_alive(p))	/* while p.is_alive(): */
			mp_sleep(0.05);		/* time.sleep(0.05) */
		mp_print(	/* print('main: it is not alive any more') */
			"main: it is not alive any more");
	}
	mp_sleep(0.3);				/* time.sleep(0.3) */
	mp_process_join(p, MP_FOREVER);		/* p.join() */
	code = mp_process_exitcode(p);
	mp_print("main: exit code %d", code);	/* print('main: exit code', p.exitcode) */
	return 0;
}
