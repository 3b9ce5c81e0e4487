#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/played.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/trace_query.h"
#include "traces/wait.h"

char *folder;
const char *path;

void played_begin(void)
{
	static char kept[PATH_MAX];

	folder = folder_make();
	ck_assert_ptr_nonnull(folder);
	snprintf(kept, sizeof(kept), "%s/x.fscope", folder);
	path = kept;
}

void played_end(void)
{
	folder_remove(folder);
}

/* ---- the program's side ---- */

struct mp__companion companion;
struct ring_writer m;

int begin(size_t ring_bytes)
{
	struct mp__companion_options options = { .trace_path = path,
						 .ring_bytes = ring_bytes };
	int err = mp__companion_start(&options, &companion);

	if (err)
		return err;
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	mp__companion_watch(&companion, 1, getpid(), pidfd);
	close(pidfd);
	m = ring_writer(companion.ring, 1, 1);
	ring_introduce(&m, "M");
	return 0;
}

void announce(uint32_t process, const char *name)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "%s%cname of %s", name, 0,
			      name);

	ring_write_text(&m, TRACE_PROC_NEW, process, 0, text, (size_t)length);
	ring_write(&m, TRACE_PROC_START, process, 0, 0);
}

pid_t child(uint32_t id, const char *name,
	    int (*body)(struct ring_writer *writer))
{
	announce(id, name);
	pid_t pid = fork();
	if (pid == 0) {
		struct ring_writer w = ring_writer(companion.ring, id, id);
		ring_introduce(&w, name);
		int code = body(&w);
		ring_write(&w, TRACE_PROC_EXIT, id, code,
			   TRACE_ENDED_BY_RETURN);
		_exit(code);
	}
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	mp__companion_watch(&companion, id, pid, pidfd);
	close(pidfd);
	ring_write(&m, TRACE_PROC_FORK, id, pid, 0);
	return pid;
}

void join(uint32_t id, pid_t pid)
{
	int status;

	ring_write(&m, TRACE_JOIN_BEGIN, id, -1, 0);
	waitpid(pid, &status, 0);
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
	ring_write(&m, TRACE_PROC_REAP, id, code,
		   code < 0 ? TRACE_ENDED_BY_SIGNAL : TRACE_ENDED_BY_RETURN);
	ring_write(&m, TRACE_JOIN_END, id, code, 0);
}

int say_exit(int code)
{
	ring_write(&m, TRACE_PROC_EXIT, 1, code, TRACE_ENDED_BY_RETURN);
	return code;
}

int run(int (*program)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(program());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(trace_wait_closed(path, WAIT_NS), TRACE_WAIT_CLOSED);
	return status;
}

/* ---- a program ---- */

static int two_ticks(struct ring_writer *w)
{
	ring_write(w, TRACE_TICK, 0, 1, 0);
	ring_write(w, TRACE_TICK, 0, 2, 0);
	return 3;
}

int ordinary(void)
{
	if (begin(0))
		return 99;
	join(2, child(2, "M.1", two_ticks));
	return say_exit(0);
}
