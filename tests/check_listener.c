/* tests/check_listener.c - Listener, Client, and the handshake
 *
 * The other side is a child of ours, or the real multiprocessing.connection. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fork.h"
#include "mp.h"
#include "tests/support/children.h"
#include "tests/support/waiting.h"

static struct mp_listener *listener;
static const char *key;

static struct mp_process *start(mp_target target)
{
	struct mp_process *p = mp_Process(.target = target);

	ck_assert_int_eq(mp_process_start(p), 0);
	return p;
}

static void finish(struct mp_process *p, int code)
{
	mp_process_join(p, mp_after(20));
	ck_assert_int_eq(mp_process_exitcode(p), code);
	mp_process_destroy(p);
}

static struct mp_connection *connect_with(const char *authkey)
{
	return mp_Client(mp_listener_address(listener), .authkey = authkey,
			 .authkey_size = authkey ? strlen(authkey) : 0);
}

static void listen_with(const char *address, const char *authkey)
{
	listener = mp_Listener(.address = address, .authkey = authkey,
			       .authkey_size = authkey ? strlen(authkey) : 0);
	ck_assert_msg(listener, "%s", mp_error_message());
}

/* ---- meeting ---- */

/* Tells 0 or the error, then plays echo. */
static int be_client(struct mp_call *call)
{
	struct mp_value *value;

	(void)call;
	struct mp_connection *c = connect_with(key);
	gate_tell(&answer, c ? 0 : mp_error_code());
	while (c && (value = mp_connection_recv(c)))
		mp_connection_send(c, value);
	mp_connection_destroy(c);
	return 0;
}

static void assert_echo(struct mp_connection *c)
{
	ck_assert_msg(c, "%s", mp_error_message());
	ck_assert_int_eq(mp_connection_send(c, mp_value(42)), 0);
	struct mp_value *value = mp_connection_recv(c);
	long number = 0;
	ck_assert_int_eq(mp_value_as_long(value, &number), 0);
	ck_assert_int_eq(number, 42);
	mp_value_unref(value);
}

static void assert_meet(void)
{
	struct mp_process *p = start(be_client);
	struct mp_connection *c = mp_listener_accept(listener);

	assert_echo(c);
	ck_assert_int_eq(gate_hear(&answer), 0);
	mp_connection_destroy(c);
	finish(p, 0);
}

START_TEST(a_listener_of_its_own_choice_is_private)
{
	struct stat status;
	char folder[128];

	listen_with(NULL, NULL);
	snprintf(folder, sizeof(folder), "%s", mp_listener_address(listener));
	assert_meet();
	*strrchr(folder, '/') = '\0';
	ck_assert_int_eq(stat(folder, &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0700);
	ck_assert_int_eq(mp_listener_close(listener), 0);
	ck_assert_int_eq(mp_listener_close(listener), 0);
	ck_assert_int_eq(stat(folder, &status), -1);
	ck_assert_ptr_null(mp_listener_address(listener));
	ck_assert_int_eq(mp_error_code(), MP_EATTRIBUTE);
	ck_assert_ptr_null(mp_listener_accept(listener));
	assert_fails(MP_EOS, mp_error_code(), "Listener is closed");
	mp_listener_destroy(listener);
	mp_listener_destroy(NULL);
}
END_TEST

START_TEST(an_abstract_address_has_no_file)
{
	char address[64];

	snprintf(address, sizeof(address), "@forkscope-test-%d", getpid());
	listen_with(address, NULL);
	ck_assert_str_eq(mp_listener_address(listener), address);
	assert_meet();
	ck_assert_int_eq(access(address, F_OK), -1);
	mp_listener_destroy(listener);
}
END_TEST

static int leave_a_listener(struct mp_call *call)
{
	(void)call;
	struct mp_listener *mine = mp_Listener(.address = "left.socket");
	struct mp_listener *private = mp_Listener();
	if (!mine || !private || access("left.socket", F_OK) < 0)
		return mp_raise();
	/* A child of its does not remove them. */
	struct mp_process *p = mp_Process();
	mp_process_start(p);
	mp_process_join(p, MP_FOREVER);
	gate_tell(&answer, access("left.socket", F_OK));
	return 0;
}

START_TEST(the_file_is_removed_at_the_end_of_its_process)
{
	finish(start(leave_a_listener), 0);
	ck_assert_int_eq(gate_hear(&answer), 0);
	ck_assert_int_eq(access("left.socket", F_OK), -1);
}
END_TEST

START_TEST(what_is_wrong_with_an_address)
{
	char longest[200];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_ptr_null(mp_Listener(.address = longest));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
	ck_assert_ptr_null(mp_Listener(.address = "no/such/folder"));
	ck_assert_int_eq(mp_error_code(), MP_EOS);
	ck_assert_ptr_null(mp_Client(NULL));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
	ck_assert_ptr_null(mp_Client("nobody.socket"));
	ck_assert_int_eq(mp_error_code(), MP_ENOTFOUND);
	ck_assert_ptr_null(mp_Client("@forkscope-nobody-is-there"));
	ck_assert_int_eq(mp_error_code(), MP_EREFUSED);
	listen_with("used.socket", NULL);
	ck_assert_ptr_null(mp_Listener(.address = "used.socket"));
	ck_assert_int_eq(mp_error_code(), MP_EOS);
	mp_listener_destroy(listener);
}
END_TEST

START_TEST(more_clients_than_the_backlog_wait_until_they_are_accepted)
{
	struct mp_process *p[6];

	listen_with(NULL, NULL);
	for (int i = 0; i < 6; i++)
		p[i] = start(be_client);
	for (int i = 0; i < 6; i++) {
		struct mp_connection *c = mp_listener_accept(listener);
		assert_echo(c);
		mp_connection_destroy(c);
	}
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(gate_hear(&answer), 0);
		finish(p[i], 0);
	}
	mp_listener_destroy(listener);
}
END_TEST

