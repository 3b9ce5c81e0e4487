/* support/waiting.h - see from outside that a process waits */
#ifndef TESTS_SUPPORT_WAITING_H
#define TESTS_SUPPORT_WAITING_H

#include "mp.h"
#include "operation/operation.h"

/* Does the process (one of its agents) wait in that operation now? */
bool is_waiting_in(struct mp_process *process, enum mp__operation operation);

/* Return once the process (its main agent) waits in that operation. The test fails
 * after 20 s. */
void waiting_in(struct mp_process *process, enum mp__operation operation);

#endif
