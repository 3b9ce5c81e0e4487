/* queues/ring.h - the shared part of a queue: bytes in order, as in a pipe
 *
 * 64 KiB, as much as Linux gives a pipe. One process at a time writes (it has the
 * write lock), one at a time reads. What is written becomes visible by one store,
 * a whole frame at once if it fits, so a process killed while it writes leaves
 * nothing torn; only a frame larger than the room there is goes in pieces. */
#ifndef MP_QUEUES_RING_H
#define MP_QUEUES_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP__RING_BYTES_SHARED 65536u

struct mp__ring_shm {
	_Alignas(64) _Atomic uint64_t written;	/* bytes, since the beginning */
	_Atomic uint32_t wants_room;		/* futex: the writer sleeps */
	_Atomic uint32_t needed;		/* room the writer waits for */
	_Alignas(64) _Atomic uint64_t read;
	_Atomic uint32_t wants_data;		/* futex: the reader sleeps */
	_Atomic uint32_t is_partial;		/* it has begun a frame that is
						 * not all there */
	_Alignas(64) unsigned char bytes[MP__RING_BYTES_SHARED];
};

/* What stands before each item. */
struct mp__frame {
	uint32_t length;	/* of the item that follows */
	uint32_t number;	/* of the item in its queue */
};

static inline uint32_t mp__ring_used(const struct mp__ring_shm *ring)
{
	return (uint32_t)(atomic_load(&ring->written) - atomic_load(&ring->read));
}

static inline uint32_t mp__ring_room(const struct mp__ring_shm *ring)
{
	return MP__RING_BYTES_SHARED - mp__ring_used(ring);
}

/* mp__ring_put - append as many bytes as there is room for, not yet visible
 * at       behind what is visible
 * Only who has the write lock. */
void mp__ring_put(struct mp__ring_shm *ring, uint64_t at, const void *bytes,
		  size_t count);

/* mp__ring_publish - make everything up to there visible, and wake the reader */
void mp__ring_publish(struct mp__ring_shm *ring, uint64_t written);

/* mp__ring_get - copy bytes that are visible. Only who has the read lock. */
void mp__ring_get(const struct mp__ring_shm *ring, uint64_t at, void *bytes,
		  size_t count);

/* mp__ring_free - the bytes up to there have been taken; wake the writer */
void mp__ring_free(struct mp__ring_shm *ring, uint64_t read);

#endif
