/* synchronize/condition.h - Condition
 * Python: multiprocessing.synchronize.Condition   Lessons: condition
 *
 * Who waits puts a block of its own into a list and sleeps on a word in it; who
 * notifies goes through the list and wakes who still sleeps; who was woken, or gave
 * up, takes its block out again when it has the lock. The list is guarded by the
 * condition's lock, which all of them hold. CPython counts sleepers and has each
 * confirm that it woke, so that a later one cannot take an earlier one's wake-up; here
 * each has its own word, and one that was killed is noticed and passed over.
 *
 * The holder of the lock may be killed, too, and a program that knows may give
 * back a Lock of the dead. So each change of the list is one store, after which
 * it is whole: there is nothing to repair, and no end that is kept besides.
 * Blocks of the dead are taken out by whoever comes by. */
#ifndef MP_SYNCHRONIZE_CONDITION_H
#define MP_SYNCHRONIZE_CONDITION_H

#include "synchronize/lock.h"

struct mp_condition {
	struct mp__object_shm head;
	struct mp_lock *lock;	/* at the same address in every process */
	bool owns_lock;
	_Atomic uint32_t sleepers;	/* in the list and not notified; one that
					 * notifies or waits counts anew */
	_Atomic mp__ref first;		/* struct mp__sleeper_shm */
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
	uint32_t agent, slot;	/* who sleeps, and where it is in the table of
				 * agents; MP__AGENT_SLOTS: it has no place there */
	_Atomic uint32_t notifier; /* agent that woke it */
	int32_t pid;
	uint32_t condition;	/* object id: the block is of its list */
};

#endif
