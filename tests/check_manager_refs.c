/* check_manager_refs.c - whose references they are: threads, forks, several servers */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "managers/host.h"
#include "managers/managers.h"
#include "tests/support/managed.h"

static struct mp_proxy *list;

static void *in_thread(void *(*body)(void *), void *argument)
{
	pthread_t thread;
	void *result;

	ck_assert_int_eq(pthread_create(&thread, NULL, body, argument), 0);
	ck_assert_int_eq(pthread_join(thread, &result), 0);
	return result;
}

/* ---- threads of a child ---- */

static void *give_up(void *unused)
{
	(void)unused;
	if (mp_proxy_length(list) != 1)
		return list;
	mp_proxy_destroy(list);
	return NULL;
}

static int give_up_in_a_thread(struct mp_call *call)
{
	(void)call;
	gate_wait(&gate);
	if (in_thread(give_up, NULL))
		return mp_raise();
	for (int i = 0; i < 2000 && mp_manager_count(manager) > 0; i++)
		usleep(1000);
	return mp_manager_count(manager) == 0 ? 0 : MP_EUSER;
}

START_TEST(any_thread_of_a_child_can_give_up_what_it_inherited)
{
	list = mp_manager_list(manager, mp_list(1));
	struct mp_process *p = mp_Process(.target = give_up_in_a_thread);

	ck_assert_int_eq(mp_process_start(p), 0);
	mp_proxy_destroy(list);
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
}
END_TEST

static int use_late(struct mp_call *call)
{
	(void)call;
	gate_wait(&gate);
	return mp_proxy_length(list) == 1 ? 0 : mp_raise();
}

static void *start_grandchild(void *unused)
{
	struct mp_process *p = mp_Process(.target = use_late);

	(void)unused;
	return mp_proxy_length(list) == 1 && mp_process_start(p) == 0 ? p : NULL;
}

static int have_a_child_from_a_thread(struct mp_call *call)
{
	struct mp_process *p = in_thread(start_grandchild, NULL);

	(void)call;
	mp_proxy_destroy(list);
	mp_manager_count(manager);
	gate_tell(&answer, p != NULL);
	mp_process_join(p, MP_FOREVER);
	return mp_process_exitcode(p) == 0 ? 0 : MP_EUSER;
}

START_TEST(a_child_of_any_thread_inherits)
{
	list = mp_manager_list(manager, mp_list(1));
	struct mp_process *p = mp_Process(.target = have_a_child_from_a_thread);

	ck_assert_int_eq(mp_process_start(p), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	mp_proxy_destroy(list);
	mp_manager_count(manager);
	gate_open(&gate);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	ck_assert_int_eq(mp_process_exitcode(p), 0);
	mp_process_destroy(p);
	assert_count(0);
}
END_TEST

static int use(struct mp_call *call)
{
	(void)call;
	return mp_proxy_length(list) == 1 ? 0 : mp_raise();
}

static void *start_many(void *unused)
{
	for (int i = 0; i < 20; i++)
		if (code_of(mp_Process(.target = use)) != 0)
			return list;
	(void)unused;
	return NULL;
}

START_TEST(threads_may_fork_at_the_same_time)
{
	pthread_t threads[4];
	void *failed;

	list = mp_manager_list(manager, mp_list(1));
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, start_many,
						NULL), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		ck_assert_ptr_null(failed);
	}
	mp_proxy_destroy(list);
	assert_count(0);
}
END_TEST

/* ---- the last connection ---- */

static void *make_and_wait(void *unused)
{
	(void)unused;
	list = mp_manager_list(manager, mp_list(1));
	gate_tell(&answer, list != NULL);
	gate_wait(&gate);
	return NULL;
}

static void *ask_length(void *unused)
{
	(void)unused;
	return (void *)(intptr_t)mp_proxy_length(list);
}

static int lines(void)
{
	int count = 0;

	pthread_mutex_lock(&mp__lines);
	for (struct mp__line *l = manager->place->lines; l; l = l->next)
		count += l->fd >= 0;
	pthread_mutex_unlock(&mp__lines);
	return count;
}

START_TEST(a_connection_that_is_not_through_yet_keeps_nothing)
{
	pid_t server = mp_process_pid(mp_manager_process(manager));
	pthread_t first, second;
	void *length;

	ck_assert_int_eq(pthread_create(&first, NULL, make_and_wait, NULL), 0);
	ck_assert_int_eq(gate_hear(&answer), 1);
	kill(server, SIGSTOP);
	ck_assert_int_eq(pthread_create(&second, NULL, ask_length, NULL), 0);
	while (lines() < 2)
		usleep(100);
	gate_open(&gate);
	pthread_join(first, NULL);
	kill(server, SIGCONT);
	pthread_join(second, &length);
	ck_assert_int_eq((intptr_t)length, 1);
	mp_proxy_destroy(list);
	assert_count(0);
}
END_TEST

static void *get_one(void *queue)
{
	return mp_proxy_get(queue, MP_FOREVER);
}

static bool is_any_busy(void)
{
	bool is_busy = false;

	pthread_mutex_lock(&mp__lines);
	for (struct mp__line *l = manager->place->lines; l; l = l->next)
		is_busy |= l->is_busy;
	pthread_mutex_unlock(&mp__lines);
	return is_busy;
}

