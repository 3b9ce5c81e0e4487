#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"
#include "connection/listener.h"
#include "managers/managers.h"
#include "operation/park.h"
#include "process/process.h"

/* Servers this process knows, and its connections to them. Each thread has one of its
 * own, since a server's lock belongs to the connection that took it. A thread that ends
 * closes its connection, unless it is the last one: with that the references of the
 * process would go. */

#define PATIENCE 20.0		/* seconds, to be let in */

MP__PER_PROCESS pthread_mutex_t mp__lines = PTHREAD_MUTEX_INITIALIZER;

static MP__PER_PROCESS struct mp__place *places;
/* of this process, at all servers; 0: none yet */
static MP__PER_PROCESS uint64_t session;
static MP__PER_PROCESS struct {			/* for the child that is being forked */
	uint64_t session;
	struct heir {
		struct mp__place *place;
		int fd;
		mp__ref channel;
		struct heir *next;
	} *heirs;
} next_child;

static _Thread_local struct mp__line *mine;
static pthread_key_t thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- places ---- */

static bool has_key(const struct mp__place *place, const void *key, size_t size)
{
	return !key || (place->key && place->key_size == size
			&& memcmp(place->key, key, size) == 0);
}

/* With another key it is not the same: who says so has to show it. */
static struct mp__place *find_place(const char *address, const void *key,
				    size_t key_size)
{
	struct mp__place *place = places;

	while (place && (strcmp(place->address, address) != 0
			 || !has_key(place, key, key_size)))
		place = place->next;
	return place;
}

/* The manager's part of the arena, if it is the same and the token tells the truth. */
static mp__ref shm_of(const struct mp__token *token)
{
	uint64_t first = sizeof(*mp__arena) / MP__ARENA_UNIT;

	if (!token->family || token->family != mp__arena->family
	    || token->shm <= first
	    || token->shm >= atomic_load(&mp__arena->end))
		return 0;
	const struct mp__object_shm *head = mp__at(token->shm);
	return head->id == token->manager && head->kind == TRACE_OBJECT_MANAGER
		       ? token->shm
		       : 0;
}

/* NULL: it is another program's, or no more: then there may be something else now. */
static struct mp__manager_shm *shm_at(const struct mp__place *place)
{
	struct mp__manager_shm *shm = place->shm ? mp__at(place->shm) : NULL;

	return shm && shm->head.id == place->manager
			       && shm->head.kind == TRACE_OBJECT_MANAGER
		       ? shm
		       : NULL;
}

static void learn(struct mp__place *place, const struct mp__token *token)
{
	place->manager = token->manager;
	place->token_shm = token->shm;
	place->family = token->family;
	place->shm = shm_of(token);
	if (place->shm)
		place->id = token->manager;
}

static bool set_key(struct mp__place *place, const void *key, size_t size)
{
	void *copy = malloc(size + 1);

	if (!copy)
		return false;
	memcpy(copy, key, size);
	free(place->key);
	place->key = copy;
	place->key_size = size;
	return true;
}

static struct mp__place *new_place(const struct mp__token *token)
{
	struct mp__place *place = calloc(1, sizeof(*place)), **last = &places;

	if (!place)
		return NULL;
	memcpy(place->address, token->address, sizeof(place->address));
	learn(place, token);
	while (*last)
		last = &(*last)->next;
	*last = place;
	return place;
}

struct mp__place *mp__place_find(const struct mp__token *token, const void *key,
				 size_t key_size)
{
	pthread_mutex_lock(&mp__lines);
	struct mp__place *place = find_place(token->address, key, key_size);
	if (!place)
		place = new_place(token);
	else if (token->family && token->manager != place->manager)
		learn(place, token);	/* another one serves there now */
	if (place && key && !place->key && !set_key(place, key, key_size))
		place = NULL;
	pthread_mutex_unlock(&mp__lines);
	if (!place)
		mp__fail(MP_EMEMORY, "no memory for a manager");
	return place;
}

/* ---- the end of a connection ---- */

