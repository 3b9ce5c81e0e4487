#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "connection/connection.h"
#include "operation/park.h"

size_t mp__message_prefix(unsigned char prefix[MP__PREFIX_BYTES_MAX],
			  size_t size)
{
	uint64_t length = size;

	if (length <= INT32_MAX) {
		for (int i = 0; i < 4; i++)
			prefix[i] = (unsigned char)(length >> (24 - 8 * i));
		return 4;
	}
	memset(prefix, 0xff, 4);
	for (int i = 0; i < 8; i++)
		prefix[4 + i] = (unsigned char)(length >> (56 - 8 * i));
	return 12;
}

static int park(const struct mp_connection *connection, short events,
		bool has_begun)
{
	struct pollfd fd = { .fd = connection->fd, .events = events };
	int err = mp__park_fds(&fd, 1, MP_FOREVER);

	/* What has begun must come to its end. */
	return err == MP_EINTR && has_begun ? 0 : err;
}

/* ---- sending ---- */

struct sending {
	struct mp_connection *connection;
	const char *bytes;	/* with the prefix */
	size_t size, done;
	size_t payload;
};

static int broken(void)
{
	if (errno == EPIPE)
		return mp__fail(MP_EPIPE, "nobody reads the other end");
	return mp__fail_errno("cannot send");
}

/* Told before its first byte is on its way, so that in a trace nobody receives what
 * has not been sent. */
static void number_it(struct mp__op *op, const struct sending *s)
{
	struct mp__end_shm *end = s->connection->end;

	op->a = atomic_fetch_add(&end->numbered, 1) + 1;
	op->b = (int64_t)s->payload;
	mp__record(TRACE_CONN_SEND, end->head.id, op->a, op->b);
}

