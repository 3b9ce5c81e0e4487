#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "managers/host.h"
#include "operation/park.h"
#include "process/process.h"

/* The thread that serves one connection: the handshake, then one request after the other.
 * Whatever comes, it costs this connection only. */

#define PATIENCE 10.0		/* seconds, for all of the handshake */

/* ---- operations ---- */

static int has_request(struct mp__guest *guest, size_t *wanted)
{
	return mp__wire_has(&guest->inbox, sizeof(struct mp__request), wanted);
}

/* op->a: not used; MP_EEOF, without a message: the client has gone. */
int mp__try_manager_serve(struct mp__op *op)
{
	struct mp__guest *guest = op->self;
	size_t wanted;

	for (;;) {
		int has = has_request(guest, &wanted);
		if (has)
			return has < 0 ? has : 0;
		int err = mp__wire_read(guest->fd, &guest->inbox, wanted,
					&guest->passed);
		if (err)
			return err;
	}
}

bool mp__guard_manager_serve(const struct mp__arena_shm *arena,
			     const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__channel_shm *channel;

	if (!pending->ref)
		return true;	/* nobody can know */
	channel = mp__at_in(arena, pending->ref);
	if (atomic_load(&channel->answered) != atomic_load(&channel->asked))
		return true;
	return now != 0 && channel->client_pid
	       && !mp__pid_is_alive(channel->client_pid);
}

int mp__park_manager_serve(struct mp__op *op)
{
	const struct mp__guest *guest = op->self;
	struct pollfd fd = { guest->fd, POLLIN, 0 };

	return mp__park_fds(&fd, 1, op->until);
}

struct answer {
	struct mp__guest *guest;
	size_t done;
};

int mp__try_manager_reply(struct mp__op *op)
{
	struct answer *answer = op->self;

	return mp__wire_write(answer->guest->fd, answer->guest->out.bytes,
			      answer->guest->out.len, &answer->done);
}

int mp__park_manager_reply(struct mp__op *op)
{
	const struct answer *answer = op->self;
	struct pollfd fd = { answer->guest->fd, POLLOUT, 0 };

	return mp__park_fds(&fd, 1, op->until);
}

/* ---- one request ---- */

static int wait_for_request(struct mp__guest *guest, mp_deadline until)
{
	return mp__perform(&(struct mp__op){
		.code = MP__OP_MANAGER_SERVE,
		.object = mp__host->manager->id,
		.ref = guest->channel,
		.self = guest,
		.until = until,
		.wait_a = guest->agent,
		.wait_b = mp__host->manager->is_given,
	});
}

static int reply(struct mp__guest *guest)
{
	struct mp__channel_shm *channel = mp__channel(guest->channel);
	struct answer answer = { .guest = guest };
	int err = mp__perform(&(struct mp__op){
		.code = MP__OP_MANAGER_REPLY,
		.object = mp__host->manager->id,
		.self = &answer,
		.until = MP_FOREVER,
	});

	if (!err && channel)
		atomic_fetch_add(&channel->answered, 1);
	if (guest->out.capacity > (size_t)1 << 20)
		mp__buffer_free(&guest->out);
	return err;
}

/* Which process it is, is seen by who calls. */
static void learn_process(struct mp__guest *guest)
{
	for (uint32_t i = 0; i < MP__AGENT_SLOTS; i++) {
		const struct mp__agent_shm *agent = &mp__arena->agents[i];
		if (atomic_load(&agent->id) != guest->agent)
			continue;
		pthread_mutex_lock(&mp__host_mutex);
		guest->session->process = agent->process;
		pthread_mutex_unlock(&mp__host_mutex);
		return;
	}
}

static void learn_agent(struct mp__guest *guest, uint32_t agent)
{
	if (!guest->is_family || guest->agent == agent)
		return;
	guest->agent = agent;
	learn_process(guest);
}

