/* Two processes add 1 to a Value, which brings a lock of its own. Is that 2? */
#include <forkscope/mp.h>

/* What counter.value += 1 really is: a locked read, then a locked write. The gate
 * between them opens when both have come, or after a second. */
static void add_one(const char *name,		/* def add_one(name, counter, gate): */
		    struct mp_shared *counter, struct mp_barrier *gate)
{
	long value = mp_get(counter);		/* value = counter.value */

	mp_print("%s reads %ld", name, value);	/* print(name, 'reads', value) */
	if (mp_knob("gate", true))		/* if knob("gate", True): */
		if (mp_barrier_wait(gate, mp_after(1)) < 0) /* gate.wait(1) */
			mp_print(	/* print(name, 'is alone at the gate') */
				"%s is alone at the gate", name);
	mp_set(counter, value + 1);		/* counter.value = value + 1 */
	mp_print("%s writes %ld", name, value + 1); /* print(name, 'writes', value + 1) */
}

static int work(struct mp_call *call)
{
	struct mp_shared *counter;
	struct mp_barrier *gate;
	const char *name;

	if (mp_bind(call, "name counter gate",	/* def work(name, counter, gate): */
		    &name, &counter, &gate) < 0)
		return mp_raise();
	if (mp_knob("lock", false)) {		/* if knob("lock", False): */
		MP_WITH(counter)		/* with counter.get_lock(): */
			add_one(name, counter, gate); /* add_one(name, counter, gate) */
	} else {				/* else: */
		add_one(name, counter, gate);	/* add_one(name, counter, gate) */
	}
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_shared *counter;
	struct mp_barrier *gate;
	struct mp_process *a, *b;
	long value;

	/* Names for the picture; Python's objects have none. */
	counter = mp_Value('i', 0, .name = "counter");	/* counter = Value('i', 0) */
	gate = mp_Barrier(2, .name = "gate");	/* gate = Barrier(2) */
	a = mp_Process(	/* a = Process(target=work, name='A', args=('A', counter, gate)) */
		.target = work, .name = "A", .args = mp_tuple("A", counter, gate));
	b = mp_Process(	/* b = Process(target=work, name='B', args=('B', counter, gate)) */
		.target = work, .name = "B", .args = mp_tuple("B", counter, gate));
	mp_process_start(a);			/* a.start() */
	mp_sleep(0.2);				/* time.sleep(0.2) */
	mp_process_start(b);			/* b.start() */
	mp_process_join(a, MP_FOREVER);		/* a.join() */
	mp_process_join(b, MP_FOREVER);		/* b.join() */
	value = mp_get(counter);
	mp_print("main: counter is %ld", value); /* print('main: counter is', counter.value) */
	return 0;
}
