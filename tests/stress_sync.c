/* tests/stress_sync.c - eight processes at every primitive, and some are killed
 *
 * stress_sync [SECONDS [SEED [PRIMITIVE]]]: the time is shared out among all
 * primitives (or is for those alone whose name begins so), half of it without and
 * half of it with kills. Eight processes use one primitive as fast as they can
 * (support/contest.h), and what they count must come out right in the end: no update
 * lost, no wake-up lost, no message torn, nobody left asleep. With kills,
 * processes are killed at random moments and others take their places. What the
 * dead have stays taken, which a program can mend for some primitives; else those
 * who live must get their error, or are replaced. Each is recorded for a
 * moment, too, and its trace must not contradict itself. In the end no shared
 * memory, no descriptor and no name in /dev/shm may be missing. */
#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena/arena.h"
#include "base/clock.h"
#include "tests/support/contest.h"
#include "tests/support/rerun.h"
#include "traces/check.h"

#define MOST_THREADS 4		/* of a worker that are agents */
#define BLOCKS_OF_THE_DEAD 4	/* that a kill may cost, see arena.h */

static const struct primitive *const primitives[] = {
	&contest_lock, &contest_rlock, &contest_timeout, &contest_semaphore,
	&contest_condition, &contest_event, &contest_barrier, &contest_queue,
	&contest_joinable, &contest_simple, &contest_pipe, &contest_value,
	&contest_array, &contest_memory,
};
#define PRIMITIVES (sizeof(primitives) / sizeof(primitives[0]))

struct shared *shared;
static const struct primitive *primitive;
static struct mp_process *workers[WORKERS];
static unsigned kills, replacements;

void contest_fail(const char *what)
{
	fprintf(stderr, "stress_sync: %s: %s\n",
		primitive ? primitive->name : "", what);
	exit(1);
}

uint64_t contest_rounds(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < WORKERS; i++)
		sum += shared->done[i];
	return sum;
}

bool contest_has_counted(void)
{
	return shared->counter == contest_rounds();
}

/* ---- workers ---- */

static int work(struct mp_call *call)
{
	int me;

	if (mp_bind(call, "me", &me) < 0)
		return mp_raise();
	do {	/* on a busy machine one may begin when the time is up */
		primitive->round(me);
		shared->done[me]++;
	} while (!shared->stop);
	return 0;
}

static void start_worker(int me)
{
	workers[me] = mp_Process(.target = work, .args = mp_tuple(me));
	if (!workers[me] || mp_process_start(workers[me]) < 0)
		contest_fail(mp_error_message());
}

static void start_all(void)
{
	primitive->make();
	for (int i = 0; i < WORKERS; i++)
		start_worker(i);
}

/* Those who wait are let go. */
static void join_all(bool may_fail)
{
	int64_t end = mp__now() + INT64_C(60000000000);

	for (int i = 0; i < WORKERS; i++) {
		while (mp_process_exitcode(workers[i]) == MP_NONE) {
			if (primitive->let_go)
				primitive->let_go();
			mp_process_join(workers[i], mp_after(0.01));
			if (mp__now() > end)
				contest_fail("somebody sleeps for ever");
		}
		if (mp_process_exitcode(workers[i]) != 0 && !may_fail)
			contest_fail("a worker failed");
		mp_process_destroy(workers[i]);
	}
}

/* ---- the dead ---- */

static void wait_for_death(struct mp_process *p)
{
	struct pollfd death = { mp_process_sentinel(p), POLLIN, 0 };

	while (poll(&death, 1, -1) < 0)
		;
}

/* Dead and not yet reaped: before, it may become an agent after we have looked;
 * afterwards it is none. */
static size_t agents_of(pid_t pid, uint32_t agents[MOST_THREADS])
{
	size_t count = 0;

	for (uint32_t i = 0; i < MP__AGENT_SLOTS && count < MOST_THREADS; i++)
		if (mp__arena->agents[i].pid == pid && mp__arena->agents[i].id)
			agents[count++] = mp__arena->agents[i].id;
	return count;
}

