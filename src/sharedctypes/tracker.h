/* sharedctypes/tracker.h - names of shared memory that nobody may forget
 * Python: multiprocessing.resource_tracker
 *
 * The names this program has made are listed in the arena. A process of the
 * library's own, which the program does not see, waits until the last process
 * of the program is gone, however it went, and then takes away what is still
 * in the list. */
#ifndef MP_SHAREDCTYPES_TRACKER_H
#define MP_SHAREDCTYPES_TRACKER_H

#include <stdint.h>

#define MP__TRACKED_NAME 240
#define MP__TRACKED_FILE "="

/* A name is noted before it is made, so that nobody can be killed in between. Until
 * mp__tracker_made has been called it may be another program's; then the tracker
 * takes it away only if it is empty, which no memory is that somebody uses. */
struct mp__tracked {
	struct tracked_shm *place;
	uint32_t state;
};

/* mp__tracker_begin - this name is going to be made
 * name     of shared memory; or of a file: MP__TRACKED_FILE and its path. The folder
 *          of a file goes, too, if it was made for it ("pymp-...")
 * Returns 0; MP_EMEMORY; MP_EOS (no process for the tracker) */
int mp__tracker_begin(struct mp__tracked *tracked, const char *name);

/* mp__tracker_made - it exists, and is empty. mp__tracker_drop - it was not made */
void mp__tracker_made(struct mp__tracked *tracked);
void mp__tracker_drop(struct mp__tracked *tracked);

/* mp__tracker_add - both at once: it exists, or is going to, and nobody else's is named
 * so. Returns as mp__tracker_begin */
int mp__tracker_add(const char *name);

/* mp__tracker_remove - the name exists no more */
void mp__tracker_remove(const char *name);

#endif
