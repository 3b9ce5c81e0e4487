/* check_lesson.c - narratives: what is read out of them, and what is refused */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tui/lesson.h"

static const char whole[] =
	"# The *late* child\n"
	"\n"
	"A process that `nobody`\n"
	"waits for.\n"
	"\n"
	"Not a part of it.\n"
	"\n"
	"## 说法 {#claim}\n"
	"\n"
	"> When main ends,\n"
	"> its children end.\n"
	"\n"
	"That holds for:\n"
	"\n"
	"- daemons\n"
	"- those that have ended\n"
	"\n"
	"```\n"
	"p.daemon = True\n"
	"```\n"
	"\n"
	"## Guess {#prediction}\n"
	"\n"
	"What happens to the child?\n"
	"\n"
	"- [x] Main waits -- it joins its children.\n"
	"- [ ] It is killed by `kill --all` -- only a daemon is.\n"
	"- [ ] Nothing\n"
	"\n"
	"## Moments {#moments}\n"
	"\n"
	"- `proc.fork M` Main starts it.\n"
	"- `output M.1 \"a \"b\" c\" #3`: The third line.\n"
	"- `proc.died *` Dead.\n"
	"- `sleep.begin M.1 feeder #2` — A thread sleeps.\n"
	"\n"
	"## Knobs {#knobs}\n"
	"\n"
	"- `daemon` = `no` | `yes` What if it is a daemon?\n"
	"- `seconds` = `0.5`\n"
	"\n"
	"## Break {#break}\n\nOne.\n\nTwo.\n\n"
	"## Repair {#repair}\n\nMend.\n\n"
	"## Verdict {#verdict}\n\nAlways.\n\n"
	"## Notes {#presenter}\n\n- Ask.\n";

static struct lesson *must_parse(const char *markdown)
{
	char error[256] = "";
	struct lesson *lesson = lesson_parse_strictly(markdown, "late", error,
						      sizeof(error));

	ck_assert_msg(lesson != NULL, "%s", error);
	return lesson;
}

static void ck_refused(const char *markdown, const char *because)
{
	char error[256] = "";
	struct lesson *lesson = lesson_parse_strictly(markdown, NULL, error,
						      sizeof(error));

	ck_assert_msg(lesson == NULL, "taken: %s", markdown);
	ck_assert_msg(strstr(error, because) != NULL, "\"%s\" lacks \"%s\"",
		      error, because);
}

START_TEST(title_and_about_are_plain_text)
{
	struct lesson *l = must_parse(whole);

	ck_assert_str_eq(l->title, "The late child");
	ck_assert_str_eq(l->about, "A process that nobody waits for.");
	ck_assert_str_eq(l->slug, "late");
	lesson_free(l);
}
END_TEST

START_TEST(sections_keep_quotes_items_and_code)
{
	struct lesson *l = must_parse(whole);

	ck_assert_str_eq(l->claim,
			 "> When main ends, its children end.\n\n"
			 "That holds for:\n\n"
			 "- daemons\n- those that have ended\n\n"
			 "    p.daemon = True");
	ck_assert_str_eq(l->breaking, "One.\n\nTwo.");
	ck_assert_str_eq(l->repair, "Mend.");
	ck_assert_str_eq(l->verdict, "Always.");
	ck_assert_str_eq(l->presenter, "- Ask.");
	lesson_free(l);
}
END_TEST

START_TEST(answers_have_replies_and_one_is_right)
{
	struct lesson *l = must_parse(whole);

	ck_assert_str_eq(l->question, "What happens to the child?");
	ck_assert_uint_eq(l->answer_count, 3);
	ck_assert(l->answers[0].right && !l->answers[1].right);
	ck_assert_str_eq(l->answers[0].text, "Main waits");
	ck_assert_str_eq(l->answers[0].reply, "it joins its children.");
	ck_assert_str_eq(l->answers[1].text, "It is killed by kill --all");
	ck_assert_str_eq(l->answers[2].reply, "");
	lesson_free(l);
}
END_TEST

START_TEST(selectors_name_event_agent_text_and_number)
{
	struct lesson *l = must_parse(whole);
	const struct lesson_moment *m = l->moments;

	ck_assert_uint_eq(l->moment_count, 4);
	ck_assert_str_eq(m[0].event, "proc.fork");
	ck_assert_str_eq(m[0].agent, "M");
	ck_assert_str_eq(m[0].needle, "");
	ck_assert_uint_eq(m[0].nth, 1);
	ck_assert_str_eq(m[0].sentence, "Main starts it.");
	ck_assert_str_eq(m[1].needle, "a \"b\" c");
	ck_assert_uint_eq(m[1].nth, 3);
	ck_assert_str_eq(m[1].sentence, "The third line.");
	ck_assert_str_eq(m[2].agent, "");
	ck_assert_str_eq(m[3].agent, "M.1 feeder");
	ck_assert_uint_eq(m[3].nth, 2);
	ck_assert_str_eq(m[3].sentence, "A thread sleeps.");
	lesson_free(l);
}
END_TEST

START_TEST(knobs_have_values_and_a_question)
{
	struct lesson *l = must_parse(whole);

	ck_assert_uint_eq(l->knob_count, 2);
	ck_assert_str_eq(l->knobs[0].name, "daemon");
	ck_assert_uint_eq(l->knobs[0].value_count, 2);
	ck_assert_str_eq(l->knobs[0].values[0], "no");
	ck_assert_str_eq(l->knobs[0].values[1], "yes");
	ck_assert_str_eq(l->knobs[0].question, "What if it is a daemon?");
	ck_assert_uint_eq(l->knobs[1].value_count, 1);
	ck_assert_str_eq(l->knobs[1].question, "");
	lesson_free(l);
}
END_TEST

