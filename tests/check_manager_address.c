/* check_manager_address.c - servers at addresses: who connects, and when they are no
 * more */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "managers/managers.h"
#include "tests/support/managed.h"

/* ---- connecting ---- */

static int serve(struct mp_call *call)
{
	const char *address;

	if (mp_bind(call, "address", &address) < 0)
		return mp_raise();
	struct mp_manager *m = mp_SyncManager(.address = address,
					      .authkey = "secret",
					      .authkey_size = 6);
	int err = mp_manager_serve_forever(m);
	mp_manager_destroy(m);
	return err ? mp_raise() : 0;
}

static struct mp_manager *connect_to(const char *address, const char *key)
{
	struct mp_manager *m = mp_SyncManager(.address = address,
					      .authkey = key,
					      .authkey_size = strlen(key));

	for (int i = 0; i < 5000 && mp_manager_connect(m) < 0; i++) {
		if (mp_error_code() == MP_EAUTH)
			break;
		usleep(1000);
	}
	return m;
}

START_TEST(one_can_connect_to_a_server_by_address_and_key)
{
	char address[256];

	snprintf(address, sizeof(address), "@check-manager-%d", (int)getpid());
	struct mp_process *p = mp_Process(.target = serve,
					  .args = mp_tuple(address));
	ck_assert_int_eq(mp_process_start(p), 0);
	struct mp_manager *m = connect_to(address, "secret");
	struct mp_proxy *l = mp_manager_list(m, mp_list(1));
	ck_assert_msg(l != NULL, "%s", mp_error_message());
	ck_assert_str_eq(str_of(l), "[1]");
	/* Another connection sees it, by the proxy. */
	struct mp_proxy *d = mp_manager_dict(m, mp_dict("l", l));
	struct mp_proxy *again = mp_proxy_of(mp_proxy_item(d, "l"));
	ck_assert_int_eq(mp_proxy_append(again, 2), 0);
	ck_assert_str_eq(str_of(l), "[1, 2]");
	mp_proxy_destroy(again);
	mp_proxy_destroy(d);
	mp_proxy_destroy(l);
	ck_assert_int_eq(mp_manager_shutdown(m), MP_EATTRIBUTE);

	struct mp_manager *wrong = connect_to(address, "other");
	ck_assert_int_eq(mp_manager_connect(wrong), MP_EAUTH);
	mp_manager_destroy(wrong);
	ck_assert_int_eq(mp_process_terminate(p), 0);
	ck_assert_int_eq(mp_process_join(p, MP_FOREVER), 0);
	mp_process_destroy(p);
	ck_assert_int_eq(mp_manager_connect(m), MP_EREFUSED);
	mp_manager_destroy(m);
}
END_TEST

START_TEST(an_address_that_is_none_is_an_error)
{
	struct mp_manager *m = mp_SyncManager(.address = "/no/such/folder/x");

	ck_assert_int_eq(mp_manager_connect(m), MP_ENOTFOUND);
	ck_assert_int_eq(mp_manager_start(m), MP_ENOTFOUND);
	mp_manager_destroy(m);
	m = mp_SyncManager();
	assert_fails(MP_EVALUE, mp_manager_connect(m), "an address is needed");
	mp_manager_destroy(m);
	ck_assert_ptr_null(mp_SyncManager(.address = ""));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
}
END_TEST

/* ---- one that serves, and then does something else ---- */

/* A list that holds itself, and what belongs to a dict. */
static void leave_objects(struct mp_manager *m)
{
	struct mp_proxy *l = mp_manager_list(m);
	struct mp_proxy *d = mp_manager_dict(m, mp_dict("x", 1));

	mp_proxy_append(l, l);
	mp_proxy_append(l, mp_proxy_call(d, "__iter__"));
	mp_proxy_destroy(d);
	mp_proxy_destroy(l);
}

static void *shut_down_by_address(void *address)
{
	struct mp_manager *m = mp_SyncManager(.address = address);

	while (mp_manager_connect(m) < 0)
		usleep(1000);
	leave_objects(m);
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
	size_t bytes = 0;

	(void)call;
	snprintf(address, sizeof(address), "@check-refs-%d", (int)getpid());
	for (int i = 0; i < 12; i++) {
		struct mp_manager *m = mp_SyncManager(.address = address);
		pthread_t thread;
		pthread_create(&thread, NULL, shut_down_by_address, address);
		if (mp_manager_serve_forever(m) < 0)
			return mp_raise();
		pthread_join(thread, NULL);
		mp_manager_destroy(m);
		if (i == 7) {		/* what is made once is there */
			first = count_descriptors();
			bytes = mallinfo2().uordblks;
		}
	}
	if (mallinfo2().uordblks > bytes + 1024)
		return mp_raise_error(MP_EMEMORY, "memory is left");
	return count_descriptors() == first
		       ? 0
		       : mp_raise_error(MP_EOS, "descriptors are left");
}

START_TEST(a_server_that_ends_leaves_nothing)
{
	ck_assert_int_eq(run_child(serve_again_and_again, NULL), 0);
}
END_TEST

/* ---- the same address again ---- */

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

static struct mp_proxy *list;

static void *ask_length(void *unused)
{
	(void)unused;
	return (void *)(intptr_t)mp_proxy_length(list);
}

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

int main(void)
{
	Suite *suite = suite_create("manager address");
	TCase *tcase = tcase_create("address");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, managed_begin, managed_end);
	tcase_add_test(tcase, one_can_connect_to_a_server_by_address_and_key);
	tcase_add_test(tcase, an_address_that_is_none_is_an_error);
	tcase_add_test(tcase, a_server_that_ends_leaves_nothing);
	tcase_add_test(tcase, an_address_that_is_taken_stays_the_others);
	tcase_add_test(tcase, the_proxy_of_a_manager_that_is_no_more_writes_nowhere);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
