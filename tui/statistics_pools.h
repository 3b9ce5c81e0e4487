/* tui/statistics_pools.h - the pools, on the page of statistics */
#ifndef UI_STATISTICS_POOLS_H
#define UI_STATISTICS_POOLS_H

#include <stdint.h>

struct ui_flow;
struct ui_state;

/* ui_statistics_add_pools - for each pool on the stage: what became of its tasks, how
 * long they waited and ran, how busy each worker was, and what did not end well */
void ui_statistics_add_pools(const struct ui_state *state,
			     struct ui_flow *flow);
/* "███░░░  42.0 %  126 ms  WORDS", with a sample of a state before it */
void ui_statistics_add_bar(const struct ui_state *state, struct ui_flow *flow,
			   unsigned kind, int64_t ns, int64_t all,
			   const char *about, const char *words);

#endif
