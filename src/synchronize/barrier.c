#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <limits.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "operation/operation.h"
#include "operation/park.h"
#include "process/object.h"
#include "probe/probe.h"

/* Barrier: CPython's four phases in one word of 64 bits, which changes by
 * compare-and-swap, so that no lock can be left behind by a process that is killed.
 *
 *   filling    parties arrive; the last one runs the action and opens it
 *   draining   all have arrived and are leaving; newcomers are held until they
 *              have left
 *   resetting  the same, but who leaves gets an error
 *   broken     until it is reset
 */
enum phase { FILLING, DRAINING, RESETTING, BROKEN };

/* The lower half is what agents sleep on: it changes with each phase. */
#define PHASE(state) ((enum phase)((state) & 3u))
#define TURN(state) ((uint32_t)(state))
#define COUNT(state) ((uint32_t)((state) >> 32))
#define ONE_PARTY (UINT64_C(1) << 32)

struct mp_barrier {
	struct mp__object_shm head;
	_Atomic uint64_t state;
	long parties;
	int (*action)(void *user);
	void *user;
	int64_t timeout_ns;	/* 0: none */
};

struct mp_barrier *mp_barrier_create(const struct mp_barrier_options *options)
{
	MP__ENTER();
	if (options->parties > INT32_MAX) {
		mp__fail(MP_EOVERFLOW, "a barrier may have at most %d parties",
			 INT32_MAX);
		return NULL;
	}
	struct mp_barrier *barrier =
		mp__object_new(TRACE_OBJECT_BARRIER, sizeof(*barrier),
			       options->name);
	if (!barrier)
		return NULL;
	barrier->parties = options->parties;
	barrier->action = options->action;
	barrier->user = options->user;
	if (options->timeout > 0 && options->timeout < 9e9)
		barrier->timeout_ns = (int64_t)(options->timeout * 1e9);
	return barrier;
}

void mp_barrier_destroy(struct mp_barrier *barrier)
{
	if (barrier && mp__object_may_end(&barrier->head))
		mp__object_end(&barrier->head);
}

static struct mp__op op_on(struct mp_barrier *barrier, enum mp__operation code)
{
	return (struct mp__op){
		.code = code,
		.object = barrier->head.id,
		.ref = mp__object_ref(barrier),
		.self = barrier,
		.until = MP_FOREVER,
	};
}

/* ---- changing the state ---- */

static uint64_t with_phase(uint64_t state, enum phase phase)
{
	uint32_t turn = ((TURN(state) >> 2) + 1) << 2 | phase;

	return (state & ~UINT64_C(0xffffffff)) | turn;
}

static _Atomic uint32_t *turn_word(struct mp_barrier *barrier)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (_Atomic uint32_t *)&barrier->state;
#else
	return (_Atomic uint32_t *)&barrier->state + 1;
#endif
}

static void wake_all(struct mp_barrier *barrier)
{
	mp__wake_word(turn_word(barrier), INT_MAX);
}

/* One leaves. The last one out of a barrier that drains opens it for the next
 * round. */
static void leave(struct mp_barrier *barrier)
{
	uint64_t state = atomic_load(&barrier->state);
	uint64_t wanted;

	do {
		wanted = state - ONE_PARTY;
		if (COUNT(wanted) == 0 && (PHASE(state) == DRAINING
					   || PHASE(state) == RESETTING))
			wanted = with_phase(wanted, FILLING);
	} while (!atomic_compare_exchange_weak(&barrier->state, &state,
					       wanted));
	if (TURN(wanted) != TURN(state))
		wake_all(barrier);
}

static bool is_complete(const struct mp_barrier *barrier, uint64_t state)
{
	return barrier->parties > 0 && COUNT(state) >= barrier->parties;
}

/* From filling to another phase. False: it is not filling in that turn any more, or
 * complete, so that only the last to arrive may change it. */
static bool end_filling(struct mp_barrier *barrier, uint32_t turn,
			enum phase phase, bool am_last)
{
	uint64_t state = atomic_load(&barrier->state);

