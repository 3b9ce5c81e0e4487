/* tests/check_listener_peer.c - Listener and Client against CPython's
 *
 * The other side is the interpreter that is there, and, since that may be an older
 * one, the newer handshake written down in its words. Without an interpreter
 * nothing is tested. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fork.h"
#include "mp.h"

static struct mp_listener *listener;

static void listen_with(const char *address, const char *authkey)
{
	listener = mp_Listener(.address = address, .authkey = authkey,
			       .authkey_size = authkey ? strlen(authkey) : 0);
	ck_assert_msg(listener, "%s", mp_error_message());
}

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
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static void tear_down(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

static Suite *peer_suite(void)
{
	Suite *suite = suite_create("listener_peer");
	TCase *tc = tcase_create("listener_peer");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, clients_of_CPython_come_in_with_the_key);
	tcase_add_test(tc, a_listener_of_CPython_lets_us_in_with_the_key);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(peer_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
