/* Three children: one after another, or all at once? */
#include <forkscope/mp.h>

static int work(struct mp_call *call)
{
	const char *name;
	double seconds;

	if (mp_bind(call, "name seconds", &name, &seconds) < 0)	/* def work(name, seconds): */
		return mp_raise();
	mp_print("%s begins", name);		/* print(name, 'begins') */
	mp_sleep(seconds);			/* time.sleep(seconds) */
	mp_print("%s ends", name);		/* print(name, 'ends') */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	bool together = mp_knob("together", false);
	struct mp_process *processes[3];
	double begin, took;

	processes[0] = mp_Process(	/* Process(target=work, name='p1', args=('p1', 0.2)), */
		.target = work, .name = "p1", .args = mp_tuple("p1", 0.2));
	processes[1] = mp_Process(	/* Process(target=work, name='p2', args=('p2', 0.5)), */
		.target = work, .name = "p2", .args = mp_tuple("p2", 0.5));
	processes[2] = mp_Process(	/* Process(target=work, name='p3', args=('p3', 0.3)), */
		.target = work, .name = "p3", .args = mp_tuple("p3", 0.3));

	begin = mp_monotonic();				/* begin = time.monotonic() */
	for (int i = 0; i < 3; i++) {			/* for p in processes: */
		mp_process_start(processes[i]);		/* p.start() */
		if (!together)				/* if not together: */
			mp_process_join(processes[i], MP_FOREVER); /* p.join() */
	}
	if (together)					/* if together: */
		for (int i = 0; i < 3; i++)		/* for p in processes: */
			mp_process_join(processes[i], MP_FOREVER); /* p.join() */
	took = mp_monotonic() - begin;			/* took = time.monotonic() - begin */
	mp_print(	/* print('main: that took %.1f seconds' % took) */
		"main: that took %.1f seconds", took);
	return 0;
}
