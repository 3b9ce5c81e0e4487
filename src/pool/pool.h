/* pool/pool.h - Pool: workers, and the three threads that look after them
 * Python: multiprocessing.pool   Lessons: pool-apply, pool-map, pool-errors, ...
 *
 * Tasks go through one ring in shared memory, results through another one
 * (queues/ring.h). A frame becomes visible whole, by one store; what is larger than
 * MP__POOL_INLINE lies in a block of its own, and the frame says where. So there is
 * never half a task or half a result.
 *
 *	caller -> [waiting jobs] -> task ring -> worker -> result ring -> result
 *	             task handler                               handler -> caller
 *
 * A worker may be killed between any two instructions. It writes down which task it
 * has before that leaves the ring (struct mp__worker_shm), and a lock says by itself
 * who has it. So the result handler, when the worker handler has found a worker dead,
 * knows which task is lost, and frees what the dead one had.
 *
 * A worker may also have written anything anywhere in what is shared. What comes from
 * there is checked before it is used; if it makes no sense, nobody knows who it was: all
 * workers are replaced, and what they had begun is lost (spoilt.c). */
#ifndef MP_POOL_POOL_H
#define MP_POOL_POOL_H

#include <pthread.h>
#include <signal.h>

#include "mp-pool.h"
#include "operation/operation.h"
#include "process/object.h"
#include "queues/ring.h"
#include "synchronize/mutex.h"
#include "value/buffer.h"

#define MP__POOL_INLINE 8192u		/* bytes; more go in a block */
#define MP__POOL_BLOCKS (UINT64_C(8) << 20)	/* bytes of blocks on their way */
#define MP__POOL_FUNCTIONS 255u
#define MP__POOL_NAME 56
#define MP__POOL_WORDS 16		/* in one unit of the arena */

enum mp__pool_state {
	MP__POOL_RUN,
	MP__POOL_CLOSE,
	MP__POOL_TERMINATE
};

enum mp__worker_state {
	MP__WORKER_NONE = 0,	/* nobody has this place */
	MP__WORKER_STARTING,	/* up to the end of its initializer */
	MP__WORKER_READY,
	MP__WORKER_LEAVING,	/* it ends by itself, and has no task */
	MP__WORKER_DEAD		/* found dead, and not buried */
};

/* A worker's place. */
struct mp__worker_shm {
	_Atomic uint32_t state;		/* enum mp__worker_state */
	_Atomic uint32_t agent;		/* 0: it has not said so yet */
	_Atomic int32_t pid;
	_Atomic uint32_t is_counted;	/* among the idle */
	_Atomic uint64_t task;		/* MP__TASK_ID; the last one it took */
	_Atomic uint32_t block;		/* for a result that is not sent yet */
	_Atomic uint32_t block_bytes;
	_Atomic uint32_t done;		/* tasks */
};
_Static_assert(sizeof(struct mp__worker_shm) <= 64, "one cache line");

struct mp__pool_function_shm {
	uint64_t address;
	char name[MP__POOL_NAME];
};
_Static_assert(sizeof(struct mp__pool_function_shm) == 64, "one cache line");

struct mp__pool_shm {
	struct mp__object_shm head;
	_Atomic uint32_t state;		/* enum mp__pool_state */
	_Atomic uint32_t quits;		/* workers: no more tasks will come */
	_Atomic uint32_t idle;		/* workers asleep, or about to be; never
					 * too few */
	_Atomic uint32_t arrivals;	/* futex of the idle */
	_Atomic uint32_t is_over;	/* futex of those who join */
	_Atomic uint32_t errands;	/* of the result handler: workers to be
					 * buried, tasks that have failed */
	_Atomic uint32_t waiting;	/* 1: not all tasks are in the ring */
	_Atomic uint32_t sleeps;	/* futex of the task handler */
	_Atomic uint32_t results_quit;	/* the result handler is to end */
	_Atomic uint32_t tasks_quit;	/* the task handler is */
	_Atomic uint32_t calls;		/* for the worker handler: look around */
	_Atomic uint32_t spoilt;	/* somebody has written nonsense */
	uint32_t size;			/* how many workers */
	struct mp__mutex_shm task_lock, result_lock;
	_Atomic uint64_t task_bytes;	/* in blocks; the parent counts */
	_Atomic uint64_t result_bytes;
	mp__ref tasks, results;		/* struct mp__ring_shm */
	mp__ref workers, functions;
	char init_error[256];		/* of an initializer that failed */
};

