/* tui/events.h - the list of events around the cursor, filtered */
#ifndef UI_EVENTS_H
#define UI_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

struct ui_state;

bool ui_events_filtered(const struct ui_state *state);
/* The next event (step > 0) or the one before that the filter lets through; 0: none. */
uint64_t ui_events_next(const struct ui_state *state, uint64_t seq, int step);
/* Finds the events to list around the cursor; after cursor or filter changed. */
void ui_events_find(struct ui_state *state);

#endif
