/* companion/recorder.h - what the companion is made of
 *
 *   start.c     in the program: ring, socket, fork
 *   recorder.c  the companion's life: begin, loop, end
 *   rings.c     passes over the chunks: what is new, what can be freed
 *   watch.c     a thread that sees processes die
 *   facts.c     what the trace says about the run as a whole */
#ifndef MP_COMPANION_RECORDER_H
#define MP_COMPANION_RECORDER_H

#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "traces/event.h"
#include "traces/idmap.h"
#include "traces/intake.h"
#include "traces/spill.h"
#include "traces/store.h"

#define MP__READY_TEXT 256

/* The companion's first and only message. */
struct mp__ready {
	int32_t code;		/* 0, or one of MP_E... */
	char text[MP__READY_TEXT];
};

/* ---- watch.c ---- */

struct mp__death {
	uint32_t process;
	int32_t pid;
	int pidfd;		/* -1: it has been asked */
	uint64_t t_ns;		/* CLOCK_MONOTONIC */
	int64_t code;		/* as Python's exit codes, TRACE_EXIT_UNKNOWN */
	bool is_late;		/* it was dead when first looked at */
};

/* Shared by the watching thread and the main loop, under the mutex. */
struct mp__watcher {
	pthread_mutex_t mutex;
	struct trace_ring *ring;	/* for its clock */
	int epoll, socket;
	int bell;		/* eventfd: something happened, main loop */
	bool listens;		/* the thread wakes for new processes */
	bool is_eof;		/* no process has the socket any more */
	bool knows_reaped;	/* the system tells how one ended that has been
				 * waited for: no need to ask at once */
	unsigned alive;		/* processes watched and not dead */
	struct mp__death *deaths; /* not yet taken */
	size_t death_count, death_room;
};

/* It listens at first. */
int mp__watcher_start(struct mp__watcher *watcher, struct trace_ring *ring,
		      int socket);

/* mp__watcher_listen - be woken for each new process, or see them when deaths are
 * taken: many a process is over by then, and neither has it waited for us nor did we
 * take the processor from it */
void mp__watcher_listen(struct mp__watcher *watcher, bool on);

/* mp__watcher_take - look now, and take the deaths seen since the last call
 * Every process that was dead when this was called is among them, then or
 * earlier. *deaths is to be freed.
 * Returns  how many */
size_t mp__watcher_take(struct mp__watcher *watcher,
			struct mp__death **deaths);

/* mp__watcher_is_over - the last process is gone */
bool mp__watcher_is_over(struct mp__watcher *watcher);

/* mp__watcher_wait - sleep until the watcher rings, at most so long */
void mp__watcher_wait(struct mp__watcher *watcher, int64_t timeout_ns);

/* ---- rings.c ---- */

/* What we know of a chunk's state at the last pass. */
struct mp__chunk_note {
	uint32_t owner, busy;
	uint64_t since_ns;	/* when `busy` was first seen like that */
};

/* A chunk in use, as this pass found it. */
struct mp__chunk_view {
	uint32_t number, owner, process, head;
	uint64_t serial;
	bool is_final;		/* nothing will be added to it */
};

/* An agent, as far as its slots are concerned. */
struct mp__source {
	uint64_t expected;	/* index of the next slot */
	uint64_t spilled;	/* slots below are in the spill or the trace */
	unsigned gap_passes;	/* how often a later one was there first */
	uint64_t gap_mark_ns;	/* the last pass in which that was so */
};

struct mp__rings {
	struct trace_ring *ring;
	uint32_t chunk_count;	/* our own copy: the ring can be scribbled on */
	struct mp__chunk_note *notes;
	struct mp__chunk_view *views;
	uint32_t view_count, final_count;
	uint64_t mark_ns;	/* start of the last pass */
	uint64_t watermark;	/* all that happened until then was seen */
	struct trace_idmap sources, dead;
};

int mp__rings_init(struct mp__rings *rings, struct trace_ring *ring);

/* mp__rings_finish - free what was allocated; the ring itself is the caller's */
void mp__rings_finish(struct mp__rings *rings);

/* mp__rings_look - see which chunks are in use, and move the watermark */
void mp__rings_look(struct mp__rings *rings, struct trace_intake *intake);

/* mp__rings_feed - give what the last look has found to the intake */
int mp__rings_feed(struct mp__rings *rings, struct trace_intake *intake);

/* mp__rings_spill - copy it to the spill file instead, and free the chunks */
int mp__rings_spill(struct mp__rings *rings, struct trace_intake *intake,
		    struct trace_spill *spill);

/* mp__rings_is_crowded - are writers about to run out of chunks? */
bool mp__rings_is_crowded(const struct mp__rings *rings);

/* mp__rings_retire - free the chunks whose slots are all in trace or spill */
void mp__rings_retire(struct mp__rings *rings, struct trace_intake *intake);

/* mp__rings_all_committed - nothing that was spilled is still on its way */
bool mp__rings_all_committed(const struct mp__rings *rings,
			     struct trace_intake *intake);

/* mp__rings_wake - wake the writers that wait for a chunk */
void mp__rings_wake(struct trace_ring *ring);

/* ---- recorder.c ---- */

struct mp__recorder {
	struct trace_ring *ring;
	size_t ring_bytes;
	int socket, ring_fd;
	char path[PATH_MAX];	/* of the trace, absolute */
	char cwd[PATH_MAX];	/* of the program */
	struct trace_store *store;
	struct trace_intake *intake;
	struct mp__rings rings;
	struct mp__watcher watcher;
	struct trace_spill spill;
	uint64_t watermark;	/* of what is in the intake */
	uint64_t rows, lost;	/* rows in this transaction; loss in meta */
	uint32_t cost_ps;
	bool is_over;		/* the program is gone */
};

/* mp__recorder_run - the companion's life; ends with _exit */
_Noreturn void mp__recorder_run(struct mp__recorder *recorder);

/* ---- facts.c ---- */

void mp__facts_begin(struct mp__recorder *recorder);
void mp__facts_end(struct mp__recorder *recorder);

#endif
