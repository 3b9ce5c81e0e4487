/* check_manager_guard.c - could this operation of a manager go on now?
 *
 * One waits, and is stopped; an observer that maps the arena says whether it could. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena/arena.h"
#include "managers/managers.h"
#include "tests/support/managed.h"
#include "tests/support/observer.h"
#include "tests/support/waiting.h"

static void guard_begin(void)
{
	observer_start();
	managed_begin();
}

static void guard_end(void)
{
	managed_end();
	observer_stop();
}

static uint32_t waiting_agent(pid_t pid, enum mp__operation code)
{
	for (int turn = 0; turn < 5000; turn++) {
		for (uint32_t i = 0; i < MP__AGENT_SLOTS; i++) {
			const struct mp__agent_shm *agent =
				&mp__arena->agents[i];
			if (atomic_load(&agent->id) && agent->pid == pid
			    && atomic_load(&agent->state) == MP__AGENT_WAITING
			    && atomic_load(&agent->pending.operation) == code)
				return i + 1;
		}
		usleep(1000);
	}
	return 0;
}

static struct observer_question about(pid_t pid, enum mp__operation code)
{
	struct observer_question question = { .now = 1 };

	question.agent = waiting_agent(pid, code);
	ck_assert_uint_ne(question.agent, 0);
	return question;
}

static void assert_may_soon(struct observer_question *question)
{
	bool may = false;

	for (int i = 0; i < 5000 && !(may = observer_ask(question)); i++)
		usleep(1000);
	ck_assert(may);
}

/* All its threads stand still when this returns. */
static void stop(pid_t pid)
{
	siginfo_t info;

	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT), 0);
}

static int get_one(struct mp_call *call)
{
	struct mp_proxy *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	mp_value_unref(mp_proxy_get(queue, MP_FOREVER));
	return 0;
}

START_TEST(a_call_can_go_on_when_it_is_answered)
{
	struct mp_proxy *q = mp_manager_Queue(manager);
	struct mp_process *p = mp_Process(.target = get_one,
					  .args = mp_tuple(q));
	pid_t server = mp_process_pid(mp_manager_process(manager));

	ck_assert_int_eq(mp_process_start(p), 0);
	struct observer_question call = about(mp_process_pid(p),
					      MP__OP_MANAGER_CALL);
	struct observer_question get = about(server, MP__OP_MANAGED_GET);
	stop(mp_process_pid(p));
	ck_assert(!observer_ask(&call));
	ck_assert(!observer_ask(&get));
	ck_assert_int_eq(mp_proxy_put(q, 1, MP_FOREVER), 0);
	assert_may_soon(&call);
	kill(mp_process_pid(p), SIGCONT);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	mp_proxy_destroy(q);
}
END_TEST

static int count_once(struct mp_call *call)
{
	(void)call;
	gate_wait(&gate);
	return mp_manager_count(manager) < 0 ? mp_raise() : 0;
}

/* The threads of the server that wait for a request; how many. */
static int find_serving(pid_t server, struct observer_question *serve, int room)
{
	int count = 0;

	for (uint32_t i = 0; i < MP__AGENT_SLOTS && count < room; i++) {
		const struct mp__agent_shm *agent = &mp__arena->agents[i];
		if (atomic_load(&agent->id) && agent->pid == server
		    && atomic_load(&agent->state) == MP__AGENT_WAITING
		    && atomic_load(&agent->pending.operation)
			       == MP__OP_MANAGER_SERVE)
			serve[count++] = (struct observer_question){
				.now = 1, .agent = i + 1 };
	}
	return count;
}

START_TEST(a_server_can_go_on_when_somebody_calls)
{
	struct mp_proxy *l = mp_manager_list(manager);
	struct mp_process *p = mp_Process(.target = count_once);
	pid_t server = mp_process_pid(mp_manager_process(manager));
	struct observer_question serve[8];
	int count = 0, ready = 0;

	/* The child is born with a connection, the only one that is used. */
	ck_assert_int_eq(mp_process_start(p), 0);
	struct observer_question accept = about(server, MP__OP_MANAGER_ACCEPT);
	for (int i = 0; i < 5000 && count != 2; i++) {
		usleep(1000);
		count = find_serving(server, serve, 8);
	}
	stop(server);
	ck_assert(!observer_ask(&accept));
	ck_assert_int_eq(find_serving(server, serve, 8), 2);
	for (int i = 0; i < 2; i++)
		ck_assert(!observer_ask(&serve[i]));
	gate_open(&gate);
	waiting_in(p, MP__OP_MANAGER_CALL);
	for (int i = 0; i < 2; i++)
		ready += observer_ask(&serve[i]);
	ck_assert_int_eq(ready, 1);
	kill(server, SIGCONT);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
	mp_proxy_destroy(l);
}
END_TEST

