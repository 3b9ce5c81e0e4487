/* Five workers, and a semaphore with two permits. */
#include <forkscope/mp.h>

static int work(struct mp_call *call)
{
	int number;
	struct mp_lock *seats;

	if (mp_bind(call, "number seats", &number, &seats) < 0) /* def work(number, seats): */
		return mp_raise();
	MP_WITH(seats) {			/* with seats: */
		mp_print("worker %d: in", number); /* print('worker %d: in' % number) */
		mp_sleep(0.3);			/* time.sleep(0.3) */
		mp_print("worker %d: out", number); /* print('worker %d: out' % number) */
	}
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	int n = mp_knob("seats", 2);		/* n = knob("seats", 2) */
	struct mp_process *workers[5];
	struct mp_lock *seats;
	double begin, took;

	/* The name is for the picture; Python's semaphores have none. */
	if (mp_knob("bounded", false))		/* if knob("bounded", False): */
		seats = mp_BoundedSemaphore(n, .name = "seats"); /* seats = BoundedSemaphore(n) */
	else					/* else: */
		seats = mp_Semaphore(n, .name = "seats"); /* seats = Semaphore(n) */
	for (int i = 0; i < 5; i++)		/* for number in range(1, 6): */
		workers[i] = mp_Process( /* worker = Process(target=work, args=(number, seats)) */
			.target = work, .args = mp_tuple(i + 1, seats));

	begin = mp_monotonic();			/* begin = time.monotonic() */
	for (int i = 0; i < 5; i++)		/* for worker in workers: */
		mp_process_start(workers[i]);	/* worker.start() */
	for (int i = 0; i < 5; i++)		/* for worker in workers: */
		mp_process_join(workers[i], MP_FOREVER); /* worker.join() */
	took = mp_monotonic() - begin;		/* took = time.monotonic() - begin */
	mp_print(	/* print('main: that took %.1f seconds' % took) */
		"main: that took %.1f seconds", took);

	mp_print("main: seats left: %ld",	/* print('main: seats left:', seats.get_value()) */
		 mp_lock_value(seats));
	/* Main gives back a permit that it never took. */
	if (mp_release(seats) == 0)		/* seats.release() */
		mp_print("main: seats left: %ld", /* print('main: seats left:', seats.get_value()) */
			 mp_lock_value(seats));
	else					/* except ValueError as error: */
		mp_print("main: ValueError: %s", /* print('main: ValueError:', error) */
			 mp_error_message());
	return 0;
}
