#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "connection/connection.h"
#include "process/process.h"

/* Pipe(): two connections to each other. */

/* A child counts from the beginning. It may be forked at any moment, so there is no lock:
 * who counts, and how far, is one number. */
static uint32_t count_pipe(void)
{
	static _Atomic uint64_t last;
	uint64_t before = atomic_load(&last), now;

	do {
		bool is_ours = before >> 32 == (uint32_t)mp__this.pid;
		now = (is_ours ? before : (uint64_t)mp__this.pid << 32) + 1;
	} while (!atomic_compare_exchange_weak(&last, &before, now));
	return (uint32_t)now;
}

/* "Pipe-1", in a child "Pipe-2:1", as other objects are called. */
static void name_pipe(char *name, size_t size)
{
	const char *identity = mp__this.current->identity;

	snprintf(name, size, "Pipe-%s%s%u", identity, *identity ? ":" : "",
		 count_pipe());
}

static int make_ends(struct mp__end_shm *ends[2],
		     const struct mp_pipe_options *options)
{
	const char *names[2] = { options->one_way ? "reader" : "a",
				 options->one_way ? "writer" : "b" };
	char pipe_name[128], name[160];

	if (options->name && *options->name)
		snprintf(pipe_name, sizeof(pipe_name), "%s", options->name);
	else
		name_pipe(pipe_name, sizeof(pipe_name));
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s %s", pipe_name, names[i]);
		ends[i] = mp__end_new(name);
		if (!ends[i])
			break;
	}
	if (ends[0] && ends[1]) {
		mp__end_connect(ends[0], ends[1]);
		return 0;
	}
	if (ends[0])
		mp__end_release(ends[0]);
	return MP_EMEMORY;
}

static int make_fds(int fds[2], bool one_way)
{
	int err = one_way ? pipe2(fds, O_CLOEXEC | O_NONBLOCK)
			  : socketpair(AF_UNIX,
				       SOCK_STREAM | SOCK_CLOEXEC
					       | SOCK_NONBLOCK,
				       0, fds);

	return err < 0 ? mp__fail_errno("no pipe") : 0;
}

int mp_pipe_open(struct mp_connection **a, struct mp_connection **b,
		 const struct mp_pipe_options *options)
{
	MP__ENTER();
	struct mp_connection *made[2];
	struct mp__end_shm *ends[2] = { NULL, NULL };
	int fds[2];
	int err = make_fds(fds, options->one_way);

	if (err < 0)
		return err;
	err = make_ends(ends, options);
	if (err < 0) {
		close(fds[0]);
		close(fds[1]);
		return err;
	}
	made[0] = mp__connection_new(fds[0], true, !options->one_way, ends[0]);
	made[1] = mp__connection_new(fds[1], !options->one_way, true, ends[1]);
	if (!made[0] || !made[1]) {
		mp_connection_destroy(made[0]);
		mp_connection_destroy(made[1]);
		return MP_EMEMORY;
	}
	mp__record(TRACE_PIPE_NEW, made[0]->id, made[1]->id,
		   !options->one_way);
	*a = made[0];
	*b = made[1];
	return 0;
}