static bool mend(const uint32_t agents[], size_t count)
{
	bool is_mended = true;

	for (size_t i = 0; primitive->mend && i < count; i++)
		is_mended &= primitive->mend(agents[i]);
	return is_mended;
}

/* As in CPython, nobody can use it any more. */
static void replace_all(int but)
{
	if (primitive->give_up)
		primitive->give_up();
	for (int i = 0; i < WORKERS; i++) {
		if (i == but)
			continue;
		if (primitive->give_up)
			mp_process_join(workers[i], mp_after(20));
		else
			mp_process_kill(workers[i]);
		mp_process_join(workers[i], mp_after(20));
		if (mp_process_exitcode(workers[i]) == MP_NONE)
			contest_fail("nobody has told it that another is dead");
		mp_process_destroy(workers[i]);
	}
	kills += primitive->give_up ? 0 : WORKERS - 1;
	replacements++;
	primitive->destroy();
	start_all();
}

static void kill_one(int who)
{
	uint32_t agents[MOST_THREADS];

	mp_process_kill(workers[who]);
	wait_for_death(workers[who]);
	size_t count = agents_of(mp_process_pid(workers[who]), agents);
	mp_process_join(workers[who], MP_FOREVER);
	mp_process_destroy(workers[who]);
	kills++;
	if (mend(agents, count))
		start_worker(who);
	else
		replace_all(who);
}

static void kill_some(int64_t end, unsigned seed)
{
	while (mp__now() < end) {
		int who = (int)(rand_r(&seed) % WORKERS);

		mp_sleep((double)(rand_r(&seed) % 3000) / 1e6);
		kill_one(who);
	}
}

/* ---- what must not be missing ---- */

static int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static void judge(uint64_t blocks, int files)
{
	uint64_t rounds = contest_rounds();
	int64_t lost = (int64_t)(mp__arena->blocks - blocks);

	if (!shared->has_kills && primitive->is_right && !primitive->is_right())
		contest_fail("it did not come out right");
	if (shared->torn > 0)
		contest_fail("a message came that nobody has sent");
	primitive->destroy();
	lost = (int64_t)(mp__arena->blocks - blocks);
	if (lost > (int64_t)kills * BLOCKS_OF_THE_DEAD || (kills == 0 && lost))
		contest_fail("shared memory was not given back");
	if (open_files() != files)
		contest_fail("a descriptor was not closed");
	if (rounds == 0)
		contest_fail("nobody got anywhere");
	printf("%-16s %10" PRIu64 " rounds", primitive->name, rounds);
	if (kills > 0)
		printf(", %u killed, %u times all replaced, %" PRId64
		       " blocks lost", kills, replacements, lost);
	putchar('\n');
}

/* argument: number of the primitive, seconds, seed; no kills if it is 0 */
static int program(const char *argument)
{
	unsigned number, seed;
	double seconds;

	if (sscanf(argument, "%u %lf %u", &number, &seconds, &seed) != 3)
		contest_fail("no primitive");
	primitive = primitives[number];
	shared = mp__at(mp__arena_alloc(sizeof(*shared)));
	shared->has_kills = seed > 0;
	/* The first start opens what all others use, and so does the first
	 * shared memory. */
	struct mp_process *first = mp_Process();
	mp_process_start(first);
	mp_process_join(first, MP_FOREVER);
	mp_process_destroy(first);
	if (primitive == &contest_memory) {
		primitive->make();
		primitive->destroy();
	}
	int files = open_files();
	uint64_t blocks = mp__arena->blocks;
	start_all();
	int64_t end = mp__now() + (int64_t)(seconds * 1e9);
	if (shared->has_kills)
		kill_some(end, seed);
	else
		mp_sleep(seconds);
	shared->stop = true;
	join_all(shared->has_kills);
	judge(blocks, files);
	return 0;
}

