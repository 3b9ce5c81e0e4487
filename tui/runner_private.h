/* tui/runner_private.h - what runner.c (starting) and runner_wait.c share */
#ifndef UI_RUNNER_PRIVATE_H
#define UI_RUNNER_PRIVATE_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tui/runner.h"
#include "tui/runner_trace.h"

struct runner {
	char *trace, *folder;	/* folder: temporary, NULL if there is none */
	struct lesson *lesson;	/* borrowed; NULL: a program */
	pid_t pid;
	bool own_terminal, has_ended, is_over, is_reaped, has_failed;
	int how;		/* as of waitpid(2), once has_ended */
	struct runner_summary summary;
	sigset_t mask;		/* of ours, before the program was started */
	char error[512];
};

/* The signals that are blocked, and waited for, while a program has our terminal. */
void runner_signals(sigset_t *set);

#endif
