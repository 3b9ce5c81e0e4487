/* traces/store.h - the only place that writes into a trace
 *
 * A store is a connection to one trace file. Rows are written inside
 * transactions; an error makes the store *failed*: everything after it is
 * ignored, the transaction is undone, and trace_store_commit reports it. So
 * callers write rows without looking at each one.
 *
 * Functions that return int give 0, or -1 with one line in `error` or
 * trace_store_error(). Not thread-safe. No connection survives a fork. */
#ifndef TRACE_STORE_H
#define TRACE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/event.h"
#include "traces/rows.h"

#define TRACE_APPLICATION_ID 0x6673636f		/* "fsco" */
#define TRACE_FORMAT_VERSION 1

struct trace_store;

/* trace_store_create - make a new trace file, in state 'prepared'
 * It must not exist. The file holds the schema and the tables of kinds; lesson,
 * sources, knobs and meta rows may be added before it is closed again. */
int trace_store_create(const char *path, struct trace_store **out, char *error,
		       size_t error_size);

/* trace_store_open - open an existing trace file for writing
 * Checks that it is a trace of our version; the caller looks at its state. */
int trace_store_open(const char *path, struct trace_store **out, char *error,
		     size_t error_size);

/* trace_store_wal - from now on readers may look while rows are written */
int trace_store_wal(struct trace_store *store);

/* trace_store_close - close; `finish`: make one plain file of it (no WAL); waits
 * up to some seconds for readers to let go of it, and does without if they do not
 * A transaction that is open is undone. NULL is allowed. */
int trace_store_close(struct trace_store *store, bool finish);

void trace_store_begin(struct trace_store *store);
int trace_store_commit(struct trace_store *store);
bool trace_store_failed(const struct trace_store *store);
const char *trace_store_error(const struct trace_store *store);

/* trace_store_meta - the value of a key as text into buffer; false: no such key */
bool trace_store_meta(struct trace_store *store, const char *key, char *buffer,
		      size_t size);
void trace_store_set_meta(struct trace_store *store, const char *key,
			  const char *value);
void trace_store_set_meta_int(struct trace_store *store, const char *key,
			      int64_t value);

/* trace_store_event - append an event; its seq is the next one, and returned
 * row.seq is ignored. Rows are collected, and inserted many at a time. */
uint64_t trace_store_event(struct trace_store *store,
			   const struct trace_event_row *row);
void trace_store_text(struct trace_store *store, uint64_t seq,
		      const char *text, size_t length);
void trace_store_output(struct trace_store *store,
			const struct trace_event_row *row, const char *line,
			size_t length);
void trace_store_object(struct trace_store *store, uint32_t id, uint32_t kind,
			const char *name, uint32_t creator_agent_id,
			int64_t created_ns);
void trace_store_object_end(struct trace_store *store, uint32_t id,
			    int64_t ended_ns);
void trace_store_object_name(struct trace_store *store, uint32_t id,
			     const char *name);
void trace_store_site(struct trace_store *store, uint32_t id, const char *file,
		      int64_t line, const char *function);
void trace_store_process(struct trace_store *store,
			 const struct trace_process_row *row);
/* What only the parent of the main process can know, as far as its row does not
 * say it already. exitcode: as Python's. */
void trace_store_set_main_status(struct trace_store *store, int64_t exitcode,
				 enum trace_end ended_by);
void trace_store_agent(struct trace_store *store,
		       const struct trace_agent_row *row);
void trace_store_interval(struct trace_store *store,
			  const struct trace_interval_row *row);
void trace_store_arrow(struct trace_store *store,
		       const struct trace_arrow_row *row);
void trace_store_cell(struct trace_store *store,
		      const struct trace_cell_row *row);
void trace_store_hold(struct trace_store *store,
		      const struct trace_hold_row *row);
void trace_store_wait(struct trace_store *store,
		      const struct trace_wait_row *row);
void trace_store_level(struct trace_store *store,
		       const struct trace_level_row *row);
void trace_store_task(struct trace_store *store,
		      const struct trace_task_row *row);
void trace_store_collection(struct trace_store *store,
			    const struct trace_collection_row *row);
void trace_store_call(struct trace_store *store,
		      const struct trace_call_row *row);
void trace_store_delivery(struct trace_store *store,
			  const struct trace_delivery_row *row);
void trace_store_use(struct trace_store *store,
		     const struct trace_use_row *row);
void trace_store_deadlock(struct trace_store *store,
			  const struct trace_deadlock_row *row);
void trace_store_edge(struct trace_store *store,
		      const struct trace_edge_row *row);
void trace_store_knob(struct trace_store *store, const char *name,
		      const char *value, bool changed);
void trace_store_lesson(struct trace_store *store, const char *language,
			const char *slug, const char *markdown);
/* An earlier text of the same path stays. */
void trace_store_source(struct trace_store *store, const char *path,
			const char *language, const char *text, size_t length);

/* What is in the trace already, for those who continue it. The rows live during
 * the call only. Returning false ends the loop. */
void trace_store_each_process(struct trace_store *store,
			      bool (*call)(void *, struct trace_process_row *),
			      void *user);
void trace_store_each_agent(struct trace_store *store,
			    bool (*call)(void *, struct trace_agent_row *),
			    void *user);
void trace_store_each_event(struct trace_store *store,
			    bool (*call)(void *, const struct trace_event_row *),
			    void *user);
/* Files named by sites of which the text is not in the trace. */
void trace_store_each_missing_source(struct trace_store *store,
				     bool (*call)(void *, const char *path),
				     void *user);

#endif
