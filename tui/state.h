/* tui/state.h - everything the front-end knows between two frames
 *
 * Changed by ui_update and ui_tick only, which read the trace but neither
 * screen nor clock: the time comes as an argument, and what is to be done in the
 * world outside comes back as a request. Views draw from a const state. */
#ifndef UI_STATE_H
#define UI_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/keymap.h"
#include "tui/lesson.h"
#include "tui/timescale.h"
#include "traces/reader.h"

enum ui_view_id {
#define UI_VIEW(symbol, ops, title) UI_VIEW_##symbol,
#include "tui/views.def"
#undef UI_VIEW
	UI_VIEW_COUNT
};

enum ui_pane { UI_PANE_SOURCE, UI_PANE_STORY, UI_PANE_OUTPUT, UI_PANE_COUNT };

/* What the state wants from the world; app.c does it. */
enum ui_request {
	UI_REQUEST_NONE, UI_REQUEST_OPEN_LESSON, UI_REQUEST_RUN,
	UI_REQUEST_STOP, UI_REQUEST_LANGUAGE, UI_REQUEST_REDRAW,
	UI_REQUEST_SUSPEND, UI_REQUEST_QUIT
};

enum ui_prompt { UI_PROMPT_NONE, UI_PROMPT_SEARCH, UI_PROMPT_FILTER };

struct ui_lane {
	/* agent_id 0: it never ran. Of an object: TRACE_LANE_OBJECT(id) */
	uint32_t process_id, agent_id;
	uint32_t object_id, object_kind; /* 0: a process, or a thread */
	uint32_t pool_id;	/* of a pool's worker: the pool; or 0 */
	uint32_t successor_id;	/* the process that took its place; or 0 */
	uint64_t rails;		/* bit d: a line goes down at depth d */
	uint8_t depth;
	bool is_last;		/* of its siblings */
	bool is_thread;		/* a hidden thread of the process above */
	bool is_managed;	/* lives in the server of the manager above */
	char served[40];	/* of a server's thread: "server 1: Process-2" */
};

#define UI_KNOBS 16
#define UI_VIEW_DEPTH 8
#define UI_NEEDLE_BYTES 128
#define UI_LISTED 256		/* most rows of the events list */

struct ui_state {
	int columns, rows;	/* of the screen */
	bool ascii;
	const char *language;	/* "en", "zh" */

	enum ui_view_id views[UI_VIEW_DEPTH]; /* the way back */
	int view_depth;		/* views[view_depth] is shown */
	int scroll[UI_VIEW_COUNT]; /* of views that are lists or text */

	struct lesson **lessons; /* borrowed from app.c; NULL at the end */
	size_t lesson_count, menu_at;
	struct lesson *lesson;	/* the present one, borrowed; NULL: none */
	int page_row;		/* on its page: answers, knobs, run; -1: none */
	int answer;		/* index of the prediction, -1: none */
	bool skip_prediction;	/* do not insist on one */
	int knobs[UI_KNOBS];	/* index of each knob's value */
	size_t knob_at;
	bool knobs_changed;	/* since the run that is shown */

	struct trace *trace;	/* borrowed; NULL: none */
	struct ui_lane *lanes;	/* owned */
	size_t lane_count;
	size_t lane, lane_top;	/* chosen; first one that is shown */
	uint64_t cursor_seq;	/* the last event that has happened */
	int64_t cursor_ns;
	struct ui_timescale scale;
	bool fit_all;		/* keep all in view as the trace grows */
	bool following;		/* the cursor stays at the end of a live trace */
	bool playing;
	int speed;		/* index, see ui_speed */
	bool live;		/* still being recorded */
	bool run_is_over;	/* nothing more will come, whatever the trace says */
	int64_t now_ns;		/* of a live trace: time since its start */
	int64_t live_offset_ns;	/* trace time minus the clock's; 0: not known */
	struct {
		bool is_set;
		int64_t ns;
		uint64_t seq;
	} marks[2];

	enum ui_pane pane;	/* has the focus */
	bool pane_large;
	bool details, python;
	bool legend;		/* instead of the panes */
	int pane_scroll[UI_PANE_COUNT], legend_scroll;

	enum ui_prompt prompt;
	char typed[UI_NEEDLE_BYTES];
	char needle[UI_NEEDLE_BYTES], filter[UI_NEEDLE_BYTES];
	bool one_lane;
	uint64_t listed[UI_LISTED]; /* events of the list, when filtered */
	int listed_count, listed_cursor;

	char message[256];	/* told until the next key */
	bool message_is_error;
};

void ui_state_init(struct ui_state *state, int columns, int rows);
void ui_state_finish(struct ui_state *state);

enum ui_view_id ui_view_now(const struct ui_state *state);
void ui_view_push(struct ui_state *state, enum ui_view_id view);
/* Goes back one view; false if there was none before. */
bool ui_view_pop(struct ui_state *state);
/* Forgets the way back: `view` is the only one. */
void ui_view_reset(struct ui_state *state, enum ui_view_id view);

/* ui_state_open - show a trace (NULL: none any more), from its beginning
 * The state borrows it. */
void ui_state_open(struct ui_state *state, struct trace *trace);
/* The trace has grown, or ended: new lanes, new limits. */
void ui_state_grown(struct ui_state *state);
/* Another lesson (NULL: none): no answer yet, knobs as the trace has them, else as the
 * lesson. */
void ui_state_set_lesson(struct ui_state *state, struct lesson *lesson);
void ui_state_resize(struct ui_state *state, int columns, int rows);
void ui_message(struct ui_state *state, bool is_error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ui_update - what the state becomes when a key is pressed
 * `action` comes from the key by ui_keymap_find; a prompt takes the key itself. */
enum ui_request ui_update(struct ui_state *state, enum ui_action action,
			  int key);
/* ui_tick - time goes by: the replay moves on, a live trace's end moves
 * elapsed_ns  since the last tick; clock_ns: CLOCK_MONOTONIC
 * Returns     whether anything changed on the screen */
bool ui_tick(struct ui_state *state, int64_t elapsed_ns, int64_t clock_ns);

/* Speeds of the replay: 0.01x to 100x, 1x in the middle. */
double ui_speed(int index);
#define UI_SPEEDS 13
#define UI_SPEED_REAL 6

/* Time or number of the last event or moment there is. */
int64_t ui_end_ns(const struct ui_state *state);
int64_t ui_limit(const struct ui_state *state);
/* The cursor's position on the present axis. */
int64_t ui_cursor_position(const struct ui_state *state);
/* Moves the cursor to an event, or to a time, and the view with it. */
void ui_cursor_to_event(struct ui_state *state, uint64_t seq);
void ui_cursor_to_time(struct ui_state *state, int64_t ns);
/* Whether all that the lesson tells has happened at the cursor. */
bool ui_is_decided(const struct ui_state *state);
/* The value that a knob had in the run that is shown. */
const char *ui_knob_of_run(const struct ui_state *state,
			   const struct lesson_knob *knob);
/* Turns a knob of the lesson `by` values further, and finds out whether the knobs
 * differ from the run that is shown. */
void ui_turn_knob(struct ui_state *state, size_t at, int by);
/* The chosen lane; NULL if there is none. */
const struct ui_lane *ui_lane_now(const struct ui_state *state);
/* The agent of the chosen lane; on an object's lane the one whose event is at the
 * cursor. 0: none */
uint32_t ui_agent_now(const struct ui_state *state);
/* The lane of an agent, -1: none. */
int ui_lane_of(const struct ui_state *state, uint32_t agent_id);

#endif
