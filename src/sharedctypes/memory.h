/* sharedctypes/memory.h - SharedMemory, as ShareableList uses it
 * Python: multiprocessing.shared_memory   Lessons: - */
#ifndef MP_SHAREDCTYPES_MEMORY_H
#define MP_SHAREDCTYPES_MEMORY_H

#include "mp.h"

/* mp__memory_id - its object in the trace */
uint32_t mp__memory_id(const struct mp_memory *memory);

#endif