	do {
		if (TURN(state) != turn
		    || (is_complete(barrier, state) && !am_last))
			return false;
	} while (!atomic_compare_exchange_weak(&barrier->state, &state,
					       with_phase(state, phase)));
	wake_all(barrier);
	return true;
}

/* ---- arriving ---- */

static bool is_open(const struct mp_barrier *barrier)
{
	uint64_t state = atomic_load(&barrier->state);

	return PHASE(state) == BROKEN
	       || (PHASE(state) == FILLING && !is_complete(barrier, state));
}

/* Be counted, or find that it is broken; both go on. op->argument: the state then. */
int mp__try_barrier_arrive(struct mp__op *op)
{
	struct mp_barrier *barrier = op->self;
	uint64_t state = atomic_load(&barrier->state);

	do {
		if (PHASE(state) == BROKEN)
			break;
		if (PHASE(state) != FILLING || is_complete(barrier, state))
			return MP__WOULD_BLOCK;
	} while (!atomic_compare_exchange_weak(&barrier->state, &state,
					       state + ONE_PARTY));
	op->argument = (int64_t)state;
	return 0;
}

bool mp__guard_barrier_open(const struct mp__arena_shm *arena,
			    const struct mp__pending_shm *pending, int64_t now)
{
	(void)now;
	return is_open(mp__at_in(arena, pending->ref));
}

static int park(struct mp_barrier *barrier, uint32_t turn, mp_deadline until)
{
	return mp__park_word_briefly(turn_word(barrier), turn, until);
}

int mp__park_barrier_arrive(struct mp__op *op)
{
	struct mp_barrier *barrier = op->self;
	uint32_t turn = TURN(atomic_load(&barrier->state));

	return is_open(barrier) ? 0 : park(barrier, turn, op->until);
}

/* ---- waiting for the others; argument: the turn in which we arrived ---- */

static bool is_over(const struct mp_barrier *barrier, int64_t turn)
{
	return TURN(atomic_load(&barrier->state)) != (uint32_t)turn;
}

int mp__try_barrier_wait(struct mp__op *op)
{
	return is_over(op->self, op->argument) ? 0 : MP__WOULD_BLOCK;
}

bool mp__guard_barrier_over(const struct mp__arena_shm *arena,
			    const struct mp__pending_shm *pending, int64_t now)
{
	(void)now;
	return is_over(mp__at_in(arena, pending->ref), pending->argument);
}

int mp__park_barrier_wait(struct mp__op *op)
{
	return park(op->self, (uint32_t)op->argument, op->until);
}

static int broken(struct mp_barrier *barrier, bool am_late)
{
	mp__record(TRACE_BARRIER_BROKEN, barrier->head.id, MP_EBROKEN, am_late);
	return mp__fail(MP_EBROKEN, am_late ? "the time was up: the barrier is "
					      "broken now"
					    : "the barrier is broken, or was "
					      "reset");
}

static int wait_for_others(struct mp_barrier *barrier, uint32_t turn,
			   uint32_t index, mp_deadline until)
{
	struct mp__op op = op_on(barrier, MP__OP_BARRIER_WAIT);
	bool am_late = false;

	op.argument = turn;
	op.until = until;
	mp__record(TRACE_BARRIER_WAIT, barrier->head.id, index,
		   barrier->parties
		   | (until == MP_FOREVER ? TRACE_BARRIER_FOREVER : 0));
	int err = mp__perform(&op);
	if (err == MP_ETIMEOUT) {
		am_late = end_filling(barrier, turn, BROKEN, false);
		if (!am_late) {		/* the last one has come after all */
			op.until = MP_FOREVER;
			err = mp__perform(&op);
		}
	}
	enum phase phase = PHASE(atomic_load(&barrier->state));
	leave(barrier);
	if (err == MP_EINTR) {
		mp__record(TRACE_WAIT_END, barrier->head.id, err, 0);
		return err;
	}
	if (am_late || phase != DRAINING)
		return broken(barrier, am_late);
	mp__record(TRACE_BARRIER_PASSED, barrier->head.id, index, 0);
	return (int)index;
}

