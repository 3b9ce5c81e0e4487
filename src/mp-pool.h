/* forkscope/mp-pool.h - Pool: worker processes that do tasks
 *
 *	static struct mp_value *square(struct mp_call *call)
 *	{
 *		long x;
 *		if (mp_bind(call, "x", &x) < 0)
 *			return NULL;
 *		return mp_int(x * x);
 *	}
 *
 *	struct mp_pool *pool = mp_Pool(4);
 *	struct mp_value *nine = mp_pool_apply(pool, square, mp_tuple(3));
 *	struct mp_value *all = mp_pool_map(pool, square, mp_list(1, 2, 3));
 *	mp_pool_close(pool);
 *	mp_pool_join(pool);
 *	mp_pool_destroy(pool);
 *
 * Keyword arguments are designated initialisers, behind the others:
 *
 *	mp_pool_apply_async(pool, square, .args = mp_tuple(3), .callback = print)
 *	mp_pool_map(pool, square, numbers, .chunksize = 10)
 *
 * A task function returns a value, a new reference, or NULL if it failed: what
 * mp_raise_error() or the call that failed has left is the error, and get() fails
 * with the same code and a message that names the worker and the place.
 *
 * Other than in Python a worker that dies during a task, or a task that calls
 * mp_exit(), fails that task with MP_EWORKER; the worker is replaced. */
#ifndef FORKSCOPE_MP_POOL_H
#define FORKSCOPE_MP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mp-value.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mp_pool;
struct mp_async_result;
struct mp_pool_iterator;

/* What a task does. */
typedef struct mp_value *(*mp_function)(struct mp_call *call);

/* They run in the thread of the pool that collects results, before the result turns
 * ready, and must not wait for results of the same pool. `result` is borrowed. */
typedef void (*mp_callback)(void *user, struct mp_value *result);
typedef void (*mp_error_callback)(void *user, int code, const char *message);

struct mp_pool_options {
	const char *spelling_;		/* filled in by mp_Pool() */
	long processes;			/* not given: one for each processor this
					 * process may use */
	int (*initializer)(struct mp_call *call); /* called first in each worker */
	struct mp_value *initargs;	/* tuple or list; taken over */
	long maxtasksperchild;		/* not given: no limit */
	const char *name;		/* for people; NULL: Pool-1, ... */
	/* What a language binding needs: does the tasks of mp_pool_apply_bytes.
	 * result  receives memory from malloc(3), which the library frees
	 * Returns 0, or an error MP_E... with its message */
	int (*worker)(void *user, const void *bytes, size_t size,
		      void **result, size_t *result_size);
	void *user;
};

/* One call. */
struct mp_task_options {
	const char *spelling_;		/* filled in by the macros */
	mp_function function;
	struct mp_value *args;		/* tuple or list; taken over; NULL: () */
	struct mp_value *kwds;		/* dict; taken over; NULL: {} */
	mp_callback callback;		/* mp_pool_apply: not used */
	mp_error_callback error_callback;
	void *user;			/* for both */
};

/* One call for each item. */
struct mp_map_options {
	const char *spelling_;
	mp_function function;
	struct mp_value *iterable;	/* tuple, list, str, bytes or dict; taken
					 * over */
	long chunksize;			/* not given: see mp_pool_map */
	mp_callback callback;		/* of the _async ones */
	mp_error_callback error_callback;
	void *user;
	/* Instead of `iterable`: called until it returns 0 (or an error MP_E...),
	 * 1 with *item a new reference. By imap in a thread of the pool. */
	int (*next)(void *next_user, struct mp_value **item);
	void *next_user;
};

