/* A process is terminated while it holds a lock. */
#include <forkscope/mp.h>

static int holder(struct mp_call *call)
{
	struct mp_lock *door;
	struct mp_event *inside, *stop;

	if (mp_bind(call, "door inside stop",	/* def holder(door, inside, stop): */
		    &door, &inside, &stop) < 0)
		return mp_raise();
	MP_WITH(door) {				/* with door: */
		mp_event_set(inside);		/* inside.set() */
		if (mp_event_wait(stop, mp_after(1)))	/* if stop.wait(1): */
			mp_print(	/* print('holder: was asked to stop') */
				"holder: was asked to stop");
	}
	mp_print("holder: outside");		/* print('holder: outside') */
	return 0;
}

static int waiter(struct mp_call *call)
{
	struct mp_lock *door;

	if (mp_bind(call, "door", &door) < 0)	/* def waiter(door): */
		return mp_raise();
	MP_WITH(door)				/* with door: */
		mp_print("waiter: inside");	/* print('waiter: inside') */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_lock *door = mp_Lock(.name = "door");	/* door = Lock() */
	struct mp_event *inside = mp_Event(.name = "inside");	/* inside = Event() */
	struct mp_event *stop = mp_Event(.name = "stop");	/* stop = Event() */
	struct mp_process *a, *b;

	a = mp_Process(	/* a = Process(target=holder, name='holder', args=(door, inside, stop)) */
		.target = holder, .name = "holder",
		.args = mp_tuple(door, inside, stop));
	b = mp_Process(	/* b = Process(target=waiter, name='waiter', args=(door,)) */
		.target = waiter, .name = "waiter", .args = mp_tuple(door));
	mp_process_start(a);			/* a.start() */
	mp_event_wait(inside, MP_FOREVER);	/* inside.wait() */
	mp_process_start(b);			/* b.start() */
	mp_sleep(0.3);				/* time.sleep(0.3) */
	if (mp_knob("ask", false))		/* if knob("ask", False): */
		mp_event_set(stop);		/* stop.set() */
	else					/* else: */
		mp_process_terminate(a);	/* a.terminate() */
	mp_process_join(a, MP_FOREVER);		/* a.join() */
	mp_print("main: holder ended with %d",	/* print('main: holder ended with', a.exitcode) */
		 mp_process_exitcode(a));
	mp_process_join(b, mp_after(1));	/* b.join(1) */
	if (mp_process_is_alive(b) && mp_knob("force", false)) {	/* if b.is_alive() and knob("force", False): */
		mp_release(door);		/* door.release() */
		mp_process_join(b, MP_FOREVER);	/* b.join() */
	}
	if (mp_process_is_alive(b)) {		/* if b.is_alive(): */
		mp_print("main: the waiter still waits");	/* print('main: the waiter still waits') */
		mp_process_terminate(b);	/* b.terminate() */
	}
	mp_process_join(b, MP_FOREVER);		/* b.join() */
	mp_print("main: waiter ended with %d",	/* print('main: waiter ended with', b.exitcode) */
		 mp_process_exitcode(b));
	return 0;
}
