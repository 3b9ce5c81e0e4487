#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/runner_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "traces/event.h"
#include "traces/store.h"
#include "traces/wait.h"
#include "tui/buffer.h"
#include "tui/lesson.h"
#include "tui/paths.h"
#include "tui/runner_compile.h"
#include "tui/say.h"

/* ---- before ---- */

void runner_remove(const char *path)
{
	static const char *const ends[] = { "", "-ring", "-spill", "-wal",
					    "-shm", "-journal" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char *file = ui_format("%s%s", path, ends[i]);
		unlink(file);
		free(file);
	}
}

/* An SQLite file carries its application's id at byte 68. Empty files count,
 * too: they hold nothing that could be missed. */
static bool is_trace(const char *path)
{
	static const unsigned char id[] = { 'f', 's', 'c', 'o' };
	unsigned char head[72];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return false;
	bool is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	ssize_t n = is_file ? read(fd, head, sizeof(head)) : -1;
	close(fd);
	return n == 0
	       || (n == sizeof(head) && memcmp(head, "SQLite format 3", 16) == 0
		   && memcmp(head + 68, id, sizeof(id)) == 0);
}

bool runner_make_room(const char *path, bool force, char *error,
		      size_t error_size)
{
	struct stat st;

	if (lstat(path, &st) < 0 && errno == ENOENT)
		return true;
	if (trace_wait_closed(path, 0) == TRACE_WAIT_TIMEOUT)
		snprintf(error, error_size,
			 _("%s is being recorded just now; choose another file "
			   "with -o"), path);
	else if (!force)
		snprintf(error, error_size,
			 _("%s exists; choose another file with -o, or replace "
			   "it with --force"), path);
	else if (!is_trace(path))
		snprintf(error, error_size,
			 _("%s is no trace and is not replaced; choose another "
			   "file with -o"), path);
	else
		return runner_remove(path), true;
	return false;
}

static void add_narratives(struct trace_store *store,
			   const struct lesson *lesson)
{
	static const char *const languages[] = { "en", "zh" };

	for (int i = 0; i < 2; i++) {
		char *path = ui_format("%s/lesson.%s.md", lesson->folder,
				       languages[i]);
		char *markdown = ui_read_file(path, NULL);
		if (markdown)
			trace_store_lesson(store, languages[i], lesson->slug,
					   markdown);
		free(markdown);
		free(path);
	}
}

static void add_source(struct trace_store *store, const char *path,
		       const char *language)
{
	size_t length;
	char *text = ui_read_file(path, &length);

	if (text)
		trace_store_source(store, path, language, text, length);
	free(text);
}

static void add_sources(struct trace_store *store, const struct lesson *lesson)
{
	char ignored[256];
	char *python = ui_format("%s/original.py", lesson->folder);
	char *c = lesson_source(lesson, ignored, sizeof(ignored));

	if (c)
		add_source(store, c, "c");
	add_source(store, python, "python");
	free(python);
	free(c);
}

static void add_knobs(struct trace_store *store, const struct lesson *lesson,
		      char *const *settings)
{
	for (size_t i = 0; i < lesson->knob_count; i++)
		trace_store_knob(store, lesson->knobs[i].name,
				 lesson->knobs[i].values[0], false);
	for (; settings && *settings; settings++) {
		const char *value = strchr(*settings, '=');
		char *name = ui_strndup(*settings, (size_t)(value - *settings));
		trace_store_knob(store, name, value + 1, true);
		free(name);
	}
}

bool runner_prepare(const char *path, const struct lesson *lesson,
		    char *const *settings, char *error, size_t error_size)
{
	struct trace_store *store;

	if (trace_store_create(path, &store, error, error_size) < 0)
		return false;
	trace_store_begin(store);
	add_narratives(store, lesson);
	add_sources(store, lesson);
	add_knobs(store, lesson, settings);
	bool good = trace_store_commit(store) == 0;
	if (!good)
		snprintf(error, error_size, _("%s cannot be written: %s"), path,
			 trace_store_error(store));
	trace_store_close(store, true);
	if (!good)
		runner_remove(path);
	return good;
}

/* ---- after ---- */

static int64_t number_of(struct trace_store *store, const char *key)
{
	char text[32];

	return trace_store_meta(store, key, text, sizeof(text))
		       ? strtoll(text, NULL, 10) : 0;
}

struct late_sources {
	struct trace_store *store;
	const char *name;	/* of the lesson's C file, without folders */
	char *text;
	size_t length;
};

/* Events name the lesson's source as the compiler was told when it was built,
 * which may be on another machine. */
static bool add_late_source(void *user, const char *path)
{
	struct late_sources *late = user;
	char *name = ui_base_name(path);

	if (strcmp(name, late->name) == 0)
		trace_store_source(late->store, path, "c", late->text,
				   late->length);
	free(name);
	return true;
}

static void add_late_sources(struct trace_store *store,
			     const struct lesson *lesson)
{
	char ignored[256];
	char *source = lesson_source(lesson, ignored, sizeof(ignored));

	if (!source)
		return;
	char *name = ui_base_name(source);
	struct late_sources late = { .store = store, .name = name };
	late.text = ui_read_file(source, &late.length);
	if (late.text)
		trace_store_each_missing_source(store, add_late_source, &late);
	free(late.text);
	free(name);
	free(source);
}

static void note_status(struct trace_store *store, int status)
{
	if (WIFSIGNALED(status))
		trace_store_set_main_status(store, -WTERMSIG(status),
					    TRACE_ENDED_BY_SIGNAL);
	else
		trace_store_set_main_status(store, WEXITSTATUS(status),
					    TRACE_ENDED_BY_EXIT);
}

bool runner_finish(const char *path, const struct lesson *lesson, int status,
		   struct runner_summary *out, char *error, size_t error_size)
{
	struct trace_store *store;
	char state[16] = "";

	*out = (struct runner_summary){ 0 };
	if (access(path, F_OK) < 0)
		return true;
	if (trace_store_open(path, &store, error, error_size) < 0)
		return false;
	trace_store_meta(store, "state", state, sizeof(state));
	out->is_recorded = strcmp(state, "prepared") != 0;
	out->events = number_of(store, "events");
	out->lost = number_of(store, "lost");
	bool good = true;
	if (out->is_recorded) {
		trace_store_begin(store);
		note_status(store, status);
		if (lesson)
			add_late_sources(store, lesson);
		good = trace_store_commit(store) == 0;
	}
	if (!good)
		snprintf(error, error_size, "%s", trace_store_error(store));
	trace_store_close(store, true);
	return good;
}
