#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void pause_ns(int64_t ns)
{
	const struct timespec t = { .tv_nsec = (long)ns };

	nanosleep(&t, NULL);
}

/* Asks for the lock again and again, ever less often: flock(2) has no timeout. */
static bool lock_within(int fd, int64_t timeout_ns)
{
	int64_t end = now() + timeout_ns, step = 500000;

	while (flock(fd, LOCK_SH | LOCK_NB) < 0) {
		int64_t left = end - now();

		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		if (timeout_ns >= 0 && left <= 0)
			return false;
		pause_ns(timeout_ns >= 0 && left < step ? left : step);
		if (step < 10 * 1000000)
			step += step / 2;
	}
	return true;
}

int trace_wait_closed(const char *path, int64_t timeout_ns)
{
	struct stat st;
	char *ring;

	if (asprintf(&ring, "%s-ring", path) < 0)
		return TRACE_WAIT_FAILED;
	int fd = open(ring, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	free(ring);
	if (fd < 0)
		return errno == ENOENT ? TRACE_WAIT_CLOSED : TRACE_WAIT_FAILED;
	int result = TRACE_WAIT_TIMEOUT;
	if (timeout_ns > INT64_MAX / 2)
		timeout_ns = -1;
	if (lock_within(fd, timeout_ns))
		result = fstat(fd, &st) == 0 && st.st_nlink > 0
				 ? TRACE_WAIT_BROKEN : TRACE_WAIT_CLOSED;
	close(fd);
	return result;
}
