/* Who joins before taking what was put waits for ever. */
#include <string.h>

#include <forkscope/mp.h>

static int work(struct mp_call *call)
{
	struct mp_queue *results;
	char bytes[10000];

	if (mp_bind(call, "results", &results) < 0)	/* def work(results): */
		return mp_raise();
	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < (int)mp_knob("items", 20); i++)	/* for i in range(int(knob("items", 20))): */
		mp_queue_put(	/* results.put(b'x' * 10000) */
			results, mp_bytes(bytes, sizeof(bytes)), MP_FOREVER);
	mp_print(	/* print('work: all is put, and I am done') */
		"work: all is put, and I am done");
	return 0;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_queue *results = mp_Queue(.name = "results");	/* results = Queue() */
	struct mp_process *p;
	long size = 0;

	p = mp_Process(	/* p = Process(target=work, args=(results,)) */
		.target = work, .args = mp_tuple(results));
	mp_process_start(p);			/* p.start() */
	if (!mp_knob("drain", false)) {		/* if not knob("drain", False): */
		mp_process_join(p, mp_after(0.6));	/* p.join(0.6) */
		mp_print("main: is it alive? %s",	/* print('main: is it alive?', p.is_alive()) */
			 mp_process_is_alive(p) ? "True" : "False");
	}
	for (int i = 0; i < (int)mp_knob("items", 20); i++) {
		struct mp_value *item =
			mp_queue_get(results, MP_FOREVER);
		size += mp_value_length(item);	/* size += len(results.get()) */
		mp_value_unref(item);
	}
	mp_process_join(p, MP_FOREVER);		/* p.join() */
	mp_print("main: got %ld bytes, exit code %d",	/* print('main: got', size, 'bytes, exit code', p.exitcode) */
		 size, mp_process_exitcode(p));
	return 0;
}
