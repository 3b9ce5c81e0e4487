/* traces/spill.h - the spill file: slots on their way from ring to trace
 *
 * What the recorder cannot turn into rows in time it appends here and reads again
 * later. The file (`x.fscope-spill`) is a row of records: a header, and its slots,
 * packed (traces/slots.h), since a copy of them as they are would take more time
 * than writing them did. What one pass over the ring has found ends with a header
 * without slots that carries the pass's watermark: nothing that happened up to
 * that time comes later in the file. */
#ifndef TRACE_SPILL_H
#define TRACE_SPILL_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/event.h"
#include "traces/merge.h"
#include "traces/slots.h"

#define TRACE_SPILL_MAGIC UINT64_C(0x326c6c6970736670)	/* "pfspill2" */

struct trace_spill_header {
	uint64_t magic;
	uint32_t agent;		/* 0: end of a pass */
	uint32_t count;		/* slots that follow */
	uint32_t length;	/* bytes that they are */
	uint32_t process;	/* of the agent */
	uint64_t index;		/* of the first in its agent's stream; at the
				 * end of a pass: the watermark */
};
_Static_assert(sizeof(struct trace_spill_header) == 32, "no padding");

/* The longest record, and as many of usual ones as are worth a write(2). */
#define TRACE_SPILL_RECORD_BYTES \
	(sizeof(struct trace_spill_header) \
	 + TRACE_SLOTS_BYTES(TRACE_CHUNK_SLOTS))
#define TRACE_SPILL_GATHER_BYTES (128u * 1024u)

struct trace_spill {
	int fd;				/* -1: none */
	uint64_t read, written;		/* offsets in the file */
	uint64_t pass_start;		/* offset of the pass being written */
	bool has_failed;		/* no more of it: the disk is full */
	size_t gathered;		/* bytes not written yet */
	unsigned char gather[TRACE_SPILL_GATHER_BYTES];
	unsigned char packed[TRACE_SPILL_RECORD_BYTES + TRACE_SLOTS_MARGIN];
	struct trace_slot slots[TRACE_CHUNK_SLOTS];	/* being read */
};

/* trace_spill_create - make the file, which must not exist; 0, -1 with errno */
int trace_spill_create(struct trace_spill *spill, const char *path);

/* trace_spill_open - open one that a crash has left, for reading
 * Returns  0; -1 with errno; ENOTSUP: another version's, with slots that this one
 *          cannot read */
int trace_spill_open(struct trace_spill *spill, const char *path);

/* trace_spill_put - append a run of at most TRACE_CHUNK_SLOTS */
void trace_spill_put(struct trace_spill *spill, const struct trace_run *run);

/* trace_spill_end_pass - have the pass in the file
 * Returns  0; -1: it could not be written and nothing of it is in the file */
int trace_spill_end_pass(struct trace_spill *spill, uint64_t watermark);

/* trace_spill_next - read a record
 * Returns  1: a run, its slots live until the next call; 2: end of a pass;
 *          0: there is no more, or only what a crash has left in the middle */
int trace_spill_next(struct trace_spill *spill, struct trace_run *run,
		     uint64_t *watermark);

static inline bool trace_spill_is_read(const struct trace_spill *spill)
{
	return spill->read == spill->written;
}

/* trace_spill_reset - all of it is in the trace: empty the file */
void trace_spill_reset(struct trace_spill *spill);
void trace_spill_close(struct trace_spill *spill);

#endif
