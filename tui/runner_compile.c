#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/runner_compile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tui/buffer.h"
#include "tui/lesson.h"
#include "tui/paths.h"
#include "tui/say.h"

extern char **environ;

/* ---- running a tool ---- */

static int spawn_into(char *const *argv, int output, bool errors, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, errors ? 1 : 2, "/dev/null",
					 O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, errors ? 2 : 1);
	int error = posix_spawnp(pid, argv[0], &actions, &attributes, argv,
				 environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static char *read_to_end(int fd)
{
	struct ui_buffer text = { 0 };
	char block[4096];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n > 0)
			ui_buffer_add(&text, block, (size_t)n);
		else if (errno != EINTR)
			break;
	}
	return ui_buffer_take(&text);
}

char *ui_capture(char *const *argv, bool errors, int *status)
{
	int ends[2], how;
	pid_t pid;

	*status = 127;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return ui_strdup("");
	int error = spawn_into(argv, ends[1], errors, &pid);
	close(ends[1]);
	char *text = read_to_end(ends[0]);
	close(ends[0]);
	if (error)
		return text;
	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return text;
	*status = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
	return text;
}

/* ---- the source ---- */

static int is_c_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 2 && strcmp(entry->d_name + length - 2, ".c") == 0;
}

static char *only_c_file(const char *folder, char *error, size_t error_size)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_c_file, alphasort);
	char *path = NULL;

	if (count == 1)
		path = ui_format("%s/%s", folder, entries[0]->d_name);
	else if (count > 1)
		snprintf(error, error_size,
			 _("%s has %d C files; name the lesson's own one like "
			   "the folder"), folder, count);
	else
		snprintf(error, error_size, _("there is no C file in %s"),
			 folder);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return path;
}

char *lesson_source(const struct lesson *lesson, char *error,
		    size_t error_size)
{
	char *path = ui_format("%s/%s.c", lesson->folder, lesson->slug);

	if (access(path, F_OK) == 0)
		return path;
	for (char *p = path + strlen(lesson->folder); *p; p++)
		if (*p == '-')
			*p = '_';
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return only_c_file(lesson->folder, error, error_size);
}

/* ---- the compiler ---- */

struct words {
	char **list;
	size_t count;
};

static void add_word(struct words *w, char *word)
{
	w->list = ui_realloc(w->list, (w->count + 2) * sizeof(*w->list));
	w->list[w->count++] = word;
	w->list[w->count] = NULL;
}

static void free_words(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->list[i]);
	free(w->list);
}

/* pkg-config puts a backslash before a space that belongs to a word. */
static void add_flags(struct words *w, const char *flags)
{
	struct ui_buffer word = { 0 };

	for (const char *p = flags; ; p++) {
		if (*p == '\\' && p[1])
			ui_buffer_add(&word, ++p, 1);
		else if (*p && !strchr(" \n\t", *p))
			ui_buffer_add(&word, p, 1);
		else if (word.length > 0)
			add_word(w, ui_buffer_take(&word));
		if (!*p)
			break;
	}
	ui_buffer_finish(&word);
}

/* Where the library is. Its folder goes into the program, too, so that one in
 * /usr/local or in a home is found when it runs. */
static bool add_library(struct words *w, char *error, size_t error_size)
{
	char *flags[] = { "pkg-config", "--cflags", "--libs", "forkscope", NULL };
	char *place[] = { "pkg-config", "--variable=libdir", "forkscope", NULL };
	int status;

	if (ui_in_build_tree()) {
		add_word(w, ui_format("-I%s", ui_build_includedir()));
		add_word(w, ui_format("-L%s", ui_build_libdir()));
		add_word(w, ui_format("-Wl,-rpath,%s", ui_build_libdir()));
		add_word(w, ui_strdup("-lforkscope"));
		return true;
	}
	char *text = ui_capture(flags, false, &status);
	if (status == 0)
		add_flags(w, text);
	free(text);
	if (status != 0) {
		snprintf(error, error_size,
			 status == 127 ? _("pkg-config is missing; install it "
					   "to compile lessons")
				       : _("pkg-config does not know forkscope;"
					   " let PKG_CONFIG_PATH name the folder"
					   " of forkscope.pc"));
		return false;
	}
	text = ui_capture(place, false, &status);
	char *folder = ui_trimmed(text, text + strlen(text));
	if (*folder)
		add_word(w, ui_format("-Wl,-rpath,%s", folder));
	free(folder);
	free(text);
	return true;
}

