#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "connection/connection.h"
#include "managers/managers.h"
#include "operation/park.h"
#include "value/value.h"

#define FIRST_BYTES ((size_t)4096)
#define STEP_BYTES ((size_t)1 << 16)	/* a length is only a claim */

/* ---- channels ---- */

mp__ref mp__channel_new(void)
{
	mp__ref ref = mp__arena_alloc(sizeof(struct mp__channel_shm));
	struct mp__channel_shm *channel = mp__channel(ref);

	if (channel)
		atomic_store(&channel->holders,
			     MP__CHANNEL_CLIENT | MP__CHANNEL_SERVER);
	return ref;
}

void mp__channel_drop(mp__ref ref, uint32_t side, bool other_is_gone)
{
	struct mp__channel_shm *channel = mp__channel(ref);
	uint32_t left;

	if (!channel)
		return;
	if (other_is_gone)
		left = atomic_exchange(&channel->holders, 0) ? 0 : 1;
	else
		left = atomic_fetch_and(&channel->holders, ~side) & ~side;
	if (left == 0)
		mp__arena_free(ref, sizeof(*channel));
}

/* ---- bytes ---- */

int mp__wire_write(int fd, const void *bytes, size_t size, size_t *done)
{
	while (*done < size) {
		ssize_t n = send(fd, (const char *)bytes + *done, size - *done,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			*done += (size_t)n;
		else if (errno == EAGAIN)
			return MP__WOULD_BLOCK;
		else if (errno != EINTR)
			return mp__fail_errno("the other side of the manager's "
					      "connection is gone");
	}
	return 0;
}

static void take_passed(struct msghdr *message, int *passed)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c;
	     c = CMSG_NXTHDR(message, c)) {
		int fd;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(fd)
				    <= c->cmsg_len - CMSG_LEN(0);
		     at += sizeof(fd)) {
			memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
			if (passed && *passed < 0)
				*passed = fd;
			else
				close(fd);
		}
	}
}

static int make_room(struct mp__inbox *inbox, size_t wanted)
{
	struct mp__buffer *b = &inbox->bytes;
	size_t room = wanted < FIRST_BYTES ? FIRST_BYTES : wanted;

	if (inbox->from == b->len)
		inbox->from = b->len = 0;
	if (room > STEP_BYTES)
		room = STEP_BYTES;
	if (b->capacity - b->len >= room)
		return 0;
	if (inbox->from > 0) {
		memmove(b->bytes, b->bytes + inbox->from, b->len - inbox->from);
		b->len -= inbox->from;
		inbox->from = 0;
	}
	return b->capacity - b->len >= room ? 0 : mp__buffer_grow(b, room);
}

