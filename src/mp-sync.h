/* forkscope/mp-sync.h - Lock, RLock, Semaphore, Condition, Event, Barrier
 *
 *	struct mp_lock *lock = mp_Lock();
 *	MP_WITH(lock) {
 *		...
 *	}
 *
 * All of them live in memory that every process of the program shares, at the
 * same address: a pointer made in one process means the same object in all, also
 * in those that were started before. Hand it over as an argument, mp_tuple(lock),
 * through a Queue, or leave it in a variable for a child to inherit.
 *
 * As in Python nothing gives back what a dead process holds. Other than in Python,
 * destroying is said, not collected: the process that made the object destroys it
 * when nobody uses it any more; elsewhere destroying does nothing. */
#ifndef FORKSCOPE_MP_SYNC_H
#define FORKSCOPE_MP_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct mp_lock;
struct mp_condition;
struct mp_event;
struct mp_barrier;

/* ---- Lock, RLock, Semaphore, BoundedSemaphore ------------------------------ */

enum mp_lock_kind {
	MP_LOCK,
	MP_RLOCK,
	MP_SEMAPHORE,
	MP_BOUNDED_SEMAPHORE
};

struct mp_lock_options {
	enum mp_lock_kind kind;
	long value;		/* permits of a semaphore */
	const char *name;	/* for people; NULL: Lock-1, ... */
};

/* mp_Lock(), mp_RLock(), mp_Semaphore(3), mp_BoundedSemaphore(3); each takes
 * .name = "..." as its last argument. */
#define mp_Lock(...) \
	mp_lock_create(&(struct mp_lock_options){ \
		.kind = MP_LOCK __VA_OPT__(,) __VA_ARGS__ })
#define mp_RLock(...) \
	mp_lock_create(&(struct mp_lock_options){ \
		.kind = MP_RLOCK __VA_OPT__(,) __VA_ARGS__ })
#define mp_Semaphore(...) \
	mp_lock_create(&(struct mp_lock_options){ \
		.kind = MP_SEMAPHORE, __VA_ARGS__ })
#define mp_BoundedSemaphore(...) \
	mp_lock_create(&(struct mp_lock_options){ \
		.kind = MP_BOUNDED_SEMAPHORE, __VA_ARGS__ })

/* mp_lock_create - make a lock or a semaphore
 * Python   Lock(), RLock(), Semaphore(value), BoundedSemaphore(value)
 * Returns  the object; NULL: MP_EOS (value is negative), MP_EOVERFLOW (above
 *          2147483647), MP_EMEMORY
 * Blocks   never.  Fork  shared by all processes.  Signals  not safe
 * Emits    object.new */
struct mp_lock *mp_lock_create(const struct mp_lock_options *options);

/* mp_lock_destroy - give it up; only the process that made it can
 * Python   del lock, in its last holder
 * lock     NULL is allowed. Nobody may use it afterwards
 * Returns  nothing
 * Blocks   never.  Fork  nothing happens in another process.  Signals  not safe
 * Emits    object.end */
void mp_lock_destroy(struct mp_lock *lock);

/* mp_lock_acquire - take it, or one of its permits
 * Python   lock.acquire(block=True, timeout=None)
 * until    MP_NOW for block=False. Taking a Lock twice waits for ever, an RLock
 *          only counts
 * Returns  1 (True); 0 (False: not in time); MP_EINTR (see mp_set_interrupt)
 * Blocks   up to `until`; EINTR is retried.  Fork  a child does not own what its
 *          parent holds.  Signals  not safe
 * Emits    lock.acquired, lock.busy; lock.wait and lock.waited or lock.timeout;
 *          lock.reacquired; sem.... for semaphores */
int mp_lock_acquire(struct mp_lock *lock, int64_t until);

/* mp_lock_release - give it, or one permit, back
 * Python   lock.release()
 * Any process may release a Lock or a semaphore; an RLock only its owner.
 * Returns  0; MP_EVALUE (a free Lock; a BoundedSemaphore at its start value; a
 *          Semaphore at 2147483647); MP_EOWNER (AssertionError: an RLock of
 *          somebody else, or a free one)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    lock.released, lock.unwound; sem.released */
int mp_lock_release(struct mp_lock *lock);

