#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/db.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "traces/db-private.h"
#include "traces/i18n.h"

static const struct {
	const char *arguments, *sql;
} queries[TRACE_QUERY_COUNT] = {
#define TRACE_QUERY(name, arguments, sql) \
	[TRACE_QUERY_##name] = { arguments, sql },
#include "traces/queries.def"
#undef TRACE_QUERY
};

/* What is spent on an answer, not what passes meanwhile: on a machine that is busy with
 * others an honest trace must not seem to take too long. */
static int64_t spent_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void trace_db_set_deadline(struct trace_db *db, int64_t milliseconds)
{
	db->deadline_ns = spent_ns() + milliseconds * 1000000;
}

bool trace_db_is_late(const struct trace_db *db)
{
	return spent_ns() > db->deadline_ns;
}

/* ---- errors ---- */

static const char *reason(const struct trace_db *db, int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return _("is damaged: a part is missing or was overwritten;"
			 " copy it anew, or record it again");
	case SQLITE_INTERRUPT:
		return _("an answer took too long and was given up");
	case SQLITE_NOMEM:
		return _("no memory");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return _("is in use by another program; try again");
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
		return _("was left unfinished and cannot be read where it may"
			 " not be written; copy it and its -wal file, then try"
			 " 'forkscope recover'");
	}
	return db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code);
}

void trace_db_fail(struct trace_db *db, int code)
{
	if (!db->error[0])
		snprintf(db->error, sizeof(db->error), "%s: %s", db->path,
			 reason(db, code));
}

const char *trace_db_error(const struct trace_db *db)
{
	return db->error;
}

void trace_db_forgive(struct trace_db *db)
{
	db->error[0] = '\0';
}

bool trace_db_has_objects(const struct trace_db *db)
{
	return db->has_objects;
}

bool trace_db_has_log(const struct trace_db *db)
{
	return db->has_log;
}

struct sqlite3 *trace_db_handle(struct trace_db *db)
{
	return db->handle;
}

/* ---- asking ---- */

void trace_db_hold(struct trace_db *db, int64_t milliseconds)
{
	if (db->held++)
		return;
	trace_db_set_deadline(db, milliseconds);
	trace_db_forgive(db);
	if (!db->is_finished)
		trace_db_step(db, trace_db_query(db, TRACE_QUERY_BEGIN));
}

void trace_db_release(struct trace_db *db)
{
	if (db->held == 0 || --db->held)
		return;
	if (db->is_finished || !db->handle
	    || sqlite3_get_autocommit(db->handle))
		return;
	/* Also after an error: nothing was written that could be lost. */
	if (!db->prepared[TRACE_QUERY_COMMIT])
		sqlite3_exec(db->handle, "COMMIT", NULL, NULL, NULL);
	else {
		sqlite3_step(db->prepared[TRACE_QUERY_COMMIT]);
		sqlite3_reset(db->prepared[TRACE_QUERY_COMMIT]);
	}
}

static int bind_all(sqlite3_stmt *rows, const char *letters, va_list arguments)
{
	int code = SQLITE_OK;

	for (int i = 0; letters[i] && code == SQLITE_OK; i++) {
		if (letters[i] == 's')
			code = sqlite3_bind_text(
				rows, i + 1, va_arg(arguments, const char *),
				-1, SQLITE_TRANSIENT);
		else
			code = sqlite3_bind_int64(
				rows, i + 1, va_arg(arguments, int64_t));
	}
	return code;
}

struct sqlite3_stmt *trace_db_query(struct trace_db *db, enum trace_query query,
				    ...)
{
	sqlite3_stmt **rows = &db->prepared[query];
	int code = SQLITE_OK;
	va_list arguments;

	if (!db->handle)
		return NULL;
	if (!db->held)
		trace_db_set_deadline(db, TRACE_DB_BUDGET_MS);
	else if (trace_db_is_late(db))	/* many short ones are long, too */
		code = SQLITE_INTERRUPT;
	if (code == SQLITE_OK && !*rows)
		code = sqlite3_prepare_v3(db->handle, queries[query].sql, -1,
					  SQLITE_PREPARE_PERSISTENT, rows,
					  NULL);
	if (code == SQLITE_OK) {
		va_start(arguments, query);
		sqlite3_reset(*rows);
		code = bind_all(*rows, queries[query].arguments, arguments);
		va_end(arguments);
	}
	if (code == SQLITE_OK)
		return *rows;
	trace_db_fail(db, code);
	return NULL;
}

bool trace_db_step(struct trace_db *db, struct sqlite3_stmt *rows)
{
	if (!rows)
		return false;
	int code = sqlite3_step(rows);
	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		trace_db_fail(db, code);
	sqlite3_reset(rows);
	return false;
}

void trace_db_done(struct sqlite3_stmt *rows)
{
	sqlite3_reset(rows);
}

/* ---- values ---- */

bool trace_db_is_null(struct sqlite3_stmt *rows, int column)
{
	return sqlite3_column_type(rows, column) == SQLITE_NULL;
}

int64_t trace_db_int(struct sqlite3_stmt *rows, int column)
{
	return sqlite3_column_int64(rows, column);
}

uint32_t trace_db_id(struct sqlite3_stmt *rows, int column)
{
	int64_t value = sqlite3_column_int64(rows, column);

	return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

int64_t trace_db_time(struct sqlite3_stmt *rows, int column)
{
	int64_t value = sqlite3_column_int64(rows, column);

	if (trace_db_is_null(rows, column) || value < 0)
		return -1;
	return value < TRACE_MAX_NUMBER ? value : TRACE_MAX_NUMBER;
}

uint64_t trace_db_seq(struct sqlite3_stmt *rows, int column)
{
	int64_t value = sqlite3_column_int64(rows, column);

	if (value < 0)
		return 0;
	return (uint64_t)(value < TRACE_MAX_NUMBER ? value : TRACE_MAX_NUMBER);
}

const char *trace_db_bytes(struct sqlite3_stmt *rows, int column,
			   size_t *length)
{
	const char *bytes = (const char *)sqlite3_column_text(rows, column);

	if (length)
		*length = bytes ? (size_t)sqlite3_column_bytes(rows, column)
				: 0;
	return bytes ? bytes : "";
}
