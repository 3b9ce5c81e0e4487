#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/story_manager.h"

#include <stddef.h>
#include <stdio.h>

#include "tests/support/trace_maker.h"

#define MS INT64_C(1000000)

enum {
	MAIN = 1, SERVER, ANN, BOB,	/* processes and their main agents */
	FOR_MAIN = 11, FOR_ANN, FOR_BOB, /* threads of the server */
	MANAGER = 21, NAMES, DOOR
};

static const char c_text[] =
	"static int work(struct mp_call *call)\n"
	"{\n"
	"\tmp_proxy_acquire(door, MP_FOREVER);\n"
	"\tmp_proxy_append(names, name);\n"
	"\tmp_sleep(0.3);\n"
	"\tmp_proxy_release(door);\n"
	"\treturn 0;\n"
	"}\n"
	"\n"
	"int main(void)\n"
	"{\n"
	"\tmanager = mp_Manager();\n"
	"\tnames = mp_manager_list(manager);\n"
	"\tdoor = mp_manager_Lock(manager);\n"
	"\tmp_process_start(ann);\n"
	"\tmp_process_join(ann, MP_FOREVER);\n"
	"}\n";

/* Times are in ms. */
static void say(struct maker *maker, double ms, uint32_t agent, uint32_t kind,
		uint32_t object, int64_t a, int64_t b, uint32_t line,
		const char *text)
{
	maker_add(maker, (struct maker_event){ .t_ns = (int64_t)(ms * 1e6),
		  .agent = agent, .kind = kind, .object = object, .a = a,
		  .b = b, .site = line, .text = text });
}

