#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/reader-private.h"
#include "traces/rows.h"
#include "traces/sanitize.h"

/* Longest text of an event that is handed out. */
#define TEXT_BYTES (TRACE_SANITIZED_BYTES(TRACE_TEXT_BYTES))

#define TEXT 1
#define NOTEXT 2
static const uint8_t kind_text[TRACE_KIND_COUNT] = { /* 0: not known to us */
#define TRACE_EVENT(id, symbol, name, component, effect, state, text, a, b, d) \
	[id] = text,
#include "traces/events.def"
#undef TRACE_EVENT
};
#undef TEXT
#undef NOTEXT

static const char *const kind_names[TRACE_KIND_COUNT][2] = {
#define TRACE_EVENT(id, symbol, name, component, effect, state, text, a, b, d) \
	[id] = { name, d },
#include "traces/events.def"
#undef TRACE_EVENT
};

static const char *const state_names[TRACE_STATE_COUNT] = {
#define TRACE_STATE(id, symbol, name, rank, glyph, ascii, d) [id] = name,
#include "traces/states.def"
#undef TRACE_STATE
};

/* ---- names ---- */

static const char *kind_word(const struct trace *trace, uint32_t kind,
			     int which)
{
	const struct trace_name *row;

	if (kind < TRACE_KIND_COUNT && kind_names[kind][which])
		return kind_names[kind][which];
	row = trace_list_find(&trace->kinds, kind);
	const char *word = !row ? NULL : which ? row->description : row->name;
	return word ? word : "?";
}

const char *trace_kind_name(const struct trace *trace, uint32_t kind)
{
	return kind_word(trace, kind, 0);
}

const char *trace_kind_description(const struct trace *trace, uint32_t kind)
{
	return kind_word(trace, kind, 1);
}

const char *trace_state_name(const struct trace *trace, unsigned state)
{
	const struct trace_name *row;

	if (state < TRACE_STATE_COUNT && state_names[state])
		return state_names[state];
	row = trace_list_find(&trace->states, state);
	return row && row->name ? row->name : "?";
}

/* ---- events ---- */

/* The text of an event, cleaned, appended to the scratch memory at `used`. Returns
 * how much of it is used then. */
static size_t fetch_text(struct trace *trace, struct trace_record *record,
			 size_t used)
{
	struct trace_db *db = trace->db;
	struct sqlite3_stmt *rows;
	size_t length;

	rows = trace_db_query(db, TRACE_QUERY_EVENT_TEXT,
			      (int64_t)record->seq);
	if (!trace_db_step(db, rows)) {
		if (record->kind != TRACE_OUTPUT)
			return used;
		rows = trace_db_query(db, TRACE_QUERY_EVENT_LINE,
				      (int64_t)record->seq);
		if (!trace_db_step(db, rows))
			return used;
	}
	const char *bytes = trace_db_bytes(rows, 0, &length);
	size_t size = TRACE_SANITIZED_BYTES(length);
	if (size > TEXT_BYTES)
		size = TEXT_BYTES;
	if (used + size > trace->scratch_size) {
		size_t bigger = 2 * trace->scratch_size + used + size;
		char *scratch = realloc(trace->scratch, bigger);

		if (!scratch) {
			trace_db_done(rows);
			return used;
		}
		trace->scratch = scratch;
		trace->scratch_size = bigger;
	}
	used += 1 + trace_sanitize(trace->scratch + used, size, bytes, length,
				   false);
	trace_db_done(rows);
	return used;
}

/* Scratch memory moves while it grows: texts are found by their offsets last. */
static void fetch_texts(struct trace *trace, struct trace_record *out,
			int count)
{
	size_t used = 0;

	for (int pass = 0; pass < 2; pass++) {
		size_t place = 0;

		for (int i = 0; i < count; i++) {
			uint32_t kind = out[i].kind;

			if (kind < TRACE_KIND_COUNT && kind_text[kind] == 2)
				continue;
			if (pass == 0) {
				size_t before = used;

				used = fetch_text(trace, &out[i], used);
				out[i].text = used > before ? "+" : "";
			} else if (*out[i].text) {
				out[i].text = trace->scratch + place;
				place += strlen(out[i].text) + 1;
			}
		}
	}
}

