#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "synchronize/lock.h"

#include <stdio.h>

#include "base/error.h"
#include "operation/operation.h"
#include "probe/write.h"
#include "process/process.h"

/* ---- making ---- */

static const struct {
	enum trace_object_kind object;
	const char *name;
} kinds[] = {
	[MP_LOCK] = { TRACE_OBJECT_LOCK, "Lock" },
	[MP_RLOCK] = { TRACE_OBJECT_RLOCK, "RLock" },
	[MP_SEMAPHORE] = { TRACE_OBJECT_SEMAPHORE, "Semaphore" },
	[MP_BOUNDED_SEMAPHORE] = { TRACE_OBJECT_BOUNDED_SEMAPHORE,
				   "BoundedSemaphore" },
};

static bool is_semaphore(const struct mp_lock *lock)
{
	return lock->kind >= MP_SEMAPHORE;
}

static struct mp_lock *create(const struct mp_lock_options *options)
{
	long value = options->kind >= MP_SEMAPHORE ? options->value : 1;

	if (options->kind > MP_BOUNDED_SEMAPHORE) {
		mp__fail(MP_EVALUE, "no such kind of lock: %d",
			 (int)options->kind);
		return NULL;
	}
	if (value < 0) {
		mp__fail(MP_EOS, "the value of a semaphore must not be "
				 "negative, and this is %ld", value);
		return NULL;
	}
	if (value > (long)MP__SEM_MAX) {
		mp__fail(MP_EOVERFLOW, "the value of a semaphore may be at "
				       "most %u", MP__SEM_MAX);
		return NULL;
	}
	struct mp_lock *lock = mp__object_new(kinds[options->kind].object,
					      sizeof(*lock), options->name);
	if (!lock)
		return NULL;
	lock->kind = options->kind;
	lock->start = (uint32_t)value;
	if (is_semaphore(lock)) {
		mp__sem_init(&lock->sem, lock->start,
			     options->kind == MP_SEMAPHORE ? MP__SEM_MAX
							   : lock->start);
		mp__record(TRACE_SEM_VALUE, lock->head.id, value, 0);
	}
	return lock;
}

struct mp_lock *mp_lock_create(const struct mp_lock_options *options)
{
	MP__ENTER();
	return create(options);
}

void mp_lock_destroy(struct mp_lock *lock)
{
	if (lock && mp__object_may_end(&lock->head))
		mp__object_end(&lock->head);
}

/* ---- acquire ---- */

static bool take_permit(struct mp_lock *lock, bool has_slept, int64_t *told)
{
	uint32_t left;

	if (!mp__sem_take(&lock->sem, has_slept, &left))
		return false;
	*told = left;
	return true;
}

/* What `now` and `done` tell: of a semaphore what is left, else the depth. */
static inline bool take(struct mp_lock *lock, bool has_slept, int64_t *told)
{
	if (is_semaphore(lock))
		return take_permit(lock, has_slept, told);
	if (!mp__mutex_take(&lock->mutex, has_slept))
		return false;
	/* Those who wait look at its neighbour: no needless write. */
	if (lock->depth != 1)
		lock->depth = 1;
	*told = 1;
	return true;
}

int mp__try_lock_acquire(struct mp__op *op)
{
	return take(op->self, op->has_slept, &op->a) ? 0 : MP__WOULD_BLOCK;
}

int mp__park_lock(struct mp__op *op)
{
	struct mp_lock *lock = op->self;

	return is_semaphore(lock)
		       ? mp__sem_park(&lock->sem, op->until, &op->has_slept)
		       : mp__mutex_wait(&lock->mutex, op, TRACE_LOCK_DEAD, 0);
}

bool mp__guard_lock_free(const struct mp__arena_shm *arena,
			 const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp_lock *lock = mp__at_in(arena, pending->ref);

	(void)now;
	return mp_lock_value(lock) > 0;
}

static uint32_t holder_of(const struct mp_lock *lock)
{
	return is_semaphore(lock) ? 0 : mp__mutex_holder(&lock->mutex);
}

/* Taking it without waiting: it is an operation of its own, which can always go
 * on. op->b: whether it was taken. */
