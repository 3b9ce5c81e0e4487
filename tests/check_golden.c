/* tests/check_golden.c - pictures of a trace, compared with golden ones
 *
 * FORKSCOPE names the program, srcdir the source tree. After a change that was
 * meant, UPDATE_GOLDEN=1 in the environment writes them anew: look at the
 * difference before you keep it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/story.h"
#include "tests/support/story_manager.h"
#include "tests/support/story_objects.h"

static char path[] = "check_golden.fscope";

static const struct {
	const char *name, *locale, *arguments;
	int (*story)(const char *path);/* NULL: story_make */
} pictures[] = {
#define DAEMON(name, locale, arguments) \
	{ name, locale, arguments, story_make }
	DAEMON("stage-middle", "C.UTF-8", "--at 400ms"),
	DAEMON("stage-end", "C.UTF-8", ""),
	DAEMON("stage-large", "C.UTF-8", "--at 650ms --size 140x45"),
	DAEMON("stage-ascii", "C.UTF-8", "--at 400ms --ascii"),
	DAEMON("stage-c-locale", "C", "--at 920ms"),
	DAEMON("stage-color", "C.UTF-8", "--at 400ms --color=always"),
	DAEMON("stage-ordinal", "C.UTF-8", "--ordinal --event 24"),
	DAEMON("stage-low", "C.UTF-8", "--at 400ms --size 60x12"),
	DAEMON("stage-narrow", "C.UTF-8", "--at 400ms --size 30x20"),
	DAEMON("stage-too-small", "C.UTF-8", "--size 12x4"),
	DAEMON("stage-one-cell", "C.UTF-8", "--size 1x1"),
	DAEMON("stage-chinese", "C.UTF-8", "--at 400ms --language zh"),
	DAEMON("stage-chinese-large", "C.UTF-8", "--size 140x45 --language zh"),
	DAEMON("lesson-chinese", "C.UTF-8", "--view lesson --language zh"),
	DAEMON("events", "C.UTF-8", "--view events --at 500ms"),
	DAEMON("tree", "C.UTF-8", "--view tree --at 500ms"),
	DAEMON("waits", "C.UTF-8", "--view waits --at 500ms"),
	DAEMON("statistics", "C.UTF-8", "--view statistics"),
	DAEMON("lesson", "C.UTF-8", "--view lesson"),
	DAEMON("notes", "C.UTF-8", "--view notes"),
	DAEMON("help", "C.UTF-8", "--view help --size 80x110"),
#define LOCK(name, arguments) \
	{ "lock" name, "C.UTF-8", "--at 280ms " arguments, story_lock }
	LOCK("", ""), LOCK("-chinese", "--language zh"),
	LOCK("-large", "--size 140x45"), LOCK("-ascii", "--ascii"),
	LOCK("-color", "--color=always"),
	LOCK("-help", "--view help --size 80x110"),
	LOCK("-tall", "--size 60x32"),
#define RING(name, arguments) \
	{ "ring" name, "C.UTF-8", "--at 1s " arguments, story_ring }
	RING("", ""), RING("-chinese", "--language zh"),
	RING("-waits", "--view waits"),
	RING("-waits-chinese", "--view waits --language zh"),
	{ "ring-waits-over", "C.UTF-8", "--view waits", story_ring },
	RING("-waits-ascii", "--view waits --ascii"),
#define DEAD(name, arguments) \
	{ "dead-holder" name, "C.UTF-8", "--at 700ms " arguments, \
	  story_dead_holder }
	DEAD("", ""), DEAD("-chinese", "--language zh"),
	DEAD("-ascii", "--ascii"), DEAD("-waits", "--view waits"),
#define QUEUE(name, arguments) \
	{ "queue" name, "C.UTF-8", arguments, story_queue }
	QUEUE("", "--at 400ms"), QUEUE("-chinese", "--at 400ms --language zh"),
	QUEUE("-waits", "--at 400ms --view waits"),
	QUEUE("-waits-chinese", "--at 400ms --view waits --language zh"),
	QUEUE("-ascii", "--at 700ms --ascii"),
	QUEUE("-ordinal", "--at 700ms --ordinal"),
#define VALUES(name, arguments) \
	{ "values" name, "C.UTF-8", arguments, story_values }
	VALUES("", "--at 400ms"), VALUES("-chinese", "--language zh"),
	VALUES("-ascii", "--at 550ms --ascii"),
	VALUES("-ordinal", "--ordinal --event 24"),
#define POOL(name, arguments) \
	{ "pool" name, "C.UTF-8", arguments, story_pool }
	POOL("", "--at 270ms"), POOL("-chinese", "--at 270ms --language zh"),
	POOL("-ascii", "--at 270ms --ascii"), POOL("-end", ""),
	POOL("-color", "--at 700ms --color=always"),
	POOL("-large", "--at 700ms --size 140x45"),
	POOL("-large-ascii", "--at 700ms --size 140x45 --ascii"),
	POOL("-large-chinese", "--size 140x45 --language zh"),
	POOL("-ordinal", "--at 270ms --ordinal"),
	POOL("-statistics", "--view statistics"),
#define MANAGER(name, arguments) \
	{ "manager" name, "C.UTF-8", "--at 300ms " arguments, story_manager }
	MANAGER("", ""), MANAGER("-chinese", "--language zh"),
	MANAGER("-ascii", "--ascii"), MANAGER("-color", "--color=always"),
	MANAGER("-large", "--size 140x45"), MANAGER("-ordinal", "--ordinal"),
	MANAGER("-waits", "--view waits"),
	{ "manager-ring-waits", "C.UTF-8", "--at 1s --view waits --size 80x40",
	  story_manager_ring },
	{ "manager-ring-waits-chinese", "C.UTF-8",
	  "--at 1s --view waits --size 80x40 --language zh",
	  story_manager_ring },
};

