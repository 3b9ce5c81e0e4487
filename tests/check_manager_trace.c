/* tests/check_manager_trace.c - managers in traces
 *
 * The programs are at the top; the test executes itself to be one. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena/arena.h"
#include "mp.h"
#include "tests/support/managed.h"
#include "tests/support/observer.h"
#include "tests/support/recorded.h"
#include "tests/support/waiting.h"

/* ---- the programs ---- */

static int append_one(struct mp_call *call)
{
	struct mp_proxy *list;

	if (mp_bind(call, "list", &list) < 0)
		return mp_raise();
	return mp_proxy_append(list, 1) < 0 ? mp_raise() : 0;
}

static int program_calls(const char *unused)
{
	struct mp_manager *m = mp_Manager();
	struct mp_proxy *l = mp_manager_list(m);

	(void)unused;
	run_to_end(mp_Process(.target = append_one, .args = mp_tuple(l)));
	mp_value_unref(mp_proxy_item(l, 5));
	mp_proxy_destroy(l);
	while (mp_manager_count(m) > 0)
		;
	mp_manager_destroy(m);
	return 0;
}

static void *new_thing(struct mp_call *call)
{
	static int thing;

	return mp_bind(call, "") < 0 ? NULL : &thing;
}

static int program_names(const char *unused)
{
	static const struct mp_manager_method methods[] = { { .name = NULL } };
	static const struct mp_manager_type thing = {
		.name = "Thing", .create = new_thing, .methods = methods };
	struct mp_manager *m = mp_SyncManager();
	struct mp_proxy *all[7];

	(void)unused;
	mp_manager_register(m, &thing);
	if (mp_manager_start(m) < 0)
		return 1;
	all[0] = mp_manager_new(m, "list", mp_tuple(mp_list(1)),
				.name = "primes");
	all[1] = mp_manager_Lock(m, .name = "door");
	all[2] = mp_manager_new(m, "Queue", mp_tuple(2), .name = "jobs");
	all[3] = mp_manager_new(m, "Thing", .name = "thing of mine");
	all[4] = mp_manager_Namespace(m, mp_dict("x", 1), .name = "数据");
	all[5] = mp_manager_Event(m, .name = "");
	all[6] = mp_manager_list(m);
	for (int i = 0; i < 7; i++) {
		if (!all[i])
			return 1;
		mp_proxy_destroy(all[i]);
	}
	mp_manager_destroy(m);
	return 0;
}

static int take(struct mp_call *call)
{
	struct mp_proxy *lock;

	if (mp_bind(call, "lock", &lock) < 0)
		return mp_raise();
	mp_proxy_acquire(lock, MP_FOREVER);
	raise(SIGKILL);
	return 0;
}

static int take_twice(struct mp_call *call)
{
	struct mp_proxy *lock;

	if (mp_bind(call, "lock", &lock) < 0)
		return mp_raise();
	return mp_proxy_acquire(lock, MP_FOREVER) == 1 ? 0 : mp_raise();
}

static int program_dies_with_a_lock(const char *unused)
{
	struct mp_manager *m = mp_Manager();
	struct mp_proxy *lock = mp_manager_Lock(m);
	struct mp_process *p = mp_Process(.target = take,
					  .args = mp_tuple(lock));

	(void)unused;
	mp_process_start(p);
	mp_process_join(p, MP_FOREVER);
	mp_process_destroy(p);
	p = mp_Process(.target = take_twice, .args = mp_tuple(lock));
	mp_process_start(p);
	mp_process_join(p, mp_after(0.3));
	mp_process_kill(p);
	mp_process_join(p, MP_FOREVER);
	mp_process_destroy(p);
	mp_proxy_destroy(lock);
	mp_manager_destroy(m);
	return 0;
}

static void *kill_later(void *process)
{
	mp_sleep(0.3);
	mp_process_kill(process);
	return NULL;
}

/* Main holds the lock its child wants, and waits for the child. */
static int program_waits_in_a_ring(const char *unused)
{
	struct mp_manager *m = mp_Manager();
	struct mp_proxy *lock = mp_manager_Lock(m);
	struct mp_process *p = mp_Process(.target = take_twice,
					  .args = mp_tuple(lock));
	pthread_t thread;

	(void)unused;
	mp_proxy_acquire(lock, MP_FOREVER);
	mp_process_start(p);
	pthread_create(&thread, NULL, kill_later, p);
	mp_process_join(p, MP_FOREVER);
	pthread_join(thread, NULL);
	mp_process_destroy(p);
	mp_proxy_destroy(lock);
	mp_manager_destroy(m);
	return 0;
}

static int program_does_nothing_for_a_while(const char *unused)
{
	struct mp_manager *m = mp_Manager();
	struct mp_proxy *event = mp_manager_Event(m);

	(void)unused;
	mp_proxy_wait(event, mp_after(0.5));
	mp_sleep(0.3);
	mp_proxy_destroy(event);
	mp_manager_destroy(m);
	return 0;
}

static const struct rerun_program programs[] = {
	{ "calls", program_calls },
	{ "names", program_names },
	{ "dies", program_dies_with_a_lock },
	{ "ring", program_waits_in_a_ring },
	{ "idle", program_does_nothing_for_a_while },
	{ NULL, NULL }
};

/* ---- what is in the traces ---- */

static void begin(void)
{
	rerun_begin(&run);
}

