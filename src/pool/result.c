#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "pool/pool.h"
#include "process/process.h"
#include "value/pack.h"
#include "value/value.h"

/* The result handler: takes the results out of the ring, many at a time, calls
 * callbacks, and then lets those go on who wait. It alone says what has become of a
 * task, also when its worker is dead. */

#define LONGEST_SLEEP_NS INT64_C(500000000)
#define SPINS 20

/* ---- nothing to do ---- */

static bool has_work(const struct mp__arena_shm *arena,
		     const struct mp__pool_shm *shm)
{
	const struct mp__ring_shm *ring = mp__at_in(arena, shm->results);

	return mp__ring_used(ring) > 0 || atomic_load(&shm->errands) > 0
	       || atomic_load(&shm->results_quit);
}

int mp__try_pool_results(struct mp__op *op)
{
	return has_work(mp__arena, mp__at(op->ref)) ? 0 : MP__WOULD_BLOCK;
}

bool mp__guard_pool_results(const struct mp__arena_shm *arena,
			    const struct mp__pending_shm *pending, int64_t now)
{
	(void)now;
	return has_work(arena, mp__at_in(arena, pending->ref));
}

int mp__park_pool_results(struct mp__op *op)
{
	struct mp__pool_shm *shm = mp__at(op->ref);
	struct mp__ring_shm *ring = mp__at(shm->results);

	atomic_store(&ring->wants_data, 1);
	if (!has_work(mp__arena, shm))
		mp__park_word(&ring->wants_data, 1,
			      mp__now() + LONGEST_SLEEP_NS);
	atomic_store(&ring->wants_data, 0);
	return 0;
}

static void wait_for_work(struct mp_pool *pool)
{
	for (int i = 0; i < SPINS; i++) {
		if (has_work(mp__arena, pool->shm))
			return;
		sched_yield();
	}
	mp__perform(&(struct mp__op){
		.code = MP__OP_POOL_RESULTS,
		.object = pool->id,
		.ref = mp__object_ref(pool->shm),
		.until = MP_FOREVER,
	});
}

void mp__pool_call_results(struct mp_pool *pool)
{
	struct mp__ring_shm *ring = mp__at(pool->shm->results);

	atomic_fetch_add(&pool->shm->errands, 1);
	mp__pool_wake(&ring->wants_data);
}

void mp__pool_fail(struct mp_pool *pool, struct mp_async_result *job,
		   size_t chunk, uint32_t number, int code,
		   const char *message)
{
	struct mp__pool_failure *failure = calloc(1, sizeof(*failure));

	if (!failure)
		abort();	/* else somebody would wait for ever */
	*failure = (struct mp__pool_failure){ job, chunk, number, code,
					      "", NULL };
	snprintf(failure->message, sizeof(failure->message), "%s",
		 message ? message : "");
	pthread_mutex_lock(&pool->mutex);
	if (!pool->failures)
		pool->last_failure = &pool->failures;
	*pool->last_failure = failure;
	pool->last_failure = &failure->next;
	pthread_mutex_unlock(&pool->mutex);
	mp__pool_call_results(pool);
}

/* ---- a job is over ---- */

void mp__pool_maybe_quit(struct mp_pool *pool)
{
	struct mp__pool_shm *shm = pool->shm;

	if (atomic_load(&shm->state) == MP__POOL_RUN
	    || atomic_load(&pool->open_jobs) > 0
	    || atomic_exchange(&shm->quits, 1))
		return;
	atomic_fetch_add(&shm->arrivals, 1);
	mp__wake_word(&shm->arrivals, INT_MAX);
	mp__pool_call(pool);
}

static void call_back(struct mp_async_result *job)
{
	uint32_t pool = job->pool->id;
	bool has_failed = job->code != 0;

	if (has_failed ? !job->error_callback : !job->callback)
		return;
	mp__record(TRACE_CALLBACK_BEGIN, pool, job->number, has_failed);
	if (has_failed)
		job->error_callback(job->user, job->code, job->message);
	else
		job->callback(job->user, job->value);
	mp__record(TRACE_CALLBACK_END, pool, job->number, 0);
}

