#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "operation/park.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

/* These codes tell the operation path how a wait ended. They are no failures
 * of the program's yet, so they leave no message. */

static _Thread_local bool interruptible;

bool mp_set_interrupt(bool on)
{
	bool before = interruptible;

	interruptible = on;
	return before;
}

int mp__park_word(_Atomic uint32_t *word, uint32_t expected,
		  mp_deadline until)
{
	struct timespec limit = mp__timespec(until);

	/* FUTEX_WAIT_BITSET, unlike FUTEX_WAIT, takes an absolute time. */
	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET, expected,
		    until == MP_FOREVER ? NULL : &limit, NULL,
		    FUTEX_BITSET_MATCH_ANY) == 0)
		return 0;
	if (errno == ETIMEDOUT)
		return MP_ETIMEOUT;
	if (errno == EINTR && interruptible)
		return MP_EINTR;
	return 0;
}

int mp__park_word_briefly(_Atomic uint32_t *word, uint32_t expected,
			  mp_deadline until)
{
	int64_t limit = mp__now() + MP__LONGEST_SLEEP_NS;

	if (until <= limit)
		return mp__park_word(word, expected, until);
	int err = mp__park_word(word, expected, limit);
	return err == MP_ETIMEOUT ? 0 : err;
}

int mp__wake_word(_Atomic uint32_t *word, int count)
{
	return (int)syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0);
}

int mp__park_fds(struct pollfd *fds, nfds_t count, mp_deadline until)
{
	struct timespec left, *limit = NULL;

	if (until != MP_FOREVER) {
		int64_t ns = until - mp__now();
		left = mp__timespec(ns > 0 ? ns : 0);
		limit = &left;
	}
	int ready = ppoll(fds, count, limit, NULL);
	if (ready > 0)
		return 0;
	if (ready == 0)
		return MP_ETIMEOUT;
	if (errno == EINTR)
		return interruptible ? MP_EINTR : 0;
	return mp__fail_errno("waiting for a descriptor");
}

int mp__park_child(pid_t pid)
{
	siginfo_t info;

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0
	    || errno == ECHILD)
		return 1;
	return interruptible ? MP_EINTR : 0;
}
