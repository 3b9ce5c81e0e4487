#include "config.h"

#include "value/block.h"

#include <stdlib.h>

void mp__block_drop(struct mp__value_block *block, uint32_t count)
{
	if (atomic_load_explicit(&block->live, memory_order_acquire) == count
	    || atomic_fetch_sub_explicit(&block->live, count,
					 memory_order_acq_rel) == count)
		free(block);
}

/* While it is filled all its places count as live, so that nobody who gives up the
 * first values frees it. */
static struct mp__value_block *begin(size_t expected)
{
	uint32_t size = expected < MP__BLOCK_VALUES ? (uint32_t)expected
						    : MP__BLOCK_VALUES;
	struct mp__value_block *block =
		malloc(sizeof(*block) + size * sizeof(struct mp_value));

	if (!block)
		return NULL;
	atomic_init(&block->live, size);
	block->used = 0;
	block->size = size;
	return block;
}

void mp__block_end(struct mp__value_block *block)
{
	if (block && block->used < block->size)
		mp__block_drop(block, block->size - block->used);
}

struct mp_value *mp__block_int(struct mp__value_block **block, int64_t number,
			       size_t expected)
{
	struct mp__value_block *here = *block;

	if (mp__is_small(number))
		return mp_int(number);
	if (!here || here->used == here->size) {
		*block = here = expected > 1 ? begin(expected) : NULL;
		if (!here)
			return mp_int(number);
	}
	struct mp_value *value = &here->values[here->used++];
	atomic_init(&value->references, 1);
	value->type = MP_TYPE_INT;
	value->is_wide = false;
	value->place = (uint16_t)here->used;
	value->len = 0;
	value->as.integer = number;
	return value;
}
