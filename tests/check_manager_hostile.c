/* check_manager_hostile.c - clients that do wrong cost a manager's server nothing but
 * their own connection */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/stranger.h"

START_TEST(the_socket_is_for_its_owner_only)
{
	struct stat status;
	char folder[256];

	ck_assert_int_eq(stat(mp_manager_address(manager), &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0600);
	snprintf(folder, sizeof(folder), "%s", mp_manager_address(manager));
	*strrchr(folder, '/') = '\0';
	ck_assert_int_eq(stat(folder, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0700);
}
END_TEST

START_TEST(garbage_is_refused)
{
	char bytes[300];
	int fd = knock();

	memset(bytes, 0xee, sizeof(bytes));
	ck_assert_int_eq(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	assert_closed(fd);
	assert_serves();
}
END_TEST

START_TEST(another_key_is_refused)
{
	int fd = knock();

	ck_assert_int_lt(mp__wire_auth(fd, false, "wrong", 5, mp_after(10)), 0);
	assert_closed(fd);
	assert_serves();
}
END_TEST

START_TEST(a_huge_length_is_refused)
{
	struct mp__request head = { .size = UINT32_MAX,
				    .kind = MP__REQUEST_CALL };
	int fd = come_in();

	ck_assert_int_eq(write(fd, &head, sizeof(head)), sizeof(head));
	assert_closed(fd);
	assert_serves();
}
END_TEST

START_TEST(requests_that_make_no_sense_are_refused)
{
	static const struct mp__request wrong[] = {
		{ .kind = 99 },
		{ .kind = MP__REQUEST_CALL },		/* no name */
		{ .size = 4, .kind = MP__REQUEST_CALL, .name_size = 5 },
		{ .size = 400, .kind = MP__REQUEST_CALL, .name_size = 400 },
		{ .size = 3, .kind = MP__REQUEST_INCREF },
		{ .size = sizeof(struct mp__hello), .kind = MP__REQUEST_HEIR },
		{ .size = 1, .kind = MP__REQUEST_SHUTDOWN },
		{ .kind = MP__REQUEST_HELLO },
	};
	static const char bytes[512];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int fd = come_in();
		send_request(fd, wrong[i], bytes);
		assert_closed(fd);
	}
	assert_serves();
}
END_TEST

START_TEST(arguments_that_are_none_are_an_error)
{
	int fd = come_in();
	struct mp__request head = { .size = 8 + 4, .kind = MP__REQUEST_CALL,
				    .name_size = 8, .ident = mp_proxy_id(list) };

	send_request(fd, head, "__len__X\xc1\xc1\xc1\xc1");
	ck_assert_int_eq(code_of_reply(fd), MP_EVALUE);
	/* Not a sequence. */
	head.size = 8 + 1;
	send_request(fd, head, "__len__X\x05");
	ck_assert_int_eq(code_of_reply(fd), MP_EATTRIBUTE);
	close(fd);
	assert_serves();
}
END_TEST

START_TEST(an_object_that_is_not_there_is_an_error)
{
	int fd = come_in();
	struct mp__request head = { .size = 7, .kind = MP__REQUEST_CALL,
				    .name_size = 7, .ident = 987654 };

	send_request(fd, head, "__len__");
	ck_assert_int_eq(code_of_reply(fd), MP_EREMOTE);
	head = (struct mp__request){ .kind = MP__REQUEST_INCREF, .ident = 12345 };
	send_request(fd, head, "");
	ck_assert_int_eq(code_of_reply(fd), MP_EREMOTE);
	/* What it has not, it cannot give up. */
	head = (struct mp__request){ .kind = MP__REQUEST_DECREF,
				     .ident = mp_proxy_id(list) };
	send_request(fd, head, "");
	head.kind = MP__REQUEST_COUNT;
	send_request(fd, head, "");
	ck_assert_int_eq(code_of_reply(fd), 0);
	close(fd);
	assert_serves();
}
END_TEST

static void send_with_fd(int fd, const void *bytes, size_t size, int passed)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec part = { (void *)(uintptr_t)bytes, size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &passed, sizeof(int));
	ck_assert_int_eq(sendmsg(fd, &message, 0), (ssize_t)size);
}

/* A descriptor is of the request it came with, also when that is read together with one
 * that has no reply. */
START_TEST(a_fork_may_follow_at_once_on_a_proxy_given_up)
{
	struct {
		struct mp__request head;
		struct mp__hello hello;
	} heir = { { .size = sizeof(struct mp__hello),
		     .kind = MP__REQUEST_HEIR },
		   { .version = MP__WIRE_VERSION, .session = 8 } };
	struct mp__request decref = { .kind = MP__REQUEST_DECREF, .ident = 1 };
	pid_t server = mp_process_pid(mp_manager_process(manager));
	int fd = come_in(), ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	kill(server, SIGSTOP);
	send_request(fd, decref, "");
	send_with_fd(fd, &heir, sizeof(heir), ends[1]);
	kill(server, SIGCONT);
	ck_assert_int_eq(code_of_reply(fd), 0);
	/* And so it is served. */
	close(ends[1]);
	send_request(ends[0], (struct mp__request){ .kind = MP__REQUEST_COUNT },
		     "");
	ck_assert_int_eq(code_of_reply(ends[0]), 0);
	close(ends[0]);
	close(fd);
	assert_serves();
}
END_TEST

START_TEST(an_heir_with_shared_memory_of_nobodys_has_none)
{
	struct {
		struct mp__request head;
		struct mp__hello hello;
	} heir = { { .size = sizeof(struct mp__hello),
		     .kind = MP__REQUEST_HEIR },
		   { .version = MP__WIRE_VERSION, .channel = UINT32_MAX,
		     .family = mp__arena->family, .session = 8 } };
	struct mp__request head = { .size = sizeof(struct mp__hello),
				    .kind = MP__REQUEST_HELLO };
	size_t size;
	const void *key = mp_process_authkey(mp_current_process(), &size);
	struct mp__reply welcome;
	int fd = knock(), ends[2];

	ck_assert_int_eq(mp__wire_auth(fd, false, key, size, mp_after(10)), 0);
	send_request(fd, head, &heir.hello);
	ck_assert_int_eq(read(fd, &welcome, sizeof(welcome)), sizeof(welcome));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	send_with_fd(fd, &heir, sizeof(heir), ends[1]);
	ck_assert_int_eq(code_of_reply(fd), 0);
	close(ends[1]);
	send_request(ends[0], (struct mp__request){ .kind = MP__REQUEST_COUNT },
		     "");
	ck_assert_int_eq(code_of_reply(ends[0]), 0);
	close(ends[0]);
	close(fd);
	assert_serves();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager hostile");
	TCase *tcase = tcase_create("hostile");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, stranger_begin, stranger_end);
	tcase_add_test(tcase, the_socket_is_for_its_owner_only);
	tcase_add_test(tcase, garbage_is_refused);
	tcase_add_test(tcase, another_key_is_refused);
	tcase_add_test(tcase, a_huge_length_is_refused);
	tcase_add_test(tcase, requests_that_make_no_sense_are_refused);
	tcase_add_test(tcase, arguments_that_are_none_are_an_error);
	tcase_add_test(tcase, an_object_that_is_not_there_is_an_error);
	tcase_add_test(tcase, a_fork_may_follow_at_once_on_a_proxy_given_up);
	tcase_add_test(tcase, an_heir_with_shared_memory_of_nobodys_has_none);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
