#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "queues/queue.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "value/pack.h"

/* ---- making ---- */

static const struct {
	enum trace_object_kind object;
	const char *class;
} kinds[] = {
	[MP_QUEUE] = { TRACE_OBJECT_QUEUE, "Queue" },
	[MP_JOINABLE_QUEUE] = { TRACE_OBJECT_JOINABLE_QUEUE, "JoinableQueue" },
	[MP_SIMPLE_QUEUE] = { TRACE_OBJECT_SIMPLE_QUEUE, "SimpleQueue" },
};

struct mp_queue *mp_queue_create(const struct mp_queue_options *options)
{
	MP__ENTER();
	if (options->kind > MP_SIMPLE_QUEUE) {
		mp__fail(MP_EVALUE, "no such kind of queue: %d",
			 (int)options->kind);
		return NULL;
	}
	mp__ref ring = mp__arena_alloc(sizeof(struct mp__ring_shm));
	if (!ring)
		return NULL;
	struct mp_queue *queue = mp__object_new(kinds[options->kind].object,
						sizeof(*queue), options->name);
	if (!queue) {
		mp__arena_free(ring, sizeof(struct mp__ring_shm));
		return NULL;
	}
	queue->kind = options->kind;
	queue->ring_ref = ring;
	queue->maxsize = options->maxsize > 0 && options->maxsize < INT_MAX
				 ? (uint32_t)options->maxsize
				 : INT_MAX;
	mp__sem_init(&queue->slots, queue->maxsize, queue->maxsize);
	return queue;
}

void mp_queue_destroy(struct mp_queue *queue)
{
	if (!queue || !mp__object_may_end(&queue->head))
		return;
	struct mp__queue_local *local = mp__queue_local(queue);
	if (local && local->has_feeder) {
		mp__feeder_quit(local);
		while (mp__feeder_join(local) < 0)
			;
	}
	if (local)
		mp__feeder_forget(local);
	mp__queue_drop(queue);
	mp__arena_free(queue->ring_ref, sizeof(struct mp__ring_shm));
	mp__object_end(&queue->head);
}

static int is_closed(const struct mp_queue *queue)
{
	if (queue->kind == MP_SIMPLE_QUEUE)
		return mp__fail(MP_EOS, "handle is closed");
	return mp__fail(MP_ECLOSED, "Queue is closed");
}

/* ---- put ---- */

/* An item: a value, or bytes of the program's own. */
struct item {
	struct mp_queue *queue;
	struct mp__queue_local *local;
	const struct mp_value *value;	/* NULL: the bytes */
	const void *bytes;
	size_t size;
};

/* Append a frame; `queue.put` is told before anybody can get it. */
static int append(struct item *item, struct mp__buffer *buffer, uint32_t kind)
{
	struct mp__frame frame = { 0 };
	size_t start = buffer->len;
	int err = mp__buffer_add(buffer, &frame, sizeof(frame));

	if (!err)
		err = item->value ? mp__pack(buffer, item->value)
				  : mp__buffer_add(buffer, item->bytes,
						   item->size);
	size_t length = buffer->len - start - sizeof(frame);
	if (!err && length > UINT32_MAX)
		err = mp__fail(MP_EVALUE, "an item may have at most 4 GiB");
	if (err) {
		buffer->len = start;
		return err;
	}
	frame.length = (uint32_t)length;
	frame.number = atomic_fetch_add_explicit(&item->queue->next_item, 1,
						 memory_order_relaxed) + 1;
	memcpy(buffer->bytes + start, &frame, sizeof(frame));
	mp__record(kind, item->queue->head.id, frame.number, frame.length);
	return 0;
}

static int append_to_buffer(struct item *item, bool has_waited)
{
	struct mp__queue_local *local = item->local;
	struct mp__feeder_shm *feeder = mp__feeder_of(local);

	pthread_mutex_lock(&local->mutex);
	int err = local->is_closed ? is_closed(item->queue) : 0;
	if (!err && !local->has_feeder)
		err = mp__feeder_start(local);
	if (!err)
		err = append(item, &local->filling,
			     has_waited ? TRACE_QUEUE_PUT_WAITED
					: TRACE_QUEUE_PUT);
	if (!err && item->queue->kind == MP_JOINABLE_QUEUE)
		atomic_fetch_add(&item->queue->unfinished, 1);
	if (!err)
		atomic_fetch_add(&feeder->buffered, 1);
	pthread_mutex_unlock(&local->mutex);
	if (!err)
		mp__feeder_wake(local);
	return err;
}

int mp__try_queue_put(struct mp__op *op)
{
	struct item *item = op->self;
	struct mp_queue *queue = item->queue;

	if (!mp__sem_take(&queue->slots, op->has_slept, NULL)) {
		if (op->until != MP_NOW)
			return MP__WOULD_BLOCK;
		mp__record(TRACE_QUEUE_FULL, op->object, 0, 0);
		return MP_ETIMEOUT;
	}
	int err = append_to_buffer(item, op->is_waiting);
	if (err)
		mp__sem_give(&queue->slots);
	return err;
}

bool mp__guard_queue_put(const struct mp__arena_shm *arena,
			 const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp_queue *queue = mp__at_in(arena, pending->ref);

	(void)now;
	return mp__sem_value(&queue->slots) > 0;
}