/* The first line that tells of an error; the others follow from it, often. */
static void tell_first_error(const char *report, const char *log, char *error,
			     size_t error_size)
{
	const char *at = strstr(report, "undefined reference");
	const char *mistake = strstr(report, "error:");

	/* The linker's last word is an error, too, but says nothing. */
	if (mistake && (!at || mistake < at))
		at = mistake;
	if (!at)
		at = report;
	while (at > report && at[-1] != '\n')
		at--;
	snprintf(error, error_size, _("%.*s; the whole report is in %s"),
		 (int)strcspn(at, "\n"), at, log);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		unlink(path);
	close(fd);
}

/* Compiled beside, then renamed: a program that runs is never written into. */
static bool compile(const char *source, const char *program, char *error,
		    size_t error_size)
{
	const char *cc = getenv("CC");
	struct words w = { 0 };
	int status = 127;

	add_flags(&w, cc && *cc ? cc : "cc");
	add_flags(&w, "-std=gnu11 -g -O1 -Wall "
		      "-Werror=implicit-function-declaration -o");
	char *fresh = ui_format("%s.new", program);
	char *log = ui_format("%s.log", program);
	add_word(&w, ui_strdup(fresh));
	add_word(&w, ui_strdup(source));
	bool good = add_library(&w, error, error_size);
	if (good) {
		char *report = ui_capture(w.list, true, &status);
		write_file(log, report);
		if (status == 127)
			snprintf(error, error_size,
				 _("the compiler %s cannot be run; install gcc "
				   "or let CC name one"), w.list[0]);
		else if (status != 0)
			tell_first_error(report, log, error, error_size);
		free(report);
		good = status == 0 && rename(fresh, program) == 0;
		if (status == 0 && !good)
			snprintf(error, error_size, _("%s cannot be written: "
						      "%m"), program);
	}
	free_words(&w);
	free(fresh);
	free(log);
	return good;
}

static bool is_newer(const char *file, const char *than)
{
	struct stat a, b;

	if (stat(file, &a) < 0 || stat(than, &b) < 0)
		return false;
	return a.st_mtim.tv_sec != b.st_mtim.tv_sec
		       ? a.st_mtim.tv_sec > b.st_mtim.tv_sec
		       : a.st_mtim.tv_nsec > b.st_mtim.tv_nsec;
}

/* One program for each source: FNV-1a of its path tells them apart. */
static char *cached_program(const struct lesson *lesson, const char *source)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	char *cache = ui_cache_folder();

	if (!cache)
		return NULL;
	for (const char *p = source; *p; p++)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	char *path = ui_format("%s/%s-%016llx%s", cache, lesson->slug,
			       (unsigned long long)hash,
			       ui_in_build_tree() ? "-build" : "");
	free(cache);
	return path;
}

static char *compiled_program(const struct lesson *lesson, char *error,
			      size_t error_size)
{
	char *source = lesson_source(lesson, error, error_size);

	if (!source)
		return NULL;
	char *program = cached_program(lesson, source);
	if (!program)
		snprintf(error, error_size, _("there is no folder for compiled "
					      "lessons: %m; let XDG_CACHE_HOME "
					      "name one"));
	else if (!is_newer(program, source)
		 && !compile(source, program, error, error_size)) {
		free(program);
		program = NULL;
	}
	free(source);
	return program;
}

char *lesson_program(const struct lesson *lesson, char *error,
		     size_t error_size)
{
	char *folder = ui_base_name(lesson->folder);
	char *program = lesson->number
				? ui_lesson_program(folder, lesson->slug)
				: NULL;

	free(folder);
	return program ? program
		       : compiled_program(lesson, error, error_size);
}
