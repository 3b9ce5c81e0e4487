/* The document's example: a daemon called egon. */
#include <forkscope/mp.h>

static int task(struct mp_call *call)
{
	const char *name;

	if (mp_bind(call, "name", &name) < 0)	/* def task(name): */
		return mp_raise();
	mp_print("%s is piaoing", name);	/* print('%s is piaoing' %name) */
	mp_sleep(1);				/* time.sleep(1) */
	mp_print("%s is piao end", name);	/* print('%s is piao end' %name) */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	bool daemon = mp_knob("daemon", true);
	bool join = mp_knob("join", false);
	double pause = mp_knob("pause", 0.3);
	struct mp_process *p;

	p = mp_Process(				/* p=Process(target=task,args=('egon',)) */
		.target = task, .args = mp_tuple("egon"));
	/* This must stand before the start. */
	mp_process_set_daemon(p, daemon);	/* p.daemon=knob("daemon", True) */
	mp_process_start(p);			/* p.start() */
	if (join)				/* if knob("join", False): */
		mp_process_join(p, MP_FOREVER);	/* p.join() */
	mp_sleep(pause);			/* time.sleep(knob("pause", 0.3)) */
	mp_print("主......");			/* print('主......') */
	return 0;
}
