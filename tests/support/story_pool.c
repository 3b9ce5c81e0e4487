#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/story_objects.h"

#include <stddef.h>
#include <stdio.h>

#include "tests/support/trace_maker.h"

#define MS INT64_C(1000000)

/* A and B are the first workers, C and D take their places, E that of C. */
enum { MAIN = 1, A, B, C, D, E, KITCHEN = 10, WATCHES, RECEIVES };
enum { VALUE_ERROR = -1004 };

static const char c_text[] =
	"static struct mp_value *cook(struct mp_call *call)\n"
	"{\n"
	"\tmp_sleep(0.2);\n"
	"\treturn mp_none();\n"
	"}\n"
	"\n"
	"int main(void)\n"
	"{\n"
	"\tstruct mp_pool *pool = mp_Pool(2);\n"
	"\tmp_pool_map(pool, cook, dishes);\n"
	"\tmp_pool_terminate(pool);\n"
	"}\n";

#define DO(ms, who, what, first, second, line) \
	maker_add(maker, (struct maker_event){ .t_ns = (ms) * MS, \
		.agent = (who), .kind = TRACE_##what, .object = KITCHEN, \
		.a = (first), .b = (second), .site = (line) })
#define DO_TO(ms, who, what, whom, first, second) \
	maker_add(maker, (struct maker_event){ .t_ns = (ms) * MS, \
		.agent = (who), .kind = TRACE_##what, .object = (whom), \
		.a = (first), .b = (second) })

static void thread(struct maker *maker, int64_t ms, uint32_t id,
		   enum trace_role role, const char *path, const char *name)
{
	maker_add(maker, (struct maker_event){ .t_ns = ms * MS, .agent = id,
		  .kind = TRACE_AGENT_BEGIN, .object = MAIN,
		  .a = ((int64_t)role << 32) + 1000 + id, .text = path,
		  .second = name });
	DO(ms, id, HANDLER_IDLE, 0, 0, 0);
}

static void worker(struct maker *maker, int64_t ms, uint32_t id, uint32_t before)
{
	char name[40];

	maker_process(maker, ms * MS, id, MAIN, true);
	snprintf(name, sizeof(name), "ForkPoolWorker-%u", id - 1);
	maker_add(maker, (struct maker_event){ .t_ns = (ms + 1) * MS,
		  .agent = MAIN, .kind = TRACE_PROC_RENAME, .object = id,
		  .text = name });
	DO(ms + 1, before ? WATCHES : MAIN, WORKER_START, id, before, 0);
	DO(ms + 2, id, WORKER_IDLE, 0, 0, 0);
}

static void submit(struct maker *maker, int64_t ms, int64_t task)
{
	DO(ms, MAIN, TASK_SUBMIT, (INT64_C(1) << 48) + task,
	   (task << 32) + 1, 10);
}

/* has_waited: it was idle before */
static void begin(struct maker *maker, int64_t ms, uint32_t id, int64_t task,
		  bool has_waited)
{
	if (has_waited)
		DO(ms, id, TASK_TAKEN, task, 0, 0);
	else
		DO(ms, id, TASK_TAKE, task, 0, 0);
	maker_add(maker, (struct maker_event){ .t_ns = (ms + 1) * MS,
		  .agent = id, .kind = TRACE_SLEEP_BEGIN, .a = 200 * MS,
		  .site = 3 });
}

static void end(struct maker *maker, int64_t ms, uint32_t id, int64_t task,
		int64_t code)
{
	DO_TO(ms, id, SLEEP_END, 0, 0, 0);
	if (code)
		maker_add(maker, (struct maker_event){ .t_ns = ms * MS,
			  .agent = id, .kind = TRACE_ERROR, .a = code,
			  .site = 3, .text = "a stone is no food" });
	DO(ms, id, TASK_END, task, code, 0);
}

static void result(struct maker *maker, int64_t ms, int64_t task, int64_t code)
{
	DO(ms, RECEIVES, HANDLER_BUSY, 0, 0, 0);
	DO(ms, RECEIVES, TASK_RESULT, task, code, 0);
	if (task == 1) {
		DO(ms, RECEIVES, CALLBACK_BEGIN, task, 0, 0);
		DO(ms + 40, RECEIVES, CALLBACK_END, task, 0, 0);
		ms += 40;
	}
	DO(ms + 1, RECEIVES, HANDLER_IDLE, 0, 0, 0);
}

static void retire(struct maker *maker, int64_t ms, uint32_t id, int64_t done)
{
	DO(ms, id, WORKER_RETIRE, done, 0, 0);
	DO_TO(ms, id, PROC_EXIT, id, 0, TRACE_ENDED_BY_RETURN);
	DO_TO(ms + 1, id, PROC_DIED, id, 0, 0);
	DO_TO(ms + 2, WATCHES, PROC_REAP, id, 0, TRACE_ENDED_BY_RETURN);
}

