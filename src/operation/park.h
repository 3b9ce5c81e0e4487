/* operation/park.h - the only places where an agent of the library blocks: on a
 * word, and on the kernel's objects */
#ifndef MP_OPERATION_PARK_H
#define MP_OPERATION_PARK_H

#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "mp.h"

/* mp__park_word - sleep while *word is `expected`
 * word     in shared memory; whoever changes it calls mp__wake_word
 * Returns  0: changed or woken (also for no reason: look again); MP_ETIMEOUT;
 *          MP_EINTR if the thread asked for it and a signal came
 * Blocks   up to `until` */
int mp__park_word(_Atomic uint32_t *word, uint32_t expected,
		  mp_deadline until);

#define MP__LONGEST_SLEEP_NS INT64_C(500000000)

/* mp__park_word_briefly - the same, but half a second at most
 * Who was to wake us may have been killed between its change and the wake-up, so
 * nobody sleeps for longer without looking.
 * Returns  0 also when the half second is over */
int mp__park_word_briefly(_Atomic uint32_t *word, uint32_t expected,
			  mp_deadline until);

/* mp__wake_word - wake at most `count` agents that sleep on it; how many it woke */
int mp__wake_word(_Atomic uint32_t *word, int count);

/* mp__park_fds - sleep until one of the descriptors is ready
 * count    0: just sleep
 * Returns  as mp__park_word, and MP_EOS if poll refuses
 * Blocks   up to `until` */
int mp__park_fds(struct pollfd *fds, nfds_t count, mp_deadline until);

/* mp__park_child - sleep until that child has ended; it stays to be waited for
 * As mp__park_fds with a pidfd, for those who have none: to open one takes longer
 * than many a child lives.
 * Returns  1: it has ended, or is no child of ours any more; 0: look again; MP_EINTR
 * Blocks   for as long as it takes */
int mp__park_child(pid_t pid);

#endif
