/* fuzz_reader.c - whatever a trace file holds: an error or an answer, soon
 *
 * clang -fsanitize=fuzzer -DFUZZ_WITH_LIBFUZZER makes it a libFuzzer target.
 * Without, a plain program: `fuzz_reader FILE...` reads files, `fuzz_reader
 * [-n ROUNDS]` breaks sound traces in ways that are always the same, so that it
 * can run as a test. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/trace_maker.h"
#include "traces/check.h"
#include "traces/event.h"
#include "traces/reader.h"
#include "traces/sanitize.h"
#include "traces/stats.h"
#include "traces/tell.h"

#define COLUMNS 40
#define SLOW_MS 30000		/* for everything together, under sanitizers too */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[] = "/tmp/fuzz_reader.XXXXXX";
static unsigned long round_number;

static void demand(bool is_so, const char *what)
{
	if (is_so)
		return;
	fprintf(stderr, "fuzz_reader: round %lu: %s (see %s)\n", round_number,
		what, path);
	abort();
}

static void demand_clean(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length;) {
		uint32_t c = 0;
		size_t n = trace_decode(text + i, length - i, &c);

		demand(n > 0, "a text is no UTF-8");
		demand(c >= 0x20 && c != 0x7f && (c < 0x80 || c > 0x9f),
		       "a text has control characters");
		i += n;
	}
}

/* ---- ask everything ---- */

static void ask_tables(struct trace *trace)
{
	for (size_t i = 0; i < trace_process_count(trace); i++) {
		const struct trace_process *p = trace_process_at(trace, i);
		size_t depth = 0;

		demand_clean(p->name);
		demand_clean(p->path);
		demand_clean(p->ended_by);
		while (p->parent_id && (p = trace_process(trace, p->parent_id)))
			demand(depth++ < trace_process_count(trace),
			       "processes descend from each other");
		demand(p != NULL, "a parent does not exist");
	}
	for (size_t i = 0; i < trace_agent_count(trace); i++) {
		demand_clean(trace_agent_at(trace, i)->name);
		demand_clean(trace_agent_at(trace, i)->role);
	}
	demand_clean(trace_info(trace)->program);
	demand(trace_info(trace)->last_ns >= 0, "the last time is negative");
}

static void ask_events(struct trace *trace)
{
	struct trace_record records[64];
	struct trace_object object;
	char text[2000];
	int count = trace_events(trace, 1, 64, records);

	for (int i = 0; i < count; i++) {
		const struct trace_site *site;

		demand_clean(records[i].text);
		trace_tell(trace, &records[i], text, sizeof(text));
		demand_clean(text);
		if (trace_object(trace, records[i].object_id, &object) == 0)
			demand_clean(object.name);
		site = trace_site(trace, records[i].site_id);
		if (site)
			demand_clean(site->file);
		demand_clean(trace_kind_name(trace, records[i].kind));
	}
	uint64_t last = trace_info(trace)->events;
	for (uint64_t k = 0; k < 5; k++) {
		uint64_t seq = last / 4 * k;

		trace_next(trace, seq, 1, (uint32_t)k, 0);
		trace_next(trace, seq, -1, (uint32_t)k, 0);
		trace_next(trace, seq, 1, 0, TRACE_SLEEP_END);
		demand(trace_seq_at(trace, trace_info(trace)->last_ns / 4
					   * (int64_t)k) <= last,
		       "a time leads out of the trace");
		demand(trace_time_of(trace, seq) >= -1, "a time is negative");
		trace_place(trace, (uint32_t)k, seq);
	}
	trace_search(trace, 0, 1, "sleep");
	trace_search(trace, last, -1, "nothing");
}

static void ask_cells(struct trace *trace, int64_t from, int64_t width)
{
	struct trace_cell cells[COLUMNS];
	int64_t edges[COLUMNS + 1];

	for (int i = 0; i <= COLUMNS; i++)
		edges[i] = from + i * width;
	for (size_t i = 0; i < trace_agent_count(trace) && i < 20; i++) {
		trace_cells(trace, trace_agent_at(trace, i)->id, edges,
			    COLUMNS, cells);
		for (int k = 0; k < COLUMNS; k++)
			demand(cells[k].state < 63 && cells[k].last < 63,
			       "a state is out of range");
	}
}

