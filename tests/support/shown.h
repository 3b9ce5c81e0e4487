/* tests/support/shown.h - the program in a terminal, for the suites that look at it
 *
 * FORKSCOPE names the program, LESSON_BIN_DIR says that lessons are built. */
#ifndef TESTS_SUPPORT_SHOWN_H
#define TESTS_SUPPORT_SHOWN_H

#include "tests/support/screen.h"

/* A checked fixture: a trace of a story. Afterwards the program is ended. */
extern struct screen *screen;
extern char *program;
extern char path[64];
void shown_begin(void);
void shown_end(void);

/* Replay the trace on 80x24, with one argument more, or NULL. */
void start(char *const *environment, char *extra);
/* The text comes up on the screen. */
void see(const char *text);
/* What a terminal must look like after any program has left it. */
void check_restored(void);

#endif
