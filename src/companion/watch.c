#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "companion/companion.h"
#include "companion/recorder.h"
#include "probe/clock.h"

/* Sees processes die. A thread sleeps on the socket and on all pidfds, so that
 * the time of a death is noted at once; the main loop looks as well before each
 * pass, so that a death is never behind the events of those who know of it. Both
 * do it under the mutex, and read the clock under it, so deaths come in order.
 *
 * A program that starts many processes waits for what is done here, if it has but
 * one processor: so the main loop is only woken for the last death, no system call
 * is made twice where one will do, and while the main loop looks often the thread
 * does not wake for new processes. */

struct watched {
	uint32_t process;
	int32_t pid;
	int pidfd;
};

/* ---- how it ended ---- */

/* linux/pidfd.h of 6.15 and later */
struct pidfd_info_ext {
	uint64_t mask, cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t ids[8];
	int32_t exit_code;
	uint8_t room[64];
};
#define PIDFD_EXIT_BIT (UINT64_C(1) << 3)
#define PIDFD_GET_INFO_EXT(size) _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, size)
#define PIDFD_INFO_SIZE 64	/* its first version; has the exit code */

static int64_t python_code(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		return -WTERMSIG(status);
	return TRACE_EXIT_UNKNOWN;
}

/* A zombie's exit status is the 52nd field of its stat, for those who may look. */
static int64_t code_of_zombie(int32_t pid)
{
	char name[64], text[2048], state;
	int status;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return TRACE_EXIT_UNKNOWN;
	ssize_t n = read(fd, text, sizeof(text) - 1);	/* always whole */
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	char *at = strrchr(text, ')');
	if (!at || sscanf(at + 1, " %c", &state) != 1 || state != 'Z')
		return TRACE_EXIT_UNKNOWN;
	at = strrchr(at, ' ');		/* the last of 52 */
	if (!at || sscanf(at, " %d", &status) != 1)
		return TRACE_EXIT_UNKNOWN;
	return python_code(status);
}

static bool is_reaped(int pidfd)
{
	return syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0
	       && errno == ESRCH;
}

static int64_t code_of_reaped(int pidfd)
{
	struct pidfd_info_ext info = { .mask = PIDFD_EXIT_BIT };

	if (ioctl(pidfd, PIDFD_GET_INFO_EXT(PIDFD_INFO_SIZE), &info) < 0
	    || !(info.mask & PIDFD_EXIT_BIT))
		return TRACE_EXIT_UNKNOWN;
	return python_code(info.exit_code);
}

static void ask(struct mp__death *death)
{
	death->code = code_of_reaped(death->pidfd);
	if (death->code == TRACE_EXIT_UNKNOWN) {
		death->code = code_of_zombie(death->pid);
		/* If it has not been reaped by now, that pid was its own. */
		if (is_reaped(death->pidfd))
			death->code = code_of_reaped(death->pidfd);
	}
	close(death->pidfd);
	death->pidfd = -1;
}

/* Since Linux 6.15. */
static bool system_knows_reaped(void)
{
	struct utsname system;
	unsigned major, minor;

	return uname(&system) == 0
	       && sscanf(system.release, "%u.%u", &major, &minor) == 2
	       && (major > 6 || (major == 6 && minor >= 15));
}

/* ---- what happens, under the mutex ---- */

static void note_death(struct mp__watcher *watcher, struct watched *w,
		       bool is_late)
{
	struct mp__death death = {
		.process = w->process,
		.pid = w->pid,
		.pidfd = w->pidfd,
		.code = TRACE_EXIT_UNKNOWN,
		.is_late = is_late,
		.t_ns = mp__event_now_of(watcher->ring),
	};

	if (w->pidfd >= 0) {
		epoll_ctl(watcher->epoll, EPOLL_CTL_DEL, w->pidfd, NULL);
		if (!watcher->knows_reaped)
			ask(&death);
	}
	free(w);
	watcher->alive--;
	if (watcher->death_count == watcher->death_room) {
		size_t room = watcher->death_room ? watcher->death_room * 2
						  : 64;
		void *bigger = realloc(watcher->deaths,
				       room * sizeof(*watcher->deaths));
		if (!bigger) {
			if (death.pidfd >= 0)
				close(death.pidfd);
			return;
		}
		watcher->deaths = bigger;
		watcher->death_room = room;
	}
	watcher->deaths[watcher->death_count++] = death;
}

