#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool/pool.h"
#include "value/value.h"

/* What has become of a task is written down in its job; and when all its tasks are over,
 * the job is: first the callback, then those go on who wait. In the result handler. */

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

void mp__pool_settle(struct mp_async_result *job, size_t chunk,
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

/* ---- what failed before it was in the ring ---- */

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

void mp__pool_take_failures(struct mp_pool *pool)
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
			mp__pool_settle(failure->job, failure->chunk, &outcome);
		} else {
			finish(failure->job);
		}
		free(failure);
		failure = next;
	}
}
