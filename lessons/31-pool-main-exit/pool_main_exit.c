/* Main orders three dishes and goes home. */
#include <forkscope/mp.h>
#include <stdio.h>

static struct mp_value *cook(struct mp_call *call)
{
	const char *dish;

	if (mp_bind(call, "dish", &dish) < 0)	/* def cook(dish): */
		return NULL;
	mp_print("cook: begins with %s", dish);	/* print('cook: begins with', dish, flush=True) */
	fflush(stdout);
	mp_sleep(0.6);				/* time.sleep(0.6) */
	mp_print("cook: serves %s", dish);	/* print('cook: serves', dish, flush=True) */
	fflush(stdout);
	return mp_none();
}

int main(void)					/* if __name__ == '__main__': */
{
	static const char *const dishes[] = { "soup", "rice", "fish" };
	struct mp_pool *pool = mp_Pool(2);	/* pool = Pool(2) */

	for (int i = 0; i < 3; i++)		/* for dish in ['soup', 'rice', 'fish']: */
		mp_pool_apply_async(		/* pool.apply_async(cook, (dish,)) */
			pool, cook, mp_tuple(dishes[i]));
	mp_sleep(0.3);				/* time.sleep(0.3) */
	if (mp_knob("wait", false)) {		/* if knob("wait", False): */
		mp_pool_close(pool);		/* pool.close() */
		mp_pool_join(pool);		/* pool.join() */
	}
	mp_print("main: goes home");		/* print('main: goes home') */
	return 0;
}
