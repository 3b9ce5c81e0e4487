/* connection/connection.h - Pipe, Connection, wait
 * Python: multiprocessing.connection   Lessons: pipe
 *
 * A connection is a process's own copy of a descriptor; a child has copies of its
 * parent's. What must be the same in all of them, the numbers of messages, lies in
 * the arena, one block an end. */
#ifndef MP_CONNECTION_CONNECTION_H
#define MP_CONNECTION_CONNECTION_H

#include "operation/operation.h"
#include "probe/probe.h"
#include "process/object.h"
#include "value/buffer.h"

/* One end. Messages that its peer has sent are those it can receive. */
struct mp__end_shm {
	struct mp__object_shm head;
	mp__ref peer;			/* 0: not one of ours */
	_Atomic uint32_t numbered;	/* messages begun here */
	_Atomic uint32_t sent;		/* and sent wholly */
	_Atomic uint32_t received;	/* messages received here */
	_Atomic uint32_t has_ended;	/* somebody has found its end */
};

struct mp_connection {
	struct mp__end_shm *end;
	int fd;				/* -1: closed */
	bool is_readable, is_writable, is_socket;
	struct mp_connection *newer, *older;
};

/* mp__connection_new - around a descriptor, which is taken over
 * Returns  NULL with MP_EMEMORY, MP_EOS; the descriptor is closed then */
struct mp_connection *mp__connection_new(int fd, bool is_readable,
					 bool is_writable, const char *name);

/* mp__connection_check - is it open, and for that direction? 0 or MP_EOS */
int mp__connection_check(const struct mp_connection *connection, bool to_read);

/* message.c: the bytes of one message */

/* CPython's frame: a length of 4 bytes, big endian; -1 announces one of 8. */
#define MP__PREFIX_BYTES 4u
#define MP__PREFIX_BYTES_MAX 12u

/* mp__message_prefix - write the prefix of a message so long; how many bytes it has */
size_t mp__message_prefix(unsigned char prefix[MP__PREFIX_BYTES_MAX],
			  size_t size);

/* mp__message_send - send one message
 * room     MP__PREFIX_BYTES_MAX bytes in front of `bytes` are the caller's to lose, so
 *          that all goes in one system call
 * Returns  0; MP_EPIPE, MP_EOS; MP_EINTR before the first byte only */
int mp__message_send(struct mp_connection *connection, char *bytes, size_t size);

/* mp__message_recv - receive one message
 * small    used if it fits; else *bytes is to be freed
 * max      longer: MP_EOS, and *too_long is set
 * Returns  0; MP_EEOF, MP_EOS; MP_EINTR before the first byte only */
struct mp__received {
	void *bytes;
	size_t size;
	bool is_too_long;
};
int mp__message_recv(struct mp_connection *connection, void *small,
		     size_t small_size, size_t max, struct mp__received *out);

#endif
