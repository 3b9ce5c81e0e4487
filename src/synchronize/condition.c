#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "synchronize/condition.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "operation/operation.h"

#define LONGEST_SLEEP_NS INT64_C(500000000)

/* ---- making ---- */

static struct mp_condition *create(const struct mp_condition_options *options)
{
	struct mp_lock *lock = options->lock;

	if (lock && lock->kind >= MP_SEMAPHORE) {
		mp__fail(MP_EATTRIBUTE, "a Condition needs a Lock or an RLock");
		return NULL;
	}
	struct mp_condition *condition =
		mp__object_new(TRACE_OBJECT_CONDITION, sizeof(*condition),
			       options->name);
	if (!condition)
		return NULL;
	condition->owns_lock = !lock;
	char name[200];
	if (options->name)
		snprintf(name, sizeof(name), "%s.lock", options->name);
	condition->lock = lock ? lock
			       : mp_RLock(.name = options->name ? name : NULL);
	if (condition->lock)
		return condition;
	mp__object_end(&condition->head);
	return NULL;
}

struct mp_condition *
mp_condition_create(const struct mp_condition_options *options)
{
	MP__ENTER();
	return create(options);
}

struct mp_lock *mp_condition_lock(const struct mp_condition *condition)
{
	return condition->lock;
}

/* ---- the list; the lock is held ---- */

static struct mp__sleeper_shm *sleeper_at(mp__ref ref)
{
	return ref ? mp__at(ref) : NULL;
}

/* In this order a process that is killed in between loses nothing but itself. */
static void append(struct mp_condition *condition, mp__ref ref)
{
	struct mp__sleeper_shm *last = sleeper_at(condition->last);

	if (last)
		last->next = ref;
	else
		condition->first = ref;
	condition->last = ref;
	atomic_fetch_add(&condition->sleepers, 1);
}

static mp__ref take_first(struct mp_condition *condition)
{
	mp__ref ref = condition->first;

	if (!ref)
		return 0;
	condition->first = sleeper_at(ref)->next;
	if (!condition->first)
		condition->last = 0;
	atomic_fetch_sub(&condition->sleepers, 1);
	return ref;
}

/* Take out one that gave up, unless somebody has passed over it already. */
static void take_out(struct mp_condition *condition, mp__ref wanted)
{
	mp__ref before = 0;

	for (mp__ref ref = condition->first; ref;
	     before = ref, ref = sleeper_at(ref)->next) {
		if (ref != wanted)
			continue;
		if (before)
			sleeper_at(before)->next = sleeper_at(ref)->next;
		else
			condition->first = sleeper_at(ref)->next;
		if (condition->last == ref)
			condition->last = before;
		atomic_fetch_sub(&condition->sleepers, 1);
		return;
	}
}

void mp_condition_destroy(struct mp_condition *condition)
{
	if (!condition || !mp__object_may_end(&condition->head))
		return;
	mp__ref ref;
	while ((ref = take_first(condition)))	/* they died in their sleep */
		mp__arena_free(ref, sizeof(struct mp__sleeper_shm));
	if (condition->owns_lock)
		mp_lock_destroy(condition->lock);
	mp__object_end(&condition->head);
}

/* ---- wait ---- */

int mp__try_condition_wait(struct mp__op *op)
{
	const struct mp__sleeper_shm *sleeper = mp__at(op->ref);

	return atomic_load(&sleeper->state) <= MP__SLEEPER_SLEEPS
		       ? MP__WOULD_BLOCK
		       : 0;
}

bool mp__guard_notified(const struct mp__arena_shm *arena,
			const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__sleeper_shm *sleeper = mp__at_in(arena, pending->ref);

	(void)now;
	return atomic_load(&sleeper->state) > MP__SLEEPER_SLEEPS;
}

int mp__park_condition(struct mp__op *op)
{
	struct mp__sleeper_shm *sleeper = mp__at(op->ref);

	uint32_t waits = MP__SLEEPER_WAITS;

	if (!atomic_compare_exchange_strong(&sleeper->state, &waits,
					    MP__SLEEPER_SLEEPS)
	    && waits != MP__SLEEPER_SLEEPS)
		return 0;
	/* A notifier that was killed may have left it without waking us. */
	int64_t limit = mp__now() + LONGEST_SLEEP_NS;
	if (op->until <= limit)
		return mp__park_word(&sleeper->state, MP__SLEEPER_SLEEPS,
				     op->until);
	int err = mp__park_word(&sleeper->state, MP__SLEEPER_SLEEPS, limit);
	return err == MP_ETIMEOUT ? 0 : err;
}

/* From waiting, awake or asleep, to another state. False: somebody was quicker. */
static bool leave(struct mp__sleeper_shm *sleeper,
		  enum mp__sleeper_state state, bool *was_asleep)
{
	uint32_t old = atomic_load(&sleeper->state);

	do {
		if (old > MP__SLEEPER_SLEEPS)
			return false;
	} while (!atomic_compare_exchange_weak(&sleeper->state, &old, state));
	if (was_asleep)
		*was_asleep = old == MP__SLEEPER_SLEEPS;
	return true;
}

static mp__ref new_sleeper(const struct mp_condition *condition)
{
	mp__ref ref = mp__arena_alloc(sizeof(struct mp__sleeper_shm));
	struct mp__sleeper_shm *sleeper = sleeper_at(ref);

	if (!sleeper)
		return 0;
	sleeper->agent = mp__self.id;
	sleeper->pid = mp__self.pid;
	sleeper->condition = condition->head.id;
	return ref;
}

