#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "sharedctypes/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fork.h"
#include "process/process.h"
#include "sharedctypes/tracker.h"

/* Named memory (POSIX shared memory). The object is this process's own; the name is
 * everybody's. */
struct mp_memory {
	uint32_t id;		/* in the trace */
	void *buf;		/* NULL: closed */
	size_t size;
	char name[MP__TRACKED_NAME];	/* with its '/' */
	struct mp_memory *next;
};

/* All of this process, so that what a program leaves to the end is no leak. */
static struct mp_memory *memories;
static MP__PER_PROCESS pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void lock(void)
{
	pthread_mutex_lock(&mutex);
}

static void unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

MP__EVERY_CHILD static void free_lock(void)
{
	mp__fork_mutex(&mutex);
}

/* Held over a fork, so that the list in the child is whole. */
static struct mp__fork_hooks hooks = {
	.order = 31,
	.foreign = true,
	.prepare = lock,
	.parent = unlock,
	.child = free_lock,
};

__attribute__((constructor)) static void start(void)
{
	mp__fork_hooks_add(&hooks);
}

static void keep(struct mp_memory *memory)
{
	lock();
	memory->next = memories;
	memories = memory;
	unlock();
}

static void forget(struct mp_memory *memory)
{
	lock();
	struct mp_memory **at = &memories;
	while (*at && *at != memory)
		at = &(*at)->next;
	if (*at)
		*at = memory->next;
	unlock();
}

/* ---- names ---- */

#define NEW_NAMES 100		/* tries before giving up */

static int random_name(char *name, size_t size)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return mp__fail_errno("no random name for shared memory");
	snprintf(name, size, "/psm_%08x", number);
	return 0;
}

static int given_name(const char *name, char *out, size_t size)
{
	if (*name == '/')
		name++;
	if (!*name || strchr(name, '/') || strlen(name) + 2 > size)
		return mp__fail(MP_EVALUE, "\"%s\" cannot be a name of shared "
					   "memory: no '/', 1 to %zu bytes",
				name, size - 2);
	snprintf(out, size, "/%s", name);
	return 0;
}

static int no_memory(const char *name)
{
	switch (errno) {
	case ENOENT:
		return mp__fail(MP_ENOTFOUND, "no shared memory is named "
					      "\"%s\"", name + 1);
	case EEXIST:
		return mp__fail(MP_EEXISTS, "shared memory named \"%s\" exists "
					    "already", name + 1);
	default:
		return mp__fail_errno("shared memory \"%s\"", name + 1);
	}
}

/* ---- opening ---- */

/* A descriptor, or an error. *is_taken: by somebody else. */
static int create_tracked(const char *name, bool *is_taken)
{
	struct mp__tracked tracked;
	int err = mp__tracker_begin(&tracked, name);

	*is_taken = false;
	if (err)
		return err;
	int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	*is_taken = fd < 0 && errno == EEXIST;
	if (fd >= 0) {
		mp__tracker_made(&tracked);
		return fd;
	}
	err = no_memory(name);
	mp__tracker_drop(&tracked);
	return err;
}

static int create_named(struct mp_memory *memory, const char *given)
{
	bool is_taken = true;
	int fd = MP_EEXISTS;

	if (given) {
		int err = given_name(given, memory->name, sizeof(memory->name));
		return err ? err : create_tracked(memory->name, &is_taken);
	}
	for (int i = 0; is_taken && i < NEW_NAMES; i++) {
		int err = random_name(memory->name, sizeof(memory->name));
		if (err)
			return err;
		fd = create_tracked(memory->name, &is_taken);
	}
	return is_taken ? mp__fail(MP_EEXISTS, "no free name for shared memory "
					       "was found")
			: fd;
}

/* As much as is asked for, now: a full disk is an error here, and no SIGBUS later. */
static int allocate(int fd, long long size)
{
	int error;

	do
		error = posix_fallocate(fd, 0, size);
	while (error == EINTR);
	if (!error)
		return 0;
	return mp__fail(MP_EOS, "no room for %lld bytes of shared memory: %s",
			size, strerror(error));
}

