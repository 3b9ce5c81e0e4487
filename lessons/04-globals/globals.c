/* Processes do not share global variables: same address, different value. */
#include <forkscope/mp.h>

static long num = 100;				/* num = 100 */

static int test_1(struct mp_call *call)		/* def test_1(): */
{
	(void)call;
	mp_sleep(0.1);				/* time.sleep(0.1) */
	num += 1;				/* num += 1 */
	mp_print("now num:  %ld", num);		/* print('now num: ', num) */
	mp_print("test_1: address %p",	/* print('test_1: address', address()) */
		 (void *)&num);
	return 0;
}

static int test_2(struct mp_call *call)		/* def test_2(): */
{
	(void)call;
	mp_sleep(0.3);				/* time.sleep(0.3) */
	mp_print("now num %ld", num);		/* print('now num', num) */
	mp_print("test_2: address %p",	/* print('test_2: address', address()) */
		 (void *)&num);
	return 0;
}

int main(void)					/* if __name__ == "__main__": */
{
	struct mp_process *p1, *p2;

	if (mp_knob("before", false))		/* if knob("before", False): */
		num = 200;			/* num = 200 */
	mp_print("main: address %p",		/* print('main: address', address()) */
		 (void *)&num);
	p1 = mp_Process(.target = test_1);	/* p1 = multiprocessing.Process(target=test_1) */
	mp_process_start(p1);			/* p1.start() */

	p2 = mp_Process(.target = test_2);	/* p2 = multiprocessing.Process(target=test_2) */
	mp_process_start(p2);			/* p2.start() */
	if (mp_knob("after", false))		/* if knob("after", False): */
		num = 500;			/* num = 500 */
	mp_process_join(p1, MP_FOREVER);	/* p1.join() */
	mp_process_join(p2, MP_FOREVER);	/* p2.join() */
	mp_print("main: now num %ld", num);	/* print('main: now num', num) */
	return 0;
}
