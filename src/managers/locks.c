#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "managers/managed.h"
#include "synchronize/condition.h"
#include "value/value.h"

/* Lock, RLock, Semaphore, BoundedSemaphore, Condition, Event, Barrier: the library's own
 * objects, used by the server's threads; so what they wait for is in the trace, and the
 * owner of an RLock is the thread, that is the client's connection. Python has the
 * objects of its module threading there, with errors of their own. */

char *mp__managed_repr(int (*repr)(const void *object, char *buffer, size_t size),
		       const void *object)
{
	char text[256];

	repr(object, text, sizeof(text));
	char *copy = strdup(text);
	if (!copy)
		mp__fail(MP_EMEMORY, "no memory for a text");
	return copy;
}

static int lock_repr(const void *object, char *buffer, size_t size)
{
	return mp_lock_repr(object, buffer, size);
}

static int condition_repr(const void *object, char *buffer, size_t size)
{
	return mp_condition_repr(object, buffer, size);
}

static int event_repr(const void *object, char *buffer, size_t size)
{
	return mp_event_repr(object, buffer, size);
}

static int made(struct mp__serving *serving, void *object)
{
	struct mp__object_shm *head = object;

	if (!object)
		return mp_error_code();
	serving->referent->object = object;
	serving->referent->ident = head->id;
	return 0;
}

static struct mp_value *yes(int result)
{
	return result < 0 ? NULL : mp_bool(result);
}

/* A signal is no matter of the client's. */
static struct mp_value *done(int err)
{
	return err < 0 ? NULL : mp_none();
}

/* ---- locks ---- */

static int create_lock(struct mp__serving *serving, enum mp_lock_kind kind)
{
	long value = 1;
	int err = mp_bind(&serving->call,
			  kind < MP_SEMAPHORE ? "value?" : "value=1", &value);

	if (err)
		return err;
	if (value < 0)
		return mp__fail(MP_EVALUE, "semaphore initial value must be >= "
					   "0");
	return made(serving, mp_lock_create(&(struct mp_lock_options){
		.name = serving->label, .kind = kind, .value = value }));
}

#define LOCK_TYPE(symbol, kind) \
	int mp__managed_##symbol##_create(struct mp__serving *serving) \
	{ \
		return create_lock(serving, kind); \
	} \
	void mp__managed_##symbol##_destroy(struct mp__referent *referent) \
	{ \
		mp_lock_destroy(referent->object); \
	} \
	char *mp__managed_##symbol##_str(struct mp__referent *referent) \
	{ \
		return mp__managed_repr(lock_repr, referent->object); \
	}

LOCK_TYPE(lock, MP_LOCK)
LOCK_TYPE(rlock, MP_RLOCK)
LOCK_TYPE(semaphore, MP_SEMAPHORE)
LOCK_TYPE(bounded, MP_BOUNDED_SEMAPHORE)

static struct mp_value *acquire(struct mp__serving *serving, struct mp_lock *lock)
{
	mp_deadline until;

	if (mp__managed_until(&serving->call, "blocking=True timeout=None", NULL,
			      &until) < 0)
		return NULL;
	return yes(mp_lock_acquire(lock, until));
}

static struct mp_value *release(struct mp__serving *serving, struct mp_lock *lock)
{
	int err = 0;

	if (!mp__managed_only(serving, 0))
		return NULL;
	if (lock->kind == MP_LOCK && mp_lock_value(lock) > 0)
		err = mp__fail(MP_ERUNTIME, "release unlocked lock");
	else if (lock->kind == MP_RLOCK && !mp__lock_is_mine(lock))
		err = mp__fail(MP_ERUNTIME, "cannot release un-acquired lock");
	return done(err ? err : mp_lock_release(lock));
}

struct mp_value *mp__managed_acquire(struct mp__serving *serving)
{
	return acquire(serving, serving->referent->object);
}

struct mp_value *mp__managed_release(struct mp__serving *serving)
{
	return release(serving, serving->referent->object);
}

