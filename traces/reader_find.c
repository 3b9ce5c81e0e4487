#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdlib.h>
#include <string.h>

#include "traces/reader-private.h"
#include "traces/rows.h"

/* The next event of an agent may be millions of events away. The finest level of
 * the summary has a bucket only where the agent has events, so it leads there.
 * Nothing leads to the events of a kind: they are looked for block by block, and
 * it is remembered in which blocks there are none. */

#define NEAR 256			/* events looked at before anything else */
#define BLOCK 8192			/* events */

static uint64_t clamp(const struct trace *trace, uint64_t seq)
{
	return seq < trace->info.events ? seq : trace->info.events;
}

/* The first (step > 0) or last event in [low, high] that fits; 0: none. */
static uint64_t scan(struct trace *trace, uint64_t low, uint64_t high, int step,
		     uint32_t agent_id, uint32_t kind)
{
	struct sqlite3_stmt *rows;
	uint64_t seq = 0;

	if (low > high)
		return 0;
	rows = trace_db_query(trace->db,
			      step > 0 ? TRACE_QUERY_SCAN
				       : TRACE_QUERY_SCAN_BACK,
			      (int64_t)low, (int64_t)high, (int64_t)agent_id,
			      (int64_t)kind);
	if (trace_db_step(trace->db, rows)) {
		seq = trace_db_seq(rows, 0);
		trace_db_done(rows);
	}
	return seq;
}

/* ---- the events of an agent ---- */

static int64_t bucket_of(struct trace *trace, uint64_t seq)
{
	return trace_time_of(trace, seq) >> TRACE_SUMMARY_SHIFT(0);
}

static uint64_t end_of_bucket(struct trace *trace, int64_t bucket)
{
	int64_t width = INT64_C(1) << TRACE_SUMMARY_SHIFT(0);

	if (bucket >= TRACE_MAX_NUMBER >> TRACE_SUMMARY_SHIFT(0))
		return trace->info.events;
	return trace_seq_at(trace, bucket * width + width - 1);
}

/* Look into the agent's buckets in turn: the one in which `seq` lies, the next */
static uint64_t next_by_cells(struct trace *trace, uint64_t seq, int step,
			      uint32_t agent_id)
{
	struct { int64_t bucket; uint64_t first; } cells[2];
	enum trace_query query = step > 0 ? TRACE_QUERY_NEXT_CELL
					  : TRACE_QUERY_PREVIOUS_CELL;
	struct sqlite3_stmt *rows;
	uint64_t found = 0;
	int count = 0;

	rows = trace_db_query(trace->db, query, (int64_t)agent_id,
			      bucket_of(trace, seq));
	while (count < 2 && trace_db_step(trace->db, rows)) {
		cells[count].bucket = trace_db_time(rows, 0);
		cells[count++].first = trace_db_seq(rows, 1);
	}
	if (rows)
		trace_db_done(rows);
	for (int i = 0; i < count && !found; i++) {
		uint64_t low = cells[i].first;
		uint64_t high = end_of_bucket(trace, cells[i].bucket);

		if (step > 0 && low <= seq)
			low = seq + 1;
		if (step < 0 && high >= seq)
			high = seq - 1;
		found = scan(trace, low, high, step, agent_id, 0);
	}
	return found;
}

static uint64_t next_of_agent(struct trace *trace, uint64_t seq, int step,
			      uint32_t agent_id)
{
	struct trace_lane_node *lane = trace_lane_node(trace, agent_id);
	uint64_t last = trace->info.events, found;

	if (step > 0)
		found = scan(trace, seq + 1, clamp(trace, seq + NEAR), step,
			     agent_id, 0);
	else
		found = scan(trace, seq > NEAR ? seq - NEAR : 1, seq - 1, step,
			     agent_id, 0);
	if (found)
		return found;
	if (lane && trace_lane_has_cells(trace, lane))
		return next_by_cells(trace, seq ? seq : 1, step, agent_id);
	return step > 0 ? scan(trace, seq + 1, last, step, agent_id, 0)
			: scan(trace, 1, seq - 1, step, agent_id, 0);
}

/* ---- the events of a kind ---- */

/* Where the kind is known not to be; NULL: no memory to note it. */
static struct trace_absence *absence_of(struct trace *trace, uint32_t kind)
{
	size_t blocks = (size_t)(trace->info.events / BLOCK);
	struct trace_absence *absence = NULL;

