#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/trace_maker.h"

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