#define DO(ms, who, what, on, first, second, line) \
	say(maker, ms, who, TRACE_##what, on, first, second, line, NULL)

static void process(struct maker *maker, double ms, uint32_t id,
		    const char *name)
{
	maker_process(maker, (int64_t)(ms * 1e6), id, MAIN, false);
	say(maker, ms + 1, MAIN, TRACE_PROC_RENAME, id, 0, 0, 0, name);
}

static void thread(struct maker *maker, double ms, uint32_t id,
		   uint32_t client, int number)
{
	char path[32], name[32];

	snprintf(name, sizeof(name), "server %d", number);
	snprintf(path, sizeof(path), "M.1 server %d", number);
	maker_add(maker, (struct maker_event){ .t_ns = (int64_t)(ms * 1e6),
		  .agent = id, .kind = TRACE_AGENT_BEGIN, .object = SERVER,
		  .a = ((int64_t)TRACE_ROLE_SERVER << 32) + 1000 + id,
		  .text = path, .second = name });
	DO(ms, id, SERVER_IDLE, MANAGER, client, 0, 0);
}

/* A client begins a call, and its thread begins to do it. */
static void call(struct maker *maker, double ms, uint32_t client,
		 uint32_t object, int64_t number, uint32_t line,
		 const char *method)
{
	uint32_t server = FOR_MAIN + (client == MAIN ? 0 : client - ANN + 1);

	say(maker, ms, client, TRACE_CALL_SENT, object, number, 0, line,
	    method);
	DO(ms + 1, server, SERVER_BUSY, MANAGER, 0, 0, 0);
	DO(ms + 2, server, SERVE_BEGIN, object, client, number, 0);
}

static void answer(struct maker *maker, double ms, uint32_t client,
		   uint32_t object, int64_t number, uint32_t line,
		   int64_t items)
{
	uint32_t server = FOR_MAIN + (client == MAIN ? 0 : client - ANN + 1);

	DO(ms, server, SERVE_END, object, 0, items, 0);
	DO(ms + 0.5, server, SERVER_IDLE, MANAGER, client, 0, 0);
	DO(ms + 1, client, CALL_RETURNED, object, number, 0, line);
}

static void create(struct maker *maker, double ms, uint32_t id, uint32_t kind,
		   const char *type, const char *name, int64_t number,
		   uint32_t line)
{
	call(maker, ms, MAIN, MANAGER, number, line, type);
	say(maker, ms + 3, FOR_MAIN, TRACE_OBJECT_NEW, id, kind, 0, 0, name);
	say(maker, ms + 3, FOR_MAIN, TRACE_REFERENT_CREATE, id, MANAGER, 0, 0,
	    type);
	DO(ms + 3, FOR_MAIN, REFERENT_INCREF, id, 1, MAIN, 0);
	answer(maker, ms + 4, MAIN, MANAGER, number, line,
	       kind == TRACE_OBJECT_MANAGED_LIST ? 0 : -1);
}

static struct maker *begin(const char *path)
{
	struct maker *maker = maker_new(path);

	if (!maker)
		return NULL;
	maker_source(maker, "work.c", "c", c_text);
	for (int line = 1; line < 18; line++)
		maker_site(maker, (uint32_t)line, "work.c", line,
			   line < 9 ? "work" : "main");
	maker_process(maker, 0, MAIN, MAIN, false);
	say(maker, 1, MAIN, TRACE_OBJECT_NEW, MANAGER, TRACE_OBJECT_MANAGER, 0,
	    12, "manager");
	process(maker, 5, SERVER, "SyncManager-1");
	DO(7, MAIN, MANAGER_START, MANAGER, SERVER, 0, 12);
	DO(8, MAIN, MANAGER_WAIT, MANAGER, 0, 0, 12);
	say(maker, 30, SERVER, TRACE_MANAGER_SERVING, MANAGER, 0, 0, 0, "@x");
	DO(31, SERVER, MANAGER_IDLE, MANAGER, 0, 0, 0);
	DO(32, MAIN, MANAGER_READY, MANAGER, 0, 0, 12);
	thread(maker, 40, FOR_MAIN, MAIN, 1);
	create(maker, 50, NAMES, TRACE_OBJECT_MANAGED_LIST, "list", "names", 1,
	       13);
	create(maker, 60, DOOR, TRACE_OBJECT_LOCK, "Lock", "door", 2, 14);
	process(maker, 80, ANN, "Ann");
	process(maker, 90, BOB, "Bob");
	thread(maker, 95, FOR_ANN, ANN, 2);
	thread(maker, 96, FOR_BOB, BOB, 3);
	return maker;
}

/* Ann has the door at 120 ms, and Bob wants it. */
static void take_the_door(struct maker *maker)
{
	call(maker, 110, ANN, DOOR, 1, 3, "acquire");
	DO(115, FOR_ANN, LOCK_ACQUIRED, DOOR, 1, 0, 0);
	answer(maker, 116, ANN, DOOR, 1, 3, -1);
	call(maker, 130, ANN, NAMES, 2, 4, "append");
	answer(maker, 150, ANN, NAMES, 2, 4, 1);
	DO(152, ANN, SLEEP_BEGIN, 0, 300 * MS, 0, 5);
	call(maker, 200, BOB, DOOR, 1, 3, "acquire");
	DO(203, FOR_BOB, LOCK_WAIT, DOOR, -1, FOR_ANN, 0);
}

static void end(struct maker *maker, double ms, uint32_t id)
{
	DO(ms, id, PROC_EXIT, id, 0, TRACE_ENDED_BY_RETURN, 7);
	DO(ms + 1, id, PROC_DIED, id, 0, 0, 0);
}

int story_manager(const char *path)
{
	struct maker *maker = begin(path);

	if (!maker)
		return -1;
	take_the_door(maker);
	DO(210, MAIN, JOIN_BEGIN, ANN, -1, 0, 16);
	DO(452, ANN, SLEEP_END, 0, 0, 0, 5);
	call(maker, 460, ANN, DOOR, 3, 6, "release");
	DO(463, FOR_ANN, LOCK_RELEASED, DOOR, FOR_ANN, 1, 0);
	answer(maker, 464, ANN, DOOR, 3, 6, -1);
	DO(465, FOR_BOB, LOCK_WAITED, DOOR, 1, 0, 0);
	answer(maker, 470, BOB, DOOR, 1, 3, -1);
	end(maker, 480, ANN);
	DO(482, FOR_ANN, SERVER_BUSY, MANAGER, 0, 0, 0);
	DO(483, FOR_ANN, AGENT_END, SERVER, 0, 0, 0);
	DO(484, MAIN, PROC_REAP, ANN, 0, TRACE_ENDED_BY_RETURN, 16);
	DO(484, MAIN, JOIN_END, ANN, 0, 0, 16);
	call(maker, 500, BOB, NAMES, 2, 4, "append");
	answer(maker, 520, BOB, NAMES, 2, 4, 2);
	call(maker, 540, BOB, DOOR, 3, 6, "release");
	DO(543, FOR_BOB, LOCK_RELEASED, DOOR, FOR_BOB, 0, 0);
	answer(maker, 544, BOB, DOOR, 3, 6, -1);
	end(maker, 560, BOB);
	DO(570, MAIN, JOIN_BEGIN, BOB, -1, 0, 16);
	DO(571, MAIN, PROC_REAP, BOB, 0, TRACE_ENDED_BY_RETURN, 16);
	DO(571, MAIN, JOIN_END, BOB, 0, 0, 16);
	for (uint32_t id = FOR_MAIN; id <= FOR_BOB; id += 2) {
		DO(580 + id, id, SERVER_BUSY, MANAGER, 0, 0, 0);
		DO(580 + id, id, AGENT_END, SERVER, 0, 0, 0);
	}
	DO(600, SERVER, MANAGER_BUSY, MANAGER, 0, 0, 0);
	DO(601, SERVER, MANAGER_STOP, MANAGER, 2, 1, 0);
	end(maker, 602, SERVER);
	DO(604, MAIN, PROC_REAP, SERVER, 0, TRACE_ENDED_BY_RETURN, 17);
	end(maker, 610, MAIN);
	return maker_close(maker, "closed");
}

int story_manager_ring(const char *path)
{
	struct maker *maker = begin(path);

	if (!maker)
		return -1;
	take_the_door(maker);
	DO(452, ANN, SLEEP_END, 0, 0, 0, 5);
	DO(460, ANN, JOIN_BEGIN, BOB, -1, 0, 7);
	DO(470, MAIN, JOIN_BEGIN, ANN, -1, 0, 16);
	for (uint32_t id = BOB; id >= MAIN; id--)
		DO(2000, id, PROC_DIED, id, -9, 0, 0);
	return maker_close(maker, "closed");
}
