/* base/spin.h - looking again and again before sleeping
 *
 * To sleep and be woken costs several microseconds; what somebody on another
 * processor is about to do is often done sooner. How long to look is learnt: as
 * long as it pays, longer; as soon as it does not, half as long. */
#ifndef MP_BASE_SPIN_H
#define MP_BASE_SPIN_H

#include <stdbool.h>

struct mp__spin {
	unsigned limit;		/* looks the next time; 0: not used yet */
};

/* mp__spin_start - how often to look; 0 where there is one processor only */
unsigned mp__spin_start(struct mp__spin *spin);

/* mp__spin_learn - did it come while we looked? */
void mp__spin_learn(struct mp__spin *spin, bool has_paid);

/* mp__relax - between two looks */
static inline void mp__relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