static const struct rerun_program programs[] = {
	{ "program", program },
	{ NULL, NULL }
};

/* ---- one primitive, recorded or not ---- */

static void complain(void *user, const struct trace_violation *violation)
{
	if (!violation->invariant.is_warning)
		fprintf(stderr, "%s: %s: %s\n", (const char *)user,
			violation->invariant.sentence, violation->what);
}

static bool is_sound(const struct rerun *run, const char *name)
{
	struct trace_checker checker = { .violated = complain,
					 .user = (void *)(uintptr_t)name };
	char error[256] = "";
	int broken = trace_check(run->trace, &checker, error, sizeof(error));

	fputs(error, stderr);
	return broken == 0;
}

/* ---- names of shared memory ---- */

struct names {
	char names[4096];	/* each behind a '/' */
};

static void list_names(struct names *list)
{
	DIR *dir = opendir("/dev/shm");
	struct dirent *entry;
	size_t length = 0;

	list->names[0] = '\0';
	while (dir && (entry = readdir(dir)))
		if (strncmp(entry->d_name, "psm_", 4) == 0
		    && length + strlen(entry->d_name) + 2 < sizeof(list->names))
			length += (size_t)sprintf(list->names + length, "/%s",
						  entry->d_name);
	if (dir)
		closedir(dir);
}

/* Of those that are new, somebody else's vanish sooner or later. */
static bool is_any_left(const struct names *before)
{
	struct names now, left;
	char *rest;

	list_names(&left);
	for (char *name = strtok_r(left.names, "/", &rest); name;
	     name = strtok_r(NULL, "/", &rest)) {
		int64_t end = mp__now() + INT64_C(30000000000);

		if (strstr(before->names, name))
			continue;
		while (list_names(&now), strstr(now.names, name)) {
			if (mp__now() > end) {
				fprintf(stderr, "%s is left in /dev/shm\n",
					name);
				return true;
			}
			mp_sleep(0.05);
		}
	}
	return false;
}

static bool play(size_t number, double seconds, unsigned seed, bool is_recorded)
{
	struct rerun run;
	char argument[64];
	struct names names;

	list_names(&names);
	snprintf(argument, sizeof(argument), "%zu %f %u", number, seconds, seed);
	rerun_begin(&run);
	run.quiet_s = seconds;
	rerun_start(&run, is_recorded ? run.trace : NULL, "program", argument);
	rerun_finish(&run);
	printf("%s%s", is_recorded ? "recorded: " : "", run.out);
	fflush(stdout);
	bool ok = run.status == 0
		  && (!is_recorded || is_sound(&run, primitives[number]->name));
	if (run.err[0] && (!ok || seed == 0))
		fputs(run.err, stderr);
	rerun_end(&run);
	return !is_any_left(&names) && ok;
}

/* A recording of all would fill the disk, so what is recorded is short. */
static bool play_all(double seconds, unsigned seed, const char *name)
{
	bool ok = true;

	for (size_t i = 0; i < PRIMITIVES; i++) {
		if (strncmp(primitives[i]->name, name, strlen(name)) != 0)
			continue;
		for (int with_kills = 0; with_kills < 2; with_kills++) {
			unsigned s = with_kills ? seed + (unsigned)i : 0;
			ok &= play(i, seconds, s, false)
			      && play(i, 0.05, s, true);
		}
	}
	return ok;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "program") == 0)
		return rerun_be(argc, argv, programs);
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 6;
	unsigned seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
	const char *name = argc > 3 ? argv[3] : "";
	size_t count = 0;

	signal(SIGTERM, SIG_DFL);
	for (size_t i = 0; i < PRIMITIVES; i++)
		count += strncmp(primitives[i]->name, name, strlen(name)) == 0;
	if (count == 0)
		contest_fail("there is no primitive of that name");
	return play_all(seconds / (2.0 * (double)count), seed, name)
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}