int mp__park_queue_put(struct mp__op *op)
{
	struct item *item = op->self;

	return mp__sem_park(&item->queue->slots, op->until, &op->has_slept);
}

static int put_with_feeder(struct item *item, mp_deadline until)
{
	struct mp_queue *queue = item->queue;
	struct mp__op op = {
		.code = MP__OP_QUEUE_PUT,
		.object = queue->head.id,
		.ref = mp__object_ref(queue),
		.self = item,
		.until = until,
	};

	if (until != MP_NOW)
		op.wait_a = mp__wait_time(until);
	int err = mp__perform(&op);
	if (err == MP_EINTR)
		mp__fail(err, "interrupted by a signal");
	return err == MP_ETIMEOUT ? mp__fail(MP_EFULL, "the queue is full")
				  : err;
}

/* A SimpleQueue has no feeder: whoever puts waits for room himself. */
static int put_directly(struct item *item)
{
	struct mp__buffer buffer = { 0 };
	int err = append(item, &buffer, TRACE_QUEUE_PUT);

	if (!err) {
		struct mp__queue_job job = {
			.queue = item->queue,
			.bytes = buffer.bytes,
			.length = buffer.len,
			.is_quiet = true,
		};
		err = mp__queue_write(&job, MP__OP_SIMPLE_PUT);
	}
	mp__buffer_free(&buffer);
	return err;
}

static int put(struct item *item, mp_deadline until)
{
	item->local = mp__queue_local(item->queue);
	if (!item->local)
		return mp_error_code();
	if (item->local->is_closed)
		return is_closed(item->queue);
	return item->queue->kind == MP_SIMPLE_QUEUE
		       ? put_directly(item)
		       : put_with_feeder(item, until);
}

int mp_queue_put(struct mp_queue *queue, struct mp_value *value, int64_t until)
{
	MP__ENTER();
	struct item item = { .queue = queue, .value = value };
	int err = value ? put(&item, until) : mp_error_code();

	mp_value_unref(value);
	return err;
}

int mp_queue_put_bytes(struct mp_queue *queue, const void *bytes, size_t size,
		       int64_t until)
{
	MP__ENTER();
	struct item item = { .queue = queue, .bytes = bytes, .size = size };

	return put(&item, until);
}

/* ---- get ---- */

static int get(struct mp_queue *queue, int64_t until, void *small,
	       size_t small_size, void **bytes, size_t *size)
{
	struct mp__queue_local *local = mp__queue_local(queue);

	if (!local)
		return mp_error_code();
	if (local->is_closed)
		return is_closed(queue);
	int err = mp__queue_read(queue, until, small, small_size, bytes, size);
	return err == MP_ETIMEOUT ? mp__fail(MP_EEMPTY, "the queue is empty")
				  : err;
}

struct mp_value *mp_queue_get(struct mp_queue *queue, int64_t until)
{
	MP__ENTER();
	struct mp_value *value = NULL;
	char small[512];
	void *bytes = NULL;
	size_t size = 0;

	if (get(queue, until, small, sizeof(small), &bytes, &size) < 0)
		return NULL;
	mp_value_unpack(bytes, size, &value);
	if (bytes != small)
		free(bytes);
	return value;
}

int mp_queue_get_bytes(struct mp_queue *queue, void **bytes, size_t *size,
		       int64_t until)
{
	MP__ENTER();
	int err = get(queue, until, NULL, 0, bytes, size);

	/* An empty item is memory, too. */
	if (!err && !*bytes)
		*bytes = malloc(1);
	return err;
}

/* ---- closing ---- */

int mp_queue_close(struct mp_queue *queue)
{
	MP__ENTER();
	struct mp__queue_local *local = mp__queue_local(queue);

	if (!local)
		return mp_error_code();
	pthread_mutex_lock(&local->mutex);
	bool was_open = !local->is_closed;
	local->is_closed = true;
	bool has_feeder = local->has_feeder;
	pthread_mutex_unlock(&local->mutex);
	if (was_open)
		mp__record(TRACE_QUEUE_CLOSE, queue->head.id, 0, 0);
	if (has_feeder)
		mp__feeder_quit(local);
	return 0;
}

int mp_queue_join_thread(struct mp_queue *queue)
{
	MP__ENTER();
	struct mp__queue_local *local = mp__queue_local(queue);

	if (!local)
		return mp_error_code();
	if (!local->is_closed)
		return mp__fail(MP_ESTATE, "Queue %s not closed",
				kinds[queue->kind].class);
	return local->has_feeder ? mp__feeder_join(local) : 0;
}

void mp_queue_cancel_join_thread(struct mp_queue *queue)
{
	MP__ENTER();
	struct mp__queue_local *local = mp__queue_local(queue);

	if (local)
		local->does_not_wait = true;
	mp__record(TRACE_QUEUE_CANCEL_JOIN, queue->head.id, 0, 0);
}

int mp_queue_repr(const struct mp_queue *queue, char *buffer, size_t size)
{
	return snprintf(buffer, size, "<multiprocessing.queues.%s object at %p>",
			kinds[queue->kind].class, (const void *)queue);
}

static int repr(void *object, char *buffer, size_t size)
{
	return mp_queue_repr(object, buffer, size);
}

__attribute__((constructor)) static void offer(void)
{
	mp__object_set_repr(MP_OBJECT_QUEUE, repr);
}