/* mp_lock_value - how many could take it now
 * Python   semaphore.get_value()
 * Returns  0 or more
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
long mp_lock_value(const struct mp_lock *lock);

/* mp_lock_locked - can nobody take it now?
 * Python   lock.locked(), Python 3.14
 * Returns  whether its value is zero
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
bool mp_lock_locked(const struct mp_lock *lock);

/* mp_lock_repr - the object as Python prints it
 * Python   repr(lock): <Lock(owner=MainProcess)>, <Semaphore(value=3)>
 * buffer   receives at most size bytes, always terminated
 * Returns  the length it has or would have, as snprintf(3)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_lock_repr(const struct mp_lock *lock, char *buffer, size_t size);

/* ---- Condition --------------------------------------------------------------- */

struct mp_condition_options {
	struct mp_lock *lock;	/* stays the caller's; NULL: an RLock of its own */
	const char *name;	/* for people; NULL: Condition-1, ... */
	int reserved_;
};

#define mp_Condition(...) \
	mp_condition_create(&(struct mp_condition_options){ \
		.reserved_ = 0 __VA_OPT__(,) __VA_ARGS__ })

/* mp_condition_create - make a condition
 * Python   Condition(lock=None)
 * Returns  the object; NULL: MP_EATTRIBUTE (lock is a semaphore), MP_EMEMORY
 * Blocks   never.  Fork  shared by all processes.  Signals  not safe
 * Emits    object.new */
struct mp_condition *mp_condition_create(
	const struct mp_condition_options *options);

/* mp_condition_destroy - give it up; as mp_lock_destroy
 * Python   del condition
 * Returns  nothing
 * Blocks   never.  Fork  nothing happens in another process.  Signals  not safe
 * Emits    object.end */
void mp_condition_destroy(struct mp_condition *condition);

/* mp_condition_lock - the lock that goes with it
 * Python   what acquire() and release() of the condition go to
 * Returns  the lock, never NULL
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
struct mp_lock *mp_condition_lock(const struct mp_condition *condition);

/* mp_condition_wait - release the lock, sleep until notified, take it again
 * Python   condition.wait(timeout=None)
 * An RLock is released at all its levels, and taken again as often. The lock is
 * held again when this returns, whatever it returns.
 * Returns  1 (notified); 0 (the time was up); MP_EOWNER (AssertionError: the lock is
 *          not held here); MP_EINTR
 * Blocks   up to `until`, and then for the lock.  Fork  -.  Signals  not safe
 * Emits    cond.wait, lock.released; cond.woken or cond.timeout; lock.acquired or
 *          lock.wait and lock.waited */
int mp_condition_wait(struct mp_condition *condition, int64_t until);

/* mp_condition_wait_for - wait until a predicate is true
 * Python   condition.wait_for(predicate, timeout=None)
 * predicate  called with `user` while the lock is held
 * Returns  what the predicate returned last: 0 if the time was up before;
 *          an error of mp_condition_wait
 * Blocks   up to `until`, and then for the lock.  Fork  -.  Signals  not safe
 * Emits    as mp_condition_wait */
int mp_condition_wait_for(struct mp_condition *condition,
			  int (*predicate)(void *user), void *user,
			  int64_t until);

/* mp_condition_notify, mp_condition_notify_all - wake those who sleep in it now
 * Python   condition.notify(n=1), condition.notify_all()
 * Nothing is remembered for those who come later.
 * Returns  how many it woke; MP_EOWNER (AssertionError: the lock is not held here)
 * Blocks   never. CPython waits until each has confirmed; this needs no
 *          confirmation, so a sleeper that was killed holds nobody up
 * Fork     -.  Signals  not safe
 * Emits    cond.notify */
int mp_condition_notify(struct mp_condition *condition, unsigned count);
int mp_condition_notify_all(struct mp_condition *condition);

/* mp_condition_sleepers - how many sleep in it now
 * Python   -
 * Returns  0 or more
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
unsigned mp_condition_sleepers(const struct mp_condition *condition);

/* mp_condition_repr - the object as Python prints it
 * Python   repr(condition): <Condition(<RLock(None, 0)>, 0)>
 * Returns  as mp_lock_repr
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_condition_repr(const struct mp_condition *condition, char *buffer,
		      size_t size);

/* ---- Event --------------------------------------------------------------------- */

