#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/support/analysed.h"

#include <check.h>
#include <string.h>

struct trace_analysis *analysis;
struct trace_interval_row intervals[100];
struct trace_process_row processes[10];
struct trace_agent_row agents[10];
struct trace_cell_row cells[4000];
size_t interval_count, arrow_count, cell_count;
static struct trace_arrow_row arrows[20];
uint64_t seq;

static void got_interval(void *user, const struct trace_interval_row *row)
{
	(void)user;
	intervals[interval_count++ % 100] = *row;
}

static void got_arrow(void *user, const struct trace_arrow_row *row)
{
	(void)user;
	arrows[arrow_count++ % 20] = *row;
}

static void got_process(void *user, const struct trace_process_row *row)
{
	(void)user;
	processes[row->id % 10] = *row;
}

static void got_agent(void *user, struct trace_agent_row *row)
{
	(void)user;
	agents[row->id % 10] = *row;
}

/* As the database does: the last row of a key stays. */
static void got_cell(void *user, const struct trace_cell_row *row)
{
	(void)user;
	for (size_t i = 0; i < cell_count; i++) {
		if (cells[i].level == row->level
		    && cells[i].agent_id == row->agent_id
		    && cells[i].bucket == row->bucket) {
			cells[i] = *row;
			return;
		}
	}
	ck_assert_uint_lt(cell_count, 4000);
	cells[cell_count++] = *row;
}

static const struct trace_analysis_ops ops = {
	.interval = got_interval,
	.arrow = got_arrow,
	.process = got_process,
	.agent = got_agent,
	.cell = got_cell,
};

void analysed_begin(void)
{
	interval_count = arrow_count = cell_count = 0;
	seq = 0;
	memset(processes, 0, sizeof(processes));
	memset(agents, 0, sizeof(agents));
	analysis = trace_analysis_new(&ops, NULL);
	ck_assert_ptr_nonnull(analysis);
}

void analysed_end(void)
{
	trace_analysis_free(analysis);
}

void said(uint32_t agent, int64_t t, uint32_t kind, uint32_t object,
	  int64_t a, int64_t b, const char *first, const char *second)
{
	struct trace_event_row row = {
		.seq = ++seq, .t_ns = t, .agent_id = agent, .kind = kind,
		.object_id = object, .a = a, .b = b,
	};
	struct trace_analysis_input input = { .row = &row, .first = first,
					      .second = second };

	trace_analysis_event(analysis, &input);
}

void event(uint32_t agent, int64_t t, uint32_t kind, uint32_t object,
	   int64_t a, int64_t b)
{
	said(agent, t, kind, object, a, b, "", "");
}

void agent_begins(uint32_t id, int64_t t)
{
	said(id, t, TRACE_AGENT_BEGIN, id,
	     (int64_t)TRACE_ROLE_MAIN << 32 | (1000 + id), 0, "path",
	     "name");
}

void process_made(uint32_t id, int64_t t)
{
	said(1, t, TRACE_PROC_NEW, id, 0, 0, "path", "name");
}

void family(void)
{
	agent_begins(1, 0);
	process_made(1, 1);
	process_made(2, 10);
	event(1, 15, TRACE_PROC_START, 2, 0, 0);
	event(1, 20, TRACE_PROC_FORK, 2, 1002, 0);
	agent_begins(2, 30);
}

const struct trace_interval_row *interval_of(uint32_t agent, uint32_t state)
{
	for (size_t i = 0; i < interval_count; i++)
		if (intervals[i].agent_id == agent
		    && intervals[i].state == state)
			return &intervals[i];
	return NULL;
}

const struct trace_arrow_row *arrow_of(const char *kind)
{
	for (size_t i = 0; i < arrow_count; i++)
		if (strcmp(arrows[i].kind, kind) == 0)
			return &arrows[i];
	return NULL;
}
