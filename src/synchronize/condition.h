/* synchronize/condition.h - Condition
 * Python: multiprocessing.synchronize.Condition   Lessons: condition
 *
 * Who waits puts a block of its own into a list and sleeps on a word in it; who
 * notifies takes blocks from the front. The list is guarded by the condition's lock,
 * which both hold. CPython counts sleepers and has each confirm that it woke, so
 * that a later one cannot take an earlier one's wake-up; here each has its own
 * word, and one that was killed in its sleep is noticed and passed over. */
#ifndef MP_SYNCHRONIZE_CONDITION_H
#define MP_SYNCHRONIZE_CONDITION_H

#include "synchronize/lock.h"

struct mp_condition {
	struct mp__object_shm head;
	struct mp_lock *lock;	/* at the same address in every process */
	bool owns_lock;
	_Atomic uint32_t sleepers;
	_Atomic mp__ref first, last;	/* struct mp__sleeper_shm */
};
_Static_assert(sizeof(struct mp_condition) <= 64, "one unit of the arena");

enum mp__sleeper_state {
	MP__SLEEPER_WAITS = 0,
	MP__SLEEPER_SLEEPS,	/* and has to be woken by the system */
	MP__SLEEPER_NOTIFIED,
	MP__SLEEPER_GONE	/* it gave up waiting */
};

struct mp__sleeper_shm {
	_Atomic uint32_t state;	/* futex */
	_Atomic mp__ref next;
	uint32_t agent;		/* who sleeps */
	_Atomic uint32_t notifier; /* agent that woke it */
	int32_t pid;
	uint32_t condition;	/* object id: the block is of its list */
};

#endif
