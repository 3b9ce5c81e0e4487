#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "traces/reader.h"
#include "traces/wait.h"
#include "tui/runner_deadlock.h"
#include "tui/runner_private.h"
#include "tui/runner_trace.h"
#include "tui/say.h"

/* A program that has a terminal of ours stays in our process group: then Ctrl-C
 * and Ctrl-Z reach it and us as the shell expects, and all we must do is to
 * outlive a Ctrl-C. A program watched from the interactive screen has a group
 * of its own, which can be ended as a whole.
 *
 * Its main process stays unreaped until the recording is over, so that its pid,
 * which is also the group's, cannot come to mean something else. */

#define STOP_PATIENCE_MS 500
#define LONG_WAIT_NS INT64_C(1000000000)

void runner_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

/* ---- how it stands ---- */

const char *runner_trace(const struct runner *r)
{
	return r->trace;
}

pid_t runner_pid(const struct runner *r)
{
	return r->pid;
}

const char *runner_error(const struct runner *r)
{
	return r->error;
}

long long runner_events(const struct runner *r)
{
	return r->summary.events;
}

long long runner_lost(const struct runner *r)
{
	return r->summary.lost;
}

int runner_status(const struct runner *r)
{
	return WIFSIGNALED(r->how) ? 128 + WTERMSIG(r->how)
				   : WEXITSTATUS(r->how);
}

static void look_for_end(struct runner *r)
{
	siginfo_t info = { 0 };

	if (r->has_ended
	    || waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT)
	       || info.si_pid != r->pid)
		return;
	r->has_ended = true;
	r->how = info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8
					    : info.si_status & 0x7f;
}

static void reap(struct runner *r)
{
	if (!r->is_reaped && r->pid > 0)
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			;
	r->is_reaped = true;
}

static void fail_unrecorded(struct runner *r)
{
	snprintf(r->error, sizeof(r->error), "%s",
		 r->lesson ? _("the lesson's program was not recorded; is it "
			       "linked with the forkscope library?")
			   : _("nothing was recorded: the program does not use "
			       "the forkscope library, or could not record; "
			       "link it with `pkg-config --libs forkscope`"));
	r->has_failed = true;
	runner_remove(r->trace);
}

static void finish(struct runner *r, int wait)
{
	r->is_over = true;
	reap(r);
	if (wait == TRACE_WAIT_BROKEN) {
		snprintf(r->error, sizeof(r->error),
			 _("the recorder was killed; `forkscope recover %s` "
			   "brings back what it had not written"), r->trace);
		r->has_failed = true;
	} else if (wait == TRACE_WAIT_FAILED) {
		snprintf(r->error, sizeof(r->error),
			 _("the recording of %s cannot be looked at: %m"),
			 r->trace);
		r->has_failed = true;
	} else if (!runner_finish(r->trace, r->lesson, r->how, &r->summary,
				  r->error, sizeof(r->error))) {
		r->has_failed = true;
	} else if (!r->summary.is_recorded) {
		fail_unrecorded(r);
	}
}

/* Waits that long for the recording to be closed, once main has ended. */
static void look(struct runner *r, int64_t patience_ns)
{
	look_for_end(r);
	if (!r->has_ended || r->is_over)
		return;
	int wait = trace_wait_closed(r->trace, patience_ns);
	if (wait != TRACE_WAIT_TIMEOUT)
		finish(r, wait);
}

int runner_poll(struct runner *r)
{
	look(r, 0);
	return !r->is_over ? 0 : r->has_failed ? -1 : 1;
}

/* ---- waiting, with a terminal of its own ---- */

/* A signal that the terminal sent has reached the program as well; one that was
 * sent to us alone is meant for it. */
static void pass_on(struct runner *r, const siginfo_t *info)
{
	if (info->si_signo != SIGCHLD && info->si_code != SI_KERNEL)
		kill(r->pid, info->si_signo);
}

/* Of lessons only: what another program waits for is its own business. */
static void look_for_deadlock(struct runner *r, struct trace **trace,
			      struct runner_deadlock *deadlock)
{
	char line[1024], error[256];

