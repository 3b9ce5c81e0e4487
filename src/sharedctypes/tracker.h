/* sharedctypes/tracker.h - names of shared memory that nobody may forget
 * Python: multiprocessing.resource_tracker
 *
 * The names this program has made are listed in the arena. A process of the
 * library's own, which the program does not see, waits until the last process
 * of the program is gone, however it went, and then takes away what is still
 * in the list. */
#ifndef MP_SHAREDCTYPES_TRACKER_H
#define MP_SHAREDCTYPES_TRACKER_H

#define MP__TRACKED_NAME 240
#define MP__TRACKED_FILE "="

/* mp__tracker_add - remember that the name exists, which has just been made
 * name     of shared memory; or of a file: MP__TRACKED_FILE and its path. The folder
 *          of a file goes, too, if it was made for it ("pymp-...")
 * Returns 0; MP_EMEMORY; MP_EOS (no process for the tracker) */
int mp__tracker_add(const char *name);

/* mp__tracker_remove - the name exists no more */
void mp__tracker_remove(const char *name);

#endif
