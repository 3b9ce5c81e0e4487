#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/check.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/db.h"
#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/idmap.h"
#include "traces/reader.h"
#include "traces/rows.h"
#include "traces/sanitize.h"

/* All together may take that long; a sane trace needs seconds. */
#define CHECK_MS (30 * INT64_C(60000))
/* The summary is compared with this many events; of more, with as many from the
 * middle. */
#define SAMPLE 2000000

enum severity { ERROR, WARNING };
enum when {
	ALWAYS = 0,
	CLOSED = 1,
	LOSSLESS = 2,
	LATER = 4,			/* has the tables of objects */
	CLOSED_LATER = CLOSED | LATER,
	LOSSLESS_LATER = LOSSLESS | LATER
};

static const struct {
	const char *name;
	enum severity severity;
	enum when when;
	const char *sentence, *sql;
} invariants[] = {
#define TRACE_INVARIANT(name, severity, when, sentence, sql) \
	{ name, severity, when, sentence, sql },
#include "traces/invariants.def"
#undef TRACE_INVARIANT
};
#define COUNT (sizeof(invariants) / sizeof(*invariants))

struct check {
	struct trace_db *db;
	const struct trace_checker *checker;
	bool is_closed, is_lossless;
	uint64_t first, last;		/* events to compare with the summary */
	int errors;
	struct trace_idmap locks;	/* what lock_fault remembers */
	struct trace_idmap tallies;	/* what tally has counted, by id */
};

struct trace_invariant trace_invariant_at(size_t i)
{
	struct trace_invariant row = { 0 };

	if (i < COUNT) {
		row.name = invariants[i].name;
		row.is_warning = invariants[i].severity == WARNING;
		row.sentence = _(invariants[i].sentence);
	}
	return row;
}

/* ---- functions for the SQL ---- */

/* A process that exits does so to its end: that is no span. */
static void effect(sqlite3_context *context, int count, sqlite3_value **values)
{
	static const unsigned char effects[TRACE_KIND_COUNT] = {
#define TRACE_EVENT(id, symbol, name, component, effect, state, text, a, b, d) \
		[id] = TRACE_STATE_##state == TRACE_STATE_EXITING \
			       ? TRACE_SAME : TRACE_##effect,
#include "traces/events.def"
#undef TRACE_EVENT
	};
	sqlite3_int64 kind = sqlite3_value_int64(values[0]);

	(void)count;
	sqlite3_result_int(context, kind >= 0 && kind < TRACE_KIND_COUNT
					    ? effects[kind] : 0);
}

static void bit_or_step(sqlite3_context *context, int count,
			sqlite3_value **values)
{
	sqlite3_int64 *mask = sqlite3_aggregate_context(context, sizeof(*mask));

	(void)count;
	if (mask)
		*mask |= sqlite3_value_int64(values[0]);
}

static void bit_or_final(sqlite3_context *context)
{
	sqlite3_int64 *mask = sqlite3_aggregate_context(context, sizeof(*mask));

	sqlite3_result_int64(context, mask ? *mask : 0);
}

/* Remembers the last event of each lock: rows must come in order of seq. */
static void lock_fault(sqlite3_context *context, int count,
		       sqlite3_value **values)
{
	static char taken, free;	/* only their addresses matter */
	struct check *check = sqlite3_user_data(context);
	sqlite3_int64 object = sqlite3_value_int64(values[0]);
	sqlite3_int64 kind = sqlite3_value_int64(values[1]);
	bool is_taking = kind == TRACE_LOCK_ACQUIRED
			 || kind == TRACE_LOCK_WAITED;

	(void)count;
	sqlite3_result_int(context, 0);
	if ((!is_taking && kind != TRACE_LOCK_RELEASED) || object <= 0
	    || object > UINT32_MAX)
		return;
	const char *before = trace_idmap_get(&check->locks, (uint32_t)object);
	if (!before && check->first == 1)
		before = &free;		/* as locks are made */
	if (before == (is_taking ? &taken : &free))
		sqlite3_result_int(context, is_taking ? 1 : 2);
	trace_idmap_put(&check->locks, (uint32_t)object,
			is_taking ? &taken : &free);
}

/* ---- counting by id: GROUP BY would sort all events, in memory ---- */

static void forget_tallies(struct check *check)
{
	for (uint32_t i = 0; i < check->tallies.size; i++)
		free(check->tallies.entries[i].value);
	trace_idmap_free(&check->tallies);
}

static void tally_step(sqlite3_context *context, int count,
		       sqlite3_value **values)
{
	struct check *check = sqlite3_user_data(context);
	uint32_t id = (uint32_t)sqlite3_value_int64(values[0]);
	uint64_t *tally = trace_idmap_get(&check->tallies, id);

	(void)count;
	if (!tally) {
		tally = calloc(1, sizeof(*tally));
		if (!tally || !trace_idmap_put(&check->tallies, id, tally)) {
			free(tally);
			sqlite3_result_error_nomem(context);
			return;
		}
	}
	++*tally;
}

/* What there is to know is asked of tally_of. */
static void tally_final(sqlite3_context *context)
{
	const struct check *check = sqlite3_user_data(context);

	sqlite3_result_int64(context, check->tallies.used);
}

static void tally_of(sqlite3_context *context, int count,
		     sqlite3_value **values)
{
	const struct check *check = sqlite3_user_data(context);
	uint32_t id = (uint32_t)sqlite3_value_int64(values[0]);
	const uint64_t *tally = trace_idmap_get(&check->tallies, id);

	(void)count;
	sqlite3_result_int64(context, tally ? (sqlite3_int64)*tally : 0);
}

