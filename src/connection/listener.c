#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "connection/listener.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fork.h"
#include "process/process.h"

/* Listening on a Unix socket. */

/* ---- addresses ---- */

int mp__address_make(const char *text, struct sockaddr_un *address,
		     socklen_t *size)
{
	size_t length = text ? strlen(text) : 0;

	if (length == 0)
		return mp__fail(MP_EVALUE, "an address is needed");
	if (length >= sizeof(address->sun_path))
		return mp__fail(MP_EVALUE, "AF_UNIX path too long: %s", text);
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, text, length);
	*size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length
			    + 1);
	if (*text == '@') {
		address->sun_path[0] = '\0';
		--*size;	/* the name has no end mark there */
	}
	return 0;
}

/* A folder that only we may enter, and a name in it. */
static int choose_address(struct mp_listener *listener)
{
	const char *tmp = getenv("TMPDIR");
	char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];

	int length = snprintf(folder, sizeof(folder), "%s/pymp-XXXXXX",
			      tmp && *tmp ? tmp : "/tmp");
	if (length >= (int)sizeof(folder) - (int)sizeof("/listener"))
		snprintf(folder, sizeof(folder), "/tmp/pymp-XXXXXX");
	if (!mkdtemp(folder)) {
		mp__fail_errno("no folder for a listener");
		return MP_EOS;
	}
	listener->folder = strdup(folder);
	if (!listener->folder
	    || asprintf(&listener->address, "%s/listener", folder) < 0) {
		listener->address = NULL;
		rmdir(folder);
		mp__fail(MP_EMEMORY, "no memory for a listener");
		return MP_EMEMORY;
	}
	return 0;
}

/* ---- all listeners of this process: their files are removed at its exit ---- */

static struct mp_listener *listeners;
static MP__PER_PROCESS pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pid_t removed_at_exit;

static void lock(void)
{
	pthread_mutex_lock(&mutex);
}

static void unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

MP__EVERY_CHILD static void free_lock(void)
{
	mp__fork_mutex(&mutex);
}

/* Held over a fork, so that the list in the child is whole, and can be locked there. */
static struct mp__fork_hooks hooks = {
	.order = 32,
	.foreign = true,
	.prepare = lock,
	.parent = unlock,
	.child = free_lock,
};

__attribute__((constructor)) static void start(void)
{
	mp__fork_hooks_add(&hooks);
}

static void remove_file(const struct mp_listener *listener)
{
	if (listener->creator != getpid())
		return;
	if (listener->address && *listener->address != '@')
		unlink(listener->address);
	if (listener->folder)
		rmdir(listener->folder);
}

static void remove_files(void *unused)
{
	(void)unused;
	lock();
	for (struct mp_listener *l = listeners; l; l = l->next)
		if (l->fd >= 0)
			remove_file(l);
	unlock();
}

static int keep(struct mp_listener *listener)
{
	bool is_first;

	lock();
	listener->next = listeners;
	listeners = listener;
	is_first = removed_at_exit != mp__this.pid;
	removed_at_exit = mp__this.pid;
	unlock();
	return is_first ? mp__finalize(0, remove_files, NULL) : 0;
}

static void forget(struct mp_listener *listener)
{
	struct mp_listener **at = &listeners;

	lock();
	while (*at && *at != listener)
		at = &(*at)->next;
	if (*at)
		*at = listener->next;
	unlock();
}

/* ---- making ---- */

static int bind_and_listen(struct mp_listener *listener, int backlog)
{
	struct sockaddr_un address;
	socklen_t size = 0;
	int err = mp__address_make(listener->address, &address, &size);

	if (err < 0)
		return err;
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC
					       | SOCK_NONBLOCK, 0);
	if (listener->fd < 0)
		return mp__fail_errno("no socket");
	if (bind(listener->fd, (struct sockaddr *)&address, size) == 0
	    && listen(listener->fd, backlog > 0 ? backlog : 1) == 0)
		return 0;
	return mp__fail(MP_EOS, "cannot listen on %s: %s", listener->address,
			strerror(errno));
}

static int copy_options(struct mp_listener *listener,
			const struct mp_listener_options *options)
{
	if (options->authkey) {
		listener->authkey = malloc(options->authkey_size + 1);
		if (!listener->authkey)
			goto no_memory;
		memcpy(listener->authkey, options->authkey,
		       options->authkey_size);
		listener->authkey_size = options->authkey_size;
	}
	if (!options->address)
		return choose_address(listener);
	listener->address = strdup(options->address);
	if (listener->address)
		return 0;
no_memory:
	mp__fail(MP_EMEMORY, "no memory for a listener");
	return MP_EMEMORY;
}

static void free_listener(struct mp_listener *listener)
{
	free(listener->address);
	free(listener->folder);
	free(listener->authkey);
	free(listener);
}

static uint32_t new_id(const struct mp_listener *listener)
{
	uint32_t id = atomic_fetch_add(&mp__arena->next_object, 1);

	mp__record_text(TRACE_OBJECT_NEW, id, TRACE_OBJECT_LISTENER,
			listener->address, strlen(listener->address));
	mp__record(TRACE_LISTEN, id, 0, 0);
	return id;
}

struct mp_listener *mp_listener_open(const struct mp_listener_options *options)
{
	MP__ENTER();
	struct mp_listener *listener = calloc(1, sizeof(*listener));

	if (!listener) {
		mp__fail(MP_EMEMORY, "no memory for a listener");
		return NULL;
	}
	listener->fd = -1;
	listener->creator = mp__this.pid;
	if (copy_options(listener, options) < 0
	    || bind_and_listen(listener, options->backlog) < 0) {
		if (listener->fd >= 0)
			close(listener->fd);
		if (listener->folder)
			rmdir(listener->folder);
		free_listener(listener);
		return NULL;
	}
	listener->id = new_id(listener);
	if (keep(listener) < 0) {
		mp_listener_destroy(listener);
		return NULL;
	}
	return listener;
}

const char *mp_listener_address(const struct mp_listener *listener)
{
	if (listener->fd >= 0)
		return listener->address;
	mp__fail(MP_EATTRIBUTE, "a closed listener has no address");
	return NULL;
}

int mp_listener_close(struct mp_listener *listener)
{
	MP__ENTER();
	if (listener->fd < 0)
		return 0;
	mp__record(TRACE_CONN_CLOSE, listener->id, 0, 0);
	close(listener->fd);
	listener->fd = -1;
	remove_file(listener);
	return 0;
}

void mp_listener_destroy(struct mp_listener *listener)
{
	if (!listener)
		return;
	mp_listener_close(listener);
	if (listener->creator == mp__this.pid)
		mp__record(TRACE_OBJECT_END, listener->id, 0, 0);
	forget(listener);
	free_listener(listener);
}
