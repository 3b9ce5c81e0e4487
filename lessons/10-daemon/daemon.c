/* A daemon ends with its main process: the document's egon. */
#include <forkscope/mp.h>

static int task(struct mp_call *call)		/* def task(name): */
{
	const char *name;

	if (mp_bind(call, "name", &name) < 0)
		return mp_raise();
	mp_print("%s is piaoing", name);	/* print('%s is piaoing' % name) */
	mp_sleep(1);				/* time.sleep(1) */
	mp_print("%s is piao end", name);	/* print('%s is piao end' % name) */
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_process *p;

	p = mp_Process(.target = task,		/* p = Process(target=task, args=('egon',)) */
		       .args = mp_tuple("egon"));
	mp_process_set_daemon(p,		/* p.daemon = knob("daemon", True) */
			      mp_knob("daemon", true));
	mp_process_start(p);			/* p.start() */
	if (mp_knob("join", false))		/* if knob("join", False): */
		mp_process_join(p, MP_FOREVER);	/* p.join() */
	mp_sleep(mp_knob("work", 0));		/* time.sleep(knob("work", 0)) */
	mp_print("主......");			/* print('主......') */
	return 0;
}
