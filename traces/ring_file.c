#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/ring_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool read_whole(int fd, void *bytes, size_t count, uint64_t offset)
{
	char *at = bytes;

	while (count > 0) {
		ssize_t n = pread(fd, at, count, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		offset += (uint64_t)n;
		count -= (size_t)n;
	}
	return true;
}

/* ---- opening ---- */

static bool read_header(struct trace_ring_file *file)
{
	struct trace_ring ring;
	struct stat st;

	if (fstat(file->fd, &st) < 0 || !S_ISREG(st.st_mode)
	    || !read_whole(file->fd, &ring, sizeof(ring), 0)
	    || ring.magic != TRACE_RING_MAGIC)
		return false;
	uint64_t room = st.st_size > TRACE_RING_HEADER_BYTES
				? ((uint64_t)st.st_size
				   - TRACE_RING_HEADER_BYTES)
					  / TRACE_CHUNK_BYTES
				: 0;
	file->chunk_count = ring.chunk_count < room ? ring.chunk_count
						    : (uint32_t)room;
	file->start_ns = ring.start_ns;
	file->start_realtime_ns = ring.start_realtime_ns;
	file->lost = atomic_load(&ring.lost);
	file->cost_ps = ring.cost_ps;
	file->flags = ring.flags;
	return true;
}

int trace_ring_open(struct trace_ring_file *file, const char *path)
{
	*file = (struct trace_ring_file){
		.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
	};
	if (file->fd < 0)
		return errno == ENOENT ? TRACE_RING_NONE : TRACE_RING_BAD;
	if (flock(file->fd, LOCK_EX | LOCK_NB) < 0) {
		bool in_use = errno == EWOULDBLOCK;

		trace_ring_close(file);
		return in_use ? TRACE_RING_IN_USE : TRACE_RING_BAD;
	}
	if (read_header(file))
		return TRACE_RING_OPENED;
	trace_ring_close(file);
	return TRACE_RING_BAD;
}

void trace_ring_close(struct trace_ring_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/* ---- who uses it ---- */

static bool maps_it(const char *pid, const struct stat *st)
{
	char name[300], line[512];
	unsigned long inode;
	unsigned major_id, minor_id;
	bool found = false;

	snprintf(name, sizeof(name), "/proc/%s/maps", pid);
	FILE *maps = fopen(name, "re");
	if (!maps)
		return false;
	while (!found && fgets(line, sizeof(line), maps))
		found = sscanf(line, "%*s %*s %*s %x:%x %lu", &major_id,
			       &minor_id, &inode) == 3
			&& inode == st->st_ino
			&& major_id == major(st->st_dev)
			&& minor_id == minor(st->st_dev);
	fclose(maps);
	return found;
}

pid_t trace_ring_user(const struct trace_ring_file *file)
{
	struct stat st;
	struct dirent *entry;
	pid_t user = 0;

	if (fstat(file->fd, &st) < 0)
		return 0;
	DIR *proc = opendir("/proc");
	if (!proc)
		return 0;
	while (!user && (entry = readdir(proc))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (pid > 0 && *end == '\0' && pid != getpid()
		    && maps_it(entry->d_name, &st))
			user = (pid_t)pid;
	}
	closedir(proc);
	return user;
}

/* ---- reading ---- */

struct place {			/* where a chunk lies */
	uint32_t number, owner;
	uint64_t serial;
};

static int by_owner_and_serial(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	if (a->owner != b->owner)
		return a->owner < b->owner ? -1 : 1;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

static uint64_t offset_of(uint32_t number)
{
	return TRACE_RING_HEADER_BYTES + (uint64_t)number * TRACE_CHUNK_BYTES;
}

static int read_chunk(const struct trace_ring_file *file, uint32_t number,
		      struct trace_chunk *chunk,
		      int (*call)(void *user, const struct trace_run *run),
		      void *user)
{
	if (!read_whole(file->fd, chunk, sizeof(*chunk), offset_of(number)))
		return 0;
	uint32_t head = atomic_load(&chunk->head);
	struct trace_run run = {
		.agent = atomic_load(&chunk->owner),
		.process = chunk->process,
		.index = chunk->serial,
		.slots = chunk->slots,
		.count = head < TRACE_CHUNK_SLOTS ? head : TRACE_CHUNK_SLOTS,
	};
	return run.agent && run.count ? call(user, &run) : 0;
}

/* The chunks that hold something, in order; NULL: no memory. */
static struct place *find_chunks(const struct trace_ring_file *file,
				 size_t *count)
{
	struct place *places = calloc((size_t)file->chunk_count + 1,
				      sizeof(*places));
	union {
		struct trace_chunk chunk;
		char header[64];
	} *start = malloc(sizeof(*start));

	*count = 0;
	for (uint32_t i = 0; places && start && i < file->chunk_count; i++) {
		if (!read_whole(file->fd, start->header, 64, offset_of(i)))
			break;
		if (atomic_load(&start->chunk.owner)
		    && atomic_load(&start->chunk.head))
			places[(*count)++] = (struct place){
				i, atomic_load(&start->chunk.owner),
				start->chunk.serial
			};
	}
	if (places && start)
		qsort(places, *count, sizeof(*places), by_owner_and_serial);
	if (!start) {
		free(places);
		places = NULL;
	}
	free(start);
	return places;
}

int trace_ring_read(const struct trace_ring_file *file,
		    int (*call)(void *user, const struct trace_run *run),
		    void *user)
{
	size_t count;
	struct place *places = find_chunks(file, &count);
	struct trace_chunk *chunk = malloc(sizeof(*chunk));
	int result = places && chunk ? 0 : -1;

	for (size_t i = 0; result == 0 && i < count; i++)
		result = read_chunk(file, places[i].number, chunk, call, user);
	free(chunk);
	free(places);
	return result;
}
