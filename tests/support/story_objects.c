#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/story_objects.h"

#include <stddef.h>
#include <stdio.h>

#include "tests/support/trace_maker.h"

#define MS INT64_C(1000000)

enum { MAIN = 1, A = 2, B = 3, C = 4, FEEDER = 9, FIRST = 10, OTHER = 11 };

static const char c_text[] =
	"static int work(struct mp_call *call)\n"
	"{\n"
	"\tmp_acquire(door);\n"
	"\tmp_sleep(0.3);\n"
	"\tmp_release(door);\n"
	"\treturn 0;\n"
	"}\n"
	"\n"
	"int main(void)\n"
	"{\n"
	"\tmp_process_start(a);\n"
	"\tmp_process_join(a, MP_FOREVER);\n"
	"}\n";

#define DO(ms, who, what, on, first, second, line) \
	maker_add(maker, (struct maker_event){ .t_ns = (ms) * MS, \
		.agent = (who), .kind = TRACE_##what, .object = (on), \
		.a = (first), .b = (second), .site = (line) })

/* main and what it makes first */
static struct maker *begin(const char *path, uint32_t kind, const char *first,
			   const char *other)
{
	struct maker *maker = maker_new(path);

	if (!maker)
		return NULL;
	maker_source(maker, "work.c", "c", c_text);
	for (int line = 1; line < 14; line++)
		maker_site(maker, (uint32_t)line, "work.c", line,
			   line < 8 ? "work" : "main");
	maker_process(maker, 0, MAIN, MAIN, false);
	maker_add(maker, (struct maker_event){ .t_ns = MS, .agent = MAIN,
		  .kind = TRACE_OBJECT_NEW, .object = FIRST, .a = kind,
		  .site = 10, .text = first });
	if (other)
		maker_add(maker, (struct maker_event){ .t_ns = 2 * MS,
			  .agent = MAIN, .kind = TRACE_OBJECT_NEW,
			  .object = OTHER, .a = kind, .site = 10,
			  .text = other });
	return maker;
}

static void start(struct maker *maker, int64_t ms, uint32_t id,
		  const char *name)
{
	maker_process(maker, ms * MS, id, MAIN, false);
	maker_add(maker, (struct maker_event){ .t_ns = (ms + 1) * MS,
		  .agent = MAIN, .kind = TRACE_PROC_RENAME, .object = id,
		  .text = name });
}

/* It returns, and main, which waits for it, goes on. */
static void end(struct maker *maker, int64_t ms, uint32_t id)
{
	DO(ms, id, PROC_EXIT, id, 0, TRACE_ENDED_BY_RETURN, 6);
	DO(ms + 1, id, PROC_DIED, id, 0, 0, 0);
	DO(ms + 2, MAIN, PROC_REAP, id, 0, TRACE_ENDED_BY_RETURN, 12);
	DO(ms + 2, MAIN, JOIN_END, id, 0, 0, 12);
}

static int end_main(struct maker *maker, int64_t ms)
{
	DO(ms, MAIN, PROC_EXIT, MAIN, 0, TRACE_ENDED_BY_RETURN, 13);
	DO(ms + 1, MAIN, PROC_DIED, MAIN, 0, 0, 0);
	return maker_close(maker, "closed");
}

int story_lock(const char *path)
{
	struct maker *maker = begin(path, TRACE_OBJECT_LOCK, "door", NULL);

	if (!maker)
		return -1;
	start(maker, 10, A, "A");
	DO(20, A, LOCK_ACQUIRED, FIRST, 1, 0, 3);
	DO(21, A, SLEEP_BEGIN, 0, 300 * MS, 0, 4);
	start(maker, 100, B, "B");
	DO(110, B, LOCK_WAIT, FIRST, -1, A, 3);
	start(maker, 200, C, "C");
	DO(210, MAIN, JOIN_BEGIN, A, -1, 0, 12);
	DO(215, C, LOCK_WAIT, FIRST, -1, A, 3);
	DO(321, A, SLEEP_END, 0, 0, 0, 4);
	DO(322, A, LOCK_RELEASED, FIRST, A, 1, 5);
	DO(323, B, LOCK_WAITED, FIRST, 1, 0, 3);
	DO(324, B, SLEEP_BEGIN, 0, 300 * MS, 0, 4);
	end(maker, 330, A);
	DO(340, MAIN, JOIN_BEGIN, B, -1, 0, 12);
	DO(624, B, SLEEP_END, 0, 0, 0, 4);
	DO(625, B, LOCK_RELEASED, FIRST, B, 1, 5);
	DO(626, C, LOCK_WAITED, FIRST, 1, 0, 3);
	DO(627, C, SLEEP_BEGIN, 0, 300 * MS, 0, 4);
	end(maker, 630, B);
	DO(640, MAIN, JOIN_BEGIN, C, -1, 0, 12);
	DO(927, C, SLEEP_END, 0, 0, 0, 4);
	DO(928, C, LOCK_RELEASED, FIRST, C, 0, 5);
	end(maker, 930, C);
	return end_main(maker, 950);
}

int story_ring(const char *path)
{
	struct maker *maker = begin(path, TRACE_OBJECT_LOCK, "pan", "oil");

	if (!maker)
		return -1;
	start(maker, 10, A, "A");
	start(maker, 20, B, "B");
	DO(100, A, LOCK_ACQUIRED, FIRST, 1, 0, 3);
	DO(200, B, LOCK_ACQUIRED, OTHER, 1, 0, 3);
	DO(250, MAIN, JOIN_BEGIN, A, -1, 0, 12);
	DO(300, A, LOCK_WAIT, OTHER, -1, B, 4);
	DO(400, B, LOCK_WAIT, FIRST, -1, A, 4);
	for (uint32_t id = B; id >= MAIN; id--)
		DO(2000, id, PROC_DIED, id, -9, 0, 0);
	return maker_close(maker, "closed");
}

