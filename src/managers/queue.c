#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "managers/managed.h"
#include "operation/park.h"
#include "probe/probe.h"
#include "value/value.h"

/* Queue and JoinableQueue of a manager: Python's queue.Queue, in the server's own memory.
 * put() returns when the item is there; how many there are is in shared memory, so
 * that others can say who could go on. */

struct managed_queue_shm {
	struct mp__object_shm head;
	_Atomic uint32_t count, maxsize;	/* maxsize 0: no limit */
	_Atomic uint32_t changes;		/* futex of who puts and gets */
	_Atomic uint32_t sleepers;
	_Atomic uint32_t unfinished;		/* futex of who joins */
};

struct managed_item {
	struct mp_value *value;
	size_t bytes;
	uint32_t number;
	struct managed_item *next;
};

struct managed_queue {
	struct managed_queue_shm *shm;
	pthread_mutex_t mutex;			/* held for moments */
	struct managed_item *first, **last;
	uint32_t numbers;
};

/* One put or get. */
struct handing {
	struct managed_queue *queue;
	struct managed_item *item;		/* that is put; receives the other */
	uint32_t changes;			/* as they were before the try */
	bool is_busy;				/* it may not wait, and would */
};

static int create(struct mp__serving *serving, enum trace_object_kind kind)
{
	struct mp__referent *referent = serving->referent;
	struct managed_queue *queue;
	long maxsize = 0;
	int err = mp_bind(&serving->call, "maxsize=0", &maxsize);

	if (err)
		return err;
	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return mp__fail(MP_EMEMORY, "no memory for a queue");
	queue->shm = mp__object_new(kind, sizeof(*queue->shm),
				    serving->label);
	if (!queue->shm) {
		free(queue);
		return mp_error_code();
	}
	queue->shm->maxsize = maxsize <= 0 ? 0 : (uint32_t)maxsize;
	queue->last = &queue->first;
	pthread_mutex_init(&queue->mutex, NULL);
	/* It cannot be handed over as the library's queues can. */
	queue->shm->head.value_kind = 0;
	referent->object = queue;
	referent->ident = queue->shm->head.id;
	return 0;
}

static void destroy(struct mp__referent *referent)
{
	struct managed_queue *queue = referent->object;

	while (queue->first) {
		struct managed_item *item = queue->first;
		queue->first = item->next;
		mp_value_unref(item->value);
		free(item);
	}
	mp__object_end(&queue->shm->head);
	pthread_mutex_destroy(&queue->mutex);
	free(queue);
}

static int repr(const void *object, char *buffer, size_t size)
{
	return snprintf(buffer, size, "<queue.Queue object at %p>", object);
}

int mp__managed_queue_create(struct mp__serving *serving)
{
	return create(serving, TRACE_OBJECT_QUEUE);
}

int mp__managed_joinable_create(struct mp__serving *serving)
{
	return create(serving, TRACE_OBJECT_JOINABLE_QUEUE);
}

void mp__managed_queue_destroy(struct mp__referent *referent)
{
	destroy(referent);
}

void mp__managed_joinable_destroy(struct mp__referent *referent)
{
	destroy(referent);
}

char *mp__managed_queue_str(struct mp__referent *referent)
{
	return mp__managed_repr(repr, referent->object);
}

char *mp__managed_joinable_str(struct mp__referent *referent)
{
	return mp__managed_repr(repr, referent->object);
}

/* ---- operations ---- */

static bool has_room(const struct managed_queue_shm *shm)
{
	return shm->maxsize == 0 || atomic_load(&shm->count) < shm->maxsize;
}

/* The number of items has changed; the mutex is held. */
static void changed(struct managed_queue_shm *shm, uint32_t count)
{
	atomic_store(&shm->count, count);
	atomic_fetch_add(&shm->changes, 1);
	if (atomic_load(&shm->sleepers) > 0)
		mp__wake_word(&shm->changes, INT_MAX);
}

static int would_block(struct mp__op *op, struct handing *handing)
{
	handing->is_busy = op->until == MP_NOW;
	if (!handing->is_busy)
		return MP__WOULD_BLOCK;
	mp__record(op->code == MP__OP_MANAGED_PUT ? TRACE_QUEUE_FULL
						  : TRACE_QUEUE_EMPTY,
		   op->object, 0, 0);
	return 0;
}