/* ---- keys ---- */

START_TEST(who_knows_the_key_comes_in)
{
	static char longest[300];

	key = "secret";
	listen_with(NULL, key);
	assert_meet();
	mp_listener_destroy(listener);
	key = "";
	listen_with(NULL, key);
	assert_meet();
	mp_listener_destroy(listener);
	memset(longest, 'k', sizeof(longest) - 1);
	key = longest;
	listen_with(NULL, key);
	assert_meet();
	mp_listener_destroy(listener);
}
END_TEST

START_TEST(a_wrong_key_is_seen_on_both_sides)
{
	key = "wrong";
	listen_with(NULL, "right");
	struct mp_process *p = start(be_client);
	ck_assert_ptr_null(mp_listener_accept(listener));
	assert_fails(MP_EAUTH, mp_error_code(), "digest received was wrong");
	ck_assert_int_eq(gate_hear(&answer), MP_EAUTH);
	finish(p, 0);
	/* The listener goes on. */
	key = "right";
	assert_meet();
	mp_listener_destroy(listener);
}
END_TEST

static void speak(const char *bytes, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, mp_listener_address(listener));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0
	    || write(fd, bytes, size) != (ssize_t)size)
		_exit(1);
	close(fd);
	_exit(0);
}

START_TEST(a_hostile_client_costs_only_an_error)
{
	static const struct {
		const char *bytes;
		size_t size;
	} attacks[] = {
		{ "", 0 },
		{ "\0\0\0", 3 },
		{ "\0\0\0\5ab", 6 },
		{ "\177\377\377\377", 4 },
		{ "\377\377\377\377\177\377\377\377\377\377\377\377", 12 },
		{ "\0\0\0\4abcd", 8 },
		{ "\0\0\0\50{sha256}abcdefghijklmnopqrstuvwxyz012345", 44 },
		{ "GET / HTTP/1.0\r\n\r\n", 18 },
	};

	listen_with(NULL, "key");
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		int status;
		pid_t pid = mp__fork();
		if (pid == 0)
			speak(attacks[i].bytes, attacks[i].size);
		ck_assert_ptr_null(mp_listener_accept(listener));
		int code = mp_error_code();
		ck_assert_msg(code == MP_EAUTH || code == MP_EEOF
			      || code == MP_EOS || code == MP_EPIPE, "%s",
			      mp_error_message());
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	key = "key";
	assert_meet();
	mp_listener_destroy(listener);
}
END_TEST

/* ---- the real ones ---- */

static bool has_python(void)
{
	return system("python3 -c 'import multiprocessing.connection'"
		      " >/dev/null 2>&1") == 0;
}

static pid_t run_python(const char *script, const char *address)
{
	pid_t pid = mp__fork();

	if (pid == 0) {
		execlp("python3", "python3", "-c", script, address, NULL);
		_exit(127);
	}
	return pid;
}

static void assert_ends(pid_t pid, int code)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), code);
}

#define ECHO \
	"try:\n" \
	"    while True: c.send_bytes(c.recv_bytes())\n" \
	"except EOFError: pass\n"
#define AUTH "sys.exit(3)\n"
#define CLIENT \
	"import sys\n" \
	"from multiprocessing import connection as m, AuthenticationError\n" \
	"try: c = m.Client(sys.argv[1], 'AF_UNIX', b'key')\n" \
	"except AuthenticationError: " AUTH ECHO
#define LISTENER \
	"import sys\n" \
	"from multiprocessing import connection as m, AuthenticationError\n" \
	"with m.Listener(sys.argv[1], 'AF_UNIX', authkey=b'key') as l:\n" \
	"    print(flush=True)\n" \
	"    try: c = l.accept()\n" \
	"    except AuthenticationError: " AUTH ECHO

