#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/trace_maker.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/analysis.h"
#include "traces/store.h"

struct maker {
	struct trace_store *store;
	struct trace_analysis *analysis;
	int64_t last_ns;
	uint64_t last_seq;
};

/* ---- what the analysis tells goes into the store ---- */

static void put_interval(void *user, const struct trace_interval_row *row)
{
	trace_store_interval(user, row);
}

static void put_arrow(void *user, const struct trace_arrow_row *row)
{
	trace_store_arrow(user, row);
}

static void put_process(void *user, const struct trace_process_row *row)
{
	trace_store_process(user, row);
}

static void put_agent(void *user, struct trace_agent_row *row)
{
	trace_store_agent(user, row);
}

static void put_cell(void *user, const struct trace_cell_row *row)
{
	trace_store_cell(user, row);
}

static void put_hold(void *user, const struct trace_hold_row *row)
{
	trace_store_hold(user, row);
}

static void put_wait(void *user, const struct trace_wait_row *row)
{
	trace_store_wait(user, row);
}

static void put_level(void *user, const struct trace_level_row *row)
{
	trace_store_level(user, row);
}

static void put_delivery(void *user, const struct trace_delivery_row *row)
{
	trace_store_delivery(user, row);
}

static void put_task(void *user, const struct trace_task_row *row)
{
	trace_store_task(user, row);
}

static void put_collection(void *user, const struct trace_collection_row *row)
{
	trace_store_collection(user, row);
}

static void put_call(void *user, const struct trace_call_row *row)
{
	trace_store_call(user, row);
}

static void put_use(void *user, const struct trace_use_row *row)
{
	trace_store_use(user, row);
}

static void put_deadlock(void *user, const struct trace_deadlock_row *row)
{
	trace_store_deadlock(user, row);
}

static void put_edge(void *user, const struct trace_edge_row *row)
{
	trace_store_edge(user, row);
}

static const struct trace_analysis_ops ops = {
	.interval = put_interval, .arrow = put_arrow, .process = put_process,
	.agent = put_agent, .cell = put_cell, .hold = put_hold,
	.wait = put_wait, .level = put_level, .delivery = put_delivery,
	.task = put_task, .collection = put_collection, .call = put_call,
	.use = put_use, .deadlock = put_deadlock, .edge = put_edge,
};

struct maker *maker_new(const char *path)
{
	struct maker *maker = calloc(1, sizeof(*maker));
	char error[256], name[512];

	if (!maker)
		return NULL;
	for (int i = 0; i < 4; i++) {
		static const char *const tails[] = { "", "-wal", "-shm",
						     "-journal" };

		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		unlink(name);
	}
	if (trace_store_create(path, &maker->store, error, sizeof(error)) < 0) {
		fprintf(stderr, "%s: %s\n", path, error);
		free(maker);
		return NULL;
	}
	maker->analysis = trace_analysis_new(&ops, maker->store);
	trace_store_begin(maker->store);
	trace_store_set_meta(maker->store, "program", "maker");
	trace_store_set_meta_int(maker->store, "start_realtime_ns",
				 INT64_C(1700000000000000000));
	trace_store_set_meta_int(maker->store, "lost", 0);
	trace_store_set_meta_int(maker->store, "cost_ps", 40000);
	return maker;
}

uint64_t maker_add(struct maker *maker, struct maker_event event)
{
	struct trace_event_row row = {
		.t_ns = event.t_ns, .agent_id = event.agent,
		.kind = event.kind, .object_id = event.object,
		.a = event.a, .b = event.b, .site_id = event.site,
	};
	struct trace_analysis_input input = {
		.row = &row, .process = 0,
		.first = event.text ? event.text : "",
		.second = event.second ? event.second : "",
	};
	char text[512];

	row.seq = trace_store_event(maker->store, &row);
	if (event.text) {
		snprintf(text, sizeof(text), "%s%s%s", event.text,
			 event.second ? " " : "",
			 event.second ? event.second : "");
		trace_store_text(maker->store, row.seq, text, strlen(text));
	}
	if (event.kind == TRACE_OUTPUT && event.text)
		trace_store_output(maker->store, &row, event.text,
				   strlen(event.text));
	if (event.kind == TRACE_PROC_NEW)
		trace_store_object(maker->store, event.object,
				   TRACE_OBJECT_PROCESS, event.second,
				   event.agent, event.t_ns);
	if (event.kind == TRACE_OBJECT_NEW)
		trace_store_object(maker->store, event.object,
				   (uint32_t)event.a, event.text, event.agent,
				   event.t_ns);
	if (event.kind == TRACE_OBJECT_END)
		trace_store_object_end(maker->store, event.object, event.t_ns);
	trace_analysis_event(maker->analysis, &input);
	maker->last_ns = row.t_ns;
	return maker->last_seq = row.seq;
}

