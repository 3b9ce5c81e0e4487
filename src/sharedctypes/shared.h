/* sharedctypes/shared.h - Value and Array
 * Python: multiprocessing.sharedctypes   Lessons: lost-update, value-array
 *
 * One block of the arena: this header, and the items behind it; or, for what
 * synchronized() has wrapped, a pointer to the block that has them. */
#ifndef MP_SHAREDCTYPES_SHARED_H
#define MP_SHAREDCTYPES_SHARED_H

#include "process/object.h"
#include "sharedctypes/codes.h"
#include "synchronize/lock.h"

struct mp_shared {
	struct mp__object_shm head;
	struct mp_lock *lock;	/* NULL: raw */
	void *items;		/* at the same address in every process */
	uint64_t length;
	uint8_t code;		/* its place in the table, see codes.c */
	bool is_array, owns_lock, owns_items;
};
_Static_assert(sizeof(struct mp_shared) <= 64, "the items are aligned");

static inline const struct mp__code *mp__shared_code(const struct mp_shared *s)
{
	return mp__code_at(s->code);
}

/* The program has its lock, and may take it once more: that is nothing to tell. */
static inline bool mp__shared_is_entered(const struct mp_shared *shared)
{
	return shared->lock->kind == MP_RLOCK
	       && mp__lock_is_mine(shared->lock);
}

/* mp__shared_enter, mp__shared_leave - hold its lock, if it has one, for as long as an
 * item is read or written. enter returns 0, or MP_EINTR. */
static inline int mp__shared_enter(const struct mp_shared *shared)
{
	if (!shared->lock)
		return 0;
	if (mp__shared_is_entered(shared)) {
		shared->lock->depth++;
		return 0;
	}
	int got = mp__lock_acquire(shared->lock, MP_FOREVER);
	return got < 0 ? got : 0;
}

static inline void mp__shared_leave(const struct mp_shared *shared)
{
	if (!shared->lock)
		return;
	if (mp__shared_is_entered(shared) && shared->lock->depth > 1)
		shared->lock->depth--;
	else
		mp__lock_release(shared->lock);
}

/* mp__shared_place - the item with that index, negative ones counted from the end
 * Returns NULL with MP_EINDEX */
void *mp__shared_place(const struct mp_shared *shared, ssize_t *index);

#endif