	if (!*trace)
		*trace = trace_open_live(r->trace, error, sizeof(error));
	if (!*trace || trace_refresh(*trace) < 0)
		return;
	switch (runner_deadlock_look(deadlock, *trace, line, sizeof(line))) {
	case RUNNER_NEW_DEADLOCK:
		ui_note("%s", line);
		break;
	case RUNNER_LASTING_DEADLOCK:
		ui_note(_("the program cannot go on; its processes are "
			  "ended"));
		runner_deadlock_end(*trace);
		break;
	case RUNNER_NO_DEADLOCK:
		break;
	}
}

static void wait_for_program(struct runner *r)
{
	/* SIGCHLD of several children may come as one, and the program's may
	 * have come before we blocked it: look now and then. */
	const struct timespec pause = { .tv_sec = !r->lesson,
					.tv_nsec = r->lesson ? 200000000 : 0 };
	struct runner_deadlock deadlock = { 0 };
	struct trace *trace = NULL;
	sigset_t set;
	siginfo_t info;

	runner_signals(&set);
	for (look_for_end(r); !r->has_ended; look_for_end(r)) {
		if (sigtimedwait(&set, &info, &pause) > 0)
			pass_on(r, &info);
		else if (r->lesson)
			look_for_deadlock(r, &trace, &deadlock);
	}
	trace_close(trace);
}

/* Takes what is pending. Returns whether somebody wants us to end. */
static bool take_signals(void)
{
	const struct timespec none = { 0 };
	bool wanted = false;
	sigset_t set;
	int number;

	runner_signals(&set);
	while ((number = sigtimedwait(&set, NULL, &none)) > 0)
		wanted = wanted || number != SIGCHLD;
	return wanted;
}

/* Processes that main left behind are a part of the program. */
static void wait_for_recording(struct runner *r)
{
	/* The signal that has ended the program is still pending for us. */
	take_signals();
	for (int round = 0; !r->is_over; round++) {
		look(r, LONG_WAIT_NS / 4);
		if (!r->is_over && round == 4)
			ui_note(_("the program has ended, but processes it "
				  "left behind are still recorded; Ctrl-C ends "
				  "the waiting, not the recording"));
		if (take_signals())
			return;
	}
}

int runner_wait(struct runner *r)
{
	if (r->own_terminal) {
		wait_for_program(r);
		wait_for_recording(r);
		sigprocmask(SIG_SETMASK, &r->mask, NULL);
		return runner_status(r);
	}
	while (!r->has_ended) {
		siginfo_t info;
		waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOWAIT);
		look_for_end(r);
	}
	while (!r->is_over)
		look(r, LONG_WAIT_NS);
	return runner_status(r);
}

/* ---- the end ---- */

static void signal_all(const struct runner *r, int number)
{
	if (r->pid > 0 && !r->is_reaped)
		kill(r->own_terminal ? r->pid : -r->pid, number);
}

void runner_stop(struct runner *r)
{
	const struct timespec step = { .tv_nsec = 5000000 };

	if (r->pid <= 0 || r->is_over)
		return;
	signal_all(r, SIGTERM);
	signal_all(r, SIGCONT);	/* one that is stopped shall hear it */
	for (int ms = 0; ms < STOP_PATIENCE_MS && !r->is_over; ms += 5) {
		look(r, 0);
		if (!r->is_over)
			nanosleep(&step, NULL);
	}
	if (!r->is_over)
		signal_all(r, SIGKILL);
	for (int i = 0; i < 8 && !r->is_over; i++)
		look(r, LONG_WAIT_NS / 4);
}

void runner_free(struct runner *r)
{
	if (!r)
		return;
	/* Who waits no longer for orphans wants them to go on. */
	if (!r->has_ended || !r->own_terminal)
		runner_stop(r);
	if (r->pid > 0 && r->has_ended)
		reap(r);
	if (r->folder) {
		runner_remove(r->trace);
		rmdir(r->folder);
	}
	free(r->folder);
	free(r->trace);
	free(r);
}
