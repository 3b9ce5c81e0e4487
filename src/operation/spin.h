/* operation/spin.h - looking a little longer before going to sleep
 *
 * Sleeping and being woken costs several microseconds, and often what one waits for
 * is a microsecond away, on another processor. So who has to wait looks at the
 * guard for a while. How long is learned, by each thread for each operation: as
 * long as looking has been of use it goes on, else it becomes short, and only
 * now and then is a long look tried again. On one processor nobody looks. */
#ifndef MP_OPERATION_SPIN_H
#define MP_OPERATION_SPIN_H

#include "operation/operation.h"

/* mp__spin - look at the guard for a while
 * Returns  whether it says that the operation could go on. Never sleeps */
bool mp__spin(const struct mp__op_row *row, enum mp__operation code,
	      const struct mp__pending_shm *pending);

#endif
