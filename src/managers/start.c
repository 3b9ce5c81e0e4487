#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "managers/host.h"
#include "managers/managers.h"
#include "operation/park.h"
#include "process/process.h"
#include "sharedctypes/tracker.h"
#include "value/call.h"

/* The server's process: starting it, waiting until it serves, and its end. */

#define SOCKET_NAME "/listener"

/* ---- where it listens ---- */

static int track(const struct mp_manager *manager)
{
	char path[MP__TRACKED_NAME];

	if (*manager->address == '@')
		return 0;
	snprintf(path, sizeof(path), MP__TRACKED_FILE "%s", manager->address);
	return mp__tracker_add(path);
}

int mp__manager_choose_address(struct mp_manager *manager)
{
	const char *tmp = getenv("TMPDIR");
	char folder[MP__ADDRESS_SIZE];

	if (!manager->is_given) {
		int length = snprintf(folder, sizeof(folder), "%s/pymp-XXXXXX",
				      tmp && *tmp ? tmp : "/tmp");
		if (length + sizeof(SOCKET_NAME) >= sizeof(folder))
			snprintf(folder, sizeof(folder), "/tmp/pymp-XXXXXX");
		if (!mkdtemp(folder))
			return mp__fail_errno("no folder for a manager");
		free(manager->folder);
		free(manager->address);
		manager->folder = strdup(folder);
		if (asprintf(&manager->address, "%s" SOCKET_NAME, folder) < 0)
			manager->address = NULL;
		if (!manager->folder || !manager->address) {
			rmdir(folder);
			return mp__fail(MP_EMEMORY, "no memory for a manager");
		}
	}
	atomic_store(&manager->shm->is_bound, 0);
	mp__manager_nobody(manager->shm);
	return manager->is_given ? 0 : track(manager);
}

int mp__manager_track(const struct mp_manager *manager)
{
	return manager->is_given ? track(manager) : 0;
}

void mp__manager_remove_files(struct mp_manager *manager)
{
	char path[MP__TRACKED_NAME];

	if (!manager->address || *manager->address == '@'
	    || (manager->is_given && !atomic_load(&manager->shm->is_bound)))
		return;
	unlink(manager->address);
	if (manager->folder)
		rmdir(manager->folder);
	snprintf(path, sizeof(path), MP__TRACKED_FILE "%s", manager->address);
	mp__tracker_remove(path);
}

/* ---- in the server ---- */

static int initialize(struct mp_manager *manager)
{
	struct mp_call call;
	int err;

	if (!manager->initializer)
		return 0;
	err = mp__call_init(&call, "initializer", manager->initargs, NULL);
	if (!err) {
		err = manager->initializer(&call);
		mp__call_finish(&call);
	}
	return err < 0 ? err : 0;
}

static void tell_failure(struct mp_manager *manager, int err)
{
	snprintf(manager->shm->message, sizeof(manager->shm->message), "%s",
		 mp_error_code() == err ? mp_error_message() : "");
	manager->shm->code = err;
	mp__manager_remove_files(manager);
	atomic_store(&manager->shm->is_ready, 1);
	mp__wake_word(&manager->shm->is_ready, 1);
}

static int serve(void *user, struct mp_call *call)
{
	struct mp_manager *manager = user;
	int err, fd = -1;

	(void)call;
	signal(SIGINT, SIG_IGN);
	err = initialize(manager);
	if (!err)
		fd = mp__manager_listen(manager);
	if (!err && fd < 0)
		err = fd;
	if (!err)
		return mp__manager_serve(manager, fd, true);
	tell_failure(manager, err);
	return 0;	/* the one who waits for us has the error */
}

/* ---- waiting for it ---- */

int mp__try_manager_wait(struct mp__op *op)
{
	struct mp_manager *manager = op->self;

	op->a = manager->shm->code;
	if (atomic_load(&manager->shm->is_ready))
		return 0;
	if (!mp__process_reap(manager->process))
		return MP__WOULD_BLOCK;
	op->a = MP_EPROCESS;
	return 0;
}

bool mp__guard_manager_wait(const struct mp__arena_shm *arena,
			    const struct mp__pending_shm *pending, int64_t now)
{
	const struct mp__manager_shm *shm = mp__at_in(arena, pending->ref);
	pid_t pid = (pid_t)pending->argument;

	(void)now;
	return atomic_load(&shm->is_ready) || !mp__pid_is_alive(pid);
}

/* It is soon; and its death does not wake us. */
int mp__park_manager_wait(struct mp__op *op)
{
	struct mp_manager *manager = op->self;
	mp_deadline soon = mp__now() + 50000000;
	int err = mp__park_word(&manager->shm->is_ready, 0, soon);

	return err == MP_ETIMEOUT ? 0 : err;
}

static int wait_for_server(struct mp_manager *manager)
{
	struct mp__op op = {
		.code = MP__OP_MANAGER_WAIT,
		.object = manager->id,
		.ref = mp__object_ref(manager->shm),
		.argument = manager->process->pid,
		.self = manager,
		.until = MP_FOREVER,
	};
	int err = mp__perform(&op);

	if (err)
		return mp__fail(err, "interrupted by a signal");
	if (!atomic_load(&manager->shm->is_ready))
		return mp__fail(MP_EPROCESS, "the server process has died "
					     "before it could serve");
	if (manager->shm->code)
		return mp__fail(manager->shm->code, "%s", manager->shm->message);
	return 0;
}

