/* tui/stage.h - the stage: lanes over a time axis, panes below
 *
 * stage_layout.c decides where what goes; each other file draws one thing. */
#ifndef UI_STAGE_H
#define UI_STAGE_H

#include "tui/buffer.h"
#include "tui/canvas.h"
#include "tui/flow.h"
#include "tui/state.h"

struct ui_stage_layout {
	struct ui_rect axis;	/* one row over the plot */
	struct ui_rect labels;	/* left of the plot */
	struct ui_rect plot;	/* the lanes, `pitch` rows each */
	int pitch;
	size_t lanes_shown;
	int pid_columns;	/* 0: no room for pids */
	int legend_row;		/* -1: none */
	struct ui_rect signs;	/* the legend in full, for the panes; rows 0: no */
	struct ui_rect panes[UI_PANE_COUNT]; /* rows 0: not shown */
	int detail_row;
};

/* ui_stage_layout - where everything on the stage goes; pure */
void ui_stage_layout(const struct ui_state *state,
		     struct ui_stage_layout *layout);

/* What all who draw on the plot need, made once a frame. */
struct ui_plot {
	const struct ui_state *state;
	const struct ui_stage_layout *layout;
	int64_t *edges;		/* plot.columns + 1 times */
	struct trace_cell *cells; /* of one lane */
	int cursor_column;	/* may lie outside */
	uint64_t *states;	/* bit 1 << state for each that is drawn */
	struct trace_pool_task *tasks; /* of all pools, that are in sight */
	size_t task_count;
};

/* ui_plot_begin - what there is to draw at all: edges, tasks, room for cells
 * Returns  false, and nothing is to be ended, if there is no column */
bool ui_plot_begin(struct ui_plot *plot, const struct ui_state *state,
		   const struct ui_stage_layout *layout, uint64_t *states);
void ui_plot_end(struct ui_plot *plot);
/* What a lane shows, column by column, into plot->cells. */
void ui_plot_get_cells(const struct ui_plot *plot, const struct ui_lane *lane);
/* Row of a lane on the screen; may lie outside of the plot. */
int ui_plot_row(const struct ui_plot *plot, int lane);
/* Column (from 0) that shows this time, or this event on the ordinal axis. */
int ui_plot_column(const struct ui_plot *plot, int64_t ns, uint64_t seq);

void ui_stage_draw_axis(const struct ui_plot *plot, struct ui_canvas *canvas);
void ui_stage_draw_label(const struct ui_plot *plot, struct ui_canvas *canvas,
			 size_t lane);
void ui_stage_draw_lane(const struct ui_plot *plot, struct ui_canvas *canvas,
			size_t lane);
void ui_stage_draw_end(const struct ui_plot *plot, struct ui_canvas *canvas,
		       size_t lane);
void ui_stage_draw_object(const struct ui_plot *plot, struct ui_canvas *canvas,
			  size_t lane);
/* The tasks of pools that are in sight; to be freed by the caller. */
void ui_stage_get_tasks(struct ui_plot *plot);
/* What a worker's lane shows in its tasks, and the pool's own: into plot->cells. */
void ui_stage_mark_tasks(const struct ui_plot *plot,
			 const struct ui_lane *lane);
/* The bars' ends, numbers and functions, on a worker's lane that is drawn. */
void ui_stage_draw_tasks(const struct ui_plot *plot, struct ui_canvas *canvas,
			 size_t lane);
/* How many tasks wait, column by column, on a pool's lane that is drawn. */
void ui_stage_draw_queue(const struct ui_plot *plot, struct ui_canvas *canvas,
			 size_t lane);
/* Who uses a Value or an Array when, and what is written, on its lane. */
void ui_stage_draw_writes(const struct ui_plot *plot, struct ui_canvas *canvas,
			  size_t lane);
/* What became of a worker: retired, replaced by whom; into `out` */
void ui_stage_tell_worker(const struct ui_plot *plot,
			  const struct ui_lane *lane, char *out, size_t size);
/* How a pool stands at the cursor, in a few words. */
void ui_stage_tell_pool(const struct ui_plot *plot, const struct ui_lane *lane,
			struct ui_buffer *text);
void ui_stage_draw_arrows(const struct ui_plot *plot, struct ui_canvas *canvas);
void ui_stage_draw_cursor(const struct ui_plot *plot, struct ui_canvas *canvas);
/* What the states with a bit in `states` look like: as many as fit, and of those
 * the ones that say most. */
void ui_stage_draw_legend(struct ui_canvas *canvas, struct ui_rect row,
			  uint64_t states, bool has_daemon);
/* The same and all other signs, with room to say what they mean. */
void ui_stage_draw_signs(const struct ui_state *state, struct ui_canvas *canvas,
			 struct ui_rect rect, uint64_t states);
/* The name of a state, as legends have it. */
const char *ui_stage_state_name(unsigned state);
/* The sign for how a process ended. */
enum ui_glyph ui_stage_ending(const struct trace_process *process);
/* The colour of an arrow that has happened. */
enum ui_role ui_stage_arrow_role(const struct trace_arrow *arrow);
/* Signs of lives and events, for legends; glyph UI_GLYPH_COUNT at the end. */
struct ui_sign {
	enum ui_glyph glyph;
	enum ui_role role;
	const char *name, *about; /* to be translated */
};
extern const struct ui_sign ui_signs_of_lives[];

/* What the chosen lane shows at the cursor: the state that its column is painted as,
 * and the one just after the cursor's event; 0: none. One column may cover several. */
struct ui_here {
	unsigned shown, now;
};
void ui_stage_here(const struct ui_state *state, struct ui_here *here);

/* ui_stage_states - bit 1 << state for each that is on the stage now; draws nothing */
uint64_t ui_stage_states(const struct ui_state *state);

void ui_pane_draw_source(const struct ui_state *state,
			 struct ui_canvas *canvas, struct ui_rect rect);
void ui_pane_draw_story(const struct ui_state *state, struct ui_canvas *canvas,
			struct ui_rect rect);
void ui_pane_draw_output(const struct ui_state *state,
			 struct ui_canvas *canvas, struct ui_rect rect);
void ui_pane_draw_details(const struct ui_state *state,
			  struct ui_canvas *canvas, struct ui_rect rect);

/* The life of the task that an event is about, if it is about one. */
void ui_pane_add_task(const struct ui_state *state, struct ui_flow *flow,
		      const struct trace_record *record);

#endif
