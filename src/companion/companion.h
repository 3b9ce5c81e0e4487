/* companion/companion.h - the process that turns rings into a trace
 *
 * It is made before main and belongs to nobody: not in the program's children,
 * holding none of its descriptors, in a session of its own. The program keeps two
 * things of it: the ring, and a socket through which it hears of every new
 * process. The socket is inherited by all processes of the program and used for
 * nothing else, so its end of file says that the last one is gone. */
#ifndef MP_COMPANION_COMPANION_H
#define MP_COMPANION_COMPANION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "traces/event.h"

#define MP__RING_BYTES ((size_t)32 << 20)

struct mp__companion_options {
	const char *trace_path;
	size_t ring_bytes;	/* 0: MP__RING_BYTES */
	bool lossy;		/* a full ring loses events instead of waiting */
};

struct mp__companion {
	struct trace_ring *ring;
	int socket;		/* the program's end */
};

/* What the program sends, with the pidfd beside it if it has one (SCM_RIGHTS). */
struct mp__companion_watch {
	uint32_t process;	/* object id */
	int32_t pid;
	uint32_t agent;		/* its main agent, 0: not known yet */
	uint32_t zero;
};

/* mp__companion_start - have everything recorded from now on
 * Makes the ring file and the companion, and waits until it is ready. The trace
 * must not exist, or be one that `forkscope run` has prepared.
 * out      receives ring and socket; untouched on failure
 * Returns  0; MP_EEXISTS: there is a trace already; MP_EOS and others with a
 *          message. Nothing is left behind on failure
 * Blocks   some milliseconds, 10 s at most
 * Fork     once, while the process has one thread: before main */
int mp__companion_start(const struct mp__companion_options *options,
			struct mp__companion *out);

/* mp__companion_watch - tell of a new process
 * pidfd    a handle of it, which is copied; -1: the companion opens its own. If the
 *          process has been reaped by then, it is its reaper who says how it ended
 * errno is kept. A message for which there is no room is not sent: the process's
 * end is then known only from what its parent says.
 * Returns  0; MP_EPIPE (without a message) if the companion is gone
 * Blocks   never.  Signals  async-signal-safe; no SIGPIPE */
int mp__companion_watch(const struct mp__companion *companion,
			uint32_t process, pid_t pid, int pidfd);

#endif
