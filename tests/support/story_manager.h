/* tests/support/story_manager.h - small traces of a manager and its clients: always the
 * same, to the nanosecond */
#ifndef TESTS_SUPPORT_STORY_MANAGER_H
#define TESTS_SUPPORT_STORY_MANAGER_H

/* Each replaces a file that exists. 0, or -1 and the reason is printed.
 *
 * Agents: 1 main, 2 the server SyncManager-1, 3 Ann, 4 Bob; 11, 12, 13 the threads of the
 * server for main, Ann and Bob. Objects: 21 manager, 22 its list "names", 23 its lock
 * "door". */

/* Ann takes the managed lock, appends to the managed list, and sleeps; Bob wants the
 * lock, and gets it when she is done */
int story_manager(const char *path);
/* The same, but Ann waits for the end of Bob, who waits for the lock she has: a ring
 * through the server; at 2 s all are killed */
int story_manager_ring(const char *path);

#endif
