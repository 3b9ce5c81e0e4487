/* tui/lanes.h - the lanes of the stage: processes as a tree, with their threads, and
 * below them what they share: locks, queues, ... */
#ifndef UI_LANES_H
#define UI_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ui_state;
struct ui_lane;
struct trace;

/* ui_lanes_build - make the list of lanes from the trace; keeps the chosen one */
void ui_lanes_build(struct ui_state *state);

/* ui_lanes_find_workers - which lanes are workers of pools, and whom they replace */
void ui_lanes_find_workers(struct ui_state *state);

/* ui_lane_label - "├─ " and the like: what is drawn before a lane's name */
void ui_lane_prefix(const struct ui_lane *lane, bool ascii, char *out,
		    size_t size);
/* What a lane is called: its process's name, or its thread's. */
const char *ui_lane_name(const struct ui_state *state,
			 const struct ui_lane *lane);
/* The same for an agent anywhere in a sentence; never NULL. */
const char *ui_agent_name(struct trace *trace, uint32_t agent_id);

#endif
