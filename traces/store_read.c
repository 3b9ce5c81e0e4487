#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <string.h>

#include "traces/event.h"
#include "traces/store-private.h"

/* What is in the trace already: recovery goes through it before it continues.
 * SQLite converts whatever lies in a column to the type it is asked for, so a
 * value of the wrong type is merely a wrong value. */

static int64_t number(sqlite3_stmt *row, int column, int64_t if_null)
{
	return sqlite3_column_type(row, column) == SQLITE_NULL
		       ? if_null : sqlite3_column_int64(row, column);
}

static char *text(sqlite3_stmt *row, int column)
{
	static char none[] = "";
	const unsigned char *value = sqlite3_column_text(row, column);

	return value ? (char *)value : none;
}

static uint32_t role_of(const char *name)
{
#define TRACE_ROLE(id, symbol, role, d) \
	if (strcmp(name, role) == 0) \
		return id;
#include "traces/roles.def"
#undef TRACE_ROLE
	return TRACE_ROLE_THREAD;
}

void trace_store_each_process(struct trace_store *store,
			      bool (*call)(void *, struct trace_process_row *),
			      void *user)
{
	sqlite3_stmt *s = trace_store_prepare(
		store, "SELECT id, path, name FROM process ORDER BY id");

	while (s && sqlite3_step(s) == SQLITE_ROW) {
		struct trace_process_row row = {
			.id = (uint32_t)sqlite3_column_int64(s, 0),
			.path = text(s, 1),
			.name = text(s, 2),
		};
		if (!call(user, &row))
			break;
	}
	sqlite3_finalize(s);
}

void trace_store_each_agent(struct trace_store *store,
			    bool (*call)(void *, struct trace_agent_row *),
			    void *user)
{
	sqlite3_stmt *s = trace_store_prepare(
		store, "SELECT id, process_id, role, path, name, slots"
		       " FROM agent ORDER BY id");

	while (s && sqlite3_step(s) == SQLITE_ROW) {
		struct trace_agent_row row = {
			.id = (uint32_t)sqlite3_column_int64(s, 0),
			.process_id = (uint32_t)sqlite3_column_int64(s, 1),
			.role = role_of(text(s, 2)),
			.path = text(s, 3),
			.name = text(s, 4),
			.slots = (uint64_t)sqlite3_column_int64(s, 5),
		};
		if (!call(user, &row))
			break;
	}
	sqlite3_finalize(s);
}

void trace_store_each_event(struct trace_store *store,
			    bool (*call)(void *, const struct trace_event_row *),
			    void *user)
{
	sqlite3_stmt *s = trace_store_prepare(
		store, "SELECT seq, t_ns, agent_id, kind, object_id, a, b,"
		       " site_id FROM event ORDER BY seq");

	while (s && sqlite3_step(s) == SQLITE_ROW) {
		struct trace_event_row row = {
			.seq = (uint64_t)sqlite3_column_int64(s, 0),
			.t_ns = sqlite3_column_int64(s, 1),
			.agent_id = (uint32_t)sqlite3_column_int64(s, 2),
			.kind = (uint32_t)sqlite3_column_int64(s, 3),
			.object_id = (uint32_t)number(s, 4, 0),
			.a = sqlite3_column_int64(s, 5),
			.b = sqlite3_column_int64(s, 6),
			.site_id = (uint32_t)number(s, 7, 0),
		};
		if (!call(user, &row))
			break;
	}
	sqlite3_finalize(s);
}

void trace_store_each_missing_source(struct trace_store *store,
				     bool (*call)(void *, const char *path),
				     void *user)
{
	/* Sorting makes SQLite see all before the first is given: the caller
	 * may insert. */
	sqlite3_stmt *s = trace_store_prepare(
		store, "SELECT DISTINCT file FROM site WHERE file NOT IN"
		       " (SELECT path FROM source) ORDER BY +file");

	while (s && sqlite3_step(s) == SQLITE_ROW)
		if (!call(user, text(s, 0)))
			break;
	sqlite3_finalize(s);
}
