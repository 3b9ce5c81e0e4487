#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "synchronize/semlock.h"

#include "base/clock.h"
#include "synchronize/mutex.h"

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
