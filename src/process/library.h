/* process/library.h - the library as a whole: its start, and its hooks */
#ifndef MP_PROCESS_LIBRARY_H
#define MP_PROCESS_LIBRARY_H

#include <stdint.h>
#include <sys/types.h>

/* Tell the recorder about a new process, so that it sees its death. */
void mp__library_watch(uint32_t process, pid_t pid, int pidfd);

/* The program's own fork hooks (mp_fork_hooks). */
void mp__library_before_fork(void);
void mp__library_after_fork(void);
void mp__library_child_hooks(void);

#endif