START_TEST(a_call_under_way_ends_with_the_server)
{
	struct mp_proxy *queue = mp_manager_Queue(manager);
	pthread_t thread;
	void *value;

	ck_assert_int_eq(pthread_create(&thread, NULL, get_one, queue), 0);
	while (!is_any_busy())
		usleep(100);
	ck_assert_int_eq(mp_manager_shutdown(manager), 0);
	pthread_join(thread, &value);
	ck_assert_ptr_null(value);
	mp_proxy_destroy(queue);
}
END_TEST

/* ---- one that serves, and then does something else ---- */

static void *shut_down_by_address(void *address)
{
	struct mp_manager *m = mp_SyncManager(.address = address);

	while (mp_manager_connect(m) < 0)
		usleep(1000);
	mp__ask(&(struct mp__ask){ .place = m->place, .object = m->id,
				   .kind = MP__REQUEST_SHUTDOWN,
				   .name = "shutdown" });
	mp_manager_destroy(m);
	return NULL;
}

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 4096; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int serve_again_and_again(struct mp_call *call)
{
	char address[64];
	int first = 0;

	(void)call;
	snprintf(address, sizeof(address), "@check-refs-%d", (int)getpid());
	for (int i = 0; i < 4; i++) {
		struct mp_manager *m = mp_SyncManager(.address = address);
		pthread_t thread;
		pthread_create(&thread, NULL, shut_down_by_address, address);
		if (mp_manager_serve_forever(m) < 0)
			return mp_raise();
		pthread_join(thread, NULL);
		mp_manager_destroy(m);
		if (i == 1)
			first = count_descriptors();
	}
	return count_descriptors() == first
		       ? 0
		       : mp_raise_error(MP_EOS, "descriptors are left");
}

START_TEST(a_server_that_ends_leaves_no_descriptors)
{
	ck_assert_int_eq(run_child(serve_again_and_again, NULL), 0);
}
END_TEST

/* ---- several servers ---- */

START_TEST(a_proxy_of_another_server_comes_back_with_a_reference)
{
	struct mp_manager *other = mp_Manager();
	struct mp_proxy *there = mp_manager_list(other, mp_list(1));

	list = mp_manager_list(manager);
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

START_TEST(an_address_that_is_taken_stays_the_others)
{
	char address[64];

	snprintf(address, sizeof(address), "/tmp/check-refs-%d", (int)getpid());
	struct mp_manager *first = mp_Manager(.address = address);
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_null(mp_Manager(.address = address));
	struct mp_manager *m = mp_SyncManager(.address = address);
	ck_assert_int_lt(mp_manager_serve_forever(m), 0);
	ck_assert_int_eq(mp_manager_connect(m), 0);
	mp_manager_destroy(m);
	ck_assert_int_eq(access(address, F_OK), 0);
	mp_manager_destroy(first);
	ck_assert_int_ne(access(address, F_OK), 0);
}
END_TEST

/* ---- shared memory ---- */

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

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	return fd;
}

/* Its place in shared memory is another object's by then. */
START_TEST(the_proxy_of_a_manager_that_is_no_more_writes_nowhere)
{
	char address[64];
	pthread_t thread;
	void *length;

	snprintf(address, sizeof(address), "/tmp/check-refs-%d", (int)getpid());
	struct mp_manager *other = mp_Manager(.address = address);
	mp__ref ref = mp__object_ref(other->shm);
	list = mp_manager_list(other, mp_list(1));
	mp_manager_destroy(other);
	ck_assert_uint_eq(mp__arena_alloc(sizeof(struct mp__manager_shm)), ref);
	int fd = listen_at(address);
	ck_assert_int_eq(pthread_create(&thread, NULL, ask_length, NULL), 0);
	int guest = accept(fd, NULL, NULL);
	ck_assert_int_ge(guest, 0);
	ck_assert_int_eq(((struct mp__manager_shm *)mp__at(ref))->knocks[0], 0);
	close(guest);
	close(fd);
	pthread_join(thread, &length);
	ck_assert_int_lt((intptr_t)length, 0);
	unlink(address);
	mp_proxy_destroy(list);
	mp__arena_free(ref, sizeof(struct mp__manager_shm));
}
END_TEST

/* ---- the table ---- */

START_TEST(a_session_has_room_for_what_it_holds)
{
	struct mp__referent *buckets[64] = { NULL };
	struct mp__host host = { .buckets = buckets, .size = 64,
				 .manager = manager,
				 .mutex = PTHREAD_MUTEX_INITIALIZER };

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
	tcase_add_test(tcase, any_thread_of_a_child_can_give_up_what_it_inherited);
	tcase_add_test(tcase, a_child_of_any_thread_inherits);
	tcase_add_test(tcase, threads_may_fork_at_the_same_time);
	tcase_add_test(tcase, a_connection_that_is_not_through_yet_keeps_nothing);
	tcase_add_test(tcase, a_call_under_way_ends_with_the_server);
	tcase_add_test(tcase, a_server_that_ends_leaves_no_descriptors);
	tcase_add_test(tcase, a_proxy_of_another_server_comes_back_with_a_reference);
	tcase_add_test(tcase, an_address_that_is_taken_stays_the_others);
	tcase_add_test(tcase, children_leave_no_shared_memory);
	tcase_add_test(tcase, the_proxy_of_a_manager_that_is_no_more_writes_nowhere);
	tcase_add_test(tcase, a_session_has_room_for_what_it_holds);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