START_TEST(wrapped_chinese_lines_join_without_a_space)
{
	struct lesson *l = must_parse("# 守护\n\n主进程结束，\n守护进程\n"
				      "随即 `daemon`\n终止。\n");

	ck_assert_str_eq(l->about, "主进程结束，守护进程随即 daemon 终止。");
	lesson_free(l);
}
END_TEST

START_TEST(control_characters_never_get_through)
{
	struct lesson *l = must_parse("# a\033[31mb&#27;c\342\200\256d\n\n"
				      "bad \377 byte &amp; &lt;\n");

	ck_assert_str_eq(l->title, "a[31mbcd");
	ck_assert_str_eq(l->about, "bad \357\277\275 byte & <");
	lesson_free(l);
}
END_TEST

START_TEST(a_lesson_may_go_by_events)
{
	struct lesson *lesson = must_parse("# T\n\nX.\n\n"
					   "## M {#moments .events}\n\n"
					   "- `proc.fork M` Main.\n");

	ck_assert(lesson->by_events);
	ck_assert_uint_eq(lesson->moment_count, 1);
	lesson_free(lesson);
	lesson = must_parse(whole);
	ck_assert(!lesson->by_events);
	lesson_free(lesson);
}
END_TEST

START_TEST(a_title_is_enough)
{
	struct lesson *l = must_parse("# Only this\n");

	ck_assert_str_eq(l->claim, "");
	ck_assert_str_eq(l->about, "");
	ck_assert_uint_eq(l->moment_count, 0);
	lesson_free(l);
}
END_TEST

START_TEST(mistakes_are_named_with_their_line)
{
	ck_refused("", "no title");
	ck_refused("# a\n\n# b\n", "line 3: there is a second title");
	ck_refused("# a\n\n## Claim\n", "line 3: the heading \"Claim\"");
	ck_refused("# a\n## b {#clam}\n", "did you mean {#claim}?");
	ck_refused("# a\n## b {#claim}\n## c {#claim}\n", "line 3");
	ck_refused("# a\n## b {#prediction}\n", "has no question");
	ck_refused("# a\n## b {#prediction}\nq\n- [ ] a\n- [ ] b\n",
		   "one of them right");
	ck_refused("# a\n## b {#prediction}\nq\n\n- a\n", "line 5");
	ck_refused("# a\n## b {#moments}\n- Hello\n", "line 3");
	ck_refused("# a\n## b {#moments}\n- `proc.fork M`\n",
		   "needs a sentence");
	ck_refused("# a\n## b {#moments}\n- `proc.frok M` x\n",
		   "line 3: there is no event \"proc.frok\"; did you mean "
		   "proc.fork?");
	ck_refused("# a\n## b {#moments}\n- `output M \"x` x\n", "closing");
	ck_refused("# a\n## b {#moments}\n- `output M #0` x\n", "from 1 on");
	ck_refused("# a\n## b {#moments}\n- `output M #1 x` x\n", "\"x\"");
	ck_refused("# a\n## b {#knobs}\n- `x` `1`\n", "line 3: a knob");
	ck_refused("# a\n## b {#knobs}\n- `x y` = `1`\n", "line 3: a knob");
	ck_refused("# a\n## b {#knobs}\n- `x` = `1`\n- `x` = `1`\n", "line 4");
}
END_TEST

START_TEST(a_trace_may_know_events_that_we_do_not)
{
	char error[256];
	struct lesson *l = lesson_parse("# a\n## b {#moments}\n- `new.one M` x\n",
					NULL, error, sizeof(error));

	ck_assert_msg(l != NULL, "%s", error);
	ck_assert_str_eq(l->moments[0].event, "new.one");
	lesson_free(l);
}
END_TEST

/* Whatever the bytes are: a lesson or a message, and no crash. */
START_TEST(any_prefix_and_any_broken_byte_is_survived)
{
	size_t length = sizeof(whole) - 1;
	char text[sizeof(whole)], error[256];

	for (size_t i = 0; i < length; i++) {
		memcpy(text, whole, i);
		text[i] = '\0';
		lesson_free(lesson_parse(text, NULL, error, sizeof(error)));
		memcpy(text, whole, length + 1);
		text[i] = (char)(i * 37 | 1);
		lesson_free(lesson_parse(text, NULL, error, sizeof(error)));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lesson");
	TCase *narrative = tcase_create("narrative");

	tcase_set_timeout(narrative, 60);
	tcase_add_test(narrative, title_and_about_are_plain_text);
	tcase_add_test(narrative, sections_keep_quotes_items_and_code);
	tcase_add_test(narrative, answers_have_replies_and_one_is_right);
	tcase_add_test(narrative, selectors_name_event_agent_text_and_number);
	tcase_add_test(narrative, knobs_have_values_and_a_question);
	tcase_add_test(narrative, wrapped_chinese_lines_join_without_a_space);
	tcase_add_test(narrative, control_characters_never_get_through);
	tcase_add_test(narrative, a_lesson_may_go_by_events);
	tcase_add_test(narrative, a_title_is_enough);
	tcase_add_test(narrative, mistakes_are_named_with_their_line);
	tcase_add_test(narrative, a_trace_may_know_events_that_we_do_not);
	tcase_add_test(narrative, any_prefix_and_any_broken_byte_is_survived);
	suite_add_tcase(suite, narrative);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
