#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/reader-private.h"
#include "traces/sanitize.h"

/* Strings live in blocks that are never moved. A trace that is being recorded is
 * read again and again; as equal strings are kept once, that costs no memory. */

#define BLOCK_BYTES 16384

struct trace_block {
	struct trace_block *next;
	size_t used, size;
	char bytes[];
};

static char *take(struct trace_pool *pool, size_t size)
{
	struct trace_block *block = pool->blocks;

	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;

		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		block->next = pool->blocks;
		block->used = 0;
		block->size = room;
		pool->blocks = block;
	}
	char *place = block->bytes + block->used;
	block->used += size;
	return place;
}

static const char **entry_of(const struct trace_pool *pool, const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (const char *s = text; *s; s++)
		hash = (hash ^ (unsigned char)*s) * UINT64_C(1099511628211);
	size_t i = (size_t)(hash ^ hash >> 32) & (pool->size - 1);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): grow replaces what it frees */
	while (pool->table[i] && strcmp(pool->table[i], text) != 0)
		i = (i + 1) & (pool->size - 1);
	return &pool->table[i];
}

static bool grow(struct trace_pool *pool)
{
	struct trace_pool bigger = *pool;

	bigger.size = pool->size ? pool->size * 2 : 256;
	bigger.table = calloc(bigger.size, sizeof(*bigger.table));
	if (!bigger.table)
		return false;
	for (size_t i = 0; i < pool->size; i++)
		if (pool->table[i])
			*entry_of(&bigger, pool->table[i]) = pool->table[i];
	free(pool->table);
	*pool = bigger;
	return true;
}

/* Out of memory gives "": a name that is missing is no reason to give up. */
const char *trace_pool_keep(struct trace_pool *pool, const char *text)
{
	if (!*text)
		return "";
	if (pool->used * 2 >= pool->size && !grow(pool))
		return "";
	const char **entry = entry_of(pool, text);
	if (!*entry) {
		size_t size = strlen(text) + 1;
		char *copy = take(pool, size);

		if (!copy)
			return "";
		*entry = memcpy(copy, text, size);
		pool->used++;
	}
	return *entry;
}

const char *trace_pool_column(struct trace_pool *pool,
			      struct sqlite3_stmt *rows, int column,
			      size_t longest)
{
	char text[4096];
	size_t length;
	const char *bytes = trace_db_bytes(rows, column, &length);

	trace_sanitize(text, longest < sizeof(text) ? longest : sizeof(text),
		       bytes, length, false);
	return trace_pool_keep(pool, text);
}

const char *trace_pool_lines(struct trace_pool *pool, const char *bytes,
			     size_t length)
{
	size_t size = TRACE_SANITIZED_BYTES(length);
	char *text = take(pool, size);

	if (!text)
		return NULL;
	size_t used = trace_sanitize(text, size, bytes, length, true) + 1;
	pool->blocks->used -= size - used;	/* give back what is left */
	return text;
}

void trace_pool_free(struct trace_pool *pool)
{
	struct trace_block *next;

	for (struct trace_block *block = pool->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	free(pool->table);
	*pool = (struct trace_pool){ 0 };
}

/* ---- lists ---- */

void *trace_list_find(const struct trace_list *list, uint32_t id)
{
	return trace_idmap_get(&list->by_id, id);
}

void *trace_list_get(struct trace_list *list, uint32_t id, size_t size)
{
	void *item = trace_list_find(list, id);

	if (item)
		return item;
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		void **items = realloc(list->items, room * sizeof(*items));

		if (!items)
			return NULL;
		list->items = items;
		list->room = room;
	}
	item = calloc(1, size);
	if (!item || !trace_idmap_put(&list->by_id, id, item)) {
		free(item);
		return NULL;
	}
	return list->items[list->count++] = item;
}

void trace_list_free(struct trace_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	trace_idmap_free(&list->by_id);
	*list = (struct trace_list){ 0 };
}
