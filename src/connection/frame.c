#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/error.h"
#include "connection/connection.h"
#include "operation/park.h"
#include "probe/probe.h"

/* Messages as frames. Every system call here is non-blocking; where one cannot go
 * on, what has been done so far stays in the struct, and the next try goes on from
 * there. */

#define LONG_FRAME 0x7fffffffu
#define FIRST_BYTES ((size_t)1 << 16)	/* before a message is believed */
#define NOTHING_YET (-1)		/* no error code: those are lower */

static int park(int fd, short events, mp_deadline until)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	return mp__park_fds(&pollfd, 1, until);
}

static int perform(struct mp__op *op)
{
	int err = mp__perform(op);

	if (err == MP_EINTR)
		mp__fail(err, "interrupted by a signal");
	return err;
}

/* ---- sending ---- */

static void put_head(struct mp__outgoing *out)
{
	uint32_t head = htonl((uint32_t)out->size);
	uint64_t length = htobe64(out->size);

	out->head_size = 4;
	if (out->size > LONG_FRAME) {
		head = UINT32_MAX;
		memcpy(out->head + 4, &length, 8);
		out->head_size = MP__FRAME_HEAD;
	}
	memcpy(out->head, &head, 4);
}

/* A small frame is one piece for the kernel, too. */
static ssize_t write_small(const struct mp__outgoing *out)
{
	const struct mp_connection *connection = out->connection;
	size_t size = out->head_size + out->size;
	char bytes[MP__FRAME_HEAD + MP__FRAME_SMALL];

	memcpy(bytes, out->head, out->head_size);
	if (out->size > 0)
		memcpy(bytes + out->head_size, out->bytes, out->size);
	return connection->is_socket
		       ? send(connection->fd, bytes, size, MSG_NOSIGNAL)
		       : write(connection->fd, bytes, size);
}

static ssize_t write_large(const struct mp__outgoing *out)
{
	const struct mp_connection *connection = out->connection;
	struct iovec parts[2];
	int count = 0;
	size_t head = out->done < out->head_size ? out->head_size - out->done
						 : 0;
	size_t before = out->done + head - out->head_size;

	if (head > 0)
		parts[count++] = (struct iovec){
			(void *)(out->head + out->done), head };
	parts[count++] = (struct iovec){ (char *)out->bytes + before,
					 out->size - before };
	if (!connection->is_socket)
		return writev(connection->fd, parts, count);
	struct msghdr message = { .msg_iov = parts,
				  .msg_iovlen = (size_t)count };
	return sendmsg(connection->fd, &message, MSG_NOSIGNAL);
}

/* Told before its first byte is on its way, so that in a trace nobody receives what
 * has not been sent. One that had to wait is told when it has been sent. */
static void number_it(struct mp__op *op, const struct mp__outgoing *out)
{
	struct mp__end_shm *end = out->connection->end;

	op->a = (int64_t)atomic_fetch_add(&end->sent, 1) + 1;
	op->b = (int64_t)out->size;
	if (!op->is_waiting)
		mp__record(TRACE_CONN_SEND, op->object, op->a, op->b);
}

/* Nothing of it went in: the next message has its number. Who waits for room has
 * none, and may be killed. */
static void give_number_back(struct mp__op *op, const struct mp__outgoing *out)
{
	struct mp__end_shm *end = out->connection->end;
	uint32_t mine = (uint32_t)op->a;

	if (out->done > 0)
		return;
	atomic_compare_exchange_strong(&end->sent, &mine, mine - 1);
	op->a = 0;
}

static int no_room(struct mp__op *op, const struct mp__outgoing *out,
		   uint64_t stuck)
{
	atomic_store(&out->connection->end->stuck, stuck);
	give_number_back(op, out);
	op->wait_b = op->a;
	return MP__WOULD_BLOCK;
}

static int not_sent(struct mp__op *op, const struct mp__outgoing *out)
{
	int err = mp__fail_errno("cannot send");

	if (out->done == 0 && !op->is_waiting)
		mp__record(TRACE_CONN_UNSENT, op->object, op->a, op->b);
	give_number_back(op, out);
	return err;
}

