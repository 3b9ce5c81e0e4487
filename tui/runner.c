#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/buffer.h"
#include "tui/lesson.h"
#include "tui/runner_compile.h"
#include "tui/runner_private.h"
#include "tui/say.h"

/* A program is prepared and started; runner_wait.c waits for it. */

extern char **environ;

/* ---- where the trace goes ---- */

static char *absolute(const char *path)
{
	char here[PATH_MAX];

	if (*path == '/' || !getcwd(here, sizeof(here)))
		return ui_strdup(path);
	return ui_format("%s/%s", here, path);
}

static bool choose_trace(struct runner *r, const struct runner_options *options)
{
	const char *temporary = getenv("TMPDIR");

	if (options->trace_path) {
		r->trace = absolute(options->trace_path);
		return runner_make_room(options->trace_path, options->force,
					r->error, sizeof(r->error));
	}
	if (!temporary || *temporary != '/')
		temporary = "/tmp";
	r->folder = ui_format("%s/forkscope-XXXXXX", temporary);
	if (!mkdtemp(r->folder)) {
		snprintf(r->error, sizeof(r->error),
			 _("no folder can be made in %s: %m; let TMPDIR name "
			   "another place, or use -o"), temporary);
		free(r->folder);
		r->folder = NULL;
		return false;
	}
	r->trace = ui_format("%s/%s.fscope", r->folder,
			     r->lesson ? r->lesson->slug : "program");
	return true;
}

/* ---- the environment ---- */

struct environment {
	char **list;
	size_t count;
	size_t inherited;	/* those at the front are not ours to free */
};

static void set_variable(struct environment *e, const char *name,
			 const char *value)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < e->inherited; i++) {
		if (strncmp(e->list[i], name, length) == 0
		    && e->list[i][length] == '=') {
			e->list[i] = e->list[--e->inherited];
			e->list[e->inherited] = e->list[--e->count];
			i--;
		}
	}
	e->list = ui_realloc(e->list, (e->count + 2) * sizeof(char *));
	e->list[e->count++] = ui_format("%s=%s", name, value);
	e->list[e->count] = NULL;
}

static void make_environment(struct environment *e, const struct runner *r,
			     const struct runner_options *options)
{
	char *const *setting = options->settings;

	*e = (struct environment){ 0 };
	while (environ[e->count])
		e->count++;
	e->inherited = e->count;
	e->list = ui_realloc(NULL, (e->count + 1) * sizeof(char *));
	memcpy(e->list, environ, (e->count + 1) * sizeof(char *));
	set_variable(e, "FORKSCOPE_TRACE", r->trace);
	if (options->lossy)
		set_variable(e, "FORKSCOPE_LOSSY", "1");
	/* A lesson prints line by line wherever it is run: it shall not depend
	 * on who looks. */
	if (r->lesson || !options->own_terminal)
		set_variable(e, "FORKSCOPE_STDOUT", "line");
	for (; setting && *setting; setting++) {
		size_t length = strcspn(*setting, "=");
		char *name = ui_format("FORKSCOPE_KNOB_%.*s", (int)length,
				       *setting);
		set_variable(e, name, *setting + length + 1);
		free(name);
	}
}

static void free_environment(struct environment *e)
{
	for (size_t i = e->inherited; i < e->count; i++)
		free(e->list[i]);
	free(e->list);
}

/* ---- starting it ---- */

static void set_attributes(posix_spawnattr_t *a, const struct runner *r)
{
	static const int screen[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE,
				      SIGTSTP, SIGTTIN, SIGTTOU, SIGCHLD,
				      SIGWINCH, SIGCONT, SIGUSR1, SIGUSR2 };
	sigset_t defaults, mask = r->mask;
	short flags = POSIX_SPAWN_SETSIGMASK;

	/* Who runs us under nohup means the program. Our screen's own
	 * settings, though, are none of its business. */
	sigemptyset(&defaults);
	if (!r->own_terminal) {
		for (size_t i = 0; i < sizeof(screen) / sizeof(screen[0]); i++)
			sigaddset(&defaults, screen[i]);
		sigemptyset(&mask);
		flags |= POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP;
		posix_spawnattr_setpgroup(a, 0);
	}
	posix_spawnattr_setsigdefault(a, &defaults);
	posix_spawnattr_setsigmask(a, &mask);
	posix_spawnattr_setflags(a, flags);
}

static int spawn(struct runner *r, const char *program, char *const *argv,
		 char *const *variables)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	set_attributes(&attributes, r);
	if (!r->own_terminal) {
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
						 O_RDONLY, 0);
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null",
						 O_WRONLY, 0);
		posix_spawn_file_actions_adddup2(&actions, 1, 2);
	}
	fflush(stdout);
	int error = posix_spawnp(&r->pid, program, &actions, &attributes, argv,
				 variables);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static bool start(struct runner *r, const struct runner_options *options,
		  const char *program)
{
	char *lesson_argv[] = { (char *)program, NULL };
	struct environment e;
	sigset_t block;

	make_environment(&e, r, options);
	sigprocmask(SIG_SETMASK, NULL, &r->mask);
	if (r->own_terminal) {
		runner_signals(&block);
		sigprocmask(SIG_BLOCK, &block, NULL);
	}
	errno = spawn(r, program, options->lesson ? lesson_argv : options->argv,
		      e.list);
	free_environment(&e);
	if (errno == 0)
		return true;
	r->pid = 0;
	snprintf(r->error, sizeof(r->error),
		 errno == ENOENT ? _("there is no program \"%s\"; name one in "
				     "this folder as ./%s")
				 : _("%s cannot be run: %m"),
		 program, program);
	return false;
}

static bool check_settings(struct runner *r,
			   const struct runner_options *options)
{
	char *const *setting = options->settings;

	for (; r->lesson && setting && *setting; setting++)
		if (!lesson_check_setting(r->lesson, *setting, r->error,
					  sizeof(r->error)))
			return false;
	return true;
}

static bool begin(struct runner *r, const struct runner_options *options)
{
	char *program = NULL;
	bool good = check_settings(r, options);

	if (good && r->lesson) {
		program = lesson_program(r->lesson, r->error, sizeof(r->error));
		good = program != NULL;
	}
	good = good && choose_trace(r, options);
	if (good && r->lesson)
		good = runner_prepare(r->trace, r->lesson, options->settings,
				      r->error, sizeof(r->error));
	if (good && !start(r, options, program ? program : options->argv[0])) {
		if (r->lesson)
			runner_remove(r->trace);
		good = false;
	}
	free(program);
	return good;
}

struct runner *runner_start(const struct runner_options *options, char *error,
			    size_t error_size)
{
	struct runner *r = ui_alloc(sizeof(*r));

	r->lesson = (struct lesson *)options->lesson;
	r->own_terminal = options->own_terminal;
	sigprocmask(SIG_SETMASK, NULL, &r->mask);
	if (begin(r, options))
		return r;
	snprintf(error, error_size, "%s", r->error);
	runner_free(r);
	return NULL;
}
