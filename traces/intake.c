#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "traces/intake.h"

#include <stdlib.h>
#include <string.h>

#include "traces/intake-private.h"

struct trace_intake *trace_intake_new(struct trace_store *store,
				      uint64_t start_ns)
{
	struct trace_intake *intake = calloc(1, sizeof(*intake));

	if (!intake)
		return NULL;
	intake->store = store;
	intake->start_ns = start_ns;
	intake->limit_ns = UINT64_MAX;
	intake->analysis = trace_analysis_new(&trace_intake_ops, intake);
	if (intake->analysis)
		return intake;
	free(intake);
	return NULL;
}

void trace_intake_set_start(struct trace_intake *intake, uint64_t start_ns)
{
	intake->start_ns = start_ns;
}

void trace_intake_set_limit(struct trace_intake *intake, uint64_t limit_ns)
{
	intake->limit_ns = limit_ns;
}

void trace_intake_free(struct trace_intake *intake)
{
	if (!intake)
		return;
	trace_analysis_free(intake->analysis);
	trace_merge_free(&intake->merge);
	free(intake->deaths);
	free(intake);
}

int trace_intake_add(struct trace_intake *intake, const struct trace_run *run)
{
	return trace_merge_add(&intake->merge, run);
}

/* ---- one event ---- */

/* Rows are numbered in order of time, so none may go back: one that comes too late
 * for its place (its writer was stopped in mid-event) is moved forward. */
static int64_t time_of(struct trace_intake *intake, uint64_t t_ns)
{
	int64_t t = 0;

	if (t_ns > intake->limit_ns)
		t_ns = intake->limit_ns;
	if (t_ns > intake->start_ns)
		t = (int64_t)((t_ns - intake->start_ns) & INT64_MAX);
	if (t > INT64_MAX / 2)		/* sums of times must not overflow */
		t = INT64_MAX / 2;
	return t > intake->last_ns ? t : intake->last_ns;
}

static void emit_row(struct trace_intake *intake, struct trace_event_row *row,
		     uint32_t process)
{
	if (!intake->has_rows)
		trace_store_begin(intake->store);
	intake->has_rows = true;
	/* A place is no happening: it has a row in `site`, and that is all. */
	if (row->kind == TRACE_SITE_NEW) {
		trace_intake_describe(intake, row);
		return;
	}
	row->seq = trace_store_event(intake->store, row);
	intake->last_seq = row->seq;
	intake->last_ns = row->t_ns;
	if (intake->whole_length > 0)
		trace_store_text(intake->store, row->seq, intake->whole,
				 intake->whole_length);
	trace_intake_describe(intake, row);
	struct trace_analysis_input input = {
		.row = row, .process = process,
		.first = intake->first, .second = intake->second,
	};
	trace_analysis_event(intake->analysis, &input);
}

static void emit_death(struct trace_intake *intake, struct trace_death *death,
		       uint64_t t_ns)
{
	struct trace_event_row row = {
		.t_ns = time_of(intake, t_ns),
		.kind = TRACE_PROC_DIED,
		.agent_id = trace_analysis_lane_of(intake->analysis,
						   death->process),
		.object_id = death->process,
		.a = death->code,
	};

	death->is_told = true;
	trace_intake_no_text(intake);
	emit_row(intake, &row, death->process);
}

/* The deaths up to that time. */
static bool emit_deaths(struct trace_intake *intake, uint64_t t_ns)
{
	bool any = false;

	while (intake->death_first < intake->death_count) {
		struct trace_death *death = &intake->deaths[intake->death_first];

		if (death->t_ns >= t_ns && !death->is_told)
			break;
		intake->death_first++;
		if (!death->is_told)
			emit_death(intake, death, death->t_ns);
		any = true;
	}
	if (intake->death_first == intake->death_count)
		intake->death_first = intake->death_count = 0;
	return any;
}

/* An event that says that somebody knows of a death: it happened before, even if the
 * watcher was slower than the one who waited for it. */
