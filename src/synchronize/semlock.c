#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "synchronize/semlock.h"

#include <sched.h>
#include <unistd.h>

#include "base/clock.h"

/* How long to look before sleeping. A futex that puts to sleep and wakes costs
 * several microseconds; a lock held by somebody on another processor is often
 * free again sooner. */
#define SPINS 120
#define LONGEST_SLEEP_NS INT64_C(500000000)

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static bool spin(const struct mp__sem_shm *sem)
{
	static int processors;	/* any thread may find out */

	if (!processors)
		processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (processors < 2)
		return false;
	for (int i = 0; i < SPINS; i++) {
		if (mp__sem_value(sem) > 0)
			return true;
		relax();
	}
	return false;
}

int mp__sem_park(struct mp__sem_shm *sem, mp_deadline until, bool *has_slept)
{
	if (spin(sem))
		return 0;
	uint32_t word = 0;
	if (!atomic_compare_exchange_strong(&sem->word, &word, MP__SEM_ASLEEP)
	    && word != MP__SEM_ASLEEP)
		return 0;
	int64_t now = mp__now();
	if (until <= now)
		return MP_ETIMEOUT;
	*has_slept = true;
	if (until - now <= LONGEST_SLEEP_NS)
		return mp__park_word(&sem->word, MP__SEM_ASLEEP, until);
	int err = mp__park_word(&sem->word, MP__SEM_ASLEEP,
				now + LONGEST_SLEEP_NS);
	return err == MP_ETIMEOUT ? 0 : err;
}
