/* support/steps.h - kill a process at every step it takes
 *
 * What others can see of a process that is killed is what it has changed in the
 * shared memory by then. So it is enough to kill it once right after each
 * change: the first time after its first, then after its second, and so on. The
 * process goes from instruction to instruction to see when it has changed
 * something, which not every machine lets it do. */
#ifndef TESTS_SUPPORT_STEPS_H
#define TESTS_SUPPORT_STEPS_H

#include <stdbool.h>

#include "mp.h"

/* Can it be done here? */
bool steps_are_possible(void);

/* Something else that is a step when it changes, beside the shared memory: a file
 * that is there or not. It is asked after each instruction. */
void steps_watch(int (*state)(void));

/* In a process that may die: from here on, its death comes right after its
 * change number `last`, counted from 1. Only memory that others had before counts,
 * and what of it lies in the arena; one thread only. */
void steps_begin(unsigned last);

/* It has lived to see this: it does not die any more. */
void steps_end(void);

/* In the test: nothing of the arena is free twice. */
bool steps_arena_is_sound(void);

/* In the test: it is over; was it killed? If not, it must have come to a good
 * end, and there are no more steps. Destroys it. */
bool steps_was_killed(struct mp_process *process);

#endif
