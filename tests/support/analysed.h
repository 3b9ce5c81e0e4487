/* tests/support/analysed.h - the analysis alone: events in, rows out, no database */
#ifndef TESTS_SUPPORT_ANALYSED_H
#define TESTS_SUPPORT_ANALYSED_H

#include <stddef.h>
#include <stdint.h>

#include "traces/analysis.h"

/* A checked fixture: an analysis that has seen nothing. */
extern struct trace_analysis *analysis;
void analysed_begin(void);
void analysed_end(void);

/* What it has told. Processes and agents lie at their ids. */
extern struct trace_interval_row intervals[100];
extern struct trace_process_row processes[10];
extern struct trace_agent_row agents[10];
extern struct trace_cell_row cells[4000];
extern size_t interval_count, arrow_count, cell_count;
/* The number of the last event. */
extern uint64_t seq;

/* One event, with what it says or without. */
void said(uint32_t agent, int64_t t, uint32_t kind, uint32_t object, int64_t a,
	  int64_t b, const char *first, const char *second);
void event(uint32_t agent, int64_t t, uint32_t kind, uint32_t object, int64_t a,
	   int64_t b);
void agent_begins(uint32_t id, int64_t t);
void process_made(uint32_t id, int64_t t);
/* M, and its child 2, forked at 20 and awake at 30. */
void family(void);

/* The first of its kind; NULL: there is none. */
const struct trace_interval_row *interval_of(uint32_t agent, uint32_t state);
const struct trace_arrow_row *arrow_of(const char *kind);

#endif
