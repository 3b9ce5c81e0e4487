/* check_manager_patience.c - clients that keep a manager's server waiting keep nobody
 * else waiting */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/stranger.h"

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

static void wait_until_read(int fd)
{
	int left = 1;

	while (left > 0) {
		ck_assert_int_eq(ioctl(fd, SIOCOUTQ, &left), 0);
		usleep(100);
	}
}

/* What it could write to, in kB. */
static long memory_of(pid_t pid)
{
	char name[64], line[256];
	long kb = -1;

	snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
	FILE *file = fopen(name, "r");
	ck_assert_ptr_nonnull(file);
	while (kb < 0 && fgets(line, sizeof(line), file))
		if (strncmp(line, "VmData:", 7) == 0)
			kb = atol(line + 7);
	fclose(file);
	ck_assert_int_ge(kb, 0);
	return kb;
}

/* A length that may be: memory grows with what did arrive. */
START_TEST(a_large_length_alone_takes_no_memory)
{
	struct mp__request head = { .size = (uint32_t)1 << 30,
				    .kind = MP__REQUEST_CALL };
	pid_t server = mp_process_pid(mp_manager_process(manager));
	long before = memory_of(server);
	int fds[20];

	for (int i = 0; i < 20; i++) {
		fds[i] = come_in();
		ck_assert_int_eq(write(fds[i], &head, sizeof(head)),
				 sizeof(head));
		wait_until_read(fds[i]);
	}
	assert_serves();
	ck_assert_int_lt(memory_of(server) - before, head.size / 1024);
	for (int i = 0; i < 20; i++)
		close(fds[i]);
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
	Suite *suite = suite_create("manager patience");
	TCase *tcase = tcase_create("patience");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, stranger_begin, stranger_end);
	tcase_add_test(tcase, half_a_frame_keeps_nobody_waiting);
	tcase_add_test(tcase, a_large_length_alone_takes_no_memory);
	tcase_add_test(tcase, a_server_that_does_not_answer_keeps_one_client_waiting);
	tcase_add_test(tcase, a_flood_of_connections_keeps_nobody_out);
	tcase_add_test(tcase, a_client_that_does_not_read_waits_alone);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