/* The callback first, then the result is ready, as in Python. Whoever sleeps will want
 * the mutex, so he is woken when it is free; the job may be gone by then, and its
 * word another one's, who looks again if he is woken. */
static void finish(struct mp_async_result *job)
{
	struct mp_pool *pool = job->pool;
	_Atomic uint32_t *word = mp__pool_word(job);
	bool is_iterator = job->kind >= MP__JOB_ORDERED, is_asleep = false;

	if (!is_iterator)
		call_back(job);
	pthread_mutex_lock(&pool->mutex);
	job->is_done = true;
	if (is_iterator)
		mp__iterator_signal(job);
	else
		is_asleep = atomic_exchange(word, MP__WORD_READY)
			    == MP__WORD_ASLEEP;
	if (job->is_dropped)
		mp__job_free(job);
	pthread_mutex_unlock(&pool->mutex);
	if (is_asleep)
		mp__wake_word(word, INT_MAX);
	atomic_fetch_sub(&pool->open_jobs, 1);
	mp__pool_maybe_quit(pool);
}

/* ---- what has become of a task ---- */

static void set_error(struct mp_async_result *job,
		      struct mp__pool_outcome *outcome)
{
	if (job->code)		/* the first to arrive is the error */
		return;
	job->code = outcome->code;
	job->message = outcome->message;
	job->traceback = outcome->traceback;
	outcome->message = outcome->traceback = NULL;
}

static void drop_outcome(struct mp__pool_outcome *outcome)
{
	mp_value_unref(outcome->value);
	free(outcome->message);
	free(outcome->traceback);
}

/* The outcome of a chunk is there; of a map without error its values are in the list
 * already. */
static void settle(struct mp_async_result *job, size_t chunk,
		   struct mp__pool_outcome *outcome)
{
	struct mp_pool *pool = job->pool;

	if (job->kind < MP__JOB_ORDERED && outcome->code) {
		set_error(job, outcome);
	} else if (job->kind == MP__JOB_ONE) {
		job->value = outcome->value;
		outcome->value = NULL;
	}
	pthread_mutex_lock(&pool->mutex);
	if (job->kind >= MP__JOB_ORDERED) {
		outcome->is_there = true;
		mp__iterator_deliver(job, chunk, *outcome);
		*outcome = (struct mp__pool_outcome){ 0 };
	}
	job->chunks_done++;
	bool is_over = job->is_counted && job->chunks_done == job->chunks;
	pthread_mutex_unlock(&pool->mutex);
	drop_outcome(outcome);
	if (is_over)
		finish(job);
}

/* ---- decoding ---- */

/* Where the values of a chunk of a map belong. */
static struct mp_value **places_of(struct mp_async_result *job, size_t chunk,
				   size_t *count)
{
	size_t at = chunk * job->chunksize;
	struct mp_value *all = job->value;

	if (job->kind != MP__JOB_LIST)
		return NULL;
	*count = all->len - at < job->chunksize ? all->len - at
						: job->chunksize;
	return all->as.items + at;
}

/* A chunk of an iterator: a list of as many as there are. */
static int decode_list(struct mp__pool_outcome *outcome,
		       const unsigned char *bytes, size_t size)
{
	int err = 0;

	outcome->value = mp_list();
	while (outcome->value && size > 0 && !err) {
		struct mp_value *item = NULL;
		size_t used = 0;
		err = mp__unpack_next(bytes, size, &used, &item);
		if (!err)
			err = mp_value_append(outcome->value, item);
		bytes += used;
		size -= used;
	}
	return outcome->value ? err : MP_EMEMORY;
}

static int decode(struct mp_async_result *job, size_t chunk,
		  const unsigned char *bytes, size_t size,
		  struct mp__pool_outcome *outcome)
{
	size_t count = 0, used;
	struct mp_value **places = places_of(job, chunk, &count);

	if (job->task_kind == MP__TASK_BYTES) {
		outcome->value = mp_bytes(bytes, size);
		return outcome->value ? 0 : MP_EMEMORY;
	}
	if (places)
		return mp__unpack_many(bytes, size, count, places);
	if (job->kind == MP__JOB_ONE || job->chunksize == 1)
		return mp__unpack_next(bytes, size, &used, &outcome->value);
	return decode_list(outcome, bytes, size);
}

