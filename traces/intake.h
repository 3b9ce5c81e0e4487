/* traces/intake.h - from slots to the rows of a trace
 *
 * Runs of slots go in, from a ring, a spill file or what a crash has left, in
 * any order and more than once; out come rows in order of time, up to a
 * watermark below which nothing more can come. It knows of each agent how many
 * of its slots are in the trace, also in one that it continues: no slot is
 * ever there twice. What makes no sense is skipped and counted (meta key
 * 'anomalies'). Times given and taken are CLOCK_MONOTONIC, as in the slots.
 *
 * Not thread-safe. A failure of the store shows in trace_intake_commit. */
#ifndef TRACE_INTAKE_H
#define TRACE_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/event.h"
#include "traces/merge.h"
#include "traces/rows.h"
#include "traces/store.h"

struct trace_intake;

/* trace_intake_new - an intake into an open store, which stays the caller's
 * start_ns  CLOCK_MONOTONIC of the trace's start */
struct trace_intake *trace_intake_new(struct trace_store *store,
				      uint64_t start_ns);
/* Change the trace's start, before the first event. */
void trace_intake_set_start(struct trace_intake *intake, uint64_t start_ns);

/* trace_intake_set_limit - nothing has happened later than that, whatever its writer's
 * clock says */
void trace_intake_set_limit(struct trace_intake *intake, uint64_t limit_ns);

void trace_intake_free(struct trace_intake *intake);

/* trace_intake_resume - continue a trace that has rows already; 0 or -1 */
int trace_intake_resume(struct trace_intake *intake);

/* trace_intake_add - take over a run; 0, or -1: no memory */
int trace_intake_add(struct trace_intake *intake, const struct trace_run *run);

/* trace_intake_died - a process was seen dead at that time
 * The event goes where it belongs in time; but before the first event that shows
 * that somebody knew. code: exit code as Python's, TRACE_EXIT_UNKNOWN. is_late: it
 * may have been dead for some time; since its last event, if it left by itself and
 * no thread of it went on.
 * Calls must come in order of time. */
int trace_intake_died(struct trace_intake *intake, uint32_t process,
		      uint64_t t_ns, int64_t code, bool is_late);

/* trace_intake_emit - make rows of what happened up to `watermark`
 * rows     at most about so many
 * Returns  true if there is more up to the watermark */
bool trace_intake_emit(struct trace_intake *intake, uint64_t watermark,
		       size_t rows);

/* trace_intake_commit - have the rows in the file, for good
 * Ends the store's transaction, which the first row had begun. 0 or -1 */
int trace_intake_commit(struct trace_intake *intake);

/* trace_intake_finish - nothing more comes: emit all, close what is open
 * now_ns   no event can be later than this; UINT64_MAX: not known
 * The caller commits. */
void trace_intake_finish(struct trace_intake *intake, uint64_t now_ns);

/* How many of an agent's slots came, and how many are committed. */
uint64_t trace_intake_received(struct trace_intake *intake, uint32_t agent);
uint64_t trace_intake_committed(struct trace_intake *intake, uint32_t agent);
uint32_t trace_intake_process_of(struct trace_intake *intake, uint32_t agent);
/* Slots that wait in memory. */
size_t trace_intake_queued(const struct trace_intake *intake);
/* Is there something to commit? */
bool trace_intake_has_rows(const struct trace_intake *intake);
uint64_t trace_intake_events(const struct trace_intake *intake);
/* The first process, NULL if none was seen. */
const struct trace_process_row *
trace_intake_root(const struct trace_intake *intake);

#endif
