#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "process/library.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"
#include "companion/companion.h"
#include "process/process.h"

/* Before main: map the arena, become process M, and, if FORKSCOPE_TRACE asks for it,
 * start the recorder. */

MP__PER_PROCESS struct mp__this mp__this = { .pidfd = -1 };
_Thread_local struct mp_places mp_here;

static MP__PER_PROCESS struct mp_process main_process = {
	.role = MP__PROCESS_MAIN,
	.pidfd = -1,
	.exitcode = MP_NONE,
};
static struct mp__companion companion = { .socket = -1 };

static struct fork_hook {
	void (*before)(void *), (*in_parent)(void *), (*in_child)(void *);
	void *user;
	struct fork_hook *next;		/* registered earlier */
} *fork_hooks;

void mp__library_watch(uint32_t process, pid_t pid, int pidfd)
{
	if (companion.socket < 0 || !mp__ring)
		return;
	if (mp__companion_watch(&companion, process, pid, pidfd) < 0)
		mp__probe_stop();
}

/* ---- hooks around fork ---- */

int mp_fork_hooks(void (*before)(void *), void (*in_parent)(void *),
		  void (*in_child)(void *), void *user)
{
	struct fork_hook *hook = malloc(sizeof(*hook));

	if (!hook)
		return mp__fail(MP_EMEMORY, "no memory for fork hooks");
	*hook = (struct fork_hook){ before, in_parent, in_child, user,
				    fork_hooks };
	fork_hooks = hook;
	return 0;
}

void mp__library_before_fork(void)
{
	for (struct fork_hook *h = fork_hooks; h; h = h->next)
		if (h->before)
			h->before(h->user);
}

/* In order of registration; the list is the other way round. */
MP__EVERY_CHILD static void call_hooks(struct fork_hook *hook, bool in_child)
{
	if (!hook)
		return;
	call_hooks(hook->next, in_child);
	void (*call)(void *) = in_child ? hook->in_child : hook->in_parent;
	if (call)
		call(hook->user);
}

void mp__library_after_fork(void)
{
	call_hooks(fork_hooks, false);
}

MP__EVERY_CHILD void mp__library_child_hooks(void)
{
	call_hooks(fork_hooks, true);
}

/* ---- a process that was not made by start() ---- */

static void share(struct mp_process *process, uint32_t parent_id)
{
	struct mp__process_shm *shm = mp__process_shm(process);

	process->pid = mp__this.pid;
	shm->id = process->id;
	shm->parent_id = parent_id;
	shm->pid = process->pid;
	shm->state = MP__PROCESS_STARTED;
	mp__process_id = process->id;
}

/* Nobody else has told about it: it does so itself. */
static void begin(struct mp_process *process)
{
	_Atomic uint32_t *agents = &mp__process_shm(process)->first_agent;

	mp__agent_begin(process->id, TRACE_ROLE_MAIN, process->path,
			process->name, agents);
	mp__process_record_new(process);
	if (mp__ring) {
		int pidfd = mp__pidfd_open(process->pid);
		mp__library_watch(process->id, process->pid, pidfd);
		if (pidfd >= 0)
			close(pidfd);
	}
}

/* The program has forked by itself. What came out is a process of its own right: it
 * must not write into its parent's ring, nor wait for its parent's children. */
static void become_foreign(void)
{
	static struct mp_process self;
	uint32_t parent_id = mp__process_id;

	mp__probe_after_fork();
	mp__finalize_forget();
	self = *mp__this.current;
	self.role = MP__PROCESS_MAIN;
	self.id = atomic_fetch_add(&mp__arena->next_object, 1);
	self.ref = mp__arena_alloc(sizeof(struct mp__process_shm));
	char *names;
	int length = asprintf(&names, "%s.f%u%c%s", mp__this.current->path,
			      self.id, 0, self.name);
	if (!self.ref || length < 0)
		_exit(70);
	self.path = self.names = names;
	self.names_length = (size_t)length;
	mp__this = (struct mp__this){
		.pid = getpid(),
		.current = &self,
		.parent = mp__this.parent,
		.pidfd = -1,
		.inherited_queues = mp__this.queues,
	};
	share(&self, parent_id);
	begin(&self);
}

MP__EVERY_CHILD static void after_foreign_fork(void)
{
	if (!mp__fork_is_ours())
		become_foreign();
}

/* ---- start ---- */

static int become_main(void)
{
	struct mp_process *p = &main_process;

	if (getrandom(p->own_key, sizeof(p->own_key), GRND_NONBLOCK)
	    != sizeof(p->own_key))
		return mp__fail_errno("no random bytes for the authkey");
	p->id = atomic_fetch_add(&mp__arena->next_object, 1);
	p->ref = mp__arena_alloc(sizeof(struct mp__process_shm));
	if (!p->ref)
		return MP_EMEMORY;
	p->name = "MainProcess";
	p->identity = "";
	p->path = p->names = "M\0MainProcess";
	p->names_length = sizeof("M\0MainProcess") - 1;
	p->authkey = p->own_key;
	p->authkey_size = sizeof(p->own_key);
	mp__this.pid = getpid();
	mp__this.current = p;
	share(p, 0);
	return 0;
}

/* A recording that cannot be made is no reason not to run. */
static void start_recording(void)
{
	const char *path = getenv("FORKSCOPE_TRACE");
	const char *lossy = getenv("FORKSCOPE_LOSSY");
	const char *megabytes = getenv("FORKSCOPE_BUFFER");

	if (!path || !*path)
		return;
	struct mp__companion_options options = {
		.trace_path = path,
		.ring_bytes = megabytes ? (size_t)strtoul(megabytes, NULL, 10)
						  << 20
					: 0,
		.lossy = lossy && *lossy && strcmp(lossy, "0") != 0,
	};
	/* Programs that this one executes are not part of the recording. */
	unsetenv("FORKSCOPE_TRACE");
	if (mp__companion_start(&options, &companion) < 0) {
		fprintf(stderr, "forkscope: not recorded: %s\n",
			mp_error_message());
		return;
	}
	mp__probe_start(companion.ring);
}

/* A child starts with the probe's state as its parent had it. */
static struct mp__fork_hooks probe_hooks = {
	.order = 10,
	.child = mp__probe_after_fork,
};

__attribute__((constructor)) static void start_library(void)
{
	struct sigaction pipe_action;

	if (mp__arena_start() < 0 || become_main() < 0) {
		fprintf(stderr, "forkscope: %s\n", mp_error_message());
		_exit(70);	/* EX_SOFTWARE: there is nothing to run on */
	}
	/* As Python does: writing where nobody reads is an error, not death. */
	if (sigaction(SIGPIPE, NULL, &pipe_action) == 0
	    && pipe_action.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
	mp__fork_hooks_add(&probe_hooks);
	mp__children_start();
	pthread_atfork(NULL, NULL, after_foreign_fork);
	mp__leave_watch();
	start_recording();
	begin(&main_process);
}
