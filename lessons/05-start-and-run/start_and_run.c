/* run() calls the function; only start() makes a process. */
#include <stdio.h>
#include <unistd.h>

#include <forkscope/mp.h>

static int work(struct mp_call *call)		/* def work(): */
{
	struct mp_process *me;

	(void)call;
	mp_sleep(0.3);				/* time.sleep(0.3) */
	me = mp_current_process();	/* me = multiprocessing.current_process() */
	mp_print("work: pid %d in %s",	/* print('work: pid', os.getpid(), 'in', me.name) */
		 getpid(), mp_process_name(me));
	return 0;
}

/* A number may be missing: Python says None. */
static const char *shown(int number)
{
	static char text[16];

	if (number == MP_NONE)
		return "None";
	snprintf(text, sizeof(text), "%d", number);
	return text;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_process *p;

	mp_print("main: pid %d", getpid());	/* print('main: pid', os.getpid()) */
	p = mp_Process(.target = work);		/* p = multiprocessing.Process(target=work) */
	if (mp_knob("start", false)) {		/* if knob("start", False): */
		mp_process_start(p);			/* p.start() */
		mp_print("main: start() is back");	/* print('main: start() is back') */
		mp_process_join(p, MP_FOREVER);		/* p.join() */
	} else {				/* else: */
		mp_process_run(p);			/* p.run() */
		mp_print("main: run() is back");	/* print('main: run() is back') */
	}
	mp_print("main: p.pid %s",		/* print('main: p.pid', p.pid) */
		 shown(mp_process_pid(p)));
	mp_print("main: p.exitcode %s",		/* print('main: p.exitcode', p.exitcode) */
		 shown(mp_process_exitcode(p)));
	return 0;
}
