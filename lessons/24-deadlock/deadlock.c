/* Two locks, taken in opposite order. */
#include <forkscope/mp.h>

static int cook(struct mp_call *call)
{
	const char *name;
	struct mp_lock *first, *second;
	struct mp_event *mine, *other;

	if (mp_bind(call, "name first second mine other", /* def cook(name, first, second, mine, other): */
		    &name, &first, &second, &mine, &other) < 0)
		return mp_raise();
	MP_WITH(first) {			/* with first: */
		mp_print("%s has one", name);	/* print(name, 'has one') */
		mp_event_set(mine);		/* mine.set() */
		/* A gate: go on when the other one has its first, too. */
		mp_event_wait(other, mp_after(0.5)); /* other.wait(0.5) */
		MP_WITH(second)			/* with second: */
			mp_print("%s has both", name);	/* print(name, 'has both') */
	}
	return 0;
}

static void give_up(struct mp_process *p)
{
	if (mp_process_is_alive(p)) {		/* if p.is_alive(): */
		mp_print("main: %s is stuck",	/* print('main:', p.name, 'is stuck') */
			 mp_process_name(p));
		mp_process_terminate(p);	/* p.terminate() */
	}
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_lock *pan = mp_Lock(.name = "pan");	/* pan = Lock() */
	struct mp_lock *oil = mp_Lock(.name = "oil");	/* oil = Lock() */
	struct mp_event *a_has = mp_Event(.name = "A has one");	/* a_has = Event() */
	struct mp_event *b_has = mp_Event(.name = "B has one");	/* b_has = Event() */
	struct mp_process *a, *b;

	a = mp_Process(	/* a = Process(target=cook, name='A', args=('A', pan, oil, a_has, b_has)) */
		.target = cook, .name = "A",
		.args = mp_tuple("A", pan, oil, a_has, b_has));
	if (mp_knob("order", false))		/* if knob("order", False): */
		b = mp_Process(	/* b = Process(target=cook, name='B', args=('B', pan, oil, b_has, a_has)) */
			.target = cook, .name = "B",
			.args = mp_tuple("B", pan, oil, b_has, a_has));
	else					/* else: */
		b = mp_Process(	/* b = Process(target=cook, name='B', args=('B', oil, pan, b_has, a_has)) */
			.target = cook, .name = "B",
			.args = mp_tuple("B", oil, pan, b_has, a_has));
	mp_process_start(a);			/* a.start() */
	mp_process_start(b);			/* b.start() */
	mp_process_join(a, mp_after(2));	/* a.join(2) */
	mp_process_join(b, mp_after(0.1));	/* b.join(0.1) */
	give_up(a);				/* for p in (a, b): */
	give_up(b);
	mp_process_join(a, MP_FOREVER);		/* a.join() */
	mp_process_join(b, MP_FOREVER);		/* b.join() */
	mp_print("main: exit codes %d %d",	/* print('main: exit codes', a.exitcode, b.exitcode) */
		 mp_process_exitcode(a), mp_process_exitcode(b));
	return 0;
}
