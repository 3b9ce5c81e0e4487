#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "connection/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "process/process.h"
#include "value/pack.h"

/* ---- all of this process, so that what a program leaves to the end is no leak ---- */

static struct mp_connection *connections;

static void keep(struct mp_connection *connection)
{
	pthread_mutex_lock(&mp__this.connections_mutex);
	connection->older = connections;
	if (connections)
		connections->newer = connection;
	connections = connection;
	pthread_mutex_unlock(&mp__this.connections_mutex);
}

static void forget(struct mp_connection *connection)
{
	pthread_mutex_lock(&mp__this.connections_mutex);
	if (connection->older)
		connection->older->newer = connection->newer;
	if (connection->newer)
		connection->newer->older = connection->older;
	else if (connections == connection)
		connections = connection->older;
	pthread_mutex_unlock(&mp__this.connections_mutex);
}

/* ---- making ---- */

static struct mp_connection *give_up(struct mp_connection *connection, int fd)
{
	free(connection);
	close(fd);
	return NULL;
}

struct mp_connection *mp__connection_new(int fd, bool is_readable,
					 bool is_writable, const char *name)
{
	struct mp_connection *connection = calloc(1, sizeof(*connection));
	struct stat st;

	if (!connection) {
		mp__fail(MP_EMEMORY, "no memory for a Connection");
		return give_up(connection, fd);
	}
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0
	    || fstat(fd, &st) < 0) {
		mp__fail_errno("cannot make a Connection of descriptor %d", fd);
		return give_up(connection, fd);
	}
	connection->end = mp__object_new(TRACE_OBJECT_CONNECTION,
					 sizeof(*connection->end), name);
	if (!connection->end)
		return give_up(connection, fd);
	connection->fd = fd;
	connection->is_readable = is_readable;
	connection->is_writable = is_writable;
	connection->is_socket = S_ISSOCK(st.st_mode);
	keep(connection);
	return connection;
}

struct mp_connection *mp_connection_open(int fd, bool readable, bool writable)
{
	MP__ENTER();
	if (fd < 0) {
		mp__fail(MP_EVALUE, "invalid handle");
		return NULL;
	}
	if (!readable && !writable) {
		mp__fail(MP_EVALUE, "at least one of `readable` and `writable` "
				    "must be True");
		return NULL;
	}
	return mp__connection_new(fd, readable, writable, NULL);
}

static int open_fds(int fds[2], bool one_way)
{
	int result = one_way ? pipe2(fds, O_CLOEXEC)
			     : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC,
					  0, fds);

	return result < 0 ? mp__fail_errno("no new pipe") : 0;
}

static struct mp_connection *new_end(int fd, bool is_readable, bool is_writable,
				     const char *name, char side)
{
	char text[200];

	if (name)
		snprintf(text, sizeof(text), "%s.%c", name, side);
	return mp__connection_new(fd, is_readable, is_writable,
				  name ? text : NULL);
}

int mp_pipe_open(struct mp_connection **a, struct mp_connection **b,
		 const struct mp_pipe_options *options)
{
	MP__ENTER();
	int fds[2], err = open_fds(fds, options->one_way);

	if (err)
		return err;
	*a = new_end(fds[0], true, !options->one_way, options->name, 'a');
	*b = *a ? new_end(fds[1], !options->one_way, true, options->name, 'b')
		: NULL;
	if (!*b) {
		if (!*a)
			close(fds[1]);
		err = mp_error_code();
		mp_connection_destroy(*a);
		*a = NULL;
		return err;
	}
	(*a)->end->peer = mp__object_ref((*b)->end);
	(*b)->end->peer = mp__object_ref((*a)->end);
	mp__record(TRACE_PIPE_NEW, (*a)->end->head.id, (*b)->end->head.id,
		   !options->one_way);
	return 0;
}

/* ---- closing ---- */

static void close_it(struct mp_connection *connection)
{
	if (connection->fd < 0)
		return;
	mp__record(TRACE_CONN_CLOSE, connection->end->head.id, 0, 0);
	close(connection->fd);
	connection->fd = -1;
}

int mp_connection_close(struct mp_connection *connection)
{
	MP__ENTER();
	close_it(connection);
	return 0;
}

void mp_connection_destroy(struct mp_connection *connection)
{
	if (!connection)
		return;
	close_it(connection);
	if (mp__object_may_end(&connection->end->head))
		mp__object_end(&connection->end->head);
	forget(connection);
	free(connection);
}

/* ---- messages ---- */

