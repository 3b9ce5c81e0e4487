/* Six tasks for two workers, and the first one takes long. */
#include <forkscope/mp.h>
#include <unistd.h>

static struct mp_value *task(struct mp_call *call)
{
	long n;

	if (mp_bind(call, "n", &n) < 0)		/* def task(n): */
		return NULL;
	mp_sleep(n == 0 ? 0.8 : 0.1);		/* time.sleep(0.8 if n == 0 else 0.1) */
	return mp_int(getpid());		/* return os.getpid() */
}

/* pids.count(pid) */
static int count(struct mp_value *pids, struct mp_value *pid)
{
	struct mp_value *item;
	size_t at = 0;
	int found = 0;

	while (mp_value_next(pids, &at, NULL, &item))
		found += mp_value_equal(item, pid);
	return found;
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_pool *pool = mp_Pool(2);	/* pool = Pool(2) */
	struct mp_value *pids;
	int slow;

	pids = mp_pool_map(			/* pids = pool.map(task, [0, 1, 2, 3, 4, 5], chunksize=knob("chunksize", 1)) */
		pool, task, mp_list(0, 1, 2, 3, 4, 5),
		.chunksize = (long)mp_knob("chunksize", 1));
	slow = count(pids, mp_value_item(pids, 0));	/* slow = pids.count(pids[0]) */
	mp_print("the worker of task 0 did %d", slow);	/* print('the worker of task 0 did', slow) */
	mp_print("the other one did %d", 6 - slow);	/* print('the other one did', 6 - slow) */
	mp_value_unref(pids);
	mp_pool_close(pool);			/* pool.close() */
	mp_pool_join(pool);			/* pool.join() */
	return 0;
}
