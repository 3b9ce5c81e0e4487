#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "traces/store-private.h"

static const struct {
	const char *columns, *sql;
} statements[TRACE_STATEMENT_COUNT] = {
#define TRACE_STATEMENT(symbol, columns, sql) { columns, sql },
#include "traces/statements.def"
#undef TRACE_STATEMENT
};

/* ---- errors and statements ---- */

void trace_store_fail(struct trace_store *store, const char *doing)
{
	if (store->failed)
		return;
	store->failed = true;
	snprintf(store->error, sizeof(store->error), "%s: %s", doing,
		 store->db ? sqlite3_errmsg(store->db) : "no memory");
}

bool trace_store_failed(const struct trace_store *store)
{
	return store->failed;
}

const char *trace_store_error(const struct trace_store *store)
{
	return store->error;
}

sqlite3_stmt *trace_store_prepare(struct trace_store *store, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (!store->failed
	    && sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
				  &statement, NULL) != SQLITE_OK)
		trace_store_fail(store, "cannot use the trace");
	return statement;
}

void trace_store_run(struct trace_store *store, enum trace_statement which,
		     ...)
{
	sqlite3_stmt **statement = &store->prepared[which];
	const char *letter = statements[which].columns;
	va_list args;

	if (!*statement)
		*statement = trace_store_prepare(store, statements[which].sql);
	if (store->failed)
		return;
	va_start(args, which);
	for (int column = 1; *letter; column++, letter++) {
		union trace_value value;

		if (*letter == 's')
			value.text = va_arg(args, const char *);
		else
			value.number = va_arg(args, int64_t);
		trace_store_bind(*statement, column, *letter, value);
	}
	va_end(args);
	if (sqlite3_step(*statement) != SQLITE_DONE)
		trace_store_fail(store, "cannot write the trace");
	sqlite3_reset(*statement);
}

static void execute(struct trace_store *store, const char *sql)
{
	if (!store->failed
	    && sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		trace_store_fail(store, "cannot use the trace");
}

/* ---- opening and closing ---- */

/* The file may come from a stranger (recover): nothing in it may act. */
static void defend(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, 10000);
}

static struct trace_store *connect_to(const char *path)
{
	struct trace_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE, NULL)
	    != SQLITE_OK) {
		trace_store_fail(store, "cannot open the trace");
		return store;
	}
	defend(store->db);
	/* Nothing is synced to the disk. What has left the program must survive
	 * the program's and the recorder's crash, and for that the kernel's page
	 * cache is enough; that it survives a power failure is not worth
	 * stopping the recording for a disk's sync. */
	execute(store, "PRAGMA synchronous = OFF");
	execute(store, "PRAGMA cache_size = -65536");
	execute(store, "PRAGMA temp_store = MEMORY");
	return store;
}

static int give(struct trace_store *store, struct trace_store **out,
		char *error, size_t error_size)
{
	if (store && !store->failed) {
		*out = store;
		return 0;
	}
	snprintf(error, error_size, "%s", store ? store->error : "no memory");
	trace_store_close(store, false);
	return -1;
}

int trace_store_create(const char *path, struct trace_store **out, char *error,
		       size_t error_size)
{
	/* SQLite cannot be asked to insist on a new file. */
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0) {
		snprintf(error, error_size, "cannot create %s: %s", path,
			 strerror(errno));
		return -1;
	}
	close(fd);
	struct trace_store *store = connect_to(path);
	if (store && !store->failed) {
		trace_store_begin(store);
		trace_store_schema(store);
		trace_store_commit(store);
	}
	int result = give(store, out, error, error_size);
	if (result < 0)
		unlink(path);
	return result;
}

