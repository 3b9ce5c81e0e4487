#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"
#include "connection/listener.h"
#include "managers/host.h"
#include "operation/park.h"
#include "process/process.h"

/* The server: its main thread lets clients in, each gets a thread. Who has not yet shown
 * that it knows the key may be anybody: of these only a few are there at a time, and the
 * oldest goes when another one comes. */

#define BACKLOG 128
#define UNKNOWN_AT_MOST 64u
#define KNOWN_AT_MOST 1024u
#define LAST_WORDS_NS INT64_C(1000000000)

enum why { ASKED = 1, ORPHANED = 2, FAILED = 3 };

/* ---- listening ---- */

int mp__manager_listen(const struct mp_manager *manager)
{
	struct sockaddr_un address;
	socklen_t size = 0;
	int err = mp__address_make(manager->address, &address, &size);

	if (err)
		return err;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return mp__fail_errno("no socket");
	fd = mp__fd_high(fd);
	fchmod(fd, 0600);	/* what the file will have */
	if (bind(fd, (struct sockaddr *)&address, size) < 0) {
		err = mp__fail_errno("cannot listen on %s", manager->address);
		close(fd);
		return err;
	}
	atomic_store(&manager->shm->is_bound, 1);
	if (mp__manager_track(manager) == 0
	    && (*manager->address == '@' || chmod(manager->address, 0600) == 0)
	    && listen(fd, BACKLOG) == 0)
		return fd;
	err = mp__fail_errno("cannot listen on %s", manager->address);
	close(fd);
	return err;
}

/* ---- letting in ---- */

/* Under the mutex: the oldest of the unknown is to go. Its thread sees the end. */
static void turn_away_oldest(void)
{
	struct mp__guest *oldest = NULL;

	for (struct mp__guest *g = mp__host->guests; g; g = g->next)
		if (!g->is_known && (!oldest || g->since_ns < oldest->since_ns))
			oldest = g;
	if (!oldest)
		return;
	oldest->since_ns = INT64_MAX;	/* not again */
	oldest->is_sent_away = true;
	shutdown(oldest->fd, SHUT_RDWR);
}

static int start_thread(struct mp__guest *guest)
{
	sigset_t all, before;
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&guest->thread, &attr, mp__guest_main, guest);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return error ? mp__fail(MP_EOS, "no thread for a client: %s",
				strerror(error))
		     : 0;
}

static void remove_guest(struct mp__guest *guest)
{
	struct mp__guest **at = &mp__host->guests;

	while (*at && *at != guest)
		at = &(*at)->next;
	if (*at)
		*at = guest->next;
	if (guest->is_known)
		mp__host->known--;
	else
		mp__host->unknown--;
}

void mp__guest_gone(struct mp__guest *guest, bool client_is_gone)
{
	pthread_mutex_lock(&mp__host_mutex);
	client_is_gone &= !guest->is_sent_away;
	pthread_mutex_unlock(&mp__host_mutex);
	mp__channel_drop(guest->channel, MP__CHANNEL_SERVER, client_is_gone);
	mp__buffer_free(&guest->inbox.bytes);
	mp__buffer_free(&guest->out);
	if (guest->passed >= 0)
		close(guest->passed);
	pthread_mutex_lock(&mp__host_mutex);
	remove_guest(guest);
	close(guest->fd);
	pthread_mutex_unlock(&mp__host_mutex);
	free(guest);
}

static bool is_crowded(void)
{
	pthread_mutex_lock(&mp__host_mutex);
	if (mp__host->unknown >= UNKNOWN_AT_MOST)
		turn_away_oldest();
	bool is_full = mp__host->known >= KNOWN_AT_MOST
		       || mp__host->unknown >= 2 * UNKNOWN_AT_MOST;
	pthread_mutex_unlock(&mp__host_mutex);
	return is_full;
}

static void turn_down(int fd)
{
	pthread_mutex_lock(&mp__host_mutex);
	if (mp__host->coming == fd)
		mp__host->coming = -1;
	close(fd);
	pthread_mutex_unlock(&mp__host_mutex);
}

