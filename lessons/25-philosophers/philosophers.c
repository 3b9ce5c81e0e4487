/* Three philosophers, three forks; each needs two. */
#include <forkscope/mp.h>

static int dine(struct mp_call *call)
{
	const char *name;
	struct mp_lock *first, *second;
	struct mp_barrier *table;

	if (mp_bind(call, "name first second table",	/* def dine(name, first, second, table): */
		    &name, &first, &second, &table) < 0)
		return mp_raise();
	MP_WITH(first) {			/* with first: */
		mp_print("%s has one fork", name);	/* print(name, 'has one fork') */
		/* A gate: until all three have one, or nobody comes any more. */
		mp_barrier_wait(table, mp_after(0.5));	/* table.wait(0.5) */
		MP_WITH(second)			/* with second: */
			mp_print("%s eats", name);	/* print(name, 'eats') */
	}
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	static const char *const names[] = { "A", "B", "C" };
	struct mp_lock *forks[3];		/* forks = [Lock(), Lock(), Lock()] */
	struct mp_barrier *table = mp_Barrier(3, .name = "table");	/* table = Barrier(3) */
	struct mp_process *people[3];		/* people = [] */

	forks[0] = mp_Lock(.name = "fork A-C");
	forks[1] = mp_Lock(.name = "fork A-B");
	forks[2] = mp_Lock(.name = "fork B-C");
	for (int i = 0; i < 3; i++) {		/* for i in range(3): */
		struct mp_lock *first = forks[i], *second = forks[(i + 1) % 3];	/* first, second = forks[i], forks[(i + 1) % 3] */

		if (i == 2 && mp_knob("left_handed", false)) {	/* if i == 2 and knob("left_handed", False): */
			first = forks[0];	/* first, second = second, first */
			second = forks[2];
		}
		people[i] = mp_Process(	/* p = Process(target=dine, name=name, args=(name, first, second, table)) */
			.target = dine, .name = names[i],
			.args = mp_tuple(names[i], first, second, table));
		mp_process_start(people[i]);	/* p.start() */
	}
	for (int i = 0; i < 3; i++)		/* for p in people: */
		mp_process_join(people[i], mp_after(1));	/* p.join(1) */
	for (int i = 0; i < 3; i++)
		if (mp_process_is_alive(people[i])) {	/* if p.is_alive(): */
			mp_print("main: %s starves", names[i]);	/* print('main:', p.name, 'starves') */
			mp_process_terminate(people[i]);	/* p.terminate() */
		}
	for (int i = 0; i < 3; i++)
		mp_process_join(people[i], MP_FOREVER);	/* p.join() */
	return 0;
}
