#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "connection/connection.h"
#include "operation/park.h"
#include "probe/probe.h"
#include "value/pack.h"

/* What a program sends and receives: values, and bytes. */

/* ---- send ---- */

static int send_value(struct mp_connection *connection,
		      const struct mp_value *value)
{
	struct mp__buffer buffer = { 0 };
	int err = mp__connection_check_writable(connection);

	if (err == 0)
		err = mp__pack(&buffer, value);
	if (err == 0)
		err = mp__frame_send(connection, buffer.bytes, buffer.len,
				     MP_FOREVER);
	mp__buffer_free(&buffer);
	return err;
}

int mp_connection_send(struct mp_connection *connection, struct mp_value *value)
{
	MP__ENTER();
	int err = send_value(connection, value);

	mp_value_unref(value);
	return err;
}

int mp_connection_send_bytes(struct mp_connection *connection,
			     const void *bytes, size_t size)
{
	MP__ENTER();
	int err = mp__connection_check_writable(connection);

	return err < 0 ? err
		       : mp__frame_send(connection, bytes, size, MP_FOREVER);
}

/* ---- receive ---- */

/* Larger values than can be packed are not sent by us, and not taken in. */
struct mp_value *mp_connection_recv(struct mp_connection *connection)
{
	MP__ENTER();
	struct mp__incoming in;
	struct mp_value *value = NULL;

	if (mp__connection_check_readable(connection) < 0)
		return NULL;
	memset(&in, 0, offsetof(struct mp__incoming, small));
	in.connection = connection;
	in.max = MP__PACK_BYTES;
	if (mp__frame_receive(&in, MP_FOREVER) == 0
	    && mp_value_unpack(in.bytes, in.size, &value) < 0)
		value = NULL;
	mp__frame_free(&in);
	return value;
}

int mp_connection_recv_bytes(struct mp_connection *connection, void **bytes,
			     size_t *size, size_t max)
{
	MP__ENTER();
	struct mp__incoming in;
	int err = mp__connection_check_readable(connection);

	if (err < 0)
		return err;
	memset(&in, 0, offsetof(struct mp__incoming, small));
	in.connection = connection;
	in.max = max;
	err = mp__frame_receive(&in, MP_FOREVER);
	if (err == 0) {
		void *kept = mp__frame_keep(&in);
		if (kept) {
			*bytes = kept;
			*size = in.size;
		} else {
			err = MP_EMEMORY;
		}
	}
	mp__frame_free(&in);
	return err;
}

static ssize_t too_short(struct mp__incoming *in, void **rest,
			 size_t *rest_size)
{
	if (rest) {
		*rest = mp__frame_keep(in);
		if (!*rest)
			return MP_EMEMORY;
		if (rest_size)
			*rest_size = in->size;
	}
	return mp__fail(MP_ESHORT, "the message has %zu bytes, the buffer %zu",
			in->size, in->into_size);
}

ssize_t mp_connection_recv_bytes_into(struct mp_connection *connection,
				      void *buffer, size_t size, void **rest,
				      size_t *rest_size)
{
	MP__ENTER();
	struct mp__incoming in;
	ssize_t result = mp__connection_check_readable(connection);

	if (result < 0)
		return result;
	memset(&in, 0, offsetof(struct mp__incoming, small));
	in.connection = connection;
	in.max = SIZE_MAX;
	in.into = buffer;
	in.into_size = size;
	result = mp__frame_receive(&in, MP_FOREVER);
	if (result == 0)
		result = in.size > size ? too_short(&in, rest, rest_size)
					: (ssize_t)in.size;
	mp__frame_free(&in);
	return result;
}

/* ---- poll ---- */

int mp__try_conn_poll(struct mp__op *op)
{
	const struct mp_connection *connection = op->self;
	struct pollfd fd = { .fd = connection->fd, .events = POLLIN };

	op->a = poll(&fd, 1, 0) > 0;
	return op->a || op->until == MP_NOW ? 0 : MP__WOULD_BLOCK;
}

int mp__park_conn_poll(struct mp__op *op)
{
	const struct mp_connection *connection = op->self;
	struct pollfd fd = { .fd = connection->fd, .events = POLLIN };

	return mp__park_fds(&fd, 1, op->until);
}

int mp_connection_poll(struct mp_connection *connection, int64_t until)
{
	MP__ENTER();
	struct mp__op op = mp__connection_op(connection, MP__OP_CONN_POLL,
					     connection, until);
	int err = mp__connection_check_readable(connection);

	if (err < 0)
		return err;
	op.wait_a = mp__wait_time(until);
	err = mp__perform(&op);
	if (err == MP_ETIMEOUT)
		return 0;
	if (err == MP_EINTR)
		mp__fail(err, "interrupted by a signal");
	return err < 0 ? err : (int)op.a;
}
