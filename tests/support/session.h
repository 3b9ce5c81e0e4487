/* tests/support/session.h - a program as a shell starts it, in a session of its own */
#ifndef TESTS_SUPPORT_SESSION_H
#define TESTS_SUPPORT_SESSION_H

#include "tests/support/screen.h"

/* session_lead - in a child: lead a session, and start the program in it
 *
 * A program without a leader could not be stopped, for nobody would be there to
 * continue it. Writes the program's pid to `report`, and ends as the program does. */
_Noreturn void session_lead(const struct screen_options *options, int slave,
			    int report);

/* How the program is: T when it has stopped; ? when it is no more. */
char session_state(pid_t pid);
/* Time it has spent on a processor, in clock ticks. */
long session_cpu_ticks(pid_t pid);

#endif
