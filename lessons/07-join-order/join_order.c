/* Start and join in one loop: a staircase. */
#include <forkscope/mp.h>

#define WORKERS 3

static int work(struct mp_call *call)		/* def work(i): */
{
	int i;

	if (mp_bind(call, "i", &i) < 0)
		return mp_raise();
	mp_print("worker %d begins", i);	/* print('worker', i, 'begins') */
	mp_sleep(0.3);				/* time.sleep(0.3) */
	mp_print("worker %d ends", i);		/* print('worker', i, 'ends') */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	bool together = mp_knob("together", false);
	struct mp_process *workers[WORKERS];
	double begin = mp_monotonic();		/* begin = time.monotonic() */

	for (int i = 0; i < WORKERS; i++) {	/* for i in range(3): */
		workers[i] = mp_Process(	/* p = multiprocessing.Process(target=work, args=(i,)) */
			.target = work, .args = mp_tuple(i));
		mp_process_start(workers[i]);	/* p.start() */
		if (!together)			/* if not knob("together", False): */
			mp_process_join(workers[i], MP_FOREVER); /* p.join() */
	}
	for (int i = 0; i < WORKERS; i++)	/* for p in workers: */
		mp_process_join(workers[i], MP_FOREVER); /* p.join() # again: harmless */
	double took = mp_monotonic() - begin;	/* took = time.monotonic() - begin */
	mp_print("one after another: %s",	/* print('one after another:', took > 0.8) */
		 took > 0.8 ? "True" : "False");
	return 0;
}
