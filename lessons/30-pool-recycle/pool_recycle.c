/* Workers that leave after so many tasks, and are replaced. */
#include <forkscope/mp.h>
#include <unistd.h>

static long done;

static int begin(struct mp_call *call)
{
	long first;

	if (mp_bind(call, "first", &first) < 0)	/* def begin(first): */
		return mp_raise();
	done = first;				/* done = first */
	return 0;
}

static struct mp_value *task(struct mp_call *call)
{
	long n;

	if (mp_bind(call, "n", &n) < 0)		/* def task(n): */
		return NULL;
	done += 1;				/* done += 1 */
	mp_sleep(0.1);				/* time.sleep(0.1) */
	return mp_tuple(getpid(), done);	/* return os.getpid(), done */
}

/* How many pids there are, and the largest `done`. */
static void look(struct mp_value *pairs, long *workers, long *most)
{
	struct mp_value *pids = mp_dict(), *pair;
	size_t at = 0;
	long number;

	*most = 0;
	while (mp_value_next(pairs, &at, NULL, &pair)) {
		mp_value_put(pids, mp_value_ref(mp_value_item(pair, 0)),
			     mp_none());
		mp_value_as_long(mp_value_item(pair, 1), &number);
		*most = number > *most ? number : *most;
	}
	*workers = mp_value_length(pids);
	mp_value_unref(pids);
}

int main(void)					/* if __name__ == '__main__': */
{
	struct mp_value *pairs;
	struct mp_pool *pool;
	long workers, most;

	pool = mp_Pool(2, begin, mp_tuple(0),	/* pool = Pool(2, begin, (0,), maxtasksperchild=knob("limit", 2)) */
		       .maxtasksperchild = (long)mp_knob("limit", 2));
	pairs = mp_pool_map(			/* pairs = pool.map(task, [1, 2, 3, 4, 5, 6, 7, 8], chunksize=1) */
		pool, task, mp_list(1, 2, 3, 4, 5, 6, 7, 8), .chunksize = 1);
	look(pairs, &workers, &most);
	mp_value_unref(pairs);
	mp_pool_close(pool);			/* pool.close() */
	mp_pool_join(pool);			/* pool.join() */
	mp_print("workers: %ld", workers);	/* print('workers:', len(set(pid for pid, done in pairs))) */
	mp_print("most tasks of one: %ld", most);	/* print('most tasks of one:', max(done for pid, done in pairs)) */
	return 0;
}
