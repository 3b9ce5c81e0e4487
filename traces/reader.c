#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/db_file.h"
#include "traces/i18n.h"
#include "traces/reader-private.h"

/* How often a trace that was closed is let go so that the recorder can make one
 * plain file of it. After that it stays what it is. */
#define RECONNECTIONS 30

int trace_fail(struct trace *trace)
{
	const char *text = trace_db_error(trace->db);

	snprintf(trace->error, sizeof(trace->error), "%s",
		 *text ? text : _("no memory"));
	return -1;
}

const char *trace_error(const struct trace *trace)
{
	return trace->error;
}

const struct trace_info *trace_info(const struct trace *trace)
{
	return &trace->info;
}

const char *trace_meta(const struct trace *trace, const char *key)
{
	for (size_t i = 0; i < trace->meta.count; i++) {
		const struct trace_name *row = trace->meta.items[i];

		if (row->name && !strcmp(row->name, key))
			return row->description;
	}
	return NULL;
}

/* ---- what is known about the whole ---- */

static uint64_t meta_number(const struct trace *trace, const char *key)
{
	const char *text = trace_meta(trace, key);
	char *end;

	if (!text || *text == '-')
		return 0;
	unsigned long long value = strtoull(text, &end, 10);
	return value < (uint64_t)TRACE_MAX_NUMBER ? value : TRACE_MAX_NUMBER;
}

static void find_last_event(struct trace *trace)
{
	struct sqlite3_stmt *rows = trace_db_query(trace->db,
						   TRACE_QUERY_LAST_EVENT);
	int64_t last_ns = (int64_t)meta_number(trace, "last_ns");

	trace->info.events = 0;
	if (trace_db_step(trace->db, rows)) {
		int64_t t_ns = trace_db_time(rows, 1);

		trace->info.events = trace_db_seq(rows, 0);
		if (t_ns > last_ns)
			last_ns = t_ns;
		trace_db_done(rows);
	}
	trace->info.last_ns = last_ns;
}

static void find_state(struct trace *trace)
{
	const char *state = trace_meta(trace, "state");
	struct trace_info *info = &trace->info;
	bool is_prepared = state && !strcmp(state, "prepared");

	info->recovered = state && !strcmp(state, "recovered");
	trace->is_over = info->recovered || (state && !strcmp(state, "closed"));
	info->live = !trace->is_over
		     && ((is_prepared && trace->accepts_prepared)
			 || trace_file_is_attended(info->path));
	info->unfinished = !trace->is_over && !info->live;
}

static void describe(struct trace *trace)
{
	struct trace_info *info = &trace->info;
	const char *program = trace_meta(trace, "program");

	find_last_event(trace);
	find_state(trace);
	info->start_realtime_ns =
		(int64_t)meta_number(trace, "start_realtime_ns");
	info->lost = meta_number(trace, "lost");
	info->cost_ps = meta_number(trace, "cost_ps");
	info->program = program ? program : "";
}

/* Everything that is remembered of the file may have changed. */
static void forget(struct trace *trace)
{
	memset(trace->seqs, 0, sizeof(trace->seqs));
	trace->window.last = 0;
	trace->generation++;
	for (size_t i = 0; i < trace->agents.count; i++) {
		struct trace_lane_node *lane = trace->agents.items[i];

		if (lane->has_cells == 0)
			lane->has_cells = -1;
	}
}

static int load(struct trace *trace)
{
	trace_db_hold(trace->db, INT64_C(2) * TRACE_CALL_MS);
	forget(trace);
	int result = trace_tables_load(trace);
	if (result == 0) {
		describe(trace);
		if (*trace_db_error(trace->db))
			result = trace_fail(trace);
	} else {
		trace_fail(trace);
	}
	trace_db_release(trace->db);
	return result;
}

/* ---- opening ---- */

static int64_t data_version(struct trace *trace)
{
	struct sqlite3_stmt *rows = trace_db_query(trace->db,
						   TRACE_QUERY_DATA_VERSION);
	int64_t version = -1;

	if (trace_db_step(trace->db, rows)) {
		version = trace_db_int(rows, 0);
		trace_db_done(rows);
	}
	return version;
}

static int begin(struct trace *trace, const char *path)
{
	trace->info.path = trace_pool_keep(&trace->pool, path);
	trace->data_version = data_version(trace);
	if (load(trace) < 0)
		return -1;
	const char *state = trace_meta(trace, "state");
	if (state && !strcmp(state, "prepared") && !trace->accepts_prepared) {
		snprintf(trace->error, sizeof(trace->error),
			 _("%s: was prepared but never recorded; run its"
			   " program again"), path);
		return -1;
	}
	return 0;
}

static struct trace *open_as(const char *path, bool accepts_prepared,
			     char *error, size_t error_size)
{
	struct trace *trace = calloc(1, sizeof(*trace));

	if (!trace) {
		snprintf(error, error_size, "%s: %s", path, _("no memory"));
		return NULL;
	}
	trace->accepts_prepared = accepts_prepared;
	trace->db = trace_db_open(path, error, error_size);
	if (!trace->db) {
		trace_close(trace);
		return NULL;
	}
	if (begin(trace, path) < 0) {
		snprintf(error, error_size, "%s", trace->error);
		trace_close(trace);
		return NULL;
	}
	return trace;
}

struct trace *trace_open(const char *path, char *error, size_t error_size)
{
	return open_as(path, false, error, error_size);
}

struct trace *trace_open_live(const char *path, char *error, size_t error_size)
{
	return open_as(path, true, error, error_size);
}

void trace_close(struct trace *trace)
{
	struct trace_file_text *next;

	if (!trace)
		return;
	trace_db_close(trace->db);
	for (struct trace_file_text *text = trace->texts; text; text = next) {
		next = text->next;
		free(text);
	}
	for (size_t i = 0; i < trace->absence_count; i++)
		free(trace->absences[i].bits);
	free(trace->absences);
	free(trace->functions);
	free(trace->knobs);
	free(trace->scratch);
	trace_list_free(&trace->meta);
	trace_list_free(&trace->processes);
	trace_list_free(&trace->agents);
	trace_list_free(&trace->object_lanes);
	trace_list_free(&trace->kinds);
	trace_list_free(&trace->object_kinds);
	trace_list_free(&trace->states);
	trace_list_free(&trace->sites);
	trace_pool_free(&trace->pool);
	free(trace);
}

/* ---- following a recording ---- */

/* It is closed: make way for the recorder, which turns it into one plain file. */
static int let_go(struct trace *trace)
{
	if (trace->reconnections++ >= RECONNECTIONS)
		return 0;
	if (trace_db_reconnect(trace->db) < 0)
		return trace_fail(trace);
	trace->data_version = data_version(trace);
	return load(trace);
}

int trace_refresh(struct trace *trace)
{
	bool was_live = trace->info.live;

	if (!trace_db_handle(trace->db)) {
		trace->reconnections = 0;
		return let_go(trace) < 0 ? -1 : 1;
	}
	if (trace->is_over)
		return trace_db_has_log(trace->db) && let_go(trace) < 0 ? -1
									: 0;
	int64_t version = data_version(trace);
	if (version < 0)
		return trace_fail(trace);
	if (version == trace->data_version) {
		find_state(trace);
		return trace->info.live != was_live;
	}
	trace->data_version = version;
	if (load(trace) < 0)
		return -1;
	if (trace->is_over && trace_db_has_log(trace->db)
	    && let_go(trace) < 0)
		return -1;
	return 1;
}