static int create_memory(struct mp_memory *memory,
			 const struct mp_memory_options *options)
{
	int fd = create_named(memory, options->name);

	if (fd < 0)
		return fd;
	int err = allocate(fd, options->size);
	if (!err)
		return fd;
	shm_unlink(memory->name);
	mp__tracker_remove(memory->name);
	close(fd);
	return err;
}

static int attach_memory(struct mp_memory *memory, const char *name)
{
	int err = given_name(name, memory->name, sizeof(memory->name));

	if (err)
		return err;
	int fd = shm_open(memory->name, O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 ? no_memory(memory->name) : fd;
}

static int map(struct mp_memory *memory, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return mp__fail_errno("shared memory \"%s\"", memory->name + 1);
	if (st.st_size == 0)
		return mp__fail(MP_EVALUE, "shared memory \"%s\" is empty",
				memory->name + 1);
	memory->size = (size_t)st.st_size;
	memory->buf = mmap(NULL, memory->size, PROT_READ | PROT_WRITE,
			   MAP_SHARED, fd, 0);
	if (memory->buf != MAP_FAILED)
		return 0;
	memory->buf = NULL;
	return mp__fail_errno("shared memory \"%s\"", memory->name + 1);
}

static int check(const struct mp_memory_options *options)
{
	if (options->size < 0)
		return mp__fail(MP_EVALUE,
				"'size' must be a positive integer");
	if (options->create && options->size == 0)
		return mp__fail(MP_EVALUE,
				"'size' must be a positive number different "
				"from zero");
	if (!options->create && !options->name)
		return mp__fail(MP_EVALUE, "'name' can only be None if "
					   "create=True");
	return 0;
}

static int open_it(struct mp_memory *memory,
		   const struct mp_memory_options *options)
{
	int err = check(options);

	if (err)
		return err;
	int fd = options->create ? create_memory(memory, options)
				 : attach_memory(memory, options->name);
	if (fd < 0)
		return fd;
	err = map(memory, fd);
	close(fd);
	if (err && options->create) {
		shm_unlink(memory->name);
		mp__tracker_remove(memory->name);
	}
	return err;
}

struct mp_memory *mp_memory_open(const struct mp_memory_options *options)
{
	MP__ENTER();
	struct mp_memory *memory = calloc(1, sizeof(*memory));

	if (!memory) {
		mp__fail(MP_EMEMORY, "no memory for a SharedMemory");
		return NULL;
	}
	if (open_it(memory, options) < 0) {
		free(memory);
		return NULL;
	}
	memory->id = atomic_fetch_add(&mp__arena->next_object, 1);
	mp__record_text(TRACE_OBJECT_NEW, memory->id, TRACE_OBJECT_MEMORY,
			memory->name + 1, strlen(memory->name + 1));
	mp__record(options->create ? TRACE_SHM_CREATE : TRACE_SHM_ATTACH,
		   memory->id, (int64_t)memory->size, 0);
	keep(memory);
	return memory;
}

/* ---- closing ---- */

static void close_it(struct mp_memory *memory)
{
	if (!memory->buf)
		return;
	munmap(memory->buf, memory->size);
	memory->buf = NULL;
	mp__record(TRACE_SHM_CLOSE, memory->id, 0, 0);
}

int mp_memory_close(struct mp_memory *memory)
{
	MP__ENTER();
	close_it(memory);
	return 0;
}

int mp_memory_unlink(struct mp_memory *memory)
{
	MP__ENTER();
	if (shm_unlink(memory->name) < 0)
		return no_memory(memory->name);
	mp__tracker_remove(memory->name);
	mp__record(TRACE_SHM_UNLINK, memory->id, 0, 0);
	return 0;
}

void mp_memory_destroy(struct mp_memory *memory)
{
	if (!memory)
		return;
	close_it(memory);
	forget(memory);
	free(memory);
}

/* ---- looking ---- */

void *mp_memory_buf(const struct mp_memory *memory)
{
	return memory->buf;
}

size_t mp_memory_size(const struct mp_memory *memory)
{
	return memory->size;
}

const char *mp_memory_name(const struct mp_memory *memory)
{
	return memory->name + 1;
}

uint32_t mp__memory_id(const struct mp_memory *memory)
{
	return memory->id;
}
