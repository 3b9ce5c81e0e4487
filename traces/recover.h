/* traces/recover.h - complete a trace whose recorder has died */
#ifndef TRACE_RECOVER_H
#define TRACE_RECOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct trace_recover_report {
	uint64_t events_before;	/* in the trace when we came */
	uint64_t events;	/* in it now */
	uint64_t ring_slots, spill_slots; /* found there, in the trace or not */
	bool is_new;		/* the trace had not even been begun */
	pid_t running;		/* the program still runs, this is one of its
				 * processes: nothing was done; 0 otherwise */
};

enum trace_recover {
	TRACE_RECOVERED = 0,
	TRACE_RECOVER_NOTHING = 1,	/* the trace is whole already */
	TRACE_RECOVER_FAILED = -1
};

/* trace_recover - complete the trace `path` from its ring and spill files
 * Every slot that left the program comes to be in the trace exactly once; then the
 * trace is closed (meta state 'recovered') and the other files are removed. It
 * refuses while the recorder works, and while a process of the program still
 * writes into the ring: what it would yet write could not be saved.
 * error    receives one line when it fails
 * Returns  one of enum trace_recover */
int trace_recover(const char *path, struct trace_recover_report *report,
		  char *error, size_t error_size);

#endif
