/* synchronize/semlock.h - the one semaphore under every lock of the library
 * Python: _multiprocessing.SemLock
 *
 * A counter in shared memory, and a bit that says that somebody may be asleep.
 * Who has slept sets the bit again when it takes, because it cannot know whether
 * it was the only one; so in the end one wake-up too many, and never one too
 * few. Nothing is lost when a process is killed in here: a wake-up that a dead
 * sleeper took with it is made good by the others, who look for themselves twice a
 * second. */
#ifndef MP_SYNCHRONIZE_SEMLOCK_H
#define MP_SYNCHRONIZE_SEMLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mp.h"
#include "operation/park.h"
#include "probe/probe.h"

#define MP__SEM_MAX 0x7fffffffu		/* as SEM_VALUE_MAX in Python */
#define MP__SEM_ASLEEP 0x80000000u

struct mp__sem_shm {
	_Atomic uint32_t word;		/* value, and MP__SEM_ASLEEP */
	uint32_t max;			/* releasing above it is an error */
	_Atomic uint32_t holder;	/* agent that took it last; 0: none */
	_Atomic int32_t holder_pid;
};

/* mp__sem_init - set the counter; before anybody else knows the semaphore */
static inline void mp__sem_init(struct mp__sem_shm *sem, uint32_t value,
				uint32_t max)
{
	atomic_store_explicit(&sem->word, value, memory_order_relaxed);
	sem->max = max;
}

/* mp__sem_value - how often it could be taken now */
static inline uint32_t mp__sem_value(const struct mp__sem_shm *sem)
{
	return atomic_load_explicit(&sem->word, memory_order_acquire)
	       & MP__SEM_MAX;
}

/* mp__sem_take - take one if there is one
 * has_slept  this agent was asleep for it, see mp__sem_park
 * left       receives what is left then; may be NULL
 * Returns    false: there is none. Never blocks */
static inline bool mp__sem_take(struct mp__sem_shm *sem, bool has_slept,
				uint32_t *left)
{
	uint32_t word = atomic_load_explicit(&sem->word, memory_order_relaxed);
	uint32_t wanted;

	do {
		if ((word & MP__SEM_MAX) == 0)
			return false;
		wanted = (word - 1) | (has_slept ? MP__SEM_ASLEEP : 0);
	} while (!atomic_compare_exchange_weak_explicit(
		&sem->word, &word, wanted, memory_order_acquire,
		memory_order_relaxed));
	atomic_store_explicit(&sem->holder, mp__self.id, memory_order_relaxed);
	atomic_store_explicit(&sem->holder_pid, mp__self.pid,
			      memory_order_relaxed);
	if (left)
		*left = wanted & MP__SEM_MAX;
	/* Two were given back, and only one sleeper was woken. */
	if (MP__UNLIKELY(has_slept && (wanted & MP__SEM_MAX) > 0))
		mp__wake_word(&sem->word, 1);
	return true;
}

/* mp__sem_give - give one back, and wake a sleeper
 * Returns  false: it is at its maximum already. Never blocks */
static inline bool mp__sem_give(struct mp__sem_shm *sem)
{
	uint32_t word = atomic_load_explicit(&sem->word, memory_order_relaxed);

	if (sem->max == 1)
		atomic_store_explicit(&sem->holder, 0, memory_order_relaxed);
	do {
		if ((word & MP__SEM_MAX) >= sem->max)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&sem->word, &word, (word & MP__SEM_MAX) + 1,
		memory_order_release, memory_order_relaxed));
	if (MP__UNLIKELY(word & MP__SEM_ASLEEP))
		mp__wake_word(&sem->word, 1);
	return true;
}

/* mp__sem_park - wait until it may be worth trying again
 * has_slept  set to true if the agent really slept; hand it to mp__sem_take
 * Returns    0; MP_ETIMEOUT; MP_EINTR
 * Blocks     up to `until`, half a second at most, since a wake-up may be lost
 *            with a process that is killed */
int mp__sem_park(struct mp__sem_shm *sem, mp_deadline until, bool *has_slept);

#endif
