/* A lesson's program is an ordinary C program. This one starts a process and
 * waits for it; change it into what you want to show. */
#include <forkscope/mp.h>

static int work(struct mp_call *call)			/* def work(name, seconds): */
{
	const char *name;
	double seconds;

	if (mp_bind(call, "name seconds", &name, &seconds) < 0)
		return mp_raise();
	mp_print("%s begins", name);			/* print(name, "begins") */
	mp_sleep(seconds);				/* time.sleep(seconds) */
	mp_print("%s ends", name);			/* print(name, "ends") */
	return 0;
}

int main(void)
{
	/* A knob is a number that can be set from outside: --set seconds=2 */
	double seconds = mp_knob("seconds", 0.5);
	struct mp_process *p;

	p = mp_Process(.target = work,			/* p = Process(target=work, args=("worker", seconds)) */
		       .args = mp_tuple("worker", seconds));
	mp_process_start(p);				/* p.start() */
	mp_print("main waits");				/* print("main waits") */
	mp_process_join(p, MP_FOREVER);			/* p.join() */
	mp_print("main goes on");			/* print("main goes on") */
	mp_process_destroy(p);
	return 0;
}
