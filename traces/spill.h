/* traces/spill.h - the spill file: slots on their way from ring to trace
 *
 * What the recorder cannot turn into rows in time it appends here, as it lay in
 * the ring, and reads again later. The file (`x.fscope-spill`) is a row of
 * records: a header, and its slots. What one pass over the ring has found ends
 * with a header without slots that carries the pass's watermark: nothing that
 * happened up to that time comes later in the file. */
#ifndef TRACE_SPILL_H
#define TRACE_SPILL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "traces/event.h"
#include "traces/merge.h"

#define TRACE_SPILL_MAGIC UINT64_C(0x316c6c6970736670)	/* "pfspill1" */
#define TRACE_SPILL_BATCH 64

struct trace_spill_header {
	uint64_t magic;
	uint32_t agent;		/* 0: end of a pass */
	uint32_t count;		/* slots that follow */
	uint64_t index;		/* of the first in its agent's stream; at the
				 * end of a pass: the watermark */
	uint32_t process;
	uint32_t pass;
};
_Static_assert(sizeof(struct trace_spill_header) == 32, "as long as a slot");

struct trace_spill {
	int fd;				/* -1: none */
	uint64_t read, written;		/* offsets in the file */
	uint64_t pass_start;		/* offset of the pass being written */
	uint32_t pass;
	bool has_failed;		/* no more of it: the disk is full */
	unsigned gathered;		/* records not written yet */
	struct trace_spill_header headers[TRACE_SPILL_BATCH];
	struct iovec parts[2 * TRACE_SPILL_BATCH];
	struct trace_slot slots[TRACE_CHUNK_SLOTS];	/* being read */
};

/* trace_spill_create - make the file, which must not exist; 0, -1 with errno */
int trace_spill_create(struct trace_spill *spill, const char *path);

/* trace_spill_open - open one that a crash has left, for reading */
int trace_spill_open(struct trace_spill *spill, const char *path);

/* trace_spill_put - append a run; its slots must stay until the pass ends */
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
