#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>

#include "base/error.h"
#include "queues/queue.h"

/* JoinableQueue: how many items have not been dealt with yet. */

static int no_tasks(const struct mp_queue *queue)
{
	if (queue->kind == MP_JOINABLE_QUEUE)
		return 0;
	return mp__fail(MP_EATTRIBUTE, "only a JoinableQueue counts tasks");
}

static struct mp__op op_on(struct mp_queue *queue, enum mp__operation code)
{
	return (struct mp__op){
		.code = code,
		.object = queue->head.id,
		.ref = mp__object_ref(queue),
		.self = queue,
		.until = MP_FOREVER,
		.wait_a = atomic_load(&queue->unfinished),
	};
}

int mp__try_task_done(struct mp__op *op)
{
	struct mp_queue *queue = op->self;
	uint32_t left = atomic_load(&queue->unfinished);

	do {
		if (left == 0)
			return mp__fail(MP_EVALUE, "task_done() called too "
						   "many times");
	} while (!atomic_compare_exchange_weak(&queue->unfinished, &left,
					       left - 1));
	mp__record(TRACE_TASK_DONE, queue->head.id, left - 1, 0);
	if (left == 1)
		mp__wake_word(&queue->unfinished, INT_MAX);
	return 0;
}

int mp_queue_task_done(struct mp_queue *queue)
{
	MP__ENTER();
	struct mp__op op = op_on(queue, MP__OP_TASK_DONE);
	int err = no_tasks(queue);

	return err ? err : mp__perform(&op);
}

int mp__try_queue_join(struct mp__op *op)
{
	const struct mp_queue *queue = op->self;

	return atomic_load(&queue->unfinished) == 0 ? 0 : MP__WOULD_BLOCK;
}

bool mp__guard_queue_join(const struct mp__arena_shm *arena,
			  const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp_queue *queue = mp__at_in(arena, pending->ref);

	(void)now;
	return atomic_load(&queue->unfinished) == 0;
}

int mp__park_queue_join(struct mp__op *op)
{
	struct mp_queue *queue = op->self;
	uint32_t left = atomic_load(&queue->unfinished);

	if (left == 0)
		return 0;
	return mp__park_word_briefly(&queue->unfinished, left, op->until);
}

int mp_queue_join(struct mp_queue *queue)
{
	MP__ENTER();
	struct mp__op op = op_on(queue, MP__OP_QUEUE_JOIN);
	int err = no_tasks(queue);

	return err ? err : mp__perform(&op);
}
