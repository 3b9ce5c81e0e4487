#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "base/error.h"
#include "pool/pool.h"
#include "process/process.h"
#include "value/value.h"

/* imap: outcomes in a circle, each at the place its chunk has, or its turn of arrival.
 * The word is ready while there is something to be had, or nothing more will come.
 * All under pool->mutex. */

#define FIRST_OUTCOMES 16u

static struct mp__pool_outcome *outcome_at(const struct mp_async_result *job,
					   size_t chunk)
{
	return &job->outcomes[chunk & (job->outcomes_size - 1)];
}

static int make_room(struct mp_async_result *job, size_t chunk)
{
	size_t size = job->outcomes_size ? job->outcomes_size : FIRST_OUTCOMES;

	while (chunk - job->first >= size)
		size *= 2;
	if (size == job->outcomes_size)
		return 0;
	struct mp__pool_outcome *bigger = calloc(size, sizeof(*bigger));
	if (!bigger)
		return MP_EMEMORY;
	for (size_t i = 0; i < job->outcomes_size; i++)
		bigger[(job->first + i) & (size - 1)] =
			*outcome_at(job, job->first + i);
	free(job->outcomes);
	job->outcomes = bigger;
	job->outcomes_size = size;
	return 0;
}

static bool is_next_there(const struct mp_async_result *job)
{
	return job->outcomes_size && outcome_at(job, job->first)->is_there;
}

static bool is_at_end(const struct mp_async_result *job)
{
	return job->has_ended
	       || (job->is_done && job->first >= job->chunks);
}

void mp__iterator_signal(struct mp_async_result *job)
{
	bool is_ready = job->opened || is_next_there(job) || is_at_end(job);
	uint32_t ready = MP__WORD_READY;
	uint32_t nothing = job->pool->has_ended ? MP__WORD_NEVER
						: MP__WORD_PENDING;

	if (is_ready)
		mp__job_ready(job, MP__WORD_READY);
	else
		atomic_compare_exchange_strong(mp__pool_word(job), &ready,
					       nothing);
}

static void drop(struct mp__pool_outcome *outcome)
{
	mp_value_unref(outcome->value);
	free(outcome->message);
	free(outcome->traceback);
	*outcome = (struct mp__pool_outcome){ 0 };
}

void mp__iterator_deliver(struct mp_async_result *job, size_t chunk,
			  struct mp__pool_outcome outcome)
{
	if (job->kind == MP__JOB_UNORDERED)
		chunk = job->arrived++;
	if (job->is_dropped || job->has_ended) {
		drop(&outcome);
		return;
	}
	if (make_room(job, chunk) < 0)
		abort();	/* else somebody would wait for ever */
	*outcome_at(job, chunk) = outcome;
	mp__iterator_signal(job);
}

void mp__iterator_free_outcomes(struct mp_async_result *job)
{
	for (size_t i = 0; i < job->outcomes_size; i++)
		drop(&job->outcomes[i]);
	free(job->outcomes);
	mp_value_unref(job->opened);
}

/* ---- next ---- */

/* The next item of a chunk that was opened. */
static struct mp_value *next_opened(struct mp_async_result *job)
{
	struct mp_value *chunk = job->opened;
	struct mp_value *value =
		mp_value_ref(mp_value_item(chunk, (ssize_t)job->opened_at++));

	if (job->opened_at >= chunk->len) {
		mp_value_unref(chunk);
		job->opened = NULL;
	}
	return value;
}

/* What is there now. false: nothing; outcome without value and code: the end */
static bool take(struct mp_async_result *job, struct mp__pool_outcome *outcome)
{
	if (job->has_ended || (!job->opened && !is_next_there(job)))
		return is_at_end(job);
	if (!job->opened) {
		*outcome = *outcome_at(job, job->first);
		*outcome_at(job, job->first++) = (struct mp__pool_outcome){ 0 };
		mp__record(TRACE_RESULT_COLLECT, job->pool->id, outcome->number,
			   outcome->code);
		if (outcome->code && job->chunksize > 1)
			job->has_ended = true;
		if (outcome->code || job->chunksize == 1)
			return true;
		job->opened = outcome->value;
		job->opened_at = 0;
	}
	outcome->value = next_opened(job);
	return true;
}

struct mp_value *mp_pool_iterator_next(struct mp_pool_iterator *iterator,
				       int64_t until)
{
	MP__ENTER();
	struct mp_async_result *job = &iterator->job;
	struct mp__pool_outcome outcome = { 0 };
	bool is_there = false;

	if (mp__pool_check(job->pool) < 0)
		return NULL;
	while (!is_there) {
		int err = mp__job_wait(job, until, MP__OP_POOL_NEXT);
		if (err == MP_ETIMEOUT)
			mp__fail(err, "the next result is not there yet");
		if (err)
			return NULL;
		/* Another thread may have taken it. */
		pthread_mutex_lock(&job->pool->mutex);
		is_there = take(job, &outcome);
		mp__iterator_signal(job);
		pthread_mutex_unlock(&job->pool->mutex);
	}
	if (outcome.code) {
		mp__fail(outcome.code, "%s",
			 outcome.message ? outcome.message : "");
		mp__report_remote(outcome.traceback);
		drop(&outcome);
	} else if (!outcome.value) {
		mp__fail(MP_ESTOP, "there are no more results");
	}
	return outcome.value;
}

void mp_pool_iterator_destroy(struct mp_pool_iterator *iterator)
{
	mp__job_destroy(iterator ? &iterator->job : NULL);
}
