/* operation/spin.h - looking a little longer before going to sleep
 *
 * Sleeping and being woken costs several microseconds, and often what one waits for
 * is a microsecond away, on another processor. So who has to wait looks at the
 * guard for a while. How long is learned, by each thread for each operation: as
 * long as looking has been of use it goes on, else it becomes short. Two that
 * answer each other, both asleep, would never find out: what each waits for is
 * then mostly the waking of the other. So when many waits were no longer than a
 * wake-up takes, a look as long as that is tried; the more often that was in
 * vain, the more seldom. On one processor nobody looks. */
#ifndef MP_OPERATION_SPIN_H
#define MP_OPERATION_SPIN_H

#include "operation/operation.h"

/* mp__spin - look at the guard for a while
 * began_ns  receives when the look began, for mp__spin_slept; 0: no look
 * Returns   whether it says that the operation could go on. Never sleeps */
bool mp__spin(const struct mp__op_row *row, enum mp__operation code,
	      const struct mp__pending_shm *pending, int64_t *began_ns);

/* mp__spin_slept - the look was in vain, and what was waited for came while asleep */
void mp__spin_slept(enum mp__operation code, int64_t began_ns);

#endif
