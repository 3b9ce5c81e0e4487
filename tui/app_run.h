/* tui/app_run.h - what the program does in the world: lessons, runs, traces */
#ifndef UI_APP_RUN_H
#define UI_APP_RUN_H

#include "tui/app.h"
#include "tui/canvas.h"
#include "tui/runner_deadlock.h"
#include "tui/state.h"

struct runner;
struct ui_term;

struct ui_app {
	const struct ui_options *options;
	struct ui_state state;
	struct ui_canvas canvas;
	struct ui_term *term;
	struct lesson **lessons;	/* owned; of the menu */
	struct lesson *own;		/* owned; from a trace or a folder */
	struct trace *trace;		/* owned */
	struct runner *runner;		/* owned; its trace is the one shown */
	struct runner_deadlock deadlock;
	bool has_ended;			/* what the runner started */
	bool was_stopped;		/* by the user */
	bool is_over;			/* the user leaves */
	bool settings_used;		/* the options' settings have had their run */
	int empty_reads;
	int64_t looked_ns;		/* when the trace was looked at last */
};

/* ui_app_prepare - open what the options name. Returns 0; -1 with one line */
int ui_app_prepare(struct ui_app *app, char *error, size_t error_size);
void ui_app_finish(struct ui_app *app);
/* Shows a lesson's page; ends what runs. */
void ui_app_open_lesson(struct ui_app *app, size_t index);
/* Runs the present lesson with the knobs as they are, and shows it live. */
void ui_app_run(struct ui_app *app);
void ui_app_stop(struct ui_app *app);
/* Whether the trace has grown, or the program has ended. */
void ui_app_look(struct ui_app *app);
void ui_app_switch_language(struct ui_app *app);

#endif
