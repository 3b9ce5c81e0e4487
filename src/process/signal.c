#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "process/process.h"

/* terminate, kill, interrupt. Whoever knows the object may do it: Python checks
 * for the creator in start, join and is_alive only. */

static int send(struct mp_process *process, int signal)
{
	int pidfd = mp__process_pidfd(process);

	if (pidfd >= 0)
		return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL,
				    0);
	return errno == ESRCH ? -1 : kill(process->pid, signal);
}

int mp__try_process_signal(struct mp__op *op)
{
	struct mp_process *process = op->self;
	int signal = (int)op->argument;

	/* EBADF: a sentinel that was made after its end. */
	if (send(process, signal) == 0 || errno == ESRCH || errno == EBADF)
		return 0;
	return mp__fail_errno("signal %d to process %s", signal,
			      process->name);
}

int mp__process_send(struct mp_process *process, int signal,
		     enum trace_end reason)
{
	struct mp__process_shm *shm = mp__process_shm(process);

	if (process->is_closed)
		return mp__fail(MP_ECLOSED, "process object is closed");
	if (!process->is_started)
		return mp__fail(MP_EATTRIBUTE, "the process was not started: "
					       "start it first");
	if (process->is_over)
		return 0;
	/* Said before it is sent: it may be dead before we come back. */
	atomic_store(&shm->signal_reason, reason);
	atomic_store(&shm->signal, (uint32_t)signal);
	mp__record(TRACE_PROC_SIGNAL, process->id, signal, reason);
	return mp__perform(&(struct mp__op){
		.code = MP__OP_SIGNAL,
		.object = process->id,
		.ref = process->ref,
		.argument = signal,
		.self = process,
	});
}

int mp_process_terminate(struct mp_process *process)
{
	MP__ENTER();
	return mp__process_send(process, SIGTERM, TRACE_ENDED_BY_TERMINATE);
}

int mp_process_kill(struct mp_process *process)
{
	MP__ENTER();
	return mp__process_send(process, SIGKILL, TRACE_ENDED_BY_KILL);
}

int mp_process_interrupt(struct mp_process *process)
{
	MP__ENTER();
	return mp__process_send(process, SIGINT, TRACE_ENDED_BY_TERMINATE);
}
