#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/object_maker.h"

#include <stddef.h>

#define NS(ms) ((int64_t)((ms) * 1e6))

static void make(struct maker *maker, uint32_t id, uint32_t kind,
		 const char *name)
{
	maker_add(maker, (struct maker_event){ .t_ns = 400000 + id,
		.agent = 1, .kind = TRACE_OBJECT_NEW, .object = id, .a = kind,
		.site = 1, .text = name });
}

struct maker *object_maker_new(const char *path)
{
	struct maker *maker = maker_new(path);

	if (!maker)
		return NULL;
	for (int line = 1; line < 60; line++)
		maker_site(maker, (uint32_t)line, "src/objects.c", line,
			   "work");
	maker_process(maker, 0, 1, 1, false);
	make(maker, KITCHEN, TRACE_OBJECT_LOCK, "kitchen");
	make(maker, HALL, TRACE_OBJECT_LOCK, "hall");
	make(maker, PERMITS, TRACE_OBJECT_SEMAPHORE, "permits");
	make(maker, QUEUE, TRACE_OBJECT_QUEUE, "tasks");
	make(maker, LEFT, TRACE_OBJECT_CONNECTION, "left");
	make(maker, RIGHT, TRACE_OBJECT_CONNECTION, "right");
	make(maker, FLAG, TRACE_OBJECT_EVENT, "flag");
	make(maker, ROOM, TRACE_OBJECT_CONDITION, "room");
	make(maker, GATE, TRACE_OBJECT_BARRIER, "gate");
	make(maker, NUMBER, TRACE_OBJECT_VALUE, "number");
	make(maker, NUMBERS, TRACE_OBJECT_ARRAY, "numbers");
	object_event(maker, 0.45, 1, TRACE_SEM_VALUE, PERMITS, 2, 0);
	object_event(maker, 0.46, 1, TRACE_PIPE_NEW, LEFT, RIGHT, 1);
	maker_process(maker, 500000, 2, 1, false);
	maker_process(maker, 600000, 3, 1, false);
	return maker;
}

uint64_t object_event(struct maker *maker, double ms, uint32_t agent,
		      uint32_t kind, uint32_t object, int64_t a, int64_t b)
{
	return maker_add(maker, (struct maker_event){ .t_ns = NS(ms),
		.agent = agent, .kind = kind, .object = object, .a = a,
		.b = b, .site = 10 + agent });
}

int object_maker_close(struct maker *maker, double ms, bool is_killed)
{
	for (uint32_t id = 3; id >= 1; id--) {
		int64_t code = is_killed ? -9 : 0;

		if (!is_killed)
			object_event(maker, ms, id, TRACE_PROC_EXIT, id, 0,
				     TRACE_ENDED_BY_RETURN);
		object_event(maker, ms, id, TRACE_PROC_DIED, id, code, 0);
		if (id > 1 && !is_killed)
			object_event(maker, ms, 1, TRACE_PROC_REAP, id, code,
				     TRACE_ENDED_BY_RETURN);
	}
	return maker_close(maker, "closed");
}

