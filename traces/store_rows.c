#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <string.h>

#include "traces/event.h"
#include "traces/store-private.h"

/* The rows of a trace: what the schema holds from the start, events in batches,
 * and everything else one at a time. */

static const char schema[] =
#include "traces/schema.inc"
	;

static const char schema_of_objects[] =
#include "traces/schema_objects.inc"
	;

static const char *const role_names[] = {
#define TRACE_ROLE(id, symbol, name, d) [id] = name,
#include "traces/roles.def"
#undef TRACE_ROLE
};

static const char *const end_names[] = {
#define TRACE_END(id, symbol, name, d) [id] = name,
#include "traces/ends.def"
#undef TRACE_END
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define I(value) ((int64_t)(value))

/* ---- schema ---- */

static void kinds(struct trace_store *store)
{
#define TRACE_EVENT(id, symbol, name, component, effect, state, text, a, b, d) \
	trace_store_run(store, TRACE_SQL_KIND, I(id), name, component, d, a, b);
#include "traces/events.def"
#undef TRACE_EVENT
#define TRACE_OBJECT(id, symbol, name, python) \
	trace_store_run(store, TRACE_SQL_OBJECT_KIND, I(id), name, python);
#include "traces/objects.def"
#undef TRACE_OBJECT
#define TRACE_STATE(id, symbol, name, rank, glyph, ascii, d) \
	trace_store_run(store, TRACE_SQL_STATE_KIND, I(id), name, I(rank), d);
#include "traces/states.def"
#undef TRACE_STATE
}

void trace_store_complete(struct trace_store *store)
{
	if (!store->failed
	    && sqlite3_exec(store->db, schema_of_objects, NULL, NULL, NULL)
		       != SQLITE_OK)
		trace_store_fail(store, "cannot write the schema");
}

void trace_store_schema(struct trace_store *store)
{
	char sql[128];

	snprintf(sql, sizeof(sql),
		 "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 TRACE_APPLICATION_ID, TRACE_FORMAT_VERSION);
	if (sqlite3_exec(store->db, sql, NULL, NULL, NULL) != SQLITE_OK
	    || sqlite3_exec(store->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		trace_store_fail(store, "cannot write the schema");
	trace_store_complete(store);
	kinds(store);
	trace_store_set_meta(store, "format", "1");
	trace_store_set_meta(store, "state", "prepared");
	trace_store_set_meta_int(store, "summary_levels", TRACE_SUMMARY_LEVELS);
}

/* ---- events ---- */

#define EVENT_SQL \
	"INSERT INTO event (t_ns, agent_id, kind, object_id, a, b, site_id)" \
	" VALUES "
#define EVENT_VALUES "(?,?,?,?,?,?,?)"
#define EVENT_COLUMNS 7

static sqlite3_stmt *prepare_batch(struct trace_store *store, unsigned count)
{
	char sql[sizeof(EVENT_SQL)
		 + TRACE_EVENT_BATCH * (sizeof(EVENT_VALUES) + 1)];
	size_t at = sizeof(EVENT_SQL) - 1;

	memcpy(sql, EVENT_SQL, sizeof(EVENT_SQL));
	for (unsigned i = 0; i < count; i++)
		at += (size_t)snprintf(sql + at, sizeof(sql) - at, "%s%s",
				       i > 0 ? "," : "", EVENT_VALUES);
	return trace_store_prepare(store, sql);
}

static void bind_event(sqlite3_stmt *statement, int column,
		       const struct trace_event_row *row)
{
	sqlite3_bind_int64(statement, column, row->t_ns);
	sqlite3_bind_int64(statement, column + 1, row->agent_id);
	sqlite3_bind_int64(statement, column + 2, row->kind);
	if (row->object_id)
		sqlite3_bind_int64(statement, column + 3, row->object_id);
	else
		sqlite3_bind_null(statement, column + 3);
	sqlite3_bind_int64(statement, column + 4, row->a);
	sqlite3_bind_int64(statement, column + 5, row->b);
	if (row->site_id)
		sqlite3_bind_int64(statement, column + 6, row->site_id);
	else
		sqlite3_bind_null(statement, column + 6);
}

static void insert_events(struct trace_store *store, sqlite3_stmt *statement,
			  unsigned first, unsigned count)
{
	if (store->failed)
		return;
	for (unsigned i = 0; i < count; i++)
		bind_event(statement, (int)(i * EVENT_COLUMNS) + 1,
			   &store->batch[first + i]);
	if (sqlite3_step(statement) != SQLITE_DONE)
		trace_store_fail(store, "cannot write the trace");
	sqlite3_reset(statement);
}

/* The numbers are SQLite's own, one above the highest in the table: that is
 * quicker than to give them, and the same as long as nobody else writes. */
void trace_store_flush_events(struct trace_store *store)
{
	unsigned count = store->pending;

	store->pending = 0;
	if (count == 0 || store->failed)
		return;
	if (count == TRACE_EVENT_BATCH) {
		if (!store->events)
			store->events = prepare_batch(store, count);
		insert_events(store, store->events, 0, count);
	} else {
		if (!store->event)
			store->event = prepare_batch(store, 1);
		for (unsigned i = 0; i < count; i++)
			insert_events(store, store->event, i, 1);
	}
	if (!store->failed
	    && sqlite3_last_insert_rowid(store->db) != I(store->last_seq)) {
		store->failed = true;
		snprintf(store->error, sizeof(store->error),
			 "somebody else writes into the trace");
	}
}

uint64_t trace_store_event(struct trace_store *store,
			   const struct trace_event_row *row)
{
	store->batch[store->pending++] = *row;
	store->last_seq++;
	if (store->pending == TRACE_EVENT_BATCH)
		trace_store_flush_events(store);
	return store->last_seq;
}

static void step(struct trace_store *store, sqlite3_stmt *statement)
{
	if (sqlite3_step(statement) != SQLITE_DONE)
		trace_store_fail(store, "cannot write the trace");
	sqlite3_reset(statement);
}

void trace_store_text(struct trace_store *store, uint64_t seq,
		      const char *text, size_t length)
{
	if (!store->text)
		store->text = trace_store_prepare(
			store, "INSERT OR REPLACE INTO event_text"
			       " VALUES (?, ?)");
	if (store->failed)
		return;
	sqlite3_bind_int64(store->text, 1, I(seq));
	sqlite3_bind_text(store->text, 2, text, (int)length, SQLITE_STATIC);
	step(store, store->text);
}

void trace_store_output(struct trace_store *store,
			const struct trace_event_row *row, const char *line,
			size_t length)
{
	if (!store->output)
		store->output = trace_store_prepare(
			store, "INSERT OR REPLACE INTO output"
			       " VALUES (?, ?, ?, ?, ?, ?)");
	if (store->failed)
		return;
	sqlite3_bind_int64(store->output, 1, I(row->seq));
	sqlite3_bind_int64(store->output, 2, row->t_ns);
	sqlite3_bind_int64(store->output, 3, row->agent_id);
	sqlite3_bind_int64(store->output, 4,
			   row->a & (TRACE_STREAM_PARTIAL - 1));
	sqlite3_bind_text(store->output, 5, line, (int)length, SQLITE_STATIC);
	sqlite3_bind_int64(store->output, 6,
			   (row->a & TRACE_STREAM_PARTIAL) != 0);
	step(store, store->output);
}

/* ---- the other tables ---- */

void trace_store_object(struct trace_store *store, uint32_t id, uint32_t kind,
			const char *name, uint32_t creator_agent_id,
			int64_t created_ns)
{
	trace_store_run(store, TRACE_SQL_OBJECT, I(id), I(kind), name,
			I(creator_agent_id), created_ns);
}

void trace_store_object_end(struct trace_store *store, uint32_t id,
			    int64_t ended_ns)
{
	trace_store_run(store, TRACE_SQL_OBJECT_END, ended_ns, I(id));
}

void trace_store_object_name(struct trace_store *store, uint32_t id,
			     const char *name)
{
	trace_store_run(store, TRACE_SQL_OBJECT_NAME, name, I(id));
}

void trace_store_site(struct trace_store *store, uint32_t id, const char *file,
		      int64_t line, const char *function)
{
	trace_store_run(store, TRACE_SQL_SITE, I(id), file, line, function);
}

void trace_store_process(struct trace_store *store,
			 const struct trace_process_row *row)
{
	const char *end = row->ended_by < COUNT(end_names)
				  ? end_names[row->ended_by] : NULL;

	trace_store_run(store, TRACE_SQL_PROCESS, I(row->id), row->path,
			row->pid, I(row->parent_id), row->name, I(row->daemon),
			row->created_ns, row->started_ns, row->exited_ns,
			row->reaped_ns,
			row->has_exitcode ? row->exitcode : INT64_MIN, end);
}

void trace_store_agent(struct trace_store *store,
		       const struct trace_agent_row *row)
{
	const char *role = row->role < COUNT(role_names)
				   ? role_names[row->role] : NULL;
	bool is_open = row->state != 0;

	trace_store_run(store, TRACE_SQL_AGENT, I(row->id), I(row->process_id),
			role ? role : "thread", row->path, row->name,
			row->started_ns, row->ended_ns, I(row->state),
			is_open ? row->state_since_ns : TRACE_NEVER,
			I(is_open ? row->state_since_seq : 0),
			I(is_open ? row->state_object_id : 0), I(row->events),
			I(row->slots));
}

void trace_store_cell(struct trace_store *store,
		      const struct trace_cell_row *row)
{
	trace_store_run(store, TRACE_SQL_CELL, I(row->level), I(row->agent_id),
			row->bucket, I(row->states), I(row->state),
			I(row->events), I(row->first_seq));
}

void trace_store_knob(struct trace_store *store, const char *name,
		      const char *value, bool changed)
{
	trace_store_run(store, TRACE_SQL_KNOB, name, value, I(changed));
}

void trace_store_lesson(struct trace_store *store, const char *language,
			const char *slug, const char *markdown)
{
	trace_store_run(store, TRACE_SQL_LESSON, language, slug, markdown);
}

void trace_store_source(struct trace_store *store, const char *path,
			const char *language, const char *text, size_t length)
{
	sqlite3_stmt *statement = trace_store_prepare(
		store, "INSERT OR IGNORE INTO source VALUES (?, ?, ?)");

	if (store->failed)
		return;
	sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, language, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, text, (int)length, SQLITE_STATIC);
	step(store, statement);
	sqlite3_finalize(statement);
}
