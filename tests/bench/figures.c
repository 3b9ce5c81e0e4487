#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "tests/bench/figures.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "mp.h"
#include "probe/probe.h"
#include "tests/support/rerun.h"
#include "traces/wait.h"

#define TURNS_AT_MOST 1000
#define BARE_TURNS 15

/* ---- two processes, ours or bare ---- */

static void (*other_half)(long count);
static long other_count;

static int run_other_half(struct mp_call *call)
{
	(void)call;
	other_half(other_count);
	return 0;
}

void figures_both(void (*half)(long), void (*other)(long), long count)
{
	struct mp_process *p = mp_Process(.target = run_other_half);

	other_half = other;
	other_count = count;
	if (mp_process_start(p) < 0)
		abort();
	half(count);
	mp_process_join(p, MP_FOREVER);
	mp_process_destroy(p);
}

void figures_both_bare(void (*half)(long), void (*other)(long), long count)
{
	pid_t pid = _Fork();

	if (pid == 0) {
		other(count);
		_exit(0);
	}
	half(count);
	waitpid(pid, NULL, 0);
}

static int there[2], back[2];

static void bare_ping(long count)
{
	char byte = 0;

	for (long i = 0; i < count; i++)
		if (write(there[1], &byte, 1) != 1
		    || read(back[0], &byte, 1) != 1)
			abort();
}

static void bare_echo(long count)
{
	char byte;

	for (long i = 0; i < count; i++)
		if (read(there[0], &byte, 1) != 1
		    || write(back[1], &byte, 1) != 1)
			abort();
}

void figures_bare_pipe(long count)
{
	if (pipe(there) < 0 || pipe(back) < 0)
		abort();
	figures_both_bare(bare_ping, bare_echo, count);
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
}

/* ---- one figure ---- */

static double time_of(void (*body)(long), long count)
{
	int64_t start = mp__now();

	body(count);
	return (double)(mp__now() - start) / (double)count;
}