#define DO(ms, agent, kind, object, a, b) \
	object_event(maker, ms, agent, TRACE_##kind, object, a, b)

static void use_locks(struct maker *maker)
{
	DO(1, 2, LOCK_ACQUIRED, KITCHEN, 1, 0);
	DO(2, 3, LOCK_WAIT, KITCHEN, -1, 2);
	DO(2.5, 1, LOCK_WAIT, KITCHEN, 1000000, 2);
	DO(3.5, 1, LOCK_TIMEOUT, KITCHEN, 0, 0);
	DO(4, 2, LOCK_RELEASED, KITCHEN, 2, 1);
	DO(4.5, 3, LOCK_WAITED, KITCHEN, 1, 0);
	DO(5, 3, LOCK_REACQUIRED, KITCHEN, 2, 0);
	DO(5.1, 3, LOCK_UNWOUND, KITCHEN, 1, 0);
	DO(5.5, 2, LOCK_RELEASED, KITCHEN, 3, 0);
	DO(6, 2, SEM_ACQUIRED, PERMITS, 1, 0);
	DO(6.1, 3, SEM_ACQUIRED, PERMITS, 0, 0);
	DO(6.2, 1, SEM_WAIT, PERMITS, -1, 0);
	DO(7, 2, SEM_RELEASED, PERMITS, 1, 1);
	DO(7.1, 1, SEM_WAITED, PERMITS, 0, 0);
	DO(7.2, 1, SEM_RELEASED, PERMITS, 1, 0);
	DO(7.3, 3, SEM_RELEASED, PERMITS, 2, 0);
}

static void use_messages(struct maker *maker)
{
	DO(10, 2, QUEUE_PUT, QUEUE, 1, 100);
	DO(10.1, 2, QUEUE_PUT, QUEUE, 2, 50);
	DO(10.5, 3, QUEUE_GET, QUEUE, 1, 100);
	DO(10.6, 2, QUEUE_PUT_WAIT, QUEUE, -1, 0);
	DO(10.7, 3, QUEUE_GET, QUEUE, 2, 50);
	/* The one who got it was quicker than the one who put it. */
	DO(10.8, 3, QUEUE_GET, QUEUE, 3, 7);
	DO(10.9, 2, QUEUE_PUT_WAITED, QUEUE, 3, 7);
	DO(11, 2, QUEUE_PUT, QUEUE, 4, 9);	/* nobody gets this one */
	DO(12, 3, CONN_RECV_WAIT, RIGHT, 0, 0);
	DO(12.5, 2, CONN_SEND, LEFT, 1, 30);
	DO(13, 3, CONN_RECEIVED, RIGHT, 1, 30);
	DO(13.1, 3, CONN_SEND, RIGHT, 1, 5);
	DO(13.2, 2, CONN_RECV, LEFT, 1, 5);
}

static void use_signals(struct maker *maker)
{
	DO(20, 3, EVENT_WAIT, FLAG, -1, 0);
	DO(21, 2, EVENT_SET, FLAG, 0, 0);
	DO(21.5, 3, EVENT_WOKEN, FLAG, 1, 0);
	DO(22, 2, EVENT_CLEAR, FLAG, 1, 0);
	DO(23, 3, COND_WAIT, ROOM, -1, 1);
	DO(23.1, 1, COND_WAIT, ROOM, -1, 2);
	DO(24, 2, COND_NOTIFY, ROOM, -1, 2);
	DO(24.1, 3, COND_WOKEN, ROOM, 2, 0);
	DO(24.2, 1, COND_WOKEN, ROOM, 2, 0);
	DO(25, 3, BARRIER_WAIT, GATE, 0, 3);
	DO(25.5, 1, BARRIER_WAIT, GATE, 1, 3);
	DO(26, 2, BARRIER_TRIP, GATE, 2, 3);
	DO(26.5, 3, BARRIER_PASSED, GATE, 0, 0);
	DO(26.6, 1, BARRIER_PASSED, GATE, 1, 0);
	DO(27, 2, VALUE_SET, NUMBER, 0, 5);
	DO(27.5, 3, VALUE_SET, NUMBER, 0, 6);
	DO(27.6, 3, VALUE_SET, NUMBERS, 2, 9);
	DO(27.7, 2, VALUE_SET, NUMBERS, 2, 9);
	DO(27.8, 2, VALUE_SET_MANY, NUMBERS, 0, 3);
	DO(28, 1, BARRIER_ABORT, GATE, 0, 0);
}

int object_maker_trace(const char *path)
{
	struct maker *maker = object_maker_new(path);

	if (!maker)
		return -1;
	use_locks(maker);
	use_messages(maker);
	use_signals(maker);
	return object_maker_close(maker, 40, false);
}

int object_maker_ring(const char *path)
{
	struct maker *maker = object_maker_new(path);

	if (!maker)
		return -1;
	DO(1, 2, LOCK_ACQUIRED, KITCHEN, 1, 0);
	DO(1.5, 3, LOCK_ACQUIRED, HALL, 1, 0);
	DO(2, 2, LOCK_WAIT, HALL, -1, 3);
	DO(2.5, 1, JOIN_BEGIN, 2, -1, 0);
	DO(3, 3, LOCK_WAIT, KITCHEN, -1, 2);
	return object_maker_close(maker, 500, true);
}
