#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/db_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/store.h"

/* Offsets in the header of an SQLite file; numbers are big-endian. */
#define HEADER_BYTES 100
#define HEADER_WRITE_VERSION 18
#define HEADER_USER_VERSION 60
#define HEADER_APPLICATION_ID 68

static int refuse(char *error, size_t size, const char *path, const char *why)
{
	snprintf(error, size, "%s: %s", path, why);
	return -1;
}

static int check_kind(const char *path, int fd, char *error, size_t size)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return refuse(error, size, path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		return refuse(error, size, path,
			      _("is a directory; name a .fscope file"));
	if (!S_ISREG(status.st_mode))
		return refuse(error, size, path,
			      _("is not a regular file; name a .fscope file"));
	if (status.st_size == 0)
		return refuse(error, size, path,
			      _("is empty: nothing was recorded into it"));
	return 0;
}

static uint32_t big_endian(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16
	       | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int check_header(const char *path, const unsigned char *header,
			size_t length, char *error, size_t size)
{
	if (length < HEADER_BYTES || memcmp(header, "SQLite format 3", 16) != 0)
		return refuse(error, size, path,
			      _("is not a trace; record one with"
				" 'forkscope record -- PROGRAM'"));
	if (big_endian(header + HEADER_APPLICATION_ID) != TRACE_APPLICATION_ID)
		return refuse(error, size, path,
			      _("is an SQLite database, but not a trace"));
	uint32_t version = big_endian(header + HEADER_USER_VERSION);
	if (version == 0)
		return refuse(error, size, path,
			      _("is damaged: its format has no version"));
	if (version > TRACE_FORMAT_VERSION) {
		snprintf(error, size,
			 _("%s: is a trace of version %u; it needs a newer"
			   " forkscope"), path, (unsigned)version);
		return -1;
	}
	return 0;
}

int trace_file_check(const char *path, bool *has_log, char *error,
		     size_t error_size)
{
	unsigned char header[HEADER_BYTES];
	/* Not blocking: opening a FIFO must not wait for its writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return refuse(error, error_size, path,
			      errno == ENOENT ? _("there is no such file")
					      : strerror(errno));
	int result = check_kind(path, fd, error, error_size);
	if (result == 0) {
		ssize_t length = pread(fd, header, sizeof(header), 0);

		if (length < 0)
			result = refuse(error, error_size, path,
					strerror(errno));
		else
			result = check_header(path, header, (size_t)length,
					      error, error_size);
	}
	close(fd);
	if (result == 0)
		*has_log = header[HEADER_WRITE_VERSION] == 2;
	return result;
}

bool trace_file_is_attended(const char *path)
{
	struct trace_ring ring;
	char name[4096];
	bool is_attended = false;

	if (snprintf(name, sizeof(name), "%s-ring", path)
	    >= (int)sizeof(name))
		return false;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return false;
	if (pread(fd, &ring, sizeof(ring), 0) == (ssize_t)sizeof(ring)
	    && ring.magic == TRACE_RING_MAGIC) {
		int32_t pid = atomic_load(&ring.companion_pid);

		/* 0: it is about to begin. */
		is_attended = pid == 0
			      || (pid > 0 && (kill(pid, 0) == 0
					      || errno == EPERM));
	}
	close(fd);
	return is_attended;
}