void mp__line_break(struct mp__line *line, bool other_is_gone)
{
	int fd;

	pthread_mutex_lock(&mp__lines);
	fd = line->fd;
	line->fd = -1;
	mp__ref channel = line->channel;
	line->channel = 0;
	pthread_mutex_unlock(&mp__lines);
	if (fd < 0)
		return;
	/* A server that lives has a thread that lets go of it, sooner or later. */
	mp__channel_drop(channel, MP__CHANNEL_CLIENT,
			 other_is_gone && channel
				 && !mp__pid_is_alive(
					 mp__channel(channel)->server_pid));
	close(fd);
	mp__buffer_free(&line->inbox.bytes);
	line->inbox.from = 0;
}

/* Not of its thread any more. */
static void free_line(struct mp__line *line)
{
	struct mp__line **at = &line->place->lines;

	while (*at && *at != line)
		at = &(*at)->next;
	if (*at)
		*at = line->next;
	if (line->fd >= 0) {
		mp__channel_drop(line->channel, MP__CHANNEL_CLIENT, false);
		close(line->fd);
	}
	mp__buffer_free(&line->inbox.bytes);
	mp__buffer_free(&line->out);
	free(line);
}

static bool is_last(const struct mp__line *line)
{
	for (const struct mp__line *l = line->place->lines; l; l = l->next)
		if (l != line && l->fd >= 0 && l->is_known)
			return false;
	return line->fd >= 0;
}

static void end_of_thread(void *unused)
{
	struct mp__line *line = mine;

	(void)unused;
	mine = NULL;
	pthread_mutex_lock(&mp__lines);
	while (line) {
		struct mp__line *next = line->next_mine;
		line->is_owned = false;
		if (!is_last(line))
			free_line(line);
		line = next;
	}
	pthread_mutex_unlock(&mp__lines);
}

static void make_key(void)
{
	pthread_key_create(&thread_end, end_of_thread);
}

void mp__place_drop_lines(struct mp__place *place)
{
	pthread_mutex_lock(&mp__lines);
	for (struct mp__line *l = place->lines, *next; l; l = next) {
		next = l->next;
		if (!l->is_owned) {
			free_line(l);
			continue;
		}
		if (l->is_busy || !l->is_known) {
			if (l->fd >= 0)		/* its thread sees the end */
				shutdown(l->fd, SHUT_RDWR);
			continue;
		}
		if (l->fd >= 0) {
			mp__channel_drop(l->channel, MP__CHANNEL_CLIENT, true);
			close(l->fd);
		}
		l->fd = -1;
		l->channel = 0;
	}
	pthread_mutex_unlock(&mp__lines);
}

/* ---- connecting ---- */

struct meeting {
	int fd;
	struct sockaddr_un address;
	socklen_t size;
};

int mp__try_manager_connect(struct mp__op *op)
{
	struct meeting *meeting = op->self;
	int result;

	do
		result = connect(meeting->fd,
				 (const struct sockaddr *)&meeting->address,
				 meeting->size);
	while (result < 0 && errno == EINTR);
	if (result == 0 || errno == EISCONN)
		return 0;
	return errno == EAGAIN ? MP__WOULD_BLOCK
			       : mp__fail_errno("cannot connect to the manager");
}

/* Its queue is full, and the kernel does not tell when it is not any more. */
int mp__park_manager_connect(struct mp__op *op)
{
	mp_deadline soon = mp__now() + 2000000;
	int err = mp__park_fds(NULL, 0, soon < op->until ? soon : op->until);

	return err == MP_ETIMEOUT && soon < op->until ? 0 : err;
}

static int connect_to(struct mp__place *place)
{
	struct mp__manager_shm *shm = shm_at(place);
	struct meeting meeting;
	int err = mp__address_make(place->address, &meeting.address,
				   &meeting.size);

	if (err)
		return err;
	meeting.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			    0);
	if (meeting.fd < 0)
		return mp__fail_errno("no socket");
	if (shm)
		atomic_fetch_add(&shm->knocks, 1);
	err = mp__perform(&(struct mp__op){
		.code = MP__OP_MANAGER_CONNECT,
		.object = place->id,
		.self = &meeting,
		.until = mp_after(PATIENCE),
	});
	if (err == MP_ETIMEOUT || err == MP_EINTR)
		err = mp__fail(err, "the manager's server does not answer");
	if (!err)
		return meeting.fd;
	if (shm)
		atomic_fetch_sub(&shm->knocks, 1);
	close(meeting.fd);
	return err;
}

