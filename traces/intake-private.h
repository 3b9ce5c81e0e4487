/* traces/intake-private.h - what the files of the intake share */
#ifndef TRACE_INTAKE_PRIVATE_H
#define TRACE_INTAKE_PRIVATE_H

#include "traces/analysis.h"
#include "traces/clean.h"
#include "traces/intake.h"

/* A death the watcher has seen, and that waits for its place in time. */
struct trace_death {
	uint32_t process;
	uint64_t t_ns;
	int64_t code;
	bool is_late, is_told;
};

struct trace_intake {
	struct trace_store *store;
	struct trace_analysis *analysis;
	struct trace_merge merge;
	uint64_t start_ns;
	uint64_t limit_ns;		/* later times are impossible */
	int64_t last_ns;		/* of the last row, since the start */
	uint64_t last_seq, told_seq;	/* told: in meta */
	uint64_t anomalies, told_anomalies;
	bool has_rows;			/* in this transaction */

	struct trace_death *deaths;		/* in order of time */
	size_t death_first, death_count, death_room;

	/* The text of the event at hand, raw and clean, in two parts. */
	char raw[TRACE_TEXT_BYTES];
	char first[TRACE_CLEAN_BYTES(TRACE_TEXT_BYTES)];
	char second[TRACE_CLEAN_BYTES(TRACE_TEXT_BYTES)];
	char whole[2 * TRACE_CLEAN_BYTES(TRACE_TEXT_BYTES)];
	size_t first_length, whole_length;
};

/* intake_text.c */
/* Make `first`, `second` and `whole` of the bytes in `raw`. */
void trace_intake_read_text(struct trace_intake *intake, uint32_t kind,
			    size_t length);
void trace_intake_no_text(struct trace_intake *intake);
/* Events that describe things make rows of their own. */
void trace_intake_describe(struct trace_intake *intake,
			   const struct trace_event_row *row);

/* intake_tell.c; their user is the intake */
extern const struct trace_analysis_ops trace_intake_ops;

#endif
