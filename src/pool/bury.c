#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool/pool.h"
#include "process/process.h"

/* What the dead leave: which task is lost with a worker, and what it had is freed. In
 * the result handler, when the worker handler has found one dead. */

/* A task whose number was written down and which is still in the ring was not taken: the
 * dead one has the lock, so nobody has touched the ring since. */
static bool is_still_there(const struct mp__pool_shm *shm, uint64_t task)
{
	const struct mp__ring_shm *ring = mp__at(shm->tasks);
	struct mp__task_frame frame;

	if (mp__ring_used(ring) < sizeof(frame))
		return false;
	mp__ring_get(ring, atomic_load(&ring->read), &frame, sizeof(frame));
	return frame.id == task;
}

static void lose(struct mp_pool *pool, const struct mp_process *process,
		 uint64_t task)
{
	struct mp__pool_outcome outcome = { .code = MP_EWORKER };
	int exit_code = process->exitcode;
	const char *name = exit_code < 0 ? sigabbrev_np(-exit_code) : NULL;
	struct mp_async_result *job = NULL;
	size_t chunk = 0;
	char how[64];

	pthread_mutex_lock(&pool->mutex);
	struct mp__pool_entry *entry = mp__pool_entry(pool, task);
	if (entry) {
		job = entry->job;
		chunk = entry->chunk;
		mp__pool_entry_free(pool, entry);
	}
	pthread_mutex_unlock(&pool->mutex);
	if (!job)
		return;
	if (exit_code >= 0)
		snprintf(how, sizeof(how), "ended with exit code %d", exit_code);
	else
		snprintf(how, sizeof(how), "was killed by %s%s",
			 name ? "SIG" : "a signal", name ? name : "");
	const char *function =
		job->function_number <= MP__POOL_FUNCTIONS
			? mp__pool_function(pool->shm,
					    job->function_number)->name : "task";
	if (asprintf(&outcome.message, "the worker (pid %d) %s while it did "
		     "%.*s()", process->pid, how, MP__POOL_NAME,
		     *function ? function : "task") < 0)
		outcome.message = NULL;
	outcome.number = (uint32_t)task;
	mp__record(TRACE_TASK_LOST, pool->id, (uint32_t)task, process->id);
	mp__pool_settle(job, chunk, &outcome);
}

/* Its last results have been taken out of the ring. */
static void bury(struct mp_pool *pool, uint32_t place)
{
	struct mp__pool_shm *shm = pool->shm;
	struct mp__worker_shm *slot = mp__pool_worker(shm, place);
	uint32_t agent = atomic_load(&slot->agent);
	uint64_t task = atomic_load(&slot->task);

	if (agent && mp__mutex_holder(&shm->result_lock) == agent) {
		/* It may have counted a block that it did not send. */
		atomic_store(&shm->result_bytes, 0);
		mp__mutex_give(&shm->result_lock);
	}
	if (agent && mp__mutex_holder(&shm->task_lock) == agent) {
		if (is_still_there(shm, task))
			task = 0;
		mp__mutex_give(&shm->task_lock);
	}
	if (atomic_load(&slot->is_counted))
		atomic_fetch_sub(&shm->idle, 1);
	pthread_mutex_lock(&pool->mutex);
	bool is_open = task && mp__pool_entry(pool, task);
	bool is_nonsense = task >> 32 >= pool->entries_size && task;
	pthread_mutex_unlock(&pool->mutex);
	if (is_nonsense) {
		mp__pool_spoil(pool);
		return;
	}
	/* A block of a task that is over was sent. */
	mp__ref block = atomic_load(&slot->block);
	uint32_t bytes = atomic_load(&slot->block_bytes);
	if (is_open && block && mp__pool_is_block(block, bytes, task))
		mp__arena_free(block, bytes);
	if (is_open)
		lose(pool, pool->workers[place].process, task);
	/* Whom it would have woken. */
	mp__pool_wake_idle(shm, INT_MAX);
	memset(slot, 0, sizeof(*slot));
	atomic_store(&pool->workers[place].death, MP__DEATH_BURIED);
	mp__pool_call(pool);
}

/* What is in the ring will be in the table no more: it is taken out as well, so that
 * there is room for what still waits, which fails likewise. */
static void empty_tasks(struct mp_pool *pool)
{
	struct mp__ring_shm *ring = mp__at(pool->shm->tasks);

	pthread_mutex_lock(&pool->submit);
	atomic_store(&ring->read, atomic_load(&ring->written));
	pthread_mutex_unlock(&pool->submit);
	mp__pool_wake(&ring->wants_room);
}

void mp__pool_mark_all(struct mp_pool *pool)
{
	for (uint32_t i = 0; i < pool->entries_size; i++)
		pool->entries[i].is_lost = pool->entries[i].job;
}

void mp__pool_lose(struct mp_pool *pool, const char *message)
{
	/* Those that come meanwhile are not marked. */
	pthread_mutex_lock(&pool->mutex);
	uint32_t size = pool->entries_size;
	pthread_mutex_unlock(&pool->mutex);
	for (uint32_t i = 0; i < size; i++) {
		struct mp__pool_outcome outcome = { .code = MP_EWORKER };
		pthread_mutex_lock(&pool->mutex);
		struct mp__pool_entry *entry = &pool->entries[i];
		struct mp_async_result *job = entry->is_lost ? entry->job : NULL;
		size_t chunk = entry->chunk;
		outcome.number = entry->number;
		if (job)
			mp__pool_entry_free(pool, entry);
		pthread_mutex_unlock(&pool->mutex);
		if (!job)
			continue;
		outcome.message = strdup(message);
		mp__record(TRACE_TASK_LOST, pool->id, outcome.number, 0);
		mp__pool_settle(job, chunk, &outcome);
	}
}

void mp__pool_give_up(struct mp_pool *pool)
{
	char message[400];

	empty_tasks(pool);
	snprintf(message, sizeof(message), "no worker comes through the "
		 "initializer of the pool: %.*s",
		 (int)sizeof(pool->shm->init_error), pool->shm->init_error);
	pthread_mutex_lock(&pool->mutex);
	mp__pool_mark_all(pool);
	pthread_mutex_unlock(&pool->mutex);
	mp__pool_lose(pool, message);
}

void mp__pool_mark_dead(struct mp_pool *pool)
{
	for (long i = 0; i < pool->size; i++) {
		uint32_t found = MP__DEATH_FOUND;
		atomic_compare_exchange_strong(&pool->workers[i].death, &found,
					       MP__DEATH_MARKED);
	}
}

void mp__pool_bury(struct mp_pool *pool)
{
	for (uint32_t i = 0; i < (uint32_t)pool->size; i++)
		if (atomic_load(&pool->workers[i].death) == MP__DEATH_MARKED
		    && atomic_load(&pool->shm->state) != MP__POOL_TERMINATE)
			bury(pool, i);
}
