/* A process takes a lock that it holds already. */
#include <forkscope/mp.h>

static int inner(struct mp_lock *lock)		/* def inner(lock): */
{
	/* With a Lock this would wait for ever: hence the timeout. */
	if (!mp_acquire(lock, mp_after(0.5))) {	/* if not lock.acquire(timeout=0.5): */
		mp_print(	/* print('A: waits for itself, and gives up') */
			"A: waits for itself, and gives up");
		return 0;			/* return */
	}
	mp_print("A: inside once more");	/* print('A: inside once more') */
	mp_sleep(0.1);				/* time.sleep(0.1) */
	return mp_release(lock);		/* lock.release() */
}

static int outer(struct mp_call *call)
{
	struct mp_lock *lock;

	if (mp_bind(call, "lock", &lock) < 0)	/* def outer(lock): */
		return mp_raise();
	mp_acquire(lock, MP_FOREVER);		/* lock.acquire() */
	mp_print("A: inside");			/* print('A: inside') */
	mp_sleep(0.4);				/* time.sleep(0.4) */
	if (inner(lock) < 0)			/* inner(lock) */
		return mp_raise();
	mp_sleep(0.1);				/* time.sleep(0.1) */
	if (mp_release(lock) < 0)		/* lock.release() */
		return mp_raise();
	mp_print("A: outside");			/* print('A: outside') */
	return 0;
}

static int other(struct mp_call *call)
{
	struct mp_lock *lock;

	if (mp_bind(call, "lock", &lock) < 0)	/* def other(lock): */
		return mp_raise();
	if (mp_knob("steal", false)) {		/* if knob("steal", False): */
		if (mp_release(lock) == 0)	/* lock.release() */
			mp_print(	/* print('B: releases what A holds') */
				"B: releases what A holds");
		else				/* except AssertionError as error: */
			mp_print("B: AssertionError: %s", /* print('B: AssertionError:', error) */
				 mp_error_message());
	}
	MP_WITH(lock) {				/* with lock: */
		mp_print("B: inside");		/* print('B: inside') */
		mp_sleep(0.3);			/* time.sleep(0.3) */
	}
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_process *a, *b;
	struct mp_lock *lock;

	/* The name is for the picture; Python's locks have none. */
	if (mp_knob("rlock", false))		/* if knob("rlock", False): */
		lock = mp_RLock(.name = "door"); /* lock = RLock() */
	else					/* else: */
		lock = mp_Lock(.name = "door");	/* lock = Lock() */
	a = mp_Process(	/* a = Process(target=outer, name='A', args=(lock,)) */
		.target = outer, .name = "A", .args = mp_tuple(lock));
	b = mp_Process(	/* b = Process(target=other, name='B', args=(lock,)) */
		.target = other, .name = "B", .args = mp_tuple(lock));
	mp_process_start(a);			/* a.start() */
	mp_sleep(0.2);				/* time.sleep(0.2) */
	mp_process_start(b);			/* b.start() */
	mp_process_join(a, MP_FOREVER);		/* a.join() */
	mp_process_join(b, MP_FOREVER);		/* b.join() */
	return 0;
}
