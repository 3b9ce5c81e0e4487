/* Main has nothing left to do, and yet it stays. */
#include <stdio.h>
#include <unistd.h>

#include <forkscope/mp.h>

static int work(struct mp_call *call)
{
	const char *name;
	double seconds;

	if (mp_bind(call, "name seconds", &name, &seconds) < 0)	/* def work(name, seconds): */
		return mp_raise();
	mp_sleep(seconds);			/* time.sleep(seconds) */
	mp_print("%s ends", name);		/* print(name, 'ends') */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	int leave = (int)mp_knob("leave", 0);	/* leave = knob("leave", 0) */
	bool daemon = mp_knob("daemon", false);
	struct mp_process *p1, *p2;

	p1 = mp_Process(	/* p1 = Process(target=work, name='p1', args=('p1', 0.3)) */
		.target = work, .name = "p1", .args = mp_tuple("p1", 0.3));
	p2 = mp_Process(	/* p2 = Process(target=work, name='p2', args=('p2', 0.7)) */
		.target = work, .name = "p2", .args = mp_tuple("p2", 0.7));
	mp_process_set_daemon(p2, daemon);	/* p2.daemon = knob("daemon", False) */
	mp_process_start(p1);			/* p1.start() */
	mp_process_start(p2);			/* p2.start() */
	mp_print("main: my code ends here");	/* print('main: my code ends here') */
	fflush(stdout);				/* sys.stdout.flush() */
	if (leave == 1)				/* if leave == 1: */
		mp_exit(3);			/* sys.exit(3) */
	if (leave == 2)				/* if leave == 2: */
		_exit(3);			/* os._exit(3) */
	return 0;
}