static inline struct mp__worker_shm *
mp__pool_worker(const struct mp__pool_shm *shm, uint32_t place)
{
	return (struct mp__worker_shm *)mp__at(shm->workers) + place;
}

static inline struct mp__pool_function_shm *
mp__pool_function(const struct mp__pool_shm *shm, uint32_t number)
{
	return (struct mp__pool_function_shm *)mp__at(shm->functions) + number;
}

/* ---- frames ---- */

enum mp__task_kind {
	MP__TASK_APPLY,		/* args, kwds */
	MP__TASK_MAP,		/* items, each the only argument of a call */
	MP__TASK_STARMAP,	/* items, each the arguments of a call */
	MP__TASK_BYTES
};

/* A task, in the ring and in the parent's table: its number, and its place in the
 * table. */
#define MP__TASK_ID(place, number) ((uint64_t)(place) << 32 | (number))

struct mp__task_frame {
	uint32_t size;		/* of what follows in the ring */
	uint32_t kind;
	uint64_t id;
	uint64_t function;	/* its address */
	uint32_t function_number;
	uint32_t count;		/* of items */
	mp__ref block;		/* what would follow lies there; 0: no */
	uint32_t block_bytes;
};

struct mp__result_frame {
	uint32_t size;
	int32_t code;		/* 0, or an error: message, NUL, traceback */
	uint64_t id;
	mp__ref block;
	uint32_t block_bytes;
};

/* What a block begins with in which a result lies: so nothing else is taken for one. */
struct mp__result_block {
	uint64_t id;		/* of the task, MP__RESULT_MARK apart */
	uint64_t bytes;		/* of the block */
};
#define MP__RESULT_MARK UINT64_C(0x746c757365726d66)	/* "fmresult" */

/* ---- private: the parent's side ---- */

/* A task that is in the ring or with a worker. */
struct mp__pool_entry {
	struct mp_async_result *job;	/* NULL: this place is free */
	uint32_t number;
	uint32_t next_free;
	size_t chunk;			/* which of its job's */
	mp__ref block;
	uint32_t block_bytes;
	bool is_lost;			/* see mp__pool_lose */
};

/* One result of an iterator. */
struct mp__pool_outcome {
	struct mp_value *value;		/* of a chunk: the list of them */
	int code;			/* not 0: the error */
	char *message;
	char *traceback;
	uint32_t number;		/* of its task */
	bool is_there;
};

enum mp__job_kind {
	MP__JOB_ONE,		/* apply */
	MP__JOB_LIST,		/* map */
	MP__JOB_ORDERED,	/* imap */
	MP__JOB_UNORDERED
};

/* What somebody waits for: AsyncResult, MapResult, IMapIterator. */
struct mp_async_result {
	struct mp_pool *pool;
	enum mp__job_kind kind;
	enum mp__task_kind task_kind;
	uint32_t number;		/* of its first task */
	mp__ref word_ref;		/* see mp__pool_word */
	uint32_t word_place;
	mp_function function;
	const char *spelling;		/* of the call, while it is submitted */
	uint32_t function_number;
	mp_callback callback;
	mp_error_callback error_callback;
	void *user;

	/* What is to be done; the task handler's, or who submits. */
	struct mp__buffer bytes;	/* of one call, encoded */
	int bad;			/* it could not be: the error; message */
	struct mp_value *items;		/* tuple or list */
	size_t next_item;
	int (*next)(void *user, struct mp_value **item);
	void *next_user;
	size_t chunksize, chunks;	/* chunks: submitted so far */
	bool is_all_out;		/* nothing more is to be submitted */
	bool is_counted;		/* `chunks` is what there will be */

