#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/error.h"
#include "queues/queue.h"

/* How full is it? An answer may be out of date before it is read. */

#define QSIZE 1		/* as `queue.look` tells what was asked */
#define EMPTY 2
#define FULL 3

int mp__try_queue_look(struct mp__op *op)
{
	const struct mp_queue *queue = op->self;
	uint32_t value = mp__sem_value(&queue->slots);

	op->b = op->argument;
	switch (op->argument) {
	case QSIZE:
		op->a = queue->maxsize - value;
		break;
	case EMPTY:
		op->a = mp__ring_used(mp__queue_ring(queue)) == 0;
		break;
	default:
		op->a = value == 0;
		break;
	}
	return 0;
}

static long look(struct mp_queue *queue, int what)
{
	struct mp__op op = {
		.code = MP__OP_QUEUE_LOOK,
		.object = queue->head.id,
		.ref = mp__object_ref(queue),
		.self = queue,
		.argument = what,
		.until = MP_FOREVER,
	};

	mp__perform(&op);
	return op.a;
}

static int check_slots(const struct mp_queue *queue)
{
	return queue->kind == MP_SIMPLE_QUEUE
		       ? mp__fail(MP_EATTRIBUTE, "a SimpleQueue does not count "
						 "its items")
		       : 0;
}

long mp_queue_qsize(struct mp_queue *queue)
{
	MP__ENTER();
	int err = check_slots(queue);

	return err ? err : look(queue, QSIZE);
}

int mp_queue_empty(struct mp_queue *queue)
{
	MP__ENTER();
	struct mp__queue_local *local = mp__queue_local(queue);

	if (local && local->is_closed)
		return mp__fail(MP_EOS, "handle is closed");
	return (int)look(queue, EMPTY);
}

int mp_queue_full(struct mp_queue *queue)
{
	MP__ENTER();
	int err = check_slots(queue);

	return err ? err : (int)look(queue, FULL);
}