static uint64_t chance(void)
{
	uint64_t number = 0;

	while (number == 0)
		if (getrandom(&number, sizeof(number), 0) < 0)
			number = (uint64_t)mp__now() << 20 ^ (uint64_t)getpid();
	return number;
}

struct mp__hello mp__line_hello(mp__ref channel, uint64_t of)
{
	return (struct mp__hello){
		.version = MP__WIRE_VERSION,
		.channel = channel,
		.family = mp__arena->family,
		.session = of,
	};
}

static int say_hello(struct mp__line *line)
{
	const struct mp_process *self = mp__this.current;
	struct mp__place *place = line->place;
	size_t size = place->key ? place->key_size : self->authkey_size;
	int err = mp__wire_auth(line->fd, false,
				place->key ? place->key : self->authkey, size,
				mp_after(PATIENCE));

	if (err == MP_ETIMEOUT)
		return mp__fail(err, "the manager's server does not answer");
	if (err)
		return err;
	struct mp__hello hello = mp__line_hello(line->channel, session);
	struct {
		struct mp__request head;
		struct mp__hello hello;
	} both = { { .size = sizeof(hello), .kind = MP__REQUEST_HELLO,
		     .agent = mp__self.id }, hello };
	struct mp__reply reply;
	mp_deadline until = mp_after(PATIENCE);
	err = mp__wire_move(line->fd, &both, sizeof(both), true, until);
	/* Only then are the references of this process safe with this line. */
	if (!err)
		err = mp__wire_move(line->fd, &reply, sizeof(reply), false,
				    until);
	return err == MP_ETIMEOUT || err == MP_EINTR
		       ? mp__fail(err, "the manager's server does not answer")
		       : err;
}

/* fd: -1: there is no connection yet; else the server knows it */
static struct mp__line *add_line(struct mp__place *place, int fd,
				 mp__ref channel)
{
	struct mp__line *line = calloc(1, sizeof(*line));

	if (!line) {
		mp__fail(MP_EMEMORY, "no memory for a connection");
		return NULL;
	}
	pthread_once(&once, make_key);
	*line = (struct mp__line){ .fd = fd, .channel = channel,
				   .place = place, .is_owned = true,
				   .is_known = fd >= 0 };
	line->next = place->lines;
	place->lines = line;
	line->next_mine = mine;
	mine = line;
	pthread_setspecific(thread_end, &mine);
	return line;
}

/* What the last thread has left behind keeps the references until here. */
static void drop_left(struct mp__place *place)
{
	for (struct mp__line *l = place->lines, *next; l; l = next) {
		next = l->next;
		if (!l->is_owned)
			free_line(l);
	}
}

static int open_line(struct mp__line *line)
{
	struct mp__place *place = line->place;
	int fd = connect_to(place);

	if (fd < 0)
		return fd;
	fd = mp__fd_high(fd);
	pthread_mutex_lock(&mp__lines);
	if (!session)
		session = chance();
	line->fd = fd;
	line->is_known = false;
	const struct mp__manager_shm *shm = shm_at(place);
	line->channel = shm ? mp__channel_new() : 0;
	pthread_mutex_unlock(&mp__lines);
	if (line->channel) {
		struct mp__channel_shm *channel = mp__channel(line->channel);
		channel->client_pid = mp__this.pid;
		channel->server_pid = shm->server_pid;
	}
	int err = say_hello(line);
	if (err) {
		mp__line_break(line, false);
		return err;
	}
	int64_t count = 0;
	pthread_mutex_lock(&mp__lines);
	line->is_known = true;
	drop_left(place);
	for (struct mp__line *l = place->lines; l; l = l->next)
		count += l->fd >= 0;
	pthread_mutex_unlock(&mp__lines);
	mp__record(TRACE_MANAGER_CONNECT, place->id, count, 0);
	return 0;
}

struct mp__line *mp__line_get(struct mp__place *place)
{
	struct mp__line *line = mine;

	while (line && line->place != place)
		line = line->next_mine;
	if (line && line->fd >= 0)
		return line;
	if (!line) {
		pthread_mutex_lock(&mp__lines);
		line = add_line(place, -1, 0);
		pthread_mutex_unlock(&mp__lines);
	}
	mp__agent();	/* who calls is known before it does */
	return line && open_line(line) == 0 ? line : NULL;
}

