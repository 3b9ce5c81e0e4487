/* forkscope/mp-connection.h - Pipe, Connection, wait, Listener, Client
 *
 *	struct mp_connection *parent, *child;
 *	mp_Pipe(&parent, &child);
 *	mp_connection_send(parent, mp_tuple(1, "two"));
 *	struct mp_value *x = mp_connection_recv(child);
 *
 * A connection is this process's copy of a file descriptor. A child inherits its
 * parent's connections; the end of the stream comes only when *every* copy of the
 * other end is closed, the parent's own one included. */
#ifndef FORKSCOPE_MP_CONNECTION_H
#define FORKSCOPE_MP_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mp-value.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mp_connection;
struct mp_listener;
struct mp_process;

/* ---- Pipe -------------------------------------------------------------------- */

struct mp_pipe_options {
	bool one_way;		/* duplex=False: `a` can only receive, `b` send */
	const char *name;	/* for people; NULL: Pipe-1, ... */
	int reserved_;
};

/* mp_Pipe(&a, &b), mp_Pipe(&reader, &writer, .one_way = true) */
#define mp_Pipe(a, b, ...) \
	mp_pipe_open(a, b, &(struct mp_pipe_options){ \
		.reserved_ = 0 __VA_OPT__(,) __VA_ARGS__ })

/* mp_pipe_open - make two connections to each other
 * Python   Pipe(duplex=True)
 * Returns  0; MP_EOS; MP_EMEMORY
 * Blocks   never.  Fork  a child inherits both ends.  Signals  not safe
 * Emits    object.new, pipe.new */
int mp_pipe_open(struct mp_connection **a, struct mp_connection **b,
		 const struct mp_pipe_options *options);

/* ---- Connection ---------------------------------------------------------------- */

/* mp_connection_open - make a connection of a descriptor
 * Python   Connection(handle, readable=True, writable=True)
 * fd       of a pipe or a stream socket; taken over, set to non-blocking
 * Returns  the object; NULL: MP_EVALUE (fd < 0, or neither direction), MP_EMEMORY
 * Blocks   never.  Fork  inherited.  Signals  not safe
 * Emits    object.new */
struct mp_connection *mp_connection_open(int fd, bool readable, bool writable);

/* mp_connection_destroy - close it and free the object
 * Python   del connection
 * connection  NULL is allowed
 * Returns  nothing
 * Blocks   never.  Fork  this process's copy only.  Signals  not safe
 * Emits    conn.close */
void mp_connection_destroy(struct mp_connection *connection);

/* mp_connection_close - close this process's copy
 * Python   connection.close()
 * Returns  0, also when closed before
 * Blocks   never.  Fork  this process's copy only.  Signals  not safe
 * Emits    conn.close */
int mp_connection_close(struct mp_connection *connection);

/* mp_connection_send - send a value
 * Python   connection.send(obj)
 * value    taken over, also on failure
 * Returns  0; MP_EOS (closed, or it can only receive); MP_EPIPE (nobody reads);
 *          MP_EVALUE (cannot be encoded); MP_EINTR (before the first byte only)
 * Blocks   while the buffer is full.  Fork  -.  Signals  not safe
 * Emits    conn.send; conn.send_wait and conn.sent */
int mp_connection_send(struct mp_connection *connection,
		       struct mp_value *value);

/* mp_connection_recv - wait for a value
 * Python   connection.recv()
 * Returns  a new reference; NULL: MP_EEOF (every other end is closed), MP_EOS
 *          (closed; can only send; ended in the middle of a message), MP_EVALUE
 *          (no encoded value), MP_EINTR (before the first byte only)
 * Blocks   until a whole message is there.  Fork  -.  Signals  not safe
 * Emits    conn.recv; conn.recv_wait and conn.received; conn.eof */
struct mp_value *mp_connection_recv(struct mp_connection *connection);

/* mp_connection_send_bytes - send bytes as one message, which may be empty
 * Python   connection.send_bytes(buf)
 * Returns  as mp_connection_send
 * Blocks   while the buffer is full.  Fork  -.  Signals  not safe
 * Emits    as mp_connection_send */
int mp_connection_send_bytes(struct mp_connection *connection,
			     const void *bytes, size_t size);

