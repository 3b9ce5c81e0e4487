/* traces/ring_file.h - a ring file that nobody serves any more, for reading
 *
 * The file may be damaged: nothing in it is believed that can be checked. It is
 * read, not mapped, so that it may also be cut off while we look. */
#ifndef TRACE_RING_FILE_H
#define TRACE_RING_FILE_H

#include <stdint.h>
#include <sys/types.h>

#include "traces/event.h"
#include "traces/merge.h"

struct trace_ring_file {
	int fd;				/* -1: there is none */
	uint32_t chunk_count;
	uint64_t start_ns;
	int64_t start_realtime_ns;
	uint64_t lost;
	uint32_t cost_ps, flags;
};

enum trace_ring_open {
	TRACE_RING_OPENED = 0,
	TRACE_RING_NONE = 1,		/* no such file */
	TRACE_RING_IN_USE = 2,		/* its recorder lives */
	TRACE_RING_BAD = -1		/* not a ring file, or not readable */
};

/* trace_ring_open - open it and take the recorder's place (its lock)
 * Returns one of enum trace_ring_open; file is closed unless it is OPENED */
int trace_ring_open(struct trace_ring_file *file, const char *path);

/* trace_ring_user - a process that has it mapped, 0: none that we can see */
pid_t trace_ring_user(const struct trace_ring_file *file);

/* trace_ring_read - give every run of slots, agent by agent, in order
 * call     returns 0 to go on
 * Returns  0, the first other result of call, or -1: no memory */
int trace_ring_read(const struct trace_ring_file *file,
		    int (*call)(void *user, const struct trace_run *run),
		    void *user);
void trace_ring_close(struct trace_ring_file *file);

#endif