int mp__try_lock_try(struct mp__op *op)
{
	struct mp_lock *lock = op->self;
	bool is_sem = is_semaphore(lock);

	op->b = take(lock, false, &op->a);
	if (op->b)
		mp__record(is_sem ? TRACE_SEM_ACQUIRED : TRACE_LOCK_ACQUIRED,
			   lock->head.id, op->a, 0);
	else
		mp__record(is_sem ? TRACE_SEM_BUSY : TRACE_LOCK_BUSY,
			   lock->head.id, 0, holder_of(lock));
	return 0;
}

static struct mp__op op_on(struct mp_lock *lock, enum mp__operation code,
			   mp_deadline until)
{
	return (struct mp__op){
		.code = code,
		.object = lock->head.id,
		.ref = mp__object_ref(lock),
		.self = lock,
		.until = until,
	};
}

static __attribute__((noinline)) int acquire_slowly(struct mp_lock *lock,
						    mp_deadline until)
{
	bool is_sem = is_semaphore(lock);
	struct mp__op op;

	if (until == MP_NOW) {
		op = op_on(lock, is_sem ? MP__OP_SEM_TRY : MP__OP_LOCK_TRY,
			   MP_NOW);
		mp__perform(&op);
		return (int)op.b;
	}
	op = op_on(lock, is_sem ? MP__OP_SEM_ACQUIRE : MP__OP_LOCK_ACQUIRE,
		   until);
	op.wait_a = mp__wait_time(until);
	op.wait_b = holder_of(lock);
	int err = mp__perform(&op);
	if (err == MP_ETIMEOUT)
		return 0;
	return err < 0 ? err : 1;
}

/* A plain lock that is free is what programs take most. The path of mp__perform, as
 * far as one that succeeds at once goes. */
static inline __attribute__((always_inline)) int
acquire(struct mp_lock *lock, mp_deadline until)
{
	int64_t told;

	if (MP__UNLIKELY(!mp__self.id))
		mp__agent();
	if (lock->kind == MP_RLOCK && mp__lock_is_mine(lock)) {
		lock->depth++;
		mp__record(TRACE_LOCK_REACQUIRED, lock->head.id, lock->depth,
			   0);
		return 1;
	}
	if (MP__UNLIKELY(!mp__is_free() || !take(lock, false, &told)))
		return acquire_slowly(lock, until);
	if (MP__LIKELY(!is_semaphore(lock)))
		mp__record_here(TRACE_LOCK_ACQUIRED, lock->head.id, 1, 0,
				false);
	else
		mp__record(TRACE_SEM_ACQUIRED, lock->head.id, told, 0);
	return 1;
}

int mp__lock_acquire(struct mp_lock *lock, mp_deadline until)
{
	return acquire(lock, until);
}

int mp_lock_acquire(struct mp_lock *lock, mp_deadline until)
{
	MP__ENTER();
	return acquire(lock, until);
}

/* ---- release ---- */

static int too_often(const struct mp_lock *lock)
{
	return mp__fail(MP_EVALUE, lock->kind == MP_SEMAPHORE
					   ? "cannot release a semaphore at "
					     "its highest value"
					   : "semaphore or lock released too "
					     "many times");
}

/* Told before it is given up, so that in a trace two holders never overlap. */
static int give_permit(struct mp_lock *lock)
{
	uint32_t word = atomic_load_explicit(&lock->sem.word,
					     memory_order_relaxed);
	uint32_t value = word & MP__SEM_MAX;

	if (MP__UNLIKELY(value >= lock->sem.max))
		return too_often(lock);
	mp__record(TRACE_SEM_RELEASED, lock->head.id, value + 1,
		   (word & MP__SEM_ASLEEP) != 0);
	return mp__sem_give(&lock->sem) ? 0 : too_often(lock);
}

static inline __attribute__((always_inline)) int give(struct mp_lock *lock)
{
	if (MP__UNLIKELY(is_semaphore(lock)))
		return give_permit(lock);
	uint32_t word = atomic_load_explicit(&lock->mutex.word,
					     memory_order_relaxed);
	if (MP__UNLIKELY(word == 0))
		return too_often(lock);
	/* Only who holds it, and nobody sleeps, has nothing new to say. */
	mp__record_here(TRACE_LOCK_RELEASED, lock->head.id,
			word & ~MP__MUTEX_ASLEEP,
			(word & MP__MUTEX_ASLEEP) != 0, word == mp__self.id);
	mp__mutex_give(&lock->mutex);
	return 0;
}

