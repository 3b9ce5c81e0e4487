#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tui/app_run.h"
#include "tui/buffer.h"
#include "tui/term.h"
#include "tui/update.h"
#include "tui/view.h"
#include "traces/i18n.h"

#define FRAME_NS 20000000	/* while the replay plays */
#define LIVE_NS 50000000	/* while a trace grows */
#define ERRORS_UNTIL_EOF 4

static int64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void resize(struct ui_app *app)
{
	int columns, rows;

	ui_term_resize(app->term, &columns, &rows);
	ui_canvas_finish(&app->canvas);
	ui_canvas_init(&app->canvas, columns, rows);
	ui_state_resize(&app->state, columns, rows);
}

static void serve(struct ui_app *app, enum ui_request request)
{
	switch (request) {
	case UI_REQUEST_OPEN_LESSON:
		ui_app_open_lesson(app, app->state.menu_at);
		break;
	case UI_REQUEST_RUN: ui_app_run(app); break;
	case UI_REQUEST_STOP: ui_app_stop(app); break;
	case UI_REQUEST_LANGUAGE: ui_app_switch_language(app); break;
	case UI_REQUEST_REDRAW: ui_term_forget(app->term); break;
	case UI_REQUEST_SUSPEND: ui_term_suspend(app->term); break;
	case UI_REQUEST_QUIT: app->is_over = true; break;
	case UI_REQUEST_NONE: break;
	}
}

static void press(struct ui_app *app, struct ui_input input)
{
	enum ui_where where = ui_view_ops(ui_view_now(&app->state))->where;

	if (input.key == UI_KEY_MOUSE)
		ui_update_mouse(&app->state, input.x, input.y, input.wheel);
	else
		serve(app, ui_update(&app->state,
				     ui_keymap_find(input.key, where),
				     input.key));
}

/* A terminal that says there is something to read and gives nothing, again and
 * again, is gone. */
static void read_keys(struct ui_app *app)
{
	struct ui_input input = ui_term_read(app->term);

	if (input.key == UI_KEY_NONE) {
		if (++app->empty_reads >= ERRORS_UNTIL_EOF)
			app->is_over = true;
		return;
	}
	app->empty_reads = 0;
	for (; input.key != UI_KEY_NONE && !app->is_over;
	     input = ui_term_read(app->term))
		press(app, input);
}

static int64_t patience(const struct ui_app *app)
{
	if (app->state.playing)
		return FRAME_NS;
	return app->runner || app->state.live ? LIVE_NS : -1;
}

static void take_time(struct ui_app *app, int64_t *last)
{
	int64_t now = clock_ns();

	if (now - app->looked_ns >= LIVE_NS) {
		app->looked_ns = now;
		ui_app_look(app);
	}
	ui_tick(&app->state, now - *last, now);
	*last = now;
}

static void loop(struct ui_app *app)
{
	int64_t last = clock_ns();

	while (!app->is_over) {
		unsigned happened;

		ui_draw(&app->state, &app->canvas);
		ui_term_draw(app->term, &app->canvas);
		happened = ui_term_wait(app->term, patience(app));
		if (!app->state.playing && !app->state.live)
			last = clock_ns();
		if (happened & UI_SIGNAL_LEAVE)
			return;
		if (happened & UI_SIGNAL_SUSPEND)
			ui_term_suspend(app->term);
		if (happened & UI_SIGNAL_RESIZE)
			resize(app);
		if (happened & UI_SIGNAL_INPUT)
			read_keys(app);
		take_time(app, &last);
	}
}

static int start(struct ui_app *app, char *error, size_t error_size)
{
	int columns, rows;

	if (ui_app_prepare(app, error, error_size) < 0)
		return -1;
	app->term = ui_term_open(app->options, error, error_size);
	if (!app->term)
		return -1;
	ui_term_size(app->term, &columns, &rows);
	ui_canvas_init(&app->canvas, columns, rows);
	ui_state_resize(&app->state, columns, rows);
	return 0;
}

int ui_main(const struct ui_options *options)
{
	struct ui_app app = { .options = options };
	char error[512] = "";
	int result = 0;

	ui_state_init(&app.state, 80, 24);
	if (start(&app, error, sizeof(error)) == 0)
		loop(&app);
	else
		result = 1;
	ui_term_close(app.term);
	ui_app_finish(&app);
	ui_canvas_finish(&app.canvas);
	ui_state_finish(&app.state);
	if (result)
		fprintf(stderr, "forkscope: %s\n", error);
	return result;
}