int mp__host_admit(int fd, pid_t pid, struct mp__session *session, mp__ref channel)
{
	struct mp__guest *guest = is_crowded() ? NULL
					       : calloc(1, sizeof(*guest));
	int err;

	if (!guest) {
		turn_down(fd);
		return mp__fail(MP_EMEMORY, "no room for a client");
	}
	*guest = (struct mp__guest){ .fd = fd, .pid = pid,
				     .session = session, .channel = channel,
				     .is_family = channel != 0,
				     .is_known = session != NULL,
				     .since_ns = mp__now(), .passed = -1 };
	pthread_mutex_lock(&mp__host_mutex);
	guest->number = ++mp__host->last_guest;
	guest->next = mp__host->guests;
	mp__host->guests = guest;
	if (mp__host->coming == fd)
		mp__host->coming = -1;
	if (guest->is_known)
		mp__host->known++;
	else
		mp__host->unknown++;
	pthread_mutex_unlock(&mp__host_mutex);
	err = start_thread(guest);
	if (!err)
		return 0;
	guest->channel = 0;
	mp__guest_gone(guest, false);
	return err;
}

static bool is_ours(int fd, pid_t *pid)
{
	struct ucred user;
	socklen_t size = sizeof(user);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &user, &size) < 0)
		return false;
	*pid = user.pid;
	return user.uid == geteuid() || user.uid == 0;
}

static void refuse(int code)
{
	mp__record(TRACE_MANAGER_REFUSED, mp__host->manager->id, code, 0);
}

/* A child that is forked meanwhile closes it. */
static int take_next(void)
{
	pthread_mutex_lock(&mp__host_mutex);
	int fd = accept4(mp__host->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int error = errno;
	if (fd >= 0)
		fd = mp__fd_high(fd);
	mp__host->coming = fd;
	if (fd < 0 && (error == EMFILE || error == ENFILE || error == ENOMEM))
		turn_away_oldest();
	pthread_mutex_unlock(&mp__host_mutex);
	errno = error;
	return fd;
}

/* Without a descriptor for it a client waits until there is one. */
static void let_in(void)
{
	pid_t pid = 0;
	int fd = take_next();

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		mp__park_fds(NULL, 0, mp_after(0.01));
	if (fd < 0)
		return;
	bool is_welcome = is_ours(fd, &pid);
	mp__manager_let_in(mp__host->shm, pid);
	if (!is_welcome) {
		turn_down(fd);
		refuse(MP_EAUTH);
	} else if (mp__host_admit(fd, pid, NULL, 0) < 0) {
		refuse(MP_EMEMORY);
	}
}

/* ---- waiting ---- */

static bool is_orphan(void)
{
	struct pollfd fd = { mp__host->parent_fd, POLLIN, 0 };

	return mp__host->parent_fd >= 0 && poll(&fd, 1, 0) > 0;
}

int mp__try_manager_accept(struct mp__op *op)
{
	struct pollfd fd = { mp__host->fd, POLLIN, 0 };

	(void)op;
	return atomic_load(&mp__host->shm->stops) || is_orphan()
			       || poll(&fd, 1, 0) > 0
		       ? 0
		       : MP__WOULD_BLOCK;
}

bool mp__guard_manager_accept(const struct mp__arena_shm *arena,
			      const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__manager_shm *shm = mp__at_in(arena, pending->ref);

	return atomic_load(&shm->stops) || mp__manager_is_anybody(shm, now);
}

int mp__park_manager_accept(struct mp__op *op)
{
	struct pollfd fds[] = {
		{ mp__host->fd, POLLIN, 0 },
		{ mp__host->wake_fd, POLLIN, 0 },
		{ mp__host->parent_fd, POLLIN, 0 },
	};

	if (atomic_load(&mp__host->shm->is_crowded)
	    && poll(fds, 1, 0) == 0)	/* all of them are in */
		atomic_store(&mp__host->shm->is_crowded, 0);
	return mp__park_fds(fds, mp__host->parent_fd >= 0 ? 3 : 2, op->until);
}

void mp__host_stop(void)
{
	uint64_t one = 1;

	atomic_store(&mp__host->shm->stops, 1);
	if (write(mp__host->wake_fd, &one, sizeof(one)) < 0)
		return;		/* it is awake already */
}

static enum why work(int *err)
{
	for (;;) {
		*err = mp__perform(&(struct mp__op){
			.code = MP__OP_MANAGER_ACCEPT,
			.object = mp__host->manager->id,
			.ref = mp__object_ref(mp__host->shm),
			.until = MP_FOREVER,
			.wait_a = mp__host->manager->is_given,
		});
		if (*err)
			return FAILED;
		if (atomic_load(&mp__host->shm->stops))
			return ASKED;
		if (is_orphan())
			return ORPHANED;
		let_in();
	}
}

/* ---- forks: a child of the server is none ---- */

static void before_fork(void)
{
	pthread_mutex_lock(&mp__host_mutex);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&mp__host_mutex);
}

