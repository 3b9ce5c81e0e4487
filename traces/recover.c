#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/event.h"
#include "traces/intake.h"
#include "traces/spill.h"
#include "traces/store.h"

/* A crash has left up to three files: the trace up to its last commit, the spill
 * and the ring. The files may come from a stranger, so nothing in them is
 * believed: numbers are checked, and the intake drops what it has already. */

#define COMMIT_ROWS 50000

struct recovery {
	const char *path;
	char *ring_path, *spill_path;
	int ring_fd;			/* -1: there is no ring file */
	struct trace_ring *ring;
	size_t ring_bytes;
	struct trace_store *store;
	struct trace_intake *intake;
	char *error;
	size_t error_size;
};

static int fail(struct recovery *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct recovery *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, r->error_size, format, args);
	va_end(args);
	return -1;
}

/* ---- the files ---- */

static int map_ring(struct recovery *r)
{
	struct stat st;

	if (fstat(r->ring_fd, &st) < 0 || !S_ISREG(st.st_mode)
	    || (uint64_t)st.st_size < TRACE_RING_HEADER_BYTES)
		return fail(r, "%s is not a ring file; remove it if you know "
			    "what it is", r->ring_path);
	r->ring_bytes = (size_t)st.st_size;
	r->ring = mmap(NULL, r->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		       r->ring_fd, 0);
	if (r->ring == MAP_FAILED) {
		r->ring = NULL;
		return fail(r, "%s cannot be read: %s", r->ring_path,
			    strerror(errno));
	}
	uint64_t room = (r->ring_bytes - TRACE_RING_HEADER_BYTES)
			/ TRACE_CHUNK_BYTES;
	if (r->ring->magic != TRACE_RING_MAGIC || r->ring->chunk_count > room)
		return fail(r, "%s is damaged, or not a ring file; the trace "
			    "without it is %s", r->ring_path, r->path);
	/* A program that still runs stops writing here. */
	atomic_store(&r->ring->off, 1);
	return 0;
}