/* ---- forks ---- */

/* The server may still read the request, and then has the channel. */
static bool may_be_late(int err)
{
	return err == MP_ETIMEOUT || err == MP_EINTR || err == MP_EEOF
	       || err == MP_EPIPE;
}

/* A connection for the child: one end is given to the server, together with what the
 * child inherits. A server that does not take it gets none. */
static void prepare_heir(struct mp__place *place)
{
	const struct mp__manager_shm *shm = shm_at(place);
	int ends[2], err = MP_EMEMORY;
	struct heir *heir;
	struct mp__hello hello;

	if (!mp__proxies_any(place)
	    || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  0, ends) < 0)
		return;
	heir = calloc(1, sizeof(*heir));
	if (heir) {
		*heir = (struct heir){ .place = place,
				       .fd = mp__fd_high(ends[0]),
				       .channel = shm ? mp__channel_new() : 0,
				       .next = next_child.heirs };
		ends[0] = heir->fd;
		if (heir->channel)
			mp__channel(heir->channel)->server_pid = shm->server_pid;
		hello = mp__line_hello(heir->channel, next_child.session);
	}
	if (heir)
		err = mp__ask(&(struct mp__ask){
			.place = place,
			.kind = MP__REQUEST_HEIR,
			.object = place->id,
			.name = "fork",
			.bytes = &hello,
			.size = sizeof(hello),
			.pass_fd = ends[1],
			/* Nobody forks meanwhile; but who gives up loses the
			 * connection, and maybe all he has there. */
			.until = mp_after(PATIENCE),
		});
	if (!err) {
		next_child.heirs = heir;
	} else {
		if (heir)
			mp__channel_drop(heir->channel, MP__CHANNEL_CLIENT,
					 !may_be_late(err));
		free(heir);
		close(ends[0]);
	}
	close(ends[1]);
}

static void prepare(void)
{
	mp__proxies_lock();	/* one fork after the other */
	next_child.session = places ? chance() : 0;
	next_child.heirs = NULL;
	for (struct mp__place *place = places; place; place = place->next)
		prepare_heir(place);
	pthread_mutex_lock(&mp__lines);
}

static void drop_heirs(void)
{
	while (next_child.heirs) {
		struct heir *heir = next_child.heirs;
		next_child.heirs = heir->next;
		close(heir->fd);
		free(heir);
	}
}

static void in_parent(void)
{
	pthread_mutex_unlock(&mp__lines);
	drop_heirs();
	mp__proxies_unlock();
}

MP__EVERY_CHILD static void in_child(void)
{
	mp__lines = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	mp__proxies_after_fork();
	if (!places)
		return;
	session = next_child.session;
	/* Other threads may have been about to change their buffers. */
	for (struct mp__line *l = mine; l; l = l->next_mine) {
		mp__buffer_free(&l->inbox.bytes);
		mp__buffer_free(&l->out);
	}
	mine = NULL;
	for (struct mp__place *p = places; p; p = p->next) {
		for (struct mp__line *l = p->lines, *next; l; l = next) {
			next = l->next;
			if (l->fd >= 0)
				close(l->fd);
			free(l);
		}
		p->lines = NULL;
	}
	while (next_child.heirs) {
		struct heir *heir = next_child.heirs;
		next_child.heirs = heir->next;
		if (add_line(heir->place, heir->fd, heir->channel)
		    && heir->channel)
			mp__channel(heir->channel)->client_pid = getpid();
		free(heir);
	}
}

static void before_foreign(void)
{
	if (!mp__fork_is_ours())
		prepare();
}

static void in_foreign_parent(void)
{
	if (!mp__fork_is_ours())
		in_parent();
}

MP__EVERY_CHILD static void in_foreign_child(void)
{
	if (!mp__fork_is_ours())
		in_child();
}

static struct mp__fork_hooks hooks = {
	.order = 50,
	.prepare = prepare,
	.parent = in_parent,
	.child = in_child,
};

__attribute__((constructor)) static void start(void)
{
	mp__fork_hooks_add(&hooks);
	pthread_atfork(before_foreign, in_foreign_parent, in_foreign_child);
}