/* mp_connection_recv_bytes - wait for a message
 * Python   connection.recv_bytes(maxlength=None)
 * bytes    receives memory to free(3); size: how many
 * max      SIZE_MAX for any length. A longer message is MP_EOS, and as in Python the
 *          connection cannot receive any more
 * Returns  as mp_connection_recv
 * Blocks   until a whole message is there.  Fork  -.  Signals  not safe
 * Emits    as mp_connection_recv */
int mp_connection_recv_bytes(struct mp_connection *connection, void **bytes,
			     size_t *size, size_t max);

/* mp_connection_recv_bytes_into - the same into memory of the caller
 * Python   connection.recv_bytes_into(buf, offset=0)
 * Returns  the number of bytes; MP_ESHORT: too many; the message is consumed, and
 *          `rest` (may be NULL) receives all of it, to free(3), `rest_size` its size
 * Blocks   until a whole message is there.  Fork  -.  Signals  not safe
 * Emits    as mp_connection_recv */
ssize_t mp_connection_recv_bytes_into(struct mp_connection *connection,
				      void *buffer, size_t size, void **rest,
				      size_t *rest_size);

/* mp_connection_poll - is something there to receive?
 * Python   connection.poll(timeout=0.0)
 * until    MP_NOW only looks
 * Returns  1, also at the end of the stream; 0; MP_EOS (closed; can only send);
 *          MP_EINTR
 * Blocks   up to `until`.  Fork  -.  Signals  not safe
 * Emits    conn.poll; conn.poll_wait and conn.polled or conn.poll_timeout */
int mp_connection_poll(struct mp_connection *connection, int64_t until);

/* mp_connection_fileno - its descriptor
 * Python   connection.fileno()
 * Returns  the descriptor, still the connection's; MP_EOS once closed
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
int mp_connection_fileno(const struct mp_connection *connection);

/* mp_connection_closed, mp_connection_readable, mp_connection_writable
 * Python   connection.closed, connection.readable, connection.writable
 * Returns  whether it is so
 * Blocks   never.  Fork  -.  Signals  async-signal-safe
 * Emits    nothing */
bool mp_connection_closed(const struct mp_connection *connection);
bool mp_connection_readable(const struct mp_connection *connection);
bool mp_connection_writable(const struct mp_connection *connection);

/* mp_connection_send_fd, mp_connection_recv_fd - send a descriptor over a socket
 * Python   reduction.send_handle, reduction.recv_handle
 * fd       stays the caller's; the other side gets a copy
 * Returns  0; MP_EOS (not a socket); the descriptor, close-on-exec; MP_ERUNTIME
 *          (data without a descriptor); MP_EEOF
 * Blocks   until it is sent, received.  Fork  -.  Signals  not safe
 * Emits    conn.send_fd, conn.recv_fd */
int mp_connection_send_fd(struct mp_connection *connection, int fd);
int mp_connection_recv_fd(struct mp_connection *connection);

/* ---- wait ------------------------------------------------------------------------ */

/* What to wait for: exactly one of these is set (an fd of 0 means none; to wait for
 * standard input, open a connection on a copy of it). */
struct mp_waitable {
	struct mp_connection *connection;
	struct mp_process *process;	/* ready when it has ended */
	int fd;				/* a sentinel, a socket */
	bool is_ready;			/* set by mp_wait */
};

/* mp_wait - wait until one of several is ready
 * Python   connection.wait(object_list, timeout=None)
 * items    each is_ready is set: readable, or at its end
 * Returns  how many are ready; 0: the time was up; MP_EKEY (the same twice); MP_EOS
 *          (a closed connection); MP_EVALUE (a process that was not started);
 *          MP_EINTR
 * Blocks   up to `until`.  Fork  -.  Signals  not safe
 * Emits    wait.done; wait.begin and wait.ready or wait.timeout */
int mp_wait(struct mp_waitable *items, size_t count, int64_t until);

/* ---- Listener, Client --------------------------------------------------------------- */

struct mp_listener_options {
	const char *address;	/* path of a Unix socket; a leading '@' stands for
				 * the abstract namespace; NULL: a new one in a
				 * private directory */
	int backlog;		/* 0: 1, as in Python */
	const void *authkey;	/* NULL: no challenge */
	size_t authkey_size;
	int reserved_;
};

#define mp_Listener(...) \
	mp_listener_open(&(struct mp_listener_options){ \
		.reserved_ = 0 __VA_OPT__(,) __VA_ARGS__ })

