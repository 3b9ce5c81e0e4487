#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>

#include "base/clock.h"
#include "base/error.h"
#include "pool/pool.h"
#include "process/process.h"

/* close, terminate, join: the ends of a pool. */

#define LONGEST_SLEEP_NS INT64_C(500000000)

int mp__try_pool_join(struct mp__op *op)
{
	const struct mp__pool_shm *shm = mp__at(op->ref);

	return atomic_load(&shm->is_over) ? 0 : MP__WOULD_BLOCK;
}

bool mp__guard_pool_join(const struct mp__arena_shm *arena,
			 const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__pool_shm *shm = mp__at_in(arena, pending->ref);

	(void)now;
	return atomic_load(&shm->is_over);
}

int mp__park_pool_join(struct mp__op *op)
{
	struct mp__pool_shm *shm = mp__at(op->ref);
	int err = mp__park_word(&shm->is_over, 0, mp__now() + LONGEST_SLEEP_NS);

	return err == MP_ETIMEOUT ? 0 : err;
}

static struct mp__op op_on(struct mp_pool *pool, enum mp__operation code)
{
	return (struct mp__op){
		.code = code,
		.object = pool->id,
		.ref = mp__object_ref(pool->shm),
		.self = pool,
		.until = MP_FOREVER,
	};
}

/* Such a callback may ask for the end, but not wait for it: it is a part of it. */
bool mp__pool_is_own_thread(const struct mp_pool *pool)
{
	pthread_t self = pthread_self();

	return pthread_equal(self, pool->result_handler)
	       || (pool->has_task_handler
		   && pthread_equal(self, pool->task_handler));
}

static int wait_for_end(struct mp_pool *pool)
{
	struct mp__op op = op_on(pool, MP__OP_POOL_JOIN);

	if (mp__pool_is_own_thread(pool))
		return 0;
	int err = mp__perform(&op);
	if (err)
		return mp__fail(err, "interrupted by a signal");
	pthread_mutex_lock(&pool->submit);
	bool is_first = !pool->is_joined;
	pool->is_joined = true;
	pthread_mutex_unlock(&pool->submit);
	if (is_first) {
		pthread_join(pool->worker_handler, NULL);
		pthread_join(pool->result_handler, NULL);
		if (pool->has_task_handler)
			pthread_join(pool->task_handler, NULL);
	}
	return 0;
}

int mp__try_pool_close(struct mp__op *op)
{
	struct mp_pool *pool = op->self;
	uint32_t state = MP__POOL_RUN;

	if (!atomic_compare_exchange_strong(&pool->shm->state, &state,
					    MP__POOL_CLOSE))
		return 0;
	mp__record(TRACE_POOL_CLOSE, pool->id, atomic_load(&pool->open_jobs),
		   0);
	mp__pool_maybe_quit(pool);
	return 0;
}

int mp_pool_close(struct mp_pool *pool)
{
	MP__ENTER();
	struct mp__op op = op_on(pool, MP__OP_POOL_CLOSE);
	int err = mp__pool_check(pool);

	return err ? err : mp__perform(&op);
}

int mp__try_pool_terminate(struct mp__op *op)
{
	struct mp_pool *pool = op->self;

	if (atomic_exchange(&pool->shm->state, MP__POOL_TERMINATE)
	    == MP__POOL_TERMINATE)
		return 0;
	mp__record(TRACE_POOL_TERMINATE, pool->id,
		   atomic_load(&pool->open_jobs), 0);
	mp__pool_drop_waiting(pool);
	mp__pool_call(pool);
	return 0;
}

int mp_pool_terminate(struct mp_pool *pool)
{
	MP__ENTER();
	struct mp__op op = op_on(pool, MP__OP_POOL_TERMINATE);
	int err = mp__pool_check(pool);

	if (err || pool->is_joined)
		return err;
	mp__perform(&op);
	while (wait_for_end(pool) < 0)
		;
	return 0;
}

int mp_pool_join(struct mp_pool *pool)
{
	MP__ENTER();
	int err = mp__pool_check(pool);

	if (!err && atomic_load(&pool->shm->state) == MP__POOL_RUN)
		err = mp__fail(MP_EVALUE, "Pool is still running");
	if (!err && pool->is_joined)
		mp__record(TRACE_POOL_JOIN_DONE, pool->id, 0, 0);
	return err || pool->is_joined ? err : wait_for_end(pool);
}

/* ---- MP_WITH_POOL ---- */

struct mp_with_pool mp_with_pool_enter(struct mp_pool *pool)
{
	MP__ENTER();
	struct mp_with_pool with = { pool };

	if (pool && mp__pool_check_running(pool) < 0)
		with.pool = NULL;
	return with;
}

void mp_with_pool_leave(struct mp_with_pool *with)
{
	struct mp_pool *pool = with->pool;

	with->pool = NULL;
	if (pool)
		(mp_pool_terminate)(pool);
}