struct mp_event_options {
	const char *name;	/* for people; NULL: Event-1, ... */
	int reserved_;
};

#define mp_Event(...) \
	mp_event_create(&(struct mp_event_options){ \
		.reserved_ = 0 __VA_OPT__(,) __VA_ARGS__ })

/* mp_event_create - make an event, not set
 * Python   Event()
 * Returns  the object; NULL: MP_EMEMORY
 * Blocks   never.  Fork  shared by all processes.  Signals  not safe
 * Emits    object.new */
struct mp_event *mp_event_create(const struct mp_event_options *options);

/* mp_event_destroy - give it up; as mp_lock_destroy
 * Python   del event
 * Returns  nothing
 * Blocks   never.  Fork  nothing happens in another process.  Signals  not safe
 * Emits    object.end */
void mp_event_destroy(struct mp_event *event);

/* mp_event_is_set, mp_event_set, mp_event_clear - the flag; set wakes all who wait
 * Python   event.is_set(), event.set(), event.clear()
 * Returns  whether it is set; nothing
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    event.is_set; event.set; event.clear */
bool mp_event_is_set(struct mp_event *event);
void mp_event_set(struct mp_event *event);
void mp_event_clear(struct mp_event *event);

/* mp_event_wait - wait until it is set
 * Python   event.wait(timeout=None)
 * Returns  the flag at the moment of return, as in Python: 0 if the time was up,
 *          and 0 possible if a clear() followed the set() at once; MP_EINTR
 * Blocks   up to `until`.  Fork  -.  Signals  not safe
 * Emits    event.passed; event.wait and event.woken or event.timeout */
int mp_event_wait(struct mp_event *event, int64_t until);

/* mp_event_repr - the object as Python prints it
 * Python   repr(event): <Event at 0x... unset>
 * Returns  as mp_lock_repr
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_event_repr(const struct mp_event *event, char *buffer, size_t size);

/* ---- Barrier --------------------------------------------------------------------- */

struct mp_barrier_options {
	long parties;
	const char *name;
	int (*action)(void *user);	/* called by the last to arrive */
	void *user;
	double timeout;			/* seconds; 0: none */
};

/* mp_Barrier(3), mp_Barrier(3, .action = open_door, .timeout = 2) */
#define mp_Barrier(...) \
	mp_barrier_create(&(struct mp_barrier_options){ \
		.parties = __VA_ARGS__ })

/* mp_barrier_create - make a barrier
 * Python   Barrier(parties, action=None, timeout=None)
 * action   runs in the process that arrives last, so its address must mean the same
 *          there: a function of the program
 * Returns  the object; NULL: MP_EMEMORY, MP_EOVERFLOW (parties)
 * Blocks   never.  Fork  shared by all processes.  Signals  not safe
 * Emits    object.new */
struct mp_barrier *mp_barrier_create(const struct mp_barrier_options *options);

/* mp_barrier_destroy - give it up; as mp_lock_destroy
 * Python   del barrier
 * Returns  nothing
 * Blocks   never.  Fork  nothing happens in another process.  Signals  not safe
 * Emits    object.end */
void mp_barrier_destroy(struct mp_barrier *barrier);

/* mp_barrier_wait - wait for the others
 * Python   barrier.wait(timeout=None)
 * until    MP_FOREVER means the barrier's own timeout, if it has one
 * Returns  0 .. parties - 1: the order of arrival; MP_EBROKEN (the time was up, which
 *          breaks it for all; or it was broken, reset or aborted); the code its
 *          action gave, in the process that ran it; MP_EINTR (it is not counted
 *          any more)
 * Blocks   up to `until`.  Fork  -.  Signals  not safe
 * Emits    barrier.hold, barrier.admit; barrier.wait and barrier.passed or
 *          barrier.broken; barrier.action, barrier.trip */
int mp_barrier_wait(struct mp_barrier *barrier, int64_t until);

/* mp_barrier_reset, mp_barrier_abort - send away all who wait; for once, or for good
 * Python   barrier.reset(), barrier.abort()
 * Those who wait get BrokenBarrierError.
 * Returns  nothing
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    barrier.reset, barrier.abort */
void mp_barrier_reset(struct mp_barrier *barrier);
void mp_barrier_abort(struct mp_barrier *barrier);

