#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"
#include "operation/park.h"
#include "process/process.h"

/* Taking note of a child's end, and everything that does so: join, is_alive,
 * exitcode, active_children. */

/* ---- the guard ---- */

/* Is it dead, whether or not anybody has taken note? Its number cannot belong to
 * another process before it is reaped, and `state` is set before that. */
bool mp__guard_process_over(const struct mp__arena_shm *arena,
			    const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__process_shm *shm = mp__at_in(arena, pending->ref);
	struct pollfd fd = { .events = POLLIN };

	(void)now;
	/* Its creator has given it up, which it does with the dead only: the
	 * block is free, or another process's. */
	if (shm->id != pending->object)
		return true;
	if (atomic_load(&shm->state) == MP__PROCESS_REAPED)
		return true;
	fd.fd = mp__pidfd_open(atomic_load(&shm->pid));
	if (fd.fd < 0)
		return errno == ESRCH;
	bool is_over = poll(&fd, 1, 0) > 0;
	close(fd.fd);
	return is_over;
}

/* ---- the children ---- */

/* Recursive: reaping all may reap one twice over. All zeros would be a plain one. */
static MP__PER_PROCESS pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

/* It is its thread's by number, and in a child that number is another. */
MP__EVERY_CHILD static void init_lock(void)
{
	mp__fork_mutex(&lock);
	lock = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
}

void mp__children_lock(void)
{
	pthread_mutex_lock(&lock);
}

void mp__children_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* Held over the fork, so that the list in the child is whole. */
static struct mp__fork_hooks hooks = {
	.order = 20,
	.foreign = true,
	.prepare = mp__children_lock,
	.parent = mp__children_unlock,
	.child = init_lock,
};

void mp__children_start(void)
{
	mp__fork_hooks_add(&hooks);
}

void mp__children_add(struct mp_process *process)
{
	struct mp_process **end = &mp__this.children;

	mp__children_lock();
	while (*end)
		end = &(*end)->next;
	process->next = NULL;
	__atomic_store_n(end, process, __ATOMIC_RELAXED);
	mp__children_unlock();
}

void mp__children_remove(struct mp_process *process)
{
	struct mp_process **at = &mp__this.children;

	mp__children_lock();
	while (*at && *at != process)
		at = &(*at)->next;
	if (*at)
		__atomic_store_n(at, process->next, __ATOMIC_RELAXED);
	mp__children_unlock();
}

/* ---- noting the end ---- */

/* 0: it left by itself, and has said how. */
static int64_t why(struct mp__process_shm *shm, const siginfo_t *info)
{
	if (info->si_code == CLD_EXITED)
		return 0;
	if ((int)atomic_load(&shm->signal) == info->si_status)
		return atomic_load(&shm->signal_reason);
	return TRACE_ENDED_BY_SIGNAL;
}

static void note_end(struct mp_process *process, const siginfo_t *info)
{
	struct mp__process_shm *shm = mp__process_shm(process);
	int64_t reason = 0;

	process->is_over = true;
	if (info) {
		process->exitcode = info->si_code == CLD_EXITED
					    ? info->si_status
					    : -info->si_status;
		reason = why(shm, info);
	}
	mp__record(TRACE_PROC_REAP, process->id, process->exitcode, reason);
	mp__agents_free(&shm->first_agent);
	mp__children_remove(process);
}

/* Its end can be waited for through a pidfd, which no grandchild can keep open. Opened
 * before it is reaped, it stays the same process when its number is used again; so
 * look whether it has been after opening. One that is over has none any more. */
int mp__process_pidfd(struct mp_process *process)
{
	const struct mp__process_shm *shm = mp__process_shm(process);

	mp__children_lock();
	if (process->is_over) {
		errno = ESRCH;
	} else if (process->pidfd < 0 && process->is_started) {
		int fd = mp__pidfd_open(process->pid);
		if (fd >= 0
		    && (shm->id != process->id
			|| atomic_load(&shm->state) == MP__PROCESS_REAPED)) {
			close(fd);
			errno = ESRCH;
			fd = -1;
		}
		process->pidfd = fd;
	}
	int fd = process->pidfd;
	mp__children_unlock();
	return fd;
}

/* Two steps: look, say in the arena that it is over, and only then let the system
 * use the number again. is_dead: somebody has looked. */
static bool reap(struct mp_process *process, bool is_dead)
{
	struct mp__process_shm *shm = mp__process_shm(process);
	idtype_t type = process->pidfd >= 0 ? P_PIDFD : P_PID;
	id_t id = process->pidfd >= 0 ? (id_t)process->pidfd
				      : (id_t)process->pid;
	siginfo_t info = { 0 };
	int err = 0;

	if (!is_dead) {
		err = waitid(type, id, &info, WEXITED | WNOHANG | WNOWAIT);
		if (err == 0 && info.si_pid == 0)
			return false;
	}
	atomic_store(&shm->state, MP__PROCESS_REAPED);
	if (err == 0)
		err = waitid(type, id, &info, WEXITED | WNOHANG);
	/* ECHILD: the program has waited for it by other means. It is over,
	 * and nobody can say how. */
	note_end(process, err == 0 ? &info : NULL);
	return true;
}