static int by_size(const void *x, const void *y)
{
	const double *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static double median(double *times, int count)
{
	qsort(times, (size_t)count, sizeof(double), by_size);
	return times[count / 2];
}

static double due(const struct figure *figure, double bare_ns, double python_ns)
{
	bool is_on = mp__ring != NULL;
	double times = is_on ? figure->on : figure->off;
	double part = is_on ? figure->python_on : figure->python_off;
	double there_ns = is_on ? figure->there_on : figure->there_off;

	if (times > 0)
		return bare_ns * times;
	if (part > 0)
		return python_ns / part;
	return there_ns * python_ns / figure->there_python;
}

/* python: "lock 136.2\ncontended ..." */
static double python_time(const char *python, const char *name)
{
	size_t length = strlen(name);

	while (python && *python) {
		if (strncmp(python, name, length) == 0 && python[length] == ' ')
			return strtod(python + length, NULL);
		python = strchr(python, '\n');
		python += python ? 1 : 0;
	}
	return 0;
}

static void print_row(const struct figure *figure, double ours_ns,
		      double bare_ns, double python_ns)
{
	double limit = due(figure, bare_ns, python_ns);

	printf("%-22s %9.1f %9.1f   %-18s %9.1f %10.1f   %s", figure->name,
	       ours_ns, limit, figure->bare_name ? figure->bare_name : "",
	       bare_ns, python_ns, ours_ns <= limit ? "ok" : "SLOWER THAN DUE");
	if (figure->there_python > 0)
		printf(" (%.1f there)", mp__ring ? figure->there_on
						 : figure->there_off);
	putchar('\n');
	fflush(stdout);
}

static double bare_time(void (*bare)(long), long count)
{
	double times[BARE_TURNS];

	for (int i = 0; i < BARE_TURNS; i++)
		times[i] = time_of(bare, count);
	return median(times, BARE_TURNS);
}

static bool measure(const struct figure *figure, const char *python,
		    double seconds)
{
	static double our_times[TURNS_AT_MOST];
	bool with_events = mp__ring && figure->bare_on;
	double bare_ns = 0, python_ns = python_time(python, figure->peer);
	int64_t spent = 0;
	int turns = 0;

	if (figure->bare && !with_events)
		bare_ns = bare_time(figure->bare, figure->count);
	while (turns < TURNS_AT_MOST
	       && (turns < 5 || (double)spent < seconds * 1e9)) {
		our_times[turns] = time_of(figure->ours, figure->count);
		spent += (int64_t)(our_times[turns] * (double)figure->count);
		turns++;
	}
	double ours_ns = median(our_times, turns);
	if (with_events)
		bare_ns = bare_time(figure->bare_on, figure->count);
	print_row(figure, ours_ns, bare_ns, python_ns);
	return ours_ns <= due(figure, bare_ns, python_ns);
}

/* ---- the program, in itself ---- */

static const struct figures_bench *bench;

/* argument: which figure, or how many there are for the rest; seconds; a newline, and
 * what the peer printed */
static int program(const char *argument)
{
	const char *python = strchr(argument, '\n') + 1;
	char *end;
	size_t figure = strtoul(argument, &end, 10);
	double seconds = strtod(end, NULL);

	if (bench->start)
		bench->start();
	bool ok = figure < bench->count
			  ? measure(&bench->figures[figure], python, seconds)
			  : bench->rest();
	return ok ? 0 : 1;
}

static const struct rerun_program programs[] = {
	{ "program", program },
	{ NULL, NULL }
};

static bool all_is_there(const struct rerun *run)
{
	const char *lost = rerun_ask(run, "SELECT value FROM meta "
					  "WHERE key = 'lost'");

	if (strcmp(lost, "0") == 0)
		return true;
	printf("the trace has not all events: %s   FAILED\n", lost);
	return false;
}

static bool run_program(bool is_recorded, size_t figure, const char *more)
{
	char argument[512];
	struct rerun run;

	snprintf(argument, sizeof(argument), "%zu %s", figure, more);
	rerun_begin(&run);
	rerun_start(&run, is_recorded ? run.trace : NULL, "program", argument);
	int closed = rerun_finish(&run);
	while (is_recorded && closed == TRACE_WAIT_TIMEOUT)
		closed = trace_wait_closed(run.trace, -1);
	fputs(run.out, stdout);
	fflush(stdout);
	fputs(run.err, stderr);
	bool ok = WIFEXITED(run.status) && WEXITSTATUS(run.status) == 0;
	if (is_recorded && (closed != TRACE_WAIT_CLOSED || !all_is_there(&run)))
		ok = false;
	rerun_end(&run);
	return ok;
}

/* Just before ours: what a processor does in a second is not the same all day. */
static void ask_python(const char *name, char *text, size_t size)
{
	const char *folder = getenv("srcdir");
	char command[512];
	size_t used = 0;

	snprintf(command, sizeof(command), "python3 '%s/tests/bench/%s' %s",
		 folder ? folder : ".", bench->peer, name);
	FILE *pipe = popen(command, "r");
	if (pipe) {
		used = fread(text, 1, size - 1, pipe);
		pclose(pipe);
	}
	text[used] = '\0';
}

static bool run_beside_python(bool is_recorded, size_t figure,
			      const char *seconds)
{
	char more[256], python[128];

	ask_python(bench->figures[figure].peer, python, sizeof(python));
	snprintf(more, sizeof(more), "%s\n%s", seconds, python);
	return run_program(is_recorded, figure, more);
}

static bool run_all(bool is_recorded, const char *seconds)
{
	const char *only = getenv("BENCH_ONLY");
	bool ok = true;

	printf("%-22s %9s %9s   %-18s %9s %10s\n",
	       is_recorded ? "ns, recorded" : "ns, recording off", "ours", "due",
	       "bare", "", "CPython");
	fflush(stdout);
	for (size_t i = 0; i < bench->count; i++)
		if (!only || strcmp(only, bench->figures[i].peer) == 0)
			ok &= run_beside_python(is_recorded, i, seconds);
	if (bench->rest && !only)
		ok &= run_program(is_recorded, bench->count, "0\n");
	return ok;
}

int figures_main(int argc, char **argv, const struct figures_bench *self)
{
	const char *seconds = argc > 1 ? argv[1] : "2";

	bench = self;
	if (argc > 2)
		return rerun_be(argc, argv, programs);
	bool ok = run_all(false, seconds);
	ok = run_all(true, seconds) && ok;
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