void maker_site(struct maker *maker, uint32_t id, const char *file, int line,
		const char *function)
{
	trace_store_site(maker->store, id, file, line, function);
}

void maker_source(struct maker *maker, const char *path, const char *language,
		  const char *text)
{
	trace_store_source(maker->store, path, language, text, strlen(text));
}

void maker_lesson(struct maker *maker, const char *language, const char *text)
{
	trace_store_lesson(maker->store, language, "made", text);
}

void maker_meta(struct maker *maker, const char *key, const char *value)
{
	trace_store_set_meta(maker->store, key, value);
}

void maker_commit(struct maker *maker)
{
	trace_analysis_flush(maker->analysis);
	trace_store_set_meta_int(maker->store, "last_ns", maker->last_ns);
	trace_store_set_meta_int(maker->store, "events",
				 (int64_t)maker->last_seq);
	if (trace_store_commit(maker->store) < 0)
		fprintf(stderr, "%s\n", trace_store_error(maker->store));
	trace_store_begin(maker->store);
}

void maker_record(struct maker *maker)
{
	maker_meta(maker, "state", "recording");
	trace_store_commit(maker->store);
	trace_store_wal(maker->store);
	trace_store_begin(maker->store);
}

int maker_close(struct maker *maker, const char *state)
{
	if (!strcmp(state, "closed") || !strcmp(state, "recovered"))
		trace_analysis_finish(maker->analysis, maker->last_ns,
				      maker->last_seq);
	maker_meta(maker, "state", state);
	trace_analysis_flush(maker->analysis);
	trace_store_set_meta_int(maker->store, "last_ns", maker->last_ns);
	trace_store_set_meta_int(maker->store, "events",
				 (int64_t)maker->last_seq);
	int result = trace_store_commit(maker->store);
	if (result < 0)
		fprintf(stderr, "%s\n", trace_store_error(maker->store));
	if (trace_store_close(maker->store, true) < 0)
		result = -1;
	trace_analysis_free(maker->analysis);
	free(maker);
	return result;
}

/* ---- whole traces ---- */

void maker_process(struct maker *maker, int64_t t_ns, uint32_t id,
		   uint32_t parent, bool daemon)
{
	char path[32], name[32];

	if (id == 1)
		snprintf(path, sizeof(path), "M");
	else
		snprintf(path, sizeof(path), "M.%" PRIu32, id - 1);
	if (id == 1)
		snprintf(name, sizeof(name), "MainProcess");
	else
		snprintf(name, sizeof(name), "Process-%" PRIu32, id - 1);
	struct maker_event made = { t_ns, parent, TRACE_PROC_NEW, id, daemon,
				    0, 1, path, name };
	struct maker_event begin = { t_ns + 200, id, TRACE_AGENT_BEGIN, id,
				     (INT64_C(1) << 32) + 1000 + id, 0, 0, path,
				     name };
	if (parent == id) {		/* main describes itself */
		begin.t_ns = t_ns;
		maker_add(maker, begin);
		maker_add(maker, made);
		return;
	}
	maker_add(maker, made);
	maker_add(maker, (struct maker_event){ t_ns + 50, parent,
		TRACE_PROC_START, id, daemon, 0, 2, NULL, NULL });
	maker_add(maker, (struct maker_event){ t_ns + 100, parent,
		TRACE_PROC_FORK, id, 1000 + id, 0, 2, NULL, NULL });
	maker_add(maker, begin);
}