/* mp_Client(address), mp_Client(address, .authkey = key, .authkey_size = size) */
#define mp_Client(...) \
	mp_client_open(&(struct mp_listener_options){ \
		.address = __VA_ARGS__ })

/* mp_listener_open - listen on a Unix socket
 * Only processes of the same user, or of root, are let in: the kernel says who they
 * are. With an authkey the challenge of CPython 3.12 and later follows (HMAC-SHA256);
 * to one of 3.11 or older, which has MD5 only, we answer so, and take such an answer.
 * Python   connection.Listener(address, 'AF_UNIX', backlog, authkey)
 * Returns  the object; NULL: MP_EOS (in use, or no such directory), MP_EVALUE (too
 *          long), MP_EMEMORY
 * Blocks   never.  Fork  only the process that made it removes the file
 * Signals  not safe
 * Emits    object.new, listen */
struct mp_listener *mp_listener_open(const struct mp_listener_options *options);

/* mp_listener_accept - wait for a client
 * Python   listener.accept()
 * Returns  a connection; NULL: MP_EOS (closed), MP_EAUTH (wrong key, or another
 *          user), MP_EEOF, MP_EINTR
 * Blocks   until one comes and has authenticated.  Fork  -.  Signals  not safe
 * Emits    accept.wait, accept.done; auth.ok, auth.fail */
struct mp_connection *mp_listener_accept(struct mp_listener *listener);

/* mp_listener_address - where it listens
 * Python   listener.address
 * Returns  a text of the listener's; NULL once closed (MP_EATTRIBUTE)
 * Blocks   never.  Fork  -.  Signals  not safe
 * Emits    nothing */
const char *mp_listener_address(const struct mp_listener *listener);

/* mp_listener_close, mp_listener_destroy - stop listening; and free the object
 * Python   listener.close(), del listener
 * The socket's file is removed, at the latest when the process leaves.
 * Returns  0, also when closed before; nothing
 * Blocks   never.  Fork  this process's copy only.  Signals  not safe
 * Emits    conn.close */
int mp_listener_close(struct mp_listener *listener);
void mp_listener_destroy(struct mp_listener *listener);

/* mp_client_open - connect to a listener
 * Python   connection.Client(address, authkey=None)
 * Returns  a connection; NULL: MP_ENOTFOUND, MP_EREFUSED, MP_EAUTH, MP_EVALUE (no
 *          address), MP_EOS
 * Blocks   until it is connected and has authenticated.  Fork  -.  Signals  not safe
 * Emits    object.new, connect; auth.ok, auth.fail */
struct mp_connection *mp_client_open(const struct mp_listener_options *options);

#ifndef MP_NO_SITES
#define mp_pipe_open(...) (MP_HERE_, mp_pipe_open(__VA_ARGS__))
#define mp_connection_open(...) (MP_HERE_, mp_connection_open(__VA_ARGS__))
#define mp_connection_close(...) (MP_HERE_, mp_connection_close(__VA_ARGS__))
#define mp_connection_send(...) (MP_HERE_, mp_connection_send(__VA_ARGS__))
#define mp_connection_recv(...) (MP_HERE_, mp_connection_recv(__VA_ARGS__))
#define mp_connection_send_bytes(...) \
	(MP_HERE_, mp_connection_send_bytes(__VA_ARGS__))
#define mp_connection_recv_bytes(...) \
	(MP_HERE_, mp_connection_recv_bytes(__VA_ARGS__))
#define mp_connection_recv_bytes_into(...) \
	(MP_HERE_, mp_connection_recv_bytes_into(__VA_ARGS__))
#define mp_connection_poll(...) (MP_HERE_, mp_connection_poll(__VA_ARGS__))
#define mp_connection_send_fd(...) \
	(MP_HERE_, mp_connection_send_fd(__VA_ARGS__))
#define mp_connection_recv_fd(...) \
	(MP_HERE_, mp_connection_recv_fd(__VA_ARGS__))
#define mp_wait(...) (MP_HERE_, mp_wait(__VA_ARGS__))
#define mp_listener_open(...) (MP_HERE_, mp_listener_open(__VA_ARGS__))
#define mp_listener_accept(...) (MP_HERE_, mp_listener_accept(__VA_ARGS__))
#define mp_listener_close(...) (MP_HERE_, mp_listener_close(__VA_ARGS__))
#define mp_client_open(...) (MP_HERE_, mp_client_open(__VA_ARGS__))
#endif

#ifdef __cplusplus
}
#endif

#endif
