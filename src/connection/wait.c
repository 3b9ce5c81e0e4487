#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "connection/connection.h"
#include "operation/park.h"
#include "process/process.h"

/* poll() of one connection, wait() for several, descriptors on their way. */

struct waiting {
	struct pollfd *fds;
	nfds_t count;
};

static int look(const struct waiting *w)
{
	int ready;

	do
		ready = poll(w->fds, w->count, 0);
	while (ready < 0 && errno == EINTR);
	return ready < 0 ? mp__fail_errno("cannot poll") : ready;
}

int mp__try_poll(struct mp__op *op)
{
	int ready = look(op->self);

	op->a = ready;
	return ready == 0 ? MP__WOULD_BLOCK : ready < 0 ? ready : 0;
}

int mp__park_poll(struct mp__op *op)
{
	const struct waiting *w = op->self;

	return mp__park_fds(w->fds, w->count, op->until);
}

/* ---- poll ---- */

static struct mp__op op_on(const struct mp_connection *connection,
			   enum mp__operation code, struct waiting *w,
			   mp_deadline until)
{
	return (struct mp__op){
		.code = code,
		.object = connection ? connection->end->head.id : 0,
		.ref = connection ? mp__object_ref(connection->end) : 0,
		.self = w,
		.until = until,
		.wait_a = mp__wait_time(until),
		.wait_b = (int64_t)w->count,
	};
}

int mp_connection_poll(struct mp_connection *connection, int64_t until)
{
	MP__ENTER();
	struct pollfd fd = { .fd = connection->fd, .events = POLLIN };
	struct waiting w = { &fd, 1 };
	int err = mp__connection_check(connection, true);

	if (err)
		return err;
	struct mp__op op = op_on(connection, MP__OP_CONN_POLL, &w, until);
	if (until == MP_NOW) {
		int ready = look(&w);
		if (ready >= 0)
			mp__record(TRACE_CONN_POLL, op.object, ready, 0);
		return ready;
	}
	err = mp__perform(&op);
	return err == MP_ETIMEOUT ? 0 : err ? err : 1;
}

/* ---- wait ---- */

static int descriptor_of(const struct mp_waitable *item)
{
	if (item->connection) {
		int err = mp__connection_check(item->connection, true);
		return err ? err : item->connection->fd;
	}
	if (item->process)
		return mp_process_sentinel(item->process);
	return item->fd;
}

static int by_number(const void *x, const void *y)
{
	const int *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static int complain_about_twins(const struct waiting *w, int *sorted)
{
	for (nfds_t i = 0; i < w->count; i++)
		sorted[i] = w->fds[i].fd;
	qsort(sorted, w->count, sizeof(int), by_number);
	for (nfds_t i = 1; i < w->count; i++)
		if (sorted[i] == sorted[i - 1])
			return mp__fail(MP_EKEY, "descriptor %d is there twice",
					sorted[i]);
	return 0;
}

static int collect(struct mp_waitable *items, struct waiting *w)
{
	for (nfds_t i = 0; i < w->count; i++) {
		int fd = descriptor_of(&items[i]);
		if (fd < 0)
			return fd;
		items[i].is_ready = false;
		w->fds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	int *sorted = malloc((w->count + 1) * sizeof(int));
	if (!sorted)
		return mp__fail(MP_EMEMORY, "no memory to wait for %zu objects",
				(size_t)w->count);
	int err = complain_about_twins(w, sorted);
	free(sorted);
	return err;
}

static int wait_for(struct waiting *w, int64_t until)
{
	struct mp__op op = op_on(NULL, MP__OP_POLL_MANY, w, until);

	if (until == MP_NOW) {
		int ready = look(w);
		if (ready >= 0)
			mp__record(TRACE_POLL_MANY, 0, ready, 0);
		return ready;
	}
	int err = mp__perform(&op);
	return err == MP_ETIMEOUT ? 0 : err ? err : (int)op.a;
}

int mp_wait(struct mp_waitable *items, size_t count, int64_t until)
{
	MP__ENTER();
	struct waiting w = { calloc(count + 1, sizeof(*w.fds)), count };
	int result = w.fds ? collect(items, &w)
			   : mp__fail(MP_EMEMORY, "no memory to wait for %zu "
						  "objects", count);

	if (!result)
		result = wait_for(&w, until);
	for (size_t i = 0; result > 0 && i < count; i++)
		items[i].is_ready = w.fds[i].revents != 0;
	free(w.fds);
	return result;
}

/* ---- descriptors ---- */

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

static int wait_ready(const struct mp_connection *connection, short events)
{
	struct pollfd fd = { .fd = connection->fd, .events = events };

	return mp__park_fds(&fd, 1, MP_FOREVER);
}

int mp_connection_send_fd(struct mp_connection *connection, int fd)
{
	MP__ENTER();
	struct iovec part = { "F", 1 };
	union control control = { 0 };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control.bytes) };
	int err = mp__connection_check(connection, false);

	if (err)
		return err;
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
	while (sendmsg(connection->fd, &msg, MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return mp__fail_errno("cannot send a descriptor");
		err = wait_ready(connection, POLLOUT);
		if (err)
			return err;
	}
	mp__record(TRACE_CONN_SEND_FD, connection->end->head.id, fd, 0);
	return 0;
}

static int descriptor_in(struct msghdr *msg)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(msg);
	int fd;

	if (!header || header->cmsg_level != SOL_SOCKET
	    || header->cmsg_type != SCM_RIGHTS
	    || header->cmsg_len != CMSG_LEN(sizeof(int)))
		return mp__fail(MP_ERUNTIME,
				"what came is data without a descriptor");
	memcpy(&fd, CMSG_DATA(header), sizeof(int));
	return fd;
}

int mp_connection_recv_fd(struct mp_connection *connection)
{
	MP__ENTER();
	char byte;
	struct iovec part = { &byte, 1 };
	union control control = { 0 };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control.bytes) };
	int err = mp__connection_check(connection, true);
	ssize_t n;

	if (err)
		return err;
	while ((n = recvmsg(connection->fd, &msg, MSG_CMSG_CLOEXEC)) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return mp__fail_errno("cannot receive a descriptor");
		err = wait_ready(connection, POLLIN);
		if (err)
			return err;
	}
	if (n == 0)
		return mp__fail(MP_EEOF, "the other end is closed");
	int fd = descriptor_in(&msg);
	if (fd >= 0)
		mp__record(TRACE_CONN_RECV_FD, connection->end->head.id, fd, 0);
	return fd;
}
