#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/reader-private.h"

/* A word may be found in five places: the name of a kind, of an agent or its
 * process, of an object, in a text, in a printed line. Each place gives its
 * nearest event; the nearest of those is the answer, and each place need only
 * be searched up to the best one so far. */

/* More are not looked at: each costs a search of its own. */
#define MOST_AGENTS 256
#define MOST_KINDS 256

struct search {
	struct trace *trace;
	const char *needle;
	size_t length;
	uint64_t seq, best;		/* best 0: nothing yet */
	int step;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool contains(const struct search *search, const char *text,
		     size_t length)
{
	const char *needle = search->needle;

	for (size_t i = 0; i + search->length <= length; i++) {
		size_t k = 0;

		while (k < search->length && lower(text[i + k]) == needle[k])
			k++;
		if (k == search->length)
			return true;
	}
	return false;
}

static bool has_word(const struct search *search, const char *text)
{
	return text && contains(search, text, strlen(text));
}

static void offer(struct search *search, uint64_t seq)
{
	if (seq && (!search->best || (search->step > 0 ? seq < search->best
						       : seq > search->best)))
		search->best = seq;
}

/* The seqs still worth looking at; false: none. */
static bool bounds(const struct search *search, int64_t *low, int64_t *high)
{
	uint64_t last = search->trace->info.events;

	if (search->step > 0) {
		*low = (int64_t)search->seq + 1;
		*high = (int64_t)(search->best ? search->best - 1 : last);
	} else {
		*low = (int64_t)search->best + 1;
		*high = (int64_t)search->seq - 1;
	}
	return *low <= *high;
}

static void search_agents(struct search *search)
{
	struct trace *trace = search->trace;
	unsigned count = 0;

	for (size_t i = 0; i < trace->agents.count && count < MOST_AGENTS; i++) {
		const struct trace_lane_node *lane = trace->agents.items[i];
		const struct trace_process *process =
			trace_process(trace, lane->agent.process_id);

		if (!has_word(search, lane->agent.path)
		    && !(process && has_word(search, process->name)))
			continue;
		count++;
		offer(search, trace_next(trace, search->seq, search->step,
					 lane->agent.id, 0));
	}
}

static void search_kinds(struct search *search)
{
	struct trace *trace = search->trace;

	for (uint32_t kind = 1; kind < TRACE_KIND_COUNT; kind++)
		if (has_word(search, trace_kind_name(trace, kind)))
			offer(search, trace_next(trace, search->seq,
						 search->step, 0, kind));
	for (size_t i = 0; i < trace->kinds.count && i < MOST_KINDS; i++) {
		const struct trace_name *row = trace->kinds.items[i];

		if (row->id >= TRACE_KIND_COUNT && has_word(search, row->name))
			offer(search, trace_next(trace, search->seq,
						 search->step, 0, row->id));
	}
}

static void search_texts(struct search *search, enum trace_query query)
{
	struct trace_db *db = search->trace->db;
	struct sqlite3_stmt *rows;
	int64_t low, high;

	if (!bounds(search, &low, &high))
		return;
	rows = trace_db_query(db, query, low, high);
	while (trace_db_step(db, rows)) {
		size_t length;
		const char *text = trace_db_bytes(rows, 1, &length);

		if (!contains(search, text, length))
			continue;
		offer(search, trace_db_seq(rows, 0));
		trace_db_done(rows);
		break;
	}
}

/* Ids of the objects whose name has the word, as a hash set. */
static bool find_objects(struct search *search, struct trace_idmap *objects)
{
	struct trace_db *db = search->trace->db;
	struct sqlite3_stmt *rows = trace_db_query(db,
						   TRACE_QUERY_OBJECT_NAMES);

	while (trace_db_step(db, rows)) {
		size_t length;
		uint32_t id = trace_db_id(rows, 0);
		const char *name = trace_db_bytes(rows, 1, &length);

		if (id && contains(search, name, length)
		    && !trace_idmap_put(objects, id, search)) {
			trace_db_done(rows);
			break;
		}
	}
	return objects->used > 0;
}

static void search_objects(struct search *search)
{
	struct trace_idmap objects = { 0 };
	struct trace_db *db = search->trace->db;
	int64_t low, high;

	if (find_objects(search, &objects) && bounds(search, &low, &high)) {
		struct sqlite3_stmt *rows = trace_db_query(
			db, search->step > 0 ? TRACE_QUERY_SCAN_OBJECTS
					     : TRACE_QUERY_SCAN_OBJECTS_BACK,
			low, high);

		while (trace_db_step(db, rows)) {
			uint32_t id = trace_db_id(rows, 1);

			if (!id || !trace_idmap_get(&objects, id))
				continue;
			offer(search, trace_db_seq(rows, 0));
			trace_db_done(rows);
			break;
		}
	}
	trace_idmap_free(&objects);
}

uint64_t trace_search(struct trace *trace, uint64_t seq, int step,
		      const char *needle)
{
	struct search search = { .trace = trace, .seq = seq, .step = step };
	char *folded = strdup(needle);

	if (!folded || !*folded) {
		free(folded);
		return 0;
	}
	for (char *s = folded; *s; s++)
		*s = lower(*s);
	if (search.seq > trace->info.events)
		search.seq = trace->info.events + (step < 0);
	search.needle = folded;
	search.length = strlen(folded);
	trace_db_hold(trace->db, TRACE_SEARCH_MS);
	search_agents(&search);
	search_texts(&search, step > 0 ? TRACE_QUERY_SCAN_TEXTS
				       : TRACE_QUERY_SCAN_TEXTS_BACK);
	search_texts(&search, step > 0 ? TRACE_QUERY_SCAN_LINES
				       : TRACE_QUERY_SCAN_LINES_BACK);
	search_kinds(&search);
	search_objects(&search);
	if (*trace_db_error(trace->db))
		trace_fail(trace);
	trace_db_release(trace->db);
	free(folded);
	return search.best;
}