static void kill_it(struct maker *maker, int64_t ms, uint32_t id, int64_t with,
		    enum trace_end why)
{
	if (why == TRACE_ENDED_BY_TERMINATE)
		DO_TO(ms, MAIN, PROC_SIGNAL, id, -with, why);
	DO_TO(ms + 1, id, PROC_DIED, id, with, 0);
	DO_TO(ms + 1, WATCHES, PROC_REAP, id, with, why);
}

static void make(struct maker *maker)
{
	maker_source(maker, "work.c", "c", c_text);
	for (int line = 1; line < 13; line++)
		maker_site(maker, (uint32_t)line, "work.c", line,
			   line < 6 ? "cook" : "main");
	maker_process(maker, 0, MAIN, MAIN, false);
	maker_add(maker, (struct maker_event){ .t_ns = MS, .agent = MAIN,
		  .kind = TRACE_OBJECT_NEW, .object = KITCHEN,
		  .a = TRACE_OBJECT_POOL, .site = 9, .text = "kitchen" });
	DO(1, MAIN, POOL_NEW, 2, 2, 9);
	worker(maker, 2, A, 0);
	worker(maker, 6, B, 0);
	thread(maker, 10, WATCHES, TRACE_ROLE_WORKER_HANDLER,
	       "M worker handler", "worker handler");
	thread(maker, 11, RECEIVES, TRACE_ROLE_RESULT_HANDLER,
	       "M result handler", "result handler");
	maker_add(maker, (struct maker_event){ .t_ns = 20 * MS, .agent = MAIN,
		  .kind = TRACE_POOL_FUNCTION, .object = KITCHEN, .a = 1,
		  .site = 10, .text = "cook" });
}

/* Tasks 1 and 2 are begun at once, 3 and 4 when their workers are free. The errors of
 * 2 and 3 come back; only 3 is asked for. */
static void first_four(struct maker *maker)
{
	for (int task = 1; task <= 4; task++)
		submit(maker, 28 + 2 * task, task);
	begin(maker, 40, A, 1, true);
	begin(maker, 41, B, 2, true);
	DO(45, MAIN, RESULT_WAIT, -1, 1, 10);
	end(maker, 150, B, 2, VALUE_ERROR);
	begin(maker, 151, B, 3, false);
	result(maker, 153, 2, VALUE_ERROR);
	end(maker, 240, A, 1, 0);
	begin(maker, 241, A, 4, false);
	result(maker, 243, 1, 0);
	DO(285, MAIN, RESULT_READY, 1, 0, 10);
	DO(285, MAIN, RESULT_COLLECT, 1, 0, 10);
	DO(290, MAIN, RESULT_WAIT, -1, 3, 10);
	end(maker, 300, B, 3, VALUE_ERROR);
	retire(maker, 301, B, 2);
	result(maker, 305, 3, VALUE_ERROR);
	DO(306, MAIN, RESULT_READY, 3, 0, 10);
	DO(306, MAIN, RESULT_COLLECT, 3, VALUE_ERROR, 10);
	worker(maker, 310, C, B);
	end(maker, 400, A, 4, 0);
	retire(maker, 401, A, 2);
	result(maker, 405, 4, 0);
	worker(maker, 410, D, A);
}

int story_pool(const char *path)
{
	struct maker *maker = maker_new(path);

	if (!maker)
		return -1;
	make(maker);
	first_four(maker);
	for (int task = 5; task <= 8; task++)
		submit(maker, 415 + task, task);
	DO_TO(425, MAIN, SLEEP_BEGIN, 0, 375 * MS, 0);
	begin(maker, 430, C, 5, true);
	begin(maker, 431, D, 6, true);
	kill_it(maker, 560, C, -11, TRACE_ENDED_BY_SIGNAL);
	DO(562, WATCHES, WORKER_DIED, C, -11, 0);
	DO(563, RECEIVES, HANDLER_BUSY, 0, 0, 0);
	DO(563, RECEIVES, TASK_LOST, 5, C, 0);
	DO(564, RECEIVES, HANDLER_IDLE, 0, 0, 0);
	worker(maker, 570, E, C);
	begin(maker, 580, E, 7, true);
	DO_TO(800, MAIN, SLEEP_END, 0, 0, 0);
	DO(801, MAIN, POOL_TERMINATE, 3, 0, 11);
	kill_it(maker, 802, D, -15, TRACE_ENDED_BY_TERMINATE);
	kill_it(maker, 804, E, -15, TRACE_ENDED_BY_TERMINATE);
	DO_TO(810, WATCHES, AGENT_END, MAIN, 0, 0);
	DO_TO(810, RECEIVES, AGENT_END, MAIN, 0, 0);
	DO_TO(820, MAIN, PROC_EXIT, MAIN, 0, TRACE_ENDED_BY_RETURN);
	DO_TO(821, MAIN, PROC_DIED, MAIN, 0, 0);
	return maker_close(maker, "closed");
}
