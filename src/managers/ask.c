#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "managers/managers.h"
#include "operation/park.h"
#include "process/process.h"
#include "value/pack.h"

/* A request and its reply: one write and one read. */

_Thread_local const struct mp__place *mp__takes_over;

static _Thread_local uint32_t last_number;	/* of the calls of this thread */

struct exchange {
	struct mp__line *line;
	size_t sent;
	int pass_fd;
	bool is_asked;		/* all of it is sent */
	size_t wanted;
};

/* ---- the operation ---- */

static int pass(struct exchange *exchange)
{
	struct mp__line *line = exchange->line;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec part = { line->out.bytes, line->out.len };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	ssize_t n;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &exchange->pass_fd, sizeof(int));
	do
		n = sendmsg(line->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? MP__WOULD_BLOCK
				       : mp__fail_errno("cannot ask the manager");
	exchange->sent += (size_t)n;
	exchange->pass_fd = 0;
	return 0;
}

static int send_all(struct exchange *exchange)
{
	struct mp__line *line = exchange->line;
	struct mp__channel_shm *channel = mp__channel(line->channel);
	int err = exchange->pass_fd ? pass(exchange) : 0;

	if (!err)
		err = mp__wire_write(line->fd, line->out.bytes, line->out.len,
				     &exchange->sent);
	if (err)
		return err;
	exchange->is_asked = true;
	if (channel)
		atomic_fetch_add(&channel->asked, 1);
	return 0;
}

/* Is it certain that there is no reply yet? Then a look at the socket is for nothing. */
static bool is_early(const struct mp__op *op, const struct mp__line *line)
{
	const struct mp__channel_shm *channel = mp__channel(line->channel);

	return channel && !op->is_waiting
	       && atomic_load(&channel->answered)
			  != atomic_load(&channel->asked);
}

int mp__try_manager_call(struct mp__op *op)
{
	struct exchange *exchange = op->self;
	struct mp__line *line = exchange->line;
	int err = exchange->is_asked ? 0 : send_all(exchange);

	if (err)
		return err;
	if (is_early(op, line))
		return MP__WOULD_BLOCK;
	for (;;) {
		int has = mp__wire_has(&line->inbox, sizeof(struct mp__reply),
				       &exchange->wanted);
		if (has)
			return has < 0 ? has : 0;
		err = mp__wire_read(line->fd, &line->inbox, exchange->wanted,
				    NULL);
		if (err)
			return err;
	}
}

bool mp__guard_manager_call(const struct mp__arena_shm *arena,
			    const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__channel_shm *channel;

	if (!pending->ref)
		return true;	/* nobody can know */
	channel = mp__at_in(arena, pending->ref);
	if (atomic_load(&channel->answered) == atomic_load(&channel->asked))
		return true;
	return now != 0 && channel->server_pid
	       && !mp__pid_is_alive(channel->server_pid);
}

int mp__park_manager_call(struct mp__op *op)
{
	const struct exchange *exchange = op->self;
	struct pollfd fd = { exchange->line->fd, POLLIN, 0 };

	if (!exchange->is_asked)
		fd.events |= POLLOUT;
	return mp__park_fds(&fd, 1, op->until);
}

/* ---- making and taking apart ---- */

/* The type of a new object, and what people call it. */
static int add_label(struct mp__buffer *out, const char *label)
{
	int err = mp__buffer_add(out, "", 1);

	return err ? err : mp__buffer_add(out, label, strlen(label));
}

static int make_request(struct mp__line *line, const struct mp__ask *ask,
			uint32_t number)
{
	struct mp__request head = {
		.kind = (uint16_t)ask->kind,
		.name_size = ask->has_name ? (uint16_t)strlen(ask->name) : 0,
		.ident = ask->ident,
		.number = number,
		.agent = mp__self.id,
	};
	struct mp__buffer *out = &line->out;
	int err;

	out->len = 0;
	err = mp__buffer_add(out, &head, sizeof(head));
	if (!err && ask->has_name)
		err = mp__buffer_add(out, ask->name, head.name_size);
	if (!err && ask->label)
		err = add_label(out, ask->label);
	head.name_size = (uint16_t)(out->len - sizeof(head));
	if (!err && ask->size)
		err = mp__buffer_add(out, ask->bytes, ask->size);
	if (!err && (ask->args || ask->kwds))
		err = ask->args ? mp__pack(out, ask->args)
				: mp__buffer_add(out, "\xc0", 1);
	if (!err && ask->kwds)
		err = mp__pack(out, ask->kwds);
	if (!err && out->len - sizeof(head) > MP__WIRE_BYTES)
		err = mp__fail(MP_EVALUE, "the arguments are too large");
	if (err)
		return err;
	head.size = (uint32_t)(out->len - sizeof(head));
	memcpy(out->bytes, &head, sizeof(head));
	return 0;
}

