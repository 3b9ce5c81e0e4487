/* base/fd.h - file descriptors: born O_CLOEXEC, used whole */
#ifndef MP_BASE_FD_H
#define MP_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* mp__fd_high - move fd to a number >= 512 if there is room for it (else to the
 * highest free region the limit allows), O_CLOEXEC, so that the library's own
 * descriptors are not where programs and shells put theirs. The old number is
 * closed. Returns the new number, or fd itself if it could not be moved. */
int mp__fd_high(int fd);

/* mp__fd_write_all - write all bytes; EINTR is retried, EAGAIN waited for
 * Returns 0 or -1 with errno. SIGPIPE is the caller's business. */
int mp__fd_write_all(int fd, const void *bytes, size_t count);

/* mp__fd_read_all - read count bytes
 * Returns the number read (less at end of file), -1 with errno. */
ssize_t mp__fd_read_all(int fd, void *bytes, size_t count);

/* mp__flush - fflush(3), at no cost if nothing is buffered */
static inline void mp__flush(FILE *stream)
{
#ifdef __GLIBC__
	/* What __fpending(3) looks at. */
	if (stream->_IO_write_ptr == stream->_IO_write_base)
		return;
#endif
	fflush(stream);
}

/* mp__pidfd_open - pidfd_open(2), O_CLOEXEC by nature. -1 with errno. */
int mp__pidfd_open(pid_t pid);

/* mp__pid_is_alive - does a process with that number run? A zombie does not. */
bool mp__pid_is_alive(pid_t pid);

#endif
