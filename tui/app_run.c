#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/app_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/language.h"
#include "tui/runner.h"
#include "tui/term.h"
#include "tui/view.h"
#include "traces/i18n.h"
#include "tui/width.h"
#include "tui/lanes.h"

static void close_trace(struct ui_app *app)
{
	ui_state_open(&app->state, NULL);
	trace_close(app->trace);
	app->trace = NULL;
	runner_free(app->runner);
	app->runner = NULL;
	app->has_ended = app->was_stopped = false;
}

void ui_app_finish(struct ui_app *app)
{
	close_trace(app);
	app->state.lesson = NULL;
	lesson_free(app->own);
	if (app->lessons)
		lesson_list_free(app->lessons);
}

static void list_lessons(struct ui_app *app)
{
	char error[512] = "";

	app->lessons = lesson_list(app->state.language, error, sizeof(error));
	app->state.lessons = app->lessons;
	app->state.lesson_count = 0;
	while (app->lessons && app->lessons[app->state.lesson_count])
		app->state.lesson_count++;
	if (*error)
		ui_message(&app->state, true, "%s", error);
}

static struct lesson *listed(const struct ui_app *app, const char *slug)
{
	for (size_t i = 0; i < app->state.lesson_count; i++)
		if (strcmp(app->lessons[i]->slug, slug) == 0)
			return app->lessons[i];
	return NULL;
}

/* Turns the knob `name` to a value, if the lesson offers it. */
static void turn_to(struct ui_state *state, const char *name, size_t length,
		    const char *value)
{
	const struct lesson *lesson = state->lesson;

	for (size_t i = 0; lesson && i < lesson->knob_count && i < UI_KNOBS;
	     i++) {
		int index = lesson_knob_index(&lesson->knobs[i], value);

		if (index >= 0 && strlen(lesson->knobs[i].name) == length &&
		    memcmp(lesson->knobs[i].name, name, length) == 0)
			state->knobs[i] = index;
	}
}

static void apply_settings(struct ui_app *app)
{
	char *const *setting = app->options->settings;

	for (; setting && *setting; setting++) {
		const char *equals = strchr(*setting, '=');

		if (equals)
			turn_to(&app->state, *setting,
				(size_t)(equals - *setting), equals + 1);
	}
}

/* The narrative in the trace is the one that belongs to it. */
static void take_lesson_of_trace(struct ui_app *app)
{
	const char *slug = NULL;
	const char *text = trace_lesson(app->trace, app->state.language, &slug);
	char error[256];

	if (!text)
		return;
	app->own = lesson_parse(text, slug, error, sizeof(error));
	if (!app->own)
		return;
	if (slug && listed(app, slug))
		app->own->number = listed(app, slug)->number;
	ui_state_set_lesson(&app->state, app->own);
}

static int prepare_trace(struct ui_app *app, char *error, size_t error_size)
{
	app->trace = trace_open(app->options->trace, error, error_size);
	if (!app->trace)
		return -1;
	ui_view_reset(&app->state, UI_VIEW_STAGE);
	ui_state_open(&app->state, app->trace);
	app->state.following = app->state.live;
	take_lesson_of_trace(app);
	return 0;
}

static int prepare_lesson(struct ui_app *app, char *error, size_t error_size)
{
	app->own = lesson_find(app->options->lesson, app->state.language, error,
			       error_size);
	if (!app->own)
		return -1;
	ui_view_reset(&app->state, UI_VIEW_MENU);
	ui_view_push(&app->state, UI_VIEW_LESSON);
	ui_state_set_lesson(&app->state, app->own);
	for (size_t i = 0; i < app->state.lesson_count; i++)
		if (app->own->slug && strcmp(app->lessons[i]->slug,
					     app->own->slug) == 0)
			app->state.menu_at = i;
	apply_settings(app);
	return 0;
}

int ui_app_prepare(struct ui_app *app, char *error, size_t error_size)
{
	const struct ui_options *options = app->options;

	app->state.language = options->language ? options->language :
						  lesson_language();
	ui_language_prefer(options->language);
	app->state.ascii = options->ascii || !ui_term_is_utf8();
	app->state.skip_prediction = options->skip_prediction;
	list_lessons(app);
	if (options->trace)
		return prepare_trace(app, error, error_size);
	if (options->lesson)
		return prepare_lesson(app, error, error_size);
	return 0;
}

void ui_app_open_lesson(struct ui_app *app, size_t index)
{
	struct lesson *lesson = app->lessons[index];

	/* Coming back to the lesson that is on stage keeps what was said. */
	if (app->state.lesson && app->state.lesson->slug &&
	    strcmp(app->state.lesson->slug, lesson->slug) == 0) {
		ui_view_push(&app->state, UI_VIEW_LESSON);
		return;
	}
	close_trace(app);
	ui_state_set_lesson(&app->state, lesson);
	lesson_free(app->own);
	app->own = NULL;
	ui_view_push(&app->state, UI_VIEW_LESSON);
}

/* "name=value" of every knob; what the options set to a value that the lesson does
 * not offer holds until a knob is turned. */
