#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/app_run.h"

#include <stdlib.h>
#include <string.h>

#include "tui/language.h"

/* The same lesson in the other language: answer and knobs stay. */
static void replace_lesson(struct ui_state *state, struct lesson *lesson)
{
	state->lesson = lesson;
	if (state->answer >= (int)lesson->answer_count)
		state->answer = -1;
	for (size_t i = 0; i < UI_KNOBS; i++)
		if (i >= lesson->knob_count ||
		    state->knobs[i] >= (int)lesson->knobs[i].value_count)
			state->knobs[i] = 0;
	state->page_row = -1;
	state->knob_at = 0;
	if (state->trace)
		lesson_locate(lesson, state->trace);
}

static struct lesson *find_again(const struct ui_app *app, const char *slug,
				 const char *folder)
{
	char error[256];

	for (size_t i = 0; slug && i < app->state.lesson_count; i++)
		if (strcmp(app->lessons[i]->slug, slug) == 0)
			return app->lessons[i];
	if (folder && *folder)
		return lesson_load(folder, app->state.language, error,
				   sizeof(error));
	return NULL;
}

void ui_app_switch_language(struct ui_app *app)
{
	struct ui_state *state = &app->state;
	struct lesson **old = app->lessons, *old_own = app->own;
	struct lesson *was = state->lesson, *found;
	char error[256] = "";

	state->language = strcmp(state->language, "zh") == 0 ? "en" : "zh";
	ui_language_use(state->language);
	app->lessons = lesson_list(state->language, error, sizeof(error));
	state->lessons = app->lessons;
	state->lesson_count = 0;
	while (app->lessons && app->lessons[state->lesson_count])
		state->lesson_count++;
	if (state->menu_at >= state->lesson_count)
		state->menu_at = 0;
	found = was ? find_again(app, was->slug, was->folder) : NULL;
	if (found) {
		bool is_listed = found->slug && was->slug &&
				 state->lesson_count > 0 &&
				 found == find_again(app, was->slug, NULL);

		replace_lesson(state, found);
		app->own = is_listed ? NULL : found;
		lesson_free(old_own);
	} else if (was && was != old_own) {
		state->lesson = NULL;
	}
	lesson_list_free(old);
}
