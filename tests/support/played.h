/* tests/support/played.h - recordings without the library
 *
 * The recorded program is always a child of the test: it starts a companion,
 * plays some processes, and ends; then the trace is looked at. */
#ifndef TESTS_SUPPORT_PLAYED_H
#define TESTS_SUPPORT_PLAYED_H

#include <sys/types.h>

#include "companion/companion.h"
#include "tests/support/ring_writer.h"

/* A checked fixture: a folder, and the name of a trace in it. */
extern char *folder;
extern const char *path;
void played_begin(void);
void played_end(void);

/* ---- the program's side ---- */

extern struct mp__companion companion;
extern struct ring_writer m;		/* its main agent */

/* Start the companion; ring_bytes 0: as many as usual. */
int begin(size_t ring_bytes);
/* Tell of a new process. */
void announce(uint32_t process, const char *name);
/* A child that is process and agent `id`; body's result is its exit code. */
pid_t child(uint32_t id, const char *name,
	    int (*body)(struct ring_writer *writer));
void join(uint32_t id, pid_t pid);
/* Returns the code. */
int say_exit(int code);

/* A program: main with one child, two ticks each. */
int ordinary(void);

/* ---- the test's ---- */

#define WAIT_NS (INT64_C(20) * 1000000000)

/* Run a program to its end, and wait for its trace. Returns its wait status. */
int run(int (*program)(void));

#endif