struct mp_value *mp__managed_locked(struct mp__serving *serving)
{
	return mp__managed_only(serving, 0)
		       ? mp_bool(mp_lock_locked(serving->referent->object))
		       : NULL;
}

/* ---- Condition ---- */

/* A managed Lock or RLock, which the condition keeps. */
static int take_lock(struct mp__serving *serving, const struct mp_value *value,
		     struct mp_lock **lock)
{
	void *proxy = NULL;
	int err = mp_value_as_object(value, MP_OBJECT_PROXY, &proxy);
	const struct mp_proxy *p = proxy;

	if (err)
		return mp__fail(MP_EATTRIBUTE, "'%s' object has no attribute "
				"'acquire'", mp_value_type_name(value));
	struct mp__referent *referent =
		p->is_local ? mp__host_pin(p->ident) : NULL;
	if (referent && !referent->custom
	    && (referent->type->kind == TRACE_OBJECT_LOCK
		|| referent->type->kind == TRACE_OBJECT_RLOCK)) {
		*lock = referent->object;
		serving->referent->other = referent;
		return 0;
	}
	if (referent)
		mp__host_unpin(referent);
	return mp__fail(MP_ETYPE, "the lock of a managed Condition must be a "
				  "Lock or an RLock of the same manager");
}

int mp__managed_condition_create(struct mp__serving *serving)
{
	struct mp_value *value = NULL;
	struct mp_lock *lock = NULL;
	int err = mp_bind(&serving->call, "lock=None", &value);

	if (!err && !mp__is(value, MP_TYPE_NONE))
		err = take_lock(serving, value, &lock);
	if (err)
		return err;
	return made(serving, mp_condition_create(&(struct mp_condition_options){
		.name = serving->label, .lock = lock }));
}

void mp__managed_condition_destroy(struct mp__referent *referent)
{
	mp_condition_destroy(referent->object);
}

char *mp__managed_condition_str(struct mp__referent *referent)
{
	return mp__managed_repr(condition_repr, referent->object);
}

static struct mp_lock *lock_of(const struct mp__serving *serving)
{
	const struct mp_condition *condition = serving->referent->object;

	return condition->lock;
}

struct mp_value *mp__managed_condition_acquire(struct mp__serving *serving)
{
	return acquire(serving, lock_of(serving));
}

struct mp_value *mp__managed_condition_release(struct mp__serving *serving)
{
	return release(serving, lock_of(serving));
}

struct mp_value *mp__managed_condition_locked(struct mp__serving *serving)
{
	return mp__managed_only(serving, 0)
		       ? mp_bool(mp_lock_locked(lock_of(serving)))
		       : NULL;
}

static bool is_taken(const struct mp__serving *serving, const char *what)
{
	if (mp__lock_is_mine(lock_of(serving)))
		return true;
	mp__fail(MP_ERUNTIME, "cannot %s un-acquired lock", what);
	return false;
}

static int timeout_only(struct mp__serving *serving, mp_deadline *until)
{
	struct mp_value *timeout = NULL;
	double seconds = 0;
	int err = mp_bind(&serving->call, "timeout=None", &timeout);

	*until = MP_FOREVER;
	if (err || mp__is(timeout, MP_TYPE_NONE))
		return err;
	err = mp_value_as_double(timeout, &seconds);
	*until = mp_after(seconds);
	return err;
}

struct mp_value *mp__managed_condition_wait(struct mp__serving *serving)
{
	mp_deadline until;

	if (timeout_only(serving, &until) < 0 || !is_taken(serving, "wait on"))
		return NULL;
	return yes(mp_condition_wait(serving->referent->object, until));
}

struct mp_value *mp__managed_condition_notify(struct mp__serving *serving)
{
	unsigned count = 1;

	if (mp_bind(&serving->call, "n=1", &count) < 0
	    || !is_taken(serving, "notify on"))
		return NULL;
	return done(mp_condition_notify(serving->referent->object, count));
}

struct mp_value *mp__managed_condition_notify_all(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 0) || !is_taken(serving, "notify on"))
		return NULL;
	return done(mp_condition_notify_all(serving->referent->object));
}

