/* synchronize/lock.h - Lock, RLock, Semaphore, BoundedSemaphore
 * Python: multiprocessing.synchronize   Lessons: lock, rlock, semaphore */
#ifndef MP_SYNCHRONIZE_LOCK_H
#define MP_SYNCHRONIZE_LOCK_H

#include "process/object.h"
#include "synchronize/mutex.h"
#include "synchronize/semlock.h"

struct mp_lock {
	struct mp__object_shm head;
	union {
		struct mp__mutex_shm mutex;	/* Lock, RLock */
		struct mp__sem_shm sem;		/* the semaphores */
	};
	uint32_t kind;		/* enum mp_lock_kind */
	uint32_t depth;		/* how often its owner has taken an RLock;
				 * only the owner writes */
	uint32_t start;		/* value it began with */
};
_Static_assert(sizeof(struct mp_lock) <= 64, "one unit of the arena");

/* mp__lock_acquire, mp__lock_release - for the other components: mp_lock_acquire
 * and mp_lock_release at the place of the operation that needs them */
int mp__lock_acquire(struct mp_lock *lock, mp_deadline until);
int mp__lock_release(struct mp_lock *lock);

/* mp__lock_is_mine - has this very thread taken it? */
static inline bool mp__lock_is_mine(const struct mp_lock *lock)
{
	return lock->kind < MP_SEMAPHORE && mp__self.id
	       && mp__mutex_holder(&lock->mutex) == mp__self.id;
}

/* mp__lock_release_all - give it back at all its levels, if it is mine
 * Returns  the depth, for mp__lock_acquire_all */
uint32_t mp__lock_release_all(struct mp_lock *lock);

/* mp__lock_acquire_all - take it again, as often. Blocks as long as it takes;
 * no signal ends it. */
void mp__lock_acquire_all(struct mp_lock *lock, uint32_t depth);

#endif
