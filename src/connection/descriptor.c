#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "connection/connection.h"
#include "operation/park.h"
#include "probe/probe.h"

/* Descriptors over a socket (SCM_RIGHTS). As in CPython one byte goes with each, so
 * that it has a place among the messages. */

struct passing {
	struct mp_connection *connection;
	int fd;
};

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* ---- send ---- */

int mp__try_conn_send_fd(struct mp__op *op)
{
	struct passing *passing = op->self;
	struct mp__end_shm *end = passing->connection->end;
	struct iovec byte = { (char[]){ 'F' }, 1 };
	union control control = { .header = {
		.cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET,
		.cmsg_type = SCM_RIGHTS,
	} };
	struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;

	memcpy(CMSG_DATA(&control.header), &passing->fd, sizeof(int));
	uint64_t stuck = mp__end_progress(end);
	do
		n = sendmsg(passing->connection->fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN) {
		atomic_store(&end->stuck, stuck);
		return MP__WOULD_BLOCK;
	}
	atomic_store_explicit(&end->stuck, 0, memory_order_relaxed);
	if (n < 0)
		return mp__fail_errno("cannot send a descriptor");
	atomic_fetch_add(&end->in, MP__END_MESSAGE + 1);
	return 0;
}

int mp__park_conn_send_fd(struct mp__op *op)
{
	struct passing *passing = op->self;
	struct pollfd fd = { passing->connection->fd, POLLOUT, 0 };

	return mp__park_fds(&fd, 1, op->until);
}

static int check_socket(const struct mp_connection *connection)
{
	return connection->is_socket
		       ? 0
		       : mp__fail(MP_EOS, "a descriptor needs a socket, and "
					  "this is a pipe of one way");
}

static int pass(struct mp_connection *connection, enum mp__operation code,
		struct passing *passing)
{
	struct mp__op op = mp__connection_op(connection, code, passing,
					     MP_FOREVER);
	op.wait_a = -1;
	int err = mp__perform(&op);

	if (err == 0)
		mp__record(code == MP__OP_CONN_SEND_FD ? TRACE_CONN_SEND_FD
						       : TRACE_CONN_RECV_FD,
			   connection->id, passing->fd, 0);
	if (err == MP_EINTR)
		mp__fail(err, "interrupted by a signal");
	return err;
}

int mp_connection_send_fd(struct mp_connection *connection, int fd)
{
	MP__ENTER();
	struct passing passing = { connection, fd };
	int err = mp__connection_check_writable(connection);

	if (err == 0)
		err = check_socket(connection);
	return err < 0 ? err : pass(connection, MP__OP_CONN_SEND_FD, &passing);
}

/* ---- receive ---- */

/* The first descriptor; any others are closed. -1: none came. */
static int take_fd(struct msghdr *message)
{
	int taken = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c;
	     c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int),
			       sizeof(int));
			if (taken < 0)
				taken = fd;
			else
				close(fd);
		}
	}
	return taken;
}

int mp__try_conn_recv_fd(struct mp__op *op)
{
	struct passing *passing = op->self;
	char byte;
	struct iovec part = { &byte, 1 };
	union control control;
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n;

	do
		n = recvmsg(passing->connection->fd, &message,
			    MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return MP__WOULD_BLOCK;
	if (n < 0)
		return mp__fail_errno("cannot receive a descriptor");
	if (n == 0) {
		mp__record(TRACE_CONN_EOF, op->object, 0, 0);
		return mp__fail(MP_EEOF, "every other end is closed");
	}
	atomic_fetch_add(&passing->connection->end->out, MP__END_MESSAGE + 1);
	passing->fd = take_fd(&message);
	op->a = 1;
	return passing->fd < 0 ? mp__fail(MP_ERUNTIME, "received data without "
					  "a descriptor") : 0;
}

int mp__park_conn_recv_fd(struct mp__op *op)
{
	struct passing *passing = op->self;
	struct pollfd fd = { passing->connection->fd, POLLIN, 0 };

	return mp__park_fds(&fd, 1, op->until);
}

int mp_connection_recv_fd(struct mp_connection *connection)
{
	MP__ENTER();
	struct passing passing = { connection, -1 };
	int err = mp__connection_check_readable(connection);

	if (err == 0)
		err = check_socket(connection);
	if (err == 0)
		err = pass(connection, MP__OP_CONN_RECV_FD, &passing);
	return err < 0 ? err : passing.fd;
}