int mp__try_conn_send(struct mp__op *op)
{
	struct mp__outgoing *out = op->self;
	struct mp__end_shm *end = out->connection->end;
	size_t size = out->head_size + out->size;

	if (op->a == 0)
		number_it(op, out);
	while (out->done < size) {
		uint64_t stuck = mp__end_progress(end);
		ssize_t n = out->done == 0 && out->size <= MP__FRAME_SMALL
				    ? write_small(out)
				    : write_large(out);
		if (n < 0 && errno == EAGAIN)
			return no_room(op, out, stuck);
		if (n < 0 && errno != EINTR)
			return not_sent(op, out);
		if (n > 0) {
			out->done += (size_t)n;
			op->has_begun = true;	/* half a frame is none */
			atomic_fetch_add(&end->in,
					 (uint64_t)n + (out->done == size
							? MP__END_MESSAGE : 0));
		}
	}
	atomic_store_explicit(&end->stuck, 0, memory_order_relaxed);
	return 0;
}

int mp__park_conn_send(struct mp__op *op)
{
	struct mp__outgoing *out = op->self;

	return park(out->connection->fd, POLLOUT, op->until);
}

bool mp__guard_conn_send(const struct mp__arena_shm *arena,
			 const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__end_shm *end = mp__at_in(arena, pending->ref);

	return end->head.id != pending->object
	       || mp__end_may_send(arena, end, now);
}

int mp__frame_send(struct mp_connection *connection, const void *bytes,
		   size_t size, mp_deadline until)
{
	struct mp__outgoing out = { .connection = connection,
				    .bytes = bytes, .size = size };
	struct mp__op op = mp__connection_op(connection, MP__OP_CONN_SEND,
					     &out, until);

	put_head(&out);
	op.wait_a = (int64_t)size;
	return perform(&op);
}

/* ---- receiving ---- */

static int end_of_stream(struct mp__op *op, const struct mp__incoming *in)
{
	if (in->head_done > 0)
		return mp__fail(MP_EOS, "got end of file during message");
	mp__record(TRACE_CONN_EOF, op->object, 0, 0);
	return mp__fail(MP_EEOF, "every other end is closed");
}

/* Some of `size` bytes. Returns how many, NOTHING_YET, or an error. */
static ssize_t read_some(struct mp__op *op, void *bytes, size_t size)
{
	struct mp__incoming *in = op->self;
	ssize_t n;

	do
		n = read(in->connection->fd, bytes, size);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return end_of_stream(op, in);
	if (n < 0)
		return errno == EAGAIN ? NOTHING_YET
				       : mp__fail_errno("cannot receive");
	atomic_fetch_add(&in->connection->end->out, (uint64_t)n);
	return n;
}

/* The same, out of what has been read ahead as long as there is any. */
static int take_some(struct mp__op *op, void *bytes, size_t size, size_t *done)
{
	struct mp__incoming *in = op->self;
	struct mp_connection *c = in->connection;
	ssize_t n = (ssize_t)(c->ahead_to - c->ahead_from);

	if (n > 0) {
		n = (size_t)n < size ? n : (ssize_t)size;
		memcpy(bytes, c->ahead + c->ahead_from, (size_t)n);
		c->ahead_from += (size_t)n;
	} else {
		n = read_some(op, bytes, size);
	}
	if (n < 0)
		return n == NOTHING_YET ? MP__WOULD_BLOCK : (int)n;
	*done += (size_t)n;
	op->has_begun = true;
	return 0;
}

/* A small message that is alone on its way is read with its head in one system call.
 * When a sender was killed before it could count, the bytes are not those: then some
 * may be of the next message, which stay for it. */
static int read_ahead(struct mp__op *op)
{
	struct mp__incoming *in = op->self;
	struct mp_connection *c = in->connection;
	uint64_t size = mp__end_single(c->end);

	if (c->ahead_from < c->ahead_to)
		return 0;
	if (!op->is_waiting && mp__end_is_idle(c->end))
		return MP__WOULD_BLOCK;
	if (size == 0 || size > sizeof(c->ahead))
		return 0;
	ssize_t n = read_some(op, c->ahead, (size_t)size);
	if (n < 0)
		return n == NOTHING_YET ? MP__WOULD_BLOCK : (int)n;
	c->ahead_from = 0;
	c->ahead_to = (size_t)n;
	return 0;
}

static int bad_length(struct mp__incoming *in)
{
	mp__connection_cut(in->connection);
	return mp__fail(MP_EOS, "bad message length");
}

