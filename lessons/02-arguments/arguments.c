/* Two children, two ways of passing arguments. */
#include <forkscope/mp.h>

static int test(struct mp_call *call)
{
	long a, b, c;

	/* Python does this by itself; here mp_bind gives the arguments their
	 * names, and refuses what does not fit. */
	if (mp_bind(call, "a b c", &a, &b, &c) < 0)	/* def test(a, b, c): */
		return mp_raise();
	mp_sleep(mp_knob("pause", 0.2));	/* time.sleep(knob("pause", 0.2)) */
	mp_print("%ld %ld %ld", a, b, c);	/* print(a, b, c) */
	return 0;
}

int main(void)					/* if __name__ == "__main__": */
{
	struct mp_process *p1, *p2;
	struct mp_value *args, *kwargs;

	p1 = mp_Process(	/* p1 = multiprocessing.Process(target=test, args=(1, 2, 3)) */
		.target = test, .args = mp_tuple(1, 2, 3));
	mp_process_start(p1);			/* p1.start() */
	if (mp_knob("join", false))		/* if knob("join", False): */
		mp_process_join(p1, MP_FOREVER);	/* p1.join() */

	args = mp_knob("comma", true)	/* args = (4,) if knob("comma", True) else (4) */
		       ? mp_tuple(4) : mp_value(4);
	if (mp_knob("missing", false))		/* if knob("missing", False): */
		kwargs = mp_dict("b", 5);	/* kwargs = {'b': 5} */
	else					/* else: */
		kwargs = mp_dict("b", 5, "c", 6);	/* kwargs = {'b': 5, 'c': 6} */
	p2 = mp_Process( /* p2 = multiprocessing.Process(target=test, args=args, kwargs=kwargs) */
		.target = test, .args = args, .kwargs = kwargs);
	if (!p2) {
		mp_error_print(NULL);
		return 1;
	}
	mp_process_start(p2);			/* p2.start() */
	return 0;
}
