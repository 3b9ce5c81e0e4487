/* traces/db-private.h - what the files of the connection share */
#ifndef TRACE_DB_PRIVATE_H
#define TRACE_DB_PRIVATE_H

#include <sqlite3.h>

#include "traces/db.h"

#define TRACE_DB_BUDGET_MS 2000		/* of a question asked without a hold */

struct trace_db {
	sqlite3 *handle;		/* NULL: not connected */
	sqlite3_stmt *prepared[TRACE_QUERY_COUNT];
	char *path;
	bool has_log;
	bool has_objects;
	bool is_finished;		/* one transaction for all */
	unsigned held;
	int64_t deadline_ns;
	char error[512];
};

/* db.c */
/* Note what an SQLite code means. The first error stays: others come from it. */
void trace_db_fail(struct trace_db *db, int code);
void trace_db_set_deadline(struct trace_db *db, int64_t milliseconds);

#endif
