/* Three cars wait for one traffic light. */
#include <forkscope/mp.h>

static const char *answer(bool yes)
{
	return yes ? "True" : "False";
}

static int drive(struct mp_call *call)
{
	const char *name;
	struct mp_event *green;

	if (mp_bind(call, "name green", &name, &green) < 0) /* def drive(name, green): */
		return mp_raise();
	mp_print("%s: arrives", name);		/* print(name + ': arrives') */
	mp_event_wait(green, MP_FOREVER);	/* green.wait() */
	mp_print("%s: goes", name);		/* print(name + ': goes') */
	return 0;
}

static int come_late(struct mp_call *call)
{
	struct mp_event *green;

	if (mp_bind(call, "green", &green) < 0)	/* def come_late(green): */
		return mp_raise();
	if (mp_event_wait(green, mp_after(0.3))) /* if green.wait(0.3): */
		mp_print("late: goes at once");	/* print('late: goes at once') */
	else					/* else: */
		mp_print("late: turns off the engine"); /* print('late: turns off the engine') */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	static const char *const names[] = { "car 1", "car 2", "car 3" };
	struct mp_process *cars[3], *late;
	struct mp_event *green;

	/* The name is for the picture; Python's events have none. */
	green = mp_Event(.name = "green");	/* green = Event() */
	if (mp_knob("early", false))		/* if knob("early", False): */
		mp_event_set(green);		/* green.set() */
	for (int i = 0; i < 3; i++) {		/* for name in ('car 1', 'car 2', 'car 3'): */
		cars[i] = mp_Process( /* car = Process(target=drive, name=name, args=(name, green)) */
			.target = drive, .name = names[i],
			.args = mp_tuple(names[i], green));
		mp_process_start(cars[i]);	/* car.start() */
	}
	mp_sleep(0.4);				/* time.sleep(0.4) */
	mp_print("main: is it set? %s",		/* print('main: is it set?', green.is_set()) */
		 answer(mp_event_is_set(green)));
	mp_event_set(green);			/* green.set() */
	if (mp_knob("clear", false))		/* if knob("clear", False): */
		mp_event_clear(green);		/* green.clear() */
	for (int i = 0; i < 3; i++)		/* for car in cars: */
		mp_process_join(cars[i], MP_FOREVER); /* car.join() */
	mp_print("main: is it set? %s",		/* print('main: is it set?', green.is_set()) */
		 answer(mp_event_is_set(green)));
	late = mp_Process(	/* late = Process(target=come_late, name='late', args=(green,)) */
		.target = come_late, .name = "late", .args = mp_tuple(green));
	mp_process_start(late);			/* late.start() */
	mp_process_join(late, MP_FOREVER);	/* late.join() */
	return 0;
}
