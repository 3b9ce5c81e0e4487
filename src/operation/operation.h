/* operation/operation.h - the one path every operation goes
 *
 *   announce   which operation, on which object, from where, until when
 *   admit      may it be done now? While everything runs free: at once
 *   try        do it without blocking. If that cannot be:
 *   park       say so, say for what, and sleep; then try again
 *   record     how it ended
 */
#ifndef MP_OPERATION_OPERATION_H
#define MP_OPERATION_OPERATION_H

#include "arena/arena.h"
#include "mp.h"

/* What `try` gives back when the operation cannot go on now. Positive, so that it
 * is no error code. */
#define MP__WOULD_BLOCK 1

enum mp__operation {
	MP__OP_NONE = 0,
#define MP_OPERATION(id, symbol, ...) MP__OP_##symbol = id,
#include "operation/operations.def"
#undef MP_OPERATION
	MP__OP_COUNT
};

/* One operation being done; lives on the caller's stack. */
struct mp__op {
	enum mp__operation code;
	uint32_t object;	/* id in the trace, 0: none */
	mp__ref ref;		/* the object's state in the arena, 0: none */
	int64_t argument;	/* what the guard needs to know */
	mp_deadline until;
	void *self;		/* the object, for try and park */
	bool has_slept;		/* for park and try: see mp__sem_park; of a join:
				 * until the process was dead */
	bool is_waiting;	/* `wait` has been told */
	bool has_begun;		/* set by try: it is done in part, and must come to
				 * its end; no signal may end it any more, nor a
				 * deadline that try has taken away */
	uint8_t looked;		/* for park: see mp__mutex_wait */
	int64_t wait_a, wait_b;	/* of the `wait` event */
	int64_t a, b;		/* of `now` and `done`; set by try */
};

/* The components' functions that the table names. */
#define MP_OPERATION(id, symbol, name, python, try, guard, park, ...) \
	int mp__try_##try(struct mp__op *op); \
	bool mp__guard_##guard(const struct mp__arena_shm *, \
			       const struct mp__pending_shm *, int64_t); \
	int mp__park_##park(struct mp__op *op);
#include "operation/operations.def"
#undef MP_OPERATION

struct mp__op_row {
	const char *name, *python;
	int (*try)(struct mp__op *op);
	bool (*guard)(const struct mp__arena_shm *arena,
		      const struct mp__pending_shm *pending, int64_t now);
	int (*park)(struct mp__op *op);	/* 0, or as mp__park_... */
	uint32_t now, wait, done, timeout;	/* event kinds */
};

/* mp__op_row - the row of operations.def; NULL if there is no such operation */
const struct mp__op_row *mp__op_row(uint32_t code);

/* mp__perform - do an operation
 * Returns  0; MP_ETIMEOUT (without a message: what it means is the component's
 *          to say); MP_EINTR; or the error of `try`
 * Blocks   up to op->until
 * Emits    the events of its row; wait.end if an error ends the wait */
int mp__perform(struct mp__op *op);

/* mp__is_free - may an operation be done as soon as it is asked for?
 * While everything runs free, nobody can see the announcement of an operation that
 * succeeds at its first try. Where every nanosecond counts, a component may
 * therefore try by itself, record, and leave only the rest to mp__perform. */
static inline bool mp__is_free(void)
{
	return true;
}

/* mp__wait_time - what `wait` events tell of a deadline: ns from now, -1: none */
int64_t mp__wait_time(mp_deadline until);

/* mp__could_go_on - the guard: could this pending operation go on now?
 * An operation whose time is up can: it will end with a timeout.
 * arena    of the program, mapped anywhere
 * now      CLOCK_MONOTONIC
 * Returns  true also if nothing is pending */
bool mp__could_go_on(const struct mp__arena_shm *arena,
		     const struct mp__pending_shm *pending, int64_t now);

#endif
