#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "base/error.h"
#include "process/process.h"
#include "queues/queue.h"

/* What this process has of each queue it uses. A child has no feeder, and nothing in its
 * buffer: that is its parent's. It begins with an empty mp__this. */

static bool is_of(const struct mp__queue_local *local,
		  const struct mp_queue *queue)
{
	return local && local->queue == queue && local->id == queue->head.id;
}

static struct mp__queue_local *find(struct mp_queue *queue)
{
	struct mp__queue_local *local = mp__this.queues;

	while (local && !is_of(local, queue))
		local = local->next;
	return local;
}

/* When the process leaves, what it had in shared memory is given back; unless its feeder
 * still works, for which nobody waits. */
static void give_back_at_exit(void *argument)
{
	struct mp__queue_local *local = argument;

	if (local->has_feeder)
		return;
	local->is_closed = true;
	mp__arena_free(local->shm_ref, sizeof(struct mp__feeder_shm));
}

static struct mp__queue_local *add(struct mp_queue *queue)
{
	struct mp__queue_local *local = calloc(1, sizeof(*local));

	if (local)
		local->shm_ref = mp__arena_alloc(sizeof(struct mp__feeder_shm));
	if (!local || !local->shm_ref
	    || mp__finalize(-10, give_back_at_exit, local) < 0) {
		free(local);
		mp__fail(MP_EMEMORY, "no memory for a queue");
		return NULL;
	}
	local->queue = queue;
	local->id = queue->head.id;
	pthread_mutex_init(&local->mutex, NULL);
	mp__feeder_of(local)->is_over = 1;
	local->next = mp__this.queues;
	mp__this.queues = local;
	return local;
}

struct mp__queue_local *mp__queue_local(struct mp_queue *queue)
{
	struct mp__queue_local *local = __atomic_load_n(
		&mp__this.recent_queue, __ATOMIC_ACQUIRE);

	if (is_of(local, queue))
		return local;
	pthread_mutex_lock(&mp__this.queues_mutex);
	local = find(queue);
	if (!local)
		local = add(queue);
	pthread_mutex_unlock(&mp__this.queues_mutex);
	if (local)
		__atomic_store_n(&mp__this.recent_queue, local,
				 __ATOMIC_RELEASE);
	return local;
}

void mp__queue_drop(struct mp_queue *queue)
{
	pthread_mutex_lock(&mp__this.queues_mutex);
	__atomic_store_n(&mp__this.recent_queue, NULL, __ATOMIC_RELEASE);
	for (struct mp__queue_local **at = &mp__this.queues; *at; at = &(*at)->next) {
		struct mp__queue_local *local = *at;
		if (!is_of(local, queue))
			continue;
		*at = local->next;
		mp__finalize_cancel(give_back_at_exit, local);
		mp__arena_free(local->shm_ref, sizeof(struct mp__feeder_shm));
		mp__buffer_free(&local->filling);
		free(local);
		break;
	}
	pthread_mutex_unlock(&mp__this.queues_mutex);
}
