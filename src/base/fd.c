#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIGH_FD 512

int mp__fd_high(int fd)
{
	struct rlimit limit;
	int lowest = HIGH_FD;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0
	    && limit.rlim_cur < HIGH_FD + 64)
		lowest = limit.rlim_cur > 32 ? (int)limit.rlim_cur - 32 : 3;
	int high = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
	if (high < 0)
		return fd;
	close(fd);
	return high;
}

int mp__fd_write_all(int fd, const void *bytes, size_t count)
{
	const char *at = bytes;

	while (count > 0) {
		ssize_t n = write(fd, at, count);
		if (n >= 0) {
			at += n;
			count -= (size_t)n;
		} else if (errno == EAGAIN) {
			poll(&(struct pollfd){ .fd = fd, .events = POLLOUT },
			     1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

ssize_t mp__fd_read_all(int fd, void *bytes, size_t count)
{
	char *at = bytes;
	size_t left = count;

	while (left > 0) {
		ssize_t n = read(fd, at, left);
		if (n == 0)
			break;
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		at += n;
		left -= (size_t)n;
	}
	return (ssize_t)(count - left);
}

int mp__pidfd_open(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool mp__pid_is_alive(pid_t pid)
{
	struct pollfd fd = { .fd = mp__pidfd_open(pid), .events = POLLIN };

	/* Whatever keeps us from looking, it is not that there is none. */
	if (fd.fd < 0)
		return errno != ESRCH;
	bool is_over = poll(&fd, 1, 0) > 0;
	close(fd.fd);
	return !is_over;
}
