#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/reader-private.h"
#include "traces/sanitize.h"

/* What is looked up when it is asked for: objects, places, printed lines, sources,
 * lessons, knobs. */

#define NAME_BYTES 256
#define PATH_BYTES 1024
#define LINE_BYTES (3 * TRACE_TEXT_BYTES + 1)
#define MOST_SITES 65536
/* How many events of an agent without a place are passed over to find one. */
#define PLACE_STEPS 64

/* ---- objects ---- */

const char *trace_object_kind_name(const struct trace *trace, uint32_t kind)
{
	static const char *const names[] = {
#define TRACE_OBJECT(id, symbol, name, python) [id] = name,
#include "traces/objects.def"
#undef TRACE_OBJECT
	};
	const struct trace_name *row;

	if (kind < sizeof(names) / sizeof(*names) && names[kind])
		return names[kind];
	row = trace_list_find(&trace->object_kinds, kind);
	return row && row->name ? row->name : "?";
}

int trace_object(struct trace *trace, uint32_t id, struct trace_object *out)
{
	struct sqlite3_stmt *rows = trace_db_query(trace->db,
						   TRACE_QUERY_OBJECT,
						   (int64_t)id);

	if (!trace_db_step(trace->db, rows))
		return -1;
	*out = (struct trace_object){
		.id = id,
		.kind = trace_db_id(rows, 1),
		.name = trace_pool_column(&trace->pool, rows, 2, NAME_BYTES),
		.creator_agent_id = trace_db_id(rows, 3),
		.created_ns = trace_db_time(rows, 4),
		.ended_ns = trace_db_time(rows, 5),
	};
	out->kind_name = trace_object_kind_name(trace, out->kind);
	trace_db_done(rows);
	return 0;
}

/* ---- places ---- */

const struct trace_site *trace_site(struct trace *trace, uint32_t id)
{
	struct trace_site *site = trace_list_find(&trace->sites, id);
	struct sqlite3_stmt *rows;

	if (site || id == 0 || trace->sites.count >= MOST_SITES)
		return site;
	rows = trace_db_query(trace->db, TRACE_QUERY_SITE, (int64_t)id);
	if (!trace_db_step(trace->db, rows))
		return NULL;
	site = trace_list_get(&trace->sites, id, sizeof(*site));
	if (site) {
		int64_t line = trace_db_int(rows, 2);

		site->id = id;
		site->file = trace_pool_column(&trace->pool, rows, 1,
					       PATH_BYTES);
		site->line = line > 0 && line < INT32_MAX ? (int)line : 0;
		site->function = trace_pool_column(&trace->pool, rows, 3,
						   NAME_BYTES);
	}
	trace_db_done(rows);
	return site;
}

const struct trace_site *trace_place(struct trace *trace, uint32_t agent_id,
				     uint64_t seq)
{
	const struct trace_site *site = NULL;

	trace_db_hold(trace->db, TRACE_CALL_MS);
	seq = seq < trace->info.events ? seq + 1 : trace->info.events + 1;
	for (int i = 0; i < PLACE_STEPS && !site; i++) {
		struct sqlite3_stmt *rows;

		seq = trace_next(trace, seq, -1, agent_id, 0);
		if (seq == 0)
			break;
		rows = trace_db_query(trace->db, TRACE_QUERY_EVENTS,
				      (int64_t)seq, (int64_t)seq, (int64_t)1);
		if (!trace_db_step(trace->db, rows))
			break;
		uint32_t id = trace_db_id(rows, 7);
		trace_db_done(rows);
		site = trace_site(trace, id);
	}
	trace_db_release(trace->db);
	return site;
}

/* ---- printed lines ---- */

static int read_output(struct sqlite3_stmt *rows, struct trace_output *out)
{
	size_t length;
	const char *bytes = trace_db_bytes(rows, 5, &length);
	size_t size = TRACE_SANITIZED_BYTES(length);

	if (size > LINE_BYTES)
		size = LINE_BYTES;
	*out = (struct trace_output){
		.seq = trace_db_seq(rows, 0),
		.t_ns = trace_db_time(rows, 1),
		.agent_id = trace_db_id(rows, 2),
		.stream = trace_db_int(rows, 3) == 2 ? 2 : 1,
		.partial = trace_db_int(rows, 4) != 0,
		.line = malloc(size),
	};
	if (!out->line)
		return -1;
	trace_sanitize(out->line, size, bytes, length, false);
	return 0;
}