static bool is_dead(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

static void add_process(struct mp__watcher *watcher,
			const struct mp__companion_watch *message, int pidfd)
{
	struct watched *w = malloc(sizeof(*w));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = w };

	if (!w)
		goto fail;
	*w = (struct watched){ message->process, message->pid, pidfd };
	if (pidfd < 0)
		pidfd = w->pidfd = mp__pidfd_open(message->pid);
	/* It was quicker than we. If it has been reaped, it is for its reaper to
	 * say how it ended. */
	if (pidfd < 0 ? errno == ESRCH : !watcher->listens && is_dead(pidfd)) {
		watcher->alive++;
		note_death(watcher, w, true);
		return;
	}
	if (pidfd < 0)
		goto fail;
	if (epoll_ctl(watcher->epoll, EPOLL_CTL_ADD, pidfd, &event) < 0)
		goto fail;
	/* It is epoll that has `w` now. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	watcher->alive++;
	return;
fail:
	if (pidfd >= 0)
		close(pidfd);
	free(w);
}

static int received_fd(struct msghdr *msg)
{
	int found = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			if (found >= 0)
				close(found);
			memcpy(&found, CMSG_DATA(c) + i * sizeof(int),
			       sizeof(found));
		}
	}
	return found;
}

static void hang_up(struct mp__watcher *watcher)
{
	epoll_ctl(watcher->epoll, EPOLL_CTL_DEL, watcher->socket, NULL);
	watcher->is_eof = true;
}

/* One message. True: there may be another one. */
static bool read_socket(struct mp__watcher *watcher)
{
	for (;;) {
		struct mp__companion_watch message;
		union {
			struct cmsghdr header;
			char bytes[CMSG_SPACE(4 * sizeof(int))];
		} control;
		struct iovec part = { &message, sizeof(message) };
		struct msghdr msg = {
			.msg_iov = &part, .msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control.bytes),
		};
		ssize_t n = recvmsg(watcher->socket, &msg,
				    MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EMFILE
			      || errno == ENFILE || errno == ENOMEM))
			return false;
		if (n <= 0) {
			hang_up(watcher);
			return false;
		}
		int pidfd = received_fd(&msg);
		if (n == (ssize_t)sizeof(message))
			add_process(watcher, &message, pidfd);
		else if (pidfd >= 0)
			close(pidfd);
		return true;
	}
}

static void read_all(struct mp__watcher *watcher)
{
	while (!watcher->is_eof && read_socket(watcher))
		;
}

/* Some of what there is to see now. True: there may be more. */
static bool look_once(struct mp__watcher *watcher)
{
	struct epoll_event events[64];
	int n = epoll_wait(watcher->epoll, events, 64, 0);
	bool more = false;

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr)
			note_death(watcher, events[i].data.ptr, false);
		else
			more = read_socket(watcher);
	}
	return more || n == 64;
}

/* ---- the thread ---- */

static bool is_over(const struct mp__watcher *watcher)
{
	return watcher->is_eof && watcher->alive == 0;
}

static void *watch(void *argument)
{
	struct mp__watcher *watcher = argument;
	struct pollfd p = { .fd = watcher->epoll, .events = POLLIN };
	bool over = false;

	while (!over) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			break;
		pthread_mutex_lock(&watcher->mutex);
		look_once(watcher);
		if (watcher->alive == 0)
			read_all(watcher);
		over = is_over(watcher);
		pthread_mutex_unlock(&watcher->mutex);
	}
	const uint64_t one = 1;
	if (write(watcher->bell, &one, sizeof(one)) < 0)
		return NULL;	/* it rings already */
	return NULL;
}

int mp__watcher_start(struct mp__watcher *watcher, struct trace_ring *ring,
		      int socket)
{
	struct epoll_event event = { .events = EPOLLIN };
	pthread_t thread;

	memset(watcher, 0, sizeof(*watcher));
	pthread_mutex_init(&watcher->mutex, NULL);
	watcher->listens = true;
	watcher->knows_reaped = system_knows_reaped();
	watcher->ring = ring;
	watcher->socket = socket;
	watcher->epoll = epoll_create1(EPOLL_CLOEXEC);
	watcher->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (watcher->epoll < 0 || watcher->bell < 0
	    || epoll_ctl(watcher->epoll, EPOLL_CTL_ADD, socket, &event) < 0)
		return -1;
	/* Nobody joins it: it may sleep for ever, because the last death may be
	 * seen by the one who takes deaths. It ends with the process. */
	if (pthread_create(&thread, NULL, watch, watcher))
		return -1;
	pthread_detach(thread);
	return 0;
}

void mp__watcher_listen(struct mp__watcher *watcher, bool on)
{
	struct epoll_event event = { .events = EPOLLIN };

	pthread_mutex_lock(&watcher->mutex);
	if (watcher->listens != on && !watcher->is_eof
	    && epoll_ctl(watcher->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
			 watcher->socket, &event) == 0)
		watcher->listens = on;
	pthread_mutex_unlock(&watcher->mutex);
}

size_t mp__watcher_take(struct mp__watcher *watcher, struct mp__death **deaths)
{
	pthread_mutex_lock(&watcher->mutex);
	read_all(watcher);
	while (look_once(watcher))
		;
	size_t count = watcher->death_count;
	*deaths = watcher->deaths;
	watcher->deaths = NULL;
	watcher->death_count = watcher->death_room = 0;
	pthread_mutex_unlock(&watcher->mutex);
	for (size_t i = 0; i < count; i++)
		if ((*deaths)[i].pidfd >= 0)
			ask(&(*deaths)[i]);
	return count;
}

bool mp__watcher_is_over(struct mp__watcher *watcher)
{
	pthread_mutex_lock(&watcher->mutex);
	bool over = is_over(watcher) && watcher->death_count == 0;
	pthread_mutex_unlock(&watcher->mutex);
	return over;
}

void mp__watcher_wait(struct mp__watcher *watcher, int64_t timeout_ns)
{
	struct pollfd p = { .fd = watcher->bell, .events = POLLIN };
	struct timespec timeout = mp__timespec(timeout_ns);
	uint64_t rings;

	if (ppoll(&p, 1, &timeout, NULL) > 0
	    && read(watcher->bell, &rings, sizeof(rings)) < 0)
		return;
}