	/* What has been done; under pool->mutex. */
	size_t chunks_done;
	bool is_done, is_dropped;
	struct mp_value *value;		/* the result; of a map the list */
	int code;
	char *message, *traceback;

	/* Of an iterator: a circle of outcomes, by chunk. */
	struct mp__pool_outcome *outcomes;
	size_t outcomes_size;
	size_t first, arrived;		/* first: chunk to be given next */
	struct mp_value *opened;	/* a chunk that is given item by item */
	size_t opened_at;
	bool has_ended;

	struct mp_async_result *next_waiting;
	struct mp_async_result *newer, *older;	/* of the pool */
};

struct mp_pool_iterator {
	struct mp_async_result job;
};

struct mp__pool_failure {
	struct mp_async_result *job;
	size_t chunk;
	uint32_t number;
	int code;
	char message[512];
	struct mp__pool_failure *next;
};

/* How far the death of a worker is dealt with, by the two handlers in turn. */
enum mp__pool_death {
	MP__DEATH_NONE,
	MP__DEATH_FOUND,	/* the worker handler has */
	MP__DEATH_MARKED,	/* all it has sent is in the ring, or was */
	MP__DEATH_BURIED	/* its place is the worker handler's */
};

/* A worker, as the worker handler knows it. */
struct mp__pool_worker {
	struct mp_process *process;	/* NULL: none */
	_Atomic uint32_t death;
};

struct mp_pool {
	struct mp__pool_shm *shm;
	uint32_t id;
	pid_t creator;
	long size;
	long maxtasks;			/* 0: no limit */
	int (*initializer)(struct mp_call *call);
	char *initializer_name;
	struct mp_value *initargs;
	int (*worker)(void *user, const void *bytes, size_t size, void **result,
		      size_t *result_size);
	void *user;

	/* Who puts into the task ring. Taken before `mutex`. */
	pthread_mutex_t submit;
	struct mp_async_result *first_waiting, *last_waiting;
	bool is_pulling;		/* somebody is in a `next` function */
	struct mp__buffer frame;	/* one that had no room is kept */
	bool has_frame;
	struct mp_async_result *frame_job;
	uint32_t next_number;
	uint32_t functions;		/* that have a number */

	/* What becomes of the tasks. */
	pthread_mutex_t mutex;
	struct mp__pool_entry *entries;
	uint32_t entries_size, free_entry;	/* free_entry: place + 1 */
	struct mp_async_result *jobs;		/* newest first */
	_Atomic uint32_t open_jobs;
	struct mp__pool_failure *failures, **last_failure;
	mp__ref *slabs;				/* of words */
	uint32_t slab_count;
	uint32_t *free_words, free_count;
	bool has_ended;		/* nothing more will come */
	_Atomic bool is_broken;	/* no worker survives its initializer */

	/* The worker handler's. */
	struct mp__pool_worker *workers;
	int wake_fd;			/* eventfd */
	pthread_t worker_handler, result_handler, task_handler;
	_Atomic bool has_task_handler;
	bool has_threads, is_joined;
	uint32_t failed_starts;		/* in a row */
	bool has_worked;		/* a worker has come through */
	_Atomic bool is_filling;	/* it may be starting some */
	sigset_t signals;		/* blocked in the thread that made it */
};

/* ---- words: what those sleep on who wait for a result ---- */

#define MP__WORD_PENDING 0u
#define MP__WORD_READY 1u
#define MP__WORD_ASLEEP 2u	/* pending, and somebody sleeps */
#define MP__WORD_NEVER 3u	/* the pool was terminated */

static inline _Atomic uint32_t *mp__pool_word(const struct mp_async_result *job)
{
	return (_Atomic uint32_t *)mp__at(job->word_ref) + job->word_place;
}

/* ---- ring.c: into and out of the rings ---- */

/* A worker's side of both. */
struct mp__pool_worker_self {
	struct mp__pool_shm *shm;
	struct mp__worker_shm *slot;
	struct mp__task_frame frame;	/* of the task that was taken */
	unsigned char *payload;		/* MP__POOL_INLINE bytes */
	bool has_task;			/* else: nothing more will come */
	const void *result;		/* to be put: a frame */
	size_t result_size;
	bool has_lock;
};

