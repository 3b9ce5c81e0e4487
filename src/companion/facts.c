#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "companion/recorder.h"
#include "traces/clean.h"

/* What the trace says about the run as a whole: the program and the machine at
 * the start, the sources at the end. */

#define SOURCE_BYTES (1u << 20)

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

static void set_clean(struct trace_store *store, const char *key,
		      const char *bytes, size_t length, char nul)
{
	char *text = malloc(TRACE_CLEAN_BYTES(length));

	if (!text)
		return;
	trace_clean(text, bytes, length, nul);
	trace_store_set_meta(store, key, text);
	free(text);
}

/* We were forked from the program, so our command line is its. */
static void set_command(struct trace_store *store)
{
	char line[8192];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	ssize_t n = mp__fd_read_all(fd, line, sizeof(line));
	close(fd);
	if (n <= 0)
		return;
	size_t length = (size_t)n, program = strnlen(line, length);
	set_clean(store, "program", line, program, ' ');
	if (length > 0 && line[length - 1] == '\0')
		length--;
	if (length > program)
		set_clean(store, "arguments", line + program + 1,
			  length - program - 1, ' ');
	else
		trace_store_set_meta(store, "arguments", "");
}

void mp__facts_begin(struct mp__recorder *recorder)
{
	struct trace_store *store = recorder->store;
	struct trace_ring *ring = recorder->ring;
	struct timespec resolution = { 0 };
	struct utsname host;
	char text[512];

	trace_store_set_meta(store, "state", "recording");
	trace_store_set_meta(store, "recorder", "forkscope " PACKAGE_VERSION);
	trace_store_set_meta_int(store, "start_realtime_ns",
				 ring->start_realtime_ns);
	trace_store_set_meta_int(store, "last_ns", 0);
	trace_store_set_meta_int(store, "events", 0);
	trace_store_set_meta_int(store, "lost", 0);
	trace_store_set_meta_int(store, "cost_ps", 0);
	trace_store_set_meta_int(store, "anomalies", 0);
	trace_store_set_meta_int(store, "lossy",
				 (ring->flags & TRACE_RING_LOSSY) != 0);
	set_command(store);
	set_clean(store, "cwd", recorder->cwd, strlen(recorder->cwd), ' ');
	if (uname(&host) == 0) {
		snprintf(text, sizeof(text), "%s %s %s", host.sysname,
			 host.release, host.machine);
		trace_store_set_meta(store, "kernel", text);
	}
	trace_store_set_meta_int(store, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
	clock_getres(CLOCK_MONOTONIC, &resolution);
	trace_store_set_meta_int(store, "clock_ns",
				 (int64_t)resolution.tv_sec * 1000000000
					 + resolution.tv_nsec);
}

/* ---- sources ---- */

static const char *language_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && strcmp(dot, ".py") == 0 ? "python" : "c";
}

/* The text of a small ordinary file, to be freed; NULL. */
static char *read_source(const char *path, size_t *length)
{
	struct stat st;
	char *text = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
	    && st.st_size < (off_t)SOURCE_BYTES
	    && (text = malloc((size_t)st.st_size + 1))) {
		ssize_t n = mp__fd_read_all(fd, text, (size_t)st.st_size);
		*length = n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return text;
}

/* Named as the compiler was told, so relative to where it ran; the best guess is
 * where the program runs. */
static bool add_source(void *user, const char *path)
{
	struct mp__recorder *recorder = user;
	char full[2 * PATH_MAX];
	size_t length = 0;

	snprintf(full, sizeof(full), "%s%s%s",
		 path[0] == '/' ? "" : recorder->cwd,
		 path[0] == '/' ? "" : "/", path);
	char *text = read_source(full, &length);
	char *clean = text ? malloc(TRACE_CLEAN_BYTES(length)) : NULL;
	if (clean) {
		length = trace_clean(clean, text, length, ' ');
		trace_store_source(recorder->store, path, language_of(path),
				   clean, length);
	}
	free(clean);
	free(text);
	return true;
}

void mp__facts_end(struct mp__recorder *recorder)
{
	const struct trace_process_row *root =
		trace_intake_root(recorder->intake);

	trace_store_each_missing_source(recorder->store, add_source, recorder);
	if (root && root->has_exitcode)
		trace_store_set_meta_int(recorder->store, "exit_status",
					 root->exitcode);
	trace_store_set_meta_int(recorder->store, "lost",
				 (int64_t)recorder->ring->lost);
	trace_store_set_meta_int(recorder->store, "cost_ps",
				 recorder->ring->cost_ps);
	trace_store_set_meta(recorder->store, "state", "closed");
}
