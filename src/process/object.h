/* process/object.h - objects that all processes share: locks, queues, Values, ...
 *
 * Such an object is one block of the arena that begins with this header. The
 * arena lies at the same address in every process of the program, so the pointer
 * to the block is the handle everywhere. What it refers to outside the arena
 * (threads, buffers) a process keeps for itself, found by the object's id. */
#ifndef MP_PROCESS_OBJECT_H
#define MP_PROCESS_OBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena/arena.h"
#include "mp.h"
#include "traces/event.h"

struct mp__object_shm {
	_Atomic uint32_t id;	/* in the trace; 0: it has been destroyed */
	uint16_t kind;		/* enum trace_object_kind */
	uint16_t value_kind;	/* enum mp_object_kind */
	int32_t creator;	/* pid */
	uint32_t bytes;		/* of the block */
};

/* mp__object_new - a zeroed block with its header filled in
 * bytes    of the whole block, the header included
 * name     for people; NULL or "": the kind's Python class and a number, as
 *          processes have: Lock-1; in a child Lock-2:1
 * Returns  the block; NULL with MP_EMEMORY
 * Emits    object.new */
void *mp__object_new(enum trace_object_kind kind, size_t bytes,
		     const char *name);

/* mp__object_may_end - is this the process that made it?
 * Elsewhere destroying an object does nothing. NULL is allowed. */
bool mp__object_may_end(const struct mp__object_shm *object);

/* mp__object_end - record its end and free the block
 * Emits    object.end */
void mp__object_end(struct mp__object_shm *object);

/* mp__object_ref - where it lies in the arena */
static inline mp__ref mp__object_ref(const void *object)
{
	return (mp__ref)(((uintptr_t)object - (uintptr_t)mp__arena)
			 / MP__ARENA_UNIT);
}

/* mp__object_set_repr - how repr() prints objects of a kind; before main */
void mp__object_set_repr(enum mp_object_kind kind,
			 int (*repr)(void *object, char *buffer, size_t size));

#endif