/* mp__pool_take - a worker takes the next task. 0; has_task says whether */
int mp__pool_take(struct mp__pool_worker_self *self);

/* mp__pool_put_result - a worker puts a result. 0; MP_EEOF: nobody is there */
int mp__pool_put_result(struct mp__pool_worker_self *self);

/* mp__pool_put_task - put a frame into the task ring, if there is room. The submit
 * mutex is held */
bool mp__pool_put_task(struct mp__pool_shm *shm, const void *frame, size_t size);

/* mp__pool_has_room - for a task frame of that size, and a block */
bool mp__pool_has_room(const struct mp__arena_shm *arena,
		       const struct mp__pool_shm *shm, size_t size,
		       uint32_t block_bytes);

/* mp__pool_wake_idle - have that many idle workers look */
void mp__pool_wake_idle(struct mp__pool_shm *shm, int count);

/* mp__pool_wake - set a word on which a thread of the parent sleeps to 0 */
static inline void mp__pool_wake(_Atomic uint32_t *sleeps)
{
	if (atomic_load(sleeps) && atomic_exchange(sleeps, 0))
		mp__wake_word(sleeps, 1);
}

/* ---- worker.c ---- */

/* What a worker process does; user: struct mp__pool_start */
struct mp__pool_start {
	struct mp_pool *pool;
	uint32_t place;
};
int mp__pool_worker_main(void *user, struct mp_call *call);

/* ---- submit.c ---- */

/* mp__pool_submit - put a job at the end of the line, and what fits into the ring */
int mp__pool_submit(struct mp_async_result *job);

/* mp__pool_keep_items - the caller, whose list a job goes through, does not wait any
 * longer: keep what is left of it. Without memory for it the rest is not done */
void mp__pool_keep_items(struct mp_async_result *job);

/* mp__pool_drop_waiting - forget what has not been put into the ring */
void mp__pool_drop_waiting(struct mp_pool *pool);

/* ---- frame.c ---- */

/* mp__pool_function_number - the number a function has in this pool; its name is
 * recorded the first time. The submit mutex is held */
uint32_t mp__pool_function_number(struct mp_pool *pool, const void *function,
				  const char *spelling);

/* mp__pool_make_frame - the next frame of the job in pool->frame, if there is one left.
 * What cannot be encoded fails alone. The submit mutex is held */
void mp__pool_make_frame(struct mp_async_result *job);

/* ---- entry.c: the tasks on their way, and the words ---- */

/* mp__pool_entry_new - a place for a task; UINT32_MAX: MP_EMEMORY. Under mutex */
uint32_t mp__pool_entry_new(struct mp_pool *pool);

/* mp__pool_entry - the entry of a task; NULL: it is over already. Under mutex */
struct mp__pool_entry *mp__pool_entry(struct mp_pool *pool, uint64_t id);

/* mp__pool_entry_free - the task is over; its block is given back. Under mutex */
void mp__pool_entry_free(struct mp_pool *pool, struct mp__pool_entry *entry);

int mp__pool_word_new(struct mp_async_result *job);
void mp__pool_word_free(struct mp_async_result *job);

/* ---- result.c: the result handler ---- */

void *mp__pool_result_handler(void *pool);

/* mp__pool_call_results - have the result handler look around */
void mp__pool_call_results(struct mp_pool *pool);

/* ---- settle.c: of the result handler ---- */

/* mp__pool_settle - the outcome of a chunk is there; of a map without error its values
 * are in the list already. Takes what is in the outcome over */
void mp__pool_settle(struct mp_async_result *job, size_t chunk,
		     struct mp__pool_outcome *outcome);

/* mp__pool_fail - have the result handler know that a chunk of a job has failed before
 * it was in the ring
 * code     0: only that it may be over */
void mp__pool_fail(struct mp_pool *pool, struct mp_async_result *job,
		   size_t chunk, uint32_t number, int code,
		   const char *message);
