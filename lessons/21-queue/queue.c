/* A baker puts, main takes. */
#include <forkscope/mp.h>

static int baker(struct mp_call *call)
{
	struct mp_queue *shelf;

	if (mp_bind(call, "shelf", &shelf) < 0)	/* def baker(shelf): */
		return mp_raise();
	for (long i = 1; i < 5; i++) {		/* for i in range(1, 5): */
		mp_queue_put(shelf, mp_value(i), MP_FOREVER);	/* shelf.put(i) */
		mp_print("baker: put %ld", i);	/* print('baker: put', i) */
	}
	mp_queue_put(shelf, mp_none(), MP_FOREVER);	/* shelf.put(None) */
	mp_print("baker: goes home");		/* print('baker: goes home') */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_queue *shelf;
	struct mp_process *p;

	shelf = mp_Queue(	/* shelf = Queue(knob("room", 0)) */
		.maxsize = (long)mp_knob("room", 0), .name = "shelf");
	p = mp_Process(	/* p = Process(target=baker, args=(shelf,)) */
		.target = baker, .args = mp_tuple(shelf));
	mp_process_start(p);			/* p.start() */
	mp_sleep(0.3);				/* time.sleep(0.3) */
	for (;;) {				/* while True: */
		struct mp_value *value =
			mp_queue_get(shelf, MP_FOREVER);	/* i = shelf.get() */
		long i = 0;
		if (mp_value_type(value) == MP_TYPE_NONE)	/* if i is None: */
			break;			/* break */
		mp_value_as_long(value, &i);
		mp_value_unref(value);
		mp_print("main: got %ld", i);	/* print('main: got', i) */
		mp_sleep(0.1);			/* time.sleep(0.1) */
	}
	mp_process_join(p, MP_FOREVER);		/* p.join() */
	mp_print("main: empty %s",		/* print('main: empty', shelf.empty()) */
		 mp_queue_empty(shelf) ? "True" : "False");
	return 0;
}
