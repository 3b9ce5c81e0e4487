#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

/* In the child: becomes the program. */
static void become(const struct screen_options *options)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 1; i < 32; i++)
		signal(i, SIG_DFL);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("LANGUAGE");
	unsetenv("NO_COLOR");
	unsetenv("LINES");
	unsetenv("COLUMNS");
	for (char *const *e = options->environment; e && *e; e++)
		putenv(*e);
	if (options->stdin_null) {
		int fd = open("/dev/null", O_RDONLY);

		dup2(fd, STDIN_FILENO);
		close(fd);
	}
	execv(options->argv[0], options->argv);
	_exit(127);
}

void session_lead(const struct screen_options *options, int slave, int report)
{
	int status;
	pid_t pid;

	if (login_tty(slave) < 0)
		_exit(126);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		tcsetpgrp(STDIN_FILENO, getpid());
		become(options);
	}
	if (write(report, &pid, sizeof(pid)) != sizeof(pid))
		_exit(126);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) :
				  128 + WTERMSIG(status));
}

/* Field 3 of /proc/PID/stat. */
char session_state(pid_t pid)
{
	char name[64], state = '?';
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	file = fopen(name, "r");
	if (!file)
		return state;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(file);
	return state;
}

long session_cpu_ticks(pid_t pid)
{
	char name[64];
	long user = 0, system = 0;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	file = fopen(name, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u "
		   "%*u %*u %ld %ld", &user, &system) != 2)
		user = system = 0;
	fclose(file);
	return user + system;
}