/* The last to arrive. */
static int open_it(struct mp_barrier *barrier, uint32_t turn, uint32_t index)
{
	if (barrier->action) {
		int result = barrier->action(barrier->user);
		mp__record(TRACE_BARRIER_ACTION, barrier->head.id, result, 0);
		if (result < 0) {
			end_filling(barrier, turn, BROKEN, true);
			leave(barrier);
			return result;
		}
	}
	mp__record(TRACE_BARRIER_TRIP, barrier->head.id, index,
		   barrier->parties);
	bool is_tripped = end_filling(barrier, turn, DRAINING, true);
	leave(barrier);
	if (!is_tripped)	/* aborted or reset while the action ran */
		return mp__fail(MP_EBROKEN, "the barrier is broken, or was "
					    "reset");
	return (int)index;
}

static mp_deadline deadline(const struct mp_barrier *barrier, mp_deadline until)
{
	if (until == MP_FOREVER && barrier->timeout_ns)
		return mp__now() + barrier->timeout_ns;
	return until;
}

int mp_barrier_wait(struct mp_barrier *barrier, int64_t until)
{
	MP__ENTER();
	struct mp__op op = op_on(barrier, MP__OP_BARRIER_ARRIVE);

	until = deadline(barrier, until);
	int err = mp__perform(&op);
	if (err)
		return err;
	uint64_t state = (uint64_t)op.argument;
	if (PHASE(state) == BROKEN) {
		mp__record(TRACE_BARRIER_REFUSED, barrier->head.id, MP_EBROKEN,
			   0);
		return mp__fail(MP_EBROKEN, "the barrier is broken: reset() "
					    "makes it usable again");
	}
	if (is_complete(barrier, state + ONE_PARTY))
		return open_it(barrier, TURN(state), COUNT(state));
	return wait_for_others(barrier, TURN(state), COUNT(state), until);
}

/* ---- reset, abort ---- */

int mp__try_barrier_reset(struct mp__op *op)
{
	struct mp_barrier *barrier = op->self;
	uint64_t state = atomic_load(&barrier->state);
	uint64_t wanted;

	mp__record(TRACE_BARRIER_RESET, barrier->head.id, COUNT(state), 0);
	do {
		if (COUNT(state) == 0)
			wanted = with_phase(state, FILLING);
		else if (PHASE(state) == FILLING || PHASE(state) == BROKEN)
			wanted = with_phase(state, RESETTING);
		else
			return 0;	/* they are leaving already */
	} while (!atomic_compare_exchange_weak(&barrier->state, &state,
					       wanted));
	wake_all(barrier);
	return 0;
}

int mp__try_barrier_abort(struct mp__op *op)
{
	struct mp_barrier *barrier = op->self;
	uint64_t state = atomic_load(&barrier->state);

	mp__record(TRACE_BARRIER_ABORT, barrier->head.id, COUNT(state), 0);
	while (!atomic_compare_exchange_weak(&barrier->state, &state,
					     with_phase(state, BROKEN)))
		;
	wake_all(barrier);
	return 0;
}

void mp_barrier_reset(struct mp_barrier *barrier)
{
	MP__ENTER();
	struct mp__op op = op_on(barrier, MP__OP_BARRIER_RESET);

	mp__perform(&op);
}

void mp_barrier_abort(struct mp_barrier *barrier)
{
	MP__ENTER();
	struct mp__op op = op_on(barrier, MP__OP_BARRIER_ABORT);

	mp__perform(&op);
}

/* ---- looking ---- */

long mp_barrier_parties(const struct mp_barrier *barrier)
{
	return barrier->parties;
}

long mp_barrier_n_waiting(const struct mp_barrier *barrier)
{
	uint64_t state = atomic_load(&barrier->state);

	return PHASE(state) == FILLING ? (long)COUNT(state) : 0;
}

bool mp_barrier_broken(const struct mp_barrier *barrier)
{
	return PHASE(atomic_load(&barrier->state)) == BROKEN;
}

static int repr(void *object, char *buffer, size_t size)
{
	return snprintf(buffer, size, "<Barrier object at %p>", object);
}

__attribute__((constructor)) static void offer(void)
{
	mp__object_set_repr(MP_OBJECT_BARRIER, repr);
}
