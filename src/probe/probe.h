/* probe/probe.h - agents, and the events they record
 *
 * An agent is a thread of control: a process's main thread, a queue's feeder, a
 * thread the program made. Each has a slot in the arena, which others may look
 * at, and a writer of its own, which appends to its ring without locks and
 * without system calls.
 *
 * With recording off, every mp__record is one predictable branch. */
#ifndef MP_PROBE_PROBE_H
#define MP_PROBE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena/arena.h"
#include "base/clock.h"
#include "mp.h"
#include "traces/event.h"

#define MP__LIKELY(x) __builtin_expect(!!(x), 1)
#define MP__UNLIKELY(x) __builtin_expect(!!(x), 0)
#define MP__TLS _Thread_local __attribute__((tls_model("initial-exec")))

/* What a thread needs to record. Private to the thread. */
struct mp__self {
	struct mp__agent_shm *agent;	/* NULL: not an agent yet */
	struct trace_chunk *chunk;	/* NULL: none claimed */
	uint32_t head;			/* of the chunk, what it will publish */
	uint32_t site;			/* of the operation being performed */
	uint64_t serial;		/* index of the chunk's first slot */
	uint64_t lost;			/* not yet told in a `lost` event */
	uint32_t id;			/* of the agent, in the trace */
	int32_t pid;
	uint32_t busy;			/* guards against a signal handler that
					 * records while its thread does */
	int64_t stalled_ns;		/* not yet told: see mp__probe_settle */
	uint32_t full_epoch;		/* ring->free_epoch when none was free */
	bool was_full;			/* and that it was so */
};

extern MP__TLS struct mp__self mp__self;

/* The rings, or NULL: not recording. */
extern struct trace_ring *mp__ring;

/* Id of the calling process's object in the trace; 0 before the library started
 * and in a process forked behind its back. */
extern uint32_t mp__process_id;

/* mp__probe_start - begin to record into these rings (NULL: recording stays off)
 * Calibrates the cost of an event and notes it in the ring. */
void mp__probe_start(struct trace_ring *ring);

/* mp__probe_stop - this process records nothing any more */
void mp__probe_stop(void);

/* mp__probe_settle - an agent has said who it is; tell if it had to wait for that */
void mp__probe_settle(void);

/* mp__probe_after_fork - forget the parent's writer; in the child, first thing */
void mp__probe_after_fork(void);

/* mp__agent_begin - make the calling thread an agent
 * process  object id of its process; path, name: texts for people
 * list     the process's list of agents, so that its parent can free the slots
 *          of one that was killed
 * Emits    agent.begin */
void mp__agent_begin(uint32_t process, enum trace_role role, const char *path,
		     const char *name, _Atomic uint32_t *list);

/* The first agent of a process that is about to be made. Its parent gets ready what
 * it can, because a child pays for each page it is the first to touch. */
struct mp__newborn {
	struct mp__agent_shm *agent;	/* NULL: no slot was free */
	struct trace_chunk *chunk;	/* NULL: none; it must get one itself */
	uint32_t id;
};

/* mp__newborn_prepare - in the parent, before the fork
 * process, list  as for mp__agent_begin, but the child's */
void mp__newborn_prepare(struct mp__newborn *newborn, uint32_t process,
			 _Atomic uint32_t *list);

/* mp__newborn_abandon - in the parent: no process came of it */
void mp__newborn_abandon(struct mp__newborn *newborn, _Atomic uint32_t *list);

/* mp__newborn_born - in the parent, after the fork: that is its pid
 * It does not say so itself: most of what a child needs to begin it has as a copy,
 * and the page of its slot it need not have. */
void mp__newborn_born(const struct mp__newborn *newborn, pid_t pid);

/* mp__newborn_begin - in the child: be that agent
 * path     lives as long as the process
 * names    the path, '\0', and its name; length: of both together
 * Emits    agent.begin */
void mp__newborn_begin(const struct mp__newborn *newborn, uint32_t process,
		       const char *path, const char *names, size_t length,
		       _Atomic uint32_t *list);

/* mp__chunk_claim - a free chunk for an agent of a process; NULL: none is free
 * Never blocks. */
struct trace_chunk *mp__chunk_claim(uint32_t agent, uint32_t process);

/* mp__agent_end - the calling thread is no agent any more. Emits agent.end */
void mp__agent_end(void);

/* mp__agent_end_last - the same, and the process ends with it: the slot is not given
 * back, which the parent does for all of them when it has taken note of the end */
void mp__agent_end_last(void);

/* mp__agents_free - free the slots of a dead process's agents */
void mp__agents_free(_Atomic uint32_t *list);

/* mp__agent_is_dead - has this agent ended, or its process? Takes system calls */
bool mp__agent_is_dead(const struct mp__arena_shm *arena, uint32_t agent);

/* mp__agent - the calling thread's agent; a thread of the program's own becomes one
 * at its first operation. NULL if there are too many. */
struct mp__agent_shm *mp__agent(void);

/* The slow halves of mp__record. */
void mp__write_event(uint32_t kind, uint32_t object, int64_t a, int64_t b);
void mp__write_text(uint32_t kind, uint32_t object, int64_t a,
		    const char *text, size_t length);

/* mp__record - append one event to the calling thread's ring
 * errno is kept. May wait if every buffer is full, unless the recording may
 * lose events. */
static inline void mp__record(uint32_t kind, uint32_t object, int64_t a,
			      int64_t b)
{
	if (MP__UNLIKELY(mp__ring != NULL))
		mp__write_event(kind, object, a, b);
}

/* mp__record_text - the same with a text of `length` bytes, which is cut at
 * TRACE_TEXT_BYTES */
static inline void mp__record_text(uint32_t kind, uint32_t object, int64_t a,
				   const char *text, size_t length)
{
	if (MP__UNLIKELY(mp__ring != NULL))
		mp__write_text(kind, object, a, text, length);
}

/* mp__site_id - the number of a place in the source, the same in all processes.
 * Emits site.new the first time in a process (and those it starts later). */
uint32_t mp__site_id(struct mp_site *site);

/* mp__place_top - the place on top, and mp__place_take, which takes it off; or NULL */
static inline struct mp_site *mp__place_top(void)
{
	return mp_here.count > 0 ? mp_here.at[(mp_here.count - 1) % MP_PLACES_]
				 : NULL;
}

static inline struct mp_site *mp__place_take(void)
{
	struct mp_site *place = mp__place_top();

	if (place)
		mp_here.count--;
	return place;
}

/* Every public function that records begins with MP__ENTER: the place noted by
 * the macro in mp.h becomes the place of all events until it returns. */
struct mp__scope {
	uint32_t site;
};

static inline struct mp__scope mp__scope_enter(void)
{
	struct mp__scope scope = { 0 };

	if (MP__LIKELY(mp__ring == NULL))
		return scope;
	struct mp_site *here = mp__place_take();
	scope.site = mp__self.site;
	if (here) {	/* any thread may be the one to give it its number */
		unsigned id = __atomic_load_n(&here->id, __ATOMIC_RELAXED);
		mp__self.site = MP__LIKELY(id != 0) ? id : mp__site_id(here);
	}
	return scope;
}

static inline void mp__scope_leave(struct mp__scope *scope)
{
	if (MP__UNLIKELY(mp__ring != NULL))
		mp__self.site = scope->site;
}

#define MP__ENTER() \
	struct mp__scope mp__scope_ \
		__attribute__((cleanup(mp__scope_leave), unused)) = \
			mp__scope_enter()

/* probe/output.c: have what the program prints recorded as well. */
void mp__output_start(void);

#endif
