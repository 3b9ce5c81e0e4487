/* connection/connection.h - this process's copies of pipe ends and sockets
 * Python: multiprocessing.connection */
#ifndef MP_CONNECTION_CONNECTION_H
#define MP_CONNECTION_CONNECTION_H

#include "connection/end.h"
#include "mp-connection.h"
#include "operation/operation.h"

#define MP__FRAME_HEAD 12
#define MP__FRAME_SMALL 512

struct mp_connection {
	int fd;			/* -1: closed */
	bool readable, writable;
	bool is_socket;
	uint32_t id;		/* in the trace */
	struct mp__end_shm *end;	/* NULL: closed */
	/* Bytes that have been read and not yet been used, see frame.c. */
	unsigned char ahead[MP__FRAME_SMALL];
	size_t ahead_from, ahead_to;
	struct mp_connection *newer, *older;	/* of all, see connection.c */
};

/* mp__connection_new - a connection of a descriptor, which is taken over
 * Also on failure. The descriptor must be non-blocking. end is taken over, too.
 * Returns  NULL: MP_EMEMORY */
struct mp_connection *mp__connection_new(int fd, bool readable, bool writable,
					 struct mp__end_shm *end);

/* mp__connection_check - may it receive (or send)? 0, or MP_EOS */
int mp__connection_check_readable(const struct mp_connection *connection);
int mp__connection_check_writable(const struct mp_connection *connection);

/* mp__connection_cut - nothing more can be received, since what comes is no message */
void mp__connection_cut(struct mp_connection *connection);

/* mp__connection_op - an operation on it, for mp__perform */
static inline struct mp__op
mp__connection_op(struct mp_connection *connection, enum mp__operation code,
		  void *self, mp_deadline until)
{
	return (struct mp__op){
		.code = code,
		.object = connection->id,
		.ref = connection->end ? mp__object_ref(connection->end) : 0,
		.self = self,
		.until = until,
	};
}

/* ---- frames (frame.c) ----
 * As CPython's: the length, 4 bytes, big endian; from 2^31 on -1 and 8 bytes more; then
 * the message. A frame that has begun is finished. */

struct mp__outgoing {
	struct mp_connection *connection;
	unsigned char head[MP__FRAME_HEAD];
	size_t head_size;
	const void *bytes;
	size_t size;
	size_t done;		/* of head and bytes */
};

struct mp__incoming {
	struct mp_connection *connection;
	size_t max;		/* a longer message is an error */
	void *into;		/* memory of the caller's, or NULL */
	size_t into_size;
	unsigned char head[MP__FRAME_HEAD];
	size_t head_done;
	bool has_size;
	char *bytes;		/* into, small, or allocated */
	size_t size, capacity, done;
	char small[MP__FRAME_SMALL];
};

/* mp__frame_send - send one message; the connection has been checked
 * Returns  0; MP_EPIPE, MP_EOS, MP_EINTR, MP_ETIMEOUT
 * Blocks   up to `until`; while the buffer is full */
int mp__frame_send(struct mp_connection *connection, const void *bytes,
		   size_t size, mp_deadline until);

/* mp__frame_receive - receive one message; the connection has been checked
 * incoming connection, max, into, into_size are set, the rest zero; then bytes, size
 *          tell the message. To be given back with mp__frame_free, also on failure
 * Returns  0; MP_EEOF, MP_EOS, MP_EINTR, MP_EMEMORY, MP_ETIMEOUT
 * Blocks   up to `until` */
int mp__frame_receive(struct mp__incoming *incoming, mp_deadline until);

/* mp__frame_keep - the message in memory to free(3); NULL with MP_EMEMORY */
void *mp__frame_keep(struct mp__incoming *incoming);
void mp__frame_free(struct mp__incoming *incoming);

/* ---- authentication (auth.c) ---- */

/* How the two halves of the handshake talk. */
struct mp__auth_way {
	void *user;
	/* Send one frame; receive one of at most MP__AUTH_LONGEST bytes. 0;
	 * MP_ETIMEOUT, without a message; another error */
	int (*send)(void *user, const void *bytes, size_t size,
		    mp_deadline until);
	int (*receive)(void *user, unsigned char *bytes, size_t *size,
		       mp_deadline until);
	uint32_t object;	/* that events are about; 0: there are none */
};
#define MP__AUTH_LONGEST 256	/* as CPython: a longer message is refused */

int mp__auth_challenge_on(const struct mp__auth_way *way, const void *key,
			  size_t key_size);
int mp__auth_answer_on(const struct mp__auth_way *way, const void *key,
		       size_t key_size);

/* mp__auth_challenge, mp__auth_answer - the two halves of the handshake
 * Returns  0; MP_EAUTH; MP_EEOF, MP_EOS, ...
 * Emits    auth.ok, auth.fail */
int mp__auth_challenge(struct mp_connection *connection, const void *key,
		       size_t key_size);
int mp__auth_answer(struct mp_connection *connection, const void *key,
		    size_t key_size);

#endif