/* ---- starting ---- */

static int check_new(const struct mp_manager *manager)
{
	if (manager->creator != mp__this.pid)
		return mp__fail(MP_EOWNER, "only the process that made a manager "
					   "can start it");
	if (manager->is_over)
		return mp__fail(MP_EPROCESS, "Manager has shut down");
	if (manager->is_started || manager->is_connected)
		return mp__fail(MP_EPROCESS, "Already started server");
	return 0;
}

static void shut_down_at_exit(void *argument)
{
	mp__manager_end(argument);
}

static int start_process(struct mp_manager *manager)
{
	manager->process = mp__process_create(&(struct mp_process_options){
		.spelling_ = ".target = server",
		.callback = serve,
		.user = manager,
		.daemon = MP_DAEMON_NO,
	}, "SyncManager-");
	if (!manager->process)
		return mp_error_code();
	mp__record(TRACE_MANAGER_START, manager->id, manager->process->id, 0);
	return mp_process_start(manager->process);
}

int mp_manager_start(struct mp_manager *manager)
{
	MP__ENTER();
	int err = check_new(manager);

	if (err)
		return err;
	atomic_store(&manager->shm->is_ready, 0);
	manager->shm->code = 0;
	err = mp__manager_choose_address(manager);
	if (!err)
		err = start_process(manager);
	if (err) {
		mp__manager_remove_files(manager);
		mp_process_destroy(manager->process);
		manager->process = NULL;
		return err;
	}
	manager->is_started = true;
	err = wait_for_server(manager);
	if (!err)
		err = mp__manager_attach(manager);
	if (!err)
		err = mp__finalize(0, shut_down_at_exit, manager);
	if (err) {
		int code = mp_error_code();
		char message[256];
		snprintf(message, sizeof(message), "%s", mp_error_message());
		mp__manager_end(manager);
		return mp__fail(code, "%s", message);
	}
	return 0;
}

int mp_manager_serve_forever(struct mp_manager *manager)
{
	MP__ENTER();
	int err = check_new(manager);

	if (!err)
		err = mp__manager_choose_address(manager);
	if (err)
		return err;
	int fd = mp__manager_listen(manager);
	if (fd < 0)
		return fd;
	manager->is_serving = true;
	err = mp__manager_serve(manager, fd, false);
	manager->is_serving = false;
	return err;
}

/* ---- the end ---- */

static bool has_ended(struct mp_manager *manager, double seconds)
{
	(mp_process_join)(manager->process, mp_after(seconds));
	return mp__process_reap(manager->process);
}

static void ask_to_end(struct mp_manager *manager)
{
	mp__record(TRACE_MANAGER_SHUTDOWN, manager->id, 0, 0);
	if (!manager->place || mp__process_reap(manager->process))
		return;
	mp__ask(&(struct mp__ask){
		.place = manager->place,
		.kind = MP__REQUEST_SHUTDOWN,
		.object = manager->place->id,
		.name = "shutdown",
		.until = mp_after(manager->patience),
	});
}

/* As in Python: asked, then SIGTERM, then SIGKILL. */
void mp__manager_end(struct mp_manager *manager)
{
	double patience = manager->patience > 0 ? manager->patience : 0;

	if (manager->creator != mp__this.pid || !manager->is_started
	    || manager->is_over)
		return;
	manager->is_over = true;
	mp__finalize_cancel(shut_down_at_exit, manager);
	ask_to_end(manager);
	if (!has_ended(manager, patience)) {
		mp__process_send(manager->process, SIGTERM,
				 TRACE_ENDED_BY_TERMINATE);
		if (!has_ended(manager, patience))
			mp__process_send(manager->process, SIGKILL,
					 TRACE_ENDED_BY_KILL);
		(mp_process_join)(manager->process, MP_FOREVER);
	}
	if (manager->place)
		mp__place_drop_lines(manager->place);
	mp__manager_remove_files(manager);
}

static int check_mine(const struct mp_manager *manager)
{
	if (!manager->is_started)
		return mp__fail(MP_EATTRIBUTE, "'SyncManager' object has no "
				"attribute 'shutdown': it has not started the "
				"server");
	return manager->creator == mp__this.pid
		       ? 0
		       : mp__fail(MP_EOWNER, "only the process that started a "
					     "manager can end it");
}

int mp_manager_shutdown(struct mp_manager *manager)
{
	MP__ENTER();
	int err = check_mine(manager);

	if (!err)
		mp__manager_end(manager);
	return err;
}

int mp_manager_join(struct mp_manager *manager, int64_t until)
{
	MP__ENTER();
	int err = check_mine(manager);

	return err ? err : (mp_process_join)(manager->process, until);
}

/* ---- MP_WITH_MANAGER ---- */

struct mp_with_manager mp_with_manager_enter(struct mp_manager *manager)
{
	MP__ENTER();
	struct mp_with_manager with = { manager };

	if (manager && manager->is_over)
		mp__fail(MP_EPROCESS, "Manager has shut down");
	if (manager && (manager->is_over
			|| (!manager->is_started && !manager->is_connected
			    && mp_manager_start(manager) < 0)))
		with.manager = NULL;
	return with;
}

void mp_with_manager_leave(struct mp_with_manager *with)
{
	struct mp_manager *manager = with->manager;

	with->manager = NULL;
	if (manager && manager->is_started)
		(mp_manager_shutdown)(manager);
}