static int not_held(const char *what)
{
	return mp__fail(MP_EOWNER, "must acquire() condition before using %s",
			what);
}

/* Asleep. Returns 1: notified; 0: the time was up; MP_EINTR. */
static int sleep_in(struct mp_condition *condition, mp__ref ref,
		    mp_deadline until)
{
	struct mp__sleeper_shm *sleeper = sleeper_at(ref);
	struct mp__op op = {
		.code = MP__OP_CONDITION_WAIT,
		.object = condition->head.id,
		.ref = ref,
		.self = condition,
		.until = until,
	};
	int err = mp__perform(&op);

	/* A notification that came at the last moment counts. */
	if (err && !leave(sleeper, MP__SLEEPER_GONE, NULL))
		err = 0;
	if (err == MP_ETIMEOUT || err == 0)
		mp__record(err ? TRACE_COND_TIMEOUT : TRACE_COND_WOKEN,
			   condition->head.id, sleeper->notifier, 0);
	else
		mp__record(TRACE_WAIT_END, condition->head.id, err, 0);
	return err == 0 ? 1 : err == MP_ETIMEOUT ? 0 : err;
}

static int wait_in(struct mp_condition *condition, mp_deadline until)
{
	struct mp_lock *lock = condition->lock;

	if (!mp__lock_is_mine(lock))
		return not_held("wait()");
	mp__ref ref = new_sleeper(condition);
	if (!ref)
		return mp_error_code();
	append(condition, ref);
	mp__record(TRACE_COND_WAIT, condition->head.id, mp__wait_time(until),
		   condition->sleepers);
	uint32_t depth = mp__lock_release_all(lock);
	int result = sleep_in(condition, ref, until);
	mp__lock_acquire_all(lock, depth);
	if (result != 1)
		take_out(condition, ref);
	mp__arena_free(ref, sizeof(struct mp__sleeper_shm));
	return result;
}

int mp_condition_wait(struct mp_condition *condition, int64_t until)
{
	MP__ENTER();
	return wait_in(condition, until);
}

int mp_condition_wait_for(struct mp_condition *condition,
			  int (*predicate)(void *user), void *user,
			  int64_t until)
{
	MP__ENTER();
	int result = predicate(user);

	while (!result) {
		if (until != MP_FOREVER && mp__now() >= until)
			break;
		int woken = wait_in(condition, until);
		if (woken < 0)
			return woken;
		result = predicate(user);
	}
	return result;
}

/* ---- notify ---- */

static bool is_dead(pid_t pid)
{
	struct pollfd fd = { .fd = mp__pidfd_open(pid), .events = POLLIN };

	if (fd.fd < 0)
		return true;
	bool dead = poll(&fd, 1, 0) > 0;
	close(fd.fd);
	return dead;
}

/* Wake the one that sleeps on this block. False: there is nobody to wake. */
static bool wake(mp__ref ref)
{
	struct mp__sleeper_shm *sleeper = sleeper_at(ref);
	pid_t pid = sleeper->pid;
	bool was_asleep;

	sleeper->notifier = mp__self.id;
	if (!leave(sleeper, MP__SLEEPER_NOTIFIED, &was_asleep))
		return false;	/* it gave up */
	if (was_asleep && mp__wake_word(&sleeper->state, 1) > 0)
		return true;
	/* Not asleep yet, or awake already, or killed. The block is the
	 * sleeper's to free, so it must not be looked at any more if it lives. */
	if (!is_dead(pid))
		return true;
	mp__arena_free(ref, sizeof(*sleeper));
	return false;
}

int mp__try_condition_notify(struct mp__op *op)
{
	struct mp_condition *condition = op->self;
	uint32_t sleeping = condition->sleepers;
	int64_t woken = 0;
	mp__ref ref;

	/* Told first: those it wakes tell of it. */
	mp__record(TRACE_COND_NOTIFY, condition->head.id, op->argument,
		   op->argument < 0 || op->argument > sleeping ? sleeping
							       : op->argument);
	while ((op->argument < 0 || woken < op->argument)
	       && (ref = take_first(condition)))
		woken += wake(ref);
	op->a = woken;
	return 0;
}

static int notify(struct mp_condition *condition, int64_t count)
{
	if (!mp__lock_is_mine(condition->lock))
		return mp__fail(MP_EOWNER, "lock is not owned");
	struct mp__op op = {
		.code = MP__OP_CONDITION_NOTIFY,
		.object = condition->head.id,
		.ref = mp__object_ref(condition),
		.self = condition,
		.argument = count,
		.until = MP_FOREVER,
	};
	mp__perform(&op);
	return (int)op.a;
}

int mp_condition_notify(struct mp_condition *condition, unsigned count)
{
	MP__ENTER();
	return notify(condition, count);
}

int mp_condition_notify_all(struct mp_condition *condition)
{
	MP__ENTER();
	return notify(condition, -1);
}

/* ---- looking ---- */

unsigned mp_condition_sleepers(const struct mp_condition *condition)
{
	return atomic_load(&condition->sleepers);
}

int mp_condition_repr(const struct mp_condition *condition, char *buffer,
		      size_t size)
{
	char lock[128];

	mp_lock_repr(condition->lock, lock, sizeof(lock));
	return snprintf(buffer, size, "<Condition(%s, %u)>", lock,
			mp_condition_sleepers(condition));
}

static int repr(void *object, char *buffer, size_t size)
{
	return mp_condition_repr(object, buffer, size);
}

__attribute__((constructor)) static void offer(void)
{
	mp__object_set_repr(MP_OBJECT_CONDITION, repr);
}
