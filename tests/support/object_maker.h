/* tests/support/object_maker.h - traces made by hand in which objects are used
 *
 * Agents have the ids of their processes: 1 is main, 2 and 3 are its children. Times
 * are in ms, and so are those of most events. */
#ifndef TESTS_OBJECT_MAKER_H
#define TESTS_OBJECT_MAKER_H

#include "tests/support/trace_maker.h"

enum {
	KITCHEN = 10, HALL, PERMITS, QUEUE, LEFT, RIGHT, FLAG, ROOM, GATE, NUMBER,
	NUMBERS
};

/* A trace with main and its two children, and one object of each kind, made in the
 * first ms. LEFT and RIGHT are the ends of a pipe. */
struct maker *object_maker_new(const char *path);
/* An event `ms` after the start, in line `site` of objects.c. */
uint64_t object_event(struct maker *maker, double ms, uint32_t agent,
		      uint32_t kind, uint32_t object, int64_t a, int64_t b);
/* All processes end well (or, killed, by SIGKILL) at that time; then close it. */
int object_maker_close(struct maker *maker, double ms, bool is_killed);

/* object_maker_trace - every kind of object used once, and no deadlock */
int object_maker_trace(const char *path);
/* object_maker_ring - 2 has KITCHEN and waits for HALL, 3 the other way round, main
 * joins 2; at 500 ms all are killed */
int object_maker_ring(const char *path);

#endif
