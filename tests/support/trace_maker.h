/* tests/support/trace_maker.h - traces made by hand, for tests and benches
 *
 * Events go the way they go in a recording (analysis and store), so that every
 * table of the trace fits the others; what a test wants to be wrong it breaks
 * afterwards with maker_sql. */
#ifndef TESTS_TRACE_MAKER_H
#define TESTS_TRACE_MAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/event.h"
#include "traces/rows.h"

struct maker;

/* An event to be made. Parts of the text may be NULL. */
struct maker_event {
	int64_t t_ns;
	uint32_t agent, kind, object;
	int64_t a, b;
	uint32_t site;
	const char *text, *second;
};

/* Replaces a file that exists. NULL on failure, which is printed. */
struct maker *maker_new(const char *path);
/* Returns the event's number. */
uint64_t maker_add(struct maker *maker, struct maker_event event);
void maker_site(struct maker *maker, uint32_t id, const char *file, int line,
		const char *function);
void maker_source(struct maker *maker, const char *path, const char *language,
		  const char *text);
void maker_lesson(struct maker *maker, const char *language, const char *text);
void maker_meta(struct maker *maker, const char *key, const char *value);
/* Make all there is so far visible to readers. */
void maker_commit(struct maker *maker);
/* Turn the trace into one that is being recorded (a WAL). */
void maker_record(struct maker *maker);
/* maker_close - end the trace, with this meta state; 0, or -1 */
int maker_close(struct maker *maker, const char *state);

/* A process with its main agent (both have this id), made by parent's agent. */
void maker_process(struct maker *maker, int64_t t_ns, uint32_t id,
		   uint32_t parent, bool daemon);

/* maker_lesson_trace - main starts two processes: 2 returns and is joined after it
 * was a zombie for a while, 3 is a daemon and dies with main; 27 events */
int maker_lesson_trace(const char *path);
/* maker_generate - a trace of about that many events, with so many processes that
 * work, sleep and join */
int maker_generate(const char *path, uint64_t events, uint32_t processes);

/* A step of a sequence that is the same in every run. */
uint32_t maker_random(uint64_t *state);

/* Run SQL on a file as its owner could; 0, or -1 and it is printed. In it, dice(n)
 * is a number below n. */
int maker_sql(const char *path, const char *sql);
/* The first number an SQL question gives. */
int64_t maker_number(const char *path, const char *sql);
/* Copy a file; 0 or -1. */
int maker_copy(const char *from, const char *to);

#endif