int trace_outputs(struct trace *trace, uint64_t seq, size_t max,
		  struct trace_output *out)
{
	struct sqlite3_stmt *rows;
	size_t count = 0;

	if (max > 1 << 20)
		max = 1 << 20;
	if (seq > trace->info.events)
		seq = trace->info.events;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_OUTPUTS, (int64_t)seq,
			      (int64_t)max);
	while (count < max && trace_db_step(trace->db, rows)) {
		if (read_output(rows, &out[count]) < 0)
			break;
		count++;
	}
	if (rows)
		trace_db_done(rows);
	trace_db_release(trace->db);
	for (size_t i = 0; i < count / 2; i++) {
		struct trace_output swapped = out[i];

		out[i] = out[count - 1 - i];
		out[count - 1 - i] = swapped;
	}
	return (int)count;
}

void trace_outputs_free(struct trace_output *lines, int count)
{
	for (int i = 0; i < count; i++)
		free(lines[i].line);
}

/* ---- sources and lessons ---- */

/* Each is read once and kept, also that there is none. */
static const struct trace_file_text *file_text(struct trace *trace,
					       enum trace_query query,
					       const char *key)
{
	bool is_lesson = query == TRACE_QUERY_LESSON;
	bool is_by_language = query == TRACE_QUERY_SOURCE_IN;
	struct trace_file_text *file;
	struct sqlite3_stmt *rows;
	size_t length;

	for (file = trace->texts; file; file = file->next)
		if (file->is_lesson == is_lesson
		    && file->is_by_language == is_by_language
		    && !strcmp(file->key, key))
			return file;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->is_lesson = is_lesson;
	file->is_by_language = is_by_language;
	file->key = trace_pool_keep(&trace->pool, key);
	rows = trace_db_query(trace->db, query, key);
	if (trace_db_step(trace->db, rows)) {
		file->name = trace_pool_column(&trace->pool, rows, 0,
					       PATH_BYTES);
		const char *text = trace_db_bytes(rows, 1, &length);
		file->text = trace_pool_lines(&trace->pool, text, length);
		trace_db_done(rows);
	} else if (trace->info.live) {
		free(file);		/* it may still come */
		return NULL;
	}
	file->next = trace->texts;
	trace->texts = file;
	return file;
}

const char *trace_source(struct trace *trace, const char *path,
			 const char *language, const char **found_path)
{
	const struct trace_file_text *file = NULL;

	if (path)
		file = file_text(trace, TRACE_QUERY_SOURCE, path);
	else if (language)
		file = file_text(trace, TRACE_QUERY_SOURCE_IN, language);
	if (!file || !file->text)
		return NULL;
	if (found_path)
		*found_path = file->name;
	return file->text;
}

const char *trace_lesson(struct trace *trace, const char *language,
			 const char **slug)
{
	const struct trace_file_text *file =
		file_text(trace, TRACE_QUERY_LESSON, language ? language : "en");

	if (!file || !file->text)
		file = file_text(trace, TRACE_QUERY_LESSON, "en");
	if (!file || !file->text)
		return NULL;
	if (slug)
		*slug = file->name;
	return file->text;
}

size_t trace_knobs(struct trace *trace, const struct trace_knob **out)
{
	struct sqlite3_stmt *rows = trace_db_query(trace->db,
						   TRACE_QUERY_KNOBS);
	struct trace_knob *knobs = NULL;
	size_t count = 0;

	while (trace_db_step(trace->db, rows)) {
		struct trace_knob *more = realloc(knobs, (count + 1)
						  * sizeof(*knobs));

		if (!more)
			break;
		knobs = more;
		knobs[count].name = trace_pool_column(&trace->pool, rows, 0,
						      NAME_BYTES);
		knobs[count].value = trace_pool_column(&trace->pool, rows, 1,
						       PATH_BYTES);
		knobs[count++].changed = trace_db_int(rows, 2) != 0;
	}
	if (rows)
		trace_db_done(rows);
	free(trace->knobs);
	trace->knobs = knobs;
	trace->knob_count = count;
	*out = knobs;
	return count;
}
