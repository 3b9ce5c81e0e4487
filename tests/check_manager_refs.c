/* check_manager_refs.c - an object lives as long as somebody refers to it */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#include "managers/host.h"
#include "managers/managers.h"
#include "tests/support/managed.h"

/* ---- the last proxy ---- */

static int hold_until_told(struct mp_call *call)
{
	struct mp_proxy *list;

	if (mp_bind(call, "list", &list) < 0)
		return mp_raise();
	gate_tell(&answer, mp_proxy_length(list));
	return gate_wait(&gate) ? 0 : MP_EUSER;
}

START_TEST(an_object_goes_with_its_last_proxy)
{
	struct mp_proxy *list = mp_manager_list(manager, mp_list(1));
	struct mp_process *p = mp_Process(.target = hold_until_told,
					  .args = mp_tuple(list));

	ck_assert_int_eq(mp_process_start(p), 0);
	mp_proxy_destroy(list);
	ck_assert_int_eq(gate_hear(&answer), 1);
	ck_assert_int_eq(mp_manager_count(manager), 1);
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	assert_count(0);
}
END_TEST

START_TEST(also_when_its_owner_was_killed)
{
	struct mp_proxy *list = mp_manager_list(manager, mp_list(1));
	struct mp_process *p = mp_Process(.target = hold_until_told,
					  .args = mp_tuple(list));

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	mp_proxy_destroy(list);
	ck_assert_int_eq(mp_manager_count(manager), 1);
	ck_assert_int_eq(mp_process_kill(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	assert_count(0);
}
END_TEST

static int send_proxy(struct mp_call *call)
{
	struct mp_queue *queue;

	if (mp_bind(call, "queue", &queue) < 0)
		return mp_raise();
	struct mp_proxy *list = mp_manager_list(manager, mp_list("made"));
	if (!list || mp_queue_put(queue, mp_value(list), MP_FOREVER) < 0)
		return mp_raise();
	return gate_wait(&gate) ? 0 : MP_EUSER;
}

START_TEST(a_proxy_travels_through_a_queue)
{
	struct mp_queue *queue = mp_Queue();
	struct mp_process *p = mp_Process(.target = send_proxy,
					  .args = mp_tuple(queue));

	ck_assert_int_eq(mp_process_start(p), 0);
	struct mp_proxy *list = mp_proxy_of(mp_queue_get(queue, MP_FOREVER));
	ck_assert_msg(list != NULL, "%s", mp_error_message());
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
	ck_assert_str_eq(str_of(list), "['made']");
	mp_proxy_destroy(list);
	mp_queue_destroy(queue);
	assert_count(0);
}
END_TEST

START_TEST(a_copy_of_a_proxy_is_one_more)
{
	struct mp_proxy *list = mp_manager_list(manager);

	mp_proxy_ref(list);
	mp_proxy_destroy(list);
	ck_assert_int_eq(mp_proxy_append(list, 1), 0);
	mp_proxy_destroy(list);
	assert_count(0);
}
END_TEST

/* ---- several servers ---- */

START_TEST(a_proxy_of_another_server_comes_back_with_a_reference)
{
	struct mp_manager *other = mp_Manager();
	struct mp_proxy *there = mp_manager_list(other, mp_list(1));

	struct mp_proxy *list = mp_manager_list(manager);
	ck_assert_int_eq(mp_proxy_append(list, there), 0);
	struct mp_proxy *same = mp_proxy_of(mp_proxy_item(list, 0));
	ck_assert_ptr_eq(same, there);
	mp_proxy_destroy(same);
	/* Now the other server's is the only one. */
	mp_proxy_destroy(there);
	ck_assert_int_eq(mp_manager_count(other), 1);
	there = mp_proxy_of(mp_proxy_item(list, 0));
	ck_assert_int_eq(mp_proxy_do(list, "clear"), 0);
	/* What clear() gave up, the other one hears before this. */
	ck_assert_int_eq(mp_proxy_append(list, there), 0);
	ck_assert_int_eq(mp_proxy_do(list, "clear"), 0);
	ck_assert_str_eq(str_of(there), "[1]");
	mp_proxy_destroy(there);
	for (int i = 0; i < 2000 && mp_manager_count(other) > 0; i++)
		usleep(1000);
	ck_assert_int_eq(mp_manager_count(other), 0);
	mp_proxy_destroy(list);
	mp_manager_destroy(other);
}
END_TEST

/* ---- shared memory ---- */

static struct mp_proxy *list;

static int use(struct mp_call *call)
{
	(void)call;
	return mp_proxy_length(list) == 1 ? 0 : mp_raise();
}

static void assert_blocks(uint64_t count)
{
	for (int i = 0; i < 2000 && mp__arena->blocks > count; i++)
		usleep(1000);
	ck_assert_uint_le(mp__arena->blocks, count);
}

START_TEST(children_leave_no_shared_memory)
{
	list = mp_manager_list(manager, mp_list(1));
	ck_assert_int_eq(run_child(use, NULL), 0);
	uint64_t before = mp__arena->blocks;

	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(run_child(use, NULL), 0);
	assert_blocks(before);
	mp_proxy_destroy(list);
}
END_TEST

/* ---- the table ---- */

START_TEST(a_session_has_room_for_what_it_holds)
{
	struct mp__referent *buckets[64] = { NULL };
	struct mp__host host = { .buckets = buckets, .size = 64,
				 .manager = manager };

	mp__host = &host;
	struct mp__session *session = mp__session_get(1);
	for (uint32_t i = 1; i < 20000; i++) {
		struct mp__referent *r = calloc(1, sizeof(*r));
		r->type = mp__host_type("list", 4);
		r->ident = i;
		r->value = mp_list();
		ck_assert_int_eq(mp__host_add(r, session), 0);
		ck_assert(mp__host_let_go(session, i));
	}
	ck_assert_uint_le(session->size, 1024);
	ck_assert_uint_eq(host.count, 0);
	mp__session_leave(session);
	mp__host = NULL;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager refs");
	TCase *tcase = tcase_create("refs");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, an_object_goes_with_its_last_proxy);
	tcase_add_test(tcase, also_when_its_owner_was_killed);
	tcase_add_test(tcase, a_proxy_travels_through_a_queue);
	tcase_add_test(tcase, a_copy_of_a_proxy_is_one_more);
	tcase_add_test(tcase, a_proxy_of_another_server_comes_back_with_a_reference);
	tcase_add_test(tcase, children_leave_no_shared_memory);
	tcase_add_test(tcase, a_session_has_room_for_what_it_holds);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
