#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/update.h"

#include <stdio.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/events.h"
#include "tui/view.h"
#include "traces/i18n.h"

static void search(struct ui_state *state)
{
	const struct ui_view *view = ui_view_ops(ui_view_now(state));

	memcpy(state->needle, state->typed, sizeof(state->needle));
	if (view->search)
		view->search(state, 1);
	else
		ui_update_search(state, 1);
}

/* What a prompt's line was typed for. */
static void finish_prompt(struct ui_state *state)
{
	enum ui_prompt prompt = state->prompt;

	state->prompt = UI_PROMPT_NONE;
	if (prompt == UI_PROMPT_FILTER) {
		memcpy(state->filter, state->typed, sizeof(state->filter));
	} else if (prompt == UI_PROMPT_SEARCH && *state->typed) {
		search(state);
	}
}

static void drop_character(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && ((unsigned char)text[length - 1] & 0xc0) == 0x80)
		length--;
	if (length > 0)
		text[length - 1] = '\0';
}

static void type(struct ui_state *state, int key)
{
	struct ui_buffer line = { 0 };

	if (key == 27) {
		state->prompt = UI_PROMPT_NONE;
	} else if (key == UI_KEY_ENTER) {
		finish_prompt(state);
	} else if (key == UI_KEY_BACKSPACE && !*state->typed) {
		state->prompt = UI_PROMPT_NONE;
	} else if (key == UI_KEY_BACKSPACE) {
		drop_character(state->typed);
	} else if (key == ('U' & 31)) {
		*state->typed = '\0';
	} else if (key >= ' ' && key < UI_KEY_FIRST) {
		ui_buffer_puts(&line, state->typed);
		ui_buffer_add_character(&line, (uint32_t)key);
		if (line.length < sizeof(state->typed))
			memcpy(state->typed, line.bytes, line.length + 1);
		ui_buffer_finish(&line);
	}
}

/* Views over a trace stand on the stage; the rest of the way back is kept. */
static void show(struct ui_state *state, enum ui_view_id view)
{
	if (ui_view_now(state) == view)
		ui_view_pop(state);
	else
		ui_view_push(state, view);
}

static enum ui_request close_view(struct ui_state *state, bool leave)
{
	enum ui_view_id was = ui_view_now(state);

	if (was == UI_VIEW_STAGE && (state->legend || state->pane_large)) {
		if (!state->legend)
			state->pane_large = false;
		state->legend = false;
		return UI_REQUEST_NONE;
	}
	if (ui_view_pop(state)) {
		if (was == UI_VIEW_STAGE)
			state->playing = false;
		return UI_REQUEST_NONE;
	}
	return leave ? UI_REQUEST_QUIT : UI_REQUEST_NONE;
}

static bool update_views(struct ui_state *state, enum ui_action action)
{
	switch (action) {
	case UI_ACTION_STAGE: ui_view_push(state, UI_VIEW_STAGE); break;
	case UI_ACTION_EVENTS: show(state, UI_VIEW_EVENTS); break;
	case UI_ACTION_TREE: show(state, UI_VIEW_TREE); break;
	case UI_ACTION_WAITS: show(state, UI_VIEW_WAITS); break;
	case UI_ACTION_STATISTICS: show(state, UI_VIEW_STATISTICS); break;
	case UI_ACTION_HELP: show(state, UI_VIEW_HELP); break;
	case UI_ACTION_NOTES: show(state, UI_VIEW_NOTES); break;
	case UI_ACTION_PAGE:
		if (state->lesson)
			show(state, UI_VIEW_LESSON);
		else
			ui_message(state, false, "%s",
				   _("This trace belongs to no lesson."));
		break;
	default: return false;
	}
	return true;
}

static enum ui_request update_program(struct ui_state *state,
				      enum ui_action action)
{
	switch (action) {
	case UI_ACTION_QUIT: return UI_REQUEST_QUIT;
	case UI_ACTION_REDRAW: return UI_REQUEST_REDRAW;
	case UI_ACTION_SUSPEND: return UI_REQUEST_SUSPEND;
	case UI_ACTION_LANGUAGE: return UI_REQUEST_LANGUAGE;
	case UI_ACTION_STOP: return UI_REQUEST_STOP;
	case UI_ACTION_BACK: return close_view(state, false);
	case UI_ACTION_CLOSE: return close_view(state, true);
	case UI_ACTION_ASCII: state->ascii = !state->ascii; break;
	case UI_ACTION_RUN:
		if (state->lesson)
			return UI_REQUEST_RUN;
		ui_message(state, false, "%s",
			   _("This trace belongs to no lesson."));
		break;
	default: break;
	}
	return UI_REQUEST_NONE;
}

enum ui_request ui_update(struct ui_state *state, enum ui_action action,
			  int key)
{
	const struct ui_view *view = ui_view_ops(ui_view_now(state));
	enum ui_request request = UI_REQUEST_NONE;

	*state->message = '\0';
	if (state->prompt) {
		type(state, key);
		ui_events_find(state);
		return UI_REQUEST_NONE;
	}
	if (view->action && view->action(state, action, &request))
		return request;
	if (ui_update_replay(state, action) || update_views(state, action)) {
		ui_events_find(state);
		return UI_REQUEST_NONE;
	}
	request = update_program(state, action);
	ui_events_find(state);
	return request;
}
