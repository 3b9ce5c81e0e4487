/* Three ways to be done with a pool. */
#include <forkscope/mp.h>
#include <stdio.h>

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

static const char *is_ready(struct mp_async_result *dish)
{
	return mp_async_result_ready(dish) ? "True" : "False";
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_async_result *soup, *rice = NULL;
	struct mp_pool *pool = mp_Pool(2);	/* pool = Pool(2) */
	struct mp_pool *kitchen;

	soup = mp_pool_apply_async(		/* soup = pool.apply_async(cook, ('soup', 0.4)) */
		pool, cook, mp_tuple("soup", 0.4));
	if (mp_pool_join(pool) == MP_EVALUE)	/* pool.join() */
		mp_print("join: %s", mp_error_message());	/* print('join:', error) */
	if (mp_knob("terminate", false))	/* if knob("terminate", False): */
		mp_pool_terminate(pool);	/* pool.terminate() */
	else					/* else: */
		mp_pool_close(pool);		/* pool.close() */
	mp_pool_join(pool);			/* pool.join() */
	mp_print("the soup is ready: %s", is_ready(soup));	/* print('the soup is ready:', soup.ready()) */
	kitchen = mp_Pool(2);
	MP_WITH_POOL(kitchen) {			/* with Pool(2) as kitchen: */
		rice = mp_pool_apply_async(	/* rice = kitchen.apply_async(cook, ('rice', 0.4)) */
			kitchen, cook, mp_tuple("rice", 0.4));
		mp_sleep(0.2);			/* time.sleep(0.2) */
	}
	mp_print("the rice is ready: %s", is_ready(rice));	/* print('the rice is ready:', rice.ready()) */
	return 0;
}
