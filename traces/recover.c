#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/recover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/intake.h"
#include "traces/ring_file.h"
#include "traces/spill.h"
#include "traces/store.h"

/* What left the program is in the trace, in the spill or in the ring, some of it
 * in two of them. Every slot has its number in its agent's stream, and the trace
 * knows how many of each agent's it holds, so nothing comes in twice. */

#define COMMIT_ROWS 50000u

struct recovery {
	const char *path;
	char *ring_path, *spill_path;
	struct trace_recover_report *report;
	struct trace_ring_file ring;
	struct trace_store *store;
	struct trace_intake *intake;
	char *error;
	size_t error_size;
};

#define FAIL(r, ...) \
	(snprintf((r)->error, (r)->error_size, __VA_ARGS__), \
	 TRACE_RECOVER_FAILED)

/* ---- opening ---- */

static int open_ring(struct recovery *r)
{
	switch (trace_ring_open(&r->ring, r->ring_path)) {
	case TRACE_RING_IN_USE:
		return FAIL(r, "%s is being recorded: wait until its program "
			    "has ended", r->path);
	case TRACE_RING_BAD:
		return FAIL(r, "%s is not a ring file that can be read: remove "
			    "it to recover what is in the trace",
			    r->ring_path);
	case TRACE_RING_NONE:
		return 0;
	}
	r->report->running = trace_ring_user(&r->ring);
	if (r->report->running)
		return FAIL(r, "the program still runs (process %d): wait until "
			    "it has ended", (int)r->report->running);
	return 0;
}

