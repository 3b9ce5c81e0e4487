#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/stage.h"

#include "tui/glyphs.h"
#include "traces/event.h"
#include "traces/tell.h"
#include "tui/width.h"

#include <stdio.h>
#include <string.h>

/* A Value's or an Array's own lane: nobody holds it, so it has no states. Each access
 * has its sign, and where something is written stands what: one that writes over
 * another is seen at once. */

/* Events looked at for a lane, which may all be of other objects: a frame must not
 * take longer than that. Then what was written is not said any more. */
#define MOST_LOOKS 256

/* What was written last in column i; false: nothing. */
static bool written_in(const struct ui_plot *plot, uint32_t id, int i,
		       char *value, size_t size, int *looks)
{
	struct trace *trace = plot->state->trace;
	int64_t begin = plot->edges[i], end = plot->edges[i + 1];
	uint64_t seq = trace_seq_at(trace, end > begin ? end - 1 : begin) + 1;
	struct trace_record write;

	while ((*looks)-- > 0) {
		seq = trace_next(trace, seq, -1, 0, TRACE_VALUE_SET);
		if (!seq || trace_events(trace, seq, 1, &write) != 1
		    || write.t_ns < begin)
			return false;
		if (write.object_id == id) {
			trace_tell_value(write.b, value, size);
			return true;
		}
	}
	return false;
}

void ui_stage_draw_writes(const struct ui_plot *plot, struct ui_canvas *canvas,
			  size_t index)
{
	const struct ui_lane *lane = &plot->state->lanes[index];
	const struct ui_rect *area = &plot->layout->plot;
	int y = ui_plot_row(plot, (int)index), next = area->columns;
	int looks = MOST_LOOKS;
	char value[40];

	if (lane->object_kind != TRACE_OBJECT_VALUE
	    && lane->object_kind != TRACE_OBJECT_ARRAY)
		return;
	/* From the right: what does not fit before the next sign is a sign. */
	for (int i = area->columns - 1; i >= 0; i--) {
		bool is_past = i <= plot->cursor_column;

		if (!plot->cells[i].events)
			continue;
		if (!written_in(plot, lane->object_id, i, value, sizeof(value),
				&looks)
		    || (int)strlen(value) > next - i)
			snprintf(value, sizeof(value), "%s",
				 ui_glyph(canvas->ascii, UI_GLYPH_EVENT));
		ui_put(canvas, area->x + i, y,
		       is_past ? UI_ROLE_STRONG : UI_ROLE_DIM, value);
		next = i;
	}
}
