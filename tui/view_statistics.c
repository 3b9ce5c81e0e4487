#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tui/text_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/buffer.h"
#include "tui/lanes.h"
#include "tui/statistics_pools.h"
#include "tui/tell.h"
#include "traces/i18n.h"

#define EXACT_EVENTS 400	/* agents with more are sampled */
#define SAMPLES 1024
#define MOST_LANES 64
#define BAR_COLUMNS 24

struct shares {
	int64_t ns[TRACE_STATE_COUNT];
	bool sampled;
};

static void add_share(struct shares *shares, unsigned state, int64_t ns)
{
	if (state < TRACE_STATE_COUNT && ns > 0)
		shares->ns[state] += ns;
}

static void count_exactly(const struct ui_state *state,
			  const struct trace_agent *agent,
			  struct shares *shares)
{
	int64_t at = agent->started_ns, end = ui_end_ns(state);
	struct trace_interval now;

	for (int i = 0; i < 2 * EXACT_EVENTS; i++) {
		int64_t until;

		if (trace_state_at(state->trace, agent->id, at, &now) < 0)
			break;
		until = now.end_ns < 0 ? end : now.end_ns;
		add_share(shares, now.state, until - at);
		if (until <= at)
			until = at + 1;
		at = until;
		if (at >= end)
			break;
	}
}

static void count_roughly(const struct ui_state *state,
			  const struct trace_agent *agent,
			  struct shares *shares)
{
	int64_t end = agent->ended_ns >= 0 ? agent->ended_ns : ui_end_ns(state);
	int64_t *edges = ui_alloc(sizeof(*edges) * (SAMPLES + 1));
	struct trace_cell *cells = ui_alloc(sizeof(*cells) * SAMPLES);

	shares->sampled = true;
	for (int i = 0; i <= SAMPLES; i++)
		edges[i] = agent->started_ns +
			   (end - agent->started_ns) / SAMPLES * i;
	if (trace_cells(state->trace, agent->id, edges, SAMPLES, cells) >= 0)
		for (int i = 0; i < SAMPLES; i++)
			add_share(shares, cells[i].last,
				  edges[i + 1] - edges[i]);
	free(edges);
	free(cells);
}

void ui_statistics_add_bar(const struct ui_state *state, struct ui_flow *flow,
			   unsigned kind, int64_t ns, int64_t all,
			   const char *about, const char *words)
{
	struct ui_buffer text = { 0 };
	int filled = all > 0 ? (int)((double)ns / (double)all * BAR_COLUMNS +
				     0.5) : 0;
	char span[48], label[16];
	const char *glyph = ui_state_glyph(state->ascii, kind);

	ui_format_span(span, sizeof(span), ns, state->ascii);
	for (int i = 0; i < BAR_COLUMNS; i++)
		ui_buffer_puts(&text, ui_glyph(state->ascii, i < filled ?
				UI_GLYPH_BAR_FULL : UI_GLYPH_BAR_NONE));
	ui_buffer_printf(&text, " %5.1f %%  %s%s  %s", all > 0 ?
			 100.0 * (double)ns / (double)all : 0.0,
			 about, span, words);
	snprintf(label, sizeof(label), "%s%s%s", glyph, glyph, glyph);
	ui_flow_pair(flow, ui_role_of_state(kind), label, 5, UI_ROLE_TEXT,
		     text.bytes);
	ui_buffer_finish(&text);
}

static void add_bar(const struct ui_state *state, struct ui_flow *flow,
		    unsigned kind, int64_t ns, int64_t all, bool sampled)
{
	ui_statistics_add_bar(state, flow, kind, ns, all, sampled ? "~" : "",
			      ui_state_name(kind));
}

static void add_zombie_time(const struct ui_state *state,
			    struct ui_flow *flow, uint32_t process_id)
{
	const struct trace_process *p = trace_process(state->trace, process_id);
	int64_t end;

	if (!p || !p->parent_id || p->exited_ns < 0)
		return;
	end = p->reaped_ns >= 0 ? p->reaped_ns : ui_end_ns(state);
	add_bar(state, flow, TRACE_STATE_ZOMBIE, end - p->exited_ns,
		end - (p->started_ns >= 0 ? p->started_ns : 0), false);
}

static void add_lane(const struct ui_state *state, struct ui_flow *flow,
		     const struct ui_lane *lane)
{
	const struct trace_agent *agent = trace_agent(state->trace,
						      lane->agent_id);
	struct shares shares = { .sampled = false };
	int64_t all = 0;
	char life[48];

	if (!agent || agent->started_ns < 0)
		return;
	if (agent->events <= EXACT_EVENTS)
		count_exactly(state, agent, &shares);
	else
		count_roughly(state, agent, &shares);
	for (int i = 0; i < TRACE_STATE_COUNT; i++)
		all += shares.ns[i];
	ui_format_span(life, sizeof(life), all, state->ascii);
	ui_flow_gap(flow);
	ui_flow_addf(flow, UI_ROLE_STRONG, 0, _("%s (%s): %s, %llu events"),
		     ui_lane_name(state, lane), agent->path, life,
		     (unsigned long long)agent->events);
	for (unsigned i = 1; i < TRACE_STATE_COUNT; i++)
		if (shares.ns[i] > 0 && i != TRACE_STATE_ZOMBIE)
			add_bar(state, flow, i, shares.ns[i], all,
				shares.sampled);
	if (!lane->is_thread)
		add_zombie_time(state, flow, lane->process_id);
}

static void add_trace(const struct ui_state *state, struct ui_flow *flow)
{
	const struct trace_info *info = trace_info(state->trace);
	char length[48], cost[48];

	ui_format_span(length, sizeof(length), info->last_ns, state->ascii);
	ui_flow_addf(flow, UI_ROLE_TEXT, 0,
		     _("%llu events in %s, %zu processes, %llu lost"),
		     (unsigned long long)info->events, length,
		     trace_process_count(state->trace),
		     (unsigned long long)info->lost);
	if (!info->cost_ps)
		return;
	ui_format_span(cost, sizeof(cost), (int64_t)(info->cost_ps / 1000 *
		       info->events), state->ascii);
	ui_flow_addf(flow, UI_ROLE_DIM, 0,
		     _("Recording cost %.1f ns an event, %s in all: smaller "
		       "differences mean nothing."),
		     (double)info->cost_ps / 1e3, cost);
}

static void draw(const struct ui_state *state, struct ui_canvas *canvas,
		 struct ui_rect area)
{
	struct ui_flow flow = { .columns = ui_text_view_columns(area) };

	add_trace(state, &flow);
	ui_statistics_add_pools(state, &flow);
	for (size_t i = 0; i < state->lane_count && i < MOST_LANES; i++)
		add_lane(state, &flow, &state->lanes[i]);
	ui_text_view_draw(state, canvas, area, &flow);
}

const struct ui_view ui_view_statistics = {
	.name = "statistics",
	.where = UI_IN_TEXT,
	.draw = draw,
	.action = ui_text_view_act,
	.least_columns = 24,
	.least_rows = 4,
};
