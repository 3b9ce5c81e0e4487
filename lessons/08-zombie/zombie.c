/* A child ends, and its parent takes no note of it: a zombie. */
#include <stdio.h>

#include <forkscope/mp.h>

static int work(struct mp_call *call)		/* def work(): */
{
	(void)call;
	mp_sleep(0.2);				/* time.sleep(0.2) */
	mp_print("work: done");			/* print('work: done') */
	return 0;
}

/* What the system says of a process: R runs, S sleeps, Z is a zombie. */
static const char *state(int pid)		/* def state(pid): */
{
	static char letter[8];
	char path[32];
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	stat = fopen(path, "r");		/* with open('/proc/%d/stat' % pid) as stat: */
	if (!stat)				/* except FileNotFoundError: */
		return "gone";			/* return 'gone' */
	if (fscanf(stat, "%*d (%*[^)]) %7s", letter) != 1)
		letter[0] = '\0';
	fclose(stat);
	return letter;				/* return stat.read().split()[2] */
}

int main(void)					/* if __name__ == '__main__': */
{
	int reaper = (int)mp_knob("reaper", 1);	/* reaper = knob("reaper", 1) */
	struct mp_process *p, *q;
	int pid;

	p = mp_Process(.target = work);		/* p = Process(target=work) */
	mp_process_start(p);			/* p.start() */
	pid = mp_process_pid(p);		/* pid = p.pid */
	mp_sleep(0.8);				/* time.sleep(0.8) */
	mp_print("main: the child is %s", state(pid)); /* print('main: the child is', state(pid)) */
	switch (reaper) {
	case 1:					/* if reaper == 1: */
		mp_process_join(p, MP_FOREVER);	/* p.join() */
		break;
	case 2:					/* elif reaper == 2: */
		mp_process_is_alive(p);		/* p.is_alive() */
		break;
	case 3:					/* elif reaper == 3: */
		(void)mp_process_exitcode(p);	/* p.exitcode */
		break;
	case 4:					/* elif reaper == 4: */
		mp_active_children(NULL, 0);	/* multiprocessing.active_children() */
		break;
	case 5:					/* elif reaper == 5: */
		q = mp_Process(.target = work);	/* q = Process(target=work) */
		mp_process_start(q);		/* q.start() */
		break;
	}
	mp_print("main: the child is %s", state(pid)); /* print('main: the child is', state(pid)) */
	mp_sleep(0.2);				/* time.sleep(0.2) */
	return 0;
}
