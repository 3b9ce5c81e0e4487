#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "traces/db-private.h"
#include "traces/db_file.h"
#include "traces/i18n.h"

/* A trace that is finished is held in one read transaction for as long as it is
 * open: that spares locking the file at each question. One that is being
 * recorded must not be held, or its log could not be reset; there a
 * transaction lasts from trace_db_hold to trace_db_release. */

#define OPERATIONS_PER_LOOK 2000	/* of SQLite, between looks at the clock */

static const struct {
	const char *name, *columns;
} tables[] = {
#define TRACE_TABLE(name, columns) { name, columns },
#include "traces/shape.def"
#undef TRACE_TABLE
}, later_tables[] = {
#define TRACE_TABLE_LATER(name, columns) { name, columns },
#include "traces/shape.def"
#undef TRACE_TABLE_LATER
};

static int look_at_the_clock(void *user)
{
	const struct trace_db *db = user;

	return trace_db_is_late(db);
}

/* ---- connecting ---- */

static void defend(struct trace_db *db)
{
	static const struct { int what, limit; } limits[] = {
		{ SQLITE_LIMIT_LENGTH, TRACE_MAX_TEXT },
		{ SQLITE_LIMIT_SQL_LENGTH, 100000 },
		{ SQLITE_LIMIT_COLUMN, 100 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 40 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 8 },
		{ SQLITE_LIMIT_VDBE_OP, 25000 },
		{ SQLITE_LIMIT_FUNCTION_ARG, 8 },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100 },
		{ SQLITE_LIMIT_VARIABLE_NUMBER, 32 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};
	static const int off[] = {
		SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
		SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_DQS_DML,
		SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
		SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER,
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		sqlite3_limit(db->handle, limits[i].what, limits[i].limit);
	for (size_t i = 0; i < sizeof(off) / sizeof(*off); i++)
		sqlite3_db_config(db->handle, off[i], 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, 500);
	sqlite3_progress_handler(db->handle, OPERATIONS_PER_LOOK,
				 look_at_the_clock, db);
	sqlite3_exec(db->handle, "PRAGMA cell_size_check = ON;"
		     "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY",
		     NULL, NULL, NULL);
}

/* Give the path as a URI, so that it can say "immutable". */
static char *uri_of(const char *path)
{
	static const char tail[] = "?immutable=1";
	char *uri = malloc(strlen(path) * 3 + sizeof("file:") + sizeof(tail));
	char *to = uri;

	if (!uri)
		return NULL;
	to += sprintf(to, "file:");
	for (const char *s = path; *s; s++)
		if (strchr("%?#", *s))
			to += sprintf(to, "%%%02x", (unsigned)*s);
		else
			*to++ = *s;
	memcpy(to, tail, sizeof(tail));
	return uri;
}

static int connect_to(struct trace_db *db, const char *name, int flags)
{
	int code = sqlite3_open_v2(name, &db->handle,
				   SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX
				   | SQLITE_OPEN_PRIVATECACHE | flags, NULL);

	if (code != SQLITE_OK)
		return code;
	defend(db);
	/* Opening has not touched the file yet. */
	return sqlite3_exec(db->handle, "SELECT 1 FROM sqlite_schema LIMIT 1",
			    NULL, NULL, NULL);
}

static void disconnect(struct trace_db *db)
{
	for (int i = 0; i < TRACE_QUERY_COUNT; i++) {
		sqlite3_finalize(db->prepared[i]);
		db->prepared[i] = NULL;
	}
	sqlite3_close(db->handle);
	db->handle = NULL;
}

static bool is_over(struct trace_db *db)
{
	bool over = false;
	struct sqlite3_stmt *rows = trace_db_query(db, TRACE_QUERY_STATE);

	if (trace_db_step(db, rows)) {
		const char *state = trace_db_bytes(rows, 0, NULL);

		over = !strcmp(state, "closed") || !strcmp(state, "recovered");
		trace_db_done(rows);
	}
	return over;
}

/* Where nothing may be written, a file that has a log cannot be locked. One that
 * is finished needs no lock. */
static int connect_immutable(struct trace_db *db)
{
	char *uri = uri_of(db->path);
	int code = SQLITE_NOMEM;

	disconnect(db);
	if (uri)
		code = connect_to(db, uri, SQLITE_OPEN_URI);
	free(uri);
	if (code == SQLITE_OK && !is_over(db))
		code = SQLITE_CANTOPEN;
	if (code == SQLITE_OK)
		db->has_log = false;
	return code;
}

static bool is_about_access(int code)
{
	return (code & 0xff) == SQLITE_CANTOPEN
	       || (code & 0xff) == SQLITE_READONLY
	       || (code & 0xff) == SQLITE_IOERR;
}

/* ---- the shape of its tables ---- */

static void fail_shape(struct trace_db *db, const char *table)
{
	if (!db->error[0])
		snprintf(db->error, sizeof(db->error),
			 _("%s: is damaged: its table '%s' is not as it should"
			   " be; record it again"), db->path, table);
}

/* Is it a real table? Not a view, nor a virtual one: their rows could come from
 * anywhere, and without end. */
static bool is_table(struct trace_db *db, const char *name)
{
	sqlite3_stmt *rows = NULL;
	bool found = false;

	sqlite3_prepare_v2(db->handle, "SELECT 1 FROM sqlite_schema WHERE"
			   " name = ? AND type = 'table' AND rootpage > 0", -1,
			   &rows, NULL);
	sqlite3_bind_text(rows, 1, name, -1, SQLITE_STATIC);
	found = sqlite3_step(rows) == SQLITE_ROW;
	int code = sqlite3_finalize(rows);
	if (code != SQLITE_OK)
		trace_db_fail(db, code);
	return found;
}

/* How many of the columns wanted are there as they should be. */
static int count_columns(sqlite3_stmt *rows, const char *wanted)
{
	int count = 0;

	while (sqlite3_step(rows) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(rows, 1);
		size_t length = name ? strlen(name) : 0;
		int key = sqlite3_column_int(rows, 5);

		if (length == 0 || sqlite3_column_int(rows, 6) != 0)
			continue;	/* hidden or computed */
		for (const char *s = wanted; s; s = strchr(s, ' ')) {
			s += *s == ' ';
			if (!strncmp(s, name, length)
			    && (s[length] == '*' ? s[length + 1] - '0' == key
						 : strchr(" ", s[length])
							   != NULL))
				count++;
		}
	}
	return count;
}

static bool has_shape(struct trace_db *db, const char *table,
		      const char *wanted)
{
	sqlite3_stmt *rows = NULL;
	char sql[64];
	int words = 1;

	if (!is_table(db, table))
		return false;
	snprintf(sql, sizeof(sql), "PRAGMA table_xinfo(%s)", table);
	if (sqlite3_prepare_v2(db->handle, sql, -1, &rows, NULL) != SQLITE_OK)
		return false;
	for (const char *s = wanted; *s; s++)
		words += *s == ' ';
	bool fits = count_columns(rows, wanted) == words;
	sqlite3_finalize(rows);
	return fits;
}

/* What traces of earlier programs have not, none needs to have. */
static bool has_tables(struct trace_db *db)
{
	db->has_objects = false;
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (!has_shape(db, tables[i].name, tables[i].columns)) {
			fail_shape(db, tables[i].name);
			return false;
		}
	for (size_t i = 0; i < sizeof(later_tables) / sizeof(*tables); i++)
		if (!has_shape(db, later_tables[i].name,
			       later_tables[i].columns))
			return true;
	db->has_objects = true;
	return true;
}

static int open_file(struct trace_db *db)
{
	if (trace_file_check(db->path, &db->has_log, db->error,
			     sizeof(db->error)) < 0)
		return -1;
	trace_db_set_deadline(db, TRACE_DB_BUDGET_MS);
	int code = connect_to(db, db->path, 0);
	if (is_about_access(code))
		code = connect_immutable(db);
	if (code != SQLITE_OK)
		trace_db_fail(db, code);
	if (db->error[0] || !has_tables(db))
		return -1;
	db->is_finished = !db->has_log && is_over(db);
	if (db->is_finished)
		sqlite3_exec(db->handle,
			     "BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1", NULL,
			     NULL, NULL);
	return db->error[0] ? -1 : 0;
}

struct trace_db *trace_db_open(const char *path, char *error,
			       size_t error_size)
{
	struct trace_db *db = calloc(1, sizeof(*db));

	/* "./": no path is taken for a URI or for ":memory:". */
	if (db && (db->path = malloc(strlen(path) + 3)))
		sprintf(db->path, "%s%s", path[0] == '/' ? "" : "./", path);
	if (!db || !db->path) {
		snprintf(error, error_size, "%s: %s", path, _("no memory"));
		trace_db_close(db);
		return NULL;
	}
	if (open_file(db) < 0) {
		const char *text = db->error + (path[0] == '/' ? 0 : 2);

		snprintf(error, error_size, "%s", text);
		trace_db_close(db);
		return NULL;
	}
	return db;
}

void trace_db_close(struct trace_db *db)
{
	if (!db)
		return;
	disconnect(db);
	free(db->path);
	free(db);
}

int trace_db_reconnect(struct trace_db *db)
{
	const struct timespec pause = { .tv_nsec = 4000000 };
	bool has_log = true;

	disconnect(db);
	db->held = 0;
	db->error[0] = '\0';
	for (int i = 0; i < 30; i++) {
		if (trace_file_check(db->path, &has_log, db->error,
				     sizeof(db->error)) < 0)
			return -1;
		if (!has_log)
			break;
		nanosleep(&pause, NULL);
	}
	if (open_file(db) == 0)
		return 0;
	disconnect(db);
	return -1;
}