/* The message, NUL, where it happened, NUL. */
static int take_error(const struct mp__reply *head, const char *bytes)
{
	size_t message = strnlen(bytes, head->size), at = message + 1;
	int code = head->code < 0 ? head->code : MP_EREMOTE;
	bool has_place = at < head->size && bytes[head->size - 1] == '\0';

	mp__fail(code, "%.*s", (int)(message < 500 ? message : 500), bytes);
	mp__report_remote(has_place ? bytes + at : NULL);
	return code;
}

static int take_reply(struct mp__line *line, const struct mp__ask *ask)
{
	struct mp__reply head;
	const char *bytes = mp__wire_frame(&line->inbox);
	int err = 0;

	memcpy(&head, bytes, sizeof(head));
	bytes += sizeof(head);
	if (head.code) {
		err = take_error(&head, bytes);
	} else if (head.size > 0 && (ask->result || *bytes != '\xc0')) {
		struct mp_value *value = NULL;
		mp__takes_over = line->place;
		err = mp_value_unpack(bytes, head.size, &value);
		mp__takes_over = NULL;
		if (!err && ask->result)
			*ask->result = value;
		else if (!err)
			mp_value_unref(value);
	}
	mp__wire_used(&line->inbox, sizeof(head) + head.size);
	return err;
}

/* ---- all of it ---- */

/* That the server is gone is seen in different ways. */
static int lost(struct mp__line *line, int err)
{
	mp__line_break(line);
	if (err == MP_EEOF)
		return mp__fail(err, "the manager's server has closed the "
				     "connection");
	return err == MP_EINTR ? mp__fail(err, "interrupted by a signal") : err;
}

static int exchange(struct mp__line *line, const struct mp__ask *ask)
{
	struct exchange exchange = { .line = line, .pass_fd = ask->pass_fd };
	struct mp__op op = {
		.code = MP__OP_MANAGER_CALL,
		.object = ask->object,
		.ref = line->channel,
		.self = &exchange,
		.until = ask->until ? ask->until : MP_FOREVER,
	};

	int err = mp__perform(&op);
	if (err == MP_ETIMEOUT)
		err = mp__fail(MP_ETIMEOUT, "the manager's server does not "
					    "answer");
	return err ? lost(line, err) : 0;
}

/* From here on nobody else closes it; false: somebody has, with its manager. */
static bool keep_open(struct mp__line *line)
{
	pthread_mutex_lock(&mp__lines);
	bool is_open = line->fd >= 0;
	line->is_busy = is_open;
	pthread_mutex_unlock(&mp__lines);
	return is_open;
}

/* What a program calls; the other names only we and the server know. */
static const char *told_name(const char *name)
{
	if (!strcmp(name, "#GETVALUE"))
		return "_getvalue";
	return strcmp(name, "#STR") ? name : "__str__";
}

int mp__ask(const struct mp__ask *ask)
{
	struct mp__line *line = mp__line_get(ask->place, ask->until);

	if (!line)
		return mp_error_code();
	if (line->is_busy)
		return mp__fail(MP_ERUNTIME, "a call of a proxy is under way in "
					     "this thread");
	uint32_t number = ++last_number;
	int err = make_request(line, ask, number);
	if (err)
		return err;
	if (!keep_open(line))
		return lost(line, MP_EEOF);
	const char *method = told_name(ask->name);
	mp__record_text(TRACE_CALL_SENT, ask->object, number, method,
			strlen(method));
	err = exchange(line, ask);
	if (!err) {
		struct mp__reply head;
		memcpy(&head, mp__wire_frame(&line->inbox), sizeof(head));
		mp__record(TRACE_CALL_RETURNED, ask->object, number, head.code);
	} else {
		mp__record(TRACE_CALL_RETURNED, ask->object, number, err);
	}
	line->is_busy = false;
	return err ? err : take_reply(line, ask);
}

/* With the last connection all references have gone. */
static bool is_known_there(const struct mp__place *place)
{
	bool is_known = false;

	pthread_mutex_lock(&mp__lines);
	for (const struct mp__line *l = place->lines; l; l = l->next)
		is_known |= l->fd >= 0;
	pthread_mutex_unlock(&mp__lines);
	return is_known;
}

/* A server that is gone is no error here. Twenty bytes either find room or do not. */
void mp__tell_decref(struct mp__place *place, uint32_t ident)
{
	struct mp__line *line = is_known_there(place) ? mp__line_get(place, 0)
						      : NULL;
	struct mp__request head = {
		.kind = MP__REQUEST_DECREF,
		.ident = ident,
		.agent = mp__self.id,
	};
	ssize_t n = 0;

	if (!line || line->is_busy || !keep_open(line))
		return;
	do {
		struct pollfd fd = { line->fd, POLLOUT, 0 };
		if (n < 0 && errno == EAGAIN)
			mp__park_fds(&fd, 1, mp_after(1));
		n = send(line->fd, &head, sizeof(head),
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	line->is_busy = false;
	if (n != sizeof(head))
		mp__line_break(line);
}
