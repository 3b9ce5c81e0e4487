/* tests/support/contest.h - eight processes at one primitive
 *
 * What a worker does in one round, and how one sees in the end that it came out
 * right. A primitive is a row of the table; stress_sync.c plays them, and kills. */
#ifndef TESTS_SUPPORT_CONTEST_H
#define TESTS_SUPPORT_CONTEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "mp.h"

#define WORKERS 8
#define PERMITS 3

/* What the processes of a scene share, besides the primitive. */
struct shared {
	_Atomic bool stop;
	bool has_kills;
	_Atomic uint64_t done[WORKERS];	/* rounds each has finished */
	volatile uint64_t counter;	/* guarded by the primitive only */
	_Atomic int inside;
	_Atomic int most_inside;
	volatile int items;
	_Atomic uint64_t put, got;	/* sums of what went through */
	_Atomic uint64_t torn;		/* messages that nobody has sent */
};
extern struct shared *shared;

struct primitive {
	const char *name;
	void (*make)(void);	/* fails by contest_fail */
	void (*destroy)(void);
	void (*round)(int me);

	/* Once all are to stop: let those go that wait. Called until all are
	 * gone; NULL: nobody waits for long. */
	void (*let_go)(void);

	/* All have stopped, and nobody was killed. False: something is wrong. */
	bool (*is_right)(void);

	/* This agent died: give back what it has, if a program can. False: it
	 * cannot, as in CPython; whoever lives is to be replaced, and the primitive
	 * with them. NULL: the dead have nothing. */
	bool (*mend)(uint32_t agent);

	/* Who waits for the dead is to be told so: this makes them go on with an
	 * error. NULL: they are killed, too. */
	void (*give_up)(void);
};

/* contest_sync.c */
extern const struct primitive contest_lock, contest_rlock, contest_timeout,
	contest_semaphore, contest_condition, contest_event, contest_barrier;
/* contest_data.c */
extern const struct primitive contest_queue, contest_joinable, contest_simple,
	contest_pipe, contest_value, contest_array, contest_memory;

_Noreturn void contest_fail(const char *what);

/* How many rounds all have done. */
uint64_t contest_rounds(void);

/* Is the counter what they have counted? */
bool contest_has_counted(void);

#endif
