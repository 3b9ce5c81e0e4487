#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "pool/pool.h"
#include "process/process.h"

/* The worker handler: sees workers end, has the result handler bury them, and starts
 * others in their place; ends them all when the pool is terminated. */

#define PATIENCE_NS INT64_C(5000000000)	/* after SIGTERM, before SIGKILL */
#define RETRY_SECONDS 0.1		/* when there was no process to be had */
#define FAILED_STARTS 8			/* and at least two for each place */

/* ---- waiting for something to do ---- */

static bool is_called(const struct mp__pool_shm *shm)
{
	return atomic_load(&shm->calls) > 0;
}

static int fill_fds(struct mp_pool *pool, struct pollfd *fds)
{
	int count = 0;

	fds[count++] = (struct pollfd){ .fd = pool->wake_fd, .events = POLLIN };
	for (long i = 0; i < pool->size; i++) {
		struct mp_process *process = pool->workers[i].process;
		int fd = process ? mp__process_pidfd(process) : -1;

		if (fd >= 0 && !process->is_over)
			fds[count++] = (struct pollfd){ .fd = fd,
							.events = POLLIN };
	}
	return count;
}

static bool is_somebody_dead(struct mp_pool *pool)
{
	for (long i = 0; i < pool->size; i++) {
		const struct mp__pool_worker *worker = &pool->workers[i];
		if (worker->process
		    && atomic_load(&worker->death) == MP__DEATH_NONE
		    && mp__process_reap(worker->process))
			return true;
	}
	return false;
}

int mp__try_pool_watch(struct mp__op *op)
{
	struct mp_pool *pool = op->self;

	return is_called(pool->shm) || is_somebody_dead(pool)
		       ? 0
		       : MP__WOULD_BLOCK;
}

bool mp__guard_pool_watch(const struct mp__arena_shm *arena,
			  const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__pool_shm *shm = mp__at_in(arena, pending->ref);
	const struct mp__worker_shm *slots = mp__at_in(arena, shm->workers);

	(void)now;
	if (is_called(shm))
		return true;
	for (uint32_t i = 0; i < shm->size; i++) {
		uint32_t state = atomic_load(&slots[i].state);
		int32_t pid = atomic_load(&slots[i].pid);
		if (state != MP__WORKER_NONE && state < MP__WORKER_DEAD
		    && pid > 0 && !mp__pid_is_alive(pid))
			return true;
	}
	return false;
}

int mp__park_pool_watch(struct mp__op *op)
{
	struct mp_pool *pool = op->self;
	struct pollfd *fds = calloc((size_t)pool->size + 1, sizeof(*fds));
	mp_deadline limit = mp_after(fds ? 0.5 : 0.01);
	uint64_t calls;

	if (op->until < limit)
		limit = op->until;
	int count = fds ? fill_fds(pool, fds) : 0;
	int err = mp__park_fds(fds, (nfds_t)count, limit);
	if (count && fds[0].revents
	    && read(pool->wake_fd, &calls, sizeof(calls)) < 0)
		err = 0;
	free(fds);
	return limit == op->until ? err : 0;
}

void mp__pool_call(struct mp_pool *pool)
{
	uint64_t one = 1;

	atomic_fetch_add(&pool->shm->calls, 1);
	if (write(pool->wake_fd, &one, sizeof(one)) < 0)
		return;	/* it is full: there are calls enough */
}

static int watch(struct mp_pool *pool, mp_deadline until)
{
	return mp__perform(&(struct mp__op){
		.code = MP__OP_POOL_WATCH,
		.object = pool->id,
		.ref = mp__object_ref(pool->shm),
		.self = pool,
		.until = until,
	});
}

/* ---- starting workers ---- */

static int start_worker(struct mp_pool *pool, uint32_t place, uint32_t replaced)
{
	struct mp__worker_shm *slot = mp__pool_worker(pool->shm, place);
	struct mp__pool_worker *worker = &pool->workers[place];
	struct mp__pool_start start = { pool, place };
	struct mp_process *process = mp__process_create(
		&(struct mp_process_options){
			.spelling_ = ".target = worker",
			.callback = mp__pool_worker_main,
			.user = &start,		/* the child has a copy */
			.daemon = MP_DAEMON_YES,
		}, "ForkPoolWorker-");

	if (!process)
		return mp_error_code();
	atomic_store(&slot->state, MP__WORKER_STARTING);
	mp__record(TRACE_WORKER_START, pool->id, process->id, replaced);
	int err = mp_process_start(process);
	if (err) {
		memset(slot, 0, sizeof(*slot));
		mp_process_destroy(process);
		return err;
	}
	atomic_store(&slot->pid, process->pid);
	atomic_store(&worker->death, MP__DEATH_NONE);
	worker->process = process;
	return 0;
}

int mp__pool_start_workers(struct mp_pool *pool)
{
	int err = 0;

	for (long i = 0; i < pool->size && !err; i++)
		err = start_worker(pool, (uint32_t)i, 0);
	return err;
}

/* ---- ends of workers ---- */

/* One that ended before it was through with its initializer. */
static void count_failure(struct mp_pool *pool,
			  const struct mp__worker_shm *slot)
{
	long most = 2 * pool->size > FAILED_STARTS ? 2 * pool->size
						   : FAILED_STARTS;

	if (atomic_load(&slot->state) != MP__WORKER_STARTING) {
		pool->has_worked = true;
		return;
	}
	if (!pool->initializer || pool->has_worked
	    || atomic_load(&pool->shm->spoilt)
	    || ++pool->failed_starts < most)
		return;
	atomic_store(&pool->is_broken, true);
}

