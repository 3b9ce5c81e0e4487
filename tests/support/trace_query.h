/* tests/support/trace_query.h - ask a trace with SQL, in tests of the writing
 * side: independent of the project's own reader */
#ifndef TESTS_SUPPORT_TRACE_QUERY_H
#define TESTS_SUPPORT_TRACE_QUERY_H

#include <stddef.h>

/* The first column of the first row; LONG_MIN if NULL or no row, LONG_MIN + 1 if
 * the file or the SQL is wrong. */
long trace_ask(const char *path, const char *sql);
/* The same as text, to be freed; "" if NULL or none. */
char *trace_ask_text(const char *path, const char *sql);
/* `forkscope check`: how many errors it has; each is printed to stderr. */
int trace_errors(const char *path);
/* A new folder under TMPDIR, to be freed; and its removal with all files. */
char *folder_make(void);
void folder_remove(char *folder);
/* "folder/name" in a buffer that lives until the eighth next call */
const char *in_folder(const char *folder, const char *name);

#endif
