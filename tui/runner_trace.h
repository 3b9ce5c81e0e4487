/* tui/runner_trace.h - a trace file before and after its recording */
#ifndef UI_RUNNER_TRACE_H
#define UI_RUNNER_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lesson;

/* runner_make_room - see to it that a trace can be recorded into `path`
 * force    remove a trace that is there (but nothing else, and not one that is
 *          being recorded)
 * Returns  false with one line in error */
bool runner_make_room(const char *path, bool force, char *error,
		      size_t error_size);

/* Removes a trace and the files beside it. */
void runner_remove(const char *path);

/* runner_prepare - make the file, with the lesson and its sources in it
 * settings "name=value", NULL at the end; or NULL */
bool runner_prepare(const char *path, const struct lesson *lesson,
		    char *const *settings, char *error, size_t error_size);

struct runner_summary {
	bool is_recorded;	/* false: nobody has written into the file */
	int64_t events, lost;
};

/* runner_finish - after the recording: note what the recorder could not know
 * lesson   NULL, or the lesson it is, whose source may be missing
 * status   how main ended, as of waitpid(2)
 * Returns  false with one line in error */
bool runner_finish(const char *path, const struct lesson *lesson, int status,
		   struct runner_summary *out, char *error, size_t error_size);

#endif