void mp__pool_take_failures(struct mp_pool *pool);

/* mp__pool_maybe_quit - if nothing is left and nothing will come, the workers may go */
void mp__pool_maybe_quit(struct mp_pool *pool);

/* ---- bury.c: of the result handler ---- */

/* mp__pool_mark_dead, mp__pool_bury - first who is dead, then the ring, then these are
 * buried: what is not there after the first never comes */
void mp__pool_mark_dead(struct mp_pool *pool);
void mp__pool_bury(struct mp_pool *pool);

/* mp__pool_give_up - no worker gets through its initializer: nobody will ever do what
 * waits */
void mp__pool_give_up(struct mp_pool *pool);

/* mp__pool_lose - those tasks in the table that are marked are lost. In between others
 * may come: these are not meant */
void mp__pool_lose(struct mp_pool *pool, const char *message);
/* mp__pool_mark_all - they all are. Under mutex */
void mp__pool_mark_all(struct mp_pool *pool);

/* ---- spoilt.c: of the result handler ---- */

/* mp__pool_is_result - can this be a result? It is believed then
 * left     bytes behind its frame */
bool mp__pool_is_result(struct mp_pool *pool,
			const struct mp__result_frame *frame, size_t left);

/* mp__pool_is_block - does a result of that task lie there? */
bool mp__pool_is_block(mp__ref block, uint64_t bytes, uint64_t task);

/* mp__pool_spoil - what was read makes no sense: all workers are to go */
void mp__pool_spoil(struct mp_pool *pool);

/* mp__pool_renew - if all have gone, begin anew, and tell what is lost
 * Returns  false: some are still there */
bool mp__pool_renew(struct mp_pool *pool);

/* ---- job.c ---- */

/* mp__job_new - a job of that pool; NULL: MP_EVALUE (not running), MP_EMEMORY */
struct mp_async_result *mp__job_new(struct mp_pool *pool, enum mp__job_kind kind);
void mp__job_free(struct mp_async_result *job);

/* mp__job_destroy - give it up, now or when it is done */
void mp__job_destroy(struct mp_async_result *job);

/* mp__job_wait - until the word is ready. code: operation */
int mp__job_wait(struct mp_async_result *job, mp_deadline until,
		 enum mp__operation code);

/* mp__job_ready - set the word, and wake who sleeps */
void mp__job_ready(struct mp_async_result *job, uint32_t word);

/* mp__iterator_deliver - an outcome has come. Under mutex. Takes it over */
void mp__iterator_deliver(struct mp_async_result *job, size_t chunk,
			  struct mp__pool_outcome outcome);

/* mp__iterator_signal - is there something to be had, or is it at its end? Under
 * mutex */
void mp__iterator_signal(struct mp_async_result *job);
void mp__iterator_free_outcomes(struct mp_async_result *job);

/* ---- watch.c: the worker handler ---- */

/* mp__pool_start_workers - 0, or the first error */
int mp__pool_start_workers(struct mp_pool *pool);
void *mp__pool_worker_handler(void *pool);

/* mp__pool_end_workers, mp__pool_end_threads - when not all could be made */
void mp__pool_end_workers(struct mp_pool *pool);
void mp__pool_end_threads(struct mp_pool *pool);

/* mp__pool_call - have the worker handler look around */
void mp__pool_call(struct mp_pool *pool);

/* ---- pool.c ---- */

int mp__pool_check(const struct mp_pool *pool);		/* made here? */
int mp__pool_check_running(const struct mp_pool *pool);
/* mp__pool_thread - a thread of the pool; signals are the program's own */
int mp__pool_thread(struct mp_pool *pool, pthread_t *thread,
		    void *(*body)(void *));
void mp__pool_thread_begin(struct mp_pool *pool, enum trace_role role,
			   const char *name);

/* ---- end.c ---- */

/* mp__pool_is_own_thread - is it one of the pool that runs the program's code? */
bool mp__pool_is_own_thread(const struct mp_pool *pool);

#endif