static int choose_memory(struct mp__incoming *in)
{
	if (in->into && in->size <= in->into_size) {
		in->bytes = in->into;
		in->capacity = in->into_size;
		return 0;
	}
	if (in->size <= sizeof(in->small)) {
		in->bytes = in->small;
		in->capacity = sizeof(in->small);
		return 0;
	}
	in->capacity = in->size < FIRST_BYTES ? in->size : FIRST_BYTES;
	in->bytes = malloc(in->capacity);
	return in->bytes ? 0 : mp__fail(MP_EMEMORY, "no memory for a message "
						    "of %zu bytes", in->size);
}

/* As far as it is known yet. */
static size_t head_size(const struct mp__incoming *in)
{
	static const unsigned char is_long[4] = { 255, 255, 255, 255 };

	return in->head_done >= 4 && memcmp(in->head, is_long, 4) == 0
		       ? MP__FRAME_HEAD : 4;
}

static int read_head(struct mp__op *op)
{
	struct mp__incoming *in = op->self;
	uint32_t head;
	uint64_t length;

	while (in->head_done < head_size(in)) {
		int err = take_some(op, in->head + in->head_done,
				    head_size(in) - in->head_done,
				    &in->head_done);
		if (err)
			return err;
	}
	memcpy(&head, in->head, 4);
	length = ntohl(head);
	if (in->head_done == MP__FRAME_HEAD) {
		memcpy(&length, in->head + 4, 8);
		length = be64toh(length);
	} else if (length > LONG_FRAME) {
		return bad_length(in);
	}
	if (length > in->max || length > SIZE_MAX / 2)
		return bad_length(in);
	in->size = (size_t)length;
	in->has_size = true;
	return choose_memory(in);
}

/* A length is only a claim: memory grows with what did arrive. */
static int make_room(struct mp__incoming *in)
{
	if (in->done < in->capacity)
		return 0;
	in->capacity = in->capacity < in->size / 2 ? in->capacity * 2
						   : in->size;
	char *bigger = realloc(in->bytes, in->capacity);
	if (!bigger) {
		free(in->bytes);
		in->bytes = NULL;
		mp__fail(MP_EMEMORY, "no memory for a message of %zu bytes",
			 in->size);
		return MP_EMEMORY;
	}
	/* It was no part of `in`. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	in->bytes = bigger;
	return 0;
}

int mp__try_conn_recv(struct mp__op *op)
{
	struct mp__incoming *in = op->self;
	int err = in->head_done == 0 ? read_ahead(op) : 0;

	if (!err && !in->has_size)
		err = read_head(op);
	while (!err && in->done < in->size) {
		err = make_room(in);
		size_t room = in->capacity < in->size ? in->capacity : in->size;
		if (!err)
			err = take_some(op, in->bytes + in->done,
					room - in->done, &in->done);
	}
	/* Its rest would be taken for the next message. */
	if (err == MP_EMEMORY)
		mp__connection_cut(in->connection);
	if (err)
		return err;
	struct mp__end_shm *end = in->connection->end;
	atomic_fetch_add(&end->out, MP__END_MESSAGE);
	op->a = (int64_t)atomic_fetch_add(&end->received, 1) + 1;
	op->b = (int64_t)in->size;
	return 0;
}

int mp__park_conn_recv(struct mp__op *op)
{
	struct mp__incoming *in = op->self;

	return park(in->connection->fd, POLLIN, op->until);
}

bool mp__guard_conn_readable(const struct mp__arena_shm *arena,
			     const struct mp__pending_shm *pending,
			     int64_t now)
{
	const struct mp__end_shm *end = mp__at_in(arena, pending->ref);

	return end->head.id != pending->object
	       || mp__end_may_receive(arena, end, now);
}

int mp__frame_receive(struct mp__incoming *in, mp_deadline until)
{
	struct mp__op op = mp__connection_op(in->connection, MP__OP_CONN_RECV,
					     in, until);

	return perform(&op);
}

void *mp__frame_keep(struct mp__incoming *in)
{
	bool is_own = in->bytes && in->bytes != in->small
		      && in->bytes != in->into;
	void *bytes = is_own ? in->bytes : malloc(in->size ? in->size : 1);

	if (!bytes) {
		mp__fail(MP_EMEMORY, "no memory for a message of %zu bytes",
			 in->size);
		return NULL;
	}
	if (is_own)
		in->bytes = NULL;
	else if (in->bytes && in->size > 0)
		memcpy(bytes, in->bytes, in->size);
	return bytes;
}

void mp__frame_free(struct mp__incoming *in)
{
	if (in->bytes != in->small && in->bytes != in->into)
		free(in->bytes);
	in->bytes = NULL;
}
