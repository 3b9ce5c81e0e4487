#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "companion/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "mp.h"
#include "probe/clock.h"

/* The companion's life.
 *
 * It alternates: look into the rings; make rows for some milliseconds; commit
 * when 20 ms have passed, so that viewers see it; free what is committed; sleep
 * when there is nothing to do. If rows are made too slowly, what is in the rings
 * goes to the spill file, and rows are made of that, until it is empty again.
 * Slots leave the ring only when they are in one of the two files, so whenever
 * the companion is killed, nothing is lost: `forkscope recover` finds each slot
 * in the trace, the spill, or the ring. */

#define MS INT64_C(1000000)
#define SLICE_NS (5 * MS)		/* of making rows between looks, with a
					 * ring of the usual size */
#define COMMIT_NS (20 * MS)
#define COMMIT_ROWS 50000u
#define PASS_NS (MS / 5)		/* two looks are never closer: what a
					 * writer does must become visible */
#define SHORT_NAP_NS (MS / 2)		/* writers may wait for chunks */
#define BUSY_NAP_NS (5 * MS)
#define LONG_NAP_NS (50 * MS)

/* ---- becoming a process of its own ---- */

static void keep_only(int fd, int other)
{
	unsigned low = (unsigned)(fd < other ? fd : other);
	unsigned high = (unsigned)(fd < other ? other : fd);

	int null = open("/dev/null", O_RDWR);
	for (int i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
	close_range(3, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0U, 0);
}

/* Only what it does wrong itself may end it. */
static void ignore_signals(void)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&set, own[i]);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void detach(struct mp__recorder *recorder)
{
	struct rlimit files;

	ignore_signals();
	keep_only(recorder->socket, recorder->ring_fd);
	if (!getcwd(recorder->cwd, sizeof(recorder->cwd)))
		recorder->cwd[0] = '\0';
	if (chdir("/") < 0)
		recorder->cwd[0] = '\0';
	prctl(PR_SET_NAME, "forkscope-rec");
	/* A pidfd for each process. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	atomic_store(&recorder->ring->companion_pid, getpid());
}

static void side_path(const struct mp__recorder *recorder, const char *suffix,
		      char out[PATH_MAX + 8])
{
	snprintf(out, PATH_MAX + 8, "%s-%s", recorder->path, suffix);
}

/* ---- opening ---- */

static int open_trace(struct mp__recorder *recorder, bool *is_new,
		      struct mp__ready *ready)
{
	char state[32] = "", error[MP__READY_TEXT - 32];

	*is_new = access(recorder->path, F_OK) < 0 && errno == ENOENT;
	int err = *is_new
			  ? trace_store_create(recorder->path, &recorder->store,
					       error, sizeof(error))
			  : trace_store_open(recorder->path, &recorder->store,
					     error, sizeof(error));
	if (err < 0 && *is_new) {
		snprintf(ready->text, sizeof(ready->text), "%s", error);
		return MP_EOS;
	}
	if (err == 0)
		trace_store_meta(recorder->store, "state", state,
				 sizeof(state));
	if (strcmp(state, "prepared") != 0) {
		snprintf(ready->text, sizeof(ready->text),
			 "%.180s exists: remove it or choose another name",
			 recorder->path);
		return MP_EEXISTS;
	}
	return 0;
}

static int begin_trace(struct mp__recorder *recorder, struct mp__ready *ready)
{
	struct trace_store *store = recorder->store;

	trace_store_wal(store);
	trace_store_begin(store);
	mp__facts_begin(recorder);
	recorder->intake = trace_intake_new(store, recorder->ring->start_ns);
	if (trace_store_commit(store) == 0 && recorder->intake
	    && mp__rings_init(&recorder->rings, recorder->ring) == 0
	    && mp__watcher_start(&recorder->watcher, recorder->ring,
				 recorder->socket) == 0)
		return 0;
	snprintf(ready->text, sizeof(ready->text), "%s",
		 trace_store_failed(store) ? trace_store_error(store)
					   : "no memory for the recorder");
	return MP_EOS;
}

static void begin(struct mp__recorder *recorder)
{
	struct mp__ready ready = { 0 };
	bool is_new = false;

	ready.code = open_trace(recorder, &is_new, &ready);
	if (!ready.code)
		ready.code = begin_trace(recorder, &ready);
	ssize_t n = send(recorder->socket, &ready, sizeof(ready), MSG_NOSIGNAL);
	if (!ready.code && n == (ssize_t)sizeof(ready))
		return;
	trace_store_close(recorder->store, true);
	if (is_new && ready.code != MP_EEXISTS)
		unlink(recorder->path);
	_exit(1);
}

/* ---- the loop ---- */

/* The trace cannot be written. The program runs on, unrecorded; what there is
 * stays for `recover`. */
static _Noreturn void give_up(struct mp__recorder *recorder)
{
	atomic_store(&recorder->ring->off, 1);
	mp__rings_wake(recorder->ring);
	trace_store_close(recorder->store, false);
	_exit(1);
}

static void take_deaths(struct mp__recorder *recorder)
{
	/* Before the deaths are taken: when it is over, these are the last. */
	struct mp__death *deaths;
	size_t count = mp__watcher_take(&recorder->watcher, &deaths);

	for (size_t i = 0; i < count; i++) {
		static int mark;
		const struct mp__death *d = &deaths[i];

		if (trace_intake_died(recorder->intake, d->process, d->t_ns,
				      d->code, d->is_late) < 0
		    || !trace_idmap_put(&recorder->rings.dead, d->process,
					&mark))
			give_up(recorder);
	}
	free(deaths);
	recorder->is_over = mp__watcher_is_over(&recorder->watcher);
}

static bool open_spill(struct mp__recorder *recorder)
{
	char path[PATH_MAX + 8];

	if (recorder->spill.fd >= 0)
		return !recorder->spill.has_failed;
	side_path(recorder, "spill", path);
	if (trace_spill_create(&recorder->spill, path) == 0)
		return true;
	recorder->spill.fd = -1;
	return false;
}

/* One pass over the rings: into the intake, or past it into the spill. */
static void pass(struct mp__recorder *recorder)
{
	struct mp__rings *rings = &recorder->rings;
	struct trace_spill *spill = &recorder->spill;

	take_deaths(recorder);
	mp__rings_look(rings, recorder->intake);
	if (mp__rings_is_crowded(rings) && open_spill(recorder)) {
		mp__rings_spill(rings, recorder->intake, spill);
	} else if (trace_spill_is_read(spill)) {
		if (mp__rings_feed(rings, recorder->intake) < 0)
			give_up(recorder);
		recorder->watermark = rings->watermark;
	}
}

/* The next pass that was spilled. False: there is none. */
static bool read_spill(struct mp__recorder *recorder)
{
	struct trace_run run;
	int what;

	if (trace_spill_is_read(&recorder->spill))
		return false;
	while ((what = trace_spill_next(&recorder->spill, &run,
					&recorder->watermark)) == 1)
		if (trace_intake_add(recorder->intake, &run) < 0)
			give_up(recorder);
	return what == 2;
}

/* Small rings fill sooner. */
static int64_t scaled(const struct mp__recorder *recorder, int64_t usual_ns,
		      int64_t least_ns)
{
	int64_t time = usual_ns * recorder->rings.chunk_count / 2048;

	return time < least_ns ? least_ns : time > usual_ns ? usual_ns : time;
}

/* Make rows for a while. True: there are more to be made at once. */
static bool make_rows(struct mp__recorder *recorder)
{
	int64_t end = mp__now() + scaled(recorder, SLICE_NS, SHORT_NAP_NS);
	uint64_t before = trace_intake_events(recorder->intake);
	bool more;

	/* The program says when its time begins, before its first event. */
	if (before == 0)
		trace_intake_set_start(recorder->intake,
				       recorder->ring->start_ns);
	do {
		more = trace_intake_emit(recorder->intake, recorder->watermark,
					 4096)
		       || read_spill(recorder);
	} while (more && mp__now() < end);
	recorder->rows += trace_intake_events(recorder->intake) - before;
	/* That nothing happens can mean something, too. */
	if (recorder->rows == 0 && trace_intake_has_rows(recorder->intake))
		recorder->rows = 1;
	return more;
}

static void commit(struct mp__recorder *recorder)
{
	struct trace_ring *ring = recorder->ring;
	uint64_t lost = atomic_load(&ring->lost);

	trace_store_begin(recorder->store);
	if (lost != recorder->lost)
		trace_store_set_meta_int(recorder->store, "lost",
					 (int64_t)lost);
	if (ring->cost_ps != recorder->cost_ps)
		trace_store_set_meta_int(recorder->store, "cost_ps",
					 ring->cost_ps);
	recorder->lost = lost;
	recorder->cost_ps = ring->cost_ps;
	if (trace_intake_commit(recorder->intake) < 0)
		give_up(recorder);
	recorder->rows = 0;
	mp__rings_retire(&recorder->rings, recorder->intake);
	if (recorder->spill.written > 0 && trace_spill_is_read(&recorder->spill)
	    && mp__rings_all_committed(&recorder->rings, recorder->intake))
		trace_spill_reset(&recorder->spill);
}

static void nap(struct mp__recorder *recorder, int64_t active_ns,
		int64_t committed_ns)
{
	int64_t now = mp__now();
	int64_t time = scaled(recorder, LONG_NAP_NS, BUSY_NAP_NS);
	bool is_busy = trace_intake_queued(recorder->intake) > 0
		       || now - active_ns < 2 * LONG_NAP_NS;

	mp__watcher_listen(&recorder->watcher, !is_busy);
	if (is_busy)
		time = BUSY_NAP_NS;
	if (recorder->rings.view_count > recorder->rings.chunk_count / 4 * 3)
		time = SHORT_NAP_NS;
	if (recorder->rows > 0 && committed_ns + COMMIT_NS - now < time)
		time = committed_ns + COMMIT_NS - now;
	if (time > 0)
		mp__watcher_wait(&recorder->watcher, time);
}

static void keep_distance(int64_t last_pass)
{
	int64_t left = last_pass + PASS_NS - mp__now();
	struct timespec pause = mp__timespec(left);

	if (left > 0)
		nanosleep(&pause, NULL);
}

/* A batch job does not interrupt the program when its nap is over. What sees
 * processes die is another thread, which does. */
static void give_way(void)
{
	const struct sched_param none = { 0 };

	sched_setscheduler(0, SCHED_BATCH, &none);
}

/* Until the program is gone. */
static void follow(struct mp__recorder *recorder)
{
	int64_t active = mp__now(), committed = active, passed = 0;

	give_way();
	while (!recorder->is_over) {
		keep_distance(passed);
		passed = mp__now();
		pass(recorder);
		bool more = make_rows(recorder);
		int64_t now = mp__now();
		if (recorder->rows > 0)
			active = now;
		if (recorder->rows >= COMMIT_ROWS
		    || (recorder->rows > 0 && now - committed >= COMMIT_NS)) {
			commit(recorder);
			committed = mp__now();
		} else if (recorder->rows == 0) {
			mp__rings_retire(&recorder->rings, recorder->intake);
		}
		if (!more && !recorder->is_over)
			nap(recorder, active, committed);
	}
}

/* Nobody writes any more: all that is left is final. */
static void finish(struct mp__recorder *recorder)
{
	struct mp__rings *rings = &recorder->rings;

	while (make_rows(recorder))
		if (recorder->rows >= COMMIT_ROWS)
			commit(recorder);
	for (int i = 0; i < 5; i++) {	/* more than a gap is waited for */
		mp__rings_look(rings, recorder->intake);
		if (mp__rings_feed(rings, recorder->intake) < 0)
			give_up(recorder);
	}
	trace_intake_finish(recorder->intake, mp__event_now_of(recorder->ring));
	trace_store_begin(recorder->store);
	mp__facts_end(recorder);
	if (trace_intake_commit(recorder->intake) < 0)
		give_up(recorder);
	mp__rings_finish(rings);
}

static void end(struct mp__recorder *recorder)
{
	char path[PATH_MAX + 8];

	atomic_store(&recorder->ring->off, 1);
	trace_store_close(recorder->store, true);
	side_path(recorder, "spill", path);
	if (recorder->spill.fd >= 0)
		unlink(path);
	side_path(recorder, "ring", path);
	unlink(path);
}

_Noreturn void mp__recorder_run(struct mp__recorder *recorder)
{
	recorder->spill.fd = -1;
	detach(recorder);
	begin(recorder);
	follow(recorder);
	finish(recorder);
	end(recorder);
	_exit(0);
}