static void end(void)
{
	rerun_end(&run);
}

START_TEST(a_call_is_a_row_with_both_its_sides)
{
	record("calls");
	assert_answer("SELECT count(*) FROM call AS c JOIN agent AS a ON"
		      " a.id = c.client_agent_id JOIN agent AS s"
		      " ON s.id = c.server_agent_id JOIN object AS o"
		      " ON o.id = c.object_id"
		      " WHERE c.method = 'append' AND a.path = 'M.2'"
		      " AND s.role = 'server' AND o.name = 'list-1:1'"
		      " AND c.outcome = 'done' AND c.sent_ns <= c.began_ns"
		      " AND c.began_ns <= c.ended_ns"
		      " AND c.ended_ns <= c.returned_ns",
		      "1");
	assert_answer("SELECT outcome FROM call WHERE method = '__getitem__'",
		      "error");
	assert_answer("SELECT count(*) FROM arrow WHERE kind = 'call'",
		      rerun_ask(&run, "SELECT count(*) FROM call WHERE"
				      " server_agent_id IS NOT NULL"));
	/* The list's own lane: empty, one item. */
	assert_answer("SELECT group_concat(value) FROM (SELECT value FROM level"
		      " AS l JOIN object AS o ON o.id = l.object_id"
		      " WHERE o.name = 'list-1:1' ORDER BY seq)", "0,1");
	assert_answer("SELECT count(*) FROM deadlock", "0");
}
END_TEST

START_TEST(a_managed_object_has_its_name)
{
	record("names");
	assert_answer("SELECT group_concat(name, ', ') FROM (SELECT name FROM"
		      " object WHERE name IN ('primes', 'door', 'jobs',"
		      " 'thing of mine', '数据') ORDER BY id)",
		      "primes, door, jobs, thing of mine, 数据");
	assert_answer("SELECT count(*) FROM object WHERE name LIKE 'Event-1:1'"
		      " OR name LIKE 'list-1:%'", "2");
}
END_TEST

START_TEST(references_are_told)
{
	record("calls");
	/* Made, given to the child, given back by it, given up. On a busy machine one
	 * that was interrupted while it told may stand later than it was. */
	assert_answer("SELECT group_concat(step) FROM"
		      " (SELECT k.name || ' ' || e.a AS step FROM event AS e"
		      " JOIN event_kind AS k ON k.id = e.kind"
		      " JOIN object AS o ON o.id = e.object_id"
		      " WHERE o.name = 'list-1:1' AND e.kind BETWEEN 247 AND 249"
		      " ORDER BY e.kind, CASE e.kind WHEN 247 THEN e.a ELSE -e.a END)",
		      "referent.incref 1,referent.incref 2,referent.decref 1,"
		      "referent.decref 0,referent.delete 0");
	assert_answer("SELECT ended_ns IS NOT NULL FROM object"
		      " WHERE name = 'list-1:1'", "1");
}
END_TEST

START_TEST(a_dead_clients_lock_is_held_by_the_dead)
{
	record("dies");
	assert_answer("SELECT ended_by FROM hold LIMIT 1", "dead");
	assert_answer("SELECT count(*) FROM deadlock WHERE kind = 'dead'", "1");
	assert_answer("SELECT group_concat(outcome) FROM call"
		      " WHERE method = 'acquire'", "done,lost");
	/* That the first has gone may be seen before the server ends; the thread of
	 * the second still waits for the lock. */
	assert_answer("SELECT count(*) <= 1 FROM event WHERE kind = 250", "1");
}
END_TEST

START_TEST(a_ring_leads_through_the_server)
{
	record("ring");
	/* Main, its child, the child's thread in the server, main's. */
	assert_answer("SELECT count(*) FROM deadlock_edge AS e JOIN deadlock"
		      " AS d ON d.id = e.deadlock_id WHERE d.kind = 'ring'",
		      "4");
	assert_answer("SELECT cleared_ns IS NOT NULL FROM deadlock"
		      " WHERE kind = 'ring'", "1");
	/* When it is opened, that thread waits for one that is over. */
	assert_answer("SELECT count(*) FROM deadlock WHERE kind = 'dead'", "1");
}
END_TEST

START_TEST(an_idle_server_waits_for_nobody)
{
	record("idle");
	assert_answer("SELECT count(*) FROM deadlock", "0");
	assert_answer("SELECT count(*) FROM wait AS w JOIN agent AS a"
		      " ON a.id = w.agent_id JOIN object AS o"
		      " ON o.id = w.object_id AND o.name LIKE 'SyncManager%'",
		      "0");
}
END_TEST

static Suite *manager_trace_suite(void)
{
	Suite *suite = suite_create("manager trace");
	TCase *traces = tcase_create("traces");

	tcase_set_timeout(traces, 60);
	tcase_add_checked_fixture(traces, begin, end);
	tcase_add_test(traces, a_call_is_a_row_with_both_its_sides);
	tcase_add_test(traces, references_are_told);
	tcase_add_test(traces, a_managed_object_has_its_name);
	tcase_add_test(traces, a_dead_clients_lock_is_held_by_the_dead);
	tcase_add_test(traces, a_ring_leads_through_the_server);
	tcase_add_test(traces, an_idle_server_waits_for_nobody);
	suite_add_tcase(suite, traces);
	return suite;
}

int main(int argc, char **argv)
{
	return rerun_main(argc, argv, programs, manager_trace_suite);
}
