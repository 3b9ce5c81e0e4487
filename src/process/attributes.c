#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "process/process.h"

/* What one may ask of a Process object, and close(). */

static int check_open(const struct mp_process *process)
{
	return process->is_closed
		       ? mp__fail(MP_ECLOSED, "process object is closed")
		       : 0;
}

const char *mp_process_name(const struct mp_process *process)
{
	return process->name;
}

int mp_process_set_name(struct mp_process *process, const char *name)
{
	MP__ENTER();
	if (!name)
		return mp__fail(MP_ESTATE, "name must be a string");
	char *names;
	int length = asprintf(&names, "%s%c%s", process->path, 0, name);
	if (length < 0)
		return mp__fail(MP_EMEMORY, "no memory for a name");
	free(process->renamed);
	process->names = process->renamed = names;
	process->names_length = (size_t)length;
	process->name = names + strlen(process->path) + 1;
	mp__record_text(TRACE_PROC_RENAME, process->id, 0, name, strlen(name));
	return 0;
}

bool mp_process_daemon(const struct mp_process *process)
{
	return process->daemon;
}

/* After close() it may be changed again, as in Python. */
int mp_process_set_daemon(struct mp_process *process, bool daemon)
{
	MP__ENTER();
	if (process->is_started && !process->is_closed)
		return mp__fail(MP_ESTATE, "process has already started");
	process->daemon = daemon;
	if (process->ref)
		atomic_store(&mp__process_shm(process)->daemon, daemon);
	mp__record(TRACE_PROC_DAEMON, process->id, daemon, 0);
	return 0;
}

int mp_process_pid(const struct mp_process *process)
{
	int err = check_open(process);

	if (err < 0)
		return err;
	if (process == mp__this.current)
		return mp__this.pid;
	return process->is_started ? process->pid : MP_NONE;
}

int mp_process_sentinel(struct mp_process *process)
{
	int err = check_open(process);

	if (err < 0)
		return err;
	if (!process->is_started)
		return mp__fail(MP_EVALUE, "process not started");
	if (mp__process_pidfd(process) >= 0)
		return process->pidfd;
	if (errno != ESRCH)
		return mp__fail_errno("no sentinel");
	/* Nobody has asked for it before its end: something readable will do. */
	mp__children_lock();
	if (process->pidfd < 0)
		process->pidfd = eventfd(1, EFD_CLOEXEC);
	mp__children_unlock();
	if (process->pidfd < 0)
		return mp__fail_errno("no sentinel");
	return process->pidfd;
}

const void *mp_process_authkey(const struct mp_process *process, size_t *size)
{
	*size = process->authkey_size;
	return process->authkey;
}

int mp_process_set_authkey(struct mp_process *process, const void *key,
			   size_t size)
{
	if (!key)
		return mp__fail(MP_ETYPE, "authkey must be bytes, not None");
	unsigned char *copy = malloc(size ? size : 1);
	if (!copy)
		return mp__fail(MP_EMEMORY, "no memory for an authkey");
	memcpy(copy, key, size);
	if (process->authkey != process->own_key)
		free(process->authkey);
	process->authkey = copy;
	process->authkey_size = size;
	return 0;
}

int mp__try_process_close(struct mp__op *op)
{
	struct mp_process *process = op->self;

	if (process->is_started && !mp__process_reap(process))
		return mp__fail(MP_EVALUE,
				"Cannot close a process while it is still "
				"running. You should first call join() or "
				"terminate().");
	if (process->pidfd >= 0)
		close(process->pidfd);
	process->pidfd = -1;
	process->is_closed = true;
	return 0;
}

int mp_process_close(struct mp_process *process)
{
	MP__ENTER();
	if (process->is_closed || process->role == MP__PROCESS_MAIN)
		return 0;
	return mp__perform(&(struct mp__op){
		.code = MP__OP_CLOSE,
		.object = process->id,
		.ref = process->ref,
		.self = process,
	});
}

struct mp_process *mp_current_process(void)
{
	return mp__this.current;
}

struct mp_process *mp_parent_process(void)
{
	return mp__this.parent;
}

int mp_cpu_count(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count > 0 ? (int)count
			 : mp__fail(MP_ERUNTIME,
				    "cannot determine number of cpus");
}

/* ---- repr ---- */

static const char *status_of(struct mp_process *process)
{
	if (process == mp__this.current)
		return "started";
	if (process->is_closed)
		return "closed";
	if (process->creator != mp__this.pid)
		return "unknown";
	if (!process->is_started)
		return "initial";
	return mp__process_reap(process) ? "stopped" : "started";
}

static int exitcode_text(int code, char *text, size_t size)
{
	const char *name = code < 0 ? sigabbrev_np(-code) : NULL;

	if (name)
		return snprintf(text, size, " exitcode=-SIG%s", name);
	return snprintf(text, size, " exitcode=%d", code);
}

static const char *class_of(const struct mp_process *process)
{
	switch (process->role) {
	case MP__PROCESS_MAIN:
		return "_MainProcess";
	case MP__PROCESS_PARENT:
		return "_ParentProcess";
	default:
		return "Process";
	}
}

int mp_process_repr(struct mp_process *process, char *buffer, size_t size)
{
	const char *status = status_of(process);
	char pid[32] = "", parent[32] = "None", code[48] = "";
	struct mp_value *name = mp_text(process->name);
	char *quoted = name ? mp_value_repr(name) : NULL;

	/* As in Python, only the parent's object knows the pid of the child. */
	if (process->role == MP__PROCESS_ORDINARY && process->is_started
	    && process != mp__this.current && !process->is_closed)
		snprintf(pid, sizeof(pid), " pid=%d", process->pid);
	if (process->role == MP__PROCESS_ORDINARY)
		snprintf(parent, sizeof(parent), "%d", process->creator);
	if (strcmp(status, "stopped") == 0 && process->exitcode != MP_NONE)
		exitcode_text(process->exitcode, code, sizeof(code));
	int length = snprintf(buffer, size, "<%s name=%s%s parent=%s %s%s%s>",
			      class_of(process), quoted ? quoted : "?", pid,
			      parent, status, code,
			      process->daemon ? " daemon" : "");
	free(quoted);
	mp_value_unref(name);
	return length;
}