static bool is_empty(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

/* Its recorder may have died before it had written anything. */
static int open_store(struct recovery *r)
{
	bool is_missing = access(r->path, F_OK) < 0 && errno == ENOENT;

	if (is_missing && r->ring.fd < 0)
		return FAIL(r, "%s: no such trace", r->path);
	if (!is_missing
	    && trace_store_open(r->path, &r->store, r->error, r->error_size)
		       == 0)
		return 0;
	if (r->ring.fd < 0 || (!is_missing && !is_empty(r->path)))
		return TRACE_RECOVER_FAILED;
	if (!is_missing && unlink(r->path) < 0)
		return FAIL(r, "cannot replace %s: %s", r->path,
			    strerror(errno));
	r->report->is_new = true;
	return trace_store_create(r->path, &r->store, r->error, r->error_size);
}

static void begin_meta(struct recovery *r)
{
	trace_store_set_meta(r->store, "state", "recording");
	trace_store_set_meta_int(r->store, "start_realtime_ns",
				 r->ring.start_realtime_ns);
	trace_store_set_meta_int(r->store, "last_ns", 0);
	trace_store_set_meta_int(r->store, "events", 0);
	trace_store_set_meta_int(r->store, "anomalies", 0);
	trace_store_set_meta_int(r->store, "lossy",
				 (r->ring.flags & TRACE_RING_LOSSY) != 0);
}

/* ---- taking what is there ---- */

static int failed_store(struct recovery *r)
{
	return FAIL(r, "%s", trace_store_failed(r->store)
				     ? trace_store_error(r->store)
				     : "no memory");
}

static int emit_until(struct recovery *r, uint64_t watermark)
{
	while (trace_intake_emit(r->intake, watermark, COMMIT_ROWS))
		if (trace_intake_commit(r->intake) < 0)
			return failed_store(r);
	return 0;
}

/* Events may be in it that are nowhere else, so it is not passed over in silence. */
static int refuse_spill(struct recovery *r)
{
	if (errno == ENOENT)
		return 0;
	if (errno == ENOTSUP)
		return FAIL(r, "%s is of another version of forkscope: recover "
			    "the trace with that one", r->spill_path);
	return FAIL(r, "cannot read %s: %s", r->spill_path, strerror(errno));
}

static int take_spill(struct recovery *r)
{
	struct trace_spill *spill = malloc(sizeof(*spill));
	struct trace_run run;
	uint64_t watermark = 0;
	int what, result = 0;

	if (!spill)
		return failed_store(r);
	if (trace_spill_open(spill, r->spill_path) < 0) {
		result = refuse_spill(r);
		free(spill);
		return result;
	}
	while (result == 0
	       && (what = trace_spill_next(spill, &run, &watermark)) != 0) {
		if (what == 2) {
			result = emit_until(r, watermark);
			continue;
		}
		r->report->spill_slots += run.count;
		if (trace_intake_add(r->intake, &run) < 0)
			result = failed_store(r);
	}
	trace_spill_close(spill);
	free(spill);
	return result;
}

static int take_run(void *user, const struct trace_run *run)
{
	struct recovery *r = user;

	r->report->ring_slots += run->count;
	return trace_intake_add(r->intake, run);
}

static int take_all(struct recovery *r)
{
	r->intake = trace_intake_new(r->store, r->ring.start_ns);
	if (!r->intake || trace_intake_resume(r->intake) < 0)
		return failed_store(r);
	r->report->events_before = trace_intake_events(r->intake);
	if (r->ring.fd >= 0) {	/* without it, the spill has no time */
		if (take_spill(r) < 0)
			return TRACE_RECOVER_FAILED;
		if (trace_ring_read(&r->ring, take_run, r) < 0)
			return failed_store(r);
		if (emit_until(r, UINT64_MAX) < 0)
			return TRACE_RECOVER_FAILED;
	}
	trace_intake_finish(r->intake, UINT64_MAX);
	trace_store_begin(r->store);
	if (r->ring.fd >= 0) {
		trace_store_set_meta_int(r->store, "lost",
					 (int64_t)r->ring.lost);
		trace_store_set_meta_int(r->store, "cost_ps", r->ring.cost_ps);
	}
	trace_store_set_meta(r->store, "state", "recovered");
	if (trace_intake_commit(r->intake) < 0)
		return failed_store(r);
	r->report->events = trace_intake_events(r->intake);
	return 0;
}

static int recover(struct recovery *r)
{
	char state[32] = "";

	if (open_ring(r) < 0 || open_store(r) < 0)
		return TRACE_RECOVER_FAILED;
	trace_store_meta(r->store, "state", state, sizeof(state));
	if (strcmp(state, "closed") == 0 || strcmp(state, "recovered") == 0)
		return TRACE_RECOVER_NOTHING;
	if (strcmp(state, "prepared") == 0) {
		if (r->ring.fd < 0)
			return FAIL(r, "%s was never recorded", r->path);
		trace_store_begin(r->store);
		begin_meta(r);
		if (trace_store_commit(r->store) < 0)
			return failed_store(r);
	}
	if (trace_store_wal(r->store) < 0)
		return failed_store(r);
	return take_all(r);
}

int trace_recover(const char *path, struct trace_recover_report *report,
		  char *error, size_t error_size)
{
	struct recovery r = { .path = path, .report = report, .error = error,
			      .error_size = error_size, .ring = { .fd = -1 } };
	int result = TRACE_RECOVER_FAILED;

	memset(report, 0, sizeof(*report));
	if (asprintf(&r.ring_path, "%s-ring", path) < 0)
		r.ring_path = NULL;
	if (asprintf(&r.spill_path, "%s-spill", path) < 0)
		r.spill_path = NULL;
	if (r.ring_path && r.spill_path)
		result = recover(&r);
	else
		snprintf(error, error_size, "no memory");
	trace_intake_free(r.intake);
	if (trace_store_close(r.store, result >= 0) < 0 && result >= 0)
		result = FAIL(&r, "cannot close %s", path);
	if (result >= 0) {
		unlink(r.spill_path);
		unlink(r.ring_path);
	}
	trace_ring_close(&r.ring);
	free(r.ring_path);
	free(r.spill_path);
	return result;
}
