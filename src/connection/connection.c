#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "connection/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fork.h"
#include "process/process.h"

/* ---- all connections of this process ----
 * To count a child's copies when it is forked, and to keep what a program leaves to
 * the end from being a leak. */

static MP__PER_PROCESS pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct mp_connection *connections;
static pid_t released_at_exit;	/* by this process; a child asks anew */

static void release_all(void *unused)
{
	(void)unused;
	pthread_mutex_lock(&mutex);
	for (struct mp_connection *c = connections; c; c = c->older) {
		if (c->end)
			mp__end_release(c->end);
		c->end = NULL;
		if (c->fd >= 0)
			close(c->fd);
		c->fd = -1;
	}
	pthread_mutex_unlock(&mutex);
}

MP__EVERY_CHILD static void release_at_exit(void *unused)
{
	(void)unused;
	if (!connections)
		return;
	pthread_mutex_lock(&mutex);
	bool is_due = connections && released_at_exit != mp__this.pid;
	if (is_due)
		released_at_exit = mp__this.pid;
	pthread_mutex_unlock(&mutex);
	/* Without memory for it, a few bytes stay in use, no worse. */
	if (is_due)
		mp__finalize(-100, release_all, NULL);
}

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
	mp__end_prepare();
	for (struct mp_connection *c = connections; c; c = c->older)
		if (c->end)
			mp__end_inherit(c->end);
}

MP__EVERY_CHILD static void inherited(pid_t pid)
{
	for (struct mp_connection *c = connections; c; c = c->older)
		if (c->end)
			mp__end_inherited(c->end, pid);
}

/* The child may be killed before it can say anything. */
static void in_parent(void)
{
	if (mp__fork_result() != 0)
		inherited(mp__fork_result());
	pthread_mutex_unlock(&mutex);
}

MP__EVERY_CHILD static void in_child(void)
{
	mp__fork_mutex(&mutex);
	if (connections)
		inherited(getpid());
}

static struct mp__fork_hooks hooks = {
	.order = 30,
	.foreign = true,
	.prepare = before_fork,
	.parent = in_parent,
	.child = in_child,
};

static void keep(struct mp_connection *connection)
{
	pthread_mutex_lock(&mutex);
	connection->older = connections;
	if (connections)
		connections->newer = connection;
	connections = connection;
	pthread_mutex_unlock(&mutex);
	release_at_exit(NULL);
}

static void forget(struct mp_connection *connection)
{
	pthread_mutex_lock(&mutex);
	if (connection->older)
		connection->older->newer = connection->newer;
	if (connection->newer)
		connection->newer->older = connection->older;
	else
		connections = connection->older;
	pthread_mutex_unlock(&mutex);
}

/* ---- making ---- */

struct mp_connection *mp__connection_new(int fd, bool readable, bool writable,
					 struct mp__end_shm *end)
{
	struct mp_connection *connection = calloc(1, sizeof(*connection));
	struct stat status;

	if (!connection) {
		mp__end_release(end);
		close(fd);
		mp__fail(MP_EMEMORY, "no memory for a connection");
		return NULL;
	}
	connection->fd = fd;
	connection->readable = readable;
	connection->writable = writable;
	connection->is_socket = fstat(fd, &status) == 0
				&& S_ISSOCK(status.st_mode);
	connection->end = end;
	connection->id = end->head.id;
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
		mp__fail(MP_EVALUE, "at least one of `readable` and "
				    "`writable` must be True");
		return NULL;
	}
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		mp__fail_errno("no connection of descriptor %d", fd);
		return NULL;
	}
	struct mp__end_shm *end = mp__end_new(NULL);
	if (!end) {
		close(fd);
		return NULL;
	}
	return mp__connection_new(fd, readable, writable, end);
}

/* ---- closing ---- */

/* Shared state first: who sees the end of the stream sees us gone. */
static void close_copy(struct mp_connection *connection)
{
	int fd = connection->fd;

	connection->fd = -1;
	pthread_mutex_lock(&mutex);
	struct mp__end_shm *end = connection->end;
	connection->end = NULL;
	pthread_mutex_unlock(&mutex);
	if (end)
		mp__end_release(end);
	close(fd);
}

int mp__try_conn_close(struct mp__op *op)
{
	mp__record(TRACE_CONN_CLOSE, op->object, 0, 0);
	close_copy(op->self);
	return 0;
}

static int close_connection(struct mp_connection *connection)
{
	struct mp__op op = mp__connection_op(connection, MP__OP_CONN_CLOSE,
					     connection, MP_FOREVER);

	return connection->fd < 0 ? 0 : mp__perform(&op);
}

int mp_connection_close(struct mp_connection *connection)
{
	MP__ENTER();
	return close_connection(connection);
}

void mp_connection_destroy(struct mp_connection *connection)
{
	if (!connection)
		return;
	close_connection(connection);
	forget(connection);
	free(connection);
}

void mp__connection_cut(struct mp_connection *connection)
{
	if (connection->writable)
		connection->readable = false;
	else
		close_connection(connection);
}

/* ---- looking ---- */

static int check_open(const struct mp_connection *connection)
{
	return connection->fd < 0 ? mp__fail(MP_EOS, "handle is closed") : 0;
}

int mp__connection_check_readable(const struct mp_connection *connection)
{
	int err = check_open(connection);

	if (err == 0 && !connection->readable)
		err = mp__fail(MP_EOS, "connection is write-only");
	return err;
}

int mp__connection_check_writable(const struct mp_connection *connection)
{
	int err = check_open(connection);

	if (err == 0 && !connection->writable)
		err = mp__fail(MP_EOS, "connection is read-only");
	return err;
}

int mp_connection_fileno(const struct mp_connection *connection)
{
	int err = check_open(connection);

	return err < 0 ? err : connection->fd;
}

bool mp_connection_closed(const struct mp_connection *connection)
{
	return connection->fd < 0;
}

bool mp_connection_readable(const struct mp_connection *connection)
{
	return connection->readable;
}

bool mp_connection_writable(const struct mp_connection *connection)
{
	return connection->writable;
}

static int repr(void *object, char *buffer, size_t size)
{
	return snprintf(buffer, size, "<Connection object at %p>", object);
}

/* ---- start ---- */

__attribute__((constructor)) static void start(void)
{
	mp__fork_hooks_add(&hooks);
	/* A child forgets what its parent wanted done at its exit; this comes
	 * after that. */
	mp_fork_hooks(NULL, NULL, release_at_exit, NULL);
	mp__object_set_repr(MP_OBJECT_CONNECTION, repr);
}