/* What is put is told of before it is there, so that nobody gets it earlier. */
int mp__try_managed_put(struct mp__op *op)
{
	struct handing *handing = op->self;
	struct managed_queue *queue = handing->queue;
	struct managed_item *item = handing->item;

	handing->changes = atomic_load(&queue->shm->changes);
	pthread_mutex_lock(&queue->mutex);
	bool ok = has_room(queue->shm);
	if (ok) {
		item->number = ++queue->numbers;
		mp__record(op->is_waiting ? TRACE_QUEUE_PUT_WAITED
					  : TRACE_QUEUE_PUT,
			   op->object, item->number, (int64_t)item->bytes);
		*queue->last = item;
		queue->last = &item->next;
		atomic_fetch_add(&queue->shm->unfinished, 1);
		changed(queue->shm, queue->shm->count + 1);
	}
	pthread_mutex_unlock(&queue->mutex);
	return ok ? 0 : would_block(op, handing);
}

int mp__try_managed_get(struct mp__op *op)
{
	struct handing *handing = op->self;
	struct managed_queue *queue = handing->queue;

	handing->changes = atomic_load(&queue->shm->changes);
	pthread_mutex_lock(&queue->mutex);
	struct managed_item *item = queue->first;
	if (item) {
		queue->first = item->next;
		if (!queue->first)
			queue->last = &queue->first;
		changed(queue->shm, queue->shm->count - 1);
	}
	pthread_mutex_unlock(&queue->mutex);
	handing->item = item;
	if (!item)
		return would_block(op, handing);
	mp__record(op->is_waiting ? TRACE_QUEUE_GOT : TRACE_QUEUE_GET,
		   op->object, item->number, (int64_t)item->bytes);
	return 0;
}

bool mp__guard_managed_put(const struct mp__arena_shm *arena,
			   const struct mp__pending_shm *pending, int64_t now)
{
	(void)now;
	return has_room(mp__at_in(arena, pending->ref));
}

bool mp__guard_managed_get(const struct mp__arena_shm *arena,
			   const struct mp__pending_shm *pending, int64_t now)
{
	const struct managed_queue_shm *shm = mp__at_in(arena, pending->ref);

	(void)now;
	return atomic_load(&shm->count) > 0;
}

static int park_for_change(struct mp__op *op)
{
	struct handing *handing = op->self;
	struct managed_queue_shm *shm = handing->queue->shm;

	atomic_fetch_add(&shm->sleepers, 1);
	int err = mp__park_word(&shm->changes, handing->changes, op->until);
	atomic_fetch_sub(&shm->sleepers, 1);
	return err;
}

int mp__park_managed_put(struct mp__op *op)
{
	return park_for_change(op);
}

int mp__park_managed_get(struct mp__op *op)
{
	return park_for_change(op);
}

static struct managed_queue *queue_of(const struct mp__serving *serving)
{
	return serving->referent->object;
}

/* 0; MP_ETIMEOUT: not in time; MP_EINTR */
static int hand(struct mp__serving *serving, enum mp__operation code,
		struct handing *handing, mp_deadline until)
{
	handing->queue = queue_of(serving);
	struct mp__op op = {
		.code = code,
		.object = serving->referent->ident,
		.ref = mp__object_ref(handing->queue->shm),
		.self = handing,
		.until = until,
	};
	op.wait_a = mp__wait_time(until);
	int err = mp__perform(&op);
	return err ? err : handing->is_busy ? MP_ETIMEOUT : 0;
}

static struct mp_value *put(struct mp__serving *serving, struct mp_value *value,
			    mp_deadline until)
{
	struct managed_item *item = calloc(1, sizeof(*item));
	struct handing handing = { .item = item };

	if (!item) {
		mp__fail(MP_EMEMORY, "no memory for an item");
		return NULL;
	}
	item->value = mp_value_ref(value);
	item->bytes = serving->bytes;
	int err = hand(serving, MP__OP_MANAGED_PUT, &handing, until);
	if (!err)
		return mp_none();
	mp_value_unref(item->value);
	free(item);
	mp__fail(err == MP_ETIMEOUT ? MP_EFULL : err, "the queue is full");
	return NULL;
}

static struct mp_value *get(struct mp__serving *serving, mp_deadline until)
{
	struct handing handing = { 0 };
	struct mp_value *value = NULL;
	int err = hand(serving, MP__OP_MANAGED_GET, &handing, until);

