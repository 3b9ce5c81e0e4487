/* tests/support/rerun.h - programs to be recorded, kept inside the test
 *
 * A recording begins before main, so the test executes itself anew: with a
 * program's name as argument it is that program. */
#ifndef TESTS_SUPPORT_RERUN_H
#define TESTS_SUPPORT_RERUN_H

#include <check.h>
#include <stdbool.h>
#include <sys/types.h>

struct rerun_program {
	const char *name;
	int (*main)(const char *argument);
};

/* In main: be the program that the arguments name. Returns its exit code, or -1:
 * we are the test. The table ends with a row without name. */
int rerun_be(int argc, char **argv, const struct rerun_program *programs);

/* All that main does: be that program, or run the suite. The exit code. */
int rerun_main(int argc, char **argv, const struct rerun_program *programs,
	       Suite *(*make_suite)(void));

struct rerun {
	char folder[64];	/* of its own, removed by rerun_end */
	char trace[96];		/* a file in it that does not exist yet */
	pid_t pid;
	int out_fd, err_fd;
	int status;		/* as waitpid(2) */
	char *out, *err;	/* all it has printed */
	double quiet_s;		/* it prints nothing for so long, and is well */
};

/* rerun_begin - make the folder. Then the trace may be prepared. */
void rerun_begin(struct rerun *run);

/* rerun_start - start a program; trace NULL: it is not recorded. Lines leave it at
 * once, as on a terminal. */
void rerun_start(struct rerun *run, const char *trace, const char *program,
		 const char *argument);

/* rerun_wait - wait for its first process; its children may go on */
void rerun_wait(struct rerun *run);

/* rerun_finish - read what it prints up to the end, wait for it, and until the
 * trace is closed. Returns what trace_wait_closed does. */
int rerun_finish(struct rerun *run);

/* The four in one, recorded. */
void rerun(struct rerun *run, const char *program, const char *argument);

void rerun_end(struct rerun *run);

/* rerun_ask - the answer to an SQL question, as "a|b\nc|d"; NULL is "-"
 * Lives until the next question but three. An error is the answer, too. */
const char *rerun_ask(const struct rerun *run, const char *sql);

/* rerun_see - ask again and again while it is being recorded, until that is the
 * answer; false: it was not within 20 s */
bool rerun_see(const struct rerun *run, const char *sql, const char *answer);

#endif
