#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/fork.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

/* Sorted, the lowest layer first. Written at library start only. */
static struct mp__fork_hooks *hooks_low_first;

static _Thread_local int forking;
static _Thread_local pid_t result;	/* of ours, for the parent's hooks */

pid_t mp__fork_result(void)
{
	return result;
}

int mp__fork_is_ours(void)
{
	return forking;
}

/* Whether this fork is one that the hooks are for. */
MP__EVERY_CHILD static bool concerns(const struct mp__fork_hooks *h)
{
	return forking || h->foreign;
}

/* The list is short: recursion gives the reverse order without a second
 * list. */
static void prepare_high_first(struct mp__fork_hooks *h)
{
	if (!h)
		return;
	prepare_high_first(h->next);
	if (h->prepare && concerns(h))
		h->prepare();
}

MP__EVERY_CHILD static void call_low_first(bool in_child)
{
	for (struct mp__fork_hooks *h = hooks_low_first; h; h = h->next) {
		void (*call)(void) = in_child ? h->child : h->parent;
		if (call && concerns(h))
			call();
	}
}

/* ---- a fork(2) of the program's own ---- */

static void before_foreign(void)
{
	if (!forking)
		prepare_high_first(hooks_low_first);
}

static void in_foreign_parent(void)
{
	if (!forking)
		call_low_first(false);
}

MP__EVERY_CHILD static void in_foreign_child(void)
{
	if (!forking)
		call_low_first(true);
}

void mp__fork_hooks_add(struct mp__fork_hooks *hooks)
{
	struct mp__fork_hooks **at = &hooks_low_first;
	static bool is_watching;

	if (hooks->foreign && !is_watching)
		is_watching = pthread_atfork(before_foreign, in_foreign_parent,
					     in_foreign_child) == 0;
	while (*at && (*at)->order <= hooks->order)
		at = &(*at)->next;
	hooks->next = *at;
	*at = hooks;
}

/* ---- forks of ours ---- */

/* pthread_sigmask(3), but for the page of it that a child would have to have mapped. */
static inline void set_mask(const sigset_t *set)
{
#ifdef __x86_64__
	register long size __asm__("r10") = _NSIG / 8;
	long result = SYS_rt_sigprocmask;

	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"((long)SIG_SETMASK), "S"(set), "d"(0L), "r"(size)
			 : "rcx", "r11", "memory");
#else
	pthread_sigmask(SIG_SETMASK, set, NULL);
#endif
}

MP__EVERY_CHILD pid_t mp__fork(void)
{
	sigset_t all, before;
	int error = 0;

	mp__flush(stdout);
	mp__flush(stderr);
	/* A handler that ran in the child before its hooks have run would see
	 * the parent's locks and the parent's idea of who it is. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	forking = 1;
	prepare_high_first(hooks_low_first);
	pid_t pid = fork();
	if (pid < 0)
		error = errno;
	result = pid;
	call_low_first(pid == 0);
	result = 0;
	forking = 0;
	set_mask(&before);
	if (pid < 0) {
		errno = error;
		return mp__fail_errno("no new process");
	}
	return pid;
}

pid_t mp__fork_bare(void)
{
	forking = 1;
	pid_t pid = fork();
	int error = errno;
	if (pid != 0)
		forking = 0;
	errno = error;
	return pid;
}

int mp__fork_detached(void (*body)(void *), void *argument)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid_t pid = mp__fork_bare();
	if (pid == 0) {
		pid = fork();
		if (pid != 0)
			_exit(pid < 0);
		setsid();
		pthread_sigmask(SIG_SETMASK, &before, NULL);
		body(argument);
		_exit(127);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		return mp__fail_errno("no process for the library's own use");

	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return mp__fail(MP_EOS, "no process for the library's own use");
	return 0;
}