static void decode_error(const char *bytes, size_t size,
			 struct mp__pool_outcome *outcome)
{
	size_t length = strnlen(bytes, size);

	outcome->message = strndup(bytes, length);
	if (length + 1 < size)
		outcome->traceback = strndup(bytes + length + 1,
					     size - length - 1);
}

/* One result. A task that is not in the table was given up already. */
static void receive(struct mp_pool *pool, const struct mp__result_frame *frame,
		    const unsigned char *bytes)
{
	struct mp__pool_outcome outcome = { .code = frame->code };
	struct mp_async_result *job = NULL;
	size_t chunk = 0;

	pthread_mutex_lock(&pool->mutex);
	struct mp__pool_entry *entry = mp__pool_entry(pool, frame->id);
	if (entry) {
		job = entry->job;
		chunk = entry->chunk;
		mp__pool_entry_free(pool, entry);
	}
	pthread_mutex_unlock(&pool->mutex);
	size_t size = frame->block ? frame->block_bytes : frame->size;
	if (frame->block)
		bytes = mp__at(frame->block);
	if (job) {
		outcome.number = (uint32_t)frame->id;
		mp__record(TRACE_TASK_RESULT, pool->id, outcome.number,
			   frame->code);
		int err = frame->code ? 0 : decode(job, chunk, bytes, size,
						   &outcome);
		if (err) {
			outcome.code = err;
			outcome.message = strdup(mp_error_message());
		} else if (frame->code) {
			decode_error((const char *)bytes, size, &outcome);
		}
	}
	if (frame->block) {
		mp__arena_free(frame->block, frame->block_bytes);
		atomic_fetch_sub(&pool->shm->result_bytes, frame->block_bytes);
	}
	if (job)
		settle(job, chunk, &outcome);
}

/* ---- the ring ---- */

/* Those who wait for room, or for blocks to be given back. */
static void wake_writers(struct mp__ring_shm *ring)
{
	if (atomic_load(&ring->wants_room)
	    && atomic_exchange(&ring->wants_room, 0))
		mp__wake_word(&ring->wants_room, INT_MAX);
}

static void drain(struct mp_pool *pool, unsigned char *batch)
{
	struct mp__ring_shm *ring = mp__at(pool->shm->results);
	struct mp__result_frame frame;
	uint64_t at = atomic_load(&ring->read);
	uint32_t size = mp__ring_used(ring);

	if (size == 0)
		return;
	mp__ring_get(ring, at, batch, size);
	atomic_store(&ring->read, at + size);
	wake_writers(ring);
	for (uint32_t done = 0; done + sizeof(frame) <= size;
	     done += (uint32_t)sizeof(frame) + frame.size) {
		memcpy(&frame, batch + done, sizeof(frame));
		receive(pool, &frame, batch + done + sizeof(frame));
	}
	wake_writers(ring);
}

/* ---- the dead ---- */

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

static void lose(struct mp_pool *pool, const struct mp__worker_shm *slot,
		 uint64_t task)
{
	struct mp__pool_outcome outcome = { .code = MP_EWORKER };
	int exit_code = atomic_load(&slot->exit_code);
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
		     "%s()", atomic_load(&slot->pid), how,
		     *function ? function : "task") < 0)
		outcome.message = NULL;
	outcome.number = (uint32_t)task;
	mp__record(TRACE_TASK_LOST, pool->id, (uint32_t)task, slot->process);
	settle(job, chunk, &outcome);
}

/* Its last results have been taken out of the ring. */
static void bury(struct mp_pool *pool, struct mp__worker_shm *slot)
{
	struct mp__pool_shm *shm = pool->shm;
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
	pthread_mutex_unlock(&pool->mutex);
	/* A block of a task that is over was sent. */
	if (is_open && atomic_load(&slot->block))
		mp__arena_free(atomic_load(&slot->block),
			       atomic_load(&slot->block_bytes));
	if (is_open)
		lose(pool, slot, task);
	/* Whom it would have woken. */
	mp__pool_wake_idle(shm, INT_MAX);
	/* With its state the place is the worker handler's. */
	memset((char *)slot + sizeof(slot->state), 0,
	       sizeof(*slot) - sizeof(slot->state));
	atomic_store(&slot->state, MP__WORKER_NONE);
	mp__pool_call(pool);
}

