#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "queues/ring.h"

#include <string.h>

#include "operation/park.h"

void mp__ring_put(struct mp__ring_shm *ring, uint64_t at, const void *bytes,
		  size_t count)
{
	if (count == 0)
		return;
	size_t place = at % MP__RING_BYTES_SHARED;
	size_t first = MP__RING_BYTES_SHARED - place;

	if (first > count)
		first = count;
	memcpy(ring->bytes + place, bytes, first);
	memcpy(ring->bytes, (const char *)bytes + first, count - first);
}

void mp__ring_get(const struct mp__ring_shm *ring, uint64_t at, void *bytes,
		  size_t count)
{
	if (count == 0)
		return;
	size_t place = at % MP__RING_BYTES_SHARED;
	size_t first = MP__RING_BYTES_SHARED - place;

	if (first > count)
		first = count;
	memcpy(bytes, ring->bytes + place, first);
	memcpy((char *)bytes + first, ring->bytes, count - first);
}

/* Who is about to sleep sets the word and looks once more; who changes something does
 * so first and looks at the word then. One of the two sees the other. */
static void wake(_Atomic uint32_t *sleeps)
{
	if (atomic_load(sleeps) && atomic_exchange(sleeps, 0))
		mp__wake_word(sleeps, 1);
}

void mp__ring_publish(struct mp__ring_shm *ring, uint64_t written)
{
	atomic_store(&ring->written, written);
	wake(&ring->wants_data);
}

void mp__ring_free(struct mp__ring_shm *ring, uint64_t read)
{
	atomic_store(&ring->read, read);
	wake(&ring->wants_room);
}
