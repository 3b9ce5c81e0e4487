#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>
#include <stdlib.h>

#include "base/error.h"
#include "pool/pool.h"
#include "process/process.h"

/* AsyncResult: what is to come, and waiting for it. */

struct mp_async_result *mp__job_new(struct mp_pool *pool, enum mp__job_kind kind)
{
	if (mp__pool_check_running(pool) < 0)
		return NULL;
	/* Any may be an iterator's. */
	struct mp_pool_iterator *iterator = calloc(1, sizeof(*iterator));
	if (!iterator) {
		mp__fail(MP_EMEMORY, "no memory for a task");
		return NULL;
	}
	struct mp_async_result *job = &iterator->job;
	job->pool = pool;
	job->kind = kind;
	job->chunksize = 1;
	pthread_mutex_lock(&pool->mutex);
	/* It may have ended since we looked; then nobody would say so to this one. */
	int err = pool->has_ended ? mp__fail(MP_EVALUE, "Pool not running")
				  : mp__pool_word_new(job);
	if (!err) {
		job->older = pool->jobs;
		if (pool->jobs)
			pool->jobs->newer = job;
		pool->jobs = job;
	}
	pthread_mutex_unlock(&pool->mutex);
	if (err) {
		free(job);
		return NULL;
	}
	atomic_fetch_add(&pool->open_jobs, 1);
	return job;
}

void mp__job_free(struct mp_async_result *job)
{
	struct mp_pool *pool = job->pool;

	if (job->older)
		job->older->newer = job->newer;
	if (job->newer)
		job->newer->older = job->older;
	else
		pool->jobs = job->older;
	mp__pool_word_free(job);
	mp__iterator_free_outcomes(job);
	mp__buffer_free(&job->bytes);
	mp_value_unref(job->items);
	mp_value_unref(job->value);
	free(job->message);
	free(job->traceback);
	free(job);
}

void mp__job_destroy(struct mp_async_result *job)
{
	struct mp_pool *pool;

	if (!job || job->pool->creator != mp__this.pid)
		return;
	pool = job->pool;
	pthread_mutex_lock(&pool->mutex);
	if (job->is_done)
		mp__job_free(job);
	else
		job->is_dropped = true;
	pthread_mutex_unlock(&pool->mutex);
}

void mp_async_result_destroy(struct mp_async_result *result)
{
	mp__job_destroy(result);
}

/* ---- waiting ---- */

void mp__job_ready(struct mp_async_result *job, uint32_t word)
{
	_Atomic uint32_t *at = mp__pool_word(job);

	if (atomic_exchange(at, word) == MP__WORD_ASLEEP)
		mp__wake_word(at, INT_MAX);
}

/* Nobody waits for ever for what never comes; for a time, one may. */
static bool is_over(uint32_t word, mp_deadline until)
{
	return word == MP__WORD_READY
	       || (word == MP__WORD_NEVER && until == MP_FOREVER);
}

int mp__try_result_wait(struct mp__op *op)
{
	uint32_t word = atomic_load(mp__pool_word(op->self));

	if (word == MP__WORD_READY)
		return 0;
	if (is_over(word, op->until))
		return mp__fail(MP_ERUNTIME, "the pool was terminated before "
					     "this was done: it never will be");
	/* Not a wait that ends at once: nothing is told of one. */
	return op->until == MP_NOW ? MP_ETIMEOUT : MP__WOULD_BLOCK;
}

/* argument: place of the word in its unit */
bool mp__guard_result_wait(const struct mp__arena_shm *arena,
			   const struct mp__pending_shm *pending, int64_t now)
{
	const _Atomic uint32_t *words = mp__at_in(arena, pending->ref);

	(void)now;
	return is_over(atomic_load(&words[pending->argument]), pending->until);
}

int mp__park_result_wait(struct mp__op *op)
{
	_Atomic uint32_t *word = mp__pool_word(op->self);
	uint32_t expected = MP__WORD_PENDING;

	if (!atomic_compare_exchange_strong(word, &expected, MP__WORD_ASLEEP)
	    && expected == MP__WORD_READY)
		return 0;
	if (expected == MP__WORD_PENDING)
		expected = MP__WORD_ASLEEP;
	return mp__park_word(word, expected, op->until);
}

int mp__job_wait(struct mp_async_result *job, mp_deadline until,
		 enum mp__operation code)
{
	struct mp__op op = {
		.code = code,
		.object = job->pool->id,
		.ref = job->word_ref,
		.argument = job->word_place,
		.self = job,
		.until = until,
		.wait_b = job->number,
		.a = job->number,
	};

	/* The clock is read for those only who have to wait. */
	if (until != MP_NOW
	    && atomic_load(mp__pool_word(job)) != MP__WORD_READY)
		op.wait_a = mp__wait_time(until);
	int err = mp__perform(&op);
	return err == MP_EINTR ? mp__fail(err, "interrupted by a signal") : err;
}

/* ---- getting ---- */

static int check_here(const struct mp_async_result *result)
{
	return mp__pool_check(result->pool);
}

struct mp_value *mp_async_result_get(struct mp_async_result *result,
				     int64_t until)
{
	MP__ENTER();
	if (check_here(result) < 0)
		return NULL;
	int err = mp__job_wait(result, until, MP__OP_RESULT_WAIT);
	if (err) {
		if (err == MP_ETIMEOUT)
			mp__fail(err, "the result is not there yet");
		return NULL;
	}
	mp__record(TRACE_RESULT_COLLECT, result->pool->id, result->number,
		   result->code);
	if (!result->code)
		return mp_value_ref(result->value);
	mp__fail(result->code, "%s", result->message ? result->message : "");
	mp__report_remote(result->traceback);
	return NULL;
}

int mp_async_result_wait(struct mp_async_result *result, int64_t until)
{
	MP__ENTER();
	int err = check_here(result);

	if (!err)
		err = mp__job_wait(result, until, MP__OP_RESULT_WAIT);
	return err == MP_ETIMEOUT ? 0 : err;
}

bool mp_async_result_ready(struct mp_async_result *result)
{
	return atomic_load(mp__pool_word(result)) == MP__WORD_READY;
}

int mp_async_result_successful(struct mp_async_result *result)
{
	MP__ENTER();
	if (!mp_async_result_ready(result))
		return mp__fail(MP_EVALUE, "the result is not ready");
	return result->code == 0;
}

const char *mp_async_result_traceback(struct mp_async_result *result)
{
	return mp_async_result_ready(result) ? result->traceback : NULL;
}