/* ---- its life ---- */

static void take_failures(struct mp_pool *pool)
{
	pthread_mutex_lock(&pool->mutex);
	struct mp__pool_failure *failure = pool->failures;
	pool->failures = NULL;
	pthread_mutex_unlock(&pool->mutex);
	while (failure) {
		struct mp__pool_failure *next = failure->next;
		struct mp__pool_outcome outcome = { .code = failure->code,
						    .number = failure->number };
		if (failure->code) {
			outcome.message = strdup(failure->message);
			mp__record(TRACE_TASK_RESULT, pool->id,
				   failure->number, failure->code);
			settle(failure->job, failure->chunk, &outcome);
		} else {
			finish(failure->job);
		}
		free(failure);
		failure = next;
	}
}

/* No worker gets through its initializer: nobody will ever do what waits. */
static void give_up_all(struct mp_pool *pool)
{
	char message[400];

	snprintf(message, sizeof(message), "no worker comes through the "
		 "initializer of the pool: %s", pool->shm->init_error);
	for (uint32_t i = 0; i < pool->entries_size; i++) {
		struct mp__pool_outcome outcome = { .code = MP_EWORKER };
		pthread_mutex_lock(&pool->mutex);
		struct mp__pool_entry *entry = &pool->entries[i];
		struct mp_async_result *job = entry->job;
		size_t chunk = entry->chunk;
		outcome.number = entry->number;
		if (job)
			mp__pool_entry_free(pool, entry);
		pthread_mutex_unlock(&pool->mutex);
		if (!job)
			continue;
		outcome.message = strdup(message);
		mp__record(TRACE_TASK_LOST, pool->id, outcome.number, 0);
		settle(job, chunk, &outcome);
	}
}

/* What is in the ring is not in the table any more: it is taken out as well, so that
 * there is room for what still waits, which fails likewise. */
static void empty_tasks(struct mp_pool *pool)
{
	struct mp__ring_shm *ring = mp__at(pool->shm->tasks);

	pthread_mutex_lock(&pool->submit);
	atomic_store(&ring->read, atomic_load(&ring->written));
	pthread_mutex_unlock(&pool->submit);
	mp__pool_wake(&ring->wants_room);
}

/* First who is dead, then the ring: what is not there after that never comes. */
static void mark_dead(struct mp__pool_shm *shm)
{
	for (uint32_t i = 0; i < shm->size; i++) {
		uint32_t dead = MP__WORKER_DEAD;
		atomic_compare_exchange_strong(&mp__pool_worker(shm, i)->state,
					       &dead, MP__WORKER_GONE);
	}
}

static void bury_marked(struct mp_pool *pool)
{
	struct mp__pool_shm *shm = pool->shm;

	for (uint32_t i = 0; i < shm->size; i++) {
		struct mp__worker_shm *slot = mp__pool_worker(shm, i);
		if (atomic_load(&slot->state) == MP__WORKER_GONE
		    && atomic_load(&shm->state) != MP__POOL_TERMINATE)
			bury(pool, slot);
	}
}

static void do_errands(struct mp_pool *pool, unsigned char *batch)
{
	struct mp__pool_shm *shm = pool->shm;

	if (atomic_exchange(&shm->errands, 0) > 0) {
		mark_dead(shm);
		drain(pool, batch);
		bury_marked(pool);
		take_failures(pool);
	}
	if (atomic_load(&pool->is_broken)) {
		empty_tasks(pool);
		give_up_all(pool);
	}
}

void *mp__pool_result_handler(void *argument)
{
	struct mp_pool *pool = argument;
	unsigned char *batch = malloc(MP__RING_BYTES_SHARED);

	mp__pool_thread_begin(pool, TRACE_ROLE_RESULT_HANDLER,
			      "result handler");
	while (batch && !atomic_load(&pool->shm->results_quit)) {
		wait_for_work(pool);
		drain(pool, batch);
		do_errands(pool, batch);
	}
	free(batch);
	mp__agent_end();
	return NULL;
}
