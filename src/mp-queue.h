/* forkscope/mp-queue.h - Queue, JoinableQueue, SimpleQueue
 *
 *	struct mp_queue *queue = mp_Queue(10);
 *	mp_queue_put(queue, mp_value("hello"), MP_FOREVER);
 *	struct mp_value *x = mp_queue_get(queue, MP_FOREVER);
 *
 * A queue lies in the memory all processes share, as locks do (mp-sync.h): 64 KiB for
 * what has been put and not yet taken, as much as a pipe holds. As in Python, put()
 * only appends to a buffer of the calling process, and a thread of it, the feeder,
 * moves what is there into the shared part. So a process that has put something
 * does not end until the feeder is done: take everything out before you join it.
 *
 * Other than in Python a value is encoded when put() is called, not later in the
 * feeder: what is changed afterwards is not sent changed, and what cannot be encoded
 * is an error of put(). */
#ifndef FORKSCOPE_MP_QUEUE_H
#define FORKSCOPE_MP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mp-value.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mp_queue;

enum mp_queue_kind {
	MP_QUEUE,
	MP_JOINABLE_QUEUE,
	MP_SIMPLE_QUEUE
};

struct mp_queue_options {
	enum mp_queue_kind kind;
	long maxsize;		/* items; 0 or less: 2147483647 */
	const char *name;	/* for people; NULL: Queue-1, ... */
};

/* mp_Queue(), mp_Queue(3), mp_Queue(.maxsize = 3, .name = "results"), ... */
#define mp_Queue(...) \
	mp_queue_create(&(struct mp_queue_options){ \
		.kind = MP_QUEUE __VA_OPT__(,) __VA_ARGS__ })
#define mp_JoinableQueue(...) \
	mp_queue_create(&(struct mp_queue_options){ \
		.kind = MP_JOINABLE_QUEUE __VA_OPT__(,) __VA_ARGS__ })
#define mp_SimpleQueue(...) \
	mp_queue_create(&(struct mp_queue_options){ \
		.kind = MP_SIMPLE_QUEUE __VA_OPT__(,) __VA_ARGS__ })

/* mp_queue_create - make a queue
 * Python   Queue(maxsize=0), JoinableQueue(maxsize=0), SimpleQueue()
 * Returns  the object; NULL: MP_EMEMORY
 * Blocks   never.  Fork  shared by all processes.  Signals  not safe
 * Emits    object.new */
struct mp_queue *mp_queue_create(const struct mp_queue_options *options);

/* mp_queue_destroy - give it up; only the process that made it can
 * Python   del queue
 * queue    NULL is allowed. Nobody may use it afterwards. What this process has put
 *          and the feeder not moved is lost
 * Returns  nothing
 * Blocks   until the feeder has ended.  Fork  nothing happens in another process
 * Signals  not safe
 * Emits    object.end */
void mp_queue_destroy(struct mp_queue *queue);

/* mp_queue_put - put a value
 * Python   queue.put(obj, block=True, timeout=None)
 * value    taken over, also on failure
 * until    MP_NOW: put_nowait. A SimpleQueue needs no free slot, only room in the 64
 *          KiB, and waits for that as long as it takes
 * Returns  0; MP_EFULL; MP_ECLOSED (closed in this process; MP_EOS for a
 *          SimpleQueue); MP_EVALUE (cannot be encoded); MP_EINTR
 * Blocks   up to `until`.  Fork  a child begins with an empty buffer.  Signals  not safe
 * Emits    queue.put, queue.full; queue.put_wait and queue.put_waited or
 *          queue.put_timeout; by the feeder: feeder.write, ... */
int mp_queue_put(struct mp_queue *queue, struct mp_value *value, int64_t until);

/* mp_queue_put_bytes - put bytes that mean something to the program only
 * Python   -
 * bytes    copied
 * Returns  as mp_queue_put
 * Blocks   up to `until`.  Fork  -.  Signals  not safe
 * Emits    as mp_queue_put */
int mp_queue_put_bytes(struct mp_queue *queue, const void *bytes, size_t size,
		       int64_t until);

/* mp_queue_get - take a value out
 * Python   queue.get(block=True, timeout=None)
 * until    MP_NOW: get_nowait
 * Returns  a new reference; NULL: MP_EEMPTY (nothing there in time, or another
 *          process is about to take it), MP_ECLOSED (MP_EOS for a SimpleQueue),
 *          MP_EVALUE (what is there is not a value), MP_EINTR
 * Blocks   up to `until`.  Fork  -.  Signals  not safe. A process killed in here keeps
 *          the queue's read lock, as in Python
 * Emits    queue.get, queue.empty; queue.get_wait and queue.got or
 *          queue.get_timeout */
struct mp_value *mp_queue_get(struct mp_queue *queue, int64_t until);

