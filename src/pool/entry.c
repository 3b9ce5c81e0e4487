#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>

#include "base/error.h"
#include "pool/pool.h"

/* The tasks that are in the ring or with a worker, and the words in shared memory on
 * which those sleep who wait for a result. */

#define FIRST_ENTRIES 64u
#define SLAB_UNITS 64u
#define SLAB_WORDS (SLAB_UNITS * MP__POOL_WORDS)

static int more_entries(struct mp_pool *pool)
{
	uint32_t before = pool->entries_size;
	uint32_t size = before ? before * 2 : FIRST_ENTRIES;
	struct mp__pool_entry *entries =
		reallocarray(pool->entries, size, sizeof(*entries));

	if (!entries)
		return mp__fail(MP_EMEMORY, "no memory for %u tasks", size);
	for (uint32_t i = size; i-- > before;) {
		entries[i] = (struct mp__pool_entry){
			.next_free = pool->free_entry,
		};
		pool->free_entry = i + 1;
	}
	pool->entries = entries;
	pool->entries_size = size;
	return 0;
}

uint32_t mp__pool_entry_new(struct mp_pool *pool)
{
	if (!pool->free_entry && more_entries(pool) < 0)
		return UINT32_MAX;
	uint32_t place = pool->free_entry - 1;
	pool->free_entry = pool->entries[place].next_free;
	return place;
}

/* What comes out of shared memory is looked at before it is believed. */
struct mp__pool_entry *mp__pool_entry(struct mp_pool *pool, uint64_t id)
{
	uint32_t place = (uint32_t)(id >> 32);

	if (place >= pool->entries_size)
		return NULL;
	struct mp__pool_entry *entry = &pool->entries[place];
	return entry->job && entry->number == (uint32_t)id ? entry : NULL;
}

void mp__pool_entry_free(struct mp_pool *pool, struct mp__pool_entry *entry)
{
	struct mp__ring_shm *ring = mp__at(pool->shm->tasks);

	if (entry->block) {
		mp__arena_free(entry->block, entry->block_bytes);
		atomic_fetch_sub(&pool->shm->task_bytes, entry->block_bytes);
		mp__pool_wake(&ring->wants_room);
	}
	*entry = (struct mp__pool_entry){ .next_free = pool->free_entry };
	pool->free_entry = (uint32_t)(entry - pool->entries) + 1;
}

/* ---- words ---- */

static int more_words(struct mp_pool *pool)
{
	uint32_t count = pool->slab_count + 1;
	mp__ref *slabs = reallocarray(pool->slabs, count, sizeof(*slabs));
	uint32_t *words;

	if (slabs)
		pool->slabs = slabs;
	words = reallocarray(pool->free_words, count,
			     SLAB_WORDS * sizeof(*words));
	if (words)
		pool->free_words = words;
	if (!slabs || !words)
		return mp__fail(MP_EMEMORY, "no memory for a result");
	slabs[count - 1] = mp__arena_alloc((size_t)SLAB_UNITS * MP__ARENA_UNIT);
	if (!slabs[count - 1])
		return MP_EMEMORY;
	for (uint32_t i = 0; i < SLAB_WORDS; i++)
		words[pool->free_count++] =
			pool->slab_count * SLAB_WORDS + SLAB_WORDS - 1 - i;
	pool->slab_count = count;
	return 0;
}

int mp__pool_word_new(struct mp_async_result *job)
{
	struct mp_pool *pool = job->pool;

	if (pool->free_count == 0 && more_words(pool) < 0)
		return MP_EMEMORY;
	uint32_t word = pool->free_words[--pool->free_count];
	job->word_ref = pool->slabs[word / SLAB_WORDS]
			+ word % SLAB_WORDS / MP__POOL_WORDS;
	job->word_place = word % MP__POOL_WORDS;
	atomic_store(mp__pool_word(job), MP__WORD_PENDING);
	return 0;
}

void mp__pool_word_free(struct mp_async_result *job)
{
	struct mp_pool *pool = job->pool;

	for (uint32_t i = pool->slab_count; job->word_ref && i-- > 0;) {
		uint32_t unit = job->word_ref - pool->slabs[i];
		if (job->word_ref < pool->slabs[i] || unit >= SLAB_UNITS)
			continue;
		pool->free_words[pool->free_count++] =
			i * SLAB_WORDS + unit * MP__POOL_WORDS + job->word_place;
		job->word_ref = 0;
	}
}
