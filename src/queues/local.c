#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "base/error.h"
#include "queues/queue.h"

/* What this process has of each queue it uses. */

static struct mp__queue_local *locals;
static pthread_mutex_t locals_mutex = PTHREAD_MUTEX_INITIALIZER;
static _Atomic(struct mp__queue_local *) recent;

static bool is_of(const struct mp__queue_local *local,
		  const struct mp_queue *queue)
{
	return local && local->queue == queue && local->id == queue->head.id;
}

static struct mp__queue_local *find(struct mp_queue *queue)
{
	struct mp__queue_local *local = locals;

	while (local && !is_of(local, queue))
		local = local->next;
	return local;
}

static struct mp__queue_local *add(struct mp_queue *queue)
{
	struct mp__queue_local *local = calloc(1, sizeof(*local));

	if (local)
		local->shm_ref = mp__arena_alloc(sizeof(struct mp__feeder_shm));
	if (!local || !local->shm_ref) {
		free(local);
		mp__fail(MP_EMEMORY, "no memory for a queue");
		return NULL;
	}
	local->queue = queue;
	local->id = queue->head.id;
	pthread_mutex_init(&local->mutex, NULL);
	mp__feeder_of(local)->is_over = 1;
	local->next = locals;
	locals = local;
	return local;
}

struct mp__queue_local *mp__queue_local(struct mp_queue *queue)
{
	struct mp__queue_local *local = atomic_load_explicit(
		&recent, memory_order_acquire);

	if (is_of(local, queue))
		return local;
	pthread_mutex_lock(&locals_mutex);
	local = find(queue);
	if (!local)
		local = add(queue);
	pthread_mutex_unlock(&locals_mutex);
	if (local)
		atomic_store_explicit(&recent, local, memory_order_release);
	return local;
}

void mp__queue_drop(struct mp_queue *queue)
{
	pthread_mutex_lock(&locals_mutex);
	atomic_store(&recent, NULL);
	for (struct mp__queue_local **at = &locals; *at; at = &(*at)->next) {
		struct mp__queue_local *local = *at;
		if (!is_of(local, queue))
			continue;
		*at = local->next;
		mp__arena_free(local->shm_ref, sizeof(struct mp__feeder_shm));
		mp__buffer_free(&local->filling);
		free(local);
		break;
	}
	pthread_mutex_unlock(&locals_mutex);
}

/* A child has no feeder, and nothing in its buffer: that is its parent's. What the
 * parent's memory held is kept reachable, and no more. */
static struct mp__queue_local *of_my_ancestors;

static void forget(void)
{
	pthread_mutex_init(&locals_mutex, NULL);
	of_my_ancestors = locals;
	(void)of_my_ancestors;
	locals = NULL;
	atomic_store(&recent, NULL);
}

__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget);
}