static void ask_states(struct trace *trace)
{
	int64_t last = trace_info(trace)->last_ns;
	struct trace_arrow arrows[32];
	struct trace_wait_for waits[8];
	struct trace_interval at;
	char text[2000];

	ask_cells(trace, 0, last / COLUMNS + 1);
	ask_cells(trace, last / 2, 100000);
	ask_cells(trace, -1000, 10);
	ask_cells(trace, last, INT64_C(1) << 40);
	for (uint32_t id = 0; id < 5; id++) {
		trace_state_at(trace, id, last / 2, &at);
		trace_state_after(trace, id, trace_info(trace)->events / 2,
				  &at);
	}
	int count = trace_arrows(trace, 0, last, 32, arrows);
	for (int i = 0; i < count; i++)
		demand_clean(arrows[i].kind);
	trace_arrow_at(trace, 9, 1, arrows);
	trace_arrow_at(trace, 9, -1, arrows);
	size_t waiting = trace_waits(trace, trace_info(trace)->events / 2,
				     waits, 8);
	trace_tell_waits(trace, 5, waits, waiting < 8 ? waiting : 8, text,
			 sizeof(text));
}

static void ask_texts(struct trace *trace)
{
	struct trace_output lines[16];
	const struct trace_knob *knobs;
	const char *name = NULL;
	int count = trace_outputs(trace, UINT64_MAX, 16, lines);

	for (int i = 0; i < count; i++)
		demand_clean(lines[i].line);
	trace_outputs_free(lines, count);
	size_t knob_count = trace_knobs(trace, &knobs);
	for (size_t i = 0; i < knob_count; i++)
		demand_clean(knobs[i].value);
	if (trace_source(trace, NULL, "c", &name))
		demand_clean(name);
	trace_lesson(trace, "zh", &name);
}

static void ignore(void *user, const struct trace_violation *violation)
{
	(void)user;
	demand_clean(violation->what);
}

static void ask_all(void)
{
	struct trace_checker checker = { .violated = ignore };
	struct trace_show_options show = { .raw = round_number % 2 };
	struct trace_stats_options stats = { .tsv = round_number % 2 };
	char error[512] = "";
	struct trace *trace = trace_open(path, error, sizeof(error));

	if (!trace) {
		demand(*error && !strchr(error, '\n'), "no error is told");
		return;
	}
	FILE *out = fopen("/dev/null", "w");
	ask_tables(trace);
	ask_events(trace);
	ask_states(trace);
	ask_texts(trace);
	demand(trace_refresh(trace) <= 0, "nobody writes, and it has grown");
	if (out && trace_info(trace)->events < 100000) {
		trace_show(trace, out, &show);
		trace_stats_print(trace, out, &stats);
	}
	if (out)
		fclose(out);
	trace_close(trace);
	trace_check(path, &checker, error, sizeof(error));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct timespec before, after;
	FILE *out = fopen(path, "wb");

	demand(out && fwrite(data, 1, size, out) == size, "no file");
	fclose(out);
	clock_gettime(CLOCK_MONOTONIC, &before);
	ask_all();
	clock_gettime(CLOCK_MONOTONIC, &after);
	demand((after.tv_sec - before.tv_sec) * 1000 < SLOW_MS, "too slow");
	round_number++;
	return 0;
}

/* ---- breaking sound traces ---- */

#ifndef FUZZ_WITH_LIBFUZZER
static uint64_t state = 1;

static uint32_t dice(uint32_t sides)
{
	state = state * UINT64_C(6364136223846793005)
		+ UINT64_C(1442695040888963407);
	return (uint32_t)(state >> 33) % sides;
}

static uint8_t *slurp(const char *name, size_t *size)
{
	FILE *in = fopen(name, "rb");
	uint8_t *bytes = NULL;

	*size = 0;
	if (!in || fseek(in, 0, SEEK_END) != 0)
		return NULL;
	long length = ftell(in);
	rewind(in);
	if (length > 0 && (bytes = malloc((size_t)length)))
		*size = fread(bytes, 1, (size_t)length, in);
	fclose(in);
	return bytes;
}