int story_dead_holder(const char *path)
{
	struct maker *maker = begin(path, TRACE_OBJECT_LOCK, "door", NULL);

	if (!maker)
		return -1;
	start(maker, 10, A, "holder");
	DO(50, A, LOCK_ACQUIRED, FIRST, 1, 0, 3);
	DO(60, A, SLEEP_BEGIN, 0, 5000 * MS, 0, 4);
	start(maker, 100, B, "waiter");
	DO(150, B, LOCK_WAIT, FIRST, -1, A, 3);
	DO(300, MAIN, PROC_SIGNAL, A, 15, TRACE_ENDED_BY_TERMINATE, 11);
	DO(301, A, PROC_DIED, A, -15, 0, 0);
	DO(302, MAIN, JOIN_BEGIN, A, -1, 0, 12);
	DO(303, MAIN, PROC_REAP, A, -15, TRACE_ENDED_BY_TERMINATE, 12);
	DO(303, MAIN, JOIN_END, A, -15, 0, 12);
	DO(310, MAIN, JOIN_BEGIN, B, 700 * MS, 0, 12);
	DO(1010, MAIN, JOIN_TIMEOUT, B, 0, 0, 12);
	DO(1020, MAIN, PROC_SIGNAL, B, 15, TRACE_ENDED_BY_TERMINATE, 11);
	DO(1021, B, PROC_DIED, B, -15, 0, 0);
	DO(1022, MAIN, JOIN_BEGIN, B, -1, 0, 12);
	DO(1023, MAIN, PROC_REAP, B, -15, TRACE_ENDED_BY_TERMINATE, 12);
	DO(1023, MAIN, JOIN_END, B, -15, 0, 12);
	return end_main(maker, 1050);
}

/* The feeder's own end of the story of the queue. */
static void feed(struct maker *maker, int64_t ms)
{
	maker_add(maker, (struct maker_event){ .t_ns = ms * MS,
		  .agent = FEEDER, .kind = TRACE_AGENT_BEGIN, .object = A,
		  .a = (INT64_C(3) << 32) + 1009, .text = "M.1 feeder",
		  .second = "feeder" });
	DO(ms, FEEDER, FEEDER_WRITE, FIRST, 1, 6, 0);
	DO(ms + 1, FEEDER, FEEDER_WAIT, FIRST, 0, 0, 0);
}

int story_queue(const char *path)
{
	struct maker *maker = begin(path, TRACE_OBJECT_QUEUE, "shelf", NULL);

	if (!maker)
		return -1;
	start(maker, 10, A, "baker");
	DO(20, MAIN, SLEEP_BEGIN, 0, 580 * MS, 0, 11);
	for (int i = 1; i <= 20; i++) {
		DO(20 + 10 * i, A, QUEUE_PUT, FIRST, i, 10000, 4);
		if (i == 2)
			feed(maker, 45);
	}
	DO(240, A, EXIT_BEGIN, A, 0, 0, 0);
	DO(241, A, QUEUE_FLUSH_WAIT, FIRST, 14, 0, 0);
	DO(600, MAIN, SLEEP_END, 0, 0, 0, 11);
	for (int i = 1; i <= 20; i++) {
		DO(600 + 10 * i, MAIN, QUEUE_GET, FIRST, i, 10000, 12);
		if (i == 1) {
			DO(611, FEEDER, FEEDER_ROOM, FIRST, 0, 0, 0);
			DO(612, FEEDER, FEEDER_WRITE, FIRST, 7, 14, 0);
			DO(613, FEEDER, AGENT_END, A, 0, 0, 0);
			DO(614, A, QUEUE_FLUSHED, FIRST, 0, 0, 0);
			DO(615, A, EXIT_END, A, 0, 0, 0);
		}
	}
	DO(805, MAIN, JOIN_BEGIN, A, -1, 0, 12);
	end(maker, 806, A);
	return end_main(maker, 820);
}

int story_values(const char *path)
{
	struct maker *maker = begin(path, TRACE_OBJECT_VALUE, "counter", NULL);

	if (!maker)
		return -1;
	maker_add(maker, (struct maker_event){ .t_ns = 2 * MS, .agent = MAIN,
		  .kind = TRACE_OBJECT_NEW, .object = OTHER,
		  .a = TRACE_OBJECT_ARRAY, .site = 10, .text = "squares" });
	start(maker, 10, A, "A");
	start(maker, 20, B, "B");
	DO(40, MAIN, JOIN_BEGIN, A, -1, 0, 12);
	DO(100, A, VALUE_GET, FIRST, 0, 41, 3);
	DO(200, B, VALUE_GET, FIRST, 0, 41, 3);
	DO(300, A, VALUE_SET, FIRST, 0, 42, 5);
	DO(400, B, VALUE_SET, FIRST, 0, 42, 5);
	DO(500, A, VALUE_SET, OTHER, 0, 0, 5);
	DO(501, B, VALUE_SET, OTHER, 1, -1000, 5);
	DO(550, A, VALUE_SET, OTHER, 2, 4, 5);
	DO(600, B, VALUE_SET, OTHER, 3, -9, 5);
	DO(650, B, VALUE_GET, OTHER, 0, 0, 6);
	end(maker, 700, A);
	DO(710, MAIN, JOIN_BEGIN, B, -1, 0, 12);
	end(maker, 720, B);
	DO(800, MAIN, VALUE_GET, FIRST, 0, 42, 12);
	return end_main(maker, 900);
}