static int serve_one(struct mp__guest *guest)
{
	struct mp__request request;
	int err = wait_for_request(guest, MP_FOREVER);

	if (err)
		return err;
	memcpy(&request, mp__wire_frame(&guest->inbox), sizeof(request));
	learn_agent(guest, request.agent);
	const char *bytes = (const char *)mp__wire_frame(&guest->inbox)
			    + sizeof(request);
	int has_reply = mp__dispatch(guest, &request, bytes);
	mp__wire_used(&guest->inbox, sizeof(request) + request.size);
	/* Behind one without a reply there may be more, and what came may be that one's. */
	if (has_reply && guest->passed >= 0) {
		close(guest->passed);
		guest->passed = -1;
	}
	if (has_reply < 0)
		return has_reply;
	err = has_reply ? reply(guest) : 0;
	if (request.kind == MP__REQUEST_SHUTDOWN)
		mp__host_stop();
	return err;
}

/* ---- who it is ---- */

bool mp__guest_is_channel(mp__ref ref)
{
	uint64_t first = sizeof(*mp__arena) / MP__ARENA_UNIT;

	return ref > first && ref < atomic_load(&mp__arena->end)
	       && mp__channel(ref)->holders
			  == (MP__CHANNEL_CLIENT | MP__CHANNEL_SERVER);
}

static int take_hello(struct mp__guest *guest)
{
	struct mp__request request;
	struct mp__hello hello;

	memcpy(&request, mp__wire_frame(&guest->inbox), sizeof(request));
	if (request.kind != MP__REQUEST_HELLO || request.size != sizeof(hello))
		return mp__fail(MP_EOS, "a client that does not say who it is");
	memcpy(&hello, (const char *)mp__wire_frame(&guest->inbox)
		       + sizeof(request), sizeof(hello));
	mp__wire_used(&guest->inbox, sizeof(request) + sizeof(hello));
	if (hello.version != MP__WIRE_VERSION)
		return mp__fail(MP_EOS, "a client of another version");
	guest->is_family = mp__arena->family
			   && hello.family == mp__arena->family;
	if (guest->is_family && mp__guest_is_channel(hello.channel))
		guest->channel = hello.channel;
	guest->session = mp__session_get(hello.session);
	if (!guest->session)
		return MP_EMEMORY;
	learn_agent(guest, request.agent);
	struct mp__reply welcome = { .size = 0 };
	return mp__wire_move(guest->fd, &welcome, sizeof(welcome), true,
			     mp_after(PATIENCE));
}

static int meet(struct mp__guest *guest)
{
	mp_deadline until = mp_after(PATIENCE);
	size_t size, wanted;
	const void *key = mp__manager_key(mp__host->manager, &size);
	int err = mp__wire_auth(guest->fd, true, key, size, until);

	while (!err && !(err = has_request(guest, &wanted))) {
		struct pollfd fd = { guest->fd, POLLIN, 0 };
		err = mp__wire_read(guest->fd, &guest->inbox, wanted, NULL);
		if (err == MP__WOULD_BLOCK)
			err = mp__park_fds(&fd, 1, until);
	}
	if (err == MP_ETIMEOUT)
		return mp__fail(err, "a client that does not say what it wants");
	return err < 0 ? err : take_hello(guest);
}

/* ---- its life ---- */

static void begin(const struct mp__guest *guest)
{
	char name[32], path[300];

	snprintf(name, sizeof(name), "server %u", guest->number);
	snprintf(path, sizeof(path), "%s %s", mp__this.current->path, name);
	mp__agent_begin(mp__process_id, TRACE_ROLE_SERVER, path, name,
			&mp__process_shm(mp__this.current)->first_agent);
}

static void know(struct mp__guest *guest)
{
	struct mp__channel_shm *channel = mp__channel(guest->channel);

	if (channel)
		channel->server_pid = mp__this.pid;
	pthread_mutex_lock(&mp__host_mutex);
	if (!guest->is_known) {
		guest->is_known = true;
		mp__host->unknown--;
		mp__host->known++;
	}
	pthread_mutex_unlock(&mp__host_mutex);
}

void *mp__guest_main(void *argument)
{
	struct mp__guest *guest = argument;
	int err = 0;

	begin(guest);
	if (!guest->session)
		err = meet(guest);
	if (!err)
		know(guest);
	while (!err)
		err = serve_one(guest);
	if (err != MP_EEOF)
		mp__record(TRACE_MANAGER_REFUSED, mp__host->manager->id, err, 0);
	if (guest->session)
		mp__session_leave(guest->session);
	mp__guest_gone(guest, err == MP_EEOF || err == MP_EPIPE);
	mp__agent_end();
	return NULL;
}