#define EVENT(time, who, what, ...) \
	maker_add(maker, (struct maker_event){ \
		.t_ns = (time), .agent = (who), .kind = TRACE_##what, \
		__VA_ARGS__ })

int maker_lesson_trace(const char *path)
{
	const int64_t ms = 1000000;
	struct maker *maker = maker_new(path);

	if (!maker)
		return -1;
	maker_site(maker, 1, "lesson.c", 10, "main");
	maker_site(maker, 2, "lesson.c", 12, "main");
	maker_site(maker, 3, "lesson.c", 4, "work");
	maker_source(maker, "lesson.c", "c", "int main(void)\n{\n}\n");
	maker_lesson(maker, "en", "# Made\n\nBy hand.\n");
	maker_process(maker, 0, 1, 1, false);
	maker_process(maker, 1 * ms, 2, 1, false);
	EVENT(2 * ms, 2, RUN_BEGIN, .object = 2, .site = 3, .text = "work()");
	maker_process(maker, 3 * ms, 3, 1, true);
	EVENT(4 * ms, 1, SLEEP_BEGIN, .a = 6 * ms, .site = 1);
	EVENT(5 * ms, 2, OUTPUT, .a = 1, .site = 3, .text = "hello");
	EVENT(5 * ms, 3, SLEEP_BEGIN, .a = 100 * ms);
	EVENT(6 * ms, 2, RUN_END, .object = 2);
	EVENT(6 * ms + 1, 2, EXIT_BEGIN, .object = 2);
	EVENT(6 * ms + 2, 2, EXIT_END, .object = 2);
	EVENT(7 * ms, 2, PROC_EXIT, .object = 2, .b = TRACE_ENDED_BY_RETURN);
	EVENT(7 * ms + 5, 2, PROC_DIED, .object = 2);
	EVENT(10 * ms, 1, SLEEP_END, .site = 1);
	EVENT(10 * ms + 9, 1, PROC_REAP, .object = 2,
	      .b = TRACE_ENDED_BY_RETURN, .site = 2);
	EVENT(10 * ms + 10, 1, JOIN_DONE, .object = 2, .site = 2);
	EVENT(11 * ms, 1, EXIT_BEGIN, .object = 1);
	EVENT(11 * ms + 1, 1, EXIT_KILL_DAEMON, .object = 3, .a = 1003);
	EVENT(11 * ms + 2, 1, PROC_SIGNAL, .object = 3, .a = 15,
	      .b = TRACE_ENDED_BY_DAEMON);
	EVENT(11 * ms + 3, 1, EXIT_JOIN_BEGIN, .object = 3);
	EVENT(12 * ms, 3, PROC_DIED, .object = 3, .a = -15);
	EVENT(12 * ms + 1, 1, PROC_REAP, .object = 3, .a = -15,
	      .b = TRACE_ENDED_BY_DAEMON);
	EVENT(12 * ms + 2, 1, EXIT_JOIN_END, .object = 3, .a = -15);
	EVENT(12 * ms + 3, 1, EXIT_END, .object = 1);
	EVENT(13 * ms, 1, PROC_EXIT, .object = 1, .b = TRACE_ENDED_BY_RETURN);
	EVENT(13 * ms + 4, 1, PROC_DIED, .object = 1);
	return maker_close(maker, "closed");
}

static uint32_t random_step(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005)
		 + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

/* What process `id` does next; each has one state it may be in. */
static void work(struct maker *maker, int64_t t_ns, uint32_t id, bool *asleep,
		 uint32_t dice)
{
	if (*asleep) {
		EVENT(t_ns, id, SLEEP_END, .site = 3);
		*asleep = false;
	} else if (dice % 8 == 0) {
		EVENT(t_ns, id, SLEEP_BEGIN, .a = 1000, .site = 3);
		*asleep = true;
	} else if (dice % 1024 == 1) {
		EVENT(t_ns, id, OUTPUT, .a = 1, .site = 3, .text = "a line");
	} else {
		EVENT(t_ns, id, TICK, .a = (int64_t)dice, .site = 3);
	}
}

