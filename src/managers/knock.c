#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "base/fd.h"
#include "managers/managers.h"
#include "process/process.h"

/* Who has come to a server's socket and was not let in. Only the system knows; who wants to
 * say from the arena alone whether the server could go on needs it here. A client says so
 * before it connects, by its pid, so that one that is killed before it could does not
 * count; and once more after. The server takes it away when it has the connection.
 * More than there are places for are only said to be there. */

static bool change(struct mp__manager_shm *shm, int32_t from, int32_t to)
{
	for (unsigned i = 0; i < MP__KNOCKS; i++) {
		int32_t pid = from;
		if (atomic_load(&shm->knocks[i]) == from
		    && atomic_compare_exchange_strong(&shm->knocks[i], &pid, to))
			return true;
	}
	return false;
}

/* Those who died before they could connect leave their places. */
static void sweep(struct mp__manager_shm *shm)
{
	for (unsigned i = 0; i < MP__KNOCKS; i++) {
		int32_t pid = atomic_load(&shm->knocks[i]);
		if (pid > 0 && !mp__pid_is_alive(pid))
			atomic_compare_exchange_strong(&shm->knocks[i], &pid, 0);
	}
}

void mp__manager_knock(struct mp__manager_shm *shm)
{
	int32_t self = mp__this.pid;

	if (change(shm, 0, self))
		return;
	sweep(shm);
	if (!change(shm, 0, self))
		atomic_store(&shm->is_crowded, 1);
}

void mp__manager_queue_up(struct mp__manager_shm *shm)
{
	change(shm, mp__this.pid, -mp__this.pid);	/* or it was let in already */
}

void mp__manager_go_away(struct mp__manager_shm *shm)
{
	change(shm, mp__this.pid, 0);
}

void mp__manager_let_in(struct mp__manager_shm *shm, pid_t pid)
{
	if (!change(shm, -pid, 0))
		change(shm, pid, 0);
}

void mp__manager_nobody(struct mp__manager_shm *shm)
{
	for (unsigned i = 0; i < MP__KNOCKS; i++)
		atomic_store(&shm->knocks[i], 0);
	atomic_store(&shm->is_crowded, 0);
}

bool mp__manager_is_anybody(const struct mp__manager_shm *shm, int64_t now)
{
	if (atomic_load(&shm->is_crowded))
		return true;
	for (unsigned i = 0; i < MP__KNOCKS; i++) {
		int32_t pid = atomic_load(&shm->knocks[i]);
		if (pid < 0 || (pid > 0 && (now == 0 || mp__pid_is_alive(pid))))
			return true;
	}
	return false;
}
