#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fork.h"
#include "managers/managers.h"
#include "process/process.h"

/* Servers this process knows. */

MP__PER_PROCESS struct mp__place *mp__places;

static bool has_key(const struct mp__place *place, const void *key, size_t size)
{
	return !key || (place->key && place->key_size == size
			&& memcmp(place->key, key, size) == 0);
}

/* With another key it is not the same: who says so has to show it. */
static struct mp__place *find_place(const char *address, const void *key,
				    size_t key_size)
{
	struct mp__place *place = mp__places;

	while (place && (strcmp(place->address, address) != 0
			 || !has_key(place, key, key_size)))
		place = place->next;
	return place;
}

/* The manager's part of the arena, if it is the same and the token tells the truth. */
static mp__ref shm_of(const struct mp__token *token)
{
	uint64_t first = sizeof(*mp__arena) / MP__ARENA_UNIT;

	if (!token->family || token->family != mp__arena->family
	    || token->shm <= first
	    || token->shm >= atomic_load(&mp__arena->end))
		return 0;
	const struct mp__object_shm *head = mp__at(token->shm);
	return head->id == token->manager && head->kind == TRACE_OBJECT_MANAGER
		       ? token->shm
		       : 0;
}

/* If it is no more there may be something else now. */
struct mp__manager_shm *mp__place_shm(const struct mp__place *place)
{
	struct mp__manager_shm *shm = place->shm ? mp__at(place->shm) : NULL;

	return shm && shm->head.id == place->manager
			       && shm->head.kind == TRACE_OBJECT_MANAGER
		       ? shm
		       : NULL;
}

static void learn(struct mp__place *place, const struct mp__token *token)
{
	place->manager = token->manager;
	place->token_shm = token->shm;
	place->family = token->family;
	place->shm = shm_of(token);
	if (place->shm)
		place->id = token->manager;
}

static bool set_key(struct mp__place *place, const void *key, size_t size)
{
	void *copy = malloc(size + 1);

	if (!copy)
		return false;
	memcpy(copy, key, size);
	free(place->key);
	place->key = copy;
	place->key_size = size;
	return true;
}

static struct mp__place *new_place(const struct mp__token *token)
{
	struct mp__place *place = calloc(1, sizeof(*place)), **last = &mp__places;

	if (!place)
		return NULL;
	memcpy(place->address, token->address, sizeof(place->address));
	learn(place, token);
	while (*last)
		last = &(*last)->next;
	*last = place;
	return place;
}

struct mp__place *mp__place_find(const struct mp__token *token, const void *key,
				 size_t key_size)
{
	pthread_mutex_lock(&mp__lines);
	struct mp__place *place = find_place(token->address, key, key_size);
	if (!place)
		place = new_place(token);
	else if (token->family && token->manager != place->manager)
		learn(place, token);	/* another one serves there now */
	if (place && key && !place->key && !set_key(place, key, key_size))
		place = NULL;
	pthread_mutex_unlock(&mp__lines);
	if (!place)
		mp__fail(MP_EMEMORY, "no memory for a manager");
	return place;
}
