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

/* mp__shared_enter - hold its lock, if it has one, while an item is read or written
 * Who has taken it already only goes on: to count him twice would be a write to what
 * those who wait are looking at.
 * taken    receives whether it was taken, for mp__shared_leave
 * Returns  0, or MP_EINTR */
static inline int mp__shared_enter(const struct mp_shared *shared, bool *taken)
{
	*taken = shared->lock && !mp__shared_is_entered(shared);
	int got = *taken ? mp__lock_acquire(shared->lock, MP_FOREVER) : 0;
	return got < 0 ? got : 0;
}

static inline void mp__shared_leave(const struct mp_shared *shared, bool taken)
{
	if (taken)
		mp__lock_release(shared->lock);
}

/* mp__shared_no_place - the same for an index that is none, or counts from the end */
void *mp__shared_no_place(const struct mp_shared *shared, ssize_t *index);

/* mp__shared_place - the item with that index, negative ones counted from the end
 * Returns NULL with MP_EINDEX */
static inline void *mp__shared_place(const struct mp_shared *shared,
				     ssize_t *index)
{
	if (MP__UNLIKELY((size_t)*index >= shared->length))
		return mp__shared_no_place(shared, index);
	return (char *)shared->items
	       + (size_t)*index * mp__shared_code(shared)->size;
}

#endif
