/* Four ways to ask for the number of a process. They give the same number. */
#include <stdio.h>
#include <unistd.h>

#include <forkscope/mp.h>

static int work(struct mp_call *call)		/* def work(): */
{
	struct mp_process *me;

	(void)call;
	mp_sleep(0.2);				/* time.sleep(0.2) */
	me = mp_current_process();	/* me = multiprocessing.current_process() */
	mp_print("child: me.pid = %d",	/* print('child: me.pid =', me.pid) */
		 mp_process_pid(me));
	mp_print("child: os.getpid() = %d",	/* print('child: os.getpid() =', os.getpid()) */
		 getpid());
	mp_print("child: os.getppid() = %d", /* print('child: os.getppid() =', os.getppid()) */
		 getppid());
	return 0;
}

/* A pid may be missing: Python says None. */
static const char *shown(int number)
{
	static char text[16];

	if (number == MP_NONE)
		return "None";
	snprintf(text, sizeof(text), "%d", number);
	return text;
}

int main(void)					/* if __name__ == "__main__": */
{
	int children = (int)mp_knob("children", 1);

	mp_print("main: os.getpid() = %d",	/* print('main: os.getpid() =', os.getpid()) */
		 getpid());
	for (int i = 0; i < children; i++) {	/* for i in range(knob("children", 1)): */
		struct mp_process *p;

		p = mp_Process(.target = work);	/* p = multiprocessing.Process(target=work) */
		mp_print(		/* print('main: before start, p.pid =', p.pid) */
			"main: before start, p.pid = %s",
			shown(mp_process_pid(p)));
		mp_process_start(p);			/* p.start() */
		mp_process_join(p, MP_FOREVER);		/* p.join() */
		mp_print("main: p.pid = %s",	/* print('main: p.pid =', p.pid) */
			 shown(mp_process_pid(p)));
		/* In C pid and ident are one function, as they are one number. */
		mp_print("main: p.ident = %s",	/* print('main: p.ident =', p.ident) */
			 shown(mp_process_pid(p)));
		mp_process_destroy(p);
	}
	return 0;
}
