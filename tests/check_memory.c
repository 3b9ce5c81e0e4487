/* tests/check_memory.c - SharedMemory and ShareableList
 *
 * Names, sizes, errors; and a list that CPython writes and reads, too. What becomes of
 * names that are left has a suite of its own. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mp.h"
#include "tests/support/gate.h"

#define assert_fails(expression, code, message) \
	do { \
		ck_assert(expression); \
		ck_assert_int_eq(mp_error_code(), code); \
		ck_assert_str_eq(mp_error_message(), message); \
	} while (0)

static bool exists(const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "/dev/shm/%s", name);
	return access(path, F_OK) == 0;
}

/* Of this test only: others may run at the same time. */
static const char *a_name(void)
{
	static char name[40];

	snprintf(name, sizeof(name), "fs_check_%d", (int)getpid());
	return name;
}

static const char *told(struct mp_value *value)
{
	static char text[512];
	char *repr = value ? mp_value_repr(value) : NULL;

	snprintf(text, sizeof(text), "%s", repr ? repr : "-");
	free(repr);
	mp_value_unref(value);
	return text;
}

/* ---- SharedMemory ---- */

static int write_to(struct mp_call *call)
{
	const char *name;

	if (mp_bind(call, "name", &name) < 0)
		return mp_raise();
	struct mp_memory *memory = mp_SharedMemory(.name = name);
	if (!memory)
		return mp_raise();
	strcpy(mp_memory_buf(memory), "from the child");
	mp_memory_destroy(memory);
	return 0;
}

START_TEST(what_one_writes_another_reads)
{
	struct mp_memory *memory = mp_SharedMemory(.create = true, .size = 100);
	struct mp_process *p;

	ck_assert_ptr_nonnull(memory);
	ck_assert_int_eq(strncmp(mp_memory_name(memory), "psm_", 4), 0);
	ck_assert_uint_eq(strlen(mp_memory_name(memory)), 12);
	ck_assert_uint_eq(mp_memory_size(memory), 100);
	ck_assert_str_eq(mp_memory_buf(memory), "");
	p = mp_Process(.target = write_to,
		       .args = mp_tuple(mp_memory_name(memory)));
	mp_process_start(p);
	mp_process_join(p, MP_FOREVER);
	ck_assert_str_eq(mp_memory_buf(memory), "from the child");
	ck_assert_int_eq(mp_memory_unlink(memory), 0);
	ck_assert(!exists(mp_memory_name(memory)));
	ck_assert_str_eq(mp_memory_buf(memory), "from the child");
	ck_assert_int_eq(mp_memory_unlink(memory), MP_ENOTFOUND);
	ck_assert_int_eq(mp_memory_close(memory), 0);
	ck_assert_int_eq(mp_memory_close(memory), 0);
	ck_assert_ptr_null(mp_memory_buf(memory));
	mp_memory_destroy(memory);
}
END_TEST

