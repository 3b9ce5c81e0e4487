#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "connection/listener.h"
#include "operation/park.h"
#include "process/process.h"

/* How a Listener and a Client come together. */

/* ---- accept ---- */

struct meeting {
	int fd;			/* of the listener, or to be connected */
	struct mp_connection *connection;
	const struct sockaddr_un *address;
	socklen_t size;
};

static struct mp_connection *new_connection(int fd)
{
	struct mp__end_shm *end = mp__end_new(NULL);

	if (end)
		return mp__connection_new(fd, true, true, end);
	close(fd);
	return NULL;
}

int mp__try_accept(struct mp__op *op)
{
	struct meeting *meeting = op->self;
	int fd;

	do
		fd = accept4(meeting->fd, NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK);
	while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0 && errno == EAGAIN)
		return MP__WOULD_BLOCK;
	if (fd < 0)
		return mp__fail_errno("cannot accept");
	meeting->connection = new_connection(fd);
	if (!meeting->connection)
		return mp_error_code();
	op->a = meeting->connection->id;
	return 0;
}

int mp__park_accept(struct mp__op *op)
{
	struct meeting *meeting = op->self;
	struct pollfd fd = { meeting->fd, POLLIN, 0 };

	return mp__park_fds(&fd, 1, op->until);
}

/* The kernel knows who the other side was when it connected. */
static int check_user(const struct mp_connection *connection)
{
	struct ucred user;
	socklen_t size = sizeof(user);

	if (getsockopt(connection->fd, SOL_SOCKET, SO_PEERCRED, &user, &size)
	    < 0)
		return mp__fail_errno("cannot tell who the client is");
	if (user.uid == geteuid() || user.uid == 0)
		return 0;
	mp__record(TRACE_AUTH_FAIL, connection->id, 0, 0);
	return mp__fail(MP_EAUTH, "the client belongs to user %u",
			(unsigned)user.uid);
}

static int greet(struct mp_connection *connection,
		 const struct mp_listener *listener)
{
	int err = check_user(connection);

	if (err == 0 && listener->authkey)
		err = mp__auth_challenge(connection, listener->authkey,
					 listener->authkey_size);
	if (err == 0 && listener->authkey)
		err = mp__auth_answer(connection, listener->authkey,
				      listener->authkey_size);
	return err;
}

/* The error stands, whatever closing says. */
static struct mp_connection *unless(int err, struct mp_connection *connection)
{
	if (err == 0)
		return connection;
	mp_connection_destroy(connection);
	return NULL;
}

struct mp_connection *mp_listener_accept(struct mp_listener *listener)
{
	MP__ENTER();
	struct meeting meeting = { .fd = listener->fd };

	if (listener->fd < 0) {
		mp__fail(MP_EOS, "Listener is closed");
		return NULL;
	}
	int err = mp__perform(&(struct mp__op){
		.code = MP__OP_ACCEPT,
		.object = listener->id,
		.self = &meeting,
		.until = MP_FOREVER,
	});
	if (err == MP_EINTR)
		mp__fail(err, "interrupted by a signal");
	if (err < 0)
		return NULL;
	return unless(greet(meeting.connection, listener), meeting.connection);
}

/* ---- Client ---- */

int mp__try_connect(struct mp__op *op)
{
	struct meeting *meeting = op->self;
	int result;

	do
		result = connect(meeting->fd,
				 (const struct sockaddr *)meeting->address,
				 meeting->size);
	while (result < 0 && errno == EINTR);
	if (result == 0 || errno == EISCONN)
		return 0;
	/* The listener's queue is full. */
	if (errno == EAGAIN)
		return MP__WOULD_BLOCK;
	return mp__fail_errno("cannot connect");
}

/* The kernel does not tell when there is room in that queue: look now and then. */
int mp__park_connect(struct mp__op *op)
{
	mp_deadline soon = mp__now() + 2000000;
	int err = mp__park_fds(NULL, 0, soon < op->until ? soon : op->until);

	return err == MP_ETIMEOUT && soon < op->until ? 0 : err;
}

static struct mp_connection *connect_to(const struct sockaddr_un *address,
					socklen_t size)
{
	struct meeting meeting = { .address = address, .size = size };

	meeting.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC
					     | SOCK_NONBLOCK, 0);
	if (meeting.fd < 0) {
		mp__fail_errno("no socket");
		return NULL;
	}
	struct mp_connection *connection = new_connection(meeting.fd);
	if (!connection)
		return NULL;
	struct mp__op op = mp__connection_op(connection, MP__OP_CONNECT,
					     &meeting, MP_FOREVER);
	int err = mp__perform(&op);
	if (err == MP_EINTR)
		mp__fail(err, "interrupted by a signal");
	if (err == 0)
		mp__record(TRACE_CONNECT, connection->id, 0, 0);
	return unless(err, connection);
}

struct mp_connection *mp_client_open(const struct mp_listener_options *options)
{
	MP__ENTER();
	struct sockaddr_un address;
	socklen_t size;
	int err = 0;

	if (mp__address_make(options->address, &address, &size) < 0)
		return NULL;
	struct mp_connection *connection = connect_to(&address, size);
	if (connection && options->authkey)
		err = mp__auth_answer(connection, options->authkey,
				      options->authkey_size);
	if (connection && err == 0 && options->authkey)
		err = mp__auth_challenge(connection, options->authkey,
					 options->authkey_size);
	return unless(err, connection);
}
