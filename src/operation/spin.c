#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "operation/spin.h"

#include <sched.h>
#include <unistd.h>

#include "base/clock.h"

#define LONGEST 300u	/* pauses: some ten microseconds */
#define SHORTEST 4u
#define RAREST 64u	/* so many between two looks: some two microseconds */
#define LONG_LOOK_EVERY 32u	/* looks in vain, then a long one */
#define WAKING_NS INT64_C(120000)	/* a sleep shorter than that is mostly waking */
#define FEWEST_WAKINGS 8u	/* of these in a row, then a look as long */
#define MOST_WAKINGS 4096u

static _Thread_local struct {
	uint16_t budget, failures;
	uint16_t wakings;	/* sleeps in a row that were short */
	uint16_t patience;	/* so many of them are waited for */
} all_learned[MP__OP_QUEUE_PUT];	/* those that are worth it, see place_of */
#define learned_of(code) all_learned[place_of(code)]

/* The calls of managers have the places of two operations that nobody looks for. */
static unsigned place_of(enum mp__operation code)
{
	if (code == MP__OP_MANAGER_CALL)
		return MP__OP_START;
	return code == MP__OP_MANAGER_SERVE ? MP__OP_CLOSE : code;
}

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static bool has_company(void)
{
	static int processors;	/* any thread may find out */

	if (!processors)
		processors = (int)sysconf(_SC_NPROCESSORS_ONLN);
	return processors > 1;
}

/* Operations whose guards look at words that another agent changes at any moment.
 * For the end of a process or of a nap nobody need look so closely. */
static bool is_worth_it(const struct mp__op_row *row, enum mp__operation code)
{
	return code == MP__OP_MANAGER_CALL || code == MP__OP_MANAGER_SERVE
	       || (code >= MP__OP_LOCK_ACQUIRE && code < MP__OP_QUEUE_PUT
		   && row->guard != mp__guard_always);
}

/* Who sends through a descriptor is about to sleep, thinks the system, and so it
 * wakes the receiver on the sender's own processor. There nobody can answer while
 * the other one only looks: it lets others run in between. */
static bool yields(enum mp__operation code)
{
	return code >= MP__OP_CONN_SEND
	       && (code <= MP__OP_CONNECT || code >= MP__OP_MANAGER_CALL);
}

/* Each look takes the line of a lock's word away from who has the lock, and who takes
 * it back and forth all the time is slowed down by that more than by the other's turns.
 * So the looks become rarer: Anderson, "The Performance of Spin Lock Alternatives for
 * Shared-Memory Multiprocessors", 1990. */
static bool backs_off(enum mp__operation code)
{
	return code == MP__OP_LOCK_ACQUIRE || code == MP__OP_SEM_ACQUIRE;
}

static bool look(const struct mp__op_row *row, enum mp__operation code,
		 const struct mp__pending_shm *pending, unsigned budget,
		 int64_t end_ns)
{
	unsigned rarest = backs_off(code) ? RAREST : 1, pauses = 1, looks = 0;

	for (unsigned i = 0; i < budget || end_ns; i += pauses) {
		if (row->guard(mp__arena, pending, 0))
			return true;
		if (end_ns && ++looks % 16 == 0 && mp__now() >= end_ns)
			return false;
		if (i > 0 && pauses < rarest)
			pauses *= 2;
		if (yields(code) && i % 8 == 0)
			sched_yield();
		else
			for (unsigned k = 0; k < pauses; k++)
				relax();
	}
	return false;
}

/* As long as a wake-up takes, if that is what the last waits were for. */
static bool is_time_for_a_long_look(enum mp__operation code)
{
	if (learned_of(code).patience == 0)
		learned_of(code).patience = FEWEST_WAKINGS;
	if (learned_of(code).wakings < learned_of(code).patience)
		return false;
	learned_of(code).wakings = 0;
	if (learned_of(code).patience < MOST_WAKINGS)
		learned_of(code).patience *= 2;
	return true;
}

bool mp__spin(const struct mp__op_row *row, enum mp__operation code,
	      const struct mp__pending_shm *pending, int64_t *began_ns)
{
	int64_t end_ns = 0;

	*began_ns = 0;
	if (!is_worth_it(row, code) || !has_company())
		return false;
	*began_ns = mp__now();
	unsigned budget = learned_of(code).budget;
	if (learned_of(code).failures % LONG_LOOK_EVERY == 0)
		budget = LONGEST;
	if (is_time_for_a_long_look(code))
		end_ns = *began_ns + WAKING_NS;
	if (look(row, code, pending, budget, end_ns)) {
		learned_of(code).budget = LONGEST;
		learned_of(code).failures = 1;
		return true;
	}
	learned_of(code).failures++;
	learned_of(code).budget = budget / 2 > SHORTEST
				       ? (uint16_t)(budget / 2)
				       : SHORTEST;
	return false;
}

void mp__spin_slept(enum mp__operation code, int64_t began_ns)
{
	if (began_ns == 0)
		return;
	if (mp__now() - began_ns < WAKING_NS)
		learned_of(code).wakings++;
	else
		learned_of(code).wakings = 0;
}
