#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "traces/store-private.h"

/* Rows of which there may be as many as events. */

#define MOST_SQL 4096

#define TRACE_BATCH(symbol, columns, sql) \
	_Static_assert(sizeof(columns) - 1 <= TRACE_BATCH_COLUMNS, #symbol);
#include "traces/statements.def"
#undef TRACE_BATCH

static const struct {
	const char *columns, *sql;
} batches[TRACE_BATCH_COUNT] = {
#define TRACE_BATCH(symbol, columns, sql) { columns, sql },
#include "traces/statements.def"
#undef TRACE_BATCH
};

void trace_store_bind(sqlite3_stmt *statement, int column, char letter,
		      union trace_value value)
{
	if (letter == 's')
		sqlite3_bind_text(statement, column, value.text, -1,
				  SQLITE_STATIC);
	else if ((letter == 'n' && value.number == 0)
		 || (letter == 't' && value.number == TRACE_NEVER)
		 || (letter == 'x' && value.number == INT64_MIN))
		sqlite3_bind_null(statement, column);
	else
		sqlite3_bind_int64(statement, column, value.number);
}

static sqlite3_stmt *prepare(struct trace_store *store, enum trace_batch which,
			     unsigned rows)
{
	char sql[MOST_SQL];
	size_t columns = strlen(batches[which].columns);
	size_t at = (size_t)snprintf(sql, sizeof(sql), "%s",
				     batches[which].sql);

	for (unsigned i = 0; i < rows; i++) {
		if (i > 0)
			sql[at++] = ',';
		for (size_t k = 0; k < columns; k++) {
			sql[at++] = k > 0 ? ',' : '(';
			sql[at++] = '?';
		}
		sql[at++] = ')';
	}
	sql[at] = '\0';
	return trace_store_prepare(store, sql);
}

static void insert(struct trace_store *store, enum trace_batch which,
		   sqlite3_stmt *statement, unsigned first, unsigned count)
{
	const struct trace_batch_rows *rows = &store->batches[which];
	int column = 1;

	if (store->failed)
		return;
	for (unsigned i = first; i < first + count; i++)
		for (size_t k = 0; batches[which].columns[k]; k++)
			trace_store_bind(statement, column++,
					 batches[which].columns[k],
					 rows->values[i][k]);
	if (sqlite3_step(statement) != SQLITE_DONE)
		trace_store_fail(store, "cannot write the trace");
	sqlite3_reset(statement);
}

static void flush(struct trace_store *store, enum trace_batch which)
{
	struct trace_batch_rows *rows = &store->batches[which];
	unsigned count = rows->pending;

	rows->pending = 0;
	if (count == TRACE_BATCH_ROWS) {
		if (!rows->many)
			rows->many = prepare(store, which, count);
		insert(store, which, rows->many, 0, count);
		return;
	}
	if (count > 0 && !rows->one)
		rows->one = prepare(store, which, 1);
	for (unsigned i = 0; i < count; i++)
		insert(store, which, rows->one, i, 1);
}

void trace_store_collect(struct trace_store *store, enum trace_batch which,
			 ...)
{
	struct trace_batch_rows *rows = &store->batches[which];
	union trace_value *value = rows->values[rows->pending];
	va_list args;

	va_start(args, which);
	for (const char *letter = batches[which].columns; *letter; letter++)
		if (*letter == 's')
			(value++)->text = va_arg(args, const char *);
		else
			(value++)->number = va_arg(args, int64_t);
	va_end(args);
	if (++rows->pending == TRACE_BATCH_ROWS)
		flush(store, which);
}

void trace_store_flush_batches(struct trace_store *store)
{
	for (int i = 0; i < TRACE_BATCH_COUNT; i++)
		flush(store, (enum trace_batch)i);
}

void trace_store_free_batches(struct trace_store *store)
{
	for (int i = 0; i < TRACE_BATCH_COUNT; i++) {
		sqlite3_finalize(store->batches[i].one);
		sqlite3_finalize(store->batches[i].many);
	}
}
