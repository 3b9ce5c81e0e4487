/* process/process.h - Process objects and the process we are
 * Python: multiprocessing.process   Lessons: 01 to 12
 *
 * A struct mp_process is private memory: a child has a copy of its parent's
 * objects, as in Python, and the rules about who may do what rest on `creator`.
 * What others must see (pid, state, how it ended) lies in the arena. */
#ifndef MP_PROCESS_PROCESS_H
#define MP_PROCESS_PROCESS_H

#include <pthread.h>

#include "arena/arena.h"
#include "mp.h"
#include "operation/operation.h"
#include "probe/probe.h"

#define MP__AUTHKEY_BYTES 32

enum mp__process_role {
	MP__PROCESS_ORDINARY,
	MP__PROCESS_MAIN,	/* the one the program began as */
	MP__PROCESS_PARENT	/* what parent_process() gives */
};

struct mp_process {
	enum mp__process_role role;
	uint32_t id;		/* in the trace */
	mp__ref ref;		/* its mp__process_shm */
	pid_t creator;		/* pid of the process that made the object */
	const char *name;
	const char *identity;	/* "1:2": the numbers of its ancestors and it */
	const char *path;	/* "M.1.2" */
	const char *names;	/* path, '\0', name: so the trace has them */
	size_t names_length;
	char *renamed;		/* `names` since a name was set later, or NULL */
	bool daemon;
	bool is_closed;
	bool is_orphaned;	/* destroyed while the child still runs */

	/* What it runs. */
	mp_target target;
	const char *target_name;	/* "work" */
	const char *run_text;	/* "work()" */
	size_t run_length;
	int (*callback)(void *user, struct mp_call *call);
	void *user;
	struct mp_value *args, *kwargs;

	/* The child, once started (Python's _popen). */
	bool is_started;
	_Atomic bool is_over;	/* its end has been noted */
	pid_t pid;
	int pidfd;		/* -1: none (yet): mp__process_pidfd */
	int exitcode;		/* MP_NONE while not known */

	unsigned char *authkey;	/* its own_key, or memory of its own */
	size_t authkey_size;
	unsigned char own_key[MP__AUTHKEY_BYTES];

	struct mp_process *next;	/* in mp__this.children */
	struct mp_process *newer, *older;	/* of all objects, see new.c */

	char texts[];		/* identity, path, name, target_name */
};

/* The process we are; private, reset in every child. */
struct mp__this {
	pid_t pid;
	struct mp_process *current;
	struct mp_process *parent;	/* NULL in main */
	struct mp_process *children;	/* started, not yet reaped, oldest
					 * first */
	unsigned count;			/* Process objects made here */
	int pidfd;			/* of ourselves, for our children's
					 * parent_process(); -1: none yet */
	bool is_child;			/* made by start() */
	bool is_leaving;		/* the exit function has begun */

	/* What the components keep for each process. All of it lies together,
	 * because a child pays for each page it is the first to write. */
	struct mp__queue_local *queues, *recent_queue;
	struct mp__queue_local *inherited_queues;
	unsigned feeders;		/* that were started here */
	pthread_mutex_t queues_mutex;
};
extern struct mp__this mp__this;

static inline struct mp__process_shm *
mp__process_shm(const struct mp_process *process)
{
	return mp__at(process->ref);
}

/* new.c */
/* mp__process_create - make one that, if it has no name, is called class and number
 * class    "Process-" */
struct mp_process *mp__process_create(const struct mp_process_options *options,
				      const char *class);
void mp__process_free(struct mp_process *process);
void mp__process_record_new(const struct mp_process *process);
int mp__process_run_target(struct mp_process *process);

/* reap.c: the list of children, and noting their ends. Several threads may start and
 * join processes; the lock is recursive and never held while waiting. */
void mp__children_start(void);
void mp__children_lock(void);
void mp__children_unlock(void);
void mp__children_add(struct mp_process *process);

/* Has this process children that it has not reaped? Most have none, and need no lock
 * to know. */
static inline bool mp__has_children(void)
{
	return __atomic_load_n(&mp__this.children, __ATOMIC_RELAXED) != NULL;
}
void mp__children_remove(struct mp_process *process);

/* Note the end of a child, if it has ended.
 * Returns true if it is over (now or before). Never blocks. */
bool mp__process_reap(struct mp_process *process);
/* The same for all children. */
void mp__process_reap_all(void);

/* A pidfd of a process that was started, opened when it is first asked for and kept
 * until the object goes; -1 with errno, ESRCH if it is over. */
int mp__process_pidfd(struct mp_process *process);

/* signal.c: send a signal. reason: enum trace_end */
int mp__process_send(struct mp_process *process, int signal,
		     enum trace_end reason);

/* parent.c */
struct mp_process *mp__parent_new(struct mp_process *self, pid_t pid,
				  int pidfd);
int mp__parent_join(struct mp_process *process, mp_deadline until);
bool mp__parent_is_alive(struct mp_process *process);

/* finalize.c: functions to run when the process leaves (util.Finalize). Those with
 * priority >= 0 run before its children are joined, the others after; the highest
 * first, among equals the latest first. A child does not inherit them. */
int mp__finalize(int priority, void (*function)(void *), void *argument);
void mp__finalize_cancel(void (*function)(void *), void *argument);
void mp__finalize_run(bool first_half);
void mp__finalize_forget(void);

/* leave.c: the exit function, and leaving. how: enum trace_end */
void mp__exit_function(void);
_Noreturn void mp__leave_child(int code, enum trace_end how);
void mp__leave_watch(void);	/* have exit(3) call us */
/* have exit(3) call us first in the children this thread is to make */
void mp__leave_watch_child(void);

/* report.c: the traceback-like report of an error that nobody caught. */
void mp__report_error(int code);
void mp__report_forget(void);
/* The same as text; `what` was called, if no place is known. */
void mp__report_text(int code, const char *what, char *text, size_t size);
/* mp_error_traceback() of this thread; NULL: none */
void mp__report_remote(const char *text);

#endif