static void define_functions(struct check *check, sqlite3 *db)
{
	const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC
			  | SQLITE_DIRECTONLY;

	sqlite3_create_function(db, "effect", 1, flags, NULL, effect, NULL,
				NULL);
	sqlite3_create_function(db, "lock_fault", 2,
				SQLITE_UTF8 | SQLITE_DIRECTONLY, check,
				lock_fault, NULL, NULL);
	sqlite3_create_function(db, "tally", 1,
				SQLITE_UTF8 | SQLITE_DIRECTONLY, check, NULL,
				tally_step, tally_final);
	sqlite3_create_function(db, "tally_of", 2,
				SQLITE_UTF8 | SQLITE_DIRECTONLY, check,
				tally_of, NULL, NULL);
	sqlite3_create_function(db, "bit_or", 1, flags, NULL, NULL,
				bit_or_step, bit_or_final);
}

/* ---- one invariant ---- */

static void tell(struct check *check, size_t i, sqlite3_stmt *row)
{
	const char *bytes = (const char *)sqlite3_column_text(row, 2);
	sqlite3_int64 seq = sqlite3_column_int64(row, 1);
	char what[200];
	struct trace_violation violation = {
		.invariant = trace_invariant_at(i),
		.count = (uint64_t)sqlite3_column_int64(row, 0),
		.seq = seq > 0 ? (uint64_t)seq : 0,
		.what = what,
	};

	if (violation.count == 0)
		return;
	trace_sanitize(what, sizeof(what), bytes ? bytes : "",
		       (size_t)sqlite3_column_bytes(row, 2), false);
	check->errors += !violation.invariant.is_warning;
	check->checker->violated(check->checker->user, &violation);
}

/* The question cannot be answered: that is a violation, too. */
static void tell_failure(struct check *check, size_t i)
{
	char what[200];
	const char *text = sqlite3_errmsg(trace_db_handle(check->db));
	struct trace_violation violation = {
		.invariant = trace_invariant_at(i), .count = 1, .what = what,
	};

	trace_sanitize(what, sizeof(what), text, strlen(text), false);
	violation.invariant.is_warning = false;
	check->errors++;
	check->checker->violated(check->checker->user, &violation);
}

static void bind(sqlite3_stmt *rows, const char *name, uint64_t value)
{
	int index = sqlite3_bind_parameter_index(rows, name);

	if (index > 0)
		sqlite3_bind_int64(rows, index, (sqlite3_int64)value);
}

static void look(struct check *check, size_t i)
{
	sqlite3_stmt *rows = NULL;
	char *sql = sqlite3_mprintf("SELECT count(*), min(seq), what FROM (%s)",
				    invariants[i].sql);

	if (!sql || sqlite3_prepare_v2(trace_db_handle(check->db), sql, -1,
				       &rows, NULL) != SQLITE_OK) {
		tell_failure(check, i);
		sqlite3_free(sql);
		return;
	}
	sqlite3_free(sql);
	bind(rows, ":first", check->first);
	bind(rows, ":last", check->last);
	trace_idmap_free(&check->locks);
	forget_tallies(check);
	if (sqlite3_step(rows) == SQLITE_ROW)
		tell(check, i, rows);
	else
		tell_failure(check, i);
	sqlite3_finalize(rows);
}

/* ---- all of them ---- */

/* Which events to compare: from the beginning of a bucket to the end of one. */
static void choose_sample(struct check *check, struct trace *trace)
{
	uint64_t events = trace_info(trace)->events;
	const int shift = TRACE_SUMMARY_SHIFT(0);

	check->first = 1;
	check->last = events;
	if (events <= SAMPLE)
		return;
	int64_t from = trace_time_of(trace, (events - SAMPLE) / 2) >> shift;
	int64_t to = trace_time_of(trace, (events + SAMPLE) / 2) >> shift;
	check->first = trace_seq_at(trace, (from << shift) - 1) + 1;
	check->last = trace_seq_at(trace, (to << shift) - 1);
}

static int prepare(struct check *check, const char *path, char *error,
		   size_t error_size)
{
	struct trace *trace = trace_open(path, error, error_size);

	if (!trace)
		return -1;
	const struct trace_info *info = trace_info(trace);
	check->is_closed = !info->live && !info->unfinished;
	check->is_lossless = info->lost == 0;
	choose_sample(check, trace);
	trace_close(trace);
	check->db = trace_db_open(path, error, error_size);
	return check->db ? 0 : -1;
}

static bool applies(const struct check *check, enum when when)
{
	return !((when & CLOSED) && !check->is_closed)
	       && !((when & LOSSLESS) && !check->is_lossless)
	       && !((when & LATER) && !trace_db_has_objects(check->db));
}

int trace_check(const char *path, const struct trace_checker *checker,
		char *error, size_t error_size)
{
	struct check check = { .checker = checker };

	if (prepare(&check, path, error, error_size) < 0)
		return -1;
	define_functions(&check, trace_db_handle(check.db));
	trace_db_hold(check.db, CHECK_MS);
	for (size_t i = 0; i < COUNT; i++) {
		if (checker->progress)
			checker->progress(checker->user, i, COUNT);
		if (applies(&check, invariants[i].when))
			look(&check, i);
	}
	trace_db_release(check.db);
	trace_db_close(check.db);
	trace_idmap_free(&check.locks);
	forget_tallies(&check);
	return check.errors;
}
