#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/trace_query.h"

#include <dirent.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/check.h"

static char *ask(const char *path, const char *sql, int *is_wrong)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;
	char *answer = NULL;

	*is_wrong = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL)
		    || sqlite3_busy_timeout(db, 5000)
		    || sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (!*is_wrong) {
		int result = sqlite3_step(statement);
		if (result == SQLITE_ROW && sqlite3_column_text(statement, 0))
			answer = strdup((const char *)
					sqlite3_column_text(statement, 0));
		*is_wrong = result != SQLITE_ROW && result != SQLITE_DONE;
	}
	if (*is_wrong)
		fprintf(stderr, "%s: %s: %s\n", path, sql,
			sqlite3_errmsg(db));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return answer;
}

long trace_ask(const char *path, const char *sql)
{
	int is_wrong;
	char *text = ask(path, sql, &is_wrong);
	long number = text ? atol(text) : is_wrong ? LONG_MIN + 1 : LONG_MIN;

	free(text);
	return number;
}

char *trace_ask_text(const char *path, const char *sql)
{
	int is_wrong;
	char *text = ask(path, sql, &is_wrong);

	return text ? text : strdup(is_wrong ? "(wrong)" : "");
}

static void violated(void *user, const struct trace_violation *v)
{
	(void)user;
	if (!v->invariant.is_warning)
		fprintf(stderr, "%s: %s (%lu, seq %lu, %s)\n",
			v->invariant.name, v->invariant.sentence,
			(unsigned long)v->count, (unsigned long)v->seq,
			v->what);
}

int trace_errors(const char *path)
{
	const struct trace_checker checker = { .violated = violated };
	char error[256] = "";
	int errors = trace_check(path, &checker, error, sizeof(error));

	if (errors < 0)
		fprintf(stderr, "%s\n", error);
	return errors;
}

char *folder_make(void)
{
	const char *base = getenv("TMPDIR");
	char *name;

	if (asprintf(&name, "%s/fscope-XXXXXX", base ? base : "/tmp") < 0)
		return NULL;
	return mkdtemp(name);
}

void folder_remove(char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(folder);
	free(folder);
}

const char *in_folder(const char *folder, const char *name)
{
	static char buffers[8][PATH_MAX];
	static unsigned next;
	char *buffer = buffers[next++ % 8];

	snprintf(buffer, PATH_MAX, "%s/%s", folder, name);
	return buffer;
}
