#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "companion/companion.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"
#include "companion/recorder.h"
#include "probe/clock.h"

#define READY_TIMEOUT_NS (INT64_C(10) * 1000000000)

/* The companion lives in another directory: make the path absolute. */
static int absolute_path(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char folder[PATH_MAX];

	if (*name == '\0')
		return mp__fail(MP_EVALUE, "%s is no name for a trace", path);
	if (strlen(path) >= sizeof(folder))
		return mp__fail(MP_EVALUE, "the trace's name is too long");
	snprintf(folder, sizeof(folder), "%.*s",
		 slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	if (!realpath(folder, out))
		return mp__fail_errno("cannot record into %s", path);
	/* Leave room for what is appended to it. */
	size_t length = strlen(out);
	if (length + strlen(name) + 16 >= PATH_MAX)
		return mp__fail(MP_EVALUE, "the trace's name is too long");
	snprintf(out + length, PATH_MAX - length, "%s%s",
		 length == 1 ? "" : "/", name);
	return 0;
}

static int make_ring_file(const char *ring_path, const char *path,
			  size_t bytes)
{
	int fd = open(ring_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return mp__fail(MP_EEXISTS,
				"%s exists: %s is being recorded, or its "
				"recording was broken off (`forkscope recover "
				"%s` completes it)", ring_path, path, path);
	if (fd < 0)
		return mp__fail_errno("cannot record into %s", path);
	/* Held as long as the companion lives, whose copy this becomes. */
	while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	/* A full disk must be an error here, not a SIGBUS later. */
	int error = posix_fallocate(fd, 0, (off_t)bytes);
	if (error) {
		close(fd);
		unlink(ring_path);
		errno = error;
		return mp__fail_errno("no room for %s", ring_path);
	}
	return mp__fd_high(fd);
}

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

static void init_ring(struct trace_ring *ring, size_t bytes, bool lossy)
{
	struct timespec realtime;

	clock_gettime(CLOCK_REALTIME, &realtime);
	ring->magic = TRACE_RING_MAGIC;
	ring->chunk_count = (uint32_t)((bytes - TRACE_RING_HEADER_BYTES)
				       / TRACE_CHUNK_BYTES);
	ring->flags = lossy ? TRACE_RING_LOSSY : 0;
	ring->start_ns = (uint64_t)mp__now();
	ring->start_realtime_ns = (int64_t)realtime.tv_sec * 1000000000
				  + realtime.tv_nsec;
	mp__event_clock_begin(ring);
}

static size_t ring_size(const struct mp__companion_options *options)
{
	size_t bytes = options->ring_bytes ? options->ring_bytes
					   : MP__RING_BYTES;
	size_t chunks = bytes / TRACE_CHUNK_BYTES;

	if (chunks < 8)
		chunks = 8;
	if (chunks > TRACE_RING_CHUNKS)
		chunks = TRACE_RING_CHUNKS;
	return TRACE_RING_HEADER_BYTES + chunks * TRACE_CHUNK_BYTES;
}

static int make_ring(struct mp__recorder *recorder, const char *ring_path,
		     const struct mp__companion_options *options)
{
	recorder->ring_bytes = ring_size(options);
	int fd = make_ring_file(ring_path, recorder->path,
				recorder->ring_bytes);
	if (fd < 0)
		return fd;
	void *map = mmap(NULL, recorder->ring_bytes, PROT_READ | PROT_WRITE,
			 MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		int err = mp__fail_errno("cannot map %s", ring_path);
		close(fd);
		unlink(ring_path);
		return err;
	}
	/* Have its pages now: a page fault costs as much as thirty events. A kernel
	 * before 5.14 does not know how; then each page comes when it is used. */
	madvise(map, recorder->ring_bytes, MADV_POPULATE_WRITE);
	recorder->ring = map;
	recorder->ring_fd = fd;
	init_ring(map, recorder->ring_bytes, options->lossy);
	return 0;
}

static void companion_body(void *recorder)
{
	mp__recorder_run(recorder);
}

static int wait_until_ready(int socket)
{
	int64_t end = mp__now() + READY_TIMEOUT_NS;
	struct mp__ready ready;

	for (;;) {
		int64_t left = end - mp__now();
		struct pollfd p = { .fd = socket, .events = POLLIN };
		int n = poll(&p, 1, left > 0 ? (int)(left / 1000000) + 1 : 0);

		if (n > 0)
			break;
		if (n == 0)
			return mp__fail(MP_ETIMEOUT,
					"the recorder does not answer");
		if (errno != EINTR)
			return mp__fail_errno("cannot wait for the recorder");
	}
	ssize_t n = recv(socket, &ready, sizeof(ready), MSG_DONTWAIT);
	if (n != (ssize_t)sizeof(ready))
		return mp__fail(MP_EOS, "the recorder died while it started");
	ready.text[sizeof(ready.text) - 1] = '\0';
	return ready.code ? mp__fail(ready.code, "%s", ready.text) : 0;
}

static int start_companion(struct mp__recorder *recorder, int *program_end)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return mp__fail_errno("no socket for the recorder");
	*program_end = mp__fd_high(ends[0]);
	recorder->socket = mp__fd_high(ends[1]);
	int err = mp__fork_detached(companion_body, recorder);
	close(recorder->socket);
	if (!err)
		err = wait_until_ready(*program_end);
	if (err)
		close(*program_end);
	return err;
}

int mp__companion_start(const struct mp__companion_options *options,
			struct mp__companion *out)
{
	struct mp__recorder *recorder = calloc(1, sizeof(*recorder));
	char ring_path[PATH_MAX + 8];
	int program_end = -1, err;

	if (!recorder)
		return mp__fail(MP_EMEMORY, "no memory for the recorder");
	err = absolute_path(options->trace_path, recorder->path);
	if (err)
		goto done;
	snprintf(ring_path, sizeof(ring_path), "%s-ring", recorder->path);
	err = make_ring(recorder, ring_path, options);
	if (err)
		goto done;
	err = start_companion(recorder, &program_end);
	close(recorder->ring_fd);
	if (err) {
		atomic_store(&recorder->ring->off, 1);
		munmap(recorder->ring, recorder->ring_bytes);
		unlink(ring_path);
		goto done;
	}
	out->ring = recorder->ring;
	out->socket = program_end;
done:
	free(recorder);
	return err;
}

int mp__companion_watch(const struct mp__companion *companion,
			uint32_t process, pid_t pid, int pidfd)
{
	struct mp__companion_watch message = { .process = process,
					       .pid = pid };
	struct iovec part = { &message, sizeof(message) };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
	int saved = errno;
	ssize_t n;

	if (pidfd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control.bytes);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &pidfd, sizeof(int));
	}
	do {
		n = sendmsg(companion->socket, &msg,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	bool is_gone = n < 0 && (errno == EPIPE || errno == ECONNRESET
				 || errno == ENOTCONN);
	if (n < 0)	/* else its page need not be copied for it */
		errno = saved;
	return is_gone ? MP_EPIPE : 0;
}
