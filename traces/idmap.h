/* traces/idmap.h - a small hash table from ids to pointers
 *
 * Ids come from counters, but a damaged trace may hold any. Nothing is ever
 * taken out; a zeroed map is an empty one. */
#ifndef TRACE_IDMAP_H
#define TRACE_IDMAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct trace_idmap_entry {
	uint32_t id;
	void *value;			/* NULL: the entry is free */
};

struct trace_idmap {
	struct trace_idmap_entry *entries;
	uint32_t size, used;		/* size is a power of two, or 0 */
};

static inline struct trace_idmap_entry *
trace_idmap_entry(const struct trace_idmap *map, uint32_t id)
{
	uint32_t i = (uint32_t)(id * UINT32_C(2654435769)) & (map->size - 1);

	while (map->entries[i].value && map->entries[i].id != id)
		i = (i + 1) & (map->size - 1);
	return &map->entries[i];
}

static inline void *trace_idmap_get(const struct trace_idmap *map, uint32_t id)
{
	return map->size ? trace_idmap_entry(map, id)->value : NULL;
}

static inline bool trace_idmap_grow(struct trace_idmap *map)
{
	struct trace_idmap bigger = { .size = map->size ? map->size * 2 : 64,
				      .used = map->used };

	bigger.entries = calloc(bigger.size, sizeof(*bigger.entries));
	if (!bigger.entries)
		return false;
	for (uint32_t i = 0; i < map->size; i++)
		if (map->entries[i].value)
			*trace_idmap_entry(&bigger, map->entries[i].id) =
				map->entries[i];
	free(map->entries);
	*map = bigger;
	return true;
}

/* trace_idmap_put - remember a value, not NULL; false: no memory */
static inline bool trace_idmap_put(struct trace_idmap *map, uint32_t id,
				   void *value)
{
	if (map->used * 2 >= map->size && !trace_idmap_grow(map))
		return false;
	struct trace_idmap_entry *entry = trace_idmap_entry(map, id);
	map->used += !entry->value;
	*entry = (struct trace_idmap_entry){ id, value };
	return true;
}

static inline void trace_idmap_free(struct trace_idmap *map)
{
	free(map->entries);
	*map = (struct trace_idmap){ 0 };
}

#endif
