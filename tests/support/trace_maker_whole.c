/* tests/support/trace_maker_whole.c - whole traces: a lesson's, and large ones */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/trace_maker.h"

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

uint32_t maker_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005)
		 + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

/* What process `id` does next; each has one state it may be in. The event's number. */
static uint64_t work(struct maker *maker, int64_t t_ns, uint32_t id,
		     bool *asleep, uint32_t dice)
{
	if (*asleep) {
		*asleep = false;
		return EVENT(t_ns, id, SLEEP_END, .site = 3);
	}
	if (dice % 8 == 0) {
		*asleep = true;
		return EVENT(t_ns, id, SLEEP_BEGIN, .a = 1000, .site = 3);
	}
	if (dice % 1024 == 1)
		return EVENT(t_ns, id, OUTPUT, .a = 1, .site = 3,
			     .text = "a line");
	return EVENT(t_ns, id, TICK, .a = (int64_t)dice, .site = 3);
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
	uint64_t seq = EVENT(t_ns, processes, SLEEP_BEGIN, .a = -1, .site = 1);
	while (seq + UINT64_C(5) * processes + 8 < events) {
		uint32_t dice = maker_random(&state);
		uint32_t id = 2 + dice % (processes > 3 ? processes - 2 : 1);

		t_ns += 100 + dice % 1900;
		seq = work(maker, t_ns, id, &asleep[id], maker_random(&state));
		if (seq % 200000 == 0)
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
