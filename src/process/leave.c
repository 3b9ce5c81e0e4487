#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"
#include "process/process.h"

/* Leaving: what multiprocessing does in atexit (util._exit_function) and at the end
 * of a child (BaseProcess._bootstrap). */

/* How main leaves: `exit` if it called mp_exit, else `return`. */
static enum trace_end how_main_leaves = TRACE_ENDED_BY_RETURN;

/* ---- the exit function ---- */

MP__EVERY_CHILD static void terminate_daemons(void)
{
	if (!mp__has_children())
		return;
	mp__children_lock();
	for (struct mp_process *p = mp__this.children; p; p = p->next) {
		if (!p->daemon)
			continue;
		mp__record(TRACE_EXIT_KILL_DAEMON, p->id, p->pid, 0);
		mp__process_send(p, SIGTERM, TRACE_ENDED_BY_DAEMON);
	}
	mp__children_unlock();
}

MP__EVERY_CHILD static void join_children(void)
{
	while (mp__has_children()) {
		struct mp_process *p = mp__this.children;
		int err = mp__perform(&(struct mp__op){
			.code = MP__OP_EXIT_JOIN,
			.object = p->id,
			.ref = p->ref,
			.self = p,
			.until = MP_FOREVER,
		});
		/* What cannot be waited for must not keep us for ever. */
		if (err < 0)
			mp__children_remove(p);
	}
}

MP__EVERY_CHILD void mp__exit_function(void)
{
	if (mp__this.is_leaving)
		return;
	mp__this.is_leaving = true;
	mp__record(TRACE_EXIT_BEGIN, mp__process_id, 0, 0);
	mp__finalize_run(true);
	mp__process_reap_all();
	terminate_daemons();
	mp__process_reap_all();
	join_children();
	mp__finalize_run(false);
	mp__record(TRACE_EXIT_END, mp__process_id, 0, 0);
}

/* ---- the end ---- */

/* The last word. Output goes before it, so that it is in the trace, too. */
MP__EVERY_CHILD static void say_goodbye(int code, enum trace_end how)
{
	mp__flush(stdout);
	mp__flush(stderr);
	mp__record(TRACE_PROC_EXIT, mp__process_id, code, how);
	mp__agent_end_last();
}

MP__EVERY_CHILD void mp__leave_child(int code, enum trace_end how)
{
	mp__exit_function();
	say_goodbye(code & 255, how);
	_exit(code & 255);
}

/* In main this was registered first, and so comes last, after what the program
 * registered with atexit. In a child it must come first, and the rest not at all. */
static void at_exit(int code, void *unused)
{
	(void)unused;
	if (mp__this.is_child)
		mp__leave_child(code, TRACE_ENDED_BY_EXIT);
	mp__exit_function();
	say_goodbye(code & 255, how_main_leaves);
}

void mp__leave_watch(void)
{
	on_exit(at_exit, NULL);
}

/* exit(3) begins with what C++ calls the destructors of thread_local variables, and
 * then calls what was registered last: so that is us, and only a child that does
 * call exit(3) pays for it. */
static void before_exit(void *unused)
{
	(void)unused;
	if (mp__this.is_child)
		on_exit(at_exit, NULL);
}

/* The system's own names. NOLINTBEGIN(bugprone-reserved-identifier) */
extern int __cxa_thread_atexit_impl(void (*function)(void *), void *argument,
				    void *library);
extern char __dso_handle[];
/* NOLINTEND(bugprone-reserved-identifier) */

void mp__leave_watch_child(void)
{
	static _Thread_local bool is_watched;	/* and so its children's */

	if (!is_watched)
		is_watched = __cxa_thread_atexit_impl(before_exit, NULL,
						      __dso_handle) == 0;
}

int mp__try_exit(struct mp__op *op)
{
	int code = (int)op->argument;

	if (mp__this.is_child)
		mp__leave_child(code, TRACE_ENDED_BY_EXIT);
	how_main_leaves = TRACE_ENDED_BY_EXIT;
	exit(code);
}

void mp_exit(int code)
{
	MP__ENTER();
	mp__perform(&(struct mp__op){
		.code = MP__OP_EXIT,
		.object = mp__process_id,
		.argument = code,
	});
	abort();	/* not reached: that operation does not come back */
}
