/* queues/queue.h - Queue, JoinableQueue, SimpleQueue
 * Python: multiprocessing.queues   Lessons: queue, join-before-drain
 *
 * CPython's parts, in shared memory: a semaphore of free slots, a lock for who
 * reads and one for who writes, and between them the bytes (ring.h). What belongs
 * to one process (its buffer, its feeder) is in struct mp__queue_local. */
#ifndef MP_QUEUES_QUEUE_H
#define MP_QUEUES_QUEUE_H

#include <pthread.h>

#include "operation/operation.h"
#include "process/object.h"
#include "queues/ring.h"
#include "synchronize/mutex.h"
#include "synchronize/semlock.h"
#include "value/buffer.h"

_Static_assert(sizeof(struct mp__frame) == TRACE_ITEM_HEAD,
	       "readers of a trace know how much is in a queue");

struct mp_queue {
	struct mp__object_shm head;
	uint32_t kind;			/* enum mp_queue_kind */
	uint32_t maxsize;
	struct mp__sem_shm slots;	/* free ones */
	struct mp__mutex_shm read_lock, write_lock;
	_Atomic uint32_t next_item;	/* numbers of items */
	_Atomic uint32_t unfinished;	/* tasks; futex of those who join */
	mp__ref ring_ref;
};
_Static_assert(sizeof(struct mp_queue) <= 64, "one unit of the arena");

static inline struct mp__ring_shm *mp__queue_ring(const struct mp_queue *queue)
{
	return mp__at(queue->ring_ref);
}

/* What others may see of a feeder. In the arena. */
struct mp__feeder_shm {
	_Atomic uint32_t buffered;	/* items not yet moved */
	_Atomic uint32_t sleeps;	/* futex: the feeder has nothing to do */
	_Atomic uint32_t quits;		/* it is to end when all is moved */
	_Atomic uint32_t is_over;	/* futex: it has ended, or never was */
};

/* A process's own side of a queue. */
struct mp__queue_local {
	struct mp_queue *queue;
	uint32_t id;			/* the queue's, which is never used again */
	pthread_mutex_t mutex;		/* of what follows; held for moments */
	struct mp__buffer filling;	/* frames, as they go into the ring */
	pthread_t feeder;
	uint32_t number;		/* of the feeder in its process */
	_Atomic bool has_feeder, is_closed, does_not_wait;
	mp__ref shm_ref;		/* struct mp__feeder_shm */
	struct mp__queue_local *next;
};

static inline struct mp__feeder_shm *
mp__feeder_of(const struct mp__queue_local *local)
{
	return mp__at(local->shm_ref);
}

/* local.c */

/* mp__queue_local - this process's side; NULL: MP_EMEMORY */
struct mp__queue_local *mp__queue_local(struct mp_queue *queue);

/* mp__queue_drop - forget this process's side, whose feeder has ended */
void mp__queue_drop(struct mp_queue *queue);

/* feeder.c */

/* mp__feeder_start - have a feeder; the mutex is held. 0, MP_EOS, MP_EMEMORY */
int mp__feeder_start(struct mp__queue_local *local);

/* mp__feeder_wake - there is something to move, or to end for */
void mp__feeder_wake(struct mp__queue_local *local);

/* mp__feeder_quit - have it end when all is moved */
void mp__feeder_quit(struct mp__queue_local *local);

/* mp__feeder_forget - nothing is to be done for it at exit any more */
void mp__feeder_forget(struct mp__queue_local *local);

/* mp__feeder_join - wait until it has ended. 0; MP_EINTR */
int mp__feeder_join(struct mp__queue_local *local);

/* write.c */

/* Frames to be moved into the ring. */
struct mp__queue_job {
	struct mp_queue *queue;
	const char *bytes;
	size_t length, done;
	size_t frame_end;	/* of the frame that is being written in pieces;
				 * 0: none */
	bool has_lock;
	bool is_quiet;		/* a SimpleQueue's: no feeder events */
};

/* mp__queue_write - move them all. 0; MP_EINTR before the first byte only */
int mp__queue_write(struct mp__queue_job *job, enum mp__operation code);

/* read.c */

/* mp__queue_read - take one frame
 * bytes    receives memory to free(3), or `small` if it fits there */
int mp__queue_read(struct mp_queue *queue, mp_deadline until, void *small,
		   size_t small_size, void **bytes, size_t *size);

#endif