START_TEST(it_is_its_owners_only)
{
	struct stat status;
	char path[80];

	umask(0);
	snprintf(path, sizeof(path), "/dev/shm/%s", a_name());
	struct mp_memory *memory = mp_SharedMemory(
		.name = a_name(), .create = true, .size = 10);
	ck_assert_ptr_nonnull(memory);
	int result = stat(path, &status);
	mp_memory_unlink(memory);
	mp_memory_destroy(memory);
	ck_assert_int_eq(result, 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_name_is_there_once)
{
	struct mp_memory *memory = mp_SharedMemory(
		.name = a_name(), .create = true, .size = 10);

	ck_assert_ptr_nonnull(memory);
	ck_assert_ptr_null(mp_SharedMemory(.name = a_name(),
					   .create = true, .size = 10));
	ck_assert_int_eq(mp_error_code(), MP_EEXISTS);
	mp_memory_unlink(memory);
	ck_assert_ptr_null(mp_SharedMemory(.name = a_name()));
	ck_assert_int_eq(mp_error_code(), MP_ENOTFOUND);
	mp_memory_destroy(memory);
}
END_TEST

START_TEST(sizes_and_names_must_make_sense)
{
	assert_fails(!mp_SharedMemory(.create = true, .size = -1), MP_EVALUE,
		     "'size' must be a positive integer");
	assert_fails(!mp_SharedMemory(.create = true), MP_EVALUE,
		     "'size' must be a positive number different from zero");
	assert_fails(!mp_SharedMemory(.size = 0), MP_EVALUE,
		     "'name' can only be None if create=True");
	ck_assert_ptr_null(mp_SharedMemory(.name = "a/b", .create = true,
					   .size = 1));
	ck_assert_int_eq(mp_error_code(), MP_EVALUE);
}
END_TEST

/* ---- ShareableList ---- */

static struct mp_value *one_of_each(void)
{
	return mp_list(1, -2.5, mp_bool(true), mp_none(), "h\u00e9llo",
		       mp_bytes("ab", 2), "xxxxxxxxx", "");
}

START_TEST(a_list_holds_one_of_each)
{
	struct mp_shareable *list = mp_ShareableList(one_of_each());
	static const char *const reprs[] = { "1", "-2.5", "True", "None",
					     "'h\u00e9llo'", "b'ab'",
					     "'xxxxxxxxx'", "''" };

	ck_assert_ptr_nonnull(list);
	ck_assert_uint_eq(mp_shareable_length(list), 8);
	for (ssize_t i = 0; i < 8; i++)
		ck_assert_str_eq(told(mp_shareable_get(list, i)), reprs[i]);
	char *format = mp_shareable_format(list);
	ck_assert_str_eq(format, "qdxxxxxxx?xxxxxx?x8s8s16s8s");
	free(format);
	ck_assert_uint_eq(mp_memory_size(mp_shareable_shm(list)), 224);
	mp_memory_unlink(mp_shareable_shm(list));
	mp_shareable_destroy(list);
}
END_TEST

START_TEST(an_item_may_change_within_its_room)
{
	struct mp_shareable *list = mp_ShareableList(mp_list(1, "abc", 2.5, 1));
	struct mp_value *one = mp_value(1), *none = mp_text("x");

	ck_assert_int_eq(mp_shareable_set(list, 0, mp_text("abcdefgh")), 0);
	ck_assert_str_eq(told(mp_shareable_get(list, 0)), "'abcdefgh'");
	assert_fails(mp_shareable_set(list, 0, mp_text("abcdefghi")) < 0,
		     MP_EVALUE, "bytes/str item exceeds available storage: 9 "
				"bytes, and there is room for 8");
	ck_assert_int_eq(mp_shareable_set(list, 1, mp_bytes("q", 1)), 0);
	ck_assert_str_eq(told(mp_shareable_get(list, 1)), "b'q'");
	ck_assert_int_eq(mp_shareable_set(list, -2, mp_value(1)), 0);
	ck_assert_int_eq(mp_shareable_count(list, one), 2);
	ck_assert_int_eq(mp_shareable_index(list, one), 2);
	assert_fails(mp_shareable_index(list, none) < 0, MP_EVALUE,
		     "'x' not in this container");
	assert_fails(!mp_shareable_get(list, 4), MP_EINDEX,
		     "index out of range");
	assert_fails(mp_shareable_set(list, 9, mp_none()) < 0, MP_EINDEX,
		     "assignment index out of range");
	ck_assert_int_eq(mp_shareable_set(list, 0, mp_list()), MP_EKEY);
	ck_assert_ptr_null(mp_ShareableList(mp_list(mp_dict())));
	ck_assert_int_eq(mp_error_code(), MP_EKEY);
	mp_value_unref(one);
	mp_value_unref(none);
	mp_memory_unlink(mp_shareable_shm(list));
	mp_shareable_destroy(list);
}
END_TEST

/* Whatever is in the memory, it is a list or an error. */
START_TEST(memory_of_a_stranger_is_not_believed)
{
	struct mp_shareable *list = mp_ShareableList(one_of_each());
	struct mp_memory *memory = mp_shareable_shm(list);
	unsigned char *bytes = mp_memory_buf(memory);
	size_t size = mp_memory_size(memory);

	for (size_t i = 0; i < size; i++) {
		static const unsigned char tries[] = { 0, 1, 0x7f, 0x80, 0xff };
		for (size_t j = 0; j < sizeof(tries); j++) {
			unsigned char before = bytes[i];
			bytes[i] = tries[j];
			struct mp_shareable *again = mp_ShareableList(
				NULL, .name = mp_memory_name(memory));
			for (ssize_t k = 0; again && k < 8; k++)
				mp_value_unref(mp_shareable_get(again, k));
			mp_shareable_destroy(again);
			bytes[i] = before;
		}
	}
	mp_memory_unlink(memory);
	mp_shareable_destroy(list);
}
END_TEST

/* Runs Python with the name as its argument; its last line of output. */
static const char *python(const char *program, const char *name)
{
	static char answer[256];
	const char *interpreter = getenv("PYTHON");
	char command[2048];

	if (!interpreter || !*interpreter)
		return NULL;
	snprintf(command, sizeof(command), "%s -c '%s' %s", interpreter,
		 program, name);
	FILE *pipe = popen(command, "r");
	answer[0] = '\0';
	while (pipe && fgets(answer, sizeof(answer), pipe))
		;
	if (pipe)
		pclose(pipe);
	answer[strcspn(answer, "\n")] = '\0';
	return answer;
}

START_TEST(python_attaches_to_our_list)
{
	struct mp_shareable *list = mp_ShareableList(one_of_each());
	const char *answer = python(
		"import sys\n"
		"from multiprocessing import shared_memory, resource_tracker\n"
		"l = shared_memory.ShareableList(name=sys.argv[1])\n"
		"print(list(l))\n"
		"l[0] = 77; l[4] = b\"py\"\n"
		"resource_tracker.unregister(\"/\" + sys.argv[1], "
		"\"shared_memory\")\n",
		mp_memory_name(mp_shareable_shm(list)));

	if (answer) {
		ck_assert_str_eq(answer, "[1, -2.5, True, None, 'h\u00e9llo', "
					 "b'ab', 'xxxxxxxxx', '']");
		ck_assert_str_eq(told(mp_shareable_get(list, 0)), "77");
		ck_assert_str_eq(told(mp_shareable_get(list, 4)), "b'py'");
	}
	mp_memory_unlink(mp_shareable_shm(list));
	mp_shareable_destroy(list);
}
END_TEST

START_TEST(we_attach_to_pythons_list)
{
	const char *name = python(
		"from multiprocessing import shared_memory, resource_tracker\n"
		"l = shared_memory.ShareableList([5, \"x\", None, 1.5, False])\n"
		"print(l.shm.name)\n"
		"resource_tracker.unregister(\"/\" + l.shm.name, "
		"\"shared_memory\")\n", "");

	if (!name)
		return;
	struct mp_shareable *list = mp_ShareableList(NULL, .name = name);
	ck_assert_msg(list != NULL, "%s", mp_error_message());
	static const char *const reprs[] = { "5", "'x'", "None", "1.5",
					     "False" };
	for (ssize_t i = 0; i < 5; i++)
		ck_assert_str_eq(told(mp_shareable_get(list, i)), reprs[i]);
	mp_memory_unlink(mp_shareable_shm(list));
	mp_shareable_destroy(list);
}
END_TEST

static void set_up(void)
{
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

static Suite *memory_suite(void)
{
	Suite *suite = suite_create("memory");
	TCase *tc = tcase_create("memory");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, set_up, NULL);
	tcase_add_test(tc, what_one_writes_another_reads);
	tcase_add_test(tc, it_is_its_owners_only);
	tcase_add_test(tc, a_name_is_there_once);
	tcase_add_test(tc, sizes_and_names_must_make_sense);
	tcase_add_test(tc, a_list_holds_one_of_each);
	tcase_add_test(tc, an_item_may_change_within_its_room);
	tcase_add_test(tc, memory_of_a_stranger_is_not_believed);
	tcase_add_test(tc, python_attaches_to_our_list);
	tcase_add_test(tc, we_attach_to_pythons_list);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(memory_suite());

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
