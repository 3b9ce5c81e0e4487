/* traces/db.h - a read-only connection to a trace file
 *
 * The file may come from a stranger. Nothing in it acts (no trigger, no view, no
 * virtual table), every question has a time limit, and numbers that make no
 * sense come out as 0 or -1. Not thread-safe. */
#ifndef TRACE_DB_H
#define TRACE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trace_db;
struct sqlite3;
struct sqlite3_stmt;

enum trace_query {
#define TRACE_QUERY(name, arguments, sql) TRACE_QUERY_##name,
#include "traces/queries.def"
#undef TRACE_QUERY
	TRACE_QUERY_COUNT
};

#define TRACE_MAX_NUMBER (INT64_C(1) << 62)	/* of times and seqs */
#define TRACE_MAX_TEXT (8 << 20)		/* bytes of one text */

/* trace_db_open - connect
 * error    receives one line that says what is wrong and what to do
 * Returns  NULL on failure */
struct trace_db *trace_db_open(const char *path, char *error,
			       size_t error_size);
void trace_db_close(struct trace_db *db);	/* NULL is allowed */

/* trace_db_reconnect - leave the file for a moment, and come back
 * The recorder needs the file for itself when it closes the trace; gives it up
 * to 120 ms. Prepared questions are lost, which only costs time.
 * Returns  0; -1: not connected any more, to be tried again */
int trace_db_reconnect(struct trace_db *db);

/* Whether the file still has a write-ahead log beside it. */
bool trace_db_has_log(const struct trace_db *db);
/* Whether it has the tables of schema_objects.sql. */
bool trace_db_has_objects(const struct trace_db *db);
/* "" if all is well. trace_db_forgive forgets an error. */
const char *trace_db_error(const struct trace_db *db);
void trace_db_forgive(struct trace_db *db);

/* trace_db_hold - see no changes until trace_db_release; may be nested
 * milliseconds  what all questions until then may take together; they fail
 *               when it is used up. Only the outermost one counts. */
void trace_db_hold(struct trace_db *db, int64_t milliseconds);
void trace_db_release(struct trace_db *db);
bool trace_db_is_late(const struct trace_db *db);

/* trace_db_query - ask; arguments are int64_t or const char *, see queries.def
 * Returns  what to give to trace_db_step, NULL on failure. One question of a
 *          kind at a time. */
struct sqlite3_stmt *trace_db_query(struct trace_db *db, enum trace_query query,
				    ...);
/* trace_db_step - the next row; false: there is none, the question is over
 * rows  NULL is allowed */
bool trace_db_step(struct trace_db *db, struct sqlite3_stmt *rows);
/* trace_db_done - no more rows are wanted */
void trace_db_done(struct sqlite3_stmt *rows);

/* Values of the present row. */
bool trace_db_is_null(struct sqlite3_stmt *rows, int column);
int64_t trace_db_int(struct sqlite3_stmt *rows, int column);
uint32_t trace_db_id(struct sqlite3_stmt *rows, int column); /* 0: none */
int64_t trace_db_time(struct sqlite3_stmt *rows, int column); /* -1: none */
uint64_t trace_db_seq(struct sqlite3_stmt *rows, int column); /* 0: none */
/* The bytes as they are, not to be shown. "" for NULL. */
const char *trace_db_bytes(struct sqlite3_stmt *rows, int column,
			   size_t *length);

/* The connection itself, for traces/check.c. */
struct sqlite3 *trace_db_handle(struct trace_db *db);

#endif
