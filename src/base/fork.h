/* base/fork.h - the only place where this library makes a process
 *
 * A fork in a program with several threads, buffered streams and shared
 * structures needs care that must not be repeated at every call. */
#ifndef MP_BASE_FORK_H
#define MP_BASE_FORK_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

/* A child pays for each page it is the first to write after the fork, and for each
 * run of code it is the first to need. So what each process has for itself lies
 * together, and so does the code that every child runs. */
#define MP__PER_PROCESS __attribute__((section("mp_per_process")))
#define MP__EVERY_CHILD __attribute__((hot))

/* What a layer does around every fork of the library. Hooks run in order of
 * `order` before the fork (upper layers, with the higher numbers, first), in
 * reverse after it; in the child lower layers come back to life first. */
struct mp__fork_hooks {
	int order;
	bool foreign;			/* around fork(2) by the program, too */
	void (*prepare)(void);		/* in the parent, before; may lock */
	void (*parent)(void);		/* in the parent, after; must unlock */
	void (*child)(void);		/* in the child; reset what is private */
	struct mp__fork_hooks *next;	/* owned by fork.c */
};

/* mp__fork_mutex - in a child hook: free a lock that was taken for the fork
 * It is made anew, which takes no code that a child would be the first to run. For
 * ThreadSanitizer, which sees calls only, it would stay taken: each later use would be a
 * double lock or a wrong order. */
static inline void mp__fork_mutex(pthread_mutex_t *mutex)
{
#ifdef __SANITIZE_THREAD__
	pthread_mutex_unlock(mutex);
#endif
	*mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

/* mp__fork_hooks_add - have hooks called around every mp__fork
 * What is `foreign` is called around a fork(2) of the program's own as well.
 * hooks    stays the caller's, must live as long as the process
 * Fork     inherited; Signals not async-signal-safe; not thread-safe: at
 *          library start only */
void mp__fork_hooks_add(struct mp__fork_hooks *hooks);

/* mp__fork - fork as fork(2) does, with the hooks, signals blocked meanwhile
 * Flushes stdout and stderr first, so that nothing is printed twice.
 * Returns  the child's pid, 0 in the child, MP_EOS with a message if it failed
 * Blocks   for the hooks' locks only */
pid_t mp__fork(void);

/* mp__fork_bare - fork as fork(2) does, without any of that
 * The child is nobody of the library's: it may call _exit, exec and fork.
 * Returns  the child's pid, 0 in the child; -1 with errno */
pid_t mp__fork_bare(void);

/* mp__fork_result - in a parent hook: the child's pid; -1: there is none; 0: it is not
 * known, for the fork is the program's own */
pid_t mp__fork_result(void);

/* True between prepare and parent/child hooks of an mp__fork of this thread:
 * tells a pthread_atfork handler that this is not a fork of the program's. */
int mp__fork_is_ours(void);

/* mp__fork_detached - run `body` in a process that is nobody's child
 * Forks twice, so that the new process belongs to init (or a subreaper) and
 * never shows in the program's waitpid(-1); it has a session of its own, so that
 * Ctrl-C does not reach it. Neither hooks nor atexit handlers run in it.
 * body     must not return; the process is ended by _exit(127) if it does
 * Returns  0, or MP_EOS with a message
 * Blocks   until the intermediate process is gone (some 100 us) */
int mp__fork_detached(void (*body)(void *), void *argument);

#endif
