/* traces/wait.h - wait until a trace that is being recorded is closed */
#ifndef TRACE_WAIT_H
#define TRACE_WAIT_H

#include <stdint.h>

enum trace_wait {
	TRACE_WAIT_CLOSED = 0,	/* nobody records (any more) */
	TRACE_WAIT_TIMEOUT = 1,
	TRACE_WAIT_BROKEN = -1,	/* its recorder is dead: to be recovered */
	TRACE_WAIT_FAILED = -2	/* the ring file cannot be looked at (errno) */
};

/* trace_wait_closed - wait for the recorder of the trace `path`
 * timeout_ns  how long at most; 0: only look, negative: no limit
 * The recorder holds a lock on the ring file as long as it works, and removes
 * the file when the trace is whole.
 * Returns  one of enum trace_wait */
int trace_wait_closed(const char *path, int64_t timeout_ns);

#endif