/* mp_Pool(), mp_Pool(4), mp_Pool(.processes = 4, .initializer = init), ... */
#define mp_Pool(...) \
	mp_pool_create(&(struct mp_pool_options){ \
		.spelling_ = #__VA_ARGS__ __VA_OPT__(,) __VA_ARGS__ })

/* mp_pool_create - make a pool; its workers run when it returns
 * Workers are daemonic processes named ForkPoolWorker-1, ...
 * Python   Pool(processes, initializer, initargs, maxtasksperchild)
 * options  copied; initargs is taken over even on failure. A number of 0 is an error
 *          where the spelling shows that it was given, and "not given" elsewhere
 * Returns  the pool; NULL: MP_EVALUE (processes or maxtasksperchild below 1),
 *          MP_ETYPE, MP_EOWNER (in a daemonic process), MP_EOS, MP_EMEMORY
 * Blocks   as long as the forks.  Fork  only the process that made it may use it
 * Signals  not safe
 * Emits    object.new, pool.new, proc.new, proc.start, ... */
struct mp_pool *mp_pool_create(const struct mp_pool_options *options);

/* mp_pool_destroy - terminate it unless that was done, and give it up
 * All results and iterators of it that are left are given up, too. A callback of it can
 * only terminate it (MP_ERUNTIME); it is given up by somebody else, later.
 * Python   del pool
 * pool     NULL is allowed
 * Returns  nothing
 * Blocks   as mp_pool_join.  Fork  nothing happens in another process
 * Signals  not safe
 * Emits    as mp_pool_terminate, mp_pool_join; object.end */
void mp_pool_destroy(struct mp_pool *pool);

/* mp_pool_apply - call a function in a worker, and wait for what it returns
 *	mp_pool_apply(pool, function, mp_tuple(1, 2), .kwds = mp_dict("b", 3))
 * Python   pool.apply(func, args=(), kwds={})
 * Returns  a new reference; NULL: MP_EVALUE (Pool not running; arguments that cannot
 *          be encoded), MP_EWORKER (the worker died, or one has overwritten
 *          what they share), MP_EENCODING (its result
 *          cannot be encoded), MP_EINTR, or the error of the function
 * Blocks   until it is done.  Fork  -.  Signals  not safe
 * Emits    task.submit, result.wait, result.ready, result.collect; in the worker
 *          task.take or task.taken, task.end */
struct mp_value *mp_pool_apply_task(struct mp_pool *pool,
				    const struct mp_task_options *task);
#define mp_pool_apply(pool, ...) \
	mp_pool_apply_task(pool, &(struct mp_task_options){ \
		.spelling_ = #__VA_ARGS__, __VA_ARGS__ })

/* mp_pool_apply_async - call a function in a worker, and do not wait
 * Python   pool.apply_async(func, args=(), kwds={}, callback=None,
 *          error_callback=None)
 * Returns  the result to come, which belongs to the pool: it may be ignored, and
 *          lives until mp_async_result_destroy or mp_pool_destroy; NULL: MP_EVALUE
 *          (Pool not running), MP_EMEMORY. Arguments that cannot be encoded are an
 *          error of its get()
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    task.submit; later callback.begin, callback.end */
struct mp_async_result *
mp_pool_apply_async_task(struct mp_pool *pool,
			 const struct mp_task_options *task);
#define mp_pool_apply_async(pool, ...) \
	mp_pool_apply_async_task(pool, &(struct mp_task_options){ \
		.spelling_ = #__VA_ARGS__, __VA_ARGS__ })

/* mp_pool_map, mp_pool_starmap - call a function for each item, in chunks
 *	mp_pool_map(pool, function, mp_list(1, 2, 3), .chunksize = 1)
 * starmap takes each item apart into arguments. A chunk is one task. Not given,
 * chunksize is the number of items by four times that of the workers, rounded up.
 * All chunks are waited for, and the first error to arrive is the error.
 * Python   pool.map(func, iterable, chunksize=None), pool.starmap(...)
 * Returns  a list of the results, in order of the items; NULL: as mp_pool_apply;
 *          MP_ETYPE (not iterable). With a chunksize given as 0, a list of None, at
 *          once, as in Python
 * Blocks   until all is done.  Fork  -.  Signals  not safe
 * Emits    map.submit; task.submit for each chunk, ...; result.wait, ... */
struct mp_value *mp_pool_map_items(struct mp_pool *pool,
				   const struct mp_map_options *map);
struct mp_value *mp_pool_starmap_items(struct mp_pool *pool,
				       const struct mp_map_options *map);
#define mp_pool_map(pool, ...) \
	mp_pool_map_items(pool, &(struct mp_map_options){ \
		.spelling_ = #__VA_ARGS__, __VA_ARGS__ })
#define mp_pool_starmap(pool, ...) \
	mp_pool_starmap_items(pool, &(struct mp_map_options){ \
		.spelling_ = #__VA_ARGS__, __VA_ARGS__ })

/* mp_pool_map_async, mp_pool_starmap_async - the same, and do not wait
 * Python   pool.map_async(func, iterable, chunksize=None, callback=None,
 *          error_callback=None), pool.starmap_async(...)
 * Returns  as mp_pool_apply_async; MP_ETYPE (not iterable)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    map.submit, task.submit, ... */
struct mp_async_result *
mp_pool_map_async_items(struct mp_pool *pool, const struct mp_map_options *map);
struct mp_async_result *
mp_pool_starmap_async_items(struct mp_pool *pool,
			    const struct mp_map_options *map);
#define mp_pool_map_async(pool, ...) \
	mp_pool_map_async_items(pool, &(struct mp_map_options){ \
		.spelling_ = #__VA_ARGS__, __VA_ARGS__ })
#define mp_pool_starmap_async(pool, ...) \
	mp_pool_starmap_async_items(pool, &(struct mp_map_options){ \
		.spelling_ = #__VA_ARGS__, __VA_ARGS__ })

/* mp_pool_imap, mp_pool_imap_unordered - call a function for each item, and get the
 * results one after the other
 * imap gives them in order of the items, imap_unordered as they come. The items are
 * taken from `iterable` or `next` as the workers' queue has room.
 * Python   pool.imap(func, iterable, chunksize=1), pool.imap_unordered(...)
 * Returns  an iterator, which belongs to the pool as a result does; NULL: MP_EVALUE
 *          (Pool not running; chunksize below 1), MP_ETYPE, MP_EMEMORY
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    map.submit, task.submit, ... */
struct mp_pool_iterator *
mp_pool_imap_items(struct mp_pool *pool, const struct mp_map_options *map);
struct mp_pool_iterator *
mp_pool_imap_unordered_items(struct mp_pool *pool,
			     const struct mp_map_options *map);
#define mp_pool_imap(pool, ...) \
	mp_pool_imap_items(pool, &(struct mp_map_options){ \
		.spelling_ = #__VA_ARGS__, __VA_ARGS__ })
#define mp_pool_imap_unordered(pool, ...) \
	mp_pool_imap_unordered_items(pool, &(struct mp_map_options){ \
		.spelling_ = #__VA_ARGS__, __VA_ARGS__ })

/* mp_pool_iterator_next - the next result
 * Python   next(it), it.next(timeout)
 * Returns  a new reference; NULL: MP_ESTOP (there are no more), MP_ETIMEOUT,
 *          MP_EINTR, or the error of this item, after which it can go on (with a
 *          chunksize above 1 the error ends it, as in Python)
 * Blocks   up to `until`.  Fork  -.  Signals  not safe
 * Emits    result.wait, result.ready or result.timeout; result.collect */
struct mp_value *mp_pool_iterator_next(struct mp_pool_iterator *iterator,
				       int64_t until);

/* mp_pool_iterator_destroy - give it up; what is still to come is dropped
 * Python   del it
 * iterator NULL is allowed
 * Returns  nothing
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
void mp_pool_iterator_destroy(struct mp_pool_iterator *iterator);

/* mp_async_result_get - wait for the result
 * Python   result.get(timeout=None)
 * Returns  a new reference, as often as one asks; NULL: MP_ETIMEOUT, MP_EINTR, the
 *          error of the task; MP_ERUNTIME (no time limit, and the pool was
 *          terminated: it never comes)
 * Blocks   up to `until`.  Fork  -.  Signals  not safe
 * Emits    result.wait, result.ready or result.timeout; result.collect */
struct mp_value *mp_async_result_get(struct mp_async_result *result,
				     int64_t until);

/* mp_async_result_wait - wait until it is ready
 * Python   result.wait(timeout=None)
 * Returns  0, also when the time is up: see mp_async_result_ready; MP_EINTR;
 *          MP_ERUNTIME as mp_async_result_get
 * Blocks   up to `until`.  Fork  -.  Signals  not safe
 * Emits    result.wait, result.ready or result.timeout */
int mp_async_result_wait(struct mp_async_result *result, int64_t until);

/* mp_async_result_ready - is it there?
 * Python   result.ready()
 * Returns  whether the task is done, or has failed
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
bool mp_async_result_ready(struct mp_async_result *result);

/* mp_async_result_successful - did the task not fail?
 * Python   result.successful()
 * Returns  1, 0; MP_EVALUE (not ready)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_async_result_successful(struct mp_async_result *result);

/* mp_async_result_traceback - where and in which worker the task failed
 * Python   the RemoteTraceback behind an exception
 * Returns  text of several lines, as long as the result lives; NULL: it has not
 *          failed, or not yet
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
const char *mp_async_result_traceback(struct mp_async_result *result);

/* mp_async_result_destroy - give it up; the task is done all the same
 * Python   del result
 * result   NULL is allowed
 * Returns  nothing
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
void mp_async_result_destroy(struct mp_async_result *result);

/* mp_pool_apply_bytes, mp_pool_apply_bytes_async - have the pool's own `worker` make
 * bytes of bytes
 * Python   -
 * bytes    copied
 * result   receives memory to free(3)
 * callback is called with a bytes object
 * Returns  0, the errors of mp_pool_apply; the result to come as
 *          mp_pool_apply_async, whose get() gives a bytes object. MP_ESTATE: the
 *          pool has no `worker`
 * Blocks   until it is done; never.  Fork  -.  Signals  not safe
 * Emits    as mp_pool_apply, mp_pool_apply_async */
int mp_pool_apply_bytes(struct mp_pool *pool, const void *bytes, size_t size,
			void **result, size_t *result_size);
struct mp_async_result *
mp_pool_apply_bytes_async(struct mp_pool *pool, const void *bytes, size_t size,
			  const struct mp_task_options *callbacks);

/* mp_pool_close - take no more tasks; the workers end when all are done
 * Python   pool.close()
 * Returns  0, also when closed before
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    pool.close */
int mp_pool_close(struct mp_pool *pool);

/* mp_pool_terminate - drop what has not begun, and end the workers with SIGTERM
 * Results that were not ready stay so.
 * Python   pool.terminate()
 * Returns  0, also when terminated before; MP_EOWNER (not its maker)
 * Blocks   until the workers have ended.  Fork  -.  Signals  not safe
 * Emits    pool.terminate, proc.signal */
int mp_pool_terminate(struct mp_pool *pool);

/* mp_pool_join - wait until the workers have ended
 * Python   pool.join()
 * Returns  0; MP_EVALUE (Pool is still running: close or terminate it first);
 *          MP_EINTR
 * Blocks   until all tasks are done.  Fork  -.  Signals  not safe
 * Emits    pool.join_wait, pool.joined */
int mp_pool_join(struct mp_pool *pool);

/* mp_pool_processes - how many workers it has
 * Python   pool._processes
 * Returns  1 or more
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
long mp_pool_processes(const struct mp_pool *pool);

/* mp_pool_repr - the object as Python prints it
 * Python   repr(pool): <multiprocessing.pool.Pool state=RUN pool_size=4>
 * Returns  the length it has or would have, as snprintf(3)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_pool_repr(const struct mp_pool *pool, char *buffer, size_t size);

/* MP_WITH_POOL(pool) { ... } terminates the pool however the block is left: what is
 * not ready then never will be. If the pool is not running, the block is not entered
 * and MP_EVALUE is the error. */
struct mp_with_pool {
	struct mp_pool *pool;	/* NULL: not entered, or left */
};

/* mp_with_pool_enter, mp_with_pool_leave - what MP_WITH_POOL is made of
 * Python   pool.__enter__(), pool.__exit__()
 * Returns  the pool, or NULL in it with MP_EVALUE
 * Blocks   leaving: as mp_pool_terminate.  Fork  -.  Signals  not safe
 * Emits    as mp_pool_terminate */
struct mp_with_pool mp_with_pool_enter(struct mp_pool *pool);
void mp_with_pool_leave(struct mp_with_pool *with);

#define MP_WITH_POOL(x) \
	for (struct mp_with_pool with_pool_ \
		     __attribute__((cleanup(mp_with_pool_leave))) = \
			     mp_with_pool_enter(x); \
	     with_pool_.pool; mp_with_pool_leave(&with_pool_))

#ifndef MP_NO_SITES
#define mp_pool_create(...) (MP_HERE_, mp_pool_create(__VA_ARGS__))
#define mp_pool_destroy(...) (MP_HERE_, mp_pool_destroy(__VA_ARGS__))
#define mp_pool_apply_task(...) (MP_HERE_, mp_pool_apply_task(__VA_ARGS__))
#define mp_pool_apply_async_task(...) \
	(MP_HERE_, mp_pool_apply_async_task(__VA_ARGS__))
#define mp_pool_map_items(...) (MP_HERE_, mp_pool_map_items(__VA_ARGS__))
#define mp_pool_starmap_items(...) \
	(MP_HERE_, mp_pool_starmap_items(__VA_ARGS__))
#define mp_pool_map_async_items(...) \
	(MP_HERE_, mp_pool_map_async_items(__VA_ARGS__))
#define mp_pool_starmap_async_items(...) \
	(MP_HERE_, mp_pool_starmap_async_items(__VA_ARGS__))
#define mp_pool_imap_items(...) (MP_HERE_, mp_pool_imap_items(__VA_ARGS__))
#define mp_pool_imap_unordered_items(...) \
	(MP_HERE_, mp_pool_imap_unordered_items(__VA_ARGS__))
#define mp_pool_iterator_next(...) \
	(MP_HERE_, mp_pool_iterator_next(__VA_ARGS__))
#define mp_async_result_get(...) (MP_HERE_, mp_async_result_get(__VA_ARGS__))
#define mp_async_result_wait(...) (MP_HERE_, mp_async_result_wait(__VA_ARGS__))
#define mp_pool_apply_bytes(...) (MP_HERE_, mp_pool_apply_bytes(__VA_ARGS__))
#define mp_pool_apply_bytes_async(...) \
	(MP_HERE_, mp_pool_apply_bytes_async(__VA_ARGS__))
#define mp_pool_close(...) (MP_HERE_, mp_pool_close(__VA_ARGS__))
#define mp_pool_terminate(...) (MP_HERE_, mp_pool_terminate(__VA_ARGS__))
#define mp_pool_join(...) (MP_HERE_, mp_pool_join(__VA_ARGS__))
#define mp_with_pool_enter(...) (MP_HERE_, mp_with_pool_enter(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif

#endif
