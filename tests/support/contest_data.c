/* Queues, pipes, what lies in shared memory. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queues/queue.h"
#include "sharedctypes/shared.h"
#include "tests/support/contest.h"

#define LARGEST 100000		/* bytes: more than a queue or a pipe holds */
#define ITEMS 8			/* of the array */

static struct mp_queue *queue;
static struct mp_connection *ends[WORKERS / 2][2];
static struct mp_shared *value, *array;
static struct mp_memory *memory;

static void *must(void *made)
{
	if (!made)
		contest_fail(mp_error_message());
	return made;
}

/* ---- messages: each tells whether it is whole ---- */

struct message {
	uint32_t from, size;
	unsigned char bytes[LARGEST];
};
#define HEAD_BYTES 8
static struct message message;

static unsigned char byte_of(uint32_t from, uint32_t size, uint32_t at)
{
	return (unsigned char)(from * 31 + size * 7 + at);
}

/* Mostly small ones. */
static size_t write_message(uint32_t from)
{
	static uint32_t turn;
	uint32_t size = ++turn % 64 == 0 ? turn * 37 % LARGEST : turn % 200;

	message.from = from;
	message.size = size;
	for (uint32_t i = 0; i < size; i++)
		message.bytes[i] = byte_of(from, size, i);
	return HEAD_BYTES + size;
}

static bool is_whole(const void *bytes, size_t size)
{
	const struct message *m = bytes;

	if (size < HEAD_BYTES || m->size != size - HEAD_BYTES)
		return false;
	for (uint32_t i = 0; i < m->size; i++)
		if (m->bytes[i] != byte_of(m->from, m->size, i))
			return false;
	return true;
}

static void judge_message(void *bytes, size_t size)
{
	if (is_whole(bytes, size))
		atomic_fetch_add(&shared->got, size);
	else
		atomic_fetch_add(&shared->torn, 1);
	free(bytes);
}

/* ---- queues ---- */

static void make_queue(void)
{
	queue = must(mp_Queue(.maxsize = 1000));
}

static void make_joinable(void)
{
	queue = must(mp_JoinableQueue());
}

static void make_simple(void)
{
	queue = must(mp_SimpleQueue());
}

static void destroy_queue(void)
{
	mp_queue_destroy(queue);
}

static bool take_one(int64_t until)
{
	void *bytes;
	size_t size;

	if (mp_queue_get_bytes(queue, &bytes, &size, until) < 0)
		return false;
	judge_message(bytes, size);
	return true;
}

/* Half of them put, the others take; what is put comes out, once. */
static void round_queue(int me)
{
	if (me % 2) {
		take_one(mp_after(0.01));
		return;
	}
	size_t size = write_message((uint32_t)me);
	if (mp_queue_put_bytes(queue, &message, size, mp_after(0.01)) == 0)
		atomic_fetch_add(&shared->put, size);
}

/* Everybody puts and takes, so that nobody ever waits alone for room. */
static void round_simple(int me)
{
	size_t size = write_message((uint32_t)me);

	if (size > 300)
		size = write_message((uint32_t)me);
	if (mp_queue_put_bytes(queue, &message, size, MP_FOREVER) == 0)
		atomic_fetch_add(&shared->put, size);
	take_one(mp_after(0.01));
}

/* Who takes says when it is done; the last of all waits for all. */
static void round_joinable(int me)
{
	if (me == WORKERS - 1) {
		mp_queue_join(queue);
	} else if (me % 2) {
		if (take_one(mp_after(0.01)))
			mp_queue_task_done(queue);
	} else {
		round_queue(me);
		mp_sleep(0.0001);
	}
}

/* A feeder may have to get rid of what it has. */
static void drain(void)
{
	while (take_one(mp_after(0.005)))
		if (queue->kind == MP_JOINABLE_QUEUE)
			mp_queue_task_done(queue);
	/* What the dead have taken they have not done. */
	if (shared->has_kills && queue->kind == MP_JOINABLE_QUEUE)
		while (mp_queue_task_done(queue) == 0)
			;
}

static bool has_got_all(void)
{
	drain();
	if (shared->put != shared->got)
		fprintf(stderr, "%" PRIu64 " bytes were put, %" PRIu64 " got, "
			"%" PRIu64 " times none of those\n", shared->put,
			shared->got, shared->torn);
	return shared->put == shared->got && shared->torn == 0;
}

static bool mend_queue(uint32_t agent)
{
	return shared->torn == 0
	       && mp__mutex_holder(&queue->read_lock) != agent
	       && mp__mutex_holder(&queue->write_lock) != agent;
}

const struct primitive contest_queue = {
	"Queue", make_queue, destroy_queue, round_queue, drain, has_got_all,
	mend_queue, NULL
};
const struct primitive contest_joinable = {
	"JoinableQueue", make_joinable, destroy_queue, round_joinable, drain,
	has_got_all, mend_queue, NULL
};
const struct primitive contest_simple = {
	"SimpleQueue", make_simple, destroy_queue, round_simple, drain,
	has_got_all, mend_queue, NULL
};

/* ---- pipes, one between two workers ---- */

static void make_pipes(void)
{
	for (int i = 0; i < WORKERS / 2; i++)
		if (mp_Pipe(&ends[i][0], &ends[i][1]) < 0)
			contest_fail(mp_error_message());
}