/* The answer of 3.12 and later, written down from its description: the digest covers
 * the name. Run where the interpreter is older. */
#define NEW_ANSWER \
	"import hmac, os, sys\n" \
	"from multiprocessing import connection as m\n" \
	"def sign(msg): return b'{sha256}' + hmac.new(b'key', msg, 'sha256').digest()\n" \
	"c = m.Client(sys.argv[1], 'AF_UNIX')\n" \
	"msg = c.recv_bytes(256)\n" \
	"assert msg.startswith(b'#CHALLENGE#{sha256}') and len(msg) == 59\n" \
	"c.send_bytes(sign(msg[11:]))\n" \
	"assert c.recv_bytes(256) == b'#WELCOME#'\n" \
	"msg = b'{sha256}' + os.urandom(40)\n" \
	"c.send_bytes(b'#CHALLENGE#' + msg)\n" \
	"assert c.recv_bytes(256) == sign(msg)\n" \
	"c.send_bytes(b'#WELCOME#')\n" ECHO

static void assert_echo_bytes(struct mp_connection *c)
{
	void *bytes;
	size_t size;

	ck_assert_msg(c, "%s", mp_error_message());
	ck_assert_int_eq(mp_connection_send_bytes(c, "over", 4), 0);
	ck_assert_int_eq(mp_connection_recv_bytes(c, &bytes, &size, 99), 0);
	ck_assert_uint_eq(size, 4);
	ck_assert_mem_eq(bytes, "over", 4);
	free(bytes);
	mp_connection_destroy(c);
}

START_TEST(clients_of_CPython_come_in_with_the_key)
{
	static const char *const clients[] = { CLIENT, NEW_ANSWER };

	if (!has_python())
		return;
	for (int i = 0; i < 2; i++) {
		listen_with(NULL, "key");
		pid_t pid = run_python(clients[i],
				       mp_listener_address(listener));
		assert_echo_bytes(mp_listener_accept(listener));
		assert_ends(pid, 0);
		mp_listener_destroy(listener);
	}
	listen_with(NULL, "other");
	pid_t pid = run_python(CLIENT, mp_listener_address(listener));
	ck_assert_ptr_null(mp_listener_accept(listener));
	ck_assert_int_eq(mp_error_code(), MP_EAUTH);
	assert_ends(pid, 3);
	mp_listener_destroy(listener);
}
END_TEST

static pid_t start_python_listener(void)
{
	int fds[2], before = dup(STDOUT_FILENO);
	char byte;

	ck_assert_int_eq(pipe(fds), 0);
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	dup2(fds[1], STDOUT_FILENO);
	close(fds[1]);
	pid_t pid = run_python(LISTENER, "python.socket");
	dup2(before, STDOUT_FILENO);
	close(before);
	ck_assert_int_eq(read(fds[0], &byte, 1), 1);
	close(fds[0]);
	return pid;
}

START_TEST(a_listener_of_CPython_lets_us_in_with_the_key)
{
	if (!has_python())
		return;
	pid_t pid = start_python_listener();
	assert_echo_bytes(mp_Client("python.socket", .authkey = "key",
				    .authkey_size = 3));
	assert_ends(pid, 0);
	pid = start_python_listener();
	ck_assert_ptr_null(mp_Client("python.socket", .authkey = "lock",
				     .authkey_size = 4));
	ck_assert_int_eq(mp_error_code(), MP_EAUTH);
	assert_ends(pid, 3);
}
END_TEST

/* ---- the suite ---- */

static char folder[] = "/tmp/forkscope-listener-XXXXXX";

/* Addresses are short names in a folder of the test's own. */
static void set_up(void)
{
	children_begin();
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static void tear_down(void)
{
	children_end();
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

static Suite *listener_suite(void)
{
	Suite *suite = suite_create("listener");
	TCase *tc = tcase_create("listener");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_listener_of_its_own_choice_is_private);
	tcase_add_test(tc, an_abstract_address_has_no_file);
	tcase_add_test(tc, the_file_is_removed_at_the_end_of_its_process);
	tcase_add_test(tc, what_is_wrong_with_an_address);
	tcase_add_test(tc,
		       more_clients_than_the_backlog_wait_until_they_are_accepted);
	tcase_add_test(tc, who_knows_the_key_comes_in);
	tcase_add_test(tc, a_wrong_key_is_seen_on_both_sides);
	tcase_add_test(tc, a_hostile_client_costs_only_an_error);
	tcase_add_test(tc, clients_of_CPython_come_in_with_the_key);
	tcase_add_test(tc, a_listener_of_CPython_lets_us_in_with_the_key);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(listener_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