	if (err) {
		mp__fail(err == MP_ETIMEOUT ? MP_EEMPTY : err,
			 "the queue is empty");
		return NULL;
	}
	value = handing.item->value;
	free(handing.item);
	return value;
}

/* ---- methods ---- */

struct mp_value *mp__managed_queue_put(struct mp__serving *serving)
{
	struct mp_value *item;
	mp_deadline until;

	if (mp__managed_until(&serving->call, "item block=True timeout=None",
			      &item, &until) < 0)
		return NULL;
	return put(serving, item, until);
}

struct mp_value *mp__managed_queue_put_nowait(struct mp__serving *serving)
{
	return mp__managed_only(serving, 1)
		       ? put(serving, mp__managed_argument(serving, 0), MP_NOW)
		       : NULL;
}

struct mp_value *mp__managed_queue_get(struct mp__serving *serving)
{
	mp_deadline until;

	if (mp__managed_until(&serving->call, "block=True timeout=None", NULL,
			      &until) < 0)
		return NULL;
	return get(serving, until);
}

struct mp_value *mp__managed_queue_get_nowait(struct mp__serving *serving)
{
	return mp__managed_only(serving, 0) ? get(serving, MP_NOW) : NULL;
}

/* which: as in the event queue.look */
static struct mp_value *look(struct mp__serving *serving, int which)
{
	const struct managed_queue_shm *shm = queue_of(serving)->shm;
	uint32_t count = atomic_load(&shm->count);
	uint32_t told = count;

	if (!mp__managed_only(serving, 0))
		return NULL;
	if (which == 2)
		told = count == 0;
	else if (which == 3)
		told = !has_room(shm);
	mp__record(TRACE_QUEUE_LOOK, serving->referent->ident, told, which);
	return which == 1 ? mp_uint(told) : mp_bool(told);
}

struct mp_value *mp__managed_queue_qsize(struct mp__serving *serving)
{
	return look(serving, 1);
}

struct mp_value *mp__managed_queue_empty(struct mp__serving *serving)
{
	return look(serving, 2);
}

struct mp_value *mp__managed_queue_full(struct mp__serving *serving)
{
	return look(serving, 3);
}

struct mp_value *mp__managed_queue_task_done(struct mp__serving *serving)
{
	struct managed_queue *queue = queue_of(serving);

	if (!mp__managed_only(serving, 0))
		return NULL;
	pthread_mutex_lock(&queue->mutex);
	uint32_t left = atomic_load(&queue->shm->unfinished);
	if (left > 0) {
		mp__record(TRACE_TASK_DONE, serving->referent->ident, left - 1,
			   0);
		atomic_store(&queue->shm->unfinished, left - 1);
	}
	pthread_mutex_unlock(&queue->mutex);
	if (left == 1)
		mp__wake_word(&queue->shm->unfinished, INT_MAX);
	if (left > 0)
		return mp_none();
	mp__fail(MP_EVALUE, "task_done() called too many times");
	return NULL;
}

/* ---- join ---- */

int mp__try_managed_join(struct mp__op *op)
{
	struct managed_queue *queue = op->self;

	op->argument = atomic_load(&queue->shm->unfinished);
	return op->argument == 0 ? 0 : MP__WOULD_BLOCK;
}

bool mp__guard_managed_join(const struct mp__arena_shm *arena,
			    const struct mp__pending_shm *pending, int64_t now)
{
	const struct managed_queue_shm *shm = mp__at_in(arena, pending->ref);

	(void)now;
	return atomic_load(&shm->unfinished) == 0;
}

int mp__park_managed_join(struct mp__op *op)
{
	struct managed_queue *queue = op->self;

	return mp__park_word(&queue->shm->unfinished, (uint32_t)op->argument,
			     op->until);
}

struct mp_value *mp__managed_queue_join(struct mp__serving *serving)
{
	struct managed_queue *queue = queue_of(serving);

	if (!mp__managed_only(serving, 0))
		return NULL;
	int err = mp__perform(&(struct mp__op){
		.code = MP__OP_MANAGED_JOIN,
		.object = serving->referent->ident,
		.ref = mp__object_ref(queue->shm),
		.self = queue,
		.until = MP_FOREVER,
		.wait_a = atomic_load(&queue->shm->unfinished),
	});
	return err < 0 ? NULL : mp_none();
}