int mp__connection_check(const struct mp_connection *connection, bool to_read)
{
	if (connection->fd < 0)
		return mp__fail(MP_EOS, "handle is closed");
	if (to_read && !connection->is_readable)
		return mp__fail(MP_EOS, "connection is write-only");
	if (!to_read && !connection->is_writable)
		return mp__fail(MP_EOS, "connection is read-only");
	return 0;
}

int mp_connection_send(struct mp_connection *connection, struct mp_value *value)
{
	MP__ENTER();
	static const char room[MP__PREFIX_BYTES_MAX];
	struct mp__buffer buffer = { 0 };
	int err = value ? mp__connection_check(connection, false)
			: mp_error_code();

	if (!err)
		err = mp__buffer_add(&buffer, room, sizeof(room));
	if (!err)
		err = mp__pack(&buffer, value);
	if (!err)
		err = mp__message_send(connection, buffer.bytes + sizeof(room),
				       buffer.len - sizeof(room));
	mp__buffer_free(&buffer);
	mp_value_unref(value);
	return err;
}

#define SMALL_MESSAGE 1024

int mp_connection_send_bytes(struct mp_connection *connection,
			     const void *bytes, size_t size)
{
	MP__ENTER();
	char small[MP__PREFIX_BYTES_MAX + SMALL_MESSAGE];
	char *room = small;
	int err = mp__connection_check(connection, false);

	if (err)
		return err;
	if (size > SMALL_MESSAGE)
		room = malloc(MP__PREFIX_BYTES_MAX + size);
	if (!room)
		return mp__fail(MP_EMEMORY, "no memory for a message of %zu "
					    "bytes", size);
	if (size > 0)
		memcpy(room + MP__PREFIX_BYTES_MAX, bytes, size);
	err = mp__message_send(connection, room + MP__PREFIX_BYTES_MAX, size);
	if (room != small)
		free(room);
	return err;
}

struct mp_value *mp_connection_recv(struct mp_connection *connection)
{
	MP__ENTER();
	struct mp_value *value = NULL;
	struct mp__received got;
	char small[SMALL_MESSAGE];

	if (mp__connection_check(connection, true) < 0
	    || mp__message_recv(connection, small, sizeof(small), SIZE_MAX,
				&got) < 0)
		return NULL;
	mp_value_unpack(got.bytes, got.size, &value);
	if (got.bytes != small)
		free(got.bytes);
	return value;
}

/* As in Python: the rest of the message can never be told from the next one. */
static void stop_reading(struct mp_connection *connection)
{
	if (connection->is_writable)
		connection->is_readable = false;
	else
		close_it(connection);
}

int mp_connection_recv_bytes(struct mp_connection *connection, void **bytes,
			     size_t *size, size_t max)
{
	MP__ENTER();
	struct mp__received got;
	int err = mp__connection_check(connection, true);

	if (!err)
		err = mp__message_recv(connection, NULL, 0, max, &got);
	else
		return err;
	if (err && got.is_too_long)
		stop_reading(connection);
	if (err)
		return err;
	*size = got.size;
	*bytes = got.bytes ? got.bytes : malloc(1);
	return 0;
}

ssize_t mp_connection_recv_bytes_into(struct mp_connection *connection,
				      void *buffer, size_t size, void **rest,
				      size_t *rest_size)
{
	MP__ENTER();
	struct mp__received got;
	int err = mp__connection_check(connection, true);

	if (!err)
		err = mp__message_recv(connection, buffer, size, SIZE_MAX, &got);
	if (err)
		return err;
	if (got.size <= size)
		return (ssize_t)got.size;
	if (rest) {
		*rest = got.bytes;
		*rest_size = got.size;
	} else {
		free(got.bytes);
	}
	return mp__fail(MP_ESHORT, "the buffer has %zu bytes, the message %zu",
			size, got.size);
}

/* ---- looking ---- */

int mp_connection_fileno(const struct mp_connection *connection)
{
	return connection->fd >= 0 ? connection->fd
				   : mp__fail(MP_EOS, "handle is closed");
}

bool mp_connection_closed(const struct mp_connection *connection)
{
	return connection->fd < 0;
}

bool mp_connection_readable(const struct mp_connection *connection)
{
	return connection->is_readable;
}

bool mp_connection_writable(const struct mp_connection *connection)
{
	return connection->is_writable;
}

static int repr(void *object, char *buffer, size_t size)
{
	return snprintf(buffer, size, "<multiprocessing.connection.Connection "
				      "object at %p>", object);
}

__attribute__((constructor)) static void offer(void)
{
	mp__object_set_repr(MP_OBJECT_CONNECTION, repr);
}
