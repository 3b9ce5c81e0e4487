/* check_manager_hostile.c - clients that do wrong cost a manager's server nothing but
 * their own connection */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "managers/managers.h"
#include "tests/support/managed.h"

static struct mp_proxy *list;

static void begin(void)
{
	managed_begin();
	list = mp_manager_list(manager, mp_list(1));
}

static void end(void)
{
	mp_proxy_destroy(list);
	managed_end();
}

static int knock(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, mp_manager_address(manager),
		sizeof(address.sun_path) - 1);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address,
				 sizeof(address)), 0);
	return fd;
}

/* One that knows the key, and has said who it is. */
static int come_in(void)
{
	size_t size;
	const void *key = mp_process_authkey(mp_current_process(), &size);
	struct mp__request head = { .size = sizeof(struct mp__hello),
				    .kind = MP__REQUEST_HELLO };
	struct mp__hello hello = { .version = MP__WIRE_VERSION, .session = 7 };
	struct mp__reply welcome;
	int fd = knock();

	ck_assert_int_eq(mp__wire_auth(fd, false, key, size, mp_after(10)), 0);
	ck_assert_int_eq(write(fd, &head, sizeof(head)), sizeof(head));
	ck_assert_int_eq(write(fd, &hello, sizeof(hello)), sizeof(hello));
	ck_assert_int_eq(read(fd, &welcome, sizeof(welcome)), sizeof(welcome));
	return fd;
}

/* The server closes the connection, after whatever it has to say. */
static void assert_closed(int fd)
{
	char bytes[4096];
	struct pollfd pollfd = { fd, POLLIN, 0 };
	ssize_t n = 1;

	while (n > 0) {
		ck_assert_int_eq(poll(&pollfd, 1, 15000), 1);
		n = read(fd, bytes, sizeof(bytes));
	}
	ck_assert(n == 0 || errno == ECONNRESET);
	close(fd);
}

static void assert_serves(void)
{
	ck_assert_int_eq(mp_proxy_length(list), 1);
	ck_assert_int_eq(mp_manager_count(manager), 1);
}

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

START_TEST(half_a_frame_keeps_nobody_waiting)
{
	int outside = knock(), inside = come_in();

	ck_assert_int_eq(write(outside, "\0\0", 2), 2);
	ck_assert_int_eq(write(inside, "\x10\0\0\0\3", 5), 5);
	assert_serves();
	close(outside);
	close(inside);
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

/* A length that may be: memory grows with what did arrive. */
START_TEST(a_large_length_alone_takes_no_memory)
{
	struct mp__request head = { .size = (uint32_t)1 << 30,
				    .kind = MP__REQUEST_CALL };
	int fds[20];

	for (int i = 0; i < 20; i++) {
		fds[i] = come_in();
		ck_assert_int_eq(write(fds[i], &head, sizeof(head)),
				 sizeof(head));
	}
	assert_serves();
	for (int i = 0; i < 20; i++)
		close(fds[i]);
	assert_serves();
}
END_TEST

static void send_request(int fd, struct mp__request head, const void *bytes)
{
	char frame[512];

	memcpy(frame, &head, sizeof(head));
	memcpy(frame + sizeof(head), bytes, head.size);
	ck_assert_int_eq(write(fd, frame, sizeof(head) + head.size),
			 (ssize_t)(sizeof(head) + head.size));
}

static int code_of_reply(int fd)
{
	struct mp__reply reply;
	char bytes[8192];

	ck_assert_int_eq(recv(fd, &reply, sizeof(reply), MSG_WAITALL),
			 sizeof(reply));
	ck_assert_uint_le(reply.size, sizeof(bytes));
	if (reply.size)
		ck_assert_int_eq(recv(fd, bytes, reply.size, MSG_WAITALL),
				 (ssize_t)reply.size);
	return reply.code;
}

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

/* A proxy of a server that does not answer: who sends it waits for it, nobody else. */
START_TEST(a_server_that_does_not_answer_keeps_one_client_waiting)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct mp__token token = { .ident = 1, .type = "list" };
	struct mp__request head = { .kind = MP__REQUEST_CALL, .name_size = 6,
				    .ident = mp_proxy_id(list) };
	unsigned char bytes[512] = "append";
	int silent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = come_in(), guest;

	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/silent-%d",
		 (int)getpid());
	strcpy(token.address, address.sun_path);
	ck_assert_int_eq(bind(silent, (struct sockaddr *)&address,
			      sizeof(address)), 0);
	ck_assert_int_eq(listen(silent, 1), 0);
	int size = mp__token_pack(&token, bytes + 10);
	bytes[6] = 0x91;
	bytes[7] = 0xc7;
	bytes[8] = (unsigned char)size;
	bytes[9] = 80;
	head.size = 10 + (uint32_t)size;
	send_request(fd, head, bytes);
	guest = accept(silent, NULL, NULL);
	ck_assert_int_ge(guest, 0);
	/* This takes a proxy apart, too. */
	int64_t before = mp__now();
	ck_assert_int_eq(mp_proxy_append(list, list), 0);
	ck_assert_int_lt(mp__now() - before, 10000000000);
	ck_assert_int_eq(mp_proxy_length(list), 2);
	close(guest);
	close(silent);
	unlink(address.sun_path);
	ck_assert_int_lt(code_of_reply(fd), 0);
	close(fd);
}
END_TEST