/* mp_queue_get_bytes - take out what mp_queue_put_bytes has put
 * Python   -
 * bytes    receives memory to free(3); size: how many
 * Returns  0; the errors of mp_queue_get
 * Blocks   up to `until`.  Fork  -.  Signals  not safe
 * Emits    as mp_queue_get */
int mp_queue_get_bytes(struct mp_queue *queue, void **bytes, size_t *size,
		       int64_t until);

/* mp_queue_qsize, mp_queue_empty, mp_queue_full - a look, which may be out of date
 * Python   queue.qsize(), queue.empty(), queue.full()
 * qsize counts what was put and not taken; empty says whether nothing has reached the
 * shared part yet, so just after a put both qsize() > 0 and empty() may be.
 * Returns  the number; 1 or 0; MP_EOS (empty: a closed queue); MP_EATTRIBUTE (qsize,
 *          full: a SimpleQueue)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    queue.look */
long mp_queue_qsize(struct mp_queue *queue);
int mp_queue_empty(struct mp_queue *queue);
int mp_queue_full(struct mp_queue *queue);

/* mp_queue_close - this process will put and get no more
 * Python   queue.close()
 * The feeder moves what is buffered, and ends.
 * Returns  0, also when closed before
 * Blocks   never.  Fork  concerns this process only.  Signals  not safe
 * Emits    queue.close */
int mp_queue_close(struct mp_queue *queue);

/* mp_queue_join_thread - wait until the feeder has moved everything
 * Python   queue.join_thread()
 * Returns  0; MP_ESTATE (AssertionError: not closed); MP_EINTR
 * Blocks   as long as nobody makes room.  Fork  -.  Signals  not safe
 * Emits    queue.flush_wait and queue.flushed */
int mp_queue_join_thread(struct mp_queue *queue);

/* mp_queue_cancel_join_thread - do not wait for the feeder at exit: data may be lost
 * Python   queue.cancel_join_thread()
 * Returns  nothing
 * Blocks   never.  Fork  concerns this process only.  Signals  not safe
 * Emits    queue.cancel_join */
void mp_queue_cancel_join_thread(struct mp_queue *queue);

/* mp_queue_task_done - one item that was taken has been dealt with
 * Python   queue.task_done() of a JoinableQueue
 * Returns  0; MP_EVALUE (called more often than there were items); MP_EATTRIBUTE (not a
 *          JoinableQueue)
 * Blocks   never.  Fork  any process may.  Signals  not safe
 * Emits    task.done */
int mp_queue_task_done(struct mp_queue *queue);

/* mp_queue_join - wait until every item has been dealt with
 * Python   queue.join() of a JoinableQueue
 * Returns  0; MP_EATTRIBUTE; MP_EINTR
 * Blocks   until task_done() was called for each.  Fork  -.  Signals  not safe
 * Emits    queue.join_done; queue.join_wait and queue.joined */
int mp_queue_join(struct mp_queue *queue);

/* mp_queue_repr - the object as Python prints it
 * Python   repr(queue)
 * Returns  the length it has or would have, as snprintf(3)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_queue_repr(const struct mp_queue *queue, char *buffer, size_t size);

#define mp_queue_put_nowait(queue, value) mp_queue_put(queue, value, MP_NOW)
#define mp_queue_get_nowait(queue) mp_queue_get(queue, MP_NOW)

#ifndef MP_NO_SITES
#define mp_queue_create(...) (MP_HERE_, mp_queue_create(__VA_ARGS__))
#define mp_queue_put(...) (MP_HERE_, mp_queue_put(__VA_ARGS__))
#define mp_queue_put_bytes(...) (MP_HERE_, mp_queue_put_bytes(__VA_ARGS__))
#define mp_queue_get(...) (MP_HERE_, mp_queue_get(__VA_ARGS__))
#define mp_queue_get_bytes(...) (MP_HERE_, mp_queue_get_bytes(__VA_ARGS__))
#define mp_queue_qsize(...) (MP_HERE_, mp_queue_qsize(__VA_ARGS__))
#define mp_queue_empty(...) (MP_HERE_, mp_queue_empty(__VA_ARGS__))
#define mp_queue_full(...) (MP_HERE_, mp_queue_full(__VA_ARGS__))
#define mp_queue_close(...) (MP_HERE_, mp_queue_close(__VA_ARGS__))
#define mp_queue_join_thread(...) (MP_HERE_, mp_queue_join_thread(__VA_ARGS__))
#define mp_queue_cancel_join_thread(...) \
	(MP_HERE_, mp_queue_cancel_join_thread(__VA_ARGS__))
#define mp_queue_task_done(...) (MP_HERE_, mp_queue_task_done(__VA_ARGS__))
#define mp_queue_join(...) (MP_HERE_, mp_queue_join(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif

#endif
