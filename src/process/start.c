#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"
#include "companion/companion.h"
#include "process/library.h"
#include "process/process.h"

/* start(), and the life of the child it makes. */

static int check_start(struct mp_process *process)
{
	if (process->is_closed)
		return mp__fail(MP_ECLOSED, "process object is closed");
	if (process->role != MP__PROCESS_ORDINARY
	    || process == mp__this.current
	    || process->creator != mp__this.pid) {
		if (process->is_started)
			return mp__fail(MP_ESTATE,
					"cannot start a process twice");
		return mp__fail(MP_EOWNER, "can only start a process object "
					   "created by current process");
	}
	if (process->is_started)
		return mp__fail(MP_ESTATE, "cannot start a process twice");
	if (mp__this.current->daemon)
		return mp__fail(MP_EOWNER, "daemonic processes are not "
					   "allowed to have children");
	return 0;
}

/* Where the slots of its agents are listed. */
static inline _Atomic uint32_t *agents_of(const struct mp_process *process)
{
	return &mp__process_shm(process)->first_agent;
}

/* ---- in the parent ---- */

static void watch_child(struct mp_process *process, pid_t pid)
{
	struct mp__process_shm *shm = mp__process_shm(process);

	process->pid = pid;
	process->is_started = true;
	atomic_store(&shm->pid, pid);
	atomic_store(&shm->state, MP__PROCESS_STARTED);
	mp__record(TRACE_PROC_FORK, process->id, pid, 0);
	mp__library_watch(process->id, pid, -1);
	mp_value_unref(process->args);
	mp_value_unref(process->kwargs);
	process->args = process->kwargs = NULL;
	mp__children_add(process);
}

/* ---- in the child ---- */

/* Python closes sys.stdin in the child and opens /dev/null in its place, while
 * descriptor 0 stays what it is. A stream that is always at its end does the same
 * without a system call; the parent makes it, once for all its children. With no other
 * thread that could read meanwhile, the parent puts it into place before the fork,
 * and its own back afterwards: the child need not copy that page. */
static FILE *no_input;

/* Without it the stream would not be at its end but in error. */
static ssize_t read_nothing(void *cookie, char *buffer, size_t size)
{
	(void)cookie, (void)buffer, (void)size;
	return 0;
}

static FILE *lay_input_by(void)
{
	const cookie_io_functions_t nothing = { .read = read_nothing };
	FILE *own = stdin;

	if (!no_input)
		no_input = fopencookie(NULL, "r", nothing);
	if (no_input && __libc_single_threaded)
		stdin = no_input;
	return own;
}

MP__EVERY_CHILD static void close_input(void)
{
	if (no_input && stdin != no_input)
		stdin = no_input;
}

MP__EVERY_CHILD static void become(struct mp_process *process, int parent_pidfd,
				   const struct mp__newborn *newborn)
{
	struct mp_process *parent = mp__parent_new(
		mp__this.current, mp__this.pid, parent_pidfd);

	mp__this = (struct mp__this){
		.pid = mp__self.pid,
		.current = process,
		.parent = parent,
		.pidfd = -1,
		.is_child = true,
	};
	mp__process_id = process->id;
	mp__finalize_forget();
	mp__report_forget();
	mp__newborn_begin(newborn, process->id, process->path, process->names,
			  process->names_length, agents_of(process));
	close_input();
	mp__library_child_hooks();
}

MP__EVERY_CHILD static _Noreturn void live(struct mp_process *process)
{
	int result = mp__process_run_target(process);

	if (result > MP_EOWNER || result < MP_EENCODING)
		mp__leave_child(0, TRACE_ENDED_BY_RETURN);
	mp__exit_function();
	mp__report_error(result);
	mp__leave_child(1, TRACE_ENDED_BY_EXIT);
}

MP__EVERY_CHILD int mp__try_process_start(struct mp__op *op)
{
	struct mp_process *process = op->self;
	struct mp__newborn newborn;

	/* Our own pidfd lets the child see our end. */
	if (mp__this.pidfd < 0)
		mp__this.pidfd = mp__fd_high(mp__pidfd_open(mp__this.pid));
	mp__leave_watch_child();
	mp__newborn_prepare(&newborn, process->id, agents_of(process));
	mp__library_before_fork();
	FILE *input = lay_input_by();
	pid_t pid = mp__fork();
	if (pid == 0) {
		become(process, mp__this.pidfd, &newborn);
		live(process);
	}
	if (stdin != input)
		stdin = input;
	mp__library_after_fork();
	if (pid < 0) {
		mp__newborn_abandon(&newborn, agents_of(process));
		return (int)pid;
	}
	mp__newborn_born(&newborn, pid);
	watch_child(process, pid);
	return 0;
}

int mp_process_start(struct mp_process *process)
{
	MP__ENTER();
	int err = check_start(process);

	if (err < 0) {
		mp__record(TRACE_PROC_REFUSED, process->id, err, 0);
		return err;
	}
	mp__process_reap_all();
	mp__record(TRACE_PROC_START, process->id, process->daemon, 0);
	return mp__perform(&(struct mp__op){
		.code = MP__OP_START,
		.object = process->id,
		.ref = process->ref,
		.self = process,
		.until = MP_FOREVER,
	});
}
