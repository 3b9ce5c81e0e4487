/* arena/arena.h - the memory all processes of a program share
 *
 * One mapping, made by the first process before any fork, so it lies at the same
 * address in all of them; and a file (memfd), so that another process can map
 * it elsewhere. What is stored in it therefore refers to other things by
 * mp__ref, an offset, and never by pointer.
 *
 * A process may be killed between any two instructions. Nothing here is
 * protected by a lock: blocks are handed out by a compare-and-swap on the head
 * of a free list, or by raising the end of what is in use. The worst a SIGKILL
 * can do is to lose the one block that was just being moved. */
#ifndef MP_ARENA_ARENA_H
#define MP_ARENA_ARENA_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Offset into the arena in units of 64 bytes; 0 is no block. */
typedef uint32_t mp__ref;

#define MP__ARENA_UNIT 64u
#define MP__ARENA_CLASSES 48
#define MP__AGENT_SLOTS 4096u
#define MP__SITE_SLOTS 65536u
#define MP__ARENA_MAGIC UINT64_C(0x31616e6572616d66)	/* "fmarena1" */

/* The head of a free list: the reference and a count that goes up at each
 * change, so that a head that was taken and given back in between (ABA) is not
 * taken for unchanged. */
struct mp__arena_list_shm {
	_Atomic uint64_t head;	/* count << 32 | mp__ref */
};

/* What a waiting or announced operation is: enough for another process to say
 * whether it could go on now. */
struct mp__pending_shm {
	_Atomic uint32_t operation;	/* operations.def; 0: none */
	uint32_t site;
	uint32_t object;	/* id in the trace */
	mp__ref ref;		/* its state in the arena, 0 if it has none */
	int64_t argument;
	int64_t until;		/* mp_deadline */
	int64_t since_ns;
};

enum mp__agent_state {
	MP__AGENT_FREE = 0,
	MP__AGENT_RUNNING,
	MP__AGENT_WAITING	/* `pending` says for what */
};

/* One thread of control. Written by itself only, but for what its process's parent
 * does: it says the pid of a child it has made, and frees the slots of a dead one. */
struct mp__agent_shm {
	alignas(64) _Atomic uint32_t id; /* 0: slot is free; claimed by CAS */
	uint32_t process;		/* object id of its process */
	uint32_t role;			/* enum trace_role */
	_Atomic int32_t pid, tid;	/* 0: not told yet, and so alive */
	_Atomic uint32_t state;
	_Atomic uint32_t next;		/* slot + 1 of the process's next agent */
	_Atomic uint32_t gate;		/* futex; opened when it is chosen */
	struct mp__pending_shm pending;
	uint8_t unused[56];
};
_Static_assert(sizeof(struct mp__agent_shm) == 128, "two cache lines");

enum mp__process_state {
	MP__PROCESS_INITIAL = 0,
	MP__PROCESS_STARTED,
	MP__PROCESS_REAPED
};

/* One Process object. Belongs to the process that made it. */
struct mp__process_shm {
	uint32_t id, parent_id;
	_Atomic int32_t pid;
	_Atomic uint32_t state;
	_Atomic uint32_t first_agent;	/* slot + 1 */
	_Atomic uint32_t daemon;
	_Atomic uint32_t signal;	/* last one sent through the library */
	_Atomic uint32_t signal_reason;	/* enum trace_end */
};

/* What a process touches first lies together, so that the system can map it at one
 * stroke: slots are handed out from the last one on, the blocks begin behind. */
struct mp__arena_shm {
	uint64_t magic;
	uint64_t bytes;
	_Atomic uint64_t sites[MP__SITE_SLOTS];	/* address of struct mp_site */
	struct mp__agent_shm agents[MP__AGENT_SLOTS];
	uint64_t family;		/* chance; the same in all descendants */
	_Atomic uint64_t end;		/* in use so far, in units */
	_Atomic uint32_t next_object;	/* ids of objects and processes */
	_Atomic uint32_t next_agent;
	_Atomic uint64_t blocks;	/* handed out and not given back */
	_Atomic mp__ref tracked;	/* names of shared memory, a list */
	_Atomic uint32_t tracker;	/* the process that looks after them, or
					 * the one that starts it: see tracker.c */
	alignas(64) _Atomic uint32_t agent_hint;	/* a slot that may be free */
	struct mp__arena_list_shm free[MP__ARENA_CLASSES];
};

/* The arena of this process. Set once, before main. */
extern struct mp__arena_shm *mp__arena;

/* mp__arena_start - map the arena; 0, or MP_EOS/MP_EMEMORY with a message */
int mp__arena_start(void);

/* mp__arena_fd - the file behind it, for a process that wants to map it */
int mp__arena_fd(void);

static inline void *mp__at_in(const struct mp__arena_shm *arena, mp__ref ref)
{
	return (char *)(uintptr_t)arena + (uint64_t)ref * MP__ARENA_UNIT;
}

static inline void *mp__at(mp__ref ref)
{
	return mp__at_in(mp__arena, ref);
}

/* mp__arena_alloc - a zeroed block of at least `bytes`, aligned to 64
 * Returns  its reference; 0 with a message (MP_EMEMORY) if the arena is full.
 * Lock-free; any process may free what another one has allocated. */
mp__ref mp__arena_alloc(size_t bytes);

/* mp__arena_free - give it back; `bytes` as it was asked for. ref 0 is allowed. */
void mp__arena_free(mp__ref ref, size_t bytes);

#endif
