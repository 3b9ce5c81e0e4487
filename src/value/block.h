/* value/block.h - many integers in one piece of memory
 *
 * What comes by the thousand, as the results of a map do, is made and given up
 * together; one allocation for some forty values is enough. The block lives as long
 * as one value of it, so what somebody keeps for long has a kilobyte at most behind
 * it. */
#ifndef MP_VALUE_BLOCK_H
#define MP_VALUE_BLOCK_H

#include <stddef.h>

#include "value/value.h"

#define MP__BLOCK_VALUES 41u	/* with its head a kilobyte, about */

struct mp__value_block {
	_Atomic uint32_t live;	/* values that are not given up */
	uint32_t used, size;	/* of `values`, while it is being filled */
	char unused[12];
	struct mp_value values[];
};
_Static_assert(sizeof(struct mp__value_block) == sizeof(struct mp_value),
	       "a value's place tells where its block begins");

/* The block of a value whose place is not 0. */
static inline struct mp__value_block *mp__block_of(struct mp_value *value)
{
	return (struct mp__value_block *)(value - value->place);
}

/* mp__block_int - as mp_int, from a block
 * block    the one that is being filled, to begin with NULL; another one takes its
 *          place when it is full. mp__block_end is due for the last one
 * expected so many more will follow */
struct mp_value *mp__block_int(struct mp__value_block **block, int64_t number,
			       size_t expected);

/* mp__block_end - no more will be made from it; NULL is allowed */
void mp__block_end(struct mp__value_block *block);

/* mp__block_drop - so many of its values are given up */
void mp__block_drop(struct mp__value_block *block, uint32_t count);

#endif
