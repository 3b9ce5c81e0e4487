#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/lanes.h"

#include "traces/event.h"
#include "tui/state.h"

/* A pool tells of each worker that it starts, and in whose place. */

#define MOST_WORKERS 4096	/* of more, the first ones */

static struct ui_lane *lane_of(struct ui_state *state, uint32_t process_id)
{
	for (size_t i = 0; process_id && i < state->lane_count; i++)
		if (state->lanes[i].process_id == process_id
		    && !state->lanes[i].is_thread)
			return &state->lanes[i];
	return NULL;
}

void ui_lanes_find_workers(struct ui_state *state)
{
	struct trace_record start;
	uint64_t seq = 0;

	for (int i = 0; state->trace && i < MOST_WORKERS; i++) {
		struct ui_lane *worker, *before;

		seq = trace_next(state->trace, seq, 1, 0, TRACE_WORKER_START);
		if (!seq || trace_events(state->trace, seq, 1, &start) != 1)
			return;
		worker = lane_of(state, (uint32_t)start.a);
		before = lane_of(state, (uint32_t)start.b);
		if (worker)
			worker->pool_id = start.object_id;
		if (before && worker)
			before->successor_id = worker->process_id;
	}
}
