/* tests/support/command.h - run the real program as users and scripts do
 *
 * $FORKSCOPE, else ABS_TOP_BUILDDIR/forkscope. */
#ifndef TESTS_SUPPORT_COMMAND_H
#define TESTS_SUPPORT_COMMAND_H

#include <stddef.h>

#define COMMAND_FOLDER_BYTES 32

extern char folder[COMMAND_FOLDER_BYTES];	/* of this test; we are in it */
extern char *program;

/* Of the last run. */
struct result {
	int status;
	char *out, *err;
};
extern struct result last;

/* A checked fixture: a folder of its own, no settings of the user's. */
void command_begin(void);
void command_end(void);

/* Arguments up to NULL. Returns the exit status. */
int run(const char *argument, ...);
int run_argv(const char *output, char *const *argv);

void ck_contains(const char *text, const char *part);

/* One line that begins as it should, nothing on stdout, and no colours. */
void ck_complaint(const char *begin, const char *part);

void write_file(const char *path, const char *bytes, size_t length);

/* A lesson of ours in ./mine, compiled; returns its program. */
char *make_program(void);

#endif
