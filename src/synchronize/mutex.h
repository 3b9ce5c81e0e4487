/* synchronize/mutex.h - what one agent at a time can have
 *
 * The word is the agent that has it, so taking it and saying who has it is one
 * instruction, and a process that is killed leaves no doubt. A bit says that
 * somebody may be asleep; see semlock.h for why no wake-up is lost. */
#ifndef MP_SYNCHRONIZE_MUTEX_H
#define MP_SYNCHRONIZE_MUTEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mp.h"
#include "operation/park.h"
#include "probe/probe.h"

#define MP__MUTEX_ASLEEP 0x80000000u

struct mp__mutex_shm {
	_Atomic uint32_t word;	/* agent id, and MP__MUTEX_ASLEEP; 0: free */
};

/* mp__mutex_holder - the agent that has it; 0: nobody */
static inline uint32_t mp__mutex_holder(const struct mp__mutex_shm *mutex)
{
	return atomic_load_explicit(&mutex->word, memory_order_acquire)
	       & ~MP__MUTEX_ASLEEP;
}

/* mp__mutex_take - take it if it is free
 * has_slept  this agent was asleep for it, see mp__mutex_park
 * Returns    false: somebody has it. Never blocks */
static inline bool mp__mutex_take(struct mp__mutex_shm *mutex, bool has_slept)
{
	uint32_t nobody = 0;

	return atomic_compare_exchange_strong_explicit(
		&mutex->word, &nobody,
		mp__self.id | (has_slept ? MP__MUTEX_ASLEEP : 0),
		memory_order_acquire, memory_order_relaxed);
}

/* mp__mutex_give - give it back, whoever has it, and wake a sleeper. Never blocks */
static inline void mp__mutex_give(struct mp__mutex_shm *mutex)
{
	uint32_t word = atomic_exchange_explicit(&mutex->word, 0,
						 memory_order_release);

	if (MP__UNLIKELY(word & MP__MUTEX_ASLEEP))
		mp__wake_word(&mutex->word, 1);
}

/* mp__mutex_park - as mp__sem_park */
int mp__mutex_park(struct mp__mutex_shm *mutex, mp_deadline until,
		   bool *has_slept);

/* mp__mutex_wait - the same for an operation that is being recorded: if who has it is
 * dead, that is told, once
 * kind     of the event: its a is the agent that has it, its b is `what`
 * A process may be killed between taking it and saying so: the others must look. */
struct mp__op;
int mp__mutex_wait(struct mp__mutex_shm *mutex, struct mp__op *op,
		   uint32_t kind, int64_t what);

/* mp__mutex_is_dead - does a dead one have it? Takes system calls */
bool mp__mutex_is_dead(const struct mp__mutex_shm *mutex);

#endif
