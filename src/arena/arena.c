#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "arena/arena.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fd.h"

/* Address space, not memory: pages exist once they are touched. */
#define LARGEST ((uint64_t)1 << 30)
#define SMALLEST ((uint64_t)1 << 24)

struct mp__arena_shm *mp__arena;

static int fd = -1;

/* Linux maps the pages around the one that is wanted as well if they are in its
 * cache: those of the 64 KiB it lies in (mm/memory.c, do_fault_around). */
#define FAULT_AROUND ((uint64_t)1 << 16)

/* The mapping lies so that the end of the slots and the beginning of the blocks are
 * well inside such a window. */
static void *map(uint64_t bytes)
{
	const uint64_t hot = offsetof(struct mp__arena_shm, end);
	uint64_t reserved = bytes + FAULT_AROUND;

	if (ftruncate(fd, (off_t)bytes) < 0)
		return MAP_FAILED;
	char *free = mmap(NULL, reserved, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (free == MAP_FAILED)
		return MAP_FAILED;
	uint64_t skip = (FAULT_AROUND / 2 - ((uintptr_t)free + hot))
			% FAULT_AROUND;
	skip -= skip % (uint64_t)sysconf(_SC_PAGESIZE);
	void *arena = mmap(free + skip, bytes, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, 0);
	if (arena == MAP_FAILED) {
		munmap(free, reserved);
		return MAP_FAILED;
	}
	if (skip > 0)
		munmap(free, skip);
	munmap(free + skip + bytes, FAULT_AROUND - skip);
	return arena;
}

int mp__arena_start(void)
{
	uint64_t bytes = LARGEST;
	struct mp__arena_shm *arena;

	fd = memfd_create("forkscope", MFD_CLOEXEC);
	if (fd < 0)
		return mp__fail_errno("no shared memory");
	fd = mp__fd_high(fd);
	/* A limit on address space or file size is no reason to give up. */
	while ((arena = map(bytes)) == MAP_FAILED && bytes > SMALLEST)
		bytes /= 2;
	if (arena == MAP_FAILED) {
		int error = errno;
		close(fd);
		fd = -1;
		errno = error;
		return mp__fail_errno("no room for the shared memory");
	}
	arena->magic = MP__ARENA_MAGIC;
	arena->bytes = bytes;
	arena->next_object = 1;
	arena->next_agent = 1;
	arena->agent_hint = MP__AGENT_SLOTS - 1;
	arena->end = (sizeof(*arena) + MP__ARENA_UNIT - 1) / MP__ARENA_UNIT;
	if (getrandom(&arena->family, sizeof(arena->family), GRND_NONBLOCK)
	    != sizeof(arena->family))
		arena->family = 0;	/* then nobody belongs to it */
	mp__arena = arena;
	return 0;
}

int mp__arena_fd(void)
{
	return fd;
}

/* Sizes in units run 1, 2, 3, 4, 6, 8, 12, 16, ...: each power of two and one
 * and a half times it, so that at most a third of a block is wasted. */
static unsigned class_of(uint64_t units)
{
	unsigned class = 0;

	for (uint64_t size = 1; size < units; class++)
		size = class == 0 ? 2 : class % 2 == 1 ? size / 2 * 3
						       : size / 3 * 4;
	return class;
}

static uint64_t units_of_class(unsigned class)
{
	if (class == 0)
		return 1;
	uint64_t power = (uint64_t)1 << ((class + 1) / 2);
	return class % 2 == 1 ? power : power / 2 * 3;
}

/* The first word of a free block is the reference of the next one. A block may
 * be taken by another process between our look at the head and our look at its
 * first word; the count in the head then makes the exchange fail. */
static mp__ref pop(struct mp__arena_list_shm *list)
{
	uint64_t head = atomic_load_explicit(&list->head, memory_order_acquire);

	while ((uint32_t)head != 0) {
		_Atomic uint32_t *next = mp__at((uint32_t)head);
		uint64_t wanted = ((head >> 32) + 1) << 32 | atomic_load(next);
		if (atomic_compare_exchange_weak(&list->head, &head, wanted))
			return (uint32_t)head;
	}
	return 0;
}

static void push(struct mp__arena_list_shm *list, mp__ref ref)
{
	_Atomic uint32_t *next = mp__at(ref);
	uint64_t head = atomic_load(&list->head);
	uint64_t wanted;

	do {
		atomic_store(next, (uint32_t)head);
		wanted = ((head >> 32) + 1) << 32 | ref;
	} while (!atomic_compare_exchange_weak(&list->head, &head, wanted));
}

static mp__ref take_new(uint64_t units)
{
	uint64_t last = mp__arena->bytes / MP__ARENA_UNIT;
	uint64_t end = atomic_load(&mp__arena->end);

	do {
		if (units > last - end)
			return 0;
	} while (!atomic_compare_exchange_weak(&mp__arena->end, &end,
					       end + units));
	return (mp__ref)end;
}

mp__ref mp__arena_alloc(size_t bytes)
{
	uint64_t units = (bytes + MP__ARENA_UNIT - 1) / MP__ARENA_UNIT;
	mp__ref ref = 0;

	if (units > 0 && bytes < mp__arena->bytes) {
		unsigned class = class_of(units);
		ref = pop(&mp__arena->free[class]);
		if (ref)
			memset(mp__at(ref), 0, units * MP__ARENA_UNIT);
		else
			ref = take_new(units_of_class(class));
	}
	if (!ref) {
		mp__fail(MP_EMEMORY, "no %zu bytes of shared memory are left",
			 bytes);
		return 0;
	}
	atomic_fetch_add_explicit(&mp__arena->blocks, 1, memory_order_relaxed);
	return ref;
}

void mp__arena_free(mp__ref ref, size_t bytes)
{
	if (!ref)
		return;
	uint64_t units = (bytes + MP__ARENA_UNIT - 1) / MP__ARENA_UNIT;
	push(&mp__arena->free[class_of(units)], ref);
	atomic_fetch_sub_explicit(&mp__arena->blocks, 1, memory_order_relaxed);
}
