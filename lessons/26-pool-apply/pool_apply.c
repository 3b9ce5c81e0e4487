/* Two cooks: dishes ordered one by one, and at once. */
#include <forkscope/mp.h>
#include <stdio.h>
#include <stdlib.h>

static struct mp_value *cook(struct mp_call *call)
{
	const char *dish;
	double seconds;
	char text[40];

	if (mp_bind(call, "dish seconds",	/* def cook(dish, seconds): */
		    &dish, &seconds) < 0)
		return NULL;
	mp_sleep(seconds);			/* time.sleep(seconds) */
	snprintf(text, sizeof(text), "hot %s", dish);
	return mp_text(text);			/* return 'hot ' + dish */
}

static void show(const char *label, struct mp_value *dish)
{
	char *text = mp_value_str(dish);

	mp_print("%s %s", label, text);
	free(text);
}

/* A result is ours, to be given back when it has been used. */
static void show_result(const char *label, struct mp_value *dish)
{
	show(label, dish);
	mp_value_unref(dish);
}

static void served(void *user, struct mp_value *dish)	/* def served(dish): */
{
	(void)user;
	show("served:", dish);			/* print('served:', dish) */
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_async_result *a, *b;
	struct mp_pool *pool;

	pool = mp_Pool(				/* pool = Pool(knob("cooks", 2)) */
		.processes = (long)mp_knob("cooks", 2), .name = "kitchen");
	show_result("apply:", mp_pool_apply(		/* print('apply:', pool.apply(cook, ('soup', 0.2))) */
		pool, cook, mp_tuple("soup", 0.2)));
	show_result("apply:", mp_pool_apply(		/* print('apply:', pool.apply(cook, ('rice', 0.2))) */
		pool, cook, mp_tuple("rice", 0.2)));
	a = mp_pool_apply_async(		/* a = pool.apply_async(cook, ('fish', 0.2), callback=served) */
		pool, cook, mp_tuple("fish", 0.2), .callback = served);
	b = mp_pool_apply_async(		/* b = pool.apply_async(cook, ('tofu', 0.4), callback=served) */
		pool, cook, mp_tuple("tofu", 0.4), .callback = served);
	mp_print("main: both are ordered");	/* print('main: both are ordered') */
	show_result("get:", mp_async_result_get(a, MP_FOREVER));	/* print('get:', a.get()) */
	show_result("get:", mp_async_result_get(b, MP_FOREVER));	/* print('get:', b.get()) */
	mp_pool_close(pool);			/* pool.close() */
	mp_pool_join(pool);			/* pool.join() */
	return 0;
}
