#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/statistics_pools.h"

#include <stdio.h>

#include "tui/buffer.h"
#include "tui/flow.h"
#include "tui/state.h"
#include "tui/tell.h"
#include "traces/event.h"
#include "traces/i18n.h"
#include "traces/stats.h"
#include "traces/tell.h"

#define MOST_WORKERS 64
#define MOST_BAD 8
/* All tasks are summed up at every frame; a larger trace is for `forkscope stats`. */
#define MOST_EVENTS 500000

static int64_t mean(int64_t total_ns, uint64_t count)
{
	return count ? total_ns / (int64_t)count : 0;
}

static void add_tasks(const struct ui_state *state, struct ui_flow *flow,
		      const char *pool, const struct trace_pool_stats *stats)
{
	long tasks = (long)stats->tasks;
	struct ui_buffer text = { 0 };
	char span[48], longest[48];

	ui_buffer_printf(&text, TRACE_PLURAL("%s: %ld task", "%s: %ld tasks",
					     tasks), pool, tasks);
	if (stats->failed)
		ui_buffer_printf(&text, _(", %ld failed"),
				 (long)stats->failed);
	if (stats->lost + stats->cut + stats->dropped)
		ui_buffer_printf(&text, _(", %ld not done"),
				 (long)(stats->lost + stats->cut
					+ stats->dropped));
	ui_flow_gap(flow);
	ui_flow_add(flow, UI_ROLE_STRONG, 0, text.bytes);
	ui_buffer_finish(&text);
	ui_format_span(span, sizeof(span),
		       mean(stats->queued_total_ns, stats->begun),
		       state->ascii);
	ui_format_span(longest, sizeof(longest), stats->queued_max_ns,
		       state->ascii);
	ui_flow_addf(flow, UI_ROLE_TEXT, 0,
		     /* Translators: the mean, the longest. */
		     _("A task waited in line for %s, the longest for %s;"),
		     span, longest);
	ui_format_span(span, sizeof(span),
		       mean(stats->ran_total_ns, stats->ended), state->ascii);
	ui_format_span(longest, sizeof(longest), stats->ran_max_ns,
		       state->ascii);
	ui_flow_addf(flow, UI_ROLE_TEXT, 0,
		     _("it took a worker %s, the longest %s."), span, longest);
}

static void add_workers(const struct ui_state *state, struct ui_flow *flow,
			uint32_t pool_id)
{
	struct trace_worker_stats workers[MOST_WORKERS];
	int count = trace_worker_stats(state->trace, pool_id, workers,
				       MOST_WORKERS);

	for (int i = 0; i < count; i++) {
		long tasks = (long)workers[i].tasks;
		char name[160], words[240];

		trace_tell_agent(state->trace, workers[i].agent_id, name,
				 sizeof(name));
		/* Translators: a worker, how many tasks it has done. */
		snprintf(words, sizeof(words),
			 TRACE_PLURAL("%s, %ld task", "%s, %ld tasks", tasks),
			 name, tasks);
		ui_statistics_add_bar(state, flow, TRACE_STATE_TASK,
				      workers[i].busy_ns,
				      workers[i].busy_ns + workers[i].idle_ns,
				      "", words);
	}
}

static void add_bad(const struct ui_state *state, struct ui_flow *flow,
		    uint32_t pool_id)
{
	struct trace_pool_task tasks[MOST_BAD + 1];
	int count = trace_bad_tasks(state->trace, pool_id, 0, MOST_BAD + 1,
				    tasks);
	char sentence[512];

	for (int i = 0; i < count && i < MOST_BAD; i++) {
		trace_tell_bad_task(state->trace, &tasks[i], sentence,
				    sizeof(sentence));
		ui_flow_add(flow, trace_task_is_uncollected(&tasks[i]) ?
			    UI_ROLE_WRONG : UI_ROLE_TEXT, 0, sentence);
	}
	if (count > MOST_BAD)
		ui_flow_add(flow, UI_ROLE_TEXT, 0, "...");
}

void ui_statistics_add_pools(const struct ui_state *state,
			     struct ui_flow *flow)
{
	struct trace_pool_stats stats;
	char name[160];

	if (trace_info(state->trace)->events > MOST_EVENTS)
		return;
	for (size_t i = 0; i < state->lane_count; i++) {
		const struct ui_lane *lane = &state->lanes[i];

		if (lane->object_kind != TRACE_OBJECT_POOL
		    || trace_pool_stats(state->trace, lane->object_id, &stats)
			       < 0)
			continue;
		trace_tell_object(state->trace, lane->object_id, name,
				  sizeof(name));
		add_tasks(state, flow, name, &stats);
		add_workers(state, flow, lane->object_id);
		add_bad(state, flow, lane->object_id);
	}
}
