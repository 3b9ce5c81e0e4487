#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "synchronize/semlock.h"

#include "base/clock.h"
#include "operation/operation.h"
#include "synchronize/mutex.h"

#define FIRST_LOOK_NS INT64_C(50000000)	/* for the dead; then the longest sleep */

static int sleep_on(_Atomic uint32_t *word, uint32_t expected,
		    mp_deadline until, bool *has_slept)
{
	if (until <= mp__now())
		return MP_ETIMEOUT;
	*has_slept = true;
	return mp__park_word_briefly(word, expected, until);
}

int mp__sem_park(struct mp__sem_shm *sem, mp_deadline until, bool *has_slept)
{
	uint32_t word = 0;

	if (!atomic_compare_exchange_strong(&sem->word, &word, MP__SEM_ASLEEP)
	    && word != MP__SEM_ASLEEP)
		return 0;
	return sleep_on(&sem->word, MP__SEM_ASLEEP, until, has_slept);
}

int mp__mutex_park(struct mp__mutex_shm *mutex, mp_deadline until,
		   bool *has_slept)
{
	uint32_t word = atomic_load(&mutex->word);

	do {
		if (word == 0)
			return 0;
	} while (!(word & MP__MUTEX_ASLEEP)
		 && !atomic_compare_exchange_weak(&mutex->word, &word,
						  word | MP__MUTEX_ASLEEP));
	return sleep_on(&mutex->word, word | MP__MUTEX_ASLEEP, until,
			has_slept);
}

/* ---- who has it may be dead ---- */

enum { LOOK_SOON, LOOK_LATER, FOUND };

bool mp__mutex_is_dead(const struct mp__mutex_shm *mutex)
{
	uint32_t holder = mp__mutex_holder(mutex);

	return holder && mp__agent_is_dead(mp__arena, holder)
	       && mp__mutex_holder(mutex) == holder;
}

static void look(const struct mp__mutex_shm *mutex, struct mp__op *op,
		 uint32_t kind, int64_t what)
{
	uint32_t holder = mp__mutex_holder(mutex);

	op->looked = LOOK_LATER;
	if (!mp__mutex_is_dead(mutex))
		return;
	mp__record(kind, op->object, holder, what);
	op->looked = FOUND;
}

int mp__mutex_wait(struct mp__mutex_shm *mutex, struct mp__op *op,
		   uint32_t kind, int64_t what)
{
	mp_deadline next = mp__now() + (op->looked ? MP__LONGEST_SLEEP_NS
						   : FIRST_LOOK_NS);

	if (op->looked == FOUND || !mp__ring || op->until <= next)
		return mp__mutex_park(mutex, op->until, &op->has_slept);
	int err = mp__mutex_park(mutex, next, &op->has_slept);
	if (err != MP_ETIMEOUT)
		return err;
	look(mutex, op, kind, what);
	return 0;
}