static void destroy_pipes(void)
{
	for (int i = 0; i < WORKERS / 2; i++) {
		mp_connection_destroy(ends[i][0]);
		mp_connection_destroy(ends[i][1]);
	}
}

static bool receive(struct mp_connection *end)
{
	void *bytes;
	size_t size;

	while (!shared->stop && mp_connection_poll(end, mp_after(0.01)) == 0)
		;
	if (mp_connection_poll(end, MP_NOW) != 1)
		return false;
	if (mp_connection_recv_bytes(end, &bytes, &size, sizeof(message)) < 0)
		return false;
	judge_message(bytes, size);
	return true;
}

static void send(struct mp_connection *end, int me)
{
	size_t size = write_message((uint32_t)me);

	if (mp_connection_send_bytes(end, &message, size) == 0)
		atomic_fetch_add(&shared->put, size);
}

/* One speaks, the other answers. */
static void round_pipe(int me)
{
	struct mp_connection *end = ends[me / 2][me % 2];

	if (me % 2 == 0)
		send(end, me);
	if (receive(end) && me % 2)
		send(end, me);
}

static bool are_pipes_empty(void)
{
	for (int i = 0; i < WORKERS; i++)
		while (receive(ends[i / 2][i % 2]))
			;
	return shared->put == shared->got && shared->torn == 0;
}

/* A pipe in which half a message may be is of no use any more. */
static bool mend_pipe(uint32_t agent)
{
	(void)agent;
	return false;
}

const struct primitive contest_pipe = {
	"Pipe", make_pipes, destroy_pipes, round_pipe, NULL, are_pipes_empty,
	mend_pipe, NULL
};

/* ---- Value, Array ---- */

static void make_value(void)
{
	value = must(mp_Value('q', 0));
}

static void destroy_value(void)
{
	mp_shared_destroy(value);
}

static void round_value(int me)
{
	(void)me;
	MP_WITH(value)
		mp_set(value, mp_get(value) + 1);
}

static bool is_value_right(void)
{
	return (uint64_t)mp_get(value) == contest_rounds();
}

static bool has_not(struct mp_shared *object, uint32_t agent)
{
	return mp__mutex_holder(&mp_shared_lock(object)->mutex) != agent;
}

static bool mend_value(uint32_t agent)
{
	return has_not(value, agent);
}

static void make_array(void)
{
	array = must(mp_Array('q', ITEMS));
}

static void destroy_array(void)
{
	mp_shared_destroy(array);
}

/* All items are the same whenever one has the lock. */
static void round_array(int me)
{
	(void)me;
	MP_WITH(array) {
		int64_t number = mp_get_at(array, 0);
		for (int i = 0; i < ITEMS; i++) {
			if (mp_get_at(array, i) != number)
				atomic_fetch_add(&shared->torn, 1);
			mp_set_at(array, i, number + 1);
		}
	}
}

static bool is_array_right(void)
{
	for (int i = 0; i < ITEMS; i++)
		if ((uint64_t)mp_get_at(array, i) != contest_rounds())
			return false;
	return shared->torn == 0;
}

static bool mend_array(uint32_t agent)
{
	return has_not(array, agent);
}

const struct primitive contest_value = {
	"Value", make_value, destroy_value, round_value, NULL, is_value_right,
	mend_value, NULL
};
const struct primitive contest_array = {
	"Array", make_array, destroy_array, round_array, NULL, is_array_right,
	mend_array, NULL
};

/* ---- SharedMemory ---- */

#define MEMORY_BYTES 4096

/* The list of names is as long as there have been names at once: all that there will
 * be are made once. */
static void make_memory(void)
{
	struct mp_memory *all[2 * WORKERS];

	for (int i = 0; i < 2 * WORKERS; i++)
		all[i] = must(mp_SharedMemory(.create = true, .size = 1));
	for (int i = 0; i < 2 * WORKERS; i++) {
		mp_memory_unlink(all[i]);
		mp_memory_destroy(all[i]);
	}
	memory = must(mp_SharedMemory(.create = true, .size = MEMORY_BYTES));
}

static void destroy_memory(void)
{
	if (mp_memory_unlink(memory) < 0)
		contest_fail("a name was lost");
	mp_memory_destroy(memory);
}

/* A new one of its own, and one more look at the one of all. */
static void round_memory(int me)
{
	struct mp_memory *own = mp_SharedMemory(.create = true,
						.size = MEMORY_BYTES);
	struct mp_memory *all =
		mp_SharedMemory(.name = mp_memory_name(memory));

	if (!own || !all)
		contest_fail(mp_error_message());
	memset(mp_memory_buf(own), me, MEMORY_BYTES);
	((unsigned char *)mp_memory_buf(all))[me] = (unsigned char)me;
	if (mp_memory_unlink(own) < 0)
		contest_fail(mp_error_message());
	mp_memory_destroy(own);
	mp_memory_destroy(all);
}

static bool has_been_written(void)
{
	const unsigned char *bytes = mp_memory_buf(memory);

	for (int i = 0; i < WORKERS; i++)
		if (bytes[i] != i)
			return false;
	return true;
}

const struct primitive contest_memory = {
	"SharedMemory", make_memory, destroy_memory, round_memory, NULL,
	has_been_written, NULL, NULL
};
