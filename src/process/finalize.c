#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/fork.h"
#include "process/process.h"

struct finalizer {
	int priority;
	void (*function)(void *);
	void *argument;
	struct finalizer *next;
};

/* Sorted: the one to run first comes first. */
static MP__PER_PROCESS struct finalizer *finalizers;
static MP__PER_PROCESS _Atomic unsigned count;	/* of them */
static MP__PER_PROCESS pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

int mp__finalize(int priority, void (*function)(void *), void *argument)
{
	struct finalizer *new = malloc(sizeof(*new));
	struct finalizer **at = &finalizers;

	if (!new)
		return mp__fail(MP_EMEMORY, "no memory for a finalizer");
	pthread_mutex_lock(&lock);
	while (*at && (*at)->priority > priority)
		at = &(*at)->next;
	*new = (struct finalizer){ priority, function, argument, *at };
	*at = new;
	count++;
	pthread_mutex_unlock(&lock);
	return 0;
}

void mp__finalize_cancel(void (*function)(void *), void *argument)
{
	struct finalizer **at = &finalizers;

	pthread_mutex_lock(&lock);
	while (*at) {
		struct finalizer *f = *at;
		if (f->function == function && f->argument == argument) {
			*at = f->next;
			count--;
			free(f);
		} else {
			at = &f->next;
		}
	}
	pthread_mutex_unlock(&lock);
}

MP__EVERY_CHILD static struct finalizer *take(bool first_half)
{
	struct finalizer *taken = NULL;

	if (count == 0)
		return NULL;
	pthread_mutex_lock(&lock);
	if (finalizers && (!first_half || finalizers->priority >= 0)) {
		taken = finalizers;
		finalizers = taken->next;
		count--;
	}
	pthread_mutex_unlock(&lock);
	return taken;
}

/* Each runs once, also if it registers another one. */
MP__EVERY_CHILD void mp__finalize_run(bool first_half)
{
	struct finalizer *f;

	while ((f = take(first_half))) {
		mp__record(TRACE_EXIT_FINALIZER, 0, f->priority, 0);
		f->function(f->argument);
		free(f);
	}
}

/* In a child: another thread of the parent may have held the lock. */
MP__EVERY_CHILD void mp__finalize_forget(void)
{
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	finalizers = NULL;
	count = 0;
}