static void note_dead(struct mp_pool *pool)
{
	bool has_any = false;

	for (uint32_t i = 0; i < (uint32_t)pool->size; i++) {
		struct mp__worker_shm *slot = mp__pool_worker(pool->shm, i);
		struct mp__pool_worker *worker = &pool->workers[i];
		struct mp_process *process = worker->process;
		if (!process || atomic_load(&worker->death) != MP__DEATH_NONE
		    || !mp__process_reap(process))
			continue;
		count_failure(pool, slot);
		if (atomic_load(&slot->state) != MP__WORKER_LEAVING)
			mp__record(TRACE_WORKER_DIED, pool->id, process->id,
				   process->exitcode);
		atomic_store(&slot->state, MP__WORKER_DEAD);
		atomic_store(&worker->death, MP__DEATH_FOUND);
		has_any = true;
	}
	/* When it is terminated, what is not ready never will be. */
	if (has_any && atomic_load(&pool->shm->state) != MP__POOL_TERMINATE)
		mp__pool_call_results(pool);
}

/* Places whose dead have been buried. Returns whether one is left empty for want of a
 * process. */
static bool fill_places(struct mp_pool *pool)
{
	bool is_short = false;

	atomic_store(&pool->is_filling, true);
	for (uint32_t i = 0; i < (uint32_t)pool->size; i++) {
		struct mp__pool_worker *worker = &pool->workers[i];
		uint32_t replaced = 0;
		if (worker->process
		    && atomic_load(&worker->death) != MP__DEATH_BURIED)
			continue;
		if (worker->process) {
			replaced = worker->process->id;
			mp_process_destroy(worker->process);
			worker->process = NULL;
		}
		if (!atomic_load(&pool->shm->quits) && !pool->is_broken
		    && !atomic_load(&pool->shm->spoilt)
		    && start_worker(pool, i, replaced) < 0)
			is_short = true;
	}
	atomic_store(&pool->is_filling, false);
	return is_short;
}

static bool has_workers(const struct mp_pool *pool)
{
	for (long i = 0; i < pool->size; i++)
		if (pool->workers[i].process
		    && !mp__process_reap(pool->workers[i].process))
			return true;
	return false;
}

static void signal_all(struct mp_pool *pool, int signal, enum trace_end reason)
{
	for (long i = 0; i < pool->size; i++)
		if (pool->workers[i].process)
			mp__process_send(pool->workers[i].process, signal,
					 reason);
}

static void give_back_processes(struct mp_pool *pool)
{
	for (long i = 0; i < pool->size; i++) {
		mp_process_destroy(pool->workers[i].process);
		pool->workers[i].process = NULL;
	}
}

/* Nobody else looks after them any more. */
void mp__pool_end_workers(struct mp_pool *pool)
{
	mp_deadline limit = mp__now() + PATIENCE_NS;

	signal_all(pool, SIGTERM, TRACE_ENDED_BY_TERMINATE);
	while (has_workers(pool)) {
		atomic_store(&pool->shm->calls, 0);
		note_dead(pool);
		if (watch(pool, limit) == MP_ETIMEOUT) {
			signal_all(pool, SIGKILL, TRACE_ENDED_BY_KILL);
			limit = MP_FOREVER;
		}
	}
	give_back_processes(pool);
}

/* What never comes is said to those who wait for it. */
static void say_never(struct mp_pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	pool->has_ended = true;
	for (struct mp_async_result *job = pool->jobs; job; job = job->older)
		if (!job->is_done
		    && atomic_load(mp__pool_word(job)) != MP__WORD_READY)
			mp__job_ready(job, MP__WORD_NEVER);
	pthread_mutex_unlock(&pool->mutex);
}

void mp__pool_end_threads(struct mp_pool *pool)
{
	struct mp__pool_shm *shm = pool->shm;
	struct mp__ring_shm *tasks = mp__at(shm->tasks);
	struct mp__ring_shm *results = mp__at(shm->results);

	atomic_store(&shm->tasks_quit, 1);
	mp__pool_wake(&shm->sleeps);
	mp__pool_wake(&tasks->wants_room);
	atomic_store(&shm->results_quit, 1);
	mp__pool_wake(&results->wants_data);
}

static bool is_working(const struct mp_pool *pool)
{
	const struct mp__pool_shm *shm = pool->shm;

	return atomic_load(&shm->state) != MP__POOL_TERMINATE
	       && (!atomic_load(&shm->quits) || has_workers(pool));
}

void *mp__pool_worker_handler(void *argument)
{
	struct mp_pool *pool = argument;
	bool is_short = false;

	mp__pool_thread_begin(pool, TRACE_ROLE_WORKER_HANDLER,
			      "worker handler");
	while (is_working(pool)) {
		watch(pool, is_short ? mp_after(RETRY_SECONDS) : MP_FOREVER);
		atomic_store(&pool->shm->calls, 0);
		bool is_spoilt = atomic_load(&pool->shm->spoilt);
		if (is_spoilt)
			signal_all(pool, SIGKILL, TRACE_ENDED_BY_KILL);
		note_dead(pool);
		if (is_spoilt && !has_workers(pool))
			mp__pool_call_results(pool);
		is_short = is_working(pool) && fill_places(pool);
	}
	if (atomic_load(&pool->shm->state) == MP__POOL_TERMINATE)
		mp__pool_end_workers(pool);
	mp__pool_end_threads(pool);
	say_never(pool);
	give_back_processes(pool);
	atomic_store(&pool->shm->is_over, 1);
	mp__wake_word(&pool->shm->is_over, INT_MAX);
	mp__agent_end();
	return NULL;
}
