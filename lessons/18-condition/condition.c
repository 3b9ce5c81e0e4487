/* Two guests wait for meals: a variable, and a condition that tells of it. */
#include <forkscope/mp.h>

static int there_is_one(void *meals)
{
	return mp_get((struct mp_shared *)meals) > 0;
}

static int eat(struct mp_call *call)
{
	const char *name;
	struct mp_condition *cond;
	struct mp_shared *meals;
	int test = mp_knob("test", 1);

	if (mp_bind(call, "name cond meals",	/* def eat(name, cond, meals): */
		    &name, &cond, &meals) < 0)
		return mp_raise();
	MP_WITH(cond) {				/* with cond: */
		if (test == 0)			/* if test == 0: */
			mp_condition_wait(cond, mp_after(1)); /* cond.wait(1) */
		if (test == 1)			/* if test == 1: */
			if (mp_get(meals) == 0)	/* if meals.value == 0: */
				mp_condition_wait(cond, MP_FOREVER); /* cond.wait() */
		if (test == 2)			/* if test == 2: */
			while (mp_get(meals) == 0) /* while meals.value == 0: */
				mp_condition_wait(cond, MP_FOREVER); /* cond.wait() */
		if (test == 3)			/* if test == 3: */
			mp_condition_wait_for(	/* cond.wait_for(lambda: meals.value > 0) */
				cond, there_is_one, meals, MP_FOREVER);
		mp_set(meals, mp_get(meals) - 1); /* meals.value -= 1 */
		mp_print("%s eats", name);	/* print(name, 'eats') */
		mp_print("meals left: %d",	/* print('meals left:', meals.value) */
			 (int)mp_get(meals));
	}
	return 0;
}

static void cook(struct mp_condition *cond,	/* def cook(cond, meals): */
		 struct mp_shared *meals)
{
	MP_WITH(cond) {				/* with cond: */
		mp_set(meals, mp_get(meals) + 1); /* meals.value += 1 */
		if (mp_knob("all", true))	/* if knob("all", True): */
			mp_condition_notify_all(cond); /* cond.notify_all() */
		else				/* else: */
			mp_condition_notify(cond, 1); /* cond.notify() */
	}
}

int main(void)					/* if __name__ == '__main__': */
{
	bool early = mp_knob("early", false);
	struct mp_condition *cond;
	struct mp_shared *meals;
	struct mp_process *a, *b;

	/* Names for the picture; Python's objects have none. */
	cond = mp_Condition(.name = "kitchen");	/* cond = Condition() */
	meals = mp_RawValue('i', 0, .name = "meals"); /* meals = RawValue('i', 0) */
	if (early)				/* if early: */
		cook(cond, meals);		/* cook(cond, meals) */
	a = mp_Process(	/* a = Process(target=eat, name='A', args=('A', cond, meals)) */
		.target = eat, .name = "A", .args = mp_tuple("A", cond, meals));
	b = mp_Process(	/* b = Process(target=eat, name='B', args=('B', cond, meals)) */
		.target = eat, .name = "B", .args = mp_tuple("B", cond, meals));
	mp_process_start(a);			/* a.start() */
	mp_process_start(b);			/* b.start() */
	mp_sleep(0.3);				/* time.sleep(0.3) */
	if (!early)				/* if not early: */
		cook(cond, meals);		/* cook(cond, meals) */
	mp_sleep(0.3);				/* time.sleep(0.3) */
	cook(cond, meals);			/* cook(cond, meals) */
	mp_process_join(a, MP_FOREVER);		/* a.join() */
	mp_process_join(b, MP_FOREVER);		/* b.join() */
	return 0;
}
