#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "synchronize/condition.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "operation/operation.h"

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
	return mp__at(ref);
}

/* Not asleep any more because of a notification. */
static bool is_notified(const struct mp__sleeper_shm *sleeper)
{
	return atomic_load(&sleeper->state) == MP__SLEEPER_NOTIFIED;
}

/* Known to be dead without asking the system: its parent has taken note. */
static bool is_gone(const struct mp__sleeper_shm *sleeper)
{
	return sleeper->slot < MP__AGENT_SLOTS
	       && atomic_load(&mp__arena->agents[sleeper->slot].id)
			  != sleeper->agent;
}

static bool is_dead(const struct mp__sleeper_shm *sleeper)
{
	return is_gone(sleeper) || !mp__pid_is_alive(sleeper->pid);
}

/* One store: killed before it, we have changed nothing, and after it, all but
 * given the block back. */
static void remove_at(_Atomic mp__ref *link)
{
	mp__ref ref = *link;

	*link = sleeper_at(ref)->next;
	mp__arena_free(ref, sizeof(struct mp__sleeper_shm));
}

/* The first block from there on whose sleeper is not known to be dead; blocks of
 * the dead are taken out on the way. 0 is the end. */
static mp__ref living_at(_Atomic mp__ref *link)
{
	while (*link && is_gone(sleeper_at(*link)))
		remove_at(link);
	return *link;
}

static void append(struct mp_condition *condition, mp__ref new)
{
	_Atomic mp__ref *link = &condition->first;
	uint32_t sleepers = 1;
	mp__ref ref;

	while ((ref = living_at(link))) {
		sleepers += !is_notified(sleeper_at(ref));
		link = &sleeper_at(ref)->next;
	}
	*link = new;
	condition->sleepers = sleepers;
}

/* The sleeper's own block: it was woken, or has given up. */
static void take_out(struct mp_condition *condition, mp__ref own)
{
	_Atomic mp__ref *link = &condition->first;

	while (*link && *link != own)
		link = &sleeper_at(*link)->next;
	if (!*link)
		return;
	if (!is_notified(sleeper_at(own)) && condition->sleepers > 0)
		condition->sleepers--;
	remove_at(link);
}

void mp_condition_destroy(struct mp_condition *condition)
{
	if (!condition || !mp__object_may_end(&condition->head))
		return;
	/* The dead leave theirs to us; the blocks of the living are not ours. */
	for (_Atomic mp__ref *link = &condition->first; *link;)
		if (is_dead(sleeper_at(*link)))
			remove_at(link);
		else
			link = &sleeper_at(*link)->next;
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
	return mp__park_word_briefly(&sleeper->state, MP__SLEEPER_SLEEPS,
				     op->until);
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

	if (!ref)
		return 0;
	struct mp__sleeper_shm *sleeper = sleeper_at(ref);
	sleeper->agent = mp__self.id;
	sleeper->slot = mp__self.agent
				? (uint32_t)(mp__self.agent - mp__arena->agents)
				: MP__AGENT_SLOTS;
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
	take_out(condition, ref);
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

/* False: it gave up, or is dead; *died: and was not known to be. */
static bool wake(struct mp__sleeper_shm *sleeper, bool *died)
{
	bool was_asleep;

	sleeper->notifier = mp__self.id;
	if (!leave(sleeper, MP__SLEEPER_NOTIFIED, &was_asleep))
		return false;
	if (was_asleep && mp__wake_word(&sleeper->state, 1) > 0)
		return true;
	/* Not asleep yet, or awake already, or killed. */
	*died = is_dead(sleeper);
	return !*died;
}

/* argument: how many at most, -1: all */
int mp__try_condition_notify(struct mp__op *op)
{
	struct mp_condition *condition = op->self;
	_Atomic mp__ref *link = &condition->first;
	uint32_t sleepers = condition->sleepers;
	int64_t wanted = op->argument < 0 ? UINT32_MAX : op->argument;
	mp__ref ref;

	/* Told first: those it wakes tell of it. */
	mp__record(TRACE_COND_NOTIFY, condition->head.id, op->argument,
		   wanted > sleepers ? sleepers : wanted);
	sleepers = 0;
	while ((ref = living_at(link))) {
		struct mp__sleeper_shm *sleeper = sleeper_at(ref);
		bool died = false;
		if (op->a < wanted && !is_notified(sleeper))
			op->a += wake(sleeper, &died);
		if (died) {
			remove_at(link);
			continue;
		}
		sleepers += !is_notified(sleeper);
		link = &sleeper->next;
	}
	condition->sleepers = sleepers;
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