/* Values that have hurt others. */
static const char *const values[] = {
	"NULL", "-1", "0", "9223372036854775807", "-9223372036854775808",
	"4294967296", "1e308", "''", "char(27) || '[2J'", "x'00ff8099'",
	"zeroblob(70000)", "7", "63", "64", "'closed'",
};
static const char *const columns[][2] = {
	{ "process", "parent_id" }, { "process", "name" },
	{ "process", "exited_ns" }, { "process", "reaped_ns" },
	{ "process", "exitcode" }, { "process", "ended_by" },
	{ "agent", "process_id" }, { "agent", "role" }, { "agent", "state" },
	{ "agent", "state_since_ns" }, { "agent", "events" },
	{ "event", "t_ns" }, { "event", "agent_id" }, { "event", "kind" },
	{ "event", "object_id" }, { "event", "seq" }, { "event", "a" },
	{ "event", "site_id" }, { "event_text", "text" },
	{ "output", "line" }, { "output", "stream" },
	{ "state_interval", "state" }, { "state_interval", "end_ns" },
	{ "state_interval", "begin_ns" }, { "state_interval", "object_id" },
	{ "summary", "bucket" }, { "summary", "states" },
	{ "summary", "state" }, { "summary", "first_seq" },
	{ "summary", "events" }, { "arrow", "from_ns" },
	{ "arrow", "to_seq" }, { "arrow", "kind" }, { "meta", "value" },
	{ "site", "line" }, { "site", "file" }, { "object", "name" },
	{ "event_kind", "name" }, { "state_kind", "rank" },
	{ "lesson", "markdown" }, { "source", "text" },
};

static void break_values(void)
{
	char sql[512];

	for (uint32_t n = 1 + dice(4); n > 0; n--) {
		size_t column = dice(sizeof(columns) / sizeof(*columns));

		/* A row's number must be one. */
		bool is_seq = !strcmp(columns[column][1], "seq");
		snprintf(sql, sizeof(sql), "UPDATE OR IGNORE %s SET %s = %s%s%s"
			 " WHERE dice(%" PRIu32 ") = 0",
			 columns[column][0], columns[column][1],
			 is_seq ? "CAST(ifnull(" : "",
			 values[dice(sizeof(values) / sizeof(*values))],
			 is_seq ? ", 5) AS INTEGER)" : "", 1 + dice(5));
		maker_sql(path, sql);
	}
}

static void break_bytes(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size);
	size_t length = dice(10) ? size : 1 + dice((uint32_t)size);

	demand(copy != NULL, "no memory");
	memcpy(copy, bytes, size);
	for (uint32_t n = 1 + dice(20); n > 0; n--) {
		/* Mostly where pages begin: that is where the structure is. */
		size_t at = dice(2) ? dice((uint32_t)size)
				    : dice((uint32_t)(size / 4096)) * 4096
					      + dice(64);

		copy[at] = dice(3) ? (uint8_t)dice(256)
				   : (uint8_t)(copy[at] ^ 1 << dice(8));
	}
	LLVMFuzzerTestOneInput(copy, length);
	free(copy);
}

int main(int argc, char **argv)
{
	unsigned long rounds = 300;
	size_t size;
	int fd = mkstemp(path);
	char sound[sizeof(path) + 8];

	if (fd < 0)
		return 1;
	close(fd);
	if (argc == 3 && !strcmp(argv[1], "-n"))
		rounds = strtoul(argv[2], NULL, 10);
	else
		for (int i = 1; i < argc; i++) {
			uint8_t *bytes = slurp(argv[i], &size);

			LLVMFuzzerTestOneInput(bytes, size);
			free(bytes);
			rounds = 0;
		}
	snprintf(sound, sizeof(sound), "%s-sound", path);
	demand(maker_lesson_trace(sound) == 0, "no sound trace");
	uint8_t *bytes = slurp(sound, &size);
	while (round_number < rounds) {
		if (round_number % 2) {
			break_bytes(bytes, size);
		} else {
			maker_copy(sound, path);
			break_values();
			ask_all();
			round_number++;
		}
	}
	free(bytes);
	unlink(sound);
	unlink(path);
	return 0;
}
#endif
