#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/stranger.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct mp_proxy *list;

void stranger_begin(void)
{
	managed_begin();
	list = mp_manager_list(manager, mp_list(1));
}

void stranger_end(void)
{
	mp_proxy_destroy(list);
	managed_end();
}

int knock(void)
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

int come_in(void)
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

void assert_closed(int fd)
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

void assert_serves(void)
{
	ck_assert_int_eq(mp_proxy_length(list), 1);
	ck_assert_int_eq(mp_manager_count(manager), 1);
}

void send_request(int fd, struct mp__request head, const void *bytes)
{
	char frame[512];

	memcpy(frame, &head, sizeof(head));
	memcpy(frame + sizeof(head), bytes, head.size);
	ck_assert_int_eq(write(fd, frame, sizeof(head) + head.size),
			 (ssize_t)(sizeof(head) + head.size));
}

int code_of_reply(int fd)
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