/* ---- Event ---- */

int mp__managed_event_create(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 0))
		return mp_error_code();
	return made(serving,
		    mp_event_create(&(struct mp_event_options){
			    .name = serving->label }));
}

void mp__managed_event_destroy(struct mp__referent *referent)
{
	mp_event_destroy(referent->object);
}

char *mp__managed_event_str(struct mp__referent *referent)
{
	return mp__managed_repr(event_repr, referent->object);
}

struct mp_value *mp__managed_event_is_set(struct mp__serving *serving)
{
	return mp__managed_only(serving, 0)
		       ? mp_bool(mp_event_is_set(serving->referent->object))
		       : NULL;
}

struct mp_value *mp__managed_event_set(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 0))
		return NULL;
	mp_event_set(serving->referent->object);
	return mp_none();
}

struct mp_value *mp__managed_event_clear(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 0))
		return NULL;
	mp_event_clear(serving->referent->object);
	return mp_none();
}

struct mp_value *mp__managed_event_wait(struct mp__serving *serving)
{
	mp_deadline until;

	if (timeout_only(serving, &until) < 0)
		return NULL;
	return yes(mp_event_wait(serving->referent->object, until));
}

/* ---- Barrier ---- */

int mp__managed_barrier_create(struct mp__serving *serving)
{
	struct mp_value *action = NULL, *timeout = NULL;
	struct mp_barrier_options options = { .name = serving->label };
	const char *name;
	int err = mp_bind(&serving->call, "parties action=None timeout=None",
			  &options.parties, &action, &timeout);

	if (!err && !mp__is(timeout, MP_TYPE_NONE))
		err = mp_value_as_double(timeout, &options.timeout);
	if (!err && !mp__is(action, MP_TYPE_NONE)) {
		void *function = mp__wire_function(action, &name);
		err = function ? 0 : mp_error_code();
		options.action = (int (*)(void *))(uintptr_t)function;
	}
	return err ? err : made(serving, mp_barrier_create(&options));
}

void mp__managed_barrier_destroy(struct mp__referent *referent)
{
	mp_barrier_destroy(referent->object);
}

static int barrier_repr(const void *object, char *buffer, size_t size)
{
	return snprintf(buffer, size, "<Barrier at %p: waiters=%ld/%ld%s>",
			object, mp_barrier_n_waiting(object),
			mp_barrier_parties(object),
			mp_barrier_broken(object) ? ", broken" : "");
}

char *mp__managed_barrier_str(struct mp__referent *referent)
{
	return mp__managed_repr(barrier_repr, referent->object);
}

struct mp_value *mp__managed_barrier_getattribute(struct mp__serving *serving)
{
	const struct mp_barrier *barrier = serving->referent->object;
	const char *name;

	if (mp_bind(&serving->call, "name", &name) < 0)
		return NULL;
	if (name && strcmp(name, "parties") == 0)
		return mp_int(mp_barrier_parties(barrier));
	if (name && strcmp(name, "n_waiting") == 0)
		return mp_int(mp_barrier_n_waiting(barrier));
	if (name && strcmp(name, "broken") == 0)
		return mp_bool(mp_barrier_broken(barrier));
	mp__fail(MP_EATTRIBUTE, "'Barrier' object has no attribute '%s'",
		 name ? name : "None");
	return NULL;
}

struct mp_value *mp__managed_barrier_wait(struct mp__serving *serving)
{
	mp_deadline until;

	if (timeout_only(serving, &until) < 0)
		return NULL;
	int order = mp_barrier_wait(serving->referent->object, until);
	return order < 0 ? NULL : mp_int(order);
}

struct mp_value *mp__managed_barrier_abort(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 0))
		return NULL;
	mp_barrier_abort(serving->referent->object);
	return mp_none();
}

struct mp_value *mp__managed_barrier_reset(struct mp__serving *serving)
{
	if (!mp__managed_only(serving, 0))
		return NULL;
	mp_barrier_reset(serving->referent->object);
	return mp_none();
}