static char **make_settings(struct ui_app *app)
{
	const struct lesson *lesson = app->state.lesson;
	char *const *extra = app->options->settings;
	size_t count = 0, given = 0;
	char **settings;

	while (extra && extra[given])
		given++;
	settings = ui_alloc((lesson->knob_count + given + 1) *
			    sizeof(*settings));
	for (size_t i = 0; i < lesson->knob_count && i < UI_KNOBS; i++)
		if (app->state.knobs[i] != 0)
			settings[count++] = ui_format("%s=%s",
				lesson->knobs[i].name,
				lesson->knobs[i].values[app->state.knobs[i]]);
	for (size_t i = 0; i < given && !app->settings_used; i++)
		settings[count++] = ui_strdup(extra[i]);
	app->settings_used = true;
	return settings;
}

static void free_settings(char **settings)
{
	for (char **s = settings; *s; s++)
		free(*s);
	free(settings);
}

/* A lesson read out of a trace has no program; the one of that name has. */
static struct lesson *runnable(struct ui_app *app)
{
	struct lesson *lesson = app->state.lesson;

	if (lesson->folder && *lesson->folder)
		return lesson;
	return lesson->slug ? listed(app, lesson->slug) : NULL;
}

static void show_run(struct ui_app *app, char *error, size_t error_size)
{
	app->trace = trace_open_live(runner_trace(app->runner), error,
				     error_size);
	if (!app->trace) {
		ui_message(&app->state, true, "%s", error);
		return;
	}
	ui_view_push(&app->state, UI_VIEW_STAGE);
	ui_state_open(&app->state, app->trace);
	app->state.live = app->state.following = true;
	app->state.knobs_changed = false;
}

void ui_app_run(struct ui_app *app)
{
	struct runner_options options = {
		.trace_path = app->options->trace_output, .force = true
	};
	char error[512] = "";
	char **settings;

	options.lesson = runnable(app);
	if (!options.lesson) {
		ui_message(&app->state, true, "%s",
			   _("The program of this lesson is not here."));
		return;
	}
	close_trace(app);
	settings = make_settings(app);
	options.settings = settings;
	app->deadlock = (struct runner_deadlock){ 0 };
	app->runner = runner_start(&options, error, sizeof(error));
	free_settings(settings);
	if (app->runner)
		show_run(app, error, sizeof(error));
	else
		ui_message(&app->state, true, "%s", error);
	if (!app->trace && ui_view_now(&app->state) == UI_VIEW_STAGE)
		ui_view_push(&app->state, UI_VIEW_LESSON);
}

void ui_app_stop(struct ui_app *app)
{
	if (app->runner && !app->has_ended) {
		runner_stop(app->runner);
		app->was_stopped = true;
		ui_message(&app->state, false, "%s", _("Stopped."));
	} else {
		ui_message(&app->state, false, "%s", _("Nothing runs."));
	}
}

static void look_at_runner(struct ui_app *app)
{
	int status;

	if (!app->runner || app->has_ended)
		return;
	status = runner_poll(app->runner);
	if (status == 0)
		return;
	app->has_ended = app->state.run_is_over = true;
	/* Stopped before it could record anything: no error. */
	if (status < 0 && !app->was_stopped)
		ui_message(&app->state, true, "%s", runner_error(app->runner));
}

/* Who is in the deadlocks that nobody has opened: "A, B" */
static void name_stuck(struct trace *trace, char *names, size_t size)
{
	struct trace_deadlock found[16];
	struct trace_edge edges[16];
	size_t used = 0;
	int count = trace_deadlocks(trace, 16, found);

	names[0] = '\0';
	for (int i = 0; i < count; i++) {
		int members = found[i].cleared_ns < 0 ?
			trace_deadlock_edges(trace, found[i].id, 16, edges) : 0;

		for (int k = 0; k < members && used < size; k++)
			used += (size_t)snprintf(names + used, size - used,
				"%s%s", used ? ", " : "",
				ui_agent_name(trace, edges[k].agent_id));
	}
}

/* In full if there is room for it; else who, and the key that tells the rest. */
static void tell_of_deadlock(struct ui_app *app, const char *line)
{
	char names[256];

	if (ui_text_columns(line, strlen(line)) + 2 <= app->state.columns) {
		ui_message(&app->state, true, "%s", line);
		return;
	}
	name_stuck(app->trace, names, sizeof(names));
	ui_message(&app->state, true,
		   _("Deadlock: %s can never go on. g shows who waits for "
		     "whom."), names);
}

/* Told in the message line; one that lasts ends the run. */
static void look_for_deadlock(struct ui_app *app)
{
	char line[512];

	if (!app->runner || app->has_ended)
		return;
	switch (runner_deadlock_look(&app->deadlock, app->trace, line,
				     sizeof(line))) {
	case RUNNER_NEW_DEADLOCK:
		tell_of_deadlock(app, line);
		break;
	case RUNNER_LASTING_DEADLOCK:
		ui_app_stop(app);
		break;
	case RUNNER_NO_DEADLOCK:
		break;
	}
}

void ui_app_look(struct ui_app *app)
{
	bool was_running = app->runner && !app->has_ended;
	bool was_following = app->state.following;

	if (!app->trace)
		return;
	look_at_runner(app);
	if (!app->state.live && !(was_running && app->has_ended))
		return;
	int grown = trace_refresh(app->trace);
	look_for_deadlock(app);
	if (grown <= 0 && !(was_running && app->has_ended))
		return;
	ui_state_grown(&app->state);
	/* The end of a run that was followed is shown as its last event. */
	if (was_following && !app->state.live)
		ui_cursor_to_event(&app->state,
				   trace_info(app->trace)->events);
}
