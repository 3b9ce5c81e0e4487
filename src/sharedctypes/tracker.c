#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "sharedctypes/tracker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena/arena.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/fork.h"

/* A place in the list. It is never taken out, only used again: a list that only
 * grows needs no lock. Its state counts the changes, so that who looks at a name
 * and then changes the state does so only if the name is still that one. */
enum { FREE, TAKEN, MEANT, USED, STATES };

struct tracked_shm {
	_Atomic uint32_t state;		/* changes * STATES + one of these */
	mp__ref next;
	char name[MP__TRACKED_NAME];
};

/* Made before the first fork, so every process of the program holds the writing end:
 * reading ends when the last of them is gone. */
static int life[2] = { -1, -1 };

__attribute__((constructor)) static void open_life(void)
{
	if (pipe2(life, O_CLOEXEC) < 0)
		return;
	life[0] = mp__fd_high(life[0]);
	life[1] = mp__fd_high(life[1]);
}

/* ---- the list ---- */

static struct tracked_shm *tracked_at(mp__ref ref)
{
	return ref ? mp__at(ref) : NULL;
}

/* From the state in which it was seen to another one; false: it has changed. */
static bool change(struct tracked_shm *t, uint32_t *state, uint32_t to)
{
	uint32_t next = (*state / STATES + 1) * STATES + to;

	if (!atomic_compare_exchange_strong(&t->state, state, next))
		return false;
	*state = next;
	return true;
}

static struct tracked_shm *claim_free(uint32_t *state)
{
	struct tracked_shm *t = tracked_at(mp__arena->tracked);

	for (; t; t = tracked_at(t->next)) {
		*state = atomic_load(&t->state);
		if (*state % STATES == FREE && change(t, state, TAKEN))
			return t;
	}
	return NULL;
}

static struct tracked_shm *claim(uint32_t *state)
{
	struct tracked_shm *t = claim_free(state);

	if (t)
		return t;
	mp__ref ref = mp__arena_alloc(sizeof(*t));
	t = tracked_at(ref);
	if (!t)
		return NULL;
	*state = TAKEN;
	atomic_store(&t->state, *state);
	mp__ref first = atomic_load(&mp__arena->tracked);
	do
		t->next = first;
	while (!atomic_compare_exchange_weak(&mp__arena->tracked, &first, ref));
	return t;
}

/* One place: the name may have been made anew meanwhile, and stand in two. */
void mp__tracker_remove(const char *name)
{
	struct tracked_shm *t = tracked_at(mp__arena->tracked);

	for (; t; t = tracked_at(t->next)) {
		uint32_t state = atomic_load(&t->state);
		if (state % STATES == USED && strcmp(t->name, name) == 0
		    && change(t, &state, FREE))
			return;
	}
}

/* ---- the process ---- */

/* A socket is a matter of the library's own: nothing is said about it. */
static bool remove_file(char *path)
{
	char *slash = strrchr(path, '/'), *folder;

	unlink(path);
	if (!slash)
		return false;
	*slash = '\0';
	folder = strrchr(path, '/');
	if (folder && strncmp(folder, "/pymp-", 6) == 0)
		rmdir(path);
	return false;
}

static bool remove_name(char *name)
{
	if (strncmp(name, MP__TRACKED_FILE, strlen(MP__TRACKED_FILE)) == 0)
		return remove_file(name + strlen(MP__TRACKED_FILE));
	return shm_unlink(name) == 0;
}

static bool is_empty(const char *name)
{
	int fd = shm_open(name, O_RDONLY | O_CLOEXEC, 0);
	struct stat status = { .st_size = 1 };

	if (fd < 0)
		return false;
	fstat(fd, &status);
	close(fd);
	return status.st_size == 0 && status.st_uid == geteuid();
}

static unsigned clean_up(void)
{
	struct tracked_shm *t = tracked_at(mp__arena->tracked);
	unsigned count = 0;

	for (; t; t = tracked_at(t->next)) {
		uint32_t state = atomic_load(&t->state) % STATES;
		if (state == USED || (state == MEANT && is_empty(t->name)))
			count += remove_name(t->name);
	}
	return count;
}

static void wait_for_the_end(void)
{
	char byte;

	while (read(life[0], &byte, 1) < 0 && errno == EINTR)
		;
}

#define RUNS 0x80000000u	/* and its pid; without: the one that starts it */

/* It holds nothing of the program's but stderr, for its one sentence. */
static void track(void *unused)
{
	sigset_t all;

	(void)unused;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "forkscope-shm");
	atomic_store(&mp__arena->tracker, RUNS | (uint32_t)getpid());
	if (dup2(life[0], 3) < 0)
		_exit(1);
	life[0] = 3;
	close_range(4, ~0U, 0);
	int null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	close(null);
	wait_for_the_end();
	unsigned count = clean_up();
	if (count > 0)
		dprintf(STDERR_FILENO, "resource_tracker: There appear to be "
				       "%u leaked shared_memory objects to "
				       "clean up at shutdown\n", count);
	_exit(0);
}

/* Who starts it says so with its pid, and then the tracker says its own. If either is
 * killed, the next one who makes a name starts another: the list is still there. */
static int start_once(void)
{
	uint32_t starter = atomic_load(&mp__arena->tracker);
	uint32_t me = (uint32_t)getpid();

	if (life[0] < 0)
		return mp__fail(MP_EOS, "no pipe for the tracker of shared "
					"memory");
	do {
		if (starter && mp__pid_is_alive((pid_t)(starter & ~RUNS)))
			return 0;
	} while (!atomic_compare_exchange_weak(&mp__arena->tracker, &starter,
					       me));
	int err = mp__fork_detached(track, NULL);
	if (err)
		atomic_compare_exchange_strong(&mp__arena->tracker, &me, 0);
	return err;
}

int mp__tracker_begin(struct mp__tracked *tracked, const char *name)
{
	int err = start_once();

	if (err)
		return err;
	tracked->place = claim(&tracked->state);
	if (!tracked->place)
		return mp_error_code();
	snprintf(tracked->place->name, MP__TRACKED_NAME, "%s", name);
	change(tracked->place, &tracked->state, MEANT);
	return 0;
}

int mp__tracker_add(const char *name)
{
	struct mp__tracked tracked;
	int err = mp__tracker_begin(&tracked, name);

	if (!err)
		mp__tracker_made(&tracked);
	return err;
}

void mp__tracker_made(struct mp__tracked *tracked)
{
	change(tracked->place, &tracked->state, USED);
}

void mp__tracker_drop(struct mp__tracked *tracked)
{
	change(tracked->place, &tracked->state, FREE);
}
