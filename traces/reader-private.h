/* traces/reader-private.h - what the files of the reader share */
#ifndef TRACE_READER_PRIVATE_H
#define TRACE_READER_PRIVATE_H

#include "traces/db.h"
#include "traces/event.h"
#include "traces/idmap.h"
#include "traces/reader.h"
#include "traces/rows.h"

/* How long one call may ask the file, in ms. */
#define TRACE_CALL_MS 1000
#define TRACE_SEARCH_MS 5000

struct trace_block;			/* of strings, see pool.c */

/* Strings, each kept once, until all are freed together. */
struct trace_pool {
	struct trace_block *blocks;
	const char **table;		/* hashed; size is a power of two */
	size_t size, used;
};

struct trace_lane_node {
	struct trace_agent agent;
	uint8_t state;			/* the open one, 0: none */
	int64_t state_since_ns;
	uint64_t state_since_seq;
	uint32_t state_object_id;
	uint32_t generation;		/* of an object: when it was read */
	int8_t has_cells;		/* -1: not asked yet */
	bool is_placed;
	struct trace_lane_node *next;	/* of the same process */
};

struct trace_process_node {
	struct trace_process process;
	struct trace_process_node *parent, *children, *last_child, *next;
	struct trace_lane_node *lanes, *last_lane;
	bool is_placed;
};

/* Things by id, in an order of their own. */
struct trace_list {
	void **items;
	size_t count, room;
	struct trace_idmap by_id;
};

struct trace_name {			/* a row of a table of kinds */
	uint32_t id;
	uint8_t rank;			/* of states only */
	const char *name, *description;
};

struct trace_file_text {		/* a source or a lesson, kept once read */
	const char *key, *name, *text;	/* text NULL: there is none */
	bool is_lesson, is_by_language;
	struct trace_file_text *next;
};

/* The events of a short stretch: which agent, when. Redrawing asks for the same
 * ones again and again, once a lane. */
#define TRACE_WINDOW_EVENTS 4096
struct trace_window {
	uint64_t first, last;		/* seqs; 0: nothing is loaded */
	size_t count;
	uint32_t agents[TRACE_WINDOW_EVENTS];
	uint32_t objects[TRACE_WINDOW_EVENTS];
	int64_t times[TRACE_WINDOW_EVENTS];
};

struct trace_absence {			/* where a kind is known not to be */
	uint32_t kind;
	size_t blocks;
	unsigned char *bits;
};

struct trace_function {			/* of a pool */
	uint32_t pool_id, number;
	const char *name;
};

#define TRACE_SEQ_MEMORY 8		/* answers of trace_seq_at kept */

struct trace {
	struct trace_db *db;
	struct trace_pool pool;
	struct trace_info info;
	char error[512];
	bool accepts_prepared, is_over;
	int reconnections;
	int64_t data_version;
	struct trace_list meta;		/* of struct trace_name */
	struct trace_list processes, agents;	/* in the order of lanes */
	struct trace_list object_lanes;	/* those that were asked for */
	uint32_t generation;		/* how often it was looked at anew */
	struct trace_list kinds, object_kinds, states;
	struct trace_list sites;
	uint8_t ranks[64];		/* of states */
	struct trace_knob *knobs;
	size_t knob_count;
	struct trace_file_text *texts;
	struct trace_window window;
	struct trace_absence *absences;
	size_t absence_count;
	struct trace_function *functions;
	size_t function_count;
	uint64_t functions_seq;		/* looked for up to there */
	struct {
		int64_t t_ns;
		uint64_t seq;		/* 0: the entry is free */
	} seqs[TRACE_SEQ_MEMORY];
	unsigned next_seq;		/* entry to be replaced */
	char *scratch;			/* texts of the events last fetched */
	size_t scratch_size;
};

/* pool.c */
const char *trace_pool_keep(struct trace_pool *pool, const char *text);
/* The text of a column, safe to show, at most `longest` bytes. Never NULL. */
const char *trace_pool_column(struct trace_pool *pool,
			      struct sqlite3_stmt *rows, int column,
			      size_t longest);
/* The same with its lines; not shared. NULL: no memory */
const char *trace_pool_lines(struct trace_pool *pool, const char *bytes,
			     size_t length);
void trace_pool_free(struct trace_pool *pool);

/* A list owns its items. trace_list_get makes a zeroed one of `size` bytes if there
 * is none; NULL: no memory. */
void *trace_list_find(const struct trace_list *list, uint32_t id);
void *trace_list_get(struct trace_list *list, uint32_t id, size_t size);
void trace_list_free(struct trace_list *list);

/* reader_tables.c: read meta, kinds, processes and agents anew; -1: failed */
int trace_tables_load(struct trace *trace);

/* Take over the connection's error; always -1. */
int trace_fail(struct trace *trace);

/* reader_objects.c: the lane of an agent, or of an object; or NULL */
struct trace_lane_node *trace_lane_node(struct trace *trace, uint32_t id);

/* reader_texts.c: "lock", or "?" */
const char *trace_object_kind_name(const struct trace *trace, uint32_t kind);

/* Is there a summary of this agent? */
bool trace_lane_has_cells(struct trace *trace, struct trace_lane_node *lane);

#endif
