/* Locks, conditions, events, barriers. */
#include <stdio.h>
#include <stdlib.h>

#include "synchronize/lock.h"
#include "tests/support/contest.h"

#define ROOM 4			/* of the buffer between conditions */

static struct mp_lock *lock;
static struct mp_condition *not_empty, *not_full;
static struct mp_event *events[2];
static struct mp_barrier *barrier;

static void *must(void *made)
{
	if (!made)
		contest_fail(mp_error_message());
	return made;
}

static void count_one(void)
{
	shared->counter = shared->counter + 1;
}

/* ---- Lock, RLock ---- */

static void make_lock(void)
{
	lock = must(mp_Lock());
}

static void make_rlock(void)
{
	lock = must(mp_RLock());
}

static void destroy_lock(void)
{
	mp_lock_destroy(lock);
}

static void round_lock(int me)
{
	(void)me;
	mp_lock_acquire(lock, MP_FOREVER);
	count_one();
	mp_lock_release(lock);
}

static void round_rlock(int me)
{
	(void)me;
	MP_WITH(lock)
		MP_WITH(lock)
			count_one();
}

/* Some do not wait long. */
static void round_timeout(int me)
{
	while (!mp_lock_acquire(lock, me % 2 ? mp_after(1e-5) : MP_NOW))
		;
	count_one();
	mp_lock_release(lock);
}

static bool mend_lock(uint32_t agent)
{
	if (mp__mutex_holder(&lock->mutex) == agent)
		mp_lock_release(lock);
	return true;
}

static bool mend_rlock(uint32_t agent)
{
	return mp__mutex_holder(&lock->mutex) != agent;
}

const struct primitive contest_lock = {
	"Lock", make_lock, destroy_lock, round_lock,
	.is_right = contest_has_counted, .mend = mend_lock,
};
const struct primitive contest_rlock = {
	"RLock", make_rlock, destroy_lock, round_rlock,
	.is_right = contest_has_counted, .mend = mend_rlock,
};
const struct primitive contest_timeout = {
	"Lock, timeouts", make_lock, destroy_lock, round_timeout,
	.is_right = contest_has_counted, .mend = mend_lock,
};

/* ---- Semaphore ---- */

static void make_semaphore(void)
{
	lock = must(mp_Semaphore(PERMITS));
}

static void round_semaphore(int me)
{
	(void)me;
	mp_lock_acquire(lock, MP_FOREVER);
	int inside = atomic_fetch_add(&shared->inside, 1) + 1;
	if (inside > shared->most_inside)
		shared->most_inside = inside;
	atomic_fetch_sub(&shared->inside, 1);
	mp_lock_release(lock);
}

static void let_semaphore_go(void)
{
	mp_lock_release(lock);
}

static bool were_few_inside(void)
{
	return shared->most_inside <= PERMITS;
}

/* Nobody can know whether the dead had one, so this may be one too many. */
static bool mend_semaphore(uint32_t agent)
{
	(void)agent;
	if (mp_lock_locked(lock))
		mp_lock_release(lock);
	return true;
}

const struct primitive contest_semaphore = {
	"Semaphore", make_semaphore, destroy_lock, round_semaphore,
	let_semaphore_go, were_few_inside, mend_semaphore, NULL
};

/* ---- Condition ---- */

static void make_conditions(void)
{
	make_lock();
	not_empty = must(mp_Condition(.lock = lock));
	not_full = must(mp_Condition(.lock = lock));
}

static void destroy_conditions(void)
{
	mp_condition_destroy(not_empty);
	mp_condition_destroy(not_full);
	mp_lock_destroy(lock);
}

/* Half of them put into a small buffer, the others take out. */
static void round_condition(int me)
{
	struct mp_condition *mine = me % 2 ? not_empty : not_full;
	struct mp_condition *other = me % 2 ? not_full : not_empty;

	mp_acquire(mine, MP_FOREVER);
	while ((me % 2 ? shared->items == 0 : shared->items == ROOM)
	       && !shared->stop)
		mp_condition_wait(mine, MP_FOREVER);
	if (!shared->stop) {
		shared->items += me % 2 ? -1 : 1;
		count_one();
	}
	mp_condition_notify(other, 1);
	mp_release(mine);
}

static void wake_all(void)
{
	if (mp_lock_acquire(lock, mp_after(1)) != 1)
		return;
	mp_condition_notify_all(not_empty);
	mp_condition_notify_all(not_full);
	mp_lock_release(lock);
}

/* The dead one may have changed the buffer and not said so, or been told and
 * said nothing: the program has to wake who may go on. */
static bool mend_condition(uint32_t agent)
{
	mend_lock(agent);
	wake_all();
	return true;
}

const struct primitive contest_condition = {
	"Condition", make_conditions, destroy_conditions, round_condition,
	wake_all, NULL, mend_condition, NULL
};

/* ---- Event ---- */

static void make_events(void)
{
	for (int i = 0; i < 2; i++)
		events[i] = must(mp_Event());
}

static void destroy_events(void)
{
	for (int i = 0; i < 2; i++)
		mp_event_destroy(events[i]);
}

/* One sets the event of now and clears the next; the others wait for it. */
static void round_event(int me)
{
	uint64_t turn = shared->done[0];

	if (me == 0) {
		mp_event_clear(events[(turn + 1) % 2]);
		mp_event_set(events[turn % 2]);
	} else if (!shared->stop) {
		mp_event_wait(events[turn % 2], mp_after(5));
	}
}

static void set_events(void)
{
	for (int i = 0; i < 2; i++)
		mp_event_set(events[i]);
}

const struct primitive contest_event = {
	"Event", make_events, destroy_events, round_event, set_events,
	NULL, NULL, NULL
};

/* ---- Barrier ---- */

static void make_barrier(void)
{
	barrier = must(mp_Barrier(WORKERS));
}

static void destroy_barrier(void)
{
	mp_barrier_destroy(barrier);
}

static void round_barrier(int me)
{
	int index = mp_barrier_wait(barrier, MP_FOREVER);

	(void)me;
	if (index == 0)
		count_one();
	else if (index < 0)
		mp_exit(0);	/* broken */
}

static void break_barrier(void)
{
	mp_barrier_abort(barrier);
}

/* The dead may have been counted, and stay so. */
static bool mend_barrier(uint32_t agent)
{
	(void)agent;
	return false;
}

const struct primitive contest_barrier = {
	"Barrier", make_barrier, destroy_barrier, round_barrier, break_barrier,
	NULL, mend_barrier, break_barrier
};
