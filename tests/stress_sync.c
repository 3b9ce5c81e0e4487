/* tests/stress_sync.c - eight processes at every primitive, and some are killed
 *
 * stress_sync [SECONDS [SEED]]: the time is shared out among the scenes below. In
 * each, eight processes use one primitive as fast as they can, and what they
 * count must come out right in the end: no update lost, no wake-up lost, nobody left
 * asleep. In the scenes with `kills`, processes are killed at random moments and
 * others take their places: who holds a lock when it dies keeps it, which the
 * test sees and mends as a program would; all else must go on. Every scene is
 * recorded, and its trace must not contradict itself. At the end of a scene no
 * shared memory and no descriptor may be missing. */
#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "arena/arena.h"
#include "base/clock.h"
#include "mp.h"
#include "synchronize/condition.h"
#include "tests/support/rerun.h"
#include "traces/check.h"

#define WORKERS 8
#define ROOM 4			/* of the buffer between conditions */

/* What the processes of a scene share, besides the primitive. */
struct shared {
	_Atomic bool stop;
	_Atomic uint64_t done[WORKERS];	/* rounds each has finished */
	volatile uint64_t counter;	/* guarded by the primitive only */
	_Atomic int inside;
	_Atomic int most_inside;
	volatile int items;
	_Atomic uint64_t put, got;	/* sums of what went through the queue */
};
static struct shared *shared;

static struct mp_lock *lock;
static struct mp_condition *condition, *not_full;
static struct mp_event *events[2];
static struct mp_barrier *barrier;
static struct mp_queue *queue;
static struct mp_shared *value;

static void fail(const char *what)
{
	fprintf(stderr, "stress_sync: %s\n", what);
	exit(1);
}

/* ---- one round of each primitive ---- */

static void round_lock(int me)
{
	(void)me;
	mp_lock_acquire(lock, MP_FOREVER);
	shared->counter = shared->counter + 1;
	mp_lock_release(lock);
}

static void round_rlock(int me)
{
	(void)me;
	MP_WITH(lock)
		MP_WITH(lock)
			shared->counter = shared->counter + 1;
}

/* Some do not wait long. */
static void round_timeout(int me)
{
	while (!mp_lock_acquire(lock, me % 2 ? mp_after(1e-5) : MP_NOW))
		;
	shared->counter = shared->counter + 1;
	mp_lock_release(lock);
}

static void round_semaphore(int me)
{
	(void)me;
	mp_lock_acquire(lock, MP_FOREVER);
	int inside = atomic_fetch_add(&shared->inside, 1) + 1;
	if (inside > shared->most_inside)
		shared->most_inside = inside;
	atomic_fetch_sub(&shared->inside, 1);
	mp_lock_release(lock);
}

/* Half of them put into a small buffer, the others take out. */
static void round_condition(int me)
{
	struct mp_condition *mine = me % 2 ? condition : not_full;
	struct mp_condition *other = me % 2 ? not_full : condition;

	mp_acquire(mine, MP_FOREVER);
	while ((me % 2 ? shared->items == 0 : shared->items == ROOM)
	       && !shared->stop)
		mp_condition_wait(mine, MP_FOREVER);
	if (!shared->stop) {
		shared->items += me % 2 ? -1 : 1;
		shared->counter = shared->counter + 1;
	}
	mp_condition_notify(other, 1);
	mp_release(mine);
}

/* Some wait for the event of now, one sets it and clears the next. */
static void round_event(int me)
{
	uint64_t turn = shared->done[0];

	if (me == 0) {
		mp_event_clear(events[(turn + 1) % 2]);
		mp_event_set(events[turn % 2]);
	} else if (!shared->stop) {
		mp_event_wait(events[turn % 2], mp_after(5));
	}
}

static void round_barrier(int me)
{
	(void)me;
	if (mp_barrier_wait(barrier, MP_FOREVER) == 0)
		shared->counter = shared->counter + 1;
}

static void take_one(int64_t until)
{
	struct mp_value *item = mp_queue_get(queue, until);
	long number;

	if (item && mp_value_as_long(item, &number) == 0)
		atomic_fetch_add(&shared->got, (uint64_t)number);
	mp_value_unref(item);
}

/* Half of them put, the others take; what is put comes out, once. */
static void round_queue(int me)
{
	long number = me + 1;

	if (me % 2) {
		take_one(mp_after(0.01));
	} else if (mp_queue_put(queue, mp_value(number), mp_after(0.01)) == 0) {
		atomic_fetch_add(&shared->put, (uint64_t)number);
	}
}