	for (size_t i = 0; i < trace->absence_count; i++)
		if (trace->absences[i].kind == kind)
			absence = &trace->absences[i];
	if (!absence) {
		absence = realloc(trace->absences, (trace->absence_count + 1)
				  * sizeof(*trace->absences));
		if (!absence)
			return NULL;
		trace->absences = absence;
		absence += trace->absence_count++;
		*absence = (struct trace_absence){ .kind = kind };
	}
	/* A stranger's file may claim any number of events. */
	if (absence->blocks < blocks && blocks < (size_t)1 << 30) {
		unsigned char *bits = realloc(absence->bits, blocks / 8 + 1);

		if (!bits)
			return NULL;
		size_t used = absence->blocks ? absence->blocks / 8 + 1 : 0;
		memset(bits + used, 0, blocks / 8 + 1 - used);
		absence->bits = bits;
		absence->blocks = blocks;
	}
	return absence;
}

static bool is_absent(const struct trace_absence *absence, uint64_t block)
{
	return absence && block < absence->blocks
	       && absence->bits[block / 8] >> block % 8 & 1;
}

static void note_absence(struct trace_absence *absence, uint64_t block)
{
	if (absence && block < absence->blocks)
		absence->bits[block / 8] |= (unsigned char)(1 << block % 8);
}

/* The first event from `seq` on, or the last one up to it: a stranger's file may
 * number its events with gaps no loop could cross. */
static uint64_t existing(struct trace *trace, uint64_t seq, int step)
{
	struct sqlite3_stmt *rows = trace_db_query(
		trace->db, step > 0 ? TRACE_QUERY_EVENT_FROM
				    : TRACE_QUERY_EVENT_UP_TO, (int64_t)seq);
	uint64_t found = 0;

	if (trace_db_step(trace->db, rows)) {
		found = trace_db_seq(rows, 0);
		trace_db_done(rows);
	}
	return found;
}

/* Look into the block that event `from` lies in, from there on. */
static uint64_t look_into(struct trace *trace, struct trace_absence *absence,
			  uint64_t from, int step, uint32_t kind)
{
	uint64_t block = (from - 1) / BLOCK, found;
	uint64_t low = block * BLOCK + 1, high = low + BLOCK - 1;
	bool is_whole = from == (step > 0 ? low : high);

	if (is_absent(absence, block))
		return 0;
	if (step > 0)
		found = scan(trace, from, clamp(trace, high), step, 0, kind);
	else
		found = scan(trace, low, from, step, 0, kind);
	if (!found && is_whole && !*trace_db_error(trace->db))
		note_absence(absence, block);
	return found;
}

/* Block n holds the events n * BLOCK + 1 to (n + 1) * BLOCK. */
static uint64_t next_of_kind(struct trace *trace, uint64_t seq, int step,
			     uint32_t kind)
{
	struct trace_absence *absence = absence_of(trace, kind);
	uint64_t from = step > 0 ? seq + 1 : seq - 1;

	while (from > 0 && from <= trace->info.events) {
		uint64_t found = look_into(trace, absence, from, step, kind);
		uint64_t block = (from - 1) / BLOCK;

		if (found || *trace_db_error(trace->db))
			return found;
		from = step > 0 ? (block + 1) * BLOCK + 1 : block * BLOCK;
		uint64_t near = from ? existing(trace, from, step) : 0;
		if (near == 0 || (step > 0 ? near < from : near > from))
			return 0;
		if ((near - 1) / BLOCK != (from - 1) / BLOCK)
			from = step > 0 ? (near - 1) / BLOCK * BLOCK + 1
					: ((near - 1) / BLOCK + 1) * BLOCK;
	}
	return 0;
}

uint64_t trace_next(struct trace *trace, uint64_t seq, int step,
		    uint32_t agent_id, uint32_t kind)
{
	uint64_t last = trace->info.events, found;

	if (seq > last)
		seq = step > 0 ? last : last + 1;
	if (step > 0 ? seq >= last : seq <= 1)
		return 0;
	trace_db_hold(trace->db, TRACE_SEARCH_MS);
	if (agent_id && !kind)
		found = next_of_agent(trace, seq, step, agent_id);
	else if (kind && !agent_id)
		found = next_of_kind(trace, seq, step, kind);
	else if (step > 0)
		found = scan(trace, seq + 1, last, step, agent_id, kind);
	else
		found = scan(trace, 1, seq - 1, step, agent_id, kind);
	if (*trace_db_error(trace->db))
		trace_fail(trace);
	trace_db_release(trace->db);
	return found;
}
