/* traces/db_file.h - what can be said about a trace file without SQLite */
#ifndef TRACE_DB_FILE_H
#define TRACE_DB_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* trace_file_check - is that a trace of a version we can read?
 * has_log  receives whether a write-ahead log belongs to it
 * error    receives one line that says what is wrong and what to do
 * Returns  0, or -1 */
int trace_file_check(const char *path, bool *has_log, char *error,
		     size_t error_size);

/* trace_file_is_attended - is somebody recording into this trace at present?
 * Looks for the ring file and asks whether its companion is alive. */
bool trace_file_is_attended(const char *path);

#endif