START_TEST(a_flood_of_connections_keeps_nobody_out)
{
	enum { MANY = 400 };
	struct mp_manager *other =
		mp_SyncManager(.address = mp_manager_address(manager));
	int fds[MANY];
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < MANY; i++)
		fds[i] = knock();
	assert_serves();
	/* Also not those who come now. */
	ck_assert_int_eq(mp_manager_connect(other), 0);
	struct mp_proxy *more = mp_manager_list(other);
	ck_assert_ptr_nonnull(more);
	mp_proxy_destroy(more);
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	mp_manager_destroy(other);
}
END_TEST

/* Who never reads its replies has them wait in its own thread. */
START_TEST(a_client_that_does_not_read_waits_alone)
{
	struct mp__request head = { .size = 5, .kind = MP__REQUEST_CALL,
				    .name_size = 4, .ident = mp_proxy_id(list) };
	struct timeval patience = { 1, 0 };
	int fd = come_in();

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	for (int i = 0; i < 100000; i++) {
		char frame[sizeof(head) + 5];
		memcpy(frame, &head, sizeof(head));
		memcpy(frame + sizeof(head), "#STR\xc0", 5);
		if (write(fd, frame, sizeof(frame)) < 0)
			break;
	}
	assert_serves();
	close(fd);
	assert_serves();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manager hostile");
	TCase *tcase = tcase_create("hostile");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, the_socket_is_for_its_owner_only);
	tcase_add_test(tcase, garbage_is_refused);
	tcase_add_test(tcase, another_key_is_refused);
	tcase_add_test(tcase, half_a_frame_keeps_nobody_waiting);
	tcase_add_test(tcase, a_huge_length_is_refused);
	tcase_add_test(tcase, a_large_length_alone_takes_no_memory);
	tcase_add_test(tcase, requests_that_make_no_sense_are_refused);
	tcase_add_test(tcase, arguments_that_are_none_are_an_error);
	tcase_add_test(tcase, an_object_that_is_not_there_is_an_error);
	tcase_add_test(tcase, a_fork_may_follow_at_once_on_a_proxy_given_up);
	tcase_add_test(tcase, an_heir_with_shared_memory_of_nobodys_has_none);
	tcase_add_test(tcase,
		       a_server_that_does_not_answer_keeps_one_client_waiting);
	tcase_add_test(tcase, a_flood_of_connections_keeps_nobody_out);
	tcase_add_test(tcase, a_client_that_does_not_read_waits_alone);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
