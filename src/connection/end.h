/* connection/end.h - what all processes know about one end of a connection
 *
 * The bytes are the kernel's business. Here are the numbers: how much each end has
 * sent and received, and which processes hold a copy. So messages have the same
 * number on both sides, in whatever process, and somebody who only maps the arena
 * can say whether an end has something to receive.
 *
 * An end made of a descriptor that came from outside has no known other end; then
 * nothing is known, and everything may go on. */
#ifndef MP_CONNECTION_END_H
#define MP_CONNECTION_END_H

#include "process/object.h"

#define MP__END_HOLDERS 16
#define MP__END_MESSAGE (UINT64_C(1) << 40)

struct mp__end_shm {
	struct mp__object_shm head;
	mp__ref other;			/* the other end; 0: not known */
	_Atomic uint32_t copies;	/* not closed, in all processes */
	_Atomic uint32_t sent, received;	/* messages begun, taken */
	/* Bytes, and from MP__END_MESSAGE on whole messages, that went in and
	 * came out; in one word, so that a look at it tells a moment. */
	_Atomic uint64_t in, out;
	/* What had come out of the other end, + 1, when nothing more went in
	 * here; 0: something did. */
	_Atomic uint64_t stuck;
	/* Ends of the pipe that are held; counted in its first end. */
	_Atomic uint32_t open_ends;
	mp__ref first;
	/* Pids of the holders, so that the dead can be told; 0: free. When there
	 * are more than fit, the rest is only counted. */
	_Atomic int32_t holders[MP__END_HOLDERS];
};
_Static_assert(sizeof(struct mp__end_shm) == 128, "two cache lines");

/* mp__end_new - an end, held once by this process. NULL: MP_EMEMORY
 * Emits    object.new */
struct mp__end_shm *mp__end_new(const char *name);

/* mp__end_connect - these two are the ends of one pipe; before anybody uses them */
void mp__end_connect(struct mp__end_shm *a, struct mp__end_shm *b);

/* mp__end_prepare - there will be a fork, and a child that is not known yet */
void mp__end_prepare(void);

/* mp__end_inherit, mp__end_inherited - before a fork count the child's copy, which
 * nobody may free until it has come; in the child, or in its parent once its pid is
 * known, say who holds it: whoever comes first, for the other may be killed.
 * One at a time in a process
 * pid      -1: there is no child after all */
void mp__end_inherit(struct mp__end_shm *end);
void mp__end_inherited(struct mp__end_shm *end, pid_t pid);

/* mp__end_release - this process has closed its copy. The last one frees both ends.
 * Emits    object.end */
void mp__end_release(struct mp__end_shm *end);

/* mp__end_progress - what `stuck` is to be if a system call now cannot send. To be
 * asked before that call, so that what comes out meanwhile is not missed. */
static inline uint64_t mp__end_progress(const struct mp__end_shm *end)
{
	const struct mp__end_shm *other = mp__at(end->other);

	return end->other ? atomic_load(&other->out) + 1 : 0;
}

/* mp__end_is_idle - nothing is on its way to this end, and the other is open */
static inline bool mp__end_is_idle(const struct mp__end_shm *end)
{
	const struct mp__end_shm *other = mp__at(end->other);

	return end->other && atomic_load(&other->copies) > 0
	       && (int64_t)(atomic_load(&other->in)
			    - atomic_load(&end->out)) <= 0;
}

/* mp__end_single - how many bytes are on their way to this end, if they are exactly
 * one message; else 0. Other bytes may have come that were not counted: what comes of
 * this number must be looked at. */
static inline uint64_t mp__end_single(const struct mp__end_shm *end)
{
	const struct mp__end_shm *other = mp__at(end->other);

	if (!end->other)
		return 0;
	uint64_t there = atomic_load(&other->in) - atomic_load(&end->out);
	return there / MP__END_MESSAGE == 1 ? there % MP__END_MESSAGE : 0;
}

/* mp__end_may_receive, mp__end_may_send - would it get on? True also if nobody can
 * know. Looks at the arena only, and at who is alive; that takes system calls, so a
 * glance (now 0, see operation/spin.h) leaves it out. */
bool mp__end_may_receive(const struct mp__arena_shm *arena,
			 const struct mp__end_shm *end, int64_t now);
bool mp__end_may_send(const struct mp__arena_shm *arena,
		      const struct mp__end_shm *end, int64_t now);

#endif