static void finish(struct maker *maker, int64_t t_ns, uint32_t processes)
{
	for (uint32_t id = 2; id <= processes; id++, t_ns += 1000) {
		EVENT(t_ns, 1, JOIN_BEGIN, .object = id, .a = -1, .site = 2);
		EVENT(t_ns + 100, id, PROC_EXIT, .object = id,
		      .b = TRACE_ENDED_BY_RETURN);
		EVENT(t_ns + 200, id, PROC_DIED, .object = id);
		EVENT(t_ns + 300, 1, PROC_REAP, .object = id,
		      .b = TRACE_ENDED_BY_RETURN);
		EVENT(t_ns + 400, 1, JOIN_END, .object = id, .site = 2);
	}
	EVENT(t_ns, 1, PROC_EXIT, .object = 1, .b = TRACE_ENDED_BY_RETURN);
	EVENT(t_ns + 100, 1, PROC_DIED, .object = 1);
}

int maker_generate(const char *path, uint64_t events, uint32_t processes)
{
	struct maker *maker = maker_new(path);
	bool *asleep = maker ? calloc((size_t)processes + 1, sizeof(*asleep))
			     : NULL;
	uint64_t state = 42;
	int64_t t_ns = 1000;

	if (!asleep)
		return -1;
	maker_site(maker, 1, "made.c", 10, "main");
	maker_site(maker, 2, "made.c", 12, "main");
	maker_site(maker, 3, "made.c", 4, "work");
	maker_process(maker, 0, 1, 1, false);
	for (uint32_t id = 2; id <= processes; id++, t_ns += 100000)
		maker_process(maker, t_ns, id, 1, false);
	/* The last process sleeps nearly all the time: its next event is far. */
	EVENT(t_ns, processes, SLEEP_BEGIN, .a = -1, .site = 1);
	while (maker->last_seq + UINT64_C(5) * processes + 8 < events) {
		uint32_t dice = random_step(&state);
		uint32_t id = 2 + dice % (processes > 3 ? processes - 2 : 1);

		t_ns += 100 + dice % 1900;
		work(maker, t_ns, id, &asleep[id], random_step(&state));
		if (maker->last_seq % 200000 == 0)
			maker_commit(maker);
	}
	EVENT(t_ns + 10, processes, SLEEP_END, .site = 1);
	for (uint32_t id = 2; id < processes; id++)
		if (asleep[id])
			EVENT(t_ns + 10, id, SLEEP_END, .site = 3);
	free(asleep);
	finish(maker, t_ns + 1000, processes);
	return maker_close(maker, "closed");
}

/* ---- breaking things ---- */

/* dice(n): a number below n, the same ones in every run */
static void dice(sqlite3_context *context, int count, sqlite3_value **values)
{
	static uint64_t state = 7;

	(void)count;
	sqlite3_result_int64(context, random_step(&state)
				      % (uint32_t)sqlite3_value_int(values[0]));
}

static int run_sql(const char *path, const char *sql, int64_t *number)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *rows = NULL;
	int code = sqlite3_open(path, &db);

	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
	sqlite3_create_function(db, "dice", 1, SQLITE_UTF8, NULL, dice, NULL,
				NULL);
	if (code == SQLITE_OK && number) {
		code = sqlite3_prepare_v2(db, sql, -1, &rows, NULL);
		if (sqlite3_step(rows) == SQLITE_ROW)
			*number = sqlite3_column_int64(rows, 0);
		sqlite3_finalize(rows);
	} else if (code == SQLITE_OK) {
		code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	if (code != SQLITE_OK)
		fprintf(stderr, "%s: %s: %s\n", path, sql, sqlite3_errmsg(db));
	sqlite3_close(db);
	return code == SQLITE_OK ? 0 : -1;
}

int maker_sql(const char *path, const char *sql)
{
	return run_sql(path, sql, NULL);
}

int64_t maker_number(const char *path, const char *sql)
{
	int64_t number = -1;

	run_sql(path, sql, &number);
	return number;
}

int maker_copy(const char *from, const char *to)
{
	char bytes[65536];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;

	while (in && out && (n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		fwrite(bytes, 1, n, out);
	bool failed = !in || !out || ferror(in) || ferror(out);
	if (in)
		fclose(in);
	if (out && fclose(out) != 0)
		failed = true;
	return failed ? -1 : 0;
}