/* mp_barrier_parties, mp_barrier_n_waiting, mp_barrier_broken - how it stands
 * Python   barrier.parties, barrier.n_waiting, barrier.broken
 * Returns  the number; how many wait (0 while they are leaving); whether it is broken
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
long mp_barrier_parties(const struct mp_barrier *barrier);
long mp_barrier_n_waiting(const struct mp_barrier *barrier);
bool mp_barrier_broken(const struct mp_barrier *barrier);

/* ---- with --------------------------------------------------------------------------- */

/* MP_WITH(lock) { ... } takes a lock, a semaphore, a condition, or a Value and gives
 * it back when the block is left, also by break, return or goto. If it could not be
 * taken (MP_EINTR) the block is skipped; mp_error_code() tells. */
struct mp_with {
	struct mp_lock *lock;
	unsigned site;		/* of the MP_WITH */
	bool held;
};

struct mp_shared;

/* mp_with_enter, mp_with_leave - what MP_WITH is made of
 * Python   __enter__, __exit__
 * Returns  what to hand to mp_with_leave; nothing
 * Blocks   as mp_lock_acquire.  Fork  -.  Signals  not safe
 * Emits    as mp_lock_acquire, mp_lock_release */
struct mp_with mp_with_enter(struct mp_lock *lock);
void mp_with_leave(struct mp_with *with);

/* mp_shared_lock - the lock of a Value or Array
 * Python   value.get_lock()
 * Returns  the lock; NULL for a raw one (MP_EATTRIBUTE)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
struct mp_lock *mp_shared_lock(const struct mp_shared *shared);

static inline struct mp_lock *mp_lock_itself_(struct mp_lock *lock)
{
	return lock;
}

#ifndef __cplusplus
/* The lock that `x.acquire()` of Python goes to. */
#define mp_lock_of(x) \
	_Generic((x), \
		struct mp_lock *: mp_lock_itself_, \
		struct mp_condition *: mp_condition_lock, \
		struct mp_shared *: mp_shared_lock)(x)

#define mp_acquire(x, until) mp_lock_acquire(mp_lock_of(x), until)
#define mp_release(x) mp_lock_release(mp_lock_of(x))

#define MP_WITH(x) \
	for (struct mp_with with_ __attribute__((cleanup(mp_with_leave))) = \
		     mp_with_enter(mp_lock_of(x)); \
	     with_.held; mp_with_leave(&with_))
#endif

#ifndef MP_NO_SITES
#define mp_lock_create(...) (MP_HERE_, mp_lock_create(__VA_ARGS__))
#define mp_lock_acquire(...) (MP_HERE_, mp_lock_acquire(__VA_ARGS__))
#define mp_lock_release(...) (MP_HERE_, mp_lock_release(__VA_ARGS__))
#define mp_condition_create(...) (MP_HERE_, mp_condition_create(__VA_ARGS__))
#define mp_condition_wait(...) (MP_HERE_, mp_condition_wait(__VA_ARGS__))
#define mp_condition_wait_for(...) \
	(MP_HERE_, mp_condition_wait_for(__VA_ARGS__))
#define mp_condition_notify(...) (MP_HERE_, mp_condition_notify(__VA_ARGS__))
#define mp_condition_notify_all(...) \
	(MP_HERE_, mp_condition_notify_all(__VA_ARGS__))
#define mp_event_create(...) (MP_HERE_, mp_event_create(__VA_ARGS__))
#define mp_event_is_set(...) (MP_HERE_, mp_event_is_set(__VA_ARGS__))
#define mp_event_set(...) (MP_HERE_, mp_event_set(__VA_ARGS__))
#define mp_event_clear(...) (MP_HERE_, mp_event_clear(__VA_ARGS__))
#define mp_event_wait(...) (MP_HERE_, mp_event_wait(__VA_ARGS__))
#define mp_barrier_create(...) (MP_HERE_, mp_barrier_create(__VA_ARGS__))
#define mp_barrier_wait(...) (MP_HERE_, mp_barrier_wait(__VA_ARGS__))
#define mp_barrier_reset(...) (MP_HERE_, mp_barrier_reset(__VA_ARGS__))
#define mp_barrier_abort(...) (MP_HERE_, mp_barrier_abort(__VA_ARGS__))
#define mp_with_enter(...) (MP_HERE_, mp_with_enter(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif

#endif
