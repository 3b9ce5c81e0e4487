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

/* Connections to servers. Each thread has its own, since a server's lock belongs to the
 * connection that took it. A thread that ends closes its connection, unless it is the last
 * one: with that the references of the process would go. */

MP__PER_PROCESS pthread_mutex_t mp__lines = PTHREAD_MUTEX_INITIALIZER;

MP__PER_PROCESS uint64_t mp__own_session;
_Thread_local struct mp__line *mp__my_lines;
static pthread_key_t thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- the end of a connection ---- */

/* Who else may have the channel: a server that lives has a thread that lets go of it,
 * sooner or later. */
static void drop_channel(mp__ref ref)
{
	const struct mp__channel_shm *channel = mp__channel(ref);

	mp__channel_drop(ref, MP__CHANNEL_CLIENT,
			 channel && !mp__pid_is_alive(channel->server_pid));
}

void mp__line_break(struct mp__line *line)
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
	drop_channel(channel);
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
		drop_channel(line->channel);
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
	struct mp__line *line = mp__my_lines;

	(void)unused;
	mp__my_lines = NULL;
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

/* A child that is forked meanwhile closes it: it is the line's already. */
static int open_socket(struct mp__line *line)
{
	pthread_mutex_lock(&mp__lines);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		line->coming = mp__fd_high(fd);
	pthread_mutex_unlock(&mp__lines);
	return fd < 0 ? mp__fail_errno("no socket") : 0;
}

static void close_socket(struct mp__line *line)
{
	pthread_mutex_lock(&mp__lines);
	close(line->coming);
	line->coming = -1;
	pthread_mutex_unlock(&mp__lines);
}

static int connect_to(struct mp__line *line, mp_deadline until)
{
	struct mp__place *place = line->place;
	struct mp__manager_shm *shm = mp__place_shm(place);
	struct meeting meeting;
	int err = mp__address_make(place->address, &meeting.address,
				   &meeting.size);

	if (!err)
		err = open_socket(line);
	if (err)
		return err;
	meeting.fd = line->coming;
	if (shm)
		mp__manager_knock(shm);
	err = mp__perform(&(struct mp__op){
		.code = MP__OP_MANAGER_CONNECT,
		.object = place->id,
		.self = &meeting,
		.until = until,
	});
	if (err == MP_ETIMEOUT || err == MP_EINTR)
		err = mp__fail(err, "the manager's server does not answer");
	if (shm && err)
		mp__manager_go_away(shm);
	else if (shm)
		mp__manager_queue_up(shm);
	if (err)
		close_socket(line);
	return err;
}

uint64_t mp__chance(void)
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

static int say_hello(struct mp__line *line, mp_deadline until)
{
	const struct mp_process *self = mp__this.current;
	struct mp__place *place = line->place;
	size_t size = place->key ? place->key_size : self->authkey_size;
	int err = mp__wire_auth(line->fd, false,
				place->key ? place->key : self->authkey, size,
				until);

	if (err == MP_ETIMEOUT)
		return mp__fail(err, "the manager's server does not answer");
	if (err)
		return err;
	struct mp__hello hello = mp__line_hello(line->channel, mp__own_session);
	struct {
		struct mp__request head;
		struct mp__hello hello;
	} both = { { .size = sizeof(hello), .kind = MP__REQUEST_HELLO,
		     .agent = mp__self.id }, hello };
	struct mp__reply reply;
	err = mp__wire_move(line->fd, &both, sizeof(both), true, until);
	/* Only then are the references of this process safe with this line. */
	if (!err)
		err = mp__wire_move(line->fd, &reply, sizeof(reply), false,
				    until);
	return err == MP_ETIMEOUT || err == MP_EINTR
		       ? mp__fail(err, "the manager's server does not answer")
		       : err;
}

struct mp__line *mp__line_add(struct mp__place *place, int fd,
				 mp__ref channel)
{
	struct mp__line *line = calloc(1, sizeof(*line));

	if (!line) {
		mp__fail(MP_EMEMORY, "no memory for a connection");
		return NULL;
	}
	pthread_once(&once, make_key);
	*line = (struct mp__line){ .fd = fd, .channel = channel,
				   .coming = -1, .place = place,
				   .is_owned = true,
				   .is_known = fd >= 0 };
	line->next = place->lines;
	place->lines = line;
	line->next_mine = mp__my_lines;
	mp__my_lines = line;
	pthread_setspecific(thread_end, &mp__my_lines);
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

static int open_line(struct mp__line *line, mp_deadline until)
{
	struct mp__place *place = line->place;
	int err = connect_to(line, until);

	if (err)
		return err;
	pthread_mutex_lock(&mp__lines);
	if (!mp__own_session)
		mp__own_session = mp__chance();
	line->fd = line->coming;
	line->coming = -1;
	line->is_known = false;
	const struct mp__manager_shm *shm = mp__place_shm(place);
	line->channel = shm ? mp__channel_new() : 0;
	pthread_mutex_unlock(&mp__lines);
	if (line->channel) {
		struct mp__channel_shm *channel = mp__channel(line->channel);
		channel->client_pid = mp__this.pid;
		channel->server_pid = shm->server_pid;
	}
	err = say_hello(line, until);
	if (err) {
		mp__line_break(line);
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

struct mp__line *mp__line_get(struct mp__place *place, mp_deadline until)
{
	struct mp__line *line = mp__my_lines;

	while (line && line->place != place)
		line = line->next_mine;
	if (line && line->fd >= 0)
		return line;
	if (!line) {
		pthread_mutex_lock(&mp__lines);
		line = mp__line_add(place, -1, 0);
		pthread_mutex_unlock(&mp__lines);
	}
	mp__agent();	/* who calls is known before it does */
	mp_deadline latest = mp_after(MP__LINE_PATIENCE);
	if (until == 0 || until > latest)
		until = latest;
	return line && open_line(line, until) == 0 ? line : NULL;
}

__attribute__((constructor)) static void begin(void)
{
	mp__heirs_begin();
}