static int open_ring(struct recovery *r)
{
	r->ring_fd = open(r->ring_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (r->ring_fd < 0 && errno == ENOENT)
		return 0;
	if (r->ring_fd < 0)
		return fail(r, "%s cannot be opened: %s", r->ring_path,
			    strerror(errno));
	if (flock(r->ring_fd, LOCK_EX | LOCK_NB) < 0)
		return fail(r, "%s is being recorded just now; wait until its "
			    "program has ended", r->path);
	return map_ring(r);
}

static int open_store(struct recovery *r)
{
	char error[400];
	bool exists = access(r->path, F_OK) == 0;

	if (!exists && r->ring_fd < 0)
		return fail(r, "%s: no such file", r->path);
	int err = exists ? trace_store_open(r->path, &r->store, error,
					    sizeof(error))
			 : trace_store_create(r->path, &r->store, error,
					      sizeof(error));
	return err < 0 ? fail(r, "%s", error) : 0;
}

/* ---- the slots ---- */

static int commit(struct recovery *r)
{
	return trace_intake_commit(r->intake) < 0
		       ? fail(r, "%s", trace_store_error(r->store))
		       : 0;
}

static int emit(struct recovery *r, uint64_t watermark)
{
	while (trace_intake_emit(r->intake, watermark, COMMIT_ROWS))
		if (commit(r) < 0)
			return -1;
	return commit(r);
}

static int read_spill(struct recovery *r)
{
	struct trace_spill *spill = calloc(1, sizeof(*spill));
	struct trace_run run;
	uint64_t watermark;
	int what, result = 0;

	if (!spill)
		return fail(r, "there is no memory left");
	if (trace_spill_open(spill, r->spill_path) < 0) {
		free(spill);
		return 0;	/* mostly there is none */
	}
	while (result == 0
	       && (what = trace_spill_next(spill, &run, &watermark)) != 0) {
		if (what == 2)
			result = emit(r, watermark);
		else if (trace_intake_add(r->intake, &run) < 0)
			result = fail(r, "there is no memory left");
	}
	trace_spill_close(spill);
	free(spill);
	return result;
}

static const struct trace_chunk *chunk_at(const struct recovery *r, uint32_t i)
{
	return (const struct trace_chunk *)((const char *)r->ring
					    + TRACE_RING_HEADER_BYTES
					    + (size_t)i * TRACE_CHUNK_BYTES);
}

/* What a chunk holds; false: nothing. */
static bool run_of(const struct trace_chunk *chunk, struct trace_run *run)
{
	uint32_t head = atomic_load_explicit(
		(_Atomic uint32_t *)(uintptr_t)&chunk->head,
		memory_order_acquire);
	uint32_t owner = atomic_load(
		(_Atomic uint32_t *)(uintptr_t)&chunk->owner);

	if (owner == 0 || head == 0 || head > TRACE_CHUNK_SLOTS)
		return false;
	*run = (struct trace_run){
		.agent = owner,
		.process = chunk->process,
		.index = chunk->serial,
		.slots = chunk->slots,
		.count = head,
	};
	return true;
}

/* An agent's chunks in the order it filled them. */
static int by_place(const void *a, const void *b)
{
	const struct trace_run *x = a, *y = b;

	if (x->agent != y->agent)
		return x->agent < y->agent ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int read_ring(struct recovery *r)
{
	uint32_t count = 0;
	int result = 0;

	if (!r->ring)
		return 0;
	struct trace_run *runs = calloc(r->ring->chunk_count + 1,
					sizeof(*runs));
	if (!runs)
		return fail(r, "there is no memory left");
	for (uint32_t i = 0; i < r->ring->chunk_count; i++)
		if (run_of(chunk_at(r, i), &runs[count]))
			count++;
	qsort(runs, count, sizeof(*runs), by_place);
	for (uint32_t i = 0; i < count && result == 0; i++)
		if (trace_intake_add(r->intake, &runs[i]) < 0)
			result = fail(r, "there is no memory left");
	free(runs);
	return result;
}

/* ---- all of it ---- */

static int make_whole(struct recovery *r)
{
	r->intake = trace_intake_new(r->store, r->ring ? r->ring->start_ns : 0);
	if (!r->intake)
		return fail(r, "there is no memory left");
	if (trace_intake_resume(r->intake) < 0)
		return fail(r, "%s", trace_store_error(r->store));
	if (read_spill(r) < 0 || read_ring(r) < 0)
		return -1;
	trace_intake_finish(r->intake, UINT64_MAX);
	trace_store_begin(r->store);
	if (r->ring)
		trace_store_set_meta_int(r->store, "lost",
					 (int64_t)r->ring->lost);
	trace_store_set_meta(r->store, "state", "recovered");
	return commit(r);
}

static bool is_finished(struct recovery *r)
{
	char state[32] = "";

	trace_store_meta(r->store, "state", state, sizeof(state));
	return strcmp(state, "closed") == 0 || strcmp(state, "recovered") == 0;
}

static int recover(struct recovery *r)
{
	if (open_ring(r) < 0 || open_store(r) < 0)
		return -1;
	int result = is_finished(r) ? 0 : make_whole(r);
	trace_intake_free(r->intake);
	if (trace_store_close(r->store, result == 0) < 0 && result == 0)
		result = fail(r, "%s cannot be written: %s", r->path,
			      strerror(errno));
	if (result == 0) {
		unlink(r->spill_path);
		unlink(r->ring_path);
	}
	return result;
}

int trace_recover(const char *path, char *error, size_t error_size)
{
	struct recovery r = { .path = path, .ring_fd = -1, .error = error,
			      .error_size = error_size };
	int result;

	if (asprintf(&r.ring_path, "%s-ring", path) < 0)
		r.ring_path = NULL;
	if (asprintf(&r.spill_path, "%s-spill", path) < 0)
		r.spill_path = NULL;
	result = r.ring_path && r.spill_path
			 ? recover(&r)
			 : fail(&r, "there is no memory left");
	if (r.ring)
		munmap(r.ring, r.ring_bytes);
	if (r.ring_fd >= 0)
		close(r.ring_fd);
	free(r.ring_path);
	free(r.spill_path);
	return result;
}
