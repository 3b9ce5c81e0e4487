#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "connection/end.h"

#include <unistd.h>

#include "base/fd.h"
#include "probe/probe.h"

/* An end is freed when nobody holds either of the two: who holds one may look at the
 * other. Each copy is counted; the step from one to none is taken once, and only
 * who took it goes on. A process that is killed leaves its copies counted; who
 * closes a copy counts off those of the dead first. */

/* One of the holders becomes another one; 0 is nobody. False: it is not there. */
static bool replace_holder(struct mp__end_shm *end, int32_t from, int32_t to)
{
	for (int i = 0; i < MP__END_HOLDERS; i++) {
		int32_t holder = from;

		if (atomic_load(&end->holders[i]) == from
		    && atomic_compare_exchange_strong(&end->holders[i], &holder,
						      to))
			return true;
	}
	return false;
}

struct mp__end_shm *mp__end_new(const char *name)
{
	struct mp__end_shm *end = mp__object_new(TRACE_OBJECT_CONNECTION,
						 sizeof(*end), name);

	if (!end)
		return NULL;
	end->first = mp__object_ref(end);
	end->open_ends = 1;
	end->copies = 1;
	replace_holder(end, 0, getpid());
	return end;
}

void mp__end_connect(struct mp__end_shm *a, struct mp__end_shm *b)
{
	a->other = mp__object_ref(b);
	b->other = mp__object_ref(a);
	b->first = a->first;
	a->open_ends = 2;
}

/* ---- the end of an end ---- */

static void free_both(struct mp__end_shm *first)
{
	if (first->other) {
		struct mp__end_shm *other = mp__at(first->other);
		mp__object_end(&other->head);
	}
	mp__object_end(&first->head);
}

/* The caller holds a copy of one of the two ends, so both are there until it has
 * been counted off itself. */
static void count_off(struct mp__end_shm *end)
{
	struct mp__end_shm *first = mp__at(end->first);

	if (atomic_fetch_sub(&end->copies, 1) == 1
	    && atomic_fetch_sub(&first->open_ends, 1) == 1)
		free_both(first);
}

static void count_off_the_dead(struct mp__end_shm *end)
{
	for (int i = 0; i < MP__END_HOLDERS; i++) {
		int32_t holder = atomic_load(&end->holders[i]);

		if (holder != 0 && !mp__pid_is_alive(holder)
		    && atomic_compare_exchange_strong(&end->holders[i],
						      &holder, 0))
			count_off(end);
	}
}

/* Until its pid is known a child is a negative number: no such process is ever found
 * dead. It is another one for each fork, because a child may come to say who it is when
 * its parent has said so long ago, and is about to make the next one. */
static int32_t unborn;

void mp__end_prepare(void)
{
	static uint32_t forks;

	unborn = -(int32_t)(((uint32_t)getpid() & 0x3fffff) << 9
			    | (++forks & 0x1ff));
}

void mp__end_inherit(struct mp__end_shm *end)
{
	atomic_fetch_add(&end->copies, 1);
	if (replace_holder(end, 0, unborn))
		return;
	count_off_the_dead(end);	/* they may have all the places */
	replace_holder(end, 0, unborn);
}

void mp__end_inherited(struct mp__end_shm *end, pid_t pid)
{
	replace_holder(end, unborn, pid < 0 ? 0 : pid);
	if (pid < 0)		/* the parent has a copy: it is not the last */
		atomic_fetch_sub(&end->copies, 1);
}

void mp__end_release(struct mp__end_shm *end)
{
	if (atomic_load(&end->copies) > 1)
		count_off_the_dead(end);
	if (end->other) {
		struct mp__end_shm *other = mp__at(end->other);
		if (atomic_load(&other->copies) > 0)
			count_off_the_dead(other);
	}
	replace_holder(end, getpid(), 0);
	count_off(end);
}

/* ---- guards ---- */

static bool has_holder(const struct mp__end_shm *end)
{
	for (int i = 0; i < MP__END_HOLDERS; i++) {
		int32_t holder = atomic_load(&end->holders[i]);

		if (holder != 0 && mp__pid_is_alive(holder))
			return true;
	}
	return false;
}

/* What comes out may be counted before what went in. */
static bool has_more(const struct mp__end_shm *end,
		     const struct mp__end_shm *other)
{
	return (int64_t)(atomic_load(&other->in) - atomic_load(&end->out)) > 0;
}

/* Nobody known holds the other end: it is closed, or held by those that were too
 * many to be listed. */
bool mp__end_may_receive(const struct mp__arena_shm *arena,
			 const struct mp__end_shm *end, int64_t now)
{
	if (!end->other)
		return true;
	const struct mp__end_shm *other = mp__at_in(arena, end->other);
	return has_more(end, other) || (now != 0 && !has_holder(other));
}

bool mp__end_may_send(const struct mp__arena_shm *arena,
		      const struct mp__end_shm *end, int64_t now)
{
	uint64_t stuck = atomic_load(&end->stuck);

	if (!end->other || stuck == 0)
		return true;
	const struct mp__end_shm *other = mp__at_in(arena, end->other);
	return atomic_load(&other->out) + 1 != stuck
	       || (now != 0 && !has_holder(other));
}