static void settle_death(struct trace_intake *intake,
			 const struct trace_slot *slot)
{
	if (slot->kind == TRACE_PROC_IS_ALIVE && slot->a != 0)
		return;
	for (size_t i = intake->death_first; i < intake->death_count; i++) {
		struct trace_death *death = &intake->deaths[i];

		if (death->process == slot->object && !death->is_told)
			emit_death(intake, death, slot->t_ns);
	}
}

/* It has left by itself, and was seen dead some time later: it was dead then, unless
 * threads of it went on until the system took them. */
static void settle_late_death(struct trace_intake *intake, uint32_t process,
			      uint32_t agent, uint64_t t_ns)
{
	if (trace_analysis_lane_of(intake->analysis, process) != agent
	    || !trace_analysis_is_alone(intake->analysis, process))
		return;
	for (size_t i = intake->death_first; i < intake->death_count; i++) {
		struct trace_death *death = &intake->deaths[i];

		if (death->process == process && death->is_late
		    && !death->is_told)
			emit_death(intake, death, t_ns);
	}
}

static bool knows_of_death(uint32_t kind)
{
	switch (kind) {
	case TRACE_PROC_REAP:
	case TRACE_JOIN_END:
	case TRACE_JOIN_DONE:
	case TRACE_EXIT_JOIN_END:
	case TRACE_PARENT_JOIN_END:
	case TRACE_PARENT_JOIN_DONE:
	case TRACE_PROC_IS_ALIVE:
		return true;
	}
	return false;
}

static void skip(struct trace_intake *intake, struct trace_stream *stream,
		 size_t count)
{
	intake->anomalies++;
	trace_stream_take(&intake->merge, stream, count);
	trace_analysis_touch(intake->analysis, stream->agent);
}

/* Make a row of the stream's first slot, and of those of its text. */
static void emit_slot(struct trace_intake *intake, struct trace_stream *stream)
{
	const struct trace_slot *slot = trace_stream_slot(stream);
	const struct trace_kind_row *kind = trace_kind_row(slot->kind);
	size_t count = 1;

	if (!kind) {
		skip(intake, stream, 1);
		return;
	}
	if (kind->has_text) {
		uint64_t length = (uint64_t)slot->b;
		size_t more = (length + sizeof(*slot) - 1) / sizeof(*slot);

		/* Where the next event begins cannot be known. */
		if (length > TRACE_TEXT_BYTES || more > stream->count - 1) {
			skip(intake, stream, stream->count);
			return;
		}
		memcpy(intake->raw, slot + 1, length);
		count += more;
	}
	if (intake->death_count > 0 && knows_of_death(slot->kind))
		settle_death(intake, slot);
	if (kind->has_text)
		trace_intake_read_text(intake, slot->kind, (size_t)slot->b);
	else
		trace_intake_no_text(intake);
	struct trace_event_row row = {
		.t_ns = time_of(intake, slot->t_ns),
		.agent_id = stream->agent,
		.kind = slot->kind,
		.object_id = slot->object,
		.site_id = slot->site,
		.a = slot->a,
		.b = slot->b,
	};
	uint64_t t_ns = slot->t_ns;
	trace_stream_take(&intake->merge, stream, count);
	emit_row(intake, &row, stream->process);
	if (intake->death_count > 0 && row.kind == TRACE_AGENT_END)
		settle_late_death(intake, row.object_id, row.agent_id, t_ns);
}