int mp__try_conn_send(struct mp__op *op)
{
	struct sending *s = op->self;
	int fd = s->connection->fd;

	if (op->a == 0)
		number_it(op, s);
	while (s->done < s->size) {
		const char *at = s->bytes + s->done;
		size_t left = s->size - s->done;
		ssize_t n = s->connection->is_socket
				    ? send(fd, at, left,
					   MSG_DONTWAIT | MSG_NOSIGNAL)
				    : write(fd, at, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? MP__WOULD_BLOCK : broken();
		s->done += (size_t)n;
	}
	atomic_fetch_add(&s->connection->end->sent, 1);
	return 0;
}

/* Whether there is room in the system's buffer only the system knows. */
int mp__park_conn_send(struct mp__op *op)
{
	const struct sending *s = op->self;

	return park(s->connection, POLLOUT, s->done > 0);
}

static struct mp__op op_on(enum mp__operation code,
			   const struct mp_connection *connection, void *self)
{
	return (struct mp__op){
		.code = code,
		.object = connection->end->head.id,
		.ref = mp__object_ref(connection->end),
		.self = self,
		.until = MP_FOREVER,
		.wait_a = -1,
	};
}

int mp__message_send(struct mp_connection *connection, char *bytes, size_t size)
{
	unsigned char prefix[MP__PREFIX_BYTES_MAX];
	size_t length = mp__message_prefix(prefix, size);
	struct sending s = {
		.connection = connection,
		.bytes = bytes - length,
		.size = length + size,
		.payload = size,
	};
	struct mp__op op = op_on(MP__OP_CONN_SEND, connection, &s);

	memcpy(bytes - length, prefix, length);
	op.wait_a = (int64_t)size;
	return mp__perform(&op);
}

/* ---- receiving ---- */

struct receiving {
	struct mp_connection *connection;
	struct mp__received *out;
	void *small;
	size_t small_size, max;
	unsigned char prefix[MP__PREFIX_BYTES_MAX];
	size_t done;		/* bytes of prefix and payload */
	size_t prefix_size;	/* 4 or 12; 0: not known yet */
	size_t size;
};

/* `count` bytes to `to`, as far as they are there. Returns 1: all of them; 0: not yet;
 * an error. */
static int read_some(struct receiving *r, char *to, size_t from, size_t count)
{
	while (r->done < from + count) {
		ssize_t n = read(r->connection->fd, to + (r->done - from),
				 from + count - r->done);
		if (n > 0) {
			r->done += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return mp__fail_errno("cannot receive");
		r->connection->end->has_ended = 1;
		if (r->done > 0)
			return mp__fail(MP_EOS, "the other end was closed in "
						"the middle of a message");
		mp__record(TRACE_CONN_EOF, r->connection->end->head.id, 0, 0);
		return mp__fail(MP_EEOF, "the other end is closed");
	}
	return 1;
}

static uint64_t number(const unsigned char *bytes, size_t count)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static int make_room(struct receiving *r)
{
	if (r->size > r->max) {
		r->out->is_too_long = true;
		return mp__fail(MP_EOS, "bad message length");
	}
	r->out->size = r->size;
	r->out->bytes = r->size <= r->small_size ? r->small : malloc(r->size);
	if (!r->out->bytes && r->size > 0)
		return mp__fail(MP_EMEMORY, "no memory for a message of %zu "
					    "bytes", r->size);
	return 0;
}

/* A length that no message of ours has is that of a stranger. */
#define LONGEST_MESSAGE (UINT64_C(1) << 40)

static int read_prefix(struct receiving *r)
{
	int got = read_some(r, (char *)r->prefix, 0, 4);

	if (got != 1)
		return got;
	uint64_t length = number(r->prefix, 4);
	r->prefix_size = 4;
	if (length == UINT32_MAX) {
		got = read_some(r, (char *)r->prefix + 4, 4, 8);
		if (got != 1) {
			r->prefix_size = 0;
			return got;
		}
		length = number(r->prefix + 4, 8);
		r->prefix_size = 12;
	} else if (length > INT32_MAX) {
		return mp__fail(MP_EOS, "what came is no message");
	}
	if (length > LONGEST_MESSAGE)
		return mp__fail(MP_EOS, "what came is no message");
	r->size = (size_t)length;
	int err = make_room(r);
	return err ? err : 1;
}

int mp__try_conn_recv(struct mp__op *op)
{
	struct receiving *r = op->self;
	int got = 1;

	if (!r->prefix_size)
		got = read_prefix(r);
	if (got == 1)
		got = read_some(r, r->out->bytes, r->prefix_size, r->size);
	if (got < 0)
		return got;
	if (got == 0)
		return MP__WOULD_BLOCK;
	struct mp__end_shm *end = r->connection->end;
	op->a = atomic_fetch_add(&end->received, 1) + 1;
	op->b = (int64_t)r->size;
	return 0;
}

/* A message of ours is there when its sender has counted it. What a stranger sends,
 * and the end of the stream, nobody sees from outside: then it may go on. */
bool mp__guard_conn_recv(const struct mp__arena_shm *arena,
			 const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__end_shm *end = mp__at_in(arena, pending->ref);
	const struct mp__end_shm *peer = mp__at_in(arena, end->peer);

	(void)now;
	return !end->peer || atomic_load(&end->has_ended)
	       || atomic_load(&peer->sent) != atomic_load(&end->received);
}

int mp__park_conn_recv(struct mp__op *op)
{
	const struct receiving *r = op->self;

	return park(r->connection, POLLIN, r->done > 0);
}

int mp__message_recv(struct mp_connection *connection, void *small,
		     size_t small_size, size_t max, struct mp__received *out)
{
	struct receiving r = {
		.connection = connection,
		.out = out,
		.small = small,
		.small_size = small_size,
		.max = max,
	};
	struct mp__op op = op_on(MP__OP_CONN_RECV, connection, &r);

	*out = (struct mp__received){ 0 };
	int err = mp__perform(&op);
	if (err && out->bytes != small) {
		free(out->bytes);
		out->bytes = NULL;
	}
	return err;
}
