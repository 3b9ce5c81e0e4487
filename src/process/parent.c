#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <poll.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fork.h"
#include "operation/park.h"
#include "process/process.h"

/* parent_process(): an object that stands for the process which started this one.
 * It sees the parent's end through the parent's own pidfd, opened before the fork
 * and inherited; so it needs no pipe, and no sibling can keep it alive. */

/* In the child the parent's own object is still there, as a copy, and nobody else
 * uses it any more: it only takes on another role. */
MP__EVERY_CHILD struct mp_process *mp__parent_new(struct mp_process *self, pid_t pid,
				  int pidfd)
{
	self->role = MP__PROCESS_PARENT;
	self->pid = pid;
	self->pidfd = pidfd;
	self->is_started = true;
	return self;
}

bool mp__parent_is_alive(struct mp_process *process)
{
	struct pollfd fd = { .fd = process->pidfd, .events = POLLIN };

	return poll(&fd, 1, 0) == 0;
}

int mp__try_parent_join(struct mp__op *op)
{
	return mp__parent_is_alive(op->self) ? MP__WOULD_BLOCK : 0;
}

int mp__park_parent_over(struct mp__op *op)
{
	struct mp_process *process = op->self;
	struct pollfd fd = { .fd = process->pidfd, .events = POLLIN };

	return mp__park_fds(&fd, 1, op->until);
}

int mp__parent_join(struct mp_process *process, mp_deadline until)
{
	int err = mp__perform(&(struct mp__op){
		.code = MP__OP_PARENT_JOIN,
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
