#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/events.h"
#include "tui/language.h"
#include "tui/term.h"
#include "tui/view.h"
#include "traces/i18n.h"

static enum ui_depth depth_of(enum ui_color color)
{
	const char *none = getenv("NO_COLOR");

	if (color == UI_COLOR_NEVER)
		return UI_MONO;
	if (color == UI_COLOR_ALWAYS)
		return UI_256_COLORS;
	return isatty(STDOUT_FILENO) && !(none && *none) ? UI_256_COLORS :
							   UI_MONO;
}

static void place(struct ui_state *state,
		  const struct ui_render_options *options, int view)
{
	ui_view_reset(state, (enum ui_view_id)view);
	if (options->at_seq)
		ui_cursor_to_event(state, options->at_seq);
	else if (options->at_ns >= 0)
		ui_cursor_to_time(state, options->at_ns);
	else
		ui_cursor_to_event(state, trace_info(state->trace)->events);
	ui_events_find(state);
}

static struct lesson *lesson_of(struct trace *trace, const char *language)
{
	const char *slug = NULL, *text = trace_lesson(trace, language, &slug);
	char error[256];

	return text ? lesson_parse(text, slug, error, sizeof(error)) : NULL;
}

static void show(struct trace *trace, const struct ui_render_options *options,
		 int view)
{
	const char *language = options->language ? options->language :
						   lesson_language();
	struct lesson *lesson = lesson_of(trace, language);
	struct ui_canvas canvas;
	struct ui_state state;

	ui_state_init(&state, options->columns, options->rows);
	state.ascii = options->ascii || !ui_term_is_utf8();
	state.language = language;
	ui_view_reset(&state, UI_VIEW_STAGE);
	ui_state_open(&state, trace);
	ui_state_set_lesson(&state, lesson);
	state.scale.ordinal = options->ordinal;
	ui_state_grown(&state);
	place(&state, options, view);
	ui_canvas_init(&canvas, options->columns, options->rows);
	ui_draw(&state, &canvas);
	ui_term_print(&canvas, depth_of(options->color));
	ui_canvas_finish(&canvas);
	ui_state_finish(&state);
	lesson_free(lesson);
}

int ui_render(const struct ui_render_options *options)
{
	int view = options->view ? ui_view_named(options->view) : UI_VIEW_STAGE;
	char error[256];
	struct trace *trace;

	if (view < 0)
		view = UI_VIEW_STAGE;
	ui_language_prefer(options->language);
	trace = trace_open(options->trace, error, sizeof(error));
	if (!trace) {
		fprintf(stderr, "forkscope render: %s\n", error);
		return 1;
	}
	show(trace, options, view);
	trace_close(trace);
	if (fflush(stdout) != 0) {
		perror("forkscope render");
		return 1;
	}
	return 0;
}
