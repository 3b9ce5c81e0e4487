#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"
#include "managers/managers.h"
#include "process/process.h"

/* Before a fork the parent makes a connection for the child, at each server of which it
 * has proxies. */

static MP__PER_PROCESS struct {			/* for the child that is being forked */
	uint64_t session;
	struct heir {
		struct mp__place *place;
		int fd;
		mp__ref channel;
		struct heir *next;
	} *heirs;
} next_child;

/* A server that lives may still read the request, and then has the channel. */
static bool may_be_late(int err, const struct mp__manager_shm *shm)
{
	return (err == MP_ETIMEOUT || err == MP_EINTR || err == MP_EEOF
		|| err == MP_EPIPE)
	       && shm && mp__pid_is_alive(shm->server_pid);
}

/* A connection for the child: one end is given to the server, together with what the
 * child inherits. A server that does not take it gets none. */
static void prepare_heir(struct mp__place *place)
{
	const struct mp__manager_shm *shm = mp__place_shm(place);
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
			.until = mp_after(MP__LINE_PATIENCE),
		});
	if (!err) {
		next_child.heirs = heir;
	} else {
		if (heir)
			mp__channel_drop(heir->channel, MP__CHANNEL_CLIENT,
					 !may_be_late(err, shm));
		free(heir);
		close(ends[0]);
	}
	close(ends[1]);
}

static void prepare(void)
{
	mp__proxies_lock();	/* one fork after the other */
	next_child.session = mp__places ? mp__chance() : 0;
	next_child.heirs = NULL;
	for (struct mp__place *place = mp__places; place; place = place->next)
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
	mp__fork_mutex(&mp__lines);
	mp__proxies_renew();
	if (!mp__places)
		return;
	mp__own_session = next_child.session;
	/* Other threads may have been about to change their buffers. */
	for (struct mp__line *l = mp__my_lines; l; l = l->next_mine) {
		mp__buffer_free(&l->inbox.bytes);
		mp__buffer_free(&l->out);
	}
	mp__my_lines = NULL;
	for (struct mp__place *p = mp__places; p; p = p->next) {
		for (struct mp__line *l = p->lines, *next; l; l = next) {
			next = l->next;
			if (l->fd >= 0)
				close(l->fd);
			if (l->coming >= 0)
				close(l->coming);
			free(l);
		}
		p->lines = NULL;
	}
	while (next_child.heirs) {
		struct heir *heir = next_child.heirs;
		next_child.heirs = heir->next;
		if (mp__line_add(heir->place, heir->fd, heir->channel)
		    && heir->channel)
			mp__channel(heir->channel)->client_pid = getpid();
		free(heir);
	}
}

static struct mp__fork_hooks hooks = {
	.order = 50,
	.foreign = true,
	.prepare = prepare,
	.parent = in_parent,
	.child = in_child,
};

void mp__heirs_begin(void)
{
	mp__fork_hooks_add(&hooks);
}