static void round_value(int me)
{
	(void)me;
	MP_WITH(value)
		mp_set(value, mp_get(value) + 1);
}

/* ---- scenes ---- */

static const struct scene {
	const char *name;
	void (*round)(int me);
	bool kills, counts;
} scenes[] = {
	{ "lock", round_lock, .counts = true },
	{ "rlock", round_rlock, .counts = true },
	{ "timeout", round_timeout, .counts = true },
	{ .name = "semaphore", .round = round_semaphore },
	{ .name = "condition", .round = round_condition },
	{ .name = "event", .round = round_event },
	{ .name = "barrier", .round = round_barrier },
	{ .name = "queue", .round = round_queue },
	{ .name = "value", .round = round_value },
	{ "lock, kills", round_lock, .kills = true },
	{ "timeout, kills", round_timeout, .kills = true },
	{ "semaphore, kills", round_semaphore, .kills = true },
	{ "condition, kills", round_condition, .kills = true },
	{ "event, kills", round_event, .kills = true },
};
#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

static const struct scene *scene;

static int work(struct mp_call *call)
{
	int me;

	if (mp_bind(call, "me", &me) < 0)
		return mp_raise();
	while (!shared->stop) {
		scene->round(me);
		shared->done[me]++;
	}
	return 0;
}

static struct mp_process *start_worker(int me)
{
	struct mp_process *p = mp_Process(.target = work,
					  .args = mp_tuple(me));

	if (!p || mp_process_start(p) < 0)
		fail(mp_error_message());
	return p;
}

/* ---- the dead ---- */

/* Nobody gives back what a dead process holds: the program has to know. Here the one
 * lock of the scene is all there is. */
static void mend(uint32_t dead)
{
	if (lock->kind == MP_LOCK && mp__mutex_holder(&lock->mutex) == dead)
		mp_lock_release(lock);
	else if (lock->kind == MP_SEMAPHORE && mp_lock_locked(lock))
		mp_lock_release(lock);	/* one too many may be: see judge */
}

static uint32_t agent_of(pid_t pid)
{
	for (uint32_t i = 0; i < MP__AGENT_SLOTS; i++)
		if (mp__arena->agents[i].pid == pid && mp__arena->agents[i].id)
			return mp__arena->agents[i].id;
	return 0;
}

static void kill_some(struct mp_process *workers[], int64_t end, unsigned *seed)
{
	while (mp__now() < end) {
		int who = (int)(rand_r(seed) % WORKERS);

		mp_sleep((double)(rand_r(seed) % 3000) / 1e6);
		if (scene->round == round_event && who == 0)
			continue;	/* who sets must live */
		/* Dead and not yet reaped: before, it may become an agent
		 * after we have looked; afterwards it is none. */
		struct pollfd death = { mp_process_sentinel(workers[who]),
					POLLIN, 0 };
		mp_process_kill(workers[who]);
		while (poll(&death, 1, -1) < 0)
			;
		uint32_t agent = agent_of(mp_process_pid(workers[who]));
		mp_process_join(workers[who], MP_FOREVER);
		mp_process_destroy(workers[who]);
		if (agent)
			mend(agent);
		workers[who] = start_worker(who);
	}
}

/* Let those who wait see that it is over, whatever they wait for. */
static void release_all(void)
{
	for (int i = 0; i < 2; i++)
		mp_event_set(events[i]);
	mp_barrier_abort(barrier);
	for (int i = 0; i < WORKERS; i++)
		if (lock->kind == MP_SEMAPHORE)
			mp_lock_release(lock);
}

