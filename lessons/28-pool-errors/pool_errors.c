/* Three dishes are ordered. Two cannot be cooked, and one of these nobody asks for. */
#include <forkscope/mp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct mp_value *cook(struct mp_call *call)
{
	const char *dish;
	char text[40];

	if (mp_bind(call, "dish", &dish) < 0)	/* def cook(dish): */
		return NULL;
	mp_sleep(strcmp(dish, "soup") == 0 ? 0.1 : 0.2);	/* time.sleep(0.1 if dish == 'soup' else 0.2) */
	if (strcmp(dish, "stone") == 0) {	/* if dish == 'stone': */
		mp_raise_error(MP_EVALUE, "a stone is no food");	/* raise ValueError('a stone is no food') */
		return NULL;
	}
	snprintf(text, sizeof(text), "hot %s", dish);
	return mp_text(text);			/* return 'hot ' + dish */
}

static void burnt(void *user, int code, const char *error)	/* def burnt(error): */
{
	(void)user, (void)code;
	mp_print("burnt: %s", error);		/* print('burnt:', error) */
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_async_result *soup, *stone, *lost;
	struct mp_pool *pool = mp_Pool(2);	/* pool = Pool(2) */
	char *text;

	soup = mp_pool_apply_async(		/* soup = pool.apply_async(cook, ('soup',)) */
		pool, cook, mp_tuple("soup"));
	stone = mp_pool_apply_async(		/* stone = pool.apply_async(cook, ('stone',), error_callback=burnt) */
		pool, cook, mp_tuple("stone"), .error_callback = burnt);
	lost = mp_pool_apply_async(		/* lost = pool.apply_async(cook, ('stone',)) */
		pool, cook, mp_tuple("stone"));
	mp_async_result_wait(stone, MP_FOREVER);	/* stone.wait() */
	text = mp_value_str(mp_async_result_get(soup, MP_FOREVER));
	mp_print("soup: %s", text);		/* print('soup:', soup.get()) */
	free(text);
	if (!mp_async_result_get(stone, MP_FOREVER))	/* stone.get() */
		mp_print("stone: %s", mp_error_message());	/* print('stone:', error) */
	if (mp_knob("ask", false)) {		/* if knob("ask", False): */
		mp_async_result_wait(lost, MP_FOREVER);	/* lost.wait() */
		mp_print(mp_async_result_successful(lost) == 1	/* print('lost: fine' if lost.successful() else 'lost: it failed') */
				 ? "lost: fine" : "lost: it failed");
	}
	mp_pool_close(pool);			/* pool.close() */
	mp_pool_join(pool);			/* pool.join() */
	mp_print("main: nobody complained");	/* print('main: nobody complained') */
	return 0;
}
