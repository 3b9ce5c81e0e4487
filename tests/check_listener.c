/* tests/check_listener.c - Listener, Client, and the handshake
 *
 * The other side is a child of ours; see check_listener_peer.c for CPython's. */
#include <check.h>
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