static bool reap_once(struct mp_process *process, bool is_dead)
{
	mp__children_lock();
	bool is_over = process->is_over || reap(process, is_dead);
	mp__children_unlock();
	return is_over;
}

bool mp__process_reap(struct mp_process *process)
{
	return reap_once(process, false);
}

MP__EVERY_CHILD void mp__process_reap_all(void)
{
	struct mp_process *next;

	if (!mp__has_children())
		return;
	mp__children_lock();
	for (struct mp_process *p = mp__this.children; p; p = next) {
		next = p->next;
		if (mp__process_reap(p) && p->is_orphaned)
			mp__process_free(p);
	}
	mp__children_unlock();
}

/* ---- join ---- */

int mp__try_process_join(struct mp__op *op)
{
	struct mp_process *process = op->self;

	if (!reap_once(process, op->has_slept))
		return MP__WOULD_BLOCK;
	op->a = process->exitcode;
	return 0;
}

int mp__park_process_over(struct mp__op *op)
{
	struct mp_process *process = op->self;
	mp_deadline until = op->until;

	if (until == MP_FOREVER) {
		int ended = mp__park_child(process->pid);
		op->has_slept = ended > 0;
		return ended < 0 ? ended : 0;
	}
	struct pollfd fd = { .fd = mp__process_pidfd(process),
			     .events = POLLIN };
	/* No descriptor is left: look now and then. */
	if (fd.fd < 0 && until > mp_after(0.01))
		until = mp_after(0.01);
	int err = mp__park_fds(&fd, fd.fd >= 0, until);
	op->has_slept = fd.revents & POLLIN;	/* until it was dead */
	return err == MP_ETIMEOUT && until != op->until ? 0 : err;
}

static int check_join(const struct mp_process *process)
{
	if (process->is_closed)
		return mp__fail(MP_ECLOSED, "process object is closed");
	if (process == mp__this.current || process->creator != mp__this.pid
	    || process->role != MP__PROCESS_ORDINARY)
		return mp__fail(MP_EOWNER, "can only join a child process");
	if (!process->is_started)
		return mp__fail(MP_ESTATE, "can only join a started process");
	return 0;
}

int mp_process_join(struct mp_process *process, mp_deadline until)
{
	MP__ENTER();
	if (process->role == MP__PROCESS_PARENT)
		return mp__parent_join(process, until);
	int err = check_join(process);
	if (err < 0)
		return err;
	err = mp__perform(&(struct mp__op){
		.code = MP__OP_JOIN,
		.object = process->id,
		.ref = process->ref,
		.self = process,
		.until = until,
		.wait_a = until == MP_FOREVER ? -1
			  : until == MP_NOW   ? 0
					      : until - mp__now(),
	});
	return err == MP_ETIMEOUT ? 0 : err;
}

/* ---- is_alive, exitcode, active_children ---- */

int mp__try_process_is_alive(struct mp__op *op)
{
	struct mp_process *process = op->self;

	op->a = process == mp__this.current
		|| (process->is_started && !mp__process_reap(process));
	return 0;
}

int mp_process_is_alive(struct mp_process *process)
{
	MP__ENTER();
	struct mp__op op = {
		.code = MP__OP_IS_ALIVE,
		.object = process->id,
		.ref = process->ref,
		.self = process,
	};

	if (process->role == MP__PROCESS_PARENT)
		return mp__parent_is_alive(process);
	if (process->is_closed)
		return mp__fail(MP_ECLOSED, "process object is closed");
	if (process != mp__this.current && process->creator != mp__this.pid)
		return mp__fail(MP_EOWNER, "can only test a child process");
	int err = mp__perform(&op);
	return err < 0 ? err : (int)op.a;
}

int mp__try_process_exitcode(struct mp__op *op)
{
	struct mp_process *process = op->self;

	op->a = MP_NONE;
	if (process->creator == mp__this.pid && process->is_started
	    && mp__process_reap(process))
		op->a = process->exitcode;
	return 0;
}

int mp_process_exitcode(struct mp_process *process)
{
	MP__ENTER();
	struct mp__op op = {
		.code = MP__OP_EXITCODE,
		.object = process->id,
		.ref = process->ref,
		.self = process,
	};

	if (process->is_closed)
		return mp__fail(MP_ECLOSED, "process object is closed");
	int err = mp__perform(&op);
	return err < 0 ? err : (int)op.a;
}

int mp__try_active_children(struct mp__op *op)
{
	mp__process_reap_all();
	op->a = 0;
	mp__children_lock();
	for (struct mp_process *p = mp__this.children; p; p = p->next)
		op->a++;
	mp__children_unlock();
	return 0;
}

size_t mp_active_children(struct mp_process **children, size_t size)
{
	MP__ENTER();
	struct mp__op op = { .code = MP__OP_ACTIVE_CHILDREN };
	size_t count = 0;

	mp__perform(&op);
	mp__children_lock();
	for (struct mp_process *p = mp__this.children; p && count < size;
	     p = p->next)
		children[count++] = p;
	mp__children_unlock();
	return (size_t)op.a;
}
