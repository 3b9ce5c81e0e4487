/* tui/runner_compile.h - the program of a lesson, compiled if need be */
#ifndef UI_RUNNER_COMPILE_H
#define UI_RUNNER_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

struct lesson;

/* lesson_source - the C file of a lesson's folder, for free(3)
 * It is called as the slug (with _ for -), or is the only one there. NULL with one
 * line in error. */
char *lesson_source(const struct lesson *lesson, char *error,
		    size_t error_size);

/* lesson_program - the program of a lesson, for free(3)
 * The one that came with forkscope; else the source is compiled into the user's
 * cache, if it is newer than what is there. NULL with one line in error, which
 * for a mistake in the program is the compiler's first one. */
char *lesson_program(const struct lesson *lesson, char *error,
		     size_t error_size);

/* ui_capture - run argv (found in PATH), wait, and hand out what it printed
 * errors   what it printed to stderr; else to stdout. The other is thrown away
 * status   receives its exit status; 127 if it could not be run
 * Returns  the text, for free(3); never NULL */
char *ui_capture(char *const *argv, bool errors, int *status);

#endif
