/* check_manager_left.c - what clients and their children have of a server that is gone
 *
 * Shared memory of a server that was killed, and descriptors of connections that were
 * just being made. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "managers/managers.h"
#include "tests/support/managed.h"

static struct mp_proxy *list;

/* ---- shared memory ---- */

static void assert_blocks(uint64_t count)
{
	for (int i = 0; i < 2000 && mp__arena->blocks > count; i++)
		usleep(1000);
	ck_assert_uint_le(mp__arena->blocks, count);
}

static void *end_with_a_connection(void *unused)
{
	mp_proxy_length(list);
	gate_tell(&answer, 1);
	gate_wait(&gate);
	return unused;
}

static int call_once_more(struct mp_call *call)
{
	(void)call;
	gate_tell(&answer, 1);
	gate_wait(&gate);
	return mp_proxy_length(list) < 0 ? 0 : MP_EUSER;
}

static void kill_server_of(struct mp_manager *m)
{
	ck_assert_int_eq(mp_process_kill(mp_manager_process(m)), 0);
	ck_assert_int_eq(mp_process_join(mp_manager_process(m), MP_FOREVER), 0);
}

/* Nobody calls it any more; a call finds it gone; a thread ends, which has a connection
 * to it; or a child has one. */
static void outlive_a_server(int how)
{
	struct mp_manager *m = mp_Manager();
	struct mp_process *p = NULL;
	pthread_t thread;

	list = mp_manager_list(m, mp_list(1));
	ck_assert_int_eq(mp_proxy_length(list), 1);
	if (how == 2)
		pthread_create(&thread, NULL, end_with_a_connection, NULL);
	else if (how == 3)
		mp_process_start(p = mp_Process(.target = call_once_more));
	if (how >= 2)
		ck_assert_int_eq(gate_hear(&answer), 1);
	kill_server_of(m);
	if (how >= 2)
		gate_open(&gate);
	if (how == 1)
		ck_assert_int_lt(mp_proxy_length(list), 0);
	else if (how == 2)
		pthread_join(thread, NULL);
	else if (how == 3)
		ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	mp_proxy_destroy(list);
	mp_manager_destroy(m);
}

START_TEST(a_server_that_is_killed_leaves_no_shared_memory)
{
	outlive_a_server(_i);
	gate_close(&gate);
	gate_make(&gate);
	uint64_t before = mp__arena->blocks;

	for (int i = 0; i < 5; i++) {
		outlive_a_server(_i);
		gate_close(&gate);
		gate_make(&gate);
	}
	assert_blocks(before);
}
END_TEST

/* ---- descriptors ---- */

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

static int has_no_socket_but(struct mp_call *call)
{
	long most;
	int count = 0;
	struct stat status;

	if (mp_bind(call, "most", &most) < 0)
		return mp_raise();
	for (int fd = 0; fd < 4096; fd++)
		count += fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
	return count <= most ? 0 : mp_raise_error(MP_EOS, "one too many");
}

static int fill(int *fds, int room, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int count = 0;

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	do
		fds[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	while (connect(fds[count++], (struct sockaddr *)&address,
		       sizeof(address)) == 0 && count < room);
	return count;
}

static bool is_any_coming(void)
{
	bool is_coming = false;

	pthread_mutex_lock(&mp__lines);
	for (struct mp__place *p = mp__places; p; p = p->next)
		for (struct mp__line *l = p->lines; l; l = l->next)
			is_coming |= l->coming >= 0;
	pthread_mutex_unlock(&mp__lines);
	return is_coming;
}

static void *connect_in_vain(void *address)
{
	struct mp_manager *m = mp_SyncManager(.address = address);
	int err = mp_manager_connect(m);

	mp_manager_destroy(m);
	return (void *)(intptr_t)err;
}

/* A child would keep it open when its parent has closed it. */
START_TEST(a_child_has_no_connection_that_is_being_made)
{
	char address[64];
	int fds[8];
	pthread_t thread;
	void *err;

	snprintf(address, sizeof(address), "/tmp/check-refs-%d", (int)getpid());
	int fd = listen_at(address);
	int count = fill(fds, 8, address);
	ck_assert_int_eq(pthread_create(&thread, NULL, connect_in_vain,
					address), 0);
	while (!is_any_coming())
		usleep(100);
	ck_assert_int_eq(run_child(has_no_socket_but, mp_tuple(count + 1)), 0);
	close(fd);
	unlink(address);
	while (count > 0)
		close(fds[--count]);
	pthread_join(thread, &err);
	ck_assert_int_lt((intptr_t)err, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager left");
	TCase *tcase = tcase_create("left");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_loop_test(tcase,
			    a_server_that_is_killed_leaves_no_shared_memory, 0,
			    4);
	tcase_add_test(tcase, a_child_has_no_connection_that_is_being_made);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