int trace_events(struct trace *trace, uint64_t first, size_t count,
		 struct trace_record *out)
{
	struct sqlite3_stmt *rows;
	int found = 0;

	if (first < 1)
		first = 1;
	if (count == 0 || first > trace->info.events)
		return 0;
	if (count > INT32_MAX)
		count = INT32_MAX;
	uint64_t last = trace->info.events - first < count
				? trace->info.events : first + count - 1;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	rows = trace_db_query(trace->db, TRACE_QUERY_EVENTS, (int64_t)first,
			      (int64_t)last, (int64_t)count);
	while ((size_t)found < count && trace_db_step(trace->db, rows)) {
		out[found++] = (struct trace_record){
			.seq = trace_db_seq(rows, 0),
			.t_ns = trace_db_time(rows, 1),
			.agent_id = trace_db_id(rows, 2),
			.kind = trace_db_id(rows, 3),
			.object_id = trace_db_id(rows, 4),
			.a = trace_db_int(rows, 5),
			.b = trace_db_int(rows, 6),
			.site_id = trace_db_id(rows, 7),
			.text = "",
		};
	}
	if (rows)
		trace_db_done(rows);
	fetch_texts(trace, out, found);
	trace_db_release(trace->db);
	return *trace_db_error(trace->db) ? trace_fail(trace) : found;
}

/* ---- moments ---- */

static bool event_near(struct trace *trace, enum trace_query query,
		       uint64_t seq, uint64_t *found, int64_t *t_ns)
{
	struct sqlite3_stmt *rows = trace_db_query(trace->db, query,
						   (int64_t)seq);

	if (!trace_db_step(trace->db, rows))
		return false;
	*found = trace_db_seq(rows, 0);
	*t_ns = trace_db_time(rows, 1);
	trace_db_done(rows);
	return true;
}

static uint64_t search_time(struct trace *trace, int64_t t_ns)
{
	uint64_t low = 0, high = trace->info.events;

	/* Events up to `low` are not later than t_ns, those after `high` are. */
	while (low < high) {
		uint64_t middle = low + (high - low + 1) / 2, seq;
		int64_t at_ns;

		if (!event_near(trace, TRACE_QUERY_EVENT_UP_TO, middle, &seq,
				&at_ns) || seq <= low) {
			/* A gap, or nothing: look behind it. */
			if (*trace_db_error(trace->db))
				return low;
			if (!event_near(trace, TRACE_QUERY_EVENT_FROM,
					middle + 1, &seq, &at_ns)
			    || seq > high || at_ns > t_ns) {
				high = middle - 1;
				continue;
			}
		}
		if (at_ns <= t_ns)
			low = seq > middle ? seq : middle;
		else
			high = seq - 1;
	}
	uint64_t seq = 0;
	int64_t at_ns;
	if (low > 0 && !event_near(trace, TRACE_QUERY_EVENT_UP_TO, low, &seq,
				   &at_ns))
		seq = 0;
	return seq;
}

uint64_t trace_seq_at(struct trace *trace, int64_t t_ns)
{
	if (t_ns < 0)
		return 0;
	if (t_ns >= trace->info.last_ns)
		return trace->info.events;
	for (unsigned i = 0; i < TRACE_SEQ_MEMORY; i++)
		if (trace->seqs[i].seq && trace->seqs[i].t_ns == t_ns)
			return trace->seqs[i].seq;
	trace_db_hold(trace->db, TRACE_CALL_MS);
	uint64_t seq = search_time(trace, t_ns);
	trace_db_release(trace->db);
	unsigned i = trace->next_seq++ % TRACE_SEQ_MEMORY;
	trace->seqs[i].t_ns = t_ns;
	trace->seqs[i].seq = seq;
	return seq;
}

int64_t trace_time_of(struct trace *trace, uint64_t seq)
{
	uint64_t found;
	int64_t t_ns;

	if (seq > trace->info.events)
		seq = trace->info.events;
	if (seq > 0
	    && event_near(trace, TRACE_QUERY_EVENT_UP_TO, seq, &found, &t_ns))
		return t_ns;
	if (event_near(trace, TRACE_QUERY_EVENT_FROM, 1, &found, &t_ns))
		return t_ns;
	return 0;
}