MP__EVERY_CHILD static void in_child(void)
{
	mp__fork_mutex(&mp__host_mutex);
	if (!mp__host)
		return;
	for (struct mp__guest *g = mp__host->guests; g; g = g->next) {
		close(g->fd);
		if (g->passed >= 0)
			close(g->passed);
	}
	if (mp__host->coming >= 0)
		close(mp__host->coming);
	close(mp__host->fd);
	close(mp__host->wake_fd);
	if (mp__host->parent_fd >= 0)
		close(mp__host->parent_fd);
	mp__lends_to = NULL;
	mp__host = NULL;
}

static struct mp__fork_hooks hooks = {
	.order = 45,
	.foreign = true,
	.prepare = before_fork,
	.parent = in_parent,
	.child = in_child,
};

__attribute__((constructor)) static void start(void)
{
	mp__fork_hooks_add(&hooks);
}

/* ---- the beginning and the end ---- */

/* Each client has a descriptor, and those that come from here are high ones. */
static void want_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0
	    && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static struct mp__host *make_host(struct mp_manager *manager, int fd, bool is_own)
{
	struct mp__host *host = calloc(1, sizeof(*host));
	int parent = is_own && mp__this.parent ? mp__this.parent->pidfd : -1;

	if (!host)
		return NULL;
	*host = (struct mp__host){ .manager = manager, .shm = manager->shm,
				   .fd = fd, .coming = -1,
				   .is_own = is_own,
				   .parent_fd = parent, .size = 64 };
	strncpy(host->address, manager->address, sizeof(host->address) - 1);
	host->buckets = calloc(host->size, sizeof(struct mp__referent *));
	host->wake_fd = mp__fd_high(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (host->buckets && host->wake_fd >= 0)
		return host;
	if (host->wake_fd >= 0)
		close(host->wake_fd);
	free(host->buckets);
	free(host);
	return NULL;
}

/* Clients see the end of their connections; threads that wait for something that may
 * never come are not waited for for long. */
static void see_guests_off(void)
{
	mp_deadline limit = mp__now() + LAST_WORDS_NS;
	bool any = true;

	while (any && mp__now() < limit) {
		pthread_mutex_lock(&mp__host_mutex);
		any = mp__host->guests;
		for (struct mp__guest *g = mp__host->guests; g; g = g->next) {
			g->is_sent_away = true;
			shutdown(g->fd, SHUT_RDWR);
		}
		pthread_mutex_unlock(&mp__host_mutex);
		if (any)
			mp__park_fds(NULL, 0, mp__now() + 1000000);
	}
}

/* Nobody is there any more; what is left holds itself, or each other. */
static void free_host(struct mp__host *host)
{
	mp__host_clear();
	pthread_mutex_lock(&mp__host_mutex);
	mp__host = NULL;
	pthread_mutex_unlock(&mp__host_mutex);
	close(host->wake_fd);
	free(host->buckets);
	free(host);
}

int mp__manager_serve(struct mp_manager *manager, int fd, bool is_own)
{
	struct mp__host *host = mp__host ? NULL : make_host(manager, fd, is_own);
	enum why why;
	int err = 0;

	if (!host) {
		close(fd);
		return mp__host ? mp__fail(MP_EPROCESS, "this process serves "
							"already")
				: mp__fail(MP_EMEMORY, "no memory for a server");
	}
	if (is_own)
		want_descriptors();
	pthread_mutex_lock(&mp__host_mutex);
	mp__host = host;
	pthread_mutex_unlock(&mp__host_mutex);
	atomic_store(&host->shm->stops, 0);
	atomic_store(&host->shm->server_pid, mp__this.pid);
	mp__record_text(TRACE_MANAGER_SERVING, manager->id, manager->is_given,
			manager->address, strlen(manager->address));
	atomic_store(&host->shm->is_ready, 1);
	mp__wake_word(&host->shm->is_ready, 1);
	why = work(&err);
	mp__record(TRACE_MANAGER_STOP, manager->id, (int64_t)host->count, why);
	close(host->fd);
	mp__manager_remove_files(manager);
	if (is_own)
		return 0;	/* all goes with the process */
	see_guests_off();
	atomic_store(&host->shm->server_pid, 0);
	pthread_mutex_lock(&mp__host_mutex);
	bool is_empty = !host->guests;
	pthread_mutex_unlock(&mp__host_mutex);
	if (is_empty)
		free_host(host);
	return err;
}
