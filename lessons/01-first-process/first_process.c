/* A child process prints ten lines. It is the document's first example. */
#include <forkscope/mp.h>

static int work1(struct mp_call *call)		/* def work1(): */
{
	int count = (int)mp_knob("count", 10);
	bool name_only = mp_knob("name_only", false);
	struct mp_process *me;
	char text[128];

	(void)call;
	for (int i = 0; i < count; i++) {	/* for i in range(knob("count", 10)): */
		mp_sleep(0.05);			/* time.sleep(0.05) */
		me = mp_current_process();	/* me = multiprocessing.current_process() */
		if (name_only) {		/* if knob("name_only", False): */
			mp_print("work： %d %s", i,	/* print("work：", i, me.name) */
				 mp_process_name(me));
		} else {			/* else: */
			/* Python's print asks the object for its repr. */
			mp_process_repr(me, text, sizeof(text));
			mp_print("work： %d %s", i, text); /* print("work：", i, me) */
		}
	}
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_process *process_1;

	process_1 = mp_Process( /* process_1 = multiprocessing.Process(group=None, target=work1) */
		.group = NULL, .target = work1);
	mp_process_start(process_1);		/* process_1.start() */
	return 0;
}