int mp__wire_read(int fd, struct mp__inbox *inbox, size_t wanted, int *passed)
{
	struct mp__buffer *b = &inbox->bytes;
	union {
		char bytes[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control;
	int err = make_room(inbox, wanted);
	ssize_t n;

	if (err)
		return err;
	struct iovec part = { b->bytes + b->len, b->capacity - b->len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
				  .msg_control = passed ? control.bytes : NULL,
				  .msg_controllen = passed ? sizeof(control)
							   : 0 };
	do
		n = passed ? recvmsg(fd, &message,
				     MSG_DONTWAIT | MSG_CMSG_CLOEXEC)
			   : recv(fd, part.iov_base, part.iov_len,
				  MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return MP__WOULD_BLOCK;
	if (n < 0 && errno != ECONNRESET)
		return mp__fail_errno("cannot receive");
	if (n <= 0)
		return MP_EEOF;
	if (passed && message.msg_controllen)
		take_passed(&message, passed);
	b->len += (size_t)n;
	return 0;
}

int mp__wire_has(const struct mp__inbox *inbox, size_t head, size_t *wanted)
{
	size_t there = inbox->bytes.len - inbox->from;
	uint32_t size;

	*wanted = head;
	if (there < head)
		return 0;
	memcpy(&size, inbox->bytes.bytes + inbox->from, sizeof(size));
	if (size > MP__WIRE_BYTES)
		return mp__fail(MP_EOS, "a message of %" PRIu32 " bytes is too "
				"long", size);
	if (there >= head + size)
		return 1;
	*wanted = head + size - there;
	return 0;
}

void mp__wire_used(struct mp__inbox *inbox, size_t size)
{
	struct mp__buffer *b = &inbox->bytes;

	inbox->from += size;
	if (inbox->from < b->len)
		return;
	inbox->from = b->len = 0;
	if (b->capacity > (size_t)1 << 20)	/* one large message is no habit */
		mp__buffer_free(b);
}

/* ---- the handshake ---- */

struct handshake {
	int fd;
	mp_deadline until;
};

int mp__wire_move(int fd, void *bytes, size_t size, bool is_out,
		  mp_deadline until)
{
	size_t done = 0;

	while (done < size) {
		char *at = (char *)bytes + done;
		ssize_t n = is_out ? send(fd, at, size - done,
					  MSG_NOSIGNAL | MSG_DONTWAIT)
				   : recv(fd, at, size - done, MSG_DONTWAIT);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return mp__fail(MP_EEOF, "the other side has closed "
						 "the connection");
		if (errno != EAGAIN && errno != EINTR)
			return mp__fail_errno("the other side is gone");
		struct pollfd pollfd = { fd, is_out ? POLLOUT : POLLIN, 0 };
		int err = mp__park_fds(&pollfd, 1, until);
		if (err)
			return err;
	}
	return 0;
}

static int move(const struct handshake *h, void *bytes, size_t size, bool is_out)
{
	return mp__wire_move(h->fd, bytes, size, is_out, h->until);
}

static int send_frame(void *user, const void *bytes, size_t size,
		      mp_deadline until)
{
	unsigned char frame[4 + MP__AUTH_LONGEST];
	uint32_t head = htonl((uint32_t)size);

	(void)until;
	memcpy(frame, &head, 4);
	memcpy(frame + 4, bytes, size);
	return move(user, frame, 4 + size, true);
}

static int receive_frame(void *user, unsigned char *bytes, size_t *size,
			 mp_deadline until)
{
	uint32_t head;
	int err = move(user, &head, sizeof(head), false);

	(void)until;
	*size = err ? 0 : ntohl(head);
	if (*size > MP__AUTH_LONGEST)
		return mp__fail(MP_EAUTH, "the other side does not speak as a "
					  "manager does");
	return err ? err : move(user, bytes, *size, false);
}

int mp__wire_auth(int fd, bool is_server, const void *key, size_t key_size,
		  mp_deadline until)
{
	struct handshake handshake = { fd, until };
	struct mp__auth_way way = {
		.user = &handshake,
		.send = send_frame,
		.receive = receive_frame,
	};
	int err = is_server ? mp__auth_challenge_on(&way, key, key_size)
			    : mp__auth_answer_on(&way, key, key_size);

	if (err)
		return err;
	return is_server ? mp__auth_answer_on(&way, key, key_size)
			 : mp__auth_challenge_on(&way, key, key_size);
}

/* ---- tokens: numbers, and two texts that end with NUL ---- */

#define NUMBERS offsetof(struct mp__token, type)

int mp__token_pack(const struct mp__token *token, unsigned char *bytes)
{
	size_t type = strlen(token->type) + 1;
	size_t address = strlen(token->address) + 1;

	memcpy(bytes, token, NUMBERS);
	memcpy(bytes + NUMBERS, token->type, type);
	memcpy(bytes + NUMBERS + type, token->address, address);
	return (int)(NUMBERS + type + address);
}

bool mp__token_unpack(struct mp__token *token, const unsigned char *bytes,
		      size_t size)
{
	const unsigned char *type = bytes + NUMBERS, *end = bytes + size;

	if (size < NUMBERS + 3 || end[-1] != '\0')
		return false;
	const unsigned char *address =
		(const unsigned char *)memchr(type, '\0', size - NUMBERS) + 1;
	if (address >= end || address - type > (ptrdiff_t)sizeof(token->type)
	    || end - address > (ptrdiff_t)sizeof(token->address)
	    || (size_t)(end - address) != strlen((const char *)address) + 1)
		return false;
	memset(token, 0, sizeof(*token));
	memcpy(token, bytes, NUMBERS);
	memcpy(token->type, type, (size_t)(address - type));
	memcpy(token->address, address, (size_t)(end - address));
	return true;
}

/* ---- functions as arguments: a mark, the family, the address, a name ---- */

#define MARK "forkscope.function"

static struct mp_value *function_value(uintptr_t address, const char *name)
{
	return mp_tuple(MARK, mp_uint(mp__arena->family), mp_uint(address),
			name ? name : "function");
}

struct mp_value *mp_function_value(mp_function function, const char *name)
{
	return function_value((uintptr_t)function, name);
}

struct mp_value *mp_action_value(int (*action)(void *user), const char *name)
{
	return function_value((uintptr_t)action, name);
}

void *mp__wire_function(const struct mp_value *value, const char **name)
{
	const char *mark;
	uint64_t family = 0, address = 0;

	if (mp__is(value, MP_TYPE_TUPLE) && value->len == 4
	    && mp__is(value->as.items[0], MP_TYPE_STR)
	    && mp_value_as_str(value->as.items[0], &mark, NULL) == 0
	    && strcmp(mark, MARK) == 0
	    && mp_value_as_uint64(value->as.items[1], &family) == 0
	    && mp_value_as_uint64(value->as.items[2], &address) == 0
	    && mp__is(value->as.items[3], MP_TYPE_STR)
	    && mp__arena->family && family == mp__arena->family && address) {
		mp_value_as_str(value->as.items[3], name, NULL);
		return (void *)(uintptr_t)address;
	}
	mp__fail(MP_ETYPE, family && family != mp__arena->family
				   ? "the function is one of another program"
				   : "a function is needed, as mp_task() makes it");
	return NULL;
}
