/* traces/store-private.h - what the files of the store share */
#ifndef TRACE_STORE_PRIVATE_H
#define TRACE_STORE_PRIVATE_H

#include <sqlite3.h>

#include "traces/store.h"

/* How many events one INSERT takes: each then costs 40 % of what it costs alone,
 * and longer ones bring nothing. */
#define TRACE_EVENT_BATCH 32u

enum trace_statement {
#define TRACE_STATEMENT(symbol, columns, sql) TRACE_SQL_##symbol,
#include "traces/statements.def"
#undef TRACE_STATEMENT
	TRACE_STATEMENT_COUNT
};

enum trace_batch {
#define TRACE_BATCH(symbol, columns, sql) TRACE_BATCH_##symbol,
#include "traces/statements.def"
#undef TRACE_BATCH
	TRACE_BATCH_COUNT
};

/* Longest row of a batch, and how many one INSERT takes. */
#define TRACE_BATCH_COLUMNS 13
#define TRACE_BATCH_ROWS 32u

union trace_value {
	int64_t number;
	const char *text;
};

struct trace_batch_rows {
	sqlite3_stmt *one, *many;
	unsigned pending;
	union trace_value values[TRACE_BATCH_ROWS][TRACE_BATCH_COLUMNS];
};

struct trace_store {
	sqlite3 *db;
	sqlite3_stmt *prepared[TRACE_STATEMENT_COUNT];
	sqlite3_stmt *event, *events;	/* one, and a whole batch */
	sqlite3_stmt *text, *output;	/* bound by hand: texts with length */
	uint64_t last_seq;		/* of the events given to us */
	unsigned pending;		/* of those, not inserted yet */
	bool failed;
	char error[256];
	struct trace_event_row batch[TRACE_EVENT_BATCH];
	struct trace_batch_rows batches[TRACE_BATCH_COUNT];
};

/* Note SQLite's error, unless there was one already. */
void trace_store_fail(struct trace_store *store, const char *doing);

/* Run a statement of the table; arguments as its columns say. */
void trace_store_run(struct trace_store *store, enum trace_statement which,
		     ...);

/* store_batch.c: collect a row; arguments as its columns say. */
void trace_store_collect(struct trace_store *store, enum trace_batch which,
			 ...);
/* Insert the rows that were collected. */
void trace_store_flush_batches(struct trace_store *store);
void trace_store_free_batches(struct trace_store *store);
void trace_store_bind(sqlite3_stmt *statement, int column, char letter,
		      union trace_value value);

/* Insert the events that were collected. */
void trace_store_flush_events(struct trace_store *store);

/* Write schema and tables of kinds into an empty database. */
void trace_store_schema(struct trace_store *store);

/* Add the tables that a trace of an earlier program has not. */
void trace_store_complete(struct trace_store *store);

/* Prepare a statement that lives as long as the store. */
sqlite3_stmt *trace_store_prepare(struct trace_store *store, const char *sql);

#endif