int mp__try_lock_release(struct mp__op *op)
{
	return give(op->self);
}

static inline __attribute__((always_inline)) int release(struct mp_lock *lock)
{
	if (lock->kind == MP_RLOCK) {
		if (!mp__lock_is_mine(lock))
			return mp__fail(MP_EOWNER, "attempt to release "
						   "recursive lock not owned "
						   "by thread");
		if (lock->depth > 1) {
			lock->depth--;
			mp__record(TRACE_LOCK_UNWOUND, lock->head.id,
				   lock->depth, 0);
			return 0;
		}
	}
	if (MP__LIKELY(mp__is_free()))
		return give(lock);
	struct mp__op op = op_on(lock,
				 is_semaphore(lock) ? MP__OP_SEM_RELEASE
						    : MP__OP_LOCK_RELEASE,
				 MP_FOREVER);
	return mp__perform(&op);
}

int mp__lock_release(struct mp_lock *lock)
{
	return release(lock);
}

int mp_lock_release(struct mp_lock *lock)
{
	MP__ENTER();
	return release(lock);
}

/* ---- for conditions ---- */

uint32_t mp__lock_release_all(struct mp_lock *lock)
{
	uint32_t depth = lock->depth;

	lock->depth = 1;
	mp__lock_release(lock);
	return depth;
}

void mp__lock_acquire_all(struct mp_lock *lock, uint32_t depth)
{
	while (mp__lock_acquire(lock, MP_FOREVER) != 1)
		;	/* MP_EINTR: the lock must be had all the same */
	lock->depth = depth;
}

/* ---- looking ---- */

long mp_lock_value(const struct mp_lock *lock)
{
	return is_semaphore(lock) ? mp__sem_value(&lock->sem)
				  : mp__mutex_holder(&lock->mutex) == 0;
}

bool mp_lock_locked(const struct mp_lock *lock)
{
	return mp_lock_value(lock) == 0;
}

/* The process of an agent, as an object: its pid is known a little later only. 0: it is
 * gone. Looks through the whole table. */
static uint32_t process_of(uint32_t agent)
{
	for (uint32_t i = 0; i < MP__AGENT_SLOTS; i++)
		if (atomic_load(&mp__arena->agents[i].id) == agent)
			return mp__arena->agents[i].process;
	return 0;
}

static const char *owner(const struct mp_lock *lock)
{
	if (mp__lock_is_mine(lock))
		return mp_process_name(mp__this.current);
	uint32_t holder = mp__mutex_holder(&lock->mutex);
	if (!holder)
		return "None";
	return process_of(holder) == mp__process_id ? "SomeOtherThread"
						  : "SomeOtherProcess";
}

int mp_lock_repr(const struct mp_lock *lock, char *buffer, size_t size)
{
	const char *name = kinds[lock->kind].name;
	long value = mp_lock_value(lock);

	switch (lock->kind) {
	case MP_LOCK:
		return snprintf(buffer, size, "<%s(owner=%s)>", name,
				owner(lock));
	case MP_RLOCK:
		if (value == 0 && !mp__lock_is_mine(lock))
			return snprintf(buffer, size, "<%s(%s, nonzero)>",
					name, owner(lock));
		return snprintf(buffer, size, "<%s(%s, %u)>", name,
				owner(lock), value ? 0 : lock->depth);
	case MP_SEMAPHORE:
		return snprintf(buffer, size, "<%s(value=%ld)>", name, value);
	default:
		return snprintf(buffer, size, "<%s(value=%ld, maxvalue=%u)>",
				name, value, lock->start);
	}
}

static int repr(void *object, char *buffer, size_t size)
{
	return mp_lock_repr(object, buffer, size);
}

__attribute__((constructor)) static void offer(void)
{
	mp__object_set_repr(MP_OBJECT_LOCK, repr);
}