static int64_t pragma(struct trace_store *store, const char *sql)
{
	sqlite3_stmt *statement = trace_store_prepare(store, sql);
	int64_t value = -1;

	if (statement && sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	else
		trace_store_fail(store, "not a trace");
	sqlite3_finalize(statement);
	return value;
}

static void find_last_seq(struct trace_store *store)
{
	int64_t last = pragma(store, "SELECT ifnull(max(seq), 0) FROM event");

	store->last_seq = last > 0 ? (uint64_t)last : 0;
}

int trace_store_open(const char *path, struct trace_store **out, char *error,
		     size_t error_size)
{
	struct trace_store *store = connect_to(path);

	if (store && !store->failed) {
		int64_t id = pragma(store, "PRAGMA application_id");
		int64_t version = pragma(store, "PRAGMA user_version");

		if (!store->failed && (id != TRACE_APPLICATION_ID
				       || version != TRACE_FORMAT_VERSION)) {
			store->failed = true;
			snprintf(store->error, sizeof(store->error),
				 id != TRACE_APPLICATION_ID
					 ? "it is not a trace"
					 : "it is a trace of another version");
		}
		find_last_seq(store);
		if (!store->failed)
			trace_store_complete(store);
	}
	return give(store, out, error, error_size);
}

int trace_store_wal(struct trace_store *store)
{
	execute(store, "PRAGMA journal_mode = WAL");
	/* 16 MiB: a checkpoint copies every changed page once more. */
	execute(store, "PRAGMA wal_autocheckpoint = 4096");
	return store->failed ? -1 : 0;
}

/* Give up the WAL. That needs the file for ourselves; a reader that follows the
 * recording leaves when it sees that it is closed, so try for a while. Who stays
 * keeps the file in WAL mode: as good a trace, in three files. */
static void leave_wal(struct trace_store *store)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000000 };
	const char *const sql = "PRAGMA journal_mode = DELETE";

	sqlite3_busy_timeout(store->db, 100);
	for (int i = 0; i < 200 && !store->failed; i++) {
		if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK)
			break;
		nanosleep(&pause, NULL);
	}
}

int trace_store_close(struct trace_store *store, bool finish)
{
	int result = 0;

	if (!store)
		return 0;
	if (finish) {
		leave_wal(store);
		result = store->failed ? -1 : 0;
	}
	for (int i = 0; i < TRACE_STATEMENT_COUNT; i++)
		sqlite3_finalize(store->prepared[i]);
	trace_store_free_batches(store);
	sqlite3_finalize(store->event);
	sqlite3_finalize(store->events);
	sqlite3_finalize(store->text);
	sqlite3_finalize(store->output);
	sqlite3_close(store->db);
	free(store);
	return result;
}

void trace_store_begin(struct trace_store *store)
{
	if (sqlite3_get_autocommit(store->db))
		trace_store_run(store, TRACE_SQL_BEGIN);
}

int trace_store_commit(struct trace_store *store)
{
	trace_store_flush_events(store);
	trace_store_flush_batches(store);
	if (!store->failed)
		trace_store_run(store, TRACE_SQL_COMMIT);
	if (!store->failed)
		return 0;
	if (store->db && !sqlite3_get_autocommit(store->db))
		sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return -1;
}

/* ---- meta ---- */

bool trace_store_meta(struct trace_store *store, const char *key, char *buffer,
		      size_t size)
{
	sqlite3_stmt *statement = trace_store_prepare(
		store, "SELECT value FROM meta WHERE key = ?");
	bool found = false;

	if (statement) {
		sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
		if (sqlite3_step(statement) == SQLITE_ROW) {
			const unsigned char *text =
				sqlite3_column_text(statement, 0);
			snprintf(buffer, size, "%s",
				 text ? (const char *)text : "");
			found = true;
		}
	}
	sqlite3_finalize(statement);
	return found;
}

void trace_store_set_meta(struct trace_store *store, const char *key,
			  const char *value)
{
	trace_store_run(store, TRACE_SQL_SET_META, key, value);
}

void trace_store_set_meta_int(struct trace_store *store, const char *key,
			      int64_t value)
{
	trace_store_run(store, TRACE_SQL_SET_META_INT, key, value);
}
