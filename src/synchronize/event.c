#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>
#include <stdio.h>

#include "base/error.h"
#include "operation/operation.h"
#include "operation/park.h"
#include "process/object.h"
#include "probe/probe.h"

/* Event: a flag, and a count of how often it was set. Who waits goes on when the flag
 * is set or the count has changed, and then tells what the flag is by now: as
 * in CPython, a clear() right behind the set() can make that False. */

#define SET 1u
#define ONE_SET 2u

struct mp_event {
	struct mp__object_shm head;
	_Atomic uint32_t word;		/* futex: count * ONE_SET | SET */
	_Atomic uint32_t waiters;	/* at least as many as wait; never less */
};

struct mp_event *mp_event_create(const struct mp_event_options *options)
{
	MP__ENTER();
	return mp__object_new(TRACE_OBJECT_EVENT, sizeof(struct mp_event),
			      options->name);
}

void mp_event_destroy(struct mp_event *event)
{
	if (event && mp__object_may_end(&event->head))
		mp__object_end(&event->head);
}

static struct mp__op op_on(struct mp_event *event, enum mp__operation code)
{
	return (struct mp__op){
		.code = code,
		.object = event->head.id,
		.ref = mp__object_ref(event),
		.self = event,
		.until = MP_FOREVER,
	};
}

static bool flag(const struct mp_event *event)
{
	return atomic_load(&event->word) & SET;
}

/* ---- looking and changing; each is told before it shows ---- */

int mp__try_event_is_set(struct mp__op *op)
{
	struct mp_event *event = op->self;

	op->a = flag(event);
	return 0;
}

bool mp_event_is_set(struct mp_event *event)
{
	MP__ENTER();
	struct mp__op op = op_on(event, MP__OP_EVENT_IS_SET);

	mp__perform(&op);
	return op.a != 0;
}

int mp__try_event_set(struct mp__op *op)
{
	struct mp_event *event = op->self;
	uint32_t word = atomic_load(&event->word);

	mp__record(TRACE_EVENT_SET, event->head.id, word & SET, 0);
	do {
		if (word & SET)
			return 0;
	} while (!atomic_compare_exchange_weak(&event->word, &word,
					       (word + ONE_SET) | SET));
	if (atomic_load(&event->waiters) > 0)
		mp__wake_word(&event->word, INT_MAX);
	return 0;
}

void mp_event_set(struct mp_event *event)
{
	MP__ENTER();
	struct mp__op op = op_on(event, MP__OP_EVENT_SET);

	mp__perform(&op);
}

int mp__try_event_clear(struct mp__op *op)
{
	struct mp_event *event = op->self;

	mp__record(TRACE_EVENT_CLEAR, event->head.id, flag(event), 0);
	atomic_fetch_and(&event->word, ~SET);
	return 0;
}

void mp_event_clear(struct mp_event *event)
{
	MP__ENTER();
	struct mp__op op = op_on(event, MP__OP_EVENT_CLEAR);

	mp__perform(&op);
}

/* ---- wait ---- */

/* argument: the word without the flag, as the wait found it */
static bool may_go_on(const struct mp_event *event, int64_t argument)
{
	uint32_t word = atomic_load(&event->word);

	return (word & SET) || (word & ~SET) != (uint32_t)argument;
}

int mp__try_event_wait(struct mp__op *op)
{
	const struct mp_event *event = op->self;

	if (!may_go_on(event, op->argument))
		return MP__WOULD_BLOCK;
	op->a = flag(event);
	return 0;
}

bool mp__guard_event(const struct mp__arena_shm *arena,
		     const struct mp__pending_shm *pending, int64_t now)
{
	(void)now;
	return may_go_on(mp__at_in(arena, pending->ref), pending->argument);
}

int mp__park_event(struct mp__op *op)
{
	struct mp_event *event = op->self;

	/* One that is killed in here stays counted: then set() makes a system
	 * call that nobody needs. */
	atomic_fetch_add(&event->waiters, 1);
	int err = mp__park_word_briefly(&event->word, (uint32_t)op->argument,
					op->until);
	atomic_fetch_sub(&event->waiters, 1);
	return err;
}

int mp_event_wait(struct mp_event *event, int64_t until)
{
	MP__ENTER();
	struct mp__op op = op_on(event, MP__OP_EVENT_WAIT);

	op.until = until;
	op.argument = atomic_load(&event->word) & ~SET;
	op.wait_a = mp__wait_time(until);
	int err = mp__perform(&op);
	if (err == MP_ETIMEOUT)
		return flag(event);
	return err < 0 ? err : (int)op.a;
}

/* ---- for people ---- */

int mp_event_repr(const struct mp_event *event, char *buffer, size_t size)
{
	return snprintf(buffer, size, "<Event at %p %s>", (const void *)event,
			flag(event) ? "set" : "unset");
}

static int repr(void *object, char *buffer, size_t size)
{
	return mp_event_repr(object, buffer, size);
}

__attribute__((constructor)) static void offer(void)
{
	mp__object_set_repr(MP_OBJECT_EVENT, repr);
}