#define PICTURE_COUNT ((int)(sizeof(pictures) / sizeof(*pictures)))

static void drop_story(void)
{
	unlink(path);
}

static char *read_all(FILE *file)
{
	size_t size = 1 << 18, length;
	char *text = calloc(1, size);

	ck_assert_ptr_nonnull(text);
	length = fread(text, 1, size - 1, file);
	text[length] = '\0';
	return text;
}

static char *draw(int index)
{
	const char *program = getenv("FORKSCOPE");
	char command[1024], *text;
	FILE *pipe;

	ck_assert_int_eq(pictures[index].story(path), 0);
	snprintf(command, sizeof(command),
		 "LC_ALL=%s LANGUAGE=en '%s' render --language en %s %s",
		 pictures[index].locale, program ? program : "./forkscope",
		 pictures[index].arguments, path);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	text = read_all(pipe);
	ck_assert_int_eq(pclose(pipe), 0);
	return text;
}

static void golden_name(int index, char *out, size_t size)
{
	const char *folder = getenv("srcdir");

	snprintf(out, size, "%s/tests/golden/%s.screen", folder ? folder : ".",
		 pictures[index].name);
}

static void keep(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	ck_assert_msg(file != NULL, "%s", name);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

/* The first line that differs; a whole large picture is too long a message. */
static void ck_same_lines(const char *name, const char *is, const char *was)
{
	for (int line = 1; *is || *was; line++) {
		int a = (int)strcspn(is, "\n"), b = (int)strcspn(was, "\n");

		ck_assert_msg(a == b && !memcmp(is, was, (size_t)a),
			      "%s: line %d is\n%.*s\nwas\n%.*s", name, line, a,
			      is, b, was);
		ck_assert_msg(is[a] == was[b], "%s: has %s lines than %d", name,
			      is[a] ? "more" : "fewer", line);
		is += a + (is[a] != '\0');
		was += b + (was[b] != '\0');
	}
}

START_TEST(a_picture_is_as_it_was)
{
	char name[1024], *text = draw(_i), *golden;
	const char *update = getenv("UPDATE_GOLDEN");
	FILE *file;

	golden_name(_i, name, sizeof(name));
	if (update && *update) {
		keep(name, text);
		free(text);
		return;
	}
	file = fopen(name, "r");
	ck_assert_msg(file != NULL, "%s is missing", name);
	golden = read_all(file);
	fclose(file);
	ck_same_lines(name, text, golden);
	free(golden);
	free(text);
}
END_TEST

START_TEST(no_picture_of_bare_text_holds_an_escape)
{
	char *text = draw(_i);

	if (!strstr(pictures[_i].arguments, "--color"))
		ck_assert_ptr_null(strchr(text, '\033'));
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("golden");
	TCase *tcase = tcase_create("pictures");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, NULL, drop_story);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_picture_is_as_it_was, 0, PICTURE_COUNT);
	tcase_add_loop_test(tcase, no_picture_of_bare_text_holds_an_escape, 0,
			    PICTURE_COUNT);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