bool trace_intake_emit(struct trace_intake *intake, uint64_t watermark,
		       size_t rows)
{
	uint64_t until, stop = intake->last_seq + rows;
	struct trace_stream *stream;

	/* The earliest decides: that another stream has come past the watermark
	 * says nothing about those behind it. */
	while ((stream = trace_merge_first(&intake->merge, &until))
	       && trace_stream_slot(stream)->t_ns <= watermark) {
		if (until > watermark && watermark != UINT64_MAX)
			until = watermark + 1;
		while (stream->count > 0) {
			uint64_t t = trace_stream_slot(stream)->t_ns;

			if (t >= until && until != UINT64_MAX)
				break;
			if (intake->death_count > 0)
				emit_deaths(intake, t);
			emit_slot(intake, stream);
			if (intake->last_seq >= stop) {
				trace_merge_settle(&intake->merge);
				return true;
			}
		}
		trace_merge_settle(&intake->merge);
	}
	emit_deaths(intake, watermark == UINT64_MAX ? watermark
						    : watermark + 1);
	if (watermark != UINT64_MAX && watermark > intake->start_ns)
		trace_analysis_tick(intake->analysis,
				    (int64_t)(watermark - intake->start_ns));
	return false;
}

int trace_intake_died(struct trace_intake *intake, uint32_t process,
		      uint64_t t_ns, int64_t code, bool is_late)
{
	if (intake->death_count == intake->death_room) {
		size_t room = intake->death_room ? intake->death_room * 2 : 64;
		void *bigger = realloc(intake->deaths,
				       room * sizeof(*intake->deaths));
		if (!bigger)
			return -1;
		intake->deaths = bigger;
		intake->death_room = room;
	}
	intake->deaths[intake->death_count++] = (struct trace_death){
		.process = process, .t_ns = t_ns, .code = code,
		.is_late = is_late
	};
	return 0;
}

/* ---- transactions ---- */

int trace_intake_commit(struct trace_intake *intake)
{
	uint64_t anomalies = intake->anomalies + intake->merge.gaps
			     + trace_analysis_anomalies(intake->analysis);

	trace_store_begin(intake->store);
	trace_analysis_flush(intake->analysis);
	if (intake->last_seq != intake->told_seq) {
		trace_store_set_meta_int(intake->store, "last_ns",
					 intake->last_ns);
		trace_store_set_meta_int(intake->store, "events",
					 (int64_t)intake->last_seq);
	}
	if (anomalies != intake->told_anomalies)
		trace_store_set_meta_int(intake->store, "anomalies",
					 (int64_t)anomalies);
	intake->told_seq = intake->last_seq;
	intake->told_anomalies = anomalies;
	intake->has_rows = false;
	if (trace_store_commit(intake->store) < 0)
		return -1;
	for (struct trace_stream *s = intake->merge.all; s; s = s->next)
		s->committed = trace_stream_taken(s);
	return 0;
}

void trace_intake_finish(struct trace_intake *intake, uint64_t now_ns)
{
	intake->limit_ns = now_ns;
	while (trace_intake_emit(intake, UINT64_MAX, SIZE_MAX / 4))
		;
	trace_analysis_finish(intake->analysis, intake->last_ns,
			      intake->last_seq);
}

/* ---- questions ---- */

uint64_t trace_intake_received(struct trace_intake *intake, uint32_t agent)
{
	const struct trace_stream *stream =
		trace_idmap_get(&intake->merge.streams, agent);

	return stream ? stream->received : 0;
}

uint64_t trace_intake_committed(struct trace_intake *intake, uint32_t agent)
{
	const struct trace_stream *stream =
		trace_idmap_get(&intake->merge.streams, agent);

	return stream ? stream->committed : 0;
}

uint32_t trace_intake_process_of(struct trace_intake *intake, uint32_t agent)
{
	const struct trace_stream *stream =
		trace_idmap_get(&intake->merge.streams, agent);
	uint32_t process = trace_analysis_process_of(intake->analysis, agent);

	return process ? process : stream ? stream->process : 0;
}

size_t trace_intake_queued(const struct trace_intake *intake)
{
	return intake->merge.queued;
}

bool trace_intake_has_rows(const struct trace_intake *intake)
{
	return intake->has_rows;
}

uint64_t trace_intake_events(const struct trace_intake *intake)
{
	return intake->last_seq;
}

const struct trace_process_row *
trace_intake_root(const struct trace_intake *intake)
{
	return trace_analysis_root(intake->analysis);
}