static void join_all(struct mp_process *workers[])
{
	int64_t end = mp__now() + INT64_C(60000000000);

	for (int i = 0; i < WORKERS; i++) {
		while (mp_process_exitcode(workers[i]) == MP_NONE) {
			if (scene->round == round_condition
			    && mp_lock_acquire(lock, mp_after(0.01)) == 1) {
				mp_condition_notify_all(condition);
				mp_condition_notify_all(not_full);
				mp_lock_release(lock);
			}
			if (scene->round == round_queue)
				take_one(MP_NOW);
			else
				mp_process_join(workers[i], mp_after(0.01));
			if (mp__now() > end)
				fail("somebody sleeps for ever");
		}
		if (mp_process_exitcode(workers[i]) != 0 && !scene->kills)
			fail("a worker failed");
		mp_process_destroy(workers[i]);
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

static void make_objects(void)
{
	bool is_semaphore = scene->round == round_semaphore;

	lock = is_semaphore ? mp_Semaphore(3)
	       : scene->round == round_rlock ? mp_RLock()
					     : mp_Lock();
	condition = mp_Condition(.lock = is_semaphore ? NULL : lock);
	not_full = mp_Condition(.lock = is_semaphore ? NULL : lock);
	for (int i = 0; i < 2; i++)
		events[i] = mp_Event();
	barrier = mp_Barrier(WORKERS);
	queue = mp_Queue(.maxsize = 1000);
	value = mp_Value('q', 0);
	if (!lock || !condition || !not_full || !events[1] || !barrier)
		fail(mp_error_message());
}

static void destroy_objects(void)
{
	mp_condition_destroy(condition);
	mp_condition_destroy(not_full);
	for (int i = 0; i < 2; i++)
		mp_event_destroy(events[i]);
	mp_barrier_destroy(barrier);
	mp_queue_destroy(queue);
	mp_shared_destroy(value);
	mp_lock_destroy(lock);
}

static uint64_t rounds_done(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < WORKERS; i++)
		sum += shared->done[i];
	return sum;
}

static void judge(uint64_t blocks, int files)
{
	uint64_t rounds = rounds_done();

	if (scene->counts && shared->counter != rounds)
		fail("an update was lost");
	if (shared->most_inside > 3 && !scene->kills)
		fail("more were inside than there were permits");
	if (!scene->kills && mp__arena->blocks != blocks)
		fail("shared memory was not given back");
	if (open_files() != files)
		fail("a descriptor was not closed");
	if (rounds == 0)
		fail("nobody got anywhere");
	printf("%-18s %10" PRIu64 " rounds\n", scene->name, rounds);
}

/* argument: number of the scene, seconds, seed */
static int program(const char *argument)
{
	struct mp_process *workers[WORKERS];
	unsigned number, seed;
	double seconds;

	if (sscanf(argument, "%u %lf %u", &number, &seconds, &seed) != 3)
		fail("no scene");
	scene = &scenes[number];
	shared = mp__at(mp__arena_alloc(sizeof(*shared)));
	/* The first start opens what all others use. */
	struct mp_process *first = mp_Process();
	mp_process_start(first);
	mp_process_join(first, MP_FOREVER);
	mp_process_destroy(first);
	int files = open_files();
	uint64_t blocks = mp__arena->blocks;
	make_objects();
	for (int i = 0; i < WORKERS; i++)
		workers[i] = start_worker(i);
	int64_t end = mp__now() + (int64_t)(seconds * 1e9);
	if (scene->kills)
		kill_some(workers, end, &seed);
	else
		mp_sleep(seconds);
	shared->stop = true;
	release_all();
	join_all(workers);
	while (mp_queue_qsize(queue) > 0 && !scene->kills)
		take_one(mp_after(1));
	if (shared->put != shared->got)
		fail("an item was lost, or came twice");
	if (scene->round == round_value
	    && (uint64_t)mp_get(value) != rounds_done())
		fail("an increment was lost");
	destroy_objects();
	judge(blocks, files);
	return 0;
}

static const struct rerun_program programs[] = {
	{ "program", program },
	{ NULL, NULL }
};

/* ---- one scene, recorded ---- */

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

/* A recording of all would fill the disk, so what is recorded is short. */
static bool play(size_t number, double seconds, unsigned seed, bool is_recorded)
{
	struct rerun run;
	char argument[64];

	snprintf(argument, sizeof(argument), "%zu %f %u", number, seconds, seed);
	rerun_begin(&run);
	run.quiet_s = seconds;
	rerun_start(&run, is_recorded ? run.trace : NULL, "program", argument);
	rerun_finish(&run);
	fprintf(stdout, "%s%s", is_recorded ? "recorded: " : "", run.out);
	fputs(run.err, stderr);
	fflush(stdout);
	bool ok = run.status == 0
		  && (!is_recorded || is_sound(&run, scenes[number].name));
	rerun_end(&run);
	return ok;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "program") == 0)
		return rerun_be(argc, argv, programs);
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 6;
	unsigned seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1;
	bool ok = true;

	signal(SIGTERM, SIG_DFL);
	for (size_t i = 0; i < SCENES; i++)
		ok &= play(i, seconds / SCENES, seed + (unsigned)i, false)
		      && play(i, 0.05, seed + (unsigned)i, true);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
