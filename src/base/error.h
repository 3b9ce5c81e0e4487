/* base/error.h - the error of the last call, for internal use
 * Public side: mp_error_code, mp_error_message, ... in mp.h
 *
 * Every failing function returns a negative code from errors.def and leaves a
 * message for the calling thread. The message says what was wrong and, where
 * there is something to do, what to do. */
#ifndef MP_BASE_ERROR_H
#define MP_BASE_ERROR_H

#include "mp.h"

#define MP__PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* mp__fail - note an error for this thread and return its code
 * code     one of MP_E...
 * fmt      message, printf style, without a final full stop or newline
 * Returns  code, so that callers can write `return mp__fail(...)`
 * Fork     the message stays private to the process
 * Signals  not async-signal-safe */
int mp__fail(int code, const char *fmt, ...) MP__PRINTF(2, 3);

/* mp__fail_errno - as mp__fail, for a system call that failed
 * The code is chosen from errno (EPIPE -> MP_EPIPE, ENOENT -> MP_ENOTFOUND,
 * ENOMEM -> MP_EMEMORY, ..., anything else MP_EOS); the message ends in
 * ": " and the system's text. */
int mp__fail_errno(const char *fmt, ...) MP__PRINTF(1, 2);

/* mp__error_forget - this thread has not failed yet */
void mp__error_forget(void);

/* Called after every mp__fail with the code and the message; the probe sets it
 * so that an error is an event of the trace. NULL: nobody listens. */
extern void (*mp__error_hook)(int code, const char *message);

#endif