static int put_two(struct mp_call *call)
{
	struct mp_proxy *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	if (mp_proxy_put(queue, 1, MP_FOREVER) < 0
	    || mp_proxy_put(queue, 2, MP_FOREVER) < 0)
		return mp_raise();
	return mp_proxy_do(queue, "join") < 0 ? mp_raise() : 0;
}

START_TEST(put_and_join_wait_for_what_they_say)
{
	struct mp_proxy *q = mp_manager_JoinableQueue(manager, 1);
	struct mp_process *p = mp_Process(.target = put_two,
					  .args = mp_tuple(q));
	pid_t server = mp_process_pid(mp_manager_process(manager));

	ck_assert_int_eq(mp_process_start(p), 0);
	struct observer_question put = about(server, MP__OP_MANAGED_PUT);
	ck_assert(!observer_ask(&put));
	mp_value_unref(mp_proxy_get(q, MP_FOREVER));
	struct observer_question join = about(server, MP__OP_MANAGED_JOIN);
	ck_assert(!observer_ask(&join));
	ck_assert_int_eq(mp_proxy_do(q, "task_done"), 0);
	ck_assert_int_eq(mp_proxy_do(q, "task_done"), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
	mp_proxy_destroy(q);
}
END_TEST

/* ---- who is at the door ---- */

static void assert_may_not_soon(struct observer_question *question)
{
	bool may = true;

	for (int i = 0; i < 5000 && (may = observer_ask(question)); i++)
		usleep(1000);
	ck_assert(!may);
}

static int knock_only(struct mp_call *call)
{
	(void)call;
	mp__manager_knock(manager->shm);
	gate_tell(&answer, 1);
	gate_wait(&gate);
	return 0;
}

static void kill_child(struct mp_process *p)
{
	ck_assert_int_eq(mp_process_kill(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
}

/* It will never connect: the server waits for nobody, as if it had not come. */
START_TEST(who_is_killed_before_the_door_calls_no_more)
{
	struct mp_process *p = mp_Process(.target = knock_only);
	struct observer_question accept =
		about(mp_process_pid(mp_manager_process(manager)),
		      MP__OP_MANAGER_ACCEPT);

	ck_assert(!observer_ask(&accept));
	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert(observer_ask(&accept));
	kill_child(p);
	ck_assert(!observer_ask(&accept));
}
END_TEST

static int connect_now(struct mp_call *call)
{
	(void)call;
	return mp_manager_count(manager) < 0 ? mp_raise() : 0;
}

/* Its connection waits there all the same. */
START_TEST(who_is_killed_at_the_door_is_let_in)
{
	struct mp_process *p = mp_Process(.target = connect_now);
	pid_t server = mp_process_pid(mp_manager_process(manager));
	struct observer_question accept = about(server, MP__OP_MANAGER_ACCEPT);

	stop(server);
	ck_assert_int_eq(mp_process_start(p), 0);
	assert_may_soon(&accept);
	usleep(20000);		/* it waits to be greeted */
	kill_child(p);
	ck_assert(observer_ask(&accept));
	kill(server, SIGCONT);
	assert_may_not_soon(&accept);
}
END_TEST

START_TEST(more_may_come_than_are_counted)
{
	struct observer_question accept =
		about(mp_process_pid(mp_manager_process(manager)),
		      MP__OP_MANAGER_ACCEPT);

	for (unsigned i = 0; i <= MP__KNOCKS; i++)
		mp__manager_knock(manager->shm);
	for (unsigned i = 0; i <= MP__KNOCKS; i++)
		mp__manager_go_away(manager->shm);
	ck_assert(observer_ask(&accept));
	ck_assert_int_eq(run_child(connect_now, NULL), 0);
	assert_may_not_soon(&accept);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager guard");
	TCase *guards = tcase_create("guards");

	tcase_set_timeout(guards, 60);
	tcase_add_checked_fixture(guards, guard_begin, guard_end);
	tcase_add_test(guards, a_call_can_go_on_when_it_is_answered);
	tcase_add_test(guards, a_server_can_go_on_when_somebody_calls);
	tcase_add_test(guards, put_and_join_wait_for_what_they_say);
	tcase_add_test(guards, who_is_killed_before_the_door_calls_no_more);
	tcase_add_test(guards, who_is_killed_at_the_door_is_let_in);
	tcase_add_test(guards, more_may_come_than_are_counted);
	suite_add_tcase(suite, guards);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
