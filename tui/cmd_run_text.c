#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/reader.h"
#include "tui/buffer.h"
#include "tui/command.h"
#include "tui/lesson.h"
#include "tui/print.h"
#include "tui/runner.h"
#include "tui/say.h"

/* A lesson told as text: the question, what the program prints while it runs, the
 * timeline, what happened when and why, and the answer. */

#define TIMELINE_COLUMNS 80
#define TIMELINE_ROWS 20

static void heading(const char *text)
{
	printf("\n%s\n\n", text);
}

static void tell_title(const struct lesson *lesson)
{
	ui_print(stdout, NULL, 0, lesson->title);
	if (*lesson->about) {
		putchar('\n');
		ui_print(stdout, NULL, 0, lesson->about);
	}
}

static void tell_prediction(const struct lesson *lesson)
{
	if (!lesson->answer_count)
		return;
	heading(_("Predict first:"));
	ui_print(stdout, NULL, 2, lesson->question);
	for (size_t i = 0; i < lesson->answer_count; i++) {
		char *label = ui_format("  %c)", (char)('a' + i % 26));
		ui_print(stdout, label, 5, lesson->answers[i].text);
		free(label);
	}
}

/* Of a run with turned knobs the prediction says nothing: the knobs' questions
 * take its place. Returns how many were turned. */
static int tell_turned(const struct lesson *lesson, char *const *settings)
{
	int count = 0;

	for (; settings && *settings; settings++) {
		size_t length = strcspn(*settings, "=");
		const struct lesson_knob *k = lesson->knobs;

		while (strlen(k->name) != length ||
		       memcmp(k->name, *settings, length) != 0)
			k++;
		const char *value = *settings + length + 1;
		if (lesson_knob_index(k, value) == 0)
			continue;
		char *what = ui_format(_("What if %s = %s?"), k->name, value);
		heading(what);
		free(what);
		ui_print(stdout, NULL, 2, k->question);
		count++;
	}
	return count;
}

static int by_seq(const void *a, const void *b)
{
	const struct lesson_moment *const *x = a, *const *y = b;

	if ((*x)->seq != (*y)->seq)
		return (*x)->seq < (*y)->seq ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* In the order of this run, which the narrative cannot always know. */
static void tell_moments(struct lesson *lesson, struct trace *trace)
{
	const struct lesson_moment **told =
		ui_alloc((lesson->moment_count + 1)
			 * sizeof(struct lesson_moment *));
	size_t count = 0;

	lesson_locate(lesson, trace);
	for (size_t i = 0; i < lesson->moment_count; i++)
		if (lesson->moments[i].seq)
			told[count++] = &lesson->moments[i];
	qsort(told, count, sizeof(struct lesson_moment *), by_seq);
	if (count > 0)
		heading(_("What happened:"));
	for (size_t i = 0; i < count; i++) {
		int64_t t_ns = trace_time_of(trace, told[i]->seq);
		char *label = ui_format("%8.3fs", (double)t_ns / 1e9);
		ui_print(stdout, label, 11, told[i]->sentence);
		free(label);
	}
	free(told);
}

static void tell_answer(const struct lesson *lesson)
{
	for (size_t i = 0; i < lesson->answer_count; i++) {
		const struct lesson_answer *a = &lesson->answers[i];
		if (!a->right)
			continue;
		heading(_("The answer:"));
		char *label = ui_format("  %c)", (char)('a' + i % 26));
		ui_print(stdout, label, 5, a->text);
		free(label);
		if (*a->reply)
			ui_print(stdout, NULL, 5, a->reply);
	}
}

static void tell_knobs(const struct lesson *lesson, const char *name)
{
	if (!lesson->knob_count)
		return;
	heading(_("What if?"));
	for (size_t i = 0; i < lesson->knob_count; i++) {
		const struct lesson_knob *k = &lesson->knobs[i];
		const char *other = k->values[k->value_count > 1];
		if (*k->question)
			ui_print(stdout, NULL, 2, k->question);
		printf("    forkscope run %s --set %s=%s\n", name,
		       k->name, other);
	}
}

/* Chapter by chapter; the picture is the very one that `render` prints. */
static int tell_trace(struct lesson *lesson, const char *path,
		      const struct ui_options *options)
{
	struct ui_render_options picture = {
		.trace = path,
		.language = options->language,
		.at_ns = -1,
		.columns = TIMELINE_COLUMNS,
		.rows = TIMELINE_ROWS,
		.ascii = options->ascii,
		.color = options->color,
	};
	char error[512];

	heading(_("The timeline:"));
	fflush(stdout);
	int status = ui_render(&picture);
	struct trace *trace = trace_open(path, error, sizeof(error));
	if (!trace)
		return ui_complain("%s", error);
	tell_moments(lesson, trace);
	trace_close(trace);
	return status;
}

static int run(struct lesson *lesson, const struct ui_arguments *arguments,
	       struct runner **runner)
{
	const struct runner_options options = {
		.lesson = lesson,
		.trace_path = arguments->values[UI_OPT_OUTPUT],
		.settings = arguments->settings,
		.own_terminal = true,
		.lossy = ui_given(arguments, UI_OPT_LOSSY),
		.force = ui_given(arguments, UI_OPT_FORCE),
	};
	char error[512];

	fflush(stdout);
	*runner = runner_start(&options, error, sizeof(error));
	if (!*runner)
		return ui_complain("%s", error);
	runner_wait(*runner);
	return runner_poll(*runner) < 0
		       ? ui_complain("%s", runner_error(*runner)) : UI_OK;
}

int ui_run_text(struct lesson *lesson, const struct ui_arguments *arguments,
		const struct ui_options *options)
{
	struct runner *runner;

	tell_title(lesson);
	bool is_turned = tell_turned(lesson, arguments->settings) > 0;
	if (!is_turned)
		tell_prediction(lesson);
	heading(_("The program prints:"));
	int status = run(lesson, arguments, &runner);
	if (status == UI_OK) {
		status = tell_trace(lesson, runner_trace(runner), options);
		if (!is_turned)
			tell_answer(lesson);
		tell_knobs(lesson, arguments->operands[0]);
	}
	if (status == UI_OK && options->trace_output)
		printf("\n%s\n    forkscope replay %s\n",
		       _("Step through it on a terminal:"),
		       options->trace_output);
	else if (status == UI_OK)
		printf("\n%s\n    forkscope run --tui %s\n",
		       _("Watch it on a terminal:"), arguments->operands[0]);
	runner_free(runner);
	return status;
}
